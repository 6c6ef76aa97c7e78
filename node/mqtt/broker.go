package mqtt

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"

	"github.com/floormesh/floormesh/node"
	"github.com/floormesh/floormesh/node/internal/stamp"
)

// Options of Listen. All may be left out.
type Options struct {
	// Logger says what an operator may act on. Nil discards.
	Logger *slog.Logger

	// Registerer takes the broker's counters; Listen panics if it has a broker's
	// already. Nil keeps them to itself.
	Registerer prometheus.Registerer
}

// Broker is a running MQTT broker. Make one with Listen.
type Broker struct {
	gateway node.Gateway
	log     *slog.Logger
	metrics *metrics
	stamps  stamp.Source

	server   *mochi.Server
	listener *listener
	waiting  *semaphore.Weighted // bytes of payloads not stored yet

	ctx     context.Context //nolint:containedctx // ends submissions when the broker closes
	cancel  context.CancelFunc
	workers sync.WaitGroup
	closing sync.Once
	closed  error // what Close returns

	mu      sync.Mutex
	clients map[*mochi.Client]*client // those that have published
}

// Listen serves MQTT on a TCP address such as 127.0.0.1:1883, with port 0 on
// one that is free. It returns once clients can connect. Close the broker before
// what g needs is closed.
func Listen(addr string, g node.Gateway, o Options) (*Broker, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for mqtt: %w", err)
	}
	b := newBroker(l, g, o)
	if err := b.serve(); err != nil {
		b.cancel()
		_ = l.Close()
		return nil, fmt.Errorf("serve mqtt on %s: %w", addr, err)
	}
	return b, nil
}

func newBroker(l net.Listener, g node.Gateway, o Options) *Broker {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Broker{
		gateway:  g,
		log:      o.Logger,
		metrics:  newMetrics(o.Registerer),
		server:   newServer(o.Logger),
		listener: newListener(l, o.Logger),
		waiting:  semaphore.NewWeighted(maxWaitingBytes),
		ctx:      ctx,
		cancel:   cancel,
		clients:  make(map[*mochi.Client]*client),
	}
}

// newServer sets every bound that the library leaves open.
func newServer(log *slog.Logger) *mochi.Server {
	c := mochi.NewDefaultServerCapabilities()
	c.MaximumClients = maxConnections
	c.MaximumClientWritesPending = maxWritesPending
	c.MaximumSessionExpiryInterval = uint32(sessionExpiry / time.Second)
	c.MaximumMessageExpiryInterval = int64(sessionExpiry / time.Second)
	c.MaximumPacketSize = maxPacketBytes
	c.ReceiveMaximum = maxInFlight
	c.MaximumInflight = maxInFlight
	c.TopicAliasMaximum = maxTopicAliases
	c.Compatibilities.NoInheritedPropertiesOnAck = true // a publish's properties are none of an ack's
	return mochi.New(&mochi.Options{
		Capabilities:            c,
		ClientNetReadBufferSize: readBufferBytes,
		Logger:                  slog.New(libraryLog{log.Handler()}),
		SysTopicResendInterval:  int64(housekeeping / time.Second),
	})
}

func (b *Broker) serve() error {
	if err := b.server.AddHook(&hook{broker: b}, nil); err != nil {
		return err
	}
	if err := b.server.AddListener(b.listener); err != nil {
		return err
	}
	return b.server.Serve()
}

// Addr returns where the broker listens.
func (b *Broker) Addr() net.Addr { return b.listener.accept.Addr() }

// Close disconnects all clients and returns when nothing of the broker runs
// any more. Publishes not acknowledged by then may or may not be stored;
// their clients send them again. Further calls return what the first did.
func (b *Broker) Close() error {
	b.closing.Do(func() { b.closed = b.close() })
	return b.closed
}

func (b *Broker) close() error {
	b.cancel() // first: a connection whose queue is full is not read, and cannot end
	err := b.server.Close()
	b.workers.Wait()
	if err != nil {
		return fmt.Errorf("close mqtt: %w", err)
	}
	return nil
}

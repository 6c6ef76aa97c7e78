package p2p

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/core/transport"
	basichost "github.com/libp2p/go-libp2p/p2p/host/basic"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	"github.com/libp2p/go-libp2p/p2p/host/peerstore/pstoremem"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/net/upgrader"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/quic-go/quic-go"
)

// endpoint is a libp2p host and what must be closed after it.
type endpoint struct {
	*basichost.BasicHost

	swarm *swarm.Swarm
	quic  *quicreuse.ConnManager
}

// newEndpoint puts a host together and listens.
func newEndpoint(key crypto.PrivKey, listen []string, gate connmgr.ConnectionGater) (e *endpoint, err error) {
	id, err := peer.IDFromPrivateKey(key)
	if err != nil {
		return nil, err
	}
	limits, err := newLimits()
	if err != nil {
		return nil, err
	}
	store, err := pstoremem.NewPeerstore()
	if err != nil {
		return nil, errors.Join(err, limits.Close())
	}
	if err := errors.Join(store.AddPrivKey(id, key), store.AddPubKey(id, key.GetPublic())); err != nil {
		return nil, errors.Join(err, store.Close(), limits.Close())
	}
	bus := eventbus.NewBus()
	sw, err := swarm.NewSwarm(id, store, bus,
		swarm.WithConnectionGater(gate),
		swarm.WithResourceManager(limits),
		swarm.WithDialTimeout(dialTimeout),
		swarm.WithDialRanker(rankTCPFirst),
		// A plant cut off from the world is no black hole: always dial UDP and IPv6.
		swarm.WithUDPBlackHoleSuccessCounter(nil),
		swarm.WithIPv6BlackHoleSuccessCounter(nil),
	)
	if err != nil {
		return nil, errors.Join(err, store.Close(), limits.Close())
	}
	e = &endpoint{swarm: sw}
	if err := e.open(key, bus, limits, gate, listen); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// open adds the transports, listens and starts the host.
func (e *endpoint) open(
	key crypto.PrivKey, bus event.Bus, limits network.ResourceManager, gate connmgr.ConnectionGater, listen []string,
) error {
	if err := e.addTCP(key, limits, gate); err != nil {
		return fmt.Errorf("tcp transport: %w", err)
	}
	if err := e.addQUIC(key, limits, gate); err != nil {
		return fmt.Errorf("quic transport: %w", err)
	}
	host, err := basichost.NewHost(e.swarm, &basichost.HostOpts{EventBus: bus, UserAgent: "floormesh"})
	if err != nil {
		return err
	}
	e.BasicHost = host
	for _, text := range listen {
		addr, err := ma.NewMultiaddr(text)
		if err != nil {
			return fmt.Errorf("listen address %q: %w", text, err)
		}
		if err := e.swarm.Listen(addr); err != nil {
			return fmt.Errorf("listen on %s: %w", text, err)
		}
	}
	host.Start()
	return nil
}

func (e *endpoint) addTCP(key crypto.PrivKey, limits network.ResourceManager, gate connmgr.ConnectionGater) error {
	muxers := []upgrader.StreamMuxer{{ID: yamux.ID, Muxer: newYamux()}}
	noised, err := noise.New(noise.ID, key, muxers)
	if err != nil {
		return err
	}
	tlsed, err := libp2ptls.New(libp2ptls.ID, key, muxers)
	if err != nil {
		return err
	}
	up, err := upgrader.New([]sec.SecureTransport{noised, tlsed}, muxers, nil, limits, gate)
	if err != nil {
		return err
	}
	t, err := tcp.NewTCPTransport(up, limits, nil)
	if err != nil {
		return err
	}
	return e.swarm.AddTransport(t)
}

// newYamux returns the multiplexer without its delay of 100 µs before every
// write: our streams gather frames themselves.
func newYamux() network.Multiplexer {
	config := *yamux.DefaultTransport.Config()
	config.WriteCoalesceDelay = 0
	return (*yamux.Transport)(&config)
}

func (e *endpoint) addQUIC(key crypto.PrivKey, limits network.ResourceManager, gate connmgr.ConnectionGater) (err error) {
	reset, err := deriveSecret(key, "floormesh/quic-stateless-reset/v1\x00")
	if err != nil {
		return err
	}
	token, err := deriveSecret(key, "floormesh/quic-token/v1\x00")
	if err != nil {
		return err
	}
	e.quic, err = quicreuse.NewConnManager(quic.StatelessResetKey(reset), quic.TokenGeneratorKey(token),
		quicreuse.ConnContext(admitQUIC(limits)),
		quicreuse.VerifySourceAddress(limits.VerifySourceAddress))
	if err != nil {
		return err
	}
	var t transport.Transport
	if t, err = libp2pquic.NewTransport(key, e.quic, nil, gate, limits); err != nil {
		return err
	}
	return e.swarm.AddTransport(t)
}

// admitQUIC asks the resource manager before QUIC spends anything on a connection.
func admitQUIC(limits network.ResourceManager) func(context.Context, *quic.ClientInfo) (context.Context, error) {
	return func(ctx context.Context, client *quic.ClientInfo) (context.Context, error) {
		addr, err := quicreuse.ToQuicMultiaddr(client.RemoteAddr, quic.Version1)
		if err != nil {
			addr = nil // the resource manager decides
		}
		scope, err := limits.OpenConnection(network.DirInbound, false, addr)
		if err != nil {
			return ctx, err
		}
		ctx = network.WithConnManagementScope(ctx, scope)
		context.AfterFunc(ctx, scope.Done)
		return ctx, nil
	}
}

// deriveSecret makes a secret of the node's key that stays the same over a
// restart, so that peers of before learn at once that their connections are gone.
func deriveSecret(key crypto.PrivKey, purpose string) ([32]byte, error) {
	signature, err := key.Sign([]byte(purpose)) // deterministic, and nobody else can make it
	return sha256.Sum256(signature), err
}

// newLimits returns a resource manager that fits one mesh. Gateways are few
// and known: what is bounded tightly is what comes before a handshake.
func newLimits() (network.ResourceManager, error) {
	defaults := rcmgr.DefaultLimits.AutoScale()
	limits := rcmgr.PartialLimitConfig{
		System: rcmgr.ResourceLimits{
			Conns: maxConnections, ConnsInbound: maxConnections, ConnsOutbound: maxConnections,
			FD: maxConnections, Streams: rcmgr.Unlimited, StreamsInbound: rcmgr.Unlimited, StreamsOutbound: rcmgr.Unlimited,
			Memory: rcmgr.Unlimited64,
		},
		Transient: rcmgr.ResourceLimits{
			Conns: maxTransientConnections, ConnsInbound: maxTransientConnections, ConnsOutbound: maxTransientConnections,
			FD: maxTransientConnections,
		},
		PeerDefault: rcmgr.ResourceLimits{
			Conns: maxPeerConnections, ConnsInbound: maxPeerConnections, ConnsOutbound: maxPeerConnections,
			FD: maxPeerConnections, Streams: maxPeerStreams, StreamsInbound: maxPeerStreams, StreamsOutbound: maxPeerStreams,
		},
	}.Build(defaults)
	return rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(limits),
		rcmgr.WithMetricsDisabled(),
		rcmgr.WithLimitPerSubnet(
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 32, ConnCount: maxAddrConnections}},
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 56, ConnCount: maxAddrConnections}},
		))
}

// quicDelay is how long TCP is given before QUIC is dialled too.
const quicDelay = 250 * time.Millisecond

// rankTCPFirst dials all TCP addresses at once and the rest a little later, or
// at once too if there is no TCP address.
func rankTCPFirst(addrs []ma.Multiaddr) []network.AddrDelay {
	ranked := make([]network.AddrDelay, 0, len(addrs))
	var rest []ma.Multiaddr
	for _, addr := range addrs {
		if _, err := addr.ValueForProtocol(ma.P_TCP); err == nil {
			ranked = append(ranked, network.AddrDelay{Addr: addr})
		} else {
			rest = append(rest, addr)
		}
	}
	delay := quicDelay
	if len(ranked) == 0 {
		delay = 0
	}
	for _, addr := range rest {
		ranked = append(ranked, network.AddrDelay{Addr: addr, Delay: delay})
	}
	return ranked
}

// Close closes the host with all its connections.
func (e *endpoint) Close() error {
	var err error
	if e.BasicHost != nil {
		err = e.BasicHost.Close()
	} else {
		err = errors.Join(e.swarm.Close(), e.swarm.Peerstore().Close(), e.swarm.ResourceManager().Close())
	}
	if e.quic != nil {
		// Its listeners went with the swarm; a socket that is closed already is no news.
		if closing := e.quic.Close(); closing != nil && !errors.Is(closing, net.ErrClosed) {
			err = errors.Join(err, closing)
		}
	}
	return err
}

package p2p

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/floormesh/floormesh/dag"
)

// Stream protocols. Each gateway opens one stream of each to each other one.
const (
	consensusProtocol protocol.ID = "/floormesh/1/consensus"
	bulkProtocol      protocol.ID = "/floormesh/1/bulk"
)

// errNoAddress says that there is nowhere to dial yet.
var errNoAddress = errors.New("no address known: name one in the configuration, or wait for mDNS or for the peer to dial")

// remote is another gateway, connected or not. One goroutine keeps up the link
// to it for as long as the transport lives.
type remote struct {
	t          *Transport
	index      int // in the genesis
	name       string
	key        dag.PublicKey
	member     bool
	id         peer.ID
	configured []ma.Multiaddr
	offences   record
	wake       chan struct{} // holds a token when trying to connect may help
	lastHeard  atomic.Int64  // nanoseconds since the transport's start

	mu      sync.Mutex
	link    *link
	since   time.Time
	problem error
	learned []ma.Multiaddr // where it was when last connected
	inlets  map[protocol.ID]*inlet
	peers   view // whom it says it is connected to, nil if it said nothing
}

// link is a pair of streams to a peer that has admitted us.
type link struct{ consensus, bulk *outlet }

// keep connects, and connects again, until ctx is done.
func (r *remote) keep(ctx context.Context) {
	wait := redialMin
	for ctx.Err() == nil {
		start := time.Now()
		err := r.session(ctx)
		if ctx.Err() != nil {
			return
		}
		r.setProblem(err)
		r.t.log.Debug("peer not connected", r.attr(), errAttr(err))
		if time.Since(start) > redialMax {
			wait = redialMin
		}
		r.pause(ctx, wait)
		wait = min(2*wait, redialMax)
	}
}

// pause waits for some time between half of d and d, or until a connection or
// an address turns up; while the peer is banned, for the ban's end.
func (r *remote) pause(ctx context.Context, d time.Duration) {
	select {
	case <-r.wake: // of a connection that has come and gone
	default:
	}
	wake := r.wake
	d = d/2 + rand.N(d/2)
	if ban := r.offences.bannedFor(time.Now()); ban > 0 {
		wake, d = nil, max(d, ban)
	}
	wait(ctx, wake, d)
}

// wait returns after d, when wake has a token, or when ctx is done.
func wait(ctx context.Context, wake <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-timer.C:
	}
}

func (r *remote) wakeUp() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// session connects and keeps a link up. It returns why there is none any more.
func (r *remote) session(ctx context.Context) error {
	if err := r.connect(ctx); err != nil {
		return err
	}
	consensus, err := r.open(ctx, consensusProtocol)
	if err != nil {
		return err
	}
	consensus.queue, consensus.pings = newQueue(dropOldest), true
	bulk, err := r.open(ctx, bulkProtocol)
	if err != nil {
		_ = consensus.stream.Reset()
		return err
	}
	bulk.queue, bulk.packs = newQueue(dropNewest), true
	return r.hold(ctx, &link{consensus, bulk})
}

// connect dials the peer if no connection stands.
func (r *remote) connect(ctx context.Context) error {
	if r.isConnected() {
		return nil
	}
	if r.t.self.Compare(r.key) > 0 {
		if wait(ctx, r.wake, yieldTime); r.isConnected() {
			return nil
		}
	}
	addrs := r.addresses()
	if len(addrs) == 0 {
		return errNoAddress
	}
	r.t.host.swarm.Backoff().Clear(r.id) // libp2p's own goes up to 5 minutes; ours is in keep
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	return r.t.host.Connect(ctx, peer.AddrInfo{ID: r.id, Addrs: addrs})
}

func (r *remote) isConnected() bool {
	return r.t.host.Network().Connectedness(r.id) == network.Connected
}

// addresses returns where the peer may be: as configured, where it was last,
// and what mDNS found, which the peerstore holds.
func (r *remote) addresses() []ma.Multiaddr {
	r.mu.Lock()
	defer r.mu.Unlock()
	addrs := append([]ma.Multiaddr(nil), r.configured...)
	addrs = append(addrs, r.learned...)
	addrs = append(addrs, r.t.host.Peerstore().Addrs(r.id)...)
	return ma.Unique(addrs)
}

// open opens a stream and exchanges hellos on it.
func (r *remote) open(ctx context.Context, p protocol.ID) (*outlet, error) {
	ctx, cancel := context.WithTimeout(network.WithNoDial(ctx, "dialled already"), helloTimeout)
	defer cancel()
	s, err := r.t.host.NewStream(ctx, r.id, p)
	if err != nil {
		return nil, fmt.Errorf("open %s (is the other gateway's version older or newer?): %w", p, err)
	}
	if err := r.greet(s); err != nil {
		_ = s.Reset()
		return nil, fmt.Errorf("open %s: %w", p, err)
	}
	return &outlet{t: r.t, stream: s}, nil
}

func (r *remote) greet(s network.Stream) error {
	if err := s.SetDeadline(time.Now().Add(helloTimeout)); err != nil {
		return err
	}
	if err := r.t.hello.greet(s); err != nil {
		return err
	}
	return s.SetDeadline(time.Time{})
}

// hold runs a link until either stream fails, and returns why.
func (r *remote) hold(ctx context.Context, l *link) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	for _, o := range []*outlet{l.consensus, l.bulk} {
		running.Go(func() { cancel(o.write(ctx)) })
		running.Go(func() { cancel(o.watch()) })
	}
	r.up(l)
	<-ctx.Done()
	_ = l.consensus.stream.Reset()
	_ = l.bulk.stream.Reset()
	r.down()
	running.Wait()
	return context.Cause(ctx)
}

// up makes a link known.
func (r *remote) up(l *link) {
	addrs := r.t.host.Peerstore().Addrs(r.id)
	r.mu.Lock()
	r.link, r.since, r.problem = l, time.Now(), nil
	r.learned = addrs[:min(len(addrs), maxLearnedAddrs)]
	r.mu.Unlock()
	r.t.log.Info("peer connected", r.attr(), slog.String("address", l.consensus.stream.Conn().RemoteMultiaddr().String()))
	r.t.announce()
	r.t.handler.Connected(r.key)
}

// down takes the link back.
func (r *remote) down() {
	r.mu.Lock()
	r.link, r.since = nil, time.Now()
	r.mu.Unlock()
	r.t.log.Info("peer disconnected", r.attr())
	r.t.announce()
	r.t.handler.Disconnected(r.key)
}

// standing returns the link, nil if there is none.
func (r *remote) standing() *link {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.link
}

func (r *remote) setProblem(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problem = err
}

// receive serves a stream of the peer's until it ends. A newer stream takes an older one's place.
func (r *remote) receive(ctx context.Context, s network.Stream) {
	in := newInlet(r, s, s.Protocol() == consensusProtocol)
	r.mu.Lock()
	if older := r.inlets[s.Protocol()]; older != nil {
		_ = older.stream.Reset()
	}
	r.inlets[s.Protocol()] = in
	r.mu.Unlock()
	r.heard()

	err := in.run(ctx)
	if errors.Is(err, errRefusing) {
		_ = s.Close() // a reset would overtake the reason
	} else {
		_ = s.Reset()
	}

	r.mu.Lock()
	current := r.inlets[s.Protocol()] == in
	if current {
		delete(r.inlets, s.Protocol())
		if in.urgent {
			r.peers = nil
		}
	}
	r.mu.Unlock()
	r.t.log.Debug("stream ended", r.attr(), slog.String("protocol", string(s.Protocol())), errAttr(err))
	r.afterwards(err, current)
}

// afterwards draws the consequences of how a stream ended.
func (r *remote) afterwards(err error, current bool) {
	switch {
	case errors.Is(err, errProtocol):
		r.blame(err)
	case errors.Is(err, errRefusing):
		r.t.log.Warn("peer refused", r.attr(), errAttr(err))
	case errors.Is(err, errSilent) && current:
		r.t.log.Info("peer is silent", r.attr())
		_ = r.t.host.Network().ClosePeer(r.id)
	}
}

// heard notes a sign of life.
func (r *remote) heard() { r.lastHeard.Store(int64(time.Since(r.t.started))) }

func (r *remote) setView(content []byte) error {
	v, err := decodeView(content, len(r.t.genesis.Gateways))
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.peers = v
	return nil
}

// sees reports whether the peer says that it is connected to gateway i.
func (r *remote) sees(i int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.peers.has(i)
}

// blame counts an offence, and shuts the peer out when there were too many.
func (r *remote) blame(reason error) {
	r.t.count.blames.Add(1)
	ban := r.offences.blame(time.Now())
	r.t.log.Warn("peer breaks the protocol", r.attr(), errAttr(reason), slog.Duration("banned_for", ban))
	if ban > 0 {
		_ = r.t.host.Network().ClosePeer(r.id)
	}
}

func (r *remote) describe() Peer {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := Peer{Name: r.name, Key: r.key, Connected: r.link != nil, Since: r.since}
	p.Banned = r.offences.bannedFor(time.Now()) > 0
	if r.link != nil {
		p.Address = r.link.consensus.stream.Conn().RemoteMultiaddr().String()
	} else if r.problem != nil {
		p.Problem = r.problem.Error()
	}
	return p
}

func (r *remote) attr() slog.Attr { return slog.String("peer", r.name) }

func errAttr(err error) slog.Attr { return slog.Any("error", err) }

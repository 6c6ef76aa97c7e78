package p2p

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/node/verify"
	"github.com/floormesh/floormesh/sync/message"
)

// Transport is this node's end of the mesh. It is safe for concurrent use.
type Transport struct {
	genesis *dag.Genesis
	domain  *dag.Domain
	self    dag.PublicKey
	policy  GossipPolicy
	hello   hello
	pool    *verify.Pool
	handler Handler
	log     *slog.Logger
	quiet   *slog.Logger // for gossip, whose warnings are no news to an operator
	started time.Time
	count   counters
	packer  *packer
	host    *endpoint
	gossip  *gossip
	remotes []*remote // in the order of the genesis
	byKey   map[dag.PublicKey]*remote
	byID    map[peer.ID]*remote

	end     context.CancelFunc
	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
	recent  recent
	seen    seen
}

// New opens a node's end of the mesh and begins to connect. It returns as soon
// as it listens; peers appear at the handler as they are reached. pool must
// outlive the transport. Errors: an invalid configuration, an address that
// cannot be listened on.
func New(cfg Config, pool *verify.Pool, h Handler, log *slog.Logger) (*Transport, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("p2p configuration: %w", err)
	}
	domain := cfg.Genesis.Domain()
	t := &Transport{
		genesis: cfg.Genesis, domain: domain, self: cfg.Key.Public(), policy: cfg.Gossip,
		hello: hello{version: protocolVersion, mesh: domain.Mesh, epoch: domain.Epoch},
		pool:  pool, handler: h, log: log, quiet: slog.New(slog.DiscardHandler),
		started: time.Now(),
		byKey:   make(map[dag.PublicKey]*remote), byID: make(map[peer.ID]*remote),
	}
	if err := t.addRemotes(&cfg); err != nil {
		return nil, err
	}
	if err := t.open(&cfg); err != nil {
		return nil, fmt.Errorf("p2p: %w", err)
	}
	return t, nil
}

func (t *Transport) addRemotes(cfg *Config) error {
	for i, g := range cfg.Genesis.Gateways {
		if g.Node == t.self {
			continue
		}
		id, err := PeerID(g.Node)
		if err != nil {
			return err
		}
		addrs, err := parseAddrs(g.Node, cfg.Peers[g.Node])
		if err != nil {
			return err
		}
		r := &remote{
			t: t, index: i, name: g.Name, key: g.Node, member: g.IsMember(), id: id, configured: addrs,
			wake: make(chan struct{}, 1), inlets: make(map[protocol.ID]*inlet),
		}
		t.remotes = append(t.remotes, r)
		t.byKey[g.Node], t.byID[id] = r, r
	}
	return nil
}

// open starts everything. What it started before an error it ends again.
func (t *Transport) open(cfg *Config) (err error) {
	key, err := libp2pKey(cfg.Key)
	if err != nil {
		return err
	}
	listen := cfg.Listen
	if len(listen) == 0 {
		listen = DefaultListen()
	}
	if t.packer, err = newPacker(); err != nil {
		return err
	}
	if t.host, err = newEndpoint(key, listen, &gater{t.admits, t.refuse}); err != nil {
		t.packer.close()
		return err
	}
	ctx, end := context.WithCancel(context.Background())
	t.end = end
	if t.gossip, err = newGossip(ctx, t); err != nil {
		t.Close()
		return fmt.Errorf("gossip: %w", err)
	}
	t.host.SetStreamHandler(consensusProtocol, t.acceptor(ctx))
	t.host.SetStreamHandler(bulkProtocol, t.acceptor(ctx))
	t.host.Network().Notify(&network.NotifyBundle{ConnectedF: t.onConnection})
	for _, r := range t.remotes {
		t.running.Go(func() { r.keep(ctx) })
	}
	if cfg.MDNS {
		t.running.Go(func() { t.discover(ctx) })
	}
	return nil
}

// Close disconnects from everybody and waits until no Handler method runs any
// more: those that run must return by themselves.
func (t *Transport) Close() {
	t.mu.Lock()
	closed := t.closed
	t.closed = true
	t.mu.Unlock()
	if closed {
		return
	}
	t.end()
	if err := t.host.Close(); err != nil {
		t.log.Debug("p2p host closed", errAttr(err))
	}
	t.running.Wait()
	t.packer.close()
}

// admits tells whether a peer may connect now.
func (t *Transport) admits(id peer.ID) bool {
	r := t.byID[id]
	return r != nil && r.offences.bannedFor(time.Now()) == 0
}

// refuse notes that a peer was not admitted.
func (t *Transport) refuse(id peer.ID) {
	t.count.strangers.Add(1)
	t.log.Debug("stranger refused", slog.String("peer_id", id.String()))
}

// onConnection makes use of a connection that the peer has dialled.
func (t *Transport) onConnection(_ network.Network, c network.Conn) {
	if r := t.byID[c.RemotePeer()]; r != nil {
		r.wakeUp()
	}
}

// acceptor serves streams of peers'.
func (t *Transport) acceptor(ctx context.Context) network.StreamHandler {
	return func(s network.Stream) {
		r := t.byID[s.Conn().RemotePeer()]
		if r == nil || !t.enter() {
			_ = s.Reset()
			return
		}
		defer t.running.Done()
		r.receive(ctx, s)
	}
}

// enter counts a goroutine that Close must wait for; false after Close.
func (t *Transport) enter() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.running.Add(1)
	return true
}

// Flush sends what was queued. Until then it may wait: what is said in a row
// goes out in one write, and arrives together.
func (t *Transport) Flush() {
	for _, r := range t.remotes {
		if l := r.standing(); l != nil {
			l.consensus.flush()
			l.bulk.flush()
		}
	}
}

// Send queues a message for one peer, on the stream for what is urgent. Without
// a connection it is dropped and counted; so is what is oldest in a full queue.
func (t *Transport) Send(to dag.PublicKey, m message.Message) {
	if r := t.byKey[to]; r != nil {
		t.queue(r, m)
	}
}

func (t *Transport) queue(r *remote, m message.Message) {
	l := r.standing()
	if l == nil {
		t.count.droppedUnreachable.Add(1)
		return
	}
	for _, raw := range t.encode(m) {
		l.consensus.send(raw)
	}
}

// Broadcast queues a message for every connected member. It is encoded once.
func (t *Transport) Broadcast(m message.Message) {
	t.recent.add(m)
	t.cast(m, func(r *remote) bool { return r.member })
}

// cast queues a message for some of the peers.
func (t *Transport) cast(m message.Message, to func(*remote) bool) {
	encoded := t.encode(m)
	for _, r := range t.remotes {
		if !to(r) {
			continue
		}
		l := r.standing()
		if l == nil {
			t.count.droppedUnreachable.Add(1)
			continue
		}
		for _, raw := range encoded {
			l.consensus.send(raw)
		}
	}
}

// Gossip brings a message to the whole mesh. If gossip would reach nobody who
// is not directly connected (see GossipPolicy), it goes out on direct
// streams alone, and to members not even there if the same message was just Broadcast.
func (t *Transport) Gossip(m message.Message) {
	if t.policy != GossipAlways && !t.reachesFurther() {
		known := t.recent.has(m)
		t.cast(m, func(r *remote) bool { return !known || !r.member })
		return
	}
	for _, part := range message.Split(m) {
		raw := message.Encode(nil, part)
		if err := t.gossip.publish(context.Background(), part, raw); err != nil {
			t.log.Debug("message not gossiped", errAttr(err))
		}
	}
}

// Answer queues messages for one peer on the stream for what may take long.
// What does not fit is dropped and counted; the peer asks again.
func (t *Transport) Answer(to dag.PublicKey, messages []message.Message) {
	r := t.byKey[to]
	if r == nil {
		return
	}
	l := r.standing()
	if l == nil {
		t.count.droppedUnreachable.Add(uint64(len(messages)))
		return
	}
	for _, m := range messages {
		for _, raw := range t.encode(m) {
			l.bulk.send(raw)
		}
	}
}

// Penalize counts an offence that was found out further up. After a few a peer
// is disconnected and shut out for a while.
func (t *Transport) Penalize(key dag.PublicKey, reason error) {
	if r := t.byKey[key]; r != nil {
		r.blame(reason)
	}
}

// Addrs returns where this node can be reached, in the form that Config.Peers
// of another node takes.
func (t *Transport) Addrs() []string {
	addrs := t.host.Addrs()
	texts := make([]string, 0, len(addrs))
	for _, addr := range addrs {
		texts = append(texts, addr.String()+"/p2p/"+t.host.ID().String())
	}
	return texts
}

// encode returns a message's bytes, or those of several if it is over the bounds.
func (t *Transport) encode(m message.Message) [][]byte {
	raw := message.Encode(nil, m)
	if message.Fits(m, raw) {
		return [][]byte{raw}
	}
	var encoded [][]byte
	for _, part := range message.Split(m) {
		raw := message.Encode(nil, part)
		if !message.Fits(part, raw) {
			// Peers would blame us for it.
			t.count.droppedOversized.Add(1)
			t.log.Error("message over its bounds not sent",
				slog.String("kind", message.Name(part)), slog.Int("bytes", len(raw)))
			continue
		}
		encoded = append(encoded, raw)
	}
	return encoded
}

// recent remembers which messages were broadcast last, by identity. A driver
// that carries out a Broadcast and the Gossip of the same message does so in a row.
type recent struct {
	mu   sync.Mutex
	ring [8]message.Message
	next int
}

func (r *recent) add(m message.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ring[r.next] = m
	r.next = (r.next + 1) % len(r.ring)
}

func (r *recent) has(m message.Message) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, held := range r.ring {
		if held == m {
			return true
		}
	}
	return false
}

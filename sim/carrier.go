package sim

import (
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sim/check"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/gossip"
	"github.com/floormesh/floormesh/sim/oracle"
	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/scenario"
	"github.com/floormesh/floormesh/sync/message"
)

// carrier spreads what the replicas of a site gossip, among them and its followers, as gossipsub does it in real nodes:
// see sim/gossip. What is said twice, by whomever, is one message, known by its content.
type carrier struct {
	topic   *gossip.Topic
	part    *gossip.Part
	always  bool // also if all are directly connected; followers hear nothing else
	items   engine.Slab[rumour]
	ids     map[dag.Digest]engine.Handle // of messages, in the topic
	frame   int                          // what surrounds a message on the wire
	told    []told                       // by node, unless always
	costs   []*oracle.Costs              // by node: the site's prices
	due     []replica.Instant            // by node: when the first of its debts comes, so that most need no look
	extra   replica.Instant              // that checking takes beside its work
	deliver func(w *World, node, from int, p *parcel)
}

// rumour is a message that is gossiped.
type rumour struct {
	id         dag.Digest
	parcel     *parcel
	signatures int
	kind       result.Kind
}

// told is what a node has broadcast last, by identity: a Gossip of it adds nothing for members
// unless somebody is out of reach.
type told struct {
	last    [8]message.Message
	next    int
	asked   uint64 // the count of changes of the peers, plus one, that further is of
	further bool
}

// deceit is when a liar lies. It passes on nothing then of what others gossip.
type deceit struct{ from, until replica.Instant } // until 0: to the end

// gossipKinds are the kinds of the topic's events: from here on, far from the world's.
const gossipKinds engine.Kind = 200

// rpcBytes is what surrounds a message on the wire beside headers of the transport:
// pubsub's RPC with the topic, Noise's tag, yamux's header.
const rpcBytes = 100

// newCarrier returns the carrier of a site, whose nodes are all down.
func newCarrier(w *World, x *site) (*carrier, error) {
	s := x.scenario
	c := &carrier{
		always: s.Gossip.Policy == scenario.GossipAlways || len(w.followers) > 0,
		ids:    make(map[dag.Digest]engine.Handle), extra: instant(s.Gossip.Validation),
		frame: rpcBytes + x.wire.overhead, costs: x.prices, due: slices.Repeat([]replica.Instant{replica.Never}, w.peers.graph.Nodes()),
		deliver: func(w *World, node, from int, p *parcel) { w.hear(node, from, p) },
	}
	if !c.always {
		c.told = make([]told, len(w.nodes))
	}
	var err error
	c.topic, err = gossip.New(gossip.Config{
		Params: gossipParams(&s.Gossip), Seed: w.plan.Seed, Purpose: engine.Purpose(purposeGossip),
		Graph: w.peers.graph, Lines: lines{w, x}, Home: x.plant, First: w.base, Dormant: true,
		Frame: c.frame, Copies: uint32(s.Network.Within.Copies), Kinds: gossipKinds,
		Check: func(_ *engine.Partition, node, from engine.Node, m gossip.Message, news bool) (engine.Instant, bool) {
			return c.check(w, int(node), int(from), m, news)
		},
		Known: func(_ *engine.Partition, at engine.Instant, node, _ engine.Node, m gossip.Message) {
			c.known(w, int(node), replica.Instant(at), int(m.Bytes)+c.frame)
		},
		Passes:  c.passes(w),
		Deliver: func(_ *engine.Partition, node engine.Node, a gossip.Arrival) { c.arrived(w, int(node), &a) },
		Expired: func(_ *engine.Partition, m gossip.Message) { c.forget(m.Load) },
	})
	if err != nil {
		return nil, err
	}
	c.part = c.topic.Part(0)
	return c, nil
}

// passes returns what says whether a node passes on what it has received; nil: all do always.
func (c *carrier) passes(w *World) func(now engine.Instant, node engine.Node) bool {
	if len(w.plan.Liars) == 0 {
		return nil
	}
	deceits := make([][]deceit, w.peers.graph.Nodes())
	for _, l := range w.plan.Liars {
		deceits[l.Node] = append(deceits[l.Node], deceit{l.From, l.Until})
	}
	return func(now engine.Instant, node engine.Node) bool {
		at := replica.Instant(now)
		return !slices.ContainsFunc(deceits[node], func(d deceit) bool {
			return at >= d.from && (at < d.until || d.until == 0)
		})
	}
}

// gossipParams returns a scenario's parameters.
func gossipParams(g *scenario.Gossip) gossip.Params {
	p := gossip.Params{
		D: g.Degree, Dlo: g.DegreeLow, Dhi: g.DegreeHigh, Dout: g.DegreeOut, Dlazy: g.DegreeLazy, Factor: int(g.Factor),
		Heartbeat: engine.Instant(g.Heartbeat), HeartbeatDelay: engine.Instant(g.HeartbeatDelay),
		PruneBackoff: engine.Instant(g.PruneBackoff), HistoryLength: g.History, HistoryGossip: g.HistoryGossip,
		Retransmission: g.IWantRetries, MaxIHaveLength: g.IHaveLength, MaxIHaveMessages: g.IHaveMessages,
		IWantFollowup: engine.Instant(g.IWantFollowup), FloodPublish: g.FloodPublish, SeenTTL: engine.Instant(g.Memory),
	}
	if g.IDontWantHeartbeats > 0 {
		p.IDontWantBytes, p.IDontWantBeats = max(1, int(g.IDontWantSize)), g.IDontWantHeartbeats
	}
	return p
}

// rise lets a node that starts gossip; fall lets one that stops do so no more.
func (c *carrier) rise(w *World, node int) {
	c.clear(&w.site.debts[node], node)
	c.part.Rise(w.part, engine.Node(node))
}

func (c *carrier) fall(node int) { c.part.Fall(engine.Node(node)) }

func (c *carrier) connected(edge uint32) { c.part.Connect(edge) }

func (c *carrier) disconnected(node int, edge uint32) { c.part.Disconnect(engine.Node(node), edge) }

// broadcast notes what a node sends to all members among its peers.
func (c *carrier) broadcast(node int, m message.Message) {
	if c.always || m == nil {
		return
	}
	t := &c.told[node]
	t.last[t.next] = m
	t.next = (t.next + 1) % len(t.last)
}

// needed reports whether a node's Gossip is to be spread: not if all whom it could
// reach are directly connected.
func (c *carrier) needed(w *World, node int) bool {
	if c.always {
		return true
	}
	t := &c.told[node]
	if t.asked != w.peers.changes+1 {
		t.asked, t.further = w.peers.changes+1, w.peers.further(node)
	}
	return t.further
}

// has reports whether a message was just broadcast.
func (t *told) has(m message.Message) bool {
	for _, last := range t.last {
		if last != nil && last == m {
			return true
		}
	}
	return false
}

// publish spreads a message. One that its author knows already is not spread again.
func (c *carrier) publish(w *World, from *node, p *parcel) {
	raw := p.raw
	if raw == nil {
		raw = message.Encode(nil, p.said)
		p.bytes = len(raw)
	}
	bytes, signatures := p.weight(w.domain)
	id := message.ContentID(raw)
	if h, ok := c.ids[id]; ok && c.part.Alive(engine.Instant(w.now), h) {
		c.part.Repeat(w.part, engine.Node(from.id), h)
		return
	}
	load := c.items.Put(rumour{id: id, parcel: p, signatures: signatures, kind: kindOf(p.said)})
	c.ids[id] = c.part.Publish(w.part, engine.Node(from.id), gossip.Message{
		Load: load, Bytes: int32(bytes), Word: word(id),
	})
}

// forget drops a message that nobody knows any more. If it has been said again since, that
// is another one.
func (c *carrier) forget(load engine.Handle) {
	r := c.items.Take(load)
	if h, ok := c.ids[r.id]; ok && c.part.Message(h).Load == load {
		delete(c.ids, r.id)
	}
}

// check is a copy that is in: the work of it, and of the first one whether it is valid.
func (c *carrier) check(w *World, node, from int, m gossip.Message, news bool) (ready engine.Instant, valid bool) {
	r := c.items.Get(m.Load)
	costs := c.costs[node]
	work := costs.Gossip
	if news {
		work += costs.Bytes(int(m.Bytes)) + costs.Check(r.signatures)
		valid = c.valid(w, int(m.Origin), r)
	}
	w.site.reckon(node, w.now)
	done := w.site.aside(node, w.now, instant(work))
	w.site.notes.copied(w, node, from, r, int(m.Bytes)+c.frame, work, news)
	return engine.Instant(done + c.extra), valid
}

// valid decodes and verifies, as validators of real nodes do. What is not of a kind that is
// gossiped is not passed on either.
func (c *carrier) valid(w *World, origin int, r *rumour) bool {
	_, err := r.parcel.open(w.mesh, w.verifier)
	if err != nil {
		if w.nodes[origin].liar == nil {
			w.checks.Now(w.now)
			w.checks.Failf(check.GoodFaith, origin, "gossips what does not verify: %v", err)
		}
		return false
	}
	switch r.parcel.said.(type) {
	case *message.Batches, *message.Cosign, *message.Commits:
		return true
	default:
		return false
	}
}

// arrived is a message that a node has found valid.
func (c *carrier) arrived(w *World, node int, a *gossip.Arrival) {
	r := c.items.Get(a.Load)
	w.checks.Now(w.now)
	w.site.notes.spread(w, node, r, a)
	from := a.From
	if w.follower(int(from)) != nil {
		from = a.Origin // a Replica would ask the follower for what is missing, who has nothing
	}
	c.deliver(w, node, int(from), r.parcel)
}

// copied notes a copy that is in at a node. The event log has the first one only.
func (t *notes) copied(w *World, node, from int, r *rumour, bytes int, work time.Duration, news bool) {
	c := t.book.Counters(t.node(node))
	c.MessagesReceived++
	c.BytesReceived += uint64(bytes)
	c.Processor += work
	if news {
		c.Verified += uint64(r.signatures)
		t.event(w, node, from, result.Received, r.kind, r.parcel.number, uint64(bytes), r.parcel)
	}
}

// spread notes that a node has a message.
func (t *notes) spread(w *World, node int, r *rumour, a *gossip.Arrival) {
	if (r.kind < 2 || r.kind == commitKind) && t.sampled(r.parcel) {
		t.book.Delivered(result.Instant(w.now), t.node(node), r.kind, result.Message(r.parcel.number), result.Instant(a.At), uint32(a.Hops))
	}
}

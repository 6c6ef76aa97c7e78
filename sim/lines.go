package sim

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/gossip"
	"github.com/floormesh/floormesh/sim/network"
	"github.com/floormesh/floormesh/sim/result"
)

// pipe is one way of a connection between two replicas. Direct streams and gossip share
// it. There are hundreds of thousands in a large mesh, so that it is kept small.
type pipe struct {
	flow network.Flow
	last replica.Instant // the latest arrival, on ordered links
}

// departure is gossip that waits to leave.
type departure struct {
	at   replica.Instant
	edge uint32
}

// queue is the gossip of one node that has not left yet, to all its peers, in order.
type queue struct {
	last    replica.Instant // when all of it has left
	since   int             // messages since there was none
	backlog *backlog        // nil: see wire.queue
}

// backlog is what waits for whom.
type backlog struct {
	waiting []departure
	gone    int     // of them
	counts  []int32 // of them, by the node's edges
}

// lines is what a site's gossip goes over: its wire.
type lines struct {
	world *World
	site  *site
}

// Ahead implements gossip.Lines. A mesh's peers are anywhere in memory: looked at one after the
// other, with all that a copy takes in between, each is waited for.
func (l lines) Ahead(peers []gossip.Peer) {
	x := l.site
	sum := replica.Instant(0)
	for _, p := range peers {
		sum += x.wire.pipes[p.Edge].last + x.debts[p.Node].look()
	}
	x.looked = sum
}

// look looks at the room for a few debts.
func (d *debts) look() replica.Instant { return d.room[0].at + d.room[3].at }

// Send implements gossip.Lines.
func (l lines) Send(now engine.Instant, edge uint32, from, to engine.Node, load engine.Handle, bytes int) (engine.Instant, bool) {
	wire := &l.site.wire
	if !wire.queues(replica.Instant(now), int(from), edge) {
		return 0, false
	}
	l.site.notes.copies(l.world, int(from), int(to), l.site.carrier.items.Get(load), bytes)
	at, ok := wire.put(replica.Instant(now), int(from), int(to), bytes, edge)
	wire.queue(replica.Instant(now), int(from), edge)
	return engine.Instant(at), ok
}

// Signal implements gossip.Lines.
func (l lines) Signal(now engine.Instant, from, to engine.Node) (engine.Instant, bool) {
	at, ok := l.site.wire.put(replica.Instant(now), int(from), int(to), 0, noEdge)
	return engine.Instant(at), ok
}

// Signalled implements gossip.Lines.
func (l lines) Signalled(_ engine.Instant, node engine.Node, peers, bytes int) {
	l.site.notes.signalled(l.world, int(node), peers, bytes)
}

// Heard implements gossip.Lines.
func (l lines) Heard(node engine.Node, messages, bytes int) {
	l.site.notes.book.Received(l.site.notes.node(int(node)), uint64(messages), uint64(messages*bytes))
}

// Receive implements gossip.Lines.
func (l lines) Receive(now engine.Instant, node engine.Node, bytes int) engine.Instant {
	l.site.reckon(int(node), replica.Instant(now))
	return l.site.wire.net.Receive(now, node, bytes)
}

// Downlink implements gossip.Lines.
func (l lines) Downlink(node engine.Node) bool { return l.site.wire.net.Downlink(node) }

// queues reports whether there is room for one more message in a connection's queue.
func (l *wire) queues(now replica.Instant, from int, edge uint32) bool {
	q := &l.queued[from]
	if q.last <= now {
		q.since, q.backlog = 0, nil
		return true
	}
	if q.backlog == nil {
		return true
	}
	first, _ := l.graph.Edges(engine.Node(from))
	q.backlog.pass(now, first)
	return int(q.backlog.counts[edge-first]) < l.room
}

// pass takes out what has left by now. First is the node's first edge.
func (b *backlog) pass(now replica.Instant, first uint32) {
	for ; b.gone < len(b.waiting) && b.waiting[b.gone].at <= now; b.gone++ {
		b.counts[b.waiting[b.gone].edge-first]--
	}
	if 2*b.gone > len(b.waiting) {
		b.waiting, b.gone = append(b.waiting[:0], b.waiting[b.gone:]...), 0
	}
}

// queue notes that a message waits until all before it have left: the node's line, or
// the link's own bandwidth. What waits for whom is counted once a node has half as many
// waiting as one connection may have: few ever do, and what waited then leaves first.
func (l *wire) queue(now replica.Instant, from int, edge uint32) {
	leaves := replica.Instant(l.net.Leaves(engine.Node(from)))
	if l.free != nil {
		leaves = max(leaves, l.free[edge])
	}
	if leaves <= now {
		return
	}
	q := &l.queued[from]
	q.last = max(q.last, leaves) // one that leaves late holds up the count, not the message
	if q.since++; q.since <= l.room/2 {
		return
	}
	first, end := l.graph.Edges(engine.Node(from))
	if q.backlog == nil {
		q.backlog = &backlog{counts: make([]int32, end-first)}
	}
	q.backlog.waiting = append(q.backlog.waiting, departure{q.last, edge})
	q.backlog.counts[edge-first]++
}

// copies notes a copy of gossip on its way.
func (t *notes) copies(w *World, from, to int, r *rumour, bytes int) {
	t.book.Sent(result.Instant(w.now), t.node(from), r.kind, 1, uint64(bytes))
	t.event(w, from, to, result.Sent, r.kind, r.parcel.number, uint64(bytes), r.parcel)
}

// signalled notes control messages of gossip, one to each of a number of peers.
func (t *notes) signalled(w *World, node, peers, bytes int) {
	t.book.Sent(result.Instant(w.now), t.node(node), controlKind, uint64(peers), uint64(bytes*peers))
	t.event(w, node, nobody, result.Sent, controlKind, 0, uint64(bytes*peers), nil)
}

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
	waiting []departure     // see wire.queue
	gone    int             // of them
	counts  []int32         // of them, by the node's edges
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
		sum += x.wire.pipes[p.Edge].last + x.debts[p.Node].last
	}
	x.looked = sum
}

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
func (l lines) Signalled(_ engine.Instant, node engine.Node, peers []engine.Node, bytes int) {
	l.site.notes.signalled(l.world, int(node), peers, bytes)
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
		q.since, q.waiting, q.gone, q.counts = 0, nil, 0, nil
		return true
	}
	if q.counts == nil {
		return true
	}
	first, _ := l.graph.Edges(engine.Node(from))
	for ; q.gone < len(q.waiting) && q.waiting[q.gone].at <= now; q.gone++ {
		q.counts[q.waiting[q.gone].edge-first]--
	}
	if 2*q.gone > len(q.waiting) {
		q.waiting, q.gone = append(q.waiting[:0], q.waiting[q.gone:]...), 0
	}
	return int(q.counts[edge-first]) < l.room
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
	if q.counts == nil {
		q.counts = make([]int32, end-first)
	}
	q.waiting = append(q.waiting, departure{q.last, edge})
	q.counts[edge-first]++
}

// copies notes a copy of gossip on its way.
func (t *notes) copies(w *World, from, to int, r *rumour, bytes int) {
	t.book.Sent(result.Instant(w.now), t.node(from), r.kind, uint64(bytes))
	t.event(w, from, to, result.Sent, r.kind, r.parcel.number, uint64(bytes), r.parcel)
}

// signalled notes control messages of gossip, at both ends.
func (t *notes) signalled(w *World, node int, peers []engine.Node, bytes int) {
	for _, peer := range peers {
		t.book.Sent(result.Instant(w.now), t.node(node), controlKind, uint64(bytes))
		t.book.Received(t.node(int(peer)), uint64(bytes))
	}
	t.event(w, node, nobody, result.Sent, controlKind, 0, uint64(bytes*len(peers)), nil)
}

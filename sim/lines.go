package sim

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/network"
	"github.com/floormesh/floormesh/sim/result"
)

// pipe is one way of a connection between two replicas. Direct streams and gossip share it.
// There are hundreds of thousands in a large mesh: two of them lie in a line of the cache.
type pipe struct {
	flow   network.Flow
	last   replica.Instant // the latest arrival, on ordered links
	queued int32           // gossip that has not left yet
}

// departure is gossip that waits to leave.
type departure struct {
	at   replica.Instant
	edge uint32
}

// queue is the gossip of one node that has not left yet, in order.
type queue struct {
	waiting []departure
	gone    int // of them
}

// lines is what a site's gossip goes over: its wire.
type lines struct {
	world *World
	site  *site
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
func (l lines) Signalled(_ engine.Instant, node engine.Node, edges []uint32, bytes int) {
	l.site.notes.signalled(l.world, int(node), edges, bytes)
}

// Receive implements gossip.Lines.
func (l lines) Receive(now engine.Instant, node engine.Node, bytes int) engine.Instant {
	return l.site.wire.net.Receive(now, node, bytes)
}

// Downlink implements gossip.Lines.
func (l lines) Downlink(node engine.Node) bool { return l.site.wire.net.Downlink(node) }

// queues reports whether there is room for one more message in a connection's queue.
func (l *wire) queues(now replica.Instant, from int, edge uint32) bool {
	q := &l.queued[from]
	if len(q.waiting) == 0 {
		return l.pipes[edge].queued < l.room
	}
	for q.gone < len(q.waiting) && q.waiting[q.gone].at <= now {
		l.pipes[q.waiting[q.gone].edge].queued--
		q.gone++
	}
	if q.gone == len(q.waiting) {
		q.waiting, q.gone = q.waiting[:0], 0
	} else if q.gone >= compactFrom && 2*q.gone > len(q.waiting) {
		q.waiting, q.gone = append(q.waiting[:0], q.waiting[q.gone:]...), 0
	}
	return l.pipes[edge].queued < l.room
}

// queue notes that a message waits until all before it have left: the node's line, or
// the link's own bandwidth.
func (l *wire) queue(now replica.Instant, from int, edge uint32) {
	p := &l.pipes[edge]
	leaves := replica.Instant(l.net.Leaves(engine.Node(from)))
	if l.free != nil {
		leaves = max(leaves, l.free[edge])
	}
	if leaves <= now {
		return
	}
	q := &l.queued[from]
	if last := len(q.waiting); last > q.gone {
		leaves = max(leaves, q.waiting[last-1].at) // in order: one that leaves late holds up the count, not the message
	}
	q.waiting = append(q.waiting, departure{leaves, edge})
	p.queued++
}

// compactFrom is from how many that have left on a queue is moved to its front.
const compactFrom = 64

// copies notes a copy of gossip on its way.
func (t *notes) copies(w *World, from, to int, r *rumour, bytes int) {
	t.book.Sent(result.Instant(w.now), t.node(from), r.kind, uint64(bytes))
	t.event(w, from, to, result.Sent, r.kind, r.parcel.number, uint64(bytes))
}

// signalled notes control messages of gossip, at both ends.
func (t *notes) signalled(w *World, node int, edges []uint32, bytes int) {
	for _, edge := range edges {
		t.book.Sent(result.Instant(w.now), t.node(node), controlKind, uint64(bytes))
		t.book.Received(t.node(int(w.peers.graph.Peer(edge))), uint64(bytes))
	}
	t.event(w, node, nobody, result.Sent, controlKind, 0, uint64(bytes*len(edges)))
}

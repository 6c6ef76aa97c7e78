package sim

import (
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim/engine"
)

// debts is copies of gossip that a node has no use for. They take its line and its
// processor all the same, which is reckoned when either is asked for next: an event for each
// would be most of what happens in a mesh.
type debts struct {
	last replica.Instant // the latest so far
	list []debt
}

// debt is one copy.
type debt struct {
	at    replica.Instant // when it reaches the node's line
	bytes int32
}

// known notes a copy that comes to a node after another.
func (c *carrier) known(w *World, node int, at replica.Instant, bytes int) {
	own := &w.site.debts[node]
	own.last = max(own.last, at)
	if own.list = append(own.list, debt{at, int32(bytes)}); len(own.list)%maxDebts == 0 {
		w.site.reckon(node, w.now)
	}
}

// reckon counts what has come to a node until now, in order.
func (x *site) reckon(node int, now replica.Instant) {
	list := x.debts[node].list
	if len(list) == 0 {
		return
	}
	came := 0
	for i, d := range list { // sorts in what has come: a handful, nearly in order
		if d.at > now {
			continue
		}
		list[i] = list[came]
		at := came
		for ; at > 0 && list[at-1].at > d.at; at-- {
			list[at] = list[at-1]
		}
		list[at] = d
		came++
	}
	bytes, work := 0, x.carrier.costs[node].Gossip
	for _, d := range list[:came] {
		in := x.wire.net.Receive(engine.Instant(d.at), engine.Node(node), int(d.bytes))
		x.aside(node, replica.Instant(in), instant(work))
		bytes += int(d.bytes)
	}
	x.notes.repeated(node, came, bytes, time.Duration(came)*work)
	x.debts[node].list = list[:copy(list, list[came:])]
}

// reckonAll counts what has come to all nodes, at the end of a run.
func (x *site) reckonAll(now replica.Instant) {
	for node := range x.debts {
		x.reckon(node, now)
	}
}

// repeated notes copies that came after others.
func (t *notes) repeated(node, copies, bytes int, work time.Duration) {
	c := t.book.Counters(t.node(node))
	c.MessagesReceived += uint64(copies)
	c.BytesReceived += uint64(bytes)
	c.Processor += work
}

// maxDebts is after how many copies they are reckoned at the latest, if they have come.
const maxDebts = 64

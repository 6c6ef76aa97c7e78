package sim

import (
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim/engine"
)

// debts is copies of gossip that a node has no use for. They take its line and its
// processor all the same, which is reckoned when either is asked for next: an event for each
// would be most of what happens in a mesh. It is 256 bytes, of which the first few lines of the cache
// are used: few nodes ever owe more than there is room for.
type debts struct {
	list []debt // in room, while they fit
	room [14]debt
	_    [8]byte
}

// debt is one copy.
type debt struct {
	at    replica.Instant // when it reaches the node's line
	bytes int32
}

// known notes a copy that comes to a node after another.
func (c *carrier) known(w *World, node int, at replica.Instant, bytes int) {
	own := &w.site.debts[node]
	c.due[node] = min(c.due[node], at)
	if own.list = append(own.list, debt{at, int32(bytes)}); len(own.list)%maxDebts == 0 {
		w.site.reckon(node, w.now)
	}
}

// clear forgets what a node owes.
func (c *carrier) clear(own *debts, node int) {
	own.list = own.room[:0]
	c.due[node] = replica.Never
}

// reckon counts what has come to a node until now, in order.
func (x *site) reckon(node int, now replica.Instant) {
	due := &x.carrier.due[node]
	if *due > now {
		return
	}
	list, came := x.debts[node].list, 0
	*due = replica.Never
	for i, d := range list { // sorts in what has come: a handful, nearly in order
		if d.at > now {
			*due = min(*due, d.at)
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
	x.carrier.topic.Close()
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

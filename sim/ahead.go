package sim

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim/engine"
)

// Ahead implements engine.Seer. What thousands of nodes have lies anywhere in memory, and most of
// what an event takes would be waiting for it.
func (w *World) Ahead(events []engine.Event) {
	x := w.site
	if x == nil {
		return
	}
	sum := replica.Instant(0)
	for i := range events {
		node := int(events[i].Node - w.base)
		if node >= len(x.debts) {
			continue // a device, or the world as a whole
		}
		sum += x.look(node)
		if events[i].Kind >= gossipKinds {
			sum += x.carrier.look(w, node)
		}
		if node < len(w.nodes) {
			sum += w.nodes[node].look() + replica.Instant(w.checks.Look(node)) + replica.Instant(x.notes.replicas[node].said)
		}
	}
	x.looked = sum
}

// look looks at what nearly all that happens at a node takes.
func (x *site) look(node int) replica.Instant {
	return x.carrier.due[node] + x.cpus[node].Next() + replica.Instant(x.notes.book.Counters(x.notes.node(node)).Processor)
}

// look looks at what gossip takes beside that.
func (c *carrier) look(w *World, node int) replica.Instant {
	x := w.site
	return x.debts[node].look() + x.wire.queued[node].last + replica.Instant(x.wire.net.Leaves(engine.Node(node))) +
		replica.Instant(c.part.Look(engine.Node(node)))
}

// look looks at a node and at what is the same for all of its lives.
func (n *node) look() replica.Instant {
	sum := n.alarm + replica.Instant(n.life) + replica.Instant(n.disk.plan.Read)
	if n.labour != nil && n.labour.costs != nil {
		sum++
	}
	return sum
}

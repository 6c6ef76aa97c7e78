package sim

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim/engine"
)

// Ahead implements engine.Seer. What thousands of nodes have lies anywhere in memory, and most of
// what an event takes would be waiting for it. The sum is kept so that it is reckoned at all.
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
		sum += x.carrier.due[node] + x.cpus[node].Next() + x.notes.look(node)
		if events[i].Kind >= gossipKinds {
			sum += x.carrier.look(w, node)
		}
		if node < len(w.nodes) {
			sum += w.nodes[node].look()
			if events[i].Kind == synced {
				sum += w.lookBehind(node)
			}
		}
	}
	x.looked = sum
}

// look looks at what nearly all that happens at a node adds to.
func (t *notes) look(node int) replica.Instant {
	return replica.Instant(t.book.Counters(t.node(node)).Processor)
}

// look looks at what gossip takes of a node.
func (c *carrier) look(w *World, node int) replica.Instant {
	x := w.site
	return x.debts[node].look() + x.wire.queued[node].last + replica.Instant(x.wire.net.Leaves(engine.Node(node))) +
		replica.Instant(c.part.Look(engine.Node(node)))
}

// look looks at a node, and at what does its work.
func (n *node) look() replica.Instant {
	sum := n.alarm + replica.Instant(n.life)
	if n.labour != nil && n.labour.costs != nil {
		sum++
	}
	return sum
}

// lookBehind looks at what follows a sync: commits are durable then, and reported.
func (w *World) lookBehind(node int) replica.Instant {
	return replica.Instant(w.nodes[node].disk.plan.Read) + replica.Instant(w.checks.Look(node)) +
		replica.Instant(w.site.notes.replicas[node].said)
}

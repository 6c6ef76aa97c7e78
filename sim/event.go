package sim

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim/check"
	"github.com/floormesh/floormesh/sim/engine"
)

// kind says what an event is.
type kind = engine.Kind

// Kinds of events.
const (
	founding   kind = iota + 1 // the world comes into being
	arrival                    // a message reaches a node
	tick                       // a node's alarm rings
	synced                     // a disk has made its writes durable
	overdue                    // what nothing waits for is to be made durable
	loaded                     // a disk has read what was asked for
	relink                     // a node notices how its connection to a peer stands
	submission                 // a device hands records to a node
	faultStart                 // a fault of the plan begins
	faultEnd                   // and ends
	act                        // an adversary does something of its own accord
	watch                      // the world looks whether it is done
	opened                     // a node has decoded and checked a message
	stepped                    // a node has done the work of a Step
	emission                   // a source of a scenario has its turn
	written                    // a processor has done its part of a sync
	worked                     // a core that nodes share has done a piece of work
)

// event is one thing that will happen, as this package speaks of it: the
// engine's, with nodes counted from 0 and nobody for the world as a whole.
type event struct {
	at   replica.Instant
	node int
	load engine.Handle // what it carries, or a small number
	kind kind
}

// schedule adds an event. Its source, in the engine's order, is whose event is
// being handled.
func (w *World) schedule(e event) {
	if w.late.owns(e) {
		return
	}
	node := engine.Node(e.node)
	if e.node == nobody {
		node = engine.Node(w.seat)
	}
	w.part.Schedule(engine.Instant(e.at), w.base+node, engine.What{Load: e.load, Kind: e.kind})
}

// Handle lets one event happen. It implements engine.Handler.
func (w *World) Handle(p *engine.Partition, e engine.Event) {
	if w.done() {
		return
	}
	w.part, w.now = p, replica.Instant(e.At)
	if w.late.most > 0 {
		w.keepUp(e)
	}
	if w.site != nil && w.site.carrier.part.Handle(p, e) {
		w.stopIfDone(p)
		return
	}
	w.checks.Now(w.now)
	if w.handled++; w.handled > maxEvents && w.site == nil {
		w.checks.Failf(check.Bounds, nobody, "more than %d events", maxEvents)
	} else {
		own := event{at: w.now, node: int(e.Node - w.base), load: e.Load, kind: e.Kind}
		if own.node == w.seat {
			own.node = nobody
		}
		w.err = w.handle(own)
	}
	w.stopIfDone(p)
}

// stopIfDone ends the run if nothing more is to happen. A site that is done leaves the others be.
func (w *World) stopIfDone(p *engine.Partition) {
	if w.done() && (w.phase.name != over || w.site == nil) {
		p.Stop()
	}
}

// done reports whether nothing more is to happen.
func (w *World) done() bool {
	return w.err != nil || w.phase.name == over || len(w.checks.Violations()) > 0 && (w.site == nil || w.site.scenario.Checks.Stop)
}

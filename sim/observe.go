package sim

import (
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
)

// Observer is told every Step that a replica of an experiment takes, whatever its protocol: which node of
// the roster takes it, when in virtual time (the world's, whatever the node's own clock
// says), what goes in and what comes out. Those of one node are told in order; of several, one may be told up to
// 200 µs of virtual time late. Outputs are valid during the call, and must
// not be changed. Sites call it at the same time if several workers share the run.
type Observer func(node int, at time.Duration, in replica.Input, out []replica.Output)

// Observe has an experiment's Steps told. Call it before Run.
func (x *Experiment) Observe(o Observer) {
	for _, w := range x.sites {
		w.site.observer = o
	}
}

// observed tells a Step.
func (x *site) observed(w *World, node int, in replica.Input, out []replica.Output) {
	if x != nil && x.observer != nil {
		x.observer(x.first+node, time.Duration(w.now), in, out)
	}
}

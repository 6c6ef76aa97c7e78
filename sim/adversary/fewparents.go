package adversary

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
)

// fewParents refers to as few blocks as a block may, always to those of the same
// members: first of all to its fellows with low numbers, as f liars would who
// refer to each other. What the others make is in no history of its blocks but
// by detours, and each of its certificates hangs by a thread.
type fewParents struct {
	faithful

	shown *disguise
}

func newFewParents(self Self) *fewParents {
	return &fewParents{shown: newDisguise(self, func(b *dag.BlockBody) {
		self.without(b, func(dag.BlockRef) bool { return true }) // from the highest number down
	})}
}

// Say implements Adversary.
func (a *fewParents) Say(_ replica.Instant, s Speech) []Speech { return []Speech{a.shown.wear(s)} }

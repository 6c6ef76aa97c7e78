package adversary

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
)

// skew claims in its blocks to be far ahead of time and far behind it by turns,
// as far as a block may. With its fellows it tries to pull the commits' clock up,
// which never falls again, or to hold it back until no checkpoint is due. Its
// batches tell the truth.
type skew struct {
	faithful

	shown *disguise
}

func newSkew(self Self) *skew {
	far := []dag.UnixMilli{60_000, yearMillis, dag.MaxUnixMilli}[self.Rand.IntN(3)]
	return &skew{shown: newDisguise(self, func(b *dag.BlockBody) {
		if b.Round%2 == 0 {
			b.ClaimedAt = min(b.ClaimedAt, dag.MaxUnixMilli-far) + far
		} else {
			b.ClaimedAt = max(b.ClaimedAt, far) - far
		}
	})}
}

// Say implements Adversary.
func (a *skew) Say(_ replica.Instant, s Speech) []Speech { return []Speech{a.shown.wear(s)} }

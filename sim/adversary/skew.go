package adversary

import (
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
)

// skew claims in its blocks to be far ahead of time and far behind it by turns,
// as far as a block may. With its fellows it tries to pull the commits' clock up,
// which never falls again, or to hold it back until no checkpoint is due. Its
// batches tell the truth. Told how far, it is off by so much all the time.
type skew struct {
	faithful

	shown *disguise
}

func newSkew(self Self) *skew {
	if s := self.Settings; s != nil {
		off := dag.UnixMilli(s.Skew / time.Millisecond)
		return &skew{shown: newDisguise(self, func(b *dag.BlockBody) {
			b.ClaimedAt = min(max(b.ClaimedAt+off, 0), dag.MaxUnixMilli)
		})}
	}
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

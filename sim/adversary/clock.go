package adversary

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
)

// clock lies about the time: its clock stands still, leaps a year ahead and back
// again, or runs backwards. Commit times must neither fall nor follow it, and
// nothing may wait for them.
type clock struct {
	faithful

	self Self
	mode int
}

func newClock(self Self) *clock { return &clock{self: self, mode: self.Rand.IntN(3)} }

const yearMillis = 365 * 24 * 3600 * 1000

// Wall implements Adversary.
func (a *clock) Wall(now replica.Instant, wall dag.UnixMilli) dag.UnixMilli {
	switch a.mode {
	case 0:
		return 1
	case 1:
		return wall + yearMillis*dag.UnixMilli(a.self.Rand.IntN(3))
	default:
		return wall - 2*dag.UnixMilli(now/1e6)
	}
}

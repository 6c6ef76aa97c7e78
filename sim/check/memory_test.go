package check_test

import (
	"testing"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/sim/check"
)

// TestMemory shows a node that holds too much.
func TestMemory(t *testing.T) {
	most := replica.Holdings{replica.HeldAhead: 64, replica.HeldBatches: replica.Unbounded, replica.HeldBlocks: replica.Unbounded}
	for _, c := range []struct {
		name  string
		lies  bool
		rests bool
		holds replica.Holdings
		want  string
	}{
		{"within its bounds", false, false, replica.Holdings{replica.HeldAhead: 64, replica.HeldBatches: 5000}, ""},
		{"beyond one", false, false, replica.Holdings{replica.HeldAhead: 65}, "holds 65 batches ahead in one lane, and at most 64"},
		{"at rest", false, true, replica.Holdings{replica.HeldBlocks: 40}, ""},
		{"a list that is not emptied", false, true, replica.Holdings{replica.HeldBatches: 1}, "rests, and holds 1 batches still"},
		{"what a liar sent in vain", true, true, replica.Holdings{replica.HeldAhead: 2}, ""},
		{"the same, and nobody lies", false, true, replica.Holdings{replica.HeldAhead: 2}, "nobody lies, and it holds 2 batches ahead"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, _, _ := dagtest.Genesis(3)
			s := check.New(g, []bool{true, true, !c.lies})
			if c.rests {
				s.HoldsAtRest(0, c.holds, most)
			} else {
				s.Holds(0, c.holds, most)
			}
			expect(t, s, check.Memory, c.want)
		})
	}
}

package order

import (
	"slices"
	"testing"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/dag"
)

// TestLeadersExhaustive checks, for every small committee and every list of at
// most f members passed over, that each run of n rounds gives every member its
// own slot and each other slot to the next member that is not passed over.
func TestLeadersExhaustive(t *testing.T) {
	for n := 1; n <= 8; n++ {
		for mask := range 1 << n {
			var over consensus.Set
			for a := range n {
				if mask>>a&1 != 0 {
					over.Add(dag.Author(a))
				}
			}
			if over.Count() > quorum.F(n) {
				continue
			}
			for epoch := range byte(3) {
				checkRuns(t, dag.EpochID{epoch}, n, over)
			}
		}
	}
}

func checkRuns(t *testing.T, epoch dag.EpochID, n int, over consensus.Set) {
	t.Helper()
	plain, with := NewRotation(epoch, n, consensus.Set{}), NewRotation(epoch, n, over)
	for number := range 6 {
		first := dag.Round(number*n + 1)
		var order []dag.Author
		for i := range n {
			a, ok := plain.Leader(first + dag.Round(i))
			if !ok {
				t.Fatalf("n=%d: round %d has no leader", n, first+dag.Round(i))
			}
			order = append(order, a)
		}
		sorted := slices.Sorted(slices.Values(order))
		if len(slices.Compact(sorted)) != n {
			t.Errorf("n=%d, run %d: leaders %v are no permutation", n, number, order)
		}
		for i := range n {
			want := i
			for over.Has(order[want]) {
				want = (want + 1) % n
			}
			if a, _ := with.Leader(first + dag.Round(i)); a != order[want] {
				t.Errorf("n=%d, run %d, passed over %v, place %d of %v: leader %d, want %d", n, number, over, i, order, a, order[want])
			}
		}
	}
}

// TestLeadersAreFair counts who comes first: the orders of many runs are all
// of n! equally often, within what chance allows.
func TestLeadersAreFair(t *testing.T) {
	const n, runs = 4, 24 * 1000
	counts := map[string]int{}
	for number := range uint64(runs) {
		key := ""
		for _, a := range permutation(dag.EpochID{9}, number, n) {
			key += string('0' + rune(a))
		}
		counts[key]++
	}
	if len(counts) != 24 {
		t.Errorf("%d orders seen, want 24", len(counts))
	}
	for order, c := range counts {
		// Five standard deviations of a count that is 1000 on average.
		if c < 845 || c > 1155 {
			t.Errorf("order %s came %d times in %d", order, c, runs)
		}
	}
}

func TestLeadersDependOnEpoch(t *testing.T) {
	same := 0
	for r := dag.Round(1); r <= 1000; r++ {
		a, _ := NewRotation(dag.EpochID{1}, 10, consensus.Set{}).Leader(r)
		b, _ := NewRotation(dag.EpochID{2}, 10, consensus.Set{}).Leader(r)
		if a == b {
			same++
		}
	}
	if same > 200 {
		t.Errorf("two epochs have the same leader in %d of 1000 rounds", same)
	}
}

// TestLeadersPinned holds the algorithm in place: another one is another protocol.
func TestLeadersPinned(t *testing.T) {
	for _, c := range []struct {
		n      int
		number uint64
		want   []dag.Author
	}{
		{1, 0, []dag.Author{0}},
		{4, 0, []dag.Author{0, 1, 3, 2}},
		{4, 1, []dag.Author{0, 1, 3, 2}},
		{10, 1 << 40, []dag.Author{1, 2, 5, 7, 4, 8, 3, 9, 0, 6}},
	} {
		if got := permutation(dag.EpochID{1, 2, 3}, c.number, c.n); !slices.Equal(got, c.want) {
			t.Errorf("n=%d, run %d: %v, want %v", c.n, c.number, got, c.want)
		}
	}
}

func TestRoundZeroHasNoLeader(t *testing.T) {
	if _, ok := NewRotation(dag.EpochID{}, 4, consensus.Set{}).Leader(0); ok {
		t.Error("round 0 has a leader")
	}
	if a, ok := NewRotation(dag.EpochID{}, 128, consensus.Set{}).Leader(1<<64 - 1); !ok || a > 127 {
		t.Errorf("the last round is led by %d, %v", a, ok)
	}
}

package order

import (
	"math/rand/v2"
	"testing"

	"github.com/floormesh/floormesh/consensus/quorum"
)

// TestSharedHead has two nodes, to whom the blocks come in other orders, go from
// one shared head to the next: each commit and each state is made once, and is
// what a node by itself makes.
func TestSharedHead(t *testing.T) {
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 3))
		rules := testRules(7)
		all := randomDAG(rng, shape{n: 7, rounds: 40, liars: quorum.F(7), absent: 10})
		alone := feed(t, rules, delivery(rng, all))
		first := NewHead(NewState(rules), true)
		var states [2][]*State
		for k := range states {
			g, head := NewGraph(rules.Members, 0), first
			d := NewDecider(g, head.State().Rotation(), 0)
			for _, b := range delivery(rng, all) {
				if err := g.Add(b); err != nil {
					t.Fatal(err)
				}
			}
			for slot, ok := d.Next(); ok; slot, ok = d.Next() {
				if slot.Status != Commit {
					continue
				}
				c := head.Commit(g, slot.Block.Ref, anyKey)
				if again := head.Commit(g, slot.Block.Ref, nil); again != c {
					t.Errorf("seed %d: commit %d was made twice", seed, c.Index)
				}
				if want := alone.commits[c.Index-1]; c.ID() != want.ID() {
					t.Errorf("seed %d: commit %d is %v, alone %v", seed, c.Index, c.ID(), want.ID())
				}
				next, err := head.Next(c)
				if err != nil {
					t.Fatal(err)
				}
				head = next
				d.Reschedule(head.State().Rotation())
				states[k] = append(states[k], head.State())
			}
		}
		if len(states[0]) < 20 || len(states[0]) != len(states[1]) {
			t.Fatalf("seed %d: %d and %d commits, want the same, 20 at least", seed, len(states[0]), len(states[1]))
		}
		for i, s := range states[0] {
			if states[1][i] != s {
				t.Errorf("seed %d: the state after commit %d was worked out twice", seed, i+1)
			}
		}
		if first.State().Index != 0 {
			t.Errorf("seed %d: a shared head moved", seed)
		}
	}
}

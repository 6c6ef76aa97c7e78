package order

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/dag"
)

// TestSharedHead has nodes on goroutines of their own, to whom the blocks come in
// other orders, go from one shared head to the next: each commit and each state
// is made once, and is what a node by itself makes.
func TestSharedHead(t *testing.T) {
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 3))
		rules := testRules(7)
		all := randomDAG(rng, shape{n: 7, rounds: 40, liars: quorum.F(7), absent: 10})
		alone := feed(t, rules, delivery(rng, all))
		first := NewHead(NewState(rules), &sync.Mutex{})
		var walkers [3]walker
		var group sync.WaitGroup
		for i := range walkers {
			blocks := delivery(rng, all)
			group.Go(func() { walkers[i].walk(first, blocks) })
		}
		group.Wait()
		for _, w := range walkers {
			if w.err != nil {
				t.Fatal(w.err)
			}
			if len(w.commits) < 20 || len(w.commits) != len(walkers[0].commits) {
				t.Fatalf("seed %d: %d commits, another node has %d, want the same, 20 at least", seed, len(w.commits), len(walkers[0].commits))
			}
			for i, c := range w.commits {
				if c.ID() != alone.commits[i].ID() {
					t.Errorf("seed %d: commit %d is %v, alone %v", seed, c.Index, c.ID(), alone.commits[i].ID())
				}
				if c != walkers[0].commits[i] || w.states[i] != walkers[0].states[i] {
					t.Errorf("seed %d: commit %d, or the state after it, was made twice", seed, c.Index)
				}
			}
		}
		if first.State().Index != 0 {
			t.Errorf("seed %d: a shared head moved", seed)
		}
	}
}

// walker is a node that goes from head to head.
type walker struct {
	commits []*dag.Commit
	states  []*State
	err     error
}

func (w *walker) walk(head *Head, blocks []*Vertex) {
	rotation := head.State().Rotation()
	g := NewGraph(head.State().Rules.Members, 0)
	d := NewDecider(g, rotation.Own(), 0)
	for _, b := range blocks {
		if w.err = g.Add(b); w.err != nil {
			return
		}
	}
	for slot, ok := d.Next(); ok; slot, ok = d.Next() {
		if slot.Status != Commit {
			continue
		}
		c := head.Commit(g, slot.Block.Ref, anyKey)
		if head, w.err = head.Next(c); w.err != nil {
			return
		}
		if now := head.State().Rotation(); now != rotation {
			rotation = now
			d.Reschedule(now.Own())
		}
		w.commits, w.states = append(w.commits, c), append(w.states, head.State())
	}
}

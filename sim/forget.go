package sim

import (
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/scenario"
)

// settled is how far the disks of a site have the same for good. What all have is
// forgotten on all, or a long run would hold every batch and commit of it.
type settled struct {
	durable []dag.CommitIndex // by node: the last commit that its disk has synced
	marks   []mark            // oldest first
}

// mark is what was synced on all disks at a time.
type mark struct {
	at    replica.Instant
	index dag.CommitIndex
}

const (
	// forgetAfter is how long disks keep what all of them hold: a request for it
	// may be under way.
	forgetAfter = 10 * time.Second

	// markEvery is how often they forget.
	markEvery = time.Second
)

// synced notes what a node's disk holds for good.
func (s *settled) synced(node int, writes []*store.Write) {
	for _, w := range writes {
		if n := len(w.Executed); n > 0 {
			s.durable[node] = max(s.durable[node], w.Executed[n-1].Commit.Index)
		}
	}
}

// settle lets all disks of a site forget what all have held for a while. A liar
// asks for what it likes and a disk that is lost asks for everything: then
// nothing is forgotten.
func (x *site) settle(w *World) {
	s := &x.settled
	if last := len(s.marks) - 1; last >= 0 && w.now < s.marks[last].at+instant(markEvery) || !x.forgets() {
		return
	}
	s.marks = append(s.marks, mark{w.now, slices.Min(s.durable)})
	if first := s.marks[0]; first.at+instant(forgetAfter) <= w.now {
		s.marks = s.marks[1:]
		for _, n := range w.nodes {
			n.disk.forget(first.index, uint64(w.genesis.DuplicateLeaves))
		}
	}
}

// forgets reports whether nodes ask for nothing but what they lack.
func (x *site) forgets() bool {
	lost := func(f scenario.Fault) bool { return f.Disk == scenario.DiskLost }
	return len(x.scenario.Adversaries) == 0 && !slices.ContainsFunc(x.scenario.Faults, lost)
}

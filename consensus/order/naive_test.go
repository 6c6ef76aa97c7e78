package order

import (
	"bytes"
	"slices"

	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/dag"
)

// naive is the commit rule as SPEC.md has it: slow, obvious, and without a line
// in common with Graph and Decider. It sees all known blocks at once.
type naive struct {
	quorum   int
	blocks   map[dag.BlockRef]*Vertex
	rounds   map[dag.Round][]*Vertex
	highest  dag.Round
	schedule Schedule
}

func newNaive(n int, s Schedule, known []*Vertex) *naive {
	w := &naive{quorum: quorum.Q(n), blocks: map[dag.BlockRef]*Vertex{}, rounds: map[dag.Round][]*Vertex{}, schedule: s}
	for _, v := range known {
		w.blocks[v.Ref] = v
		w.rounds[v.Ref.Round] = append(w.rounds[v.Ref.Round], v)
		w.highest = max(w.highest, v.Ref.Round)
	}
	return w
}

// pending decides every slot after last, up to two rounds below the highest.
func (w *naive) pending(last dag.Round) []Decision {
	var pending []Decision
	for r := last + 1; r+2 <= w.highest; r++ {
		if leader, ok := w.schedule.Leader(r); ok {
			pending = append(pending, w.decide(r, leader))
		}
	}
	return pending
}

func (w *naive) decide(r dag.Round, leader dag.Author) Decision {
	d := Decision{Round: r, Leader: leader}
	for _, l := range w.slot(r, leader) {
		certifiers := map[dag.Author]bool{}
		for _, c := range w.rounds[r+2] {
			if w.certifies(c, l) {
				certifiers[c.Ref.Author] = true
			}
		}
		if len(certifiers) >= w.quorum {
			d.Status, d.Block = Commit, l
			return d
		}
	}
	if w.skipped(r, leader) {
		d.Status = Skip
		return d
	}
	// The anchor's status, recursively; what is not evaluated is undecided.
	for a := r + 3; a+2 <= w.highest; a++ {
		anchorLeader, ok := w.schedule.Leader(a)
		if !ok {
			continue
		}
		anchor := w.decide(a, anchorLeader)
		switch anchor.Status {
		case Skip:
			continue
		case Undecided:
			return d
		case Commit:
			past := w.history(anchor.Block)
			for _, l := range w.slot(r, leader) {
				for _, c := range w.rounds[r+2] {
					if past[c.Ref] && w.certifies(c, l) {
						d.Status, d.Block = Commit, l
						return d
					}
				}
			}
			d.Status = Skip
			return d
		}
	}
	return d
}

func (w *naive) slot(r dag.Round, a dag.Author) []*Vertex {
	var in []*Vertex
	for _, v := range w.rounds[r] {
		if v.Ref.Author == a {
			in = append(in, v)
		}
	}
	slices.SortFunc(in, func(a, b *Vertex) int { return bytes.Compare(a.Ref.ID[:], b.Ref.ID[:]) })
	return in
}

func votes(v, l *Vertex) bool {
	for _, p := range v.Parents {
		if p.Round == l.Ref.Round && p.Author == l.Ref.Author {
			return p == l.Ref
		}
	}
	return false
}

func (w *naive) certifies(c, l *Vertex) bool {
	voters := map[dag.Author]bool{}
	for _, p := range c.Parents {
		if v := w.blocks[p]; v != nil && p.Round == l.Ref.Round+1 && votes(v, l) {
			voters[p.Author] = true
		}
	}
	return len(voters) >= w.quorum
}

func (w *naive) skipped(r dag.Round, leader dag.Author) bool {
	present := map[dag.Author]bool{}
	for _, v := range w.rounds[r+1] {
		present[v.Ref.Author] = true
	}
	known := w.slot(r, leader)
	if len(known) == 0 {
		return len(present) >= w.quorum
	}
	for _, l := range known {
		against := map[dag.Author]bool{}
		for _, v := range w.rounds[r+1] {
			if !votes(v, l) {
				against[v.Ref.Author] = true
			}
		}
		if len(against) < w.quorum {
			return false
		}
	}
	return true
}

func (w *naive) history(v *Vertex) map[dag.BlockRef]bool {
	past := map[dag.BlockRef]bool{v.Ref: true}
	for todo := []*Vertex{v}; len(todo) > 0; {
		x := todo[0]
		todo = todo[1:]
		for _, p := range x.Parents {
			if parent := w.blocks[p]; parent != nil && !past[p] {
				past[p] = true
				todo = append(todo, parent)
			}
		}
	}
	return past
}

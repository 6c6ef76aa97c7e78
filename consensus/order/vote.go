package order

import (
	"iter"

	"github.com/floormesh/floormesh/consensus"
)

// all yields the blocks of a layer by author, then id.
func (l *layer) all() iter.Seq[*vertex] {
	return func(yield func(*vertex) bool) {
		for _, x := range l.first {
			for ; x != nil; x = x.next {
				if !yield(x) {
					return
				}
			}
		}
	}
}

// vote counts x for or against every block of the round before. Any of them
// may be a leader: who leads is settled only when the slot's turn comes, so
// the graph does not ask.
func (g *Graph) vote(x *vertex) {
	below := g.layer(x.Ref.Round - 1)
	if below == nil {
		return
	}
	for a := range below.authors.All() {
		var voted *vertex
		switch {
		case !x.previous.Has(a):
		case below.forked.Has(a):
			voted = g.choice(x, x.Ref.Round-1, a)
		default:
			voted = below.first[a]
		}
		for l := below.first[a]; l != nil; l = l.next {
			if l == voted {
				l.votes.Add(x.Ref.Author)
			} else {
				l.blames.Add(x.Ref.Author)
			}
		}
	}
}

// certified returns who has a certificate for l. They are counted when somebody
// asks, each once: only leaders' blocks are asked about, one of a round's many.
func (g *Graph) certified(l *vertex) *consensus.Set {
	if above := g.layer(l.Ref.Round + 2); above != nil {
		for _, c := range above.arrived[l.counted:] {
			if g.certifies(c, l) {
				l.certificates.Add(c.Ref.Author)
			}
		}
		l.counted = len(above.arrived)
	}
	return &l.certificates
}

// certifies reports whether c, two rounds after l, holds votes for l by a
// quorum of distinct authors among its parents of the round between.
//
// An author with one block in that round has it among c's parents or is not in
// c.previous, so for it the sets say all. Of one with several, the parents
// themselves must be looked at; an older one cannot have a parent in l's slot.
func (g *Graph) certifies(c, l *vertex) bool {
	between := g.layer(l.Ref.Round + 1)
	votes := c.previous.And(l.votes)
	if votes.Count() < g.quorum {
		return false
	}
	unsure := votes.And(between.forked)
	if unsure.Empty() {
		return true
	}
	votes = votes.Without(unsure)
	for p := range g.parents(c) {
		if unsure.Has(p.Ref.Author) && g.choice(p, l.Ref.Round, l.Ref.Author) == l {
			votes.Add(p.Ref.Author)
		}
	}
	return votes.Count() >= g.quorum
}

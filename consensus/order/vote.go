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
	var choice [consensus.MaxMembers]*vertex
	for _, p := range x.parents {
		if a := p.Ref.Author; p.Ref.Round+1 == x.Ref.Round && choice[a] == nil {
			choice[a] = p
		}
	}
	for a, l := range below.first {
		for ; l != nil; l = l.next {
			if choice[a] == l {
				l.votes.Add(x.Ref.Author)
			} else {
				l.blames.Add(x.Ref.Author)
			}
		}
	}
}

// certify counts x among the certificates of every block it is one for.
func (g *Graph) certify(x *vertex) {
	if x.previous.Count() < g.quorum || x.Ref.Round < g.floor+3 {
		return
	}
	for l := range g.layer(x.Ref.Round - 2).all() {
		if g.certifies(x, l) {
			l.certificates.Add(x.Ref.Author)
		}
	}
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
	for _, p := range c.parents {
		if unsure.Has(p.Ref.Author) && p.votesFor(l) {
			votes.Add(p.Ref.Author)
		}
	}
	return votes.Count() >= g.quorum
}

// votesFor reports whether the first of x's parents that lies in l's slot is l.
func (x *vertex) votesFor(l *vertex) bool {
	for _, p := range x.parents {
		if p.Ref.Round == l.Ref.Round && p.Ref.Author == l.Ref.Author {
			return p == l
		}
	}
	return false
}

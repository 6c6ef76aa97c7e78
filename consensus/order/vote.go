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

// support is what is known of a block that may lead: sets of distinct authors,
// each as of the blocks that were counted, which only grow.
//
// Only leaders' blocks are asked about, one of a round's many, and who leads is
// settled only when the slot's turn comes. So nothing is counted before somebody
// asks, and each block of the two rounds above once.
type support struct {
	votes        consensus.Set // with a block of the next round voting for it
	blames       consensus.Set // with a block of the next round not voting for it
	certificates consensus.Set // with a block two rounds on that is a certificate for it
	voters       int           // blocks of the next round that were counted
	certifiers   int           // blocks two rounds on that were counted
}

// supportOf returns the votes for and against l, as of now.
func (g *Graph) supportOf(l *vertex) *support {
	if l.support == nil {
		l.support = &support{}
	}
	s := l.support
	if above := g.layer(l.Ref.Round + 1); above != nil {
		for _, x := range above.arrived[s.voters:] {
			if g.votesFor(x, l) {
				s.votes.Add(x.Ref.Author)
			} else {
				s.blames.Add(x.Ref.Author)
			}
		}
		s.voters = len(above.arrived)
	}
	return s
}

// certified returns who has a certificate for l, as of now.
func (g *Graph) certified(l *vertex) consensus.Set {
	s := g.supportOf(l)
	if above := g.layer(l.Ref.Round + 2); above != nil {
		for _, c := range above.arrived[s.certifiers:] {
			if g.certifies(c, l) {
				s.certificates.Add(c.Ref.Author)
			}
		}
		s.certifiers = len(above.arrived)
	}
	return s.certificates
}

// votesFor reports whether the first of x's parents that lies in l's slot is l. x
// is of the round after l's.
func (g *Graph) votesFor(x, l *vertex) bool {
	at := g.layer(l.Ref.Round)
	if !x.previous.Has(l.Ref.Author) || !at.forked.Has(l.Ref.Author) {
		return x.previous.Has(l.Ref.Author)
	}
	for i := range x.Parents {
		if p := &x.Parents[i]; p.Round == l.Ref.Round && p.Author == l.Ref.Author {
			return p.ID == l.Ref.ID
		}
	}
	return false
}

// certifies reports whether c, two rounds after l, holds votes for l by a
// quorum of distinct authors among its parents of the round between.
//
// An author with one block in that round has it among c's parents or is not in
// c.previous, so for it the sets say all. Of one with several, the parents
// themselves must be looked at.
func (g *Graph) certifies(c, l *vertex) bool {
	between := g.layer(l.Ref.Round + 1)
	votes := c.previous.And(g.supportOf(l).votes)
	if votes.Count() < g.quorum {
		return false
	}
	unsure := votes.And(between.forked)
	if unsure.Empty() {
		return true
	}
	votes = votes.Without(unsure)
	for p := range g.parents(c) {
		if p.Ref.Round == l.Ref.Round+1 && unsure.Has(p.Ref.Author) && g.votesFor(p, l) {
			votes.Add(p.Ref.Author)
		}
	}
	return votes.Count() >= g.quorum
}

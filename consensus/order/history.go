package order

import (
	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/dag"
)

// history walks the causal history of one block, itself included, downwards
// and layer by layer. One walk at a time: starting another ends it.
type history struct {
	g     *Graph
	walk  uint64
	round dag.Round // all of the history from this round up is marked with walk
}

func (g *Graph) historyOf(x *vertex) *history {
	g.walk++
	x.walk = g.walk
	return &history{g: g, walk: g.walk, round: x.Ref.Round}
}

// descend extends the walk down to round to.
func (h *history) descend(to dag.Round) {
	for ; h.round > to; h.round-- {
		above, below := h.g.layer(h.round), h.g.layer(h.round-1)
		if above == nil || below == nil {
			return
		}
		var reached consensus.Set // whose one block below is a parent of some block above
		for _, x := range above.arrived {
			switch {
			case x.walk != h.walk:
			case !x.leaps && x.previous.And(below.forked) == consensus.Set{}:
				reached = reached.Or(x.previous)
			default:
				for p := range h.g.parents(x) {
					p.walk = h.walk
				}
			}
		}
		for a := range reached.All() {
			below.first[a].walk = h.walk
		}
	}
}

// has reports whether x, of a round the walk has reached, is in the history.
func (h *history) has(x *vertex) bool { return x.walk == h.walk }

// newest is, of one block's history above some round, who is in it, and each
// author's newest block unless there are two.
type newest struct {
	present consensus.Set
	block   []*Vertex // by author; nil: none, or two of the same round
}

// newestAbove collects it for x, reading no further down than it must: to the
// lowest round in which anybody still sought has a block at all.
func (g *Graph) newestAbove(x *vertex, bottom dag.Round) *newest {
	found, h := &newest{block: make([]*Vertex, g.n)}, g.historyOf(x)
	lowest := g.lowestRounds(bottom, x.Ref.Round)
	var sought consensus.Set
	for a, r := range lowest[:g.n] {
		if r != 0 {
			sought.Add(dag.Author(a))
		}
	}
	for r := x.Ref.Round; r > max(bottom, g.floor) && !sought.Empty(); r-- {
		h.descend(r)
		l := g.layer(r)
		for a := range sought.All() {
			block, several := h.only(l.first[a])
			if block != nil {
				found.present.Add(a)
				if !several {
					found.block[a] = block
				}
			}
			if block != nil || r <= lowest[a] {
				sought.Remove(a)
			}
		}
	}
	return found
}

// only returns a block of the slot starting at x that is in the history, and
// whether it is one of several.
func (h *history) only(x *vertex) (block *Vertex, several bool) {
	for ; x != nil; x = x.next {
		if !h.has(x) {
			continue
		}
		if block != nil {
			return block, true
		}
		block = x.Vertex
	}
	return block, false
}

// lowestRounds returns, for each author, the lowest round in (bottom, top] in
// which it has a block, or 0.
func (g *Graph) lowestRounds(bottom, top dag.Round) [consensus.MaxMembers]dag.Round {
	var lowest [consensus.MaxMembers]dag.Round
	var seen consensus.Set
	for r := max(bottom, g.floor) + 1; r <= top; r++ {
		for a := range g.Authors(r).Without(seen).All() {
			seen.Add(a)
			lowest[a] = r
		}
	}
	return lowest
}

package order

import (
	"fmt"
	"slices"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/dag"
)

// MakeCommit returns the commit that follows s when leader commits, sealed. It
// is a pure function of s and of leader's history within the window; known
// tells the keys whose lanes count. Every vertex must carry its block. The
// state does not change: Apply the commit.
//
// It panics if leader is not in the graph: a decision was invented.
func MakeCommit(s *State, g *Graph, leader dag.BlockRef, known func(dag.PublicKey) bool) *dag.Commit {
	x := g.find(&leader)
	if x == nil {
		panic(fmt.Sprintf("leader of round %d by author %d is not in the graph above %d", leader.Round, leader.Author, g.floor))
	}
	found := g.newestAbove(x, bottom(s, leader.Round))
	var blocks [consensus.MaxMembers]*dag.Block
	for a := range found.present.All() {
		if v := found.block[a]; v != nil {
			blocks[a] = v.Block
		}
	}
	c := &dag.Commit{
		Epoch:   s.Rules.Epoch,
		Index:   s.Index + 1,
		Prev:    s.Last,
		Leader:  leader,
		Time:    max(s.Time, g.clock(x, bottom(s, leader.Round))),
		Present: found.present.Bytes(s.Rules.Members),
		Cut:     Cut(s, blocks[:s.Rules.Members], known),
	}
	return c.Seal()
}

// bottom returns the round below the window of a leader of round r.
func bottom(s *State, r dag.Round) dag.Round {
	if r < s.Rules.Window {
		return 0
	}
	return r - s.Rules.Window
}

// clock returns the lower median of the clock readings of x's parents in the
// window. Those below the window are left out, since not every node still has
// them. A leader of round 1 has none. Its own reading counts only in a
// committee so small that nobody in it may lie: elsewhere one liar could put
// the ledger's clock, which never falls, years ahead.
func (g *Graph) clock(x *vertex, bottom dag.Round) dag.UnixMilli {
	readings := make([]dag.UnixMilli, 0, len(x.Parents))
	for p := range g.parents(x) {
		if p.Ref.Round > bottom {
			readings = append(readings, p.Block.ClaimedAt)
		}
	}
	switch {
	case len(readings) > 0:
	case quorum.F(g.n) == 0:
		return x.Block.ClaimedAt
	default:
		return 0
	}
	slices.Sort(readings)
	return readings[(len(readings)-1)/2]
}

package adversary

import (
	"slices"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// disguise shows the mesh other blocks than its Replica makes: each own block is
// rewritten and signed anew. Its first parent is the disguised block before it,
// so that only disguised ones are ever seen, and nobody can prove two of a round.
type disguise struct {
	self    Self
	rewrite func(*dag.BlockBody)
	shown   map[dag.BlockID]*dag.Block // by the true one's id
}

// newDisguise returns a disguise. Rewrite changes a block that already has its
// disguised parent; the block's parents are its own, all other slices the true block's.
func newDisguise(self Self, rewrite func(*dag.BlockBody)) *disguise {
	return &disguise{self: self, rewrite: rewrite, shown: map[dag.BlockID]*dag.Block{}}
}

// wear disguises every own block that a speech carries.
func (d *disguise) wear(s Speech) Speech {
	switch m := s.Message.(type) {
	case *message.Blocks:
		shown := make([]*dag.Block, len(m.Blocks))
		for i, b := range m.Blocks {
			shown[i] = d.show(b)
		}
		s.Message = &message.Blocks{Blocks: shown}
	case *message.Tips:
		if m.Newest != nil {
			tips := *m
			tips.Newest = d.show(m.Newest)
			s.Message = &tips
		}
	default:
	}
	return s
}

// show returns what is seen of a block.
func (d *disguise) show(b *dag.Block) *dag.Block {
	if int(b.Author) != d.self.Seat {
		return b
	}
	if s := d.shown[b.ID()]; s != nil {
		return s
	}
	body := b.BlockBody
	body.Parents = slices.Clone(b.Parents)
	if len(body.Parents) > 0 {
		if s := d.shown[body.Parents[0].ID]; s != nil {
			body.Parents[0] = s.Ref()
		}
	}
	d.rewrite(&body)
	s := dag.SignBlock(d.self.Domain.Ledger, body, d.self.MemberKey)
	d.shown[b.ID()] = s
	return s
}

// without leaves a parent out, unless the block then refers to fewer than a
// quorum of the round before and is none, or the parent is its own block.
func (s *Self) without(body *dag.BlockBody, out func(dag.BlockRef) bool) {
	before := 0
	for _, p := range body.Parents {
		if p.Round+1 == body.Round {
			before++
		}
	}
	for i := len(body.Parents) - 1; i >= 0 && before > s.quorum(); i-- {
		if p := body.Parents[i]; int(p.Author) != s.Seat && out(p) {
			body.Parents = slices.Delete(body.Parents, i, i+1)
			before--
		}
	}
}

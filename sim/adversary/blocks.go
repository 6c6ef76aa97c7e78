package adversary

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// blocks signs two blocks in every round and shows one half of the mesh one of
// them, the other half the other: two halves that counted blocks, and not
// members, would each find a quorum for another leader. The twin differs in its
// clock reading, its acks and, where it can, its parents, so that votes differ too.
type blocks struct {
	faithful

	self  Self
	other func(node int, round uint64) bool // who is shown the twin
	twins map[dag.BlockID]*dag.Block
}

func newBlocks(self Self) *blocks {
	return &blocks{self: self, other: self.half, twins: map[dag.BlockID]*dag.Block{}}
}

// Say implements Adversary.
func (a *blocks) Say(_ replica.Instant, s Speech) []Speech {
	switch m := s.Message.(type) {
	case *message.Blocks:
		out := a.self.each(s)
		for i := range out {
			out[i].Message = &message.Blocks{Blocks: a.show(out[i].To, m.Blocks)}
		}
		return out
	case *message.Tips:
		if m.Newest == nil {
			return []Speech{s}
		}
		out := a.self.each(s)
		for i := range out {
			tips := *m
			tips.Newest = a.show(out[i].To, []*dag.Block{m.Newest})[0]
			out[i].Message = &tips
		}
		return out
	default:
		return []Speech{s}
	}
}

// show returns the blocks as a receiver gets to see them.
func (a *blocks) show(to int, list []*dag.Block) []*dag.Block {
	shown := make([]*dag.Block, len(list))
	for i, b := range list {
		shown[i] = b
		if int(b.Author) == a.self.Seat && a.other(to, uint64(b.Round)) {
			shown[i] = a.twin(b)
		}
	}
	return shown
}

func (a *blocks) twin(b *dag.Block) *dag.Block {
	if t := a.twins[b.ID()]; t != nil {
		return t
	}
	body := b.BlockBody
	body.ClaimedAt++
	if a.self.Rand.IntN(2) == 0 {
		body.Acks = nil
	}
	body.Parents = a.fewer(b)
	t := dag.SignBlock(a.self.Domain.Ledger, body, a.self.MemberKey)
	a.twins[b.ID()] = t
	return t
}

// fewer leaves one parent out if enough remain: q authors of the round before.
func (a *blocks) fewer(b *dag.Block) []dag.BlockRef {
	before := 0
	for _, p := range b.Parents {
		if p.Round+1 == b.Round {
			before++
		}
	}
	last := len(b.Parents) - 1
	if before <= a.self.Members-(a.self.Members-1)/3 || last < 1 {
		return b.Parents
	}
	out := 1 + a.self.Rand.IntN(last)
	kept := append([]dag.BlockRef{}, b.Parents[:out]...)
	return append(kept, b.Parents[out+1:]...)
}

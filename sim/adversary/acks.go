package adversary

import (
	"slices"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// acks says in its blocks that it holds batches that do not exist: beyond the
// end of every lane it lists, and in lanes that it does not know. A cut that
// believed one member would make inventions final, and execution would wait for
// their payload for ever.
type acks struct {
	faithful

	self   Self
	forged map[dag.BlockID]*dag.Block
}

func newAcks(self Self) *acks {
	return &acks{self: self, forged: map[dag.BlockID]*dag.Block{}}
}

// Say implements Adversary.
func (a *acks) Say(_ replica.Instant, s Speech) []Speech {
	switch m := s.Message.(type) {
	case *message.Blocks:
		shown := make([]*dag.Block, len(m.Blocks))
		for i, b := range m.Blocks {
			shown[i] = a.forge(b)
		}
		s.Message = &message.Blocks{Blocks: shown}
	case *message.Tips:
		if m.Newest != nil {
			tips := *m
			tips.Newest = a.forge(m.Newest)
			s.Message = &tips
		}
	default:
	}
	return []Speech{s}
}

// forge returns an own block with more acks than are true. Its parent is the
// forged block before it, so that only forgeries are ever seen.
func (a *acks) forge(b *dag.Block) *dag.Block {
	if int(b.Author) != a.self.Seat {
		return b
	}
	if f := a.forged[b.ID()]; f != nil {
		return f
	}
	body := b.BlockBody
	body.Parents = slices.Clone(b.Parents)
	if len(body.Parents) > 0 {
		if f := a.forged[body.Parents[0].ID]; f != nil {
			body.Parents[0] = f.Ref()
		}
	}
	body.Acks = a.lie(b.Acks)
	f := dag.SignBlock(a.self.Domain.Ledger, body, a.self.MemberKey)
	a.forged[b.ID()] = f
	return f
}

// lie lengthens lists, and adds one for the first lane of a random gateway.
func (a *acks) lie(list []dag.Ack) []dag.Ack {
	var out []dag.Ack
	listed := map[dag.LaneID]bool{}
	for _, ack := range list {
		ack.Batches = slices.Clone(ack.Batches)
		if len(ack.Batches) < dag.MaxAckBatches {
			ack.Batches = append(ack.Batches, a.self.digest())
		}
		listed[ack.Lane] = true
		out = append(out, ack)
	}
	victim := a.self.Gateways[a.self.Rand.IntN(a.self.Nodes)]
	lane := dag.LaneID{Key: victim.Node, Number: dag.LaneReadings}
	if !listed[lane] {
		out = append(out, dag.Ack{Lane: lane, First: 1, Batches: []dag.BatchID{a.self.digest()}})
	}
	return out
}

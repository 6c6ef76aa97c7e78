package adversary

import (
	"slices"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
)

// acks says in its blocks that it holds batches that do not exist: beyond the
// end of every lane it lists, and in lanes that it does not know. A cut that
// believed one member would make inventions final, and execution would wait for
// their payload for ever.
type acks struct {
	faithful

	self   Self
	forged *disguise
}

func newAcks(self Self) *acks {
	a := &acks{self: self}
	a.forged = newDisguise(self, func(b *dag.BlockBody) { b.Acks = a.lie(b.Acks) })
	return a
}

// Say implements Adversary.
func (a *acks) Say(_ replica.Instant, s Speech) []Speech { return []Speech{a.forged.wear(s)} }

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

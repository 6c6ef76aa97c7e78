package adversary

import (
	"slices"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// censor wants one gateway's readings, or those of several, never to become
// final: it lists none of their lanes, passes none of their batches on, and tells
// nobody that it has them. It goes on executing what the others finalise, or it would only be
// one more that is down.
type censor struct {
	faithful

	victims []dag.PublicKey
	shown   *disguise
}

func newCensor(self Self) *censor {
	a := &censor{}
	for _, node := range self.victims() {
		a.victims = append(a.victims, self.Gateways[node].Node)
	}
	a.shown = newDisguise(self, func(b *dag.BlockBody) {
		b.Acks = slices.DeleteFunc(slices.Clone(b.Acks), func(k dag.Ack) bool { return a.censors(k.Lane) })
	})
	return a
}

func (a *censor) censors(lane dag.LaneID) bool { return slices.Contains(a.victims, lane.Key) }

// Say implements Adversary.
func (a *censor) Say(_ replica.Instant, s Speech) []Speech {
	switch m := s.Message.(type) {
	case *message.Batches:
		passed := slices.DeleteFunc(slices.Clone(m.Batches), func(b *dag.Batch) bool { return a.censors(b.Lane) })
		if len(passed) == 0 {
			return nil
		}
		s.Message = &message.Batches{Batches: passed}
	case *message.Tips:
		tips := *m
		tips.Lanes = slices.DeleteFunc(slices.Clone(m.Lanes), func(t message.LaneTip) bool { return a.censors(t.Lane) })
		s.Message = &tips
	default:
	}
	return []Speech{a.shown.wear(s)}
}

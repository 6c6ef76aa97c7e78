package adversary

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// syncFlood asks everybody for everything, again and again: all blocks, whole
// lanes, all commits, and tips that say it has nothing. Who answers without
// measure has nothing left for those who are in need.
type syncFlood struct {
	faithful

	self    Self
	blocks  []dag.BlockRef
	batches []message.BatchRef
	limit   int // how many more times it asks: enough to hurt
}

func newSyncFlood(self Self) *syncFlood { return &syncFlood{self: self, limit: 300} }

// Hear implements Adversary. It remembers what there is to ask for.
func (a *syncFlood) Hear(_ replica.Instant, _ int, m message.Message) bool {
	switch m := m.(type) {
	case *message.Blocks:
		for _, b := range m.Blocks {
			a.blocks = latest(append(a.blocks, b.Ref()))
		}
	case *message.Batches:
		for _, b := range m.Batches {
			a.batches = latest(append(a.batches, message.BatchRef{Lane: b.Lane, Seq: b.Seq, ID: b.ID()}))
		}
	default:
	}
	return true
}

// latest keeps the last few of a list.
func latest[T any](list []T) []T {
	return list[max(0, len(list)-keptBlocks):]
}

// Act implements Adversary.
func (a *syncFlood) Act(replica.Instant) []Speech {
	if a.limit == 0 {
		return nil
	}
	a.limit--
	return []Speech{{To: Everyone, Message: a.question()}}
}

func (a *syncFlood) question() message.Message {
	switch kind := a.self.Rand.IntN(5); {
	case kind == 0 && len(a.blocks) > 0:
		return &message.WantBlocks{Refs: append([]dag.BlockRef{}, a.blocks...)}
	case kind == 1 && len(a.batches) > 0:
		return &message.WantBatches{Refs: append([]message.BatchRef{}, a.batches...)}
	case kind == 2 && len(a.batches) > 0:
		lane := a.batches[a.self.Rand.IntN(len(a.batches))].Lane
		return &message.WantLane{Lane: lane, From: 1, MaxBytes: 1 << 20}
	case kind == 3:
		return &message.WantCommits{}
	default:
		return &message.Tips{Highest: make([]dag.Round, a.self.Nodes)}
	}
}

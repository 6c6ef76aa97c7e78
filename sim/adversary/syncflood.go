package adversary

import (
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// syncFlood asks everybody for everything, again and again: all blocks, whole
// lanes, all commits, and tips that say it has nothing. Who answers without
// measure has nothing left for those who are in need. It stops after some
// hundred questions, unless it was told how often to ask.
type syncFlood struct {
	faithful

	self    Self
	blocks  []dag.BlockRef
	batches []message.BatchRef
	limit   int             // how many more times it asks: enough to hurt
	every   replica.Instant // from one question to the next, 0: whenever it may act
	next    replica.Instant // when the next one is due
}

func newSyncFlood(self Self) *syncFlood {
	a := &syncFlood{self: self, limit: 300}
	if s := self.Settings; s != nil {
		a.every = replica.Instant(s.Every)
		if a.every == 0 {
			a.limit = 0
		}
	}
	return a
}

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
func (a *syncFlood) Act(now replica.Instant) []Speech {
	switch {
	case a.limit == 0:
		return nil
	case a.every > 0:
		return a.catchUp(now)
	}
	a.limit--
	return []Speech{{To: Everyone, Message: a.question()}}
}

// catchUp asks as often as it should have by now. While it could not act, nobody
// was to be asked.
func (a *syncFlood) catchUp(now replica.Instant) (out []Speech) {
	if a.next < now-maxPause {
		a.next = now
	}
	for ; a.next <= now; a.next += a.every {
		out = append(out, Speech{To: Everyone, Message: a.question()})
	}
	return out
}

// maxPause is longer than it ever has to wait until it may act.
const maxPause = replica.Instant(20 * time.Millisecond)

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
		return &message.Tips{Highest: make([]dag.Round, a.self.Members)}
	}
}

package adversary

import (
	"slices"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// garbage sends bytes that mean nothing, messages with a few bits changed, and
// well-formed messages that refer to nothing: none may crash a node, fill its
// memory, or make it blame somebody else.
type garbage struct {
	faithful

	self  Self
	heard [][]byte
	limit int
}

func newGarbage(self Self) *garbage { return &garbage{self: self, limit: 400} }

// keptMessages is how many messages it remembers to mutilate.
const keptMessages = 16

// Hear implements Adversary.
func (a *garbage) Hear(_ replica.Instant, _ int, m message.Message) bool {
	if a.self.Rand.IntN(8) == 0 {
		a.heard = append(a.heard, message.Encode(nil, m))
		if len(a.heard) > keptMessages {
			a.heard = a.heard[1:]
		}
	}
	return true
}

// Act implements Adversary.
func (a *garbage) Act(replica.Instant) []Speech {
	if a.limit == 0 {
		return nil
	}
	a.limit--
	to := Everyone
	if a.self.Nodes > 1 {
		others := a.self.others()
		to = others[a.self.Rand.IntN(len(others))]
	}
	switch a.self.Rand.IntN(3) {
	case 0:
		raw := make([]byte, a.self.Rand.IntN(200))
		for i := range raw {
			raw[i] = byte(a.self.Rand.Uint32())
		}
		return []Speech{{To: to, Raw: raw}}
	case 1:
		if len(a.heard) == 0 {
			return nil
		}
		return []Speech{{To: to, Raw: a.mutilate(a.heard[a.self.Rand.IntN(len(a.heard))])}}
	default:
		return []Speech{{To: to, Message: a.nonsense()}}
	}
}

// mutilate changes a few bytes, or cuts some off.
func (a *garbage) mutilate(raw []byte) []byte {
	raw = slices.Clone(raw)
	if a.self.Rand.IntN(4) == 0 {
		return raw[:a.self.Rand.IntN(len(raw)+1)]
	}
	for range 1 + a.self.Rand.IntN(3) {
		raw[a.self.Rand.IntN(len(raw))] ^= byte(1 << a.self.Rand.IntN(8))
	}
	return raw
}

// nonsense returns a well-formed message that refers to nothing.
func (a *garbage) nonsense() message.Message {
	rng := a.self.Rand
	lane := dag.LaneID{
		Key:    a.self.Gateways[rng.IntN(a.self.Nodes)].Node,
		Number: dag.LaneNumber(rng.Uint32()),
	}
	switch rng.IntN(6) {
	case 0:
		return &message.WantBlocks{Refs: []dag.BlockRef{{
			Round: dag.Round(1 + rng.Uint64N(1<<50)), Author: dag.Author(rng.IntN(a.self.Members)), ID: a.self.digest(),
		}}}
	case 1:
		return &message.WantBatches{Refs: []message.BatchRef{{
			Lane: lane, Seq: dag.Seq(1 + rng.Uint64N(1<<50)), ID: a.self.digest(),
		}}}
	case 2:
		return &message.WantLane{Lane: lane, From: dag.Seq(1 + rng.Uint64N(1<<50)), MaxBytes: rng.Uint32()}
	case 3:
		return &message.WantCommits{After: dag.CommitIndex(rng.Uint64N(1 << 50))}
	case 4:
		tip := message.LaneTip{Lane: lane, Seq: dag.Seq(1 + rng.Uint64N(1<<50)), Batch: a.self.digest()}
		return &message.Tips{Highest: make([]dag.Round, a.self.Members), Lanes: []message.LaneTip{tip}}
	default:
		return &message.Batches{Batches: []*dag.Batch{a.orphan()}}
	}
}

// orphan is a batch of its own lane whose predecessor does not exist.
func (a *garbage) orphan() *dag.Batch {
	b, err := dag.SignBatch(dag.BatchHeader{
		Ledger: a.self.Domain.Ledger,
		Lane:   dag.LaneID{Key: a.self.NodeKey.Public(), Number: dag.LaneReadings},
		Seq:    dag.Seq(2 + a.self.Rand.Uint64N(1<<40)),
		Prev:   a.self.digest(),
	}, []*dag.Record{a.self.record()}, a.self.NodeKey)
	if err != nil {
		panic("sign an orphaned batch: " + err.Error()) // its header is well formed
	}
	return b
}

package check

import (
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
)

// signatures is what one member's signature has been seen under, over all its
// lives: a crash is no excuse.
type signatures struct {
	blocks  map[dag.Round]dag.BlockID
	batches map[position]dag.BatchID
	logs    map[uint64]dag.Digest // root by size
}

// position is a place in a lane.
type position struct {
	lane dag.LaneID
	seq  dag.Seq
}

func newSignatures() signatures {
	return signatures{
		blocks:  map[dag.Round]dag.BlockID{},
		batches: map[position]dag.BatchID{},
		logs:    map[uint64]dag.Digest{},
	}
}

// blockLeaves checks a block that leaves a node: if it is the node's own, it is
// the only one of its round, and its author durably holds it and everything
// that it refers to.
func (s *Suite) blockLeaves(node int, b *dag.Block) {
	if int(b.Author) != node {
		return
	}
	if other, ok := s.signed[node].blocks[b.Round]; ok {
		if other != b.ID() {
			s.Failf(SignOnce, node, "signed blocks %v and %v in round %d", other, b.ID(), b.Round)
		}
		return
	}
	s.signed[node].blocks[b.Round] = b.ID()
	if b.Round <= s.losses.barred[node] {
		s.Failf(SignOnce, node, "signed a block in round %d, though it lost its disk and others know what it signed before", b.Round)
	}
	s.calm.block(s.now, node, b.Round)
	s.rests(node, b)
	s.pace(node, b)
}

// rests checks what a new block of a node rests on.
func (s *Suite) rests(node int, b *dag.Block) {
	disk := &s.disks[node]
	if !disk.blocks[b.ID()] {
		s.Failf(Durability, node, "sends its block of round %d, which a crash could take", b.Round)
	}
	// What lies at or below the floor counts as present. No floor is higher than this.
	floor := s.calm.highest - min(s.calm.highest, dag.Round(s.genesis.WindowRounds))
	for _, p := range b.Parents {
		if p.Round > floor && !disk.blocks[p.ID] {
			s.Failf(Durability, node, "sends its block of round %d, whose parent of author %d in round %d a crash could take",
				b.Round, p.Author, p.Round)
		}
	}
	for _, a := range b.Acks {
		for i, id := range a.Batches {
			if !disk.batches[id] {
				s.Failf(Durability, node, "acks batch %d of lane %v in round %d, which a crash could take",
					a.First+dag.Seq(i), a.Lane, b.Round)
			}
		}
	}
}

// batchLeaves does the same for a batch.
func (s *Suite) batchLeaves(node int, b *dag.Batch) {
	if b.Lane.Key != s.genesis.Gateways[node].Node {
		return
	}
	at := position{b.Lane, b.Seq}
	if other, ok := s.signed[node].batches[at]; ok && other != b.ID() {
		s.Failf(SignOnce, node, "signed batches %v and %v as number %d of its lane %d", other, b.ID(), b.Seq, b.Lane.Number)
	}
	s.signed[node].batches[at] = b.ID()
	if !s.disks[node].batches[b.ID()] {
		s.Failf(Durability, node, "sends batch %d of its lane %d, which a crash could take", b.Seq, b.Lane.Number)
	}
}

// cosignatureLeaves checks that a node signs one log per size, and only what it
// has executed.
func (s *Suite) cosignatureLeaves(node int, c *checkpoint.Cosignature) {
	if int(c.Author) != node {
		return
	}
	if root, ok := s.signed[node].logs[c.Size]; ok && root != c.Root {
		s.Failf(SignOnce, node, "cosigned roots %v and %v of size %d", root, c.Root, c.Size)
	}
	s.signed[node].logs[c.Size] = c.Root
	if c.Commit > s.logs[node].last {
		s.Failf(Certificate, node, "cosigned commit %d, and reported %d last", c.Commit, s.logs[node].last)
	}
}

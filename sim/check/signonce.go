package check

import (
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/sim/protocol"
)

// signatures is what one member's signature has been seen under, over all its
// lives: a crash is no excuse. Of ids the first eight bytes are kept.
type signatures struct {
	blocks  []uint64                // by round; 0: none
	batches map[dag.LaneID][]uint64 // by seq
	logs    map[uint64]dag.Digest   // root by size

	promises map[protocol.Place]dag.Digest // of protocols that have other messages
}

func newSignatures() signatures {
	return signatures{
		batches: map[dag.LaneID][]uint64{}, logs: map[uint64]dag.Digest{}, promises: map[protocol.Place]dag.Digest{},
	}
}

// once notes an id at a place, and returns that which is there already.
func once(places *[]uint64, at uint64, id uint64) (before uint64) {
	for uint64(len(*places)) <= at {
		*places = append(*places, 0)
	}
	if before = (*places)[at]; before == 0 {
		(*places)[at] = id
	}
	return before
}

// blockLeaves checks a block that leaves a node: if it is the node's own, it is
// the only one of its round, and its author durably holds it and everything
// that it refers to.
func (s *Suite) blockLeaves(node int, b *dag.Block) {
	if int(b.Author) != s.disks.nodes[node].disk.author {
		return
	}
	if before := once(&s.signed[node].blocks, uint64(b.Round), word(b.ID())); before != 0 {
		if before != word(b.ID()) {
			s.Failf(SignOnce, node, "signed blocks %016x… and %v in round %d", before, b.ID(), b.Round)
		}
		return
	}
	if b.Round <= s.losses.barred[node] {
		s.Failf(SignOnce, node, "signed a block in round %d, though it lost its disk and others know what it signed before", b.Round)
	}
	s.calm.block(s.now, node, b.Round)
	if !s.skip.durability {
		s.rests(node, b)
	}
	s.pace(node, b)
}

// rests checks what a new block of a node rests on.
func (s *Suite) rests(node int, b *dag.Block) {
	disks := &s.disks
	author := disks.nodes[node].disk.author
	if !s.sent(node, b) {
		s.Failf(Durability, node, "sends its block of round %d, which a crash could take", b.Round)
	}
	// What lies at or below the floor counts as present. No floor is higher than this.
	floor := s.calm.highest - min(s.calm.highest, dag.Round(s.genesis.WindowRounds))
	for _, p := range b.Parents {
		if p.Round > floor && !disks.holds(node, p.ID) {
			s.Failf(Durability, node, "sends its block of round %d, whose parent of author %d in round %d a crash could take",
				b.Round, p.Author, p.Round)
		}
	}
	for _, a := range b.Acks {
		for i, id := range a.Batches {
			if held := disks.batches[id]; !held.members.has(author) && a.First+dag.Seq(i) > disks.cuts[a.Lane] {
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
	lanes, id := s.signed[node].batches, word(b.ID())
	ids := lanes[b.Lane]
	before := once(&ids, uint64(b.Seq), id)
	lanes[b.Lane] = ids
	if before != 0 && before != id {
		s.Failf(SignOnce, node, "signed batches %016x… and %v as number %d of its lane %d", before, b.ID(), b.Seq, b.Lane.Number)
	}
	if !s.skip.durability && !s.disks.batches[b.ID()].owner && b.Seq > s.disks.cuts[b.Lane] {
		s.Failf(Durability, node, "sends batch %d of its lane %d, which a crash could take", b.Seq, b.Lane.Number)
	}
}

// cosignatureLeaves checks that a node signs one log per size, and only what it
// has executed.
func (s *Suite) cosignatureLeaves(node int, c *checkpoint.Cosignature) {
	if int(c.Author) != s.disks.nodes[node].disk.author {
		return
	}
	if root, ok := s.signed[node].logs[c.Size]; ok && root != c.Root {
		s.Failf(SignOnce, node, "cosigned roots %v and %v of size %d", root, c.Root, c.Size)
	}
	s.signed[node].logs[c.Size] = c.Root
	if c.Commit > s.nodes[node].log.last {
		s.Failf(Certificate, node, "cosigned commit %d, and reported %d last", c.Commit, s.nodes[node].log.last)
	}
}

// promiseLeaves checks that a node binds itself once in each place, as another
// protocol than ours understands it.
func (s *Suite) promiseLeaves(node int, p protocol.Promise) {
	by, place, to := p.Promise()
	if int(by) != s.disks.nodes[node].disk.author {
		return
	}
	if place.Kind == protocol.Block {
		s.calm.block(s.now, node, place.Round)
	}
	if other, ok := s.signed[node].promises[place]; ok && other != to {
		s.Failf(SignOnce, node, "binds itself to %v and %v in round %d", other, to, place.Round)
	}
	s.signed[node].promises[place] = to
}

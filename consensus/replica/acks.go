package replica

import (
	"slices"

	"github.com/floormesh/floormesh/consensus/planted"
	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/fetch"
	"github.com/floormesh/floormesh/sync/message"
)

// acks lists what this member holds right after the decided cuts, one batch
// per lane in turn, so that no lane crowds out another.
func (r *Replica) acks() []dag.Ack {
	if r.execBehind() {
		return nil
	}
	lanes := r.laneBook.listable()
	lanes = lanes[:min(len(lanes), dag.MaxAckLanes)]
	counts := make([]int, len(lanes))
	total, bytes := 0, 0
	for turn, dealt := 0, true; dealt && turn < dag.MaxAckBatches; turn++ {
		dealt = false
		for i, l := range lanes {
			if turn >= len(l.chain) || counts[i] < turn {
				continue
			}
			if total == maxListed() || bytes+l.chain[turn].bytes > maxListedBytes && total > 0 {
				continue
			}
			counts[i]++
			total++
			bytes += l.chain[turn].bytes
			dealt = true
		}
	}
	return ackLists(lanes, counts)
}

// maxListed bounds the batches that one block acks.
func maxListed() int {
	if planted.ShortLists || planted.OwnAckOrder {
		return 1
	}
	return dag.MaxBlockBatches
}

func ackLists(lanes []*lane, counts []int) []dag.Ack {
	var acks []dag.Ack
	for i, l := range lanes {
		if counts[i] == 0 {
			continue
		}
		ack := dag.Ack{Lane: l.id, First: l.final + 1, Batches: make([]dag.BatchID, counts[i])}
		for k, h := range l.chain[:counts[i]] {
			ack.Batches[k] = h.ref.ID
		}
		acks = append(acks, ack)
	}
	slices.SortFunc(acks, func(a, b dag.Ack) int { return a.Lane.Compare(b.Lane) })
	return acks
}

// noteAcks learns from a block what its author holds: how far lanes are
// replicated, and which batches exist that are missing here.
func (r *Replica) noteAcks(b *dag.Block) {
	book := &r.laneBook
	before, now := book.named[b.Author], book.scratch[:0]
	for i := range b.Acks {
		ack := &b.Acks[i]
		last := ack.First + dag.Seq(len(ack.Batches)) - 1
		// A member's lists are much like those of its block before, in the order of lanes.
		for len(before) > 0 && before[0].id.Compare(ack.Lane) < 0 {
			before = before[1:]
		}
		n := named{id: ack.Lane}
		if len(before) > 0 && before[0].id == ack.Lane {
			n = before[0]
		} else {
			n.lane = book.lane(ack.Lane)
		}
		switch {
		case n.lane == nil && !r.open(ack.Lane):
			continue
		case n.lane == nil || n.lane.id != ack.Lane:
			r.noteAck(&lane{}, ack, b.Author) // nothing of it is here, nor final
			continue
		case last > n.upTo:
			r.noteAck(n.lane, ack, b.Author)
			n.upTo = n.lane.ackedBy(b.Author)
		}
		now = append(now, n)
	}
	book.scratch = now
	book.named[b.Author] = append(book.named[b.Author][:0], now...)
}

func (r *Replica) noteAck(l *lane, ack *dag.Ack, author dag.Author) {
	if l.forked {
		return // a branch that is decided is asked for then
	}
	for k, id := range slices.Backward(ack.Batches) {
		seq := ack.First + dag.Seq(k)
		if seq <= l.final {
			return
		}
		if h := l.at(seq); h != nil && h.ref.ID == id {
			r.noteHolder(l, author, seq)
			return
		}
		if early := l.ahead[seq]; early != nil && early.ID() == id {
			continue
		}
		if seq <= l.final+dag.MaxAckBatches && !planted.AcksNotFetched {
			ref := message.BatchRef{Lane: ack.Lane, Seq: seq, ID: id}
			r.laneBook.missing.Want(ref, r.founding.Member(author), fetch.Perhaps, int64(r.now+r.grace()))
		}
	}
}

// ackedBy returns how far a member has said that it holds what is held here.
func (l *lane) ackedBy(a dag.Author) dag.Seq {
	if l.acked == nil {
		return 0
	}
	return l.acked[a]
}

func (r *Replica) noteHolder(l *lane, author dag.Author, seq dag.Seq) {
	if l.acked == nil {
		l.acked = make([]dag.Seq, r.committee.N())
	}
	if seq <= l.acked[author] {
		return
	}
	l.acked[author] = seq
	if seq <= l.replicated {
		return
	}
	needed, beyond := quorum.Validity(len(l.acked)), 0
	for _, s := range l.acked {
		if s > l.replicated {
			beyond++
		}
	}
	if beyond < needed {
		return
	}
	var room [dag.MaxCommittee]dag.Seq
	sorted := append(room[:0], l.acked...)
	slices.Sort(sorted)
	l.replicated = sorted[len(sorted)-needed]
	r.emit(Replicated{Lane: l.id, Seq: l.replicated})
}

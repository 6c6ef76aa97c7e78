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

// told is what a member's last block acks, which is noted up to the end of each
// lane's list, but for some.
type told struct {
	acks   []dag.Ack // of the block
	odd    []odd     // in the order of acks
	closed int       // lanes closed here by then
}

// odd is a list that is noted up to elsewhere than its end.
type odd struct {
	ack  int     // its place in the block
	lane bool    // its lane is known here
	upTo dag.Seq // if so
}

// noteAcks learns from a block what its author holds: how far lanes are
// replicated, and which batches exist that are missing here.
//
// A member's lists are much like those of its block before, in the order of
// lanes. What is as it was costs no more than the comparison of the two blocks,
// which all who share them share.
func (r *Replica) noteAcks(b *dag.Block) {
	book := &r.laneBook
	if book.told == nil {
		book.told = make([]told, r.committee.N())
	}
	t := &book.told[b.Author]
	before, left := recital{acks: t.acks, odd: t.odd}, book.scratch[:0]
	for i := range b.Acks {
		ack := &b.Acks[i]
		upTo, known := before.upTo(&ack.Lane)
		if !known || ack.Last() > upTo || t.closed != book.closed {
			l := book.trail.lane(book, &ack.Lane)
			upTo, known = r.noteList(l, ack, b.Author, upTo, known)
		}
		if !known || upTo != ack.Last() {
			left = append(left, odd{i, known, upTo})
		}
	}
	book.scratch = left
	book.trail.turn()
	t.acks, t.odd, t.closed = b.Acks, append(t.odd[:0], left...), book.closed
}

// recital goes through what a member told before, in the order of lanes.
type recital struct {
	acks []dag.Ack
	odd  []odd
	at   int
}

// upTo moves on to a lane, and returns how far it was noted, and false if it was
// not listed or not known then.
func (c *recital) upTo(lane *dag.LaneID) (dag.Seq, bool) {
	for c.at < len(c.acks) && c.acks[c.at].Lane != *lane {
		if c.acks[c.at].Lane.Compare(*lane) > 0 {
			return 0, false
		}
		c.at++
	}
	if c.at == len(c.acks) {
		return 0, false
	}
	at := c.at
	c.at++
	for len(c.odd) > 0 && c.odd[0].ack < at {
		c.odd = c.odd[1:]
	}
	if len(c.odd) > 0 && c.odd[0].ack == at {
		return c.odd[0].upTo, c.odd[0].lane
	}
	return c.acks[at].Last(), true
}

// trail is the lanes of which a block said something new. Members say much the
// same at a time, in the order of lanes, so that most of the next block's are among
// those of the last.
type trail struct {
	last []*lane
	at   int
	next []*lane
}

// lane moves on to a lane, and returns it as the book does.
func (t *trail) lane(book *laneBook, id *dag.LaneID) *lane {
	for t.at < len(t.last) && t.last[t.at].id.Compare(*id) < 0 {
		t.at++
	}
	var l *lane
	if t.at < len(t.last) && t.last[t.at].id == *id {
		l = t.last[t.at]
	} else {
		l = book.lane(*id)
	}
	if l != nil {
		t.next = append(t.next, l)
	}
	return l
}

// turn ends a block. One with nothing new leaves no trail.
func (t *trail) turn() {
	if t.at = 0; len(t.next) > 0 {
		t.last, t.next = t.next, t.last[:0]
	}
}

// noteList notes a list of lane l, which was noted up to a seq if it was known, and
// returns the same anew.
func (r *Replica) noteList(l *lane, ack *dag.Ack, author dag.Author, upTo dag.Seq, known bool) (dag.Seq, bool) {
	switch {
	case l == nil && !known && !r.open(ack.Lane):
		return 0, false
	case l == nil:
		r.noteAck(&lane{}, ack, author) // nothing of it is here, nor final
		return 0, false
	case ack.Last() > upTo:
		r.noteAck(l, ack, author)
		upTo = l.ackedBy(author)
	}
	return upTo, true
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
	if seq > l.replicated && l.acked[author] <= l.replicated {
		l.further++
	}
	l.acked[author] = seq
	needed := quorum.Validity(len(l.acked))
	if l.further < needed {
		return
	}
	var room [dag.MaxCommittee]dag.Seq
	sorted := append(room[:0], l.acked...)
	slices.Sort(sorted)
	l.replicated = sorted[len(sorted)-needed]
	first, _ := slices.BinarySearch(sorted, l.replicated+1)
	l.further = len(sorted) - first
	r.emit(Replicated{Lane: l.id, Seq: l.replicated})
}

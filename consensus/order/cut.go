package order

import (
	"slices"

	"github.com/floormesh/floormesh/consensus/planted"
	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/dag"
)

// candidates gathers, lane by lane, what members list beyond its final cut.
type candidates struct {
	state *State
	known func(dag.PublicKey) bool
	lanes map[dag.LaneID]*candidate
}

// candidate is one lane that may move.
type candidate struct {
	id    dag.LaneID
	final Lane
	tails []tail
}

// tail is what one counting member lists right after the lane's final batch.
type tail struct {
	author  dag.Author
	batches []dag.BatchID
}

// Cut returns by how much each lane is now final, lanes in key order, given
// the newest block of each member that counts; nil entries are members that
// do not. Lanes of keys that are not known are left out. It depends on nothing
// else. The batches of the result are its own.
func Cut(s *State, blocks []*dag.Block, known func(dag.PublicKey) bool) []dag.CutChange {
	c := &candidates{state: s, known: known, lanes: make(map[dag.LaneID]*candidate)}
	for a, b := range blocks {
		if b == nil {
			continue
		}
		for i := range b.Acks {
			c.list(dag.Author(a), &b.Acks[i])
		}
	}
	return c.cut()
}

// list takes one member's list for one lane, if it counts.
func (c *candidates) list(a dag.Author, ack *dag.Ack) {
	l, seen := c.lanes[ack.Lane]
	if !seen {
		if final, open := c.state.Final(ack.Lane); open && c.known(ack.Lane.Key) {
			l = &candidate{id: ack.Lane, final: final, tails: make([]tail, 0, c.state.Rules.Members)}
		}
		c.lanes[ack.Lane] = l
	}
	if l == nil {
		return
	}
	batches := beyond(l.final, ack)
	if len(batches) == 0 {
		return
	}
	// A member counts once, whatever its block says twice.
	if k := len(l.tails); k > 0 && l.tails[k-1].author == a {
		return
	}
	l.tails = append(l.tails, tail{a, batches})
}

// beyond returns the part of a list after the lane's final batch. It is empty
// when the list does not count: it begins beyond the next batch, ends below
// the final one, or holds another than the final one in its place.
//
//	final               ▼
//	lane      1  2  3  [4] 5  6  7
//	counts          3   4  5  6       it agrees at 4
//	counts                 5  6       it starts right after 4
//	not                       6  7    5 is missing: it may hang on another 4
//	not    1  2  3                    it ends below 4
//	not             3   4' 5' 6'      another branch
func beyond(final Lane, ack *dag.Ack) []dag.BatchID {
	if ack.First < 1 {
		return nil
	}
	if ack.First > final.Seq {
		if ack.First-final.Seq != 1 {
			return nil
		}
		return ack.Batches
	}
	i := final.Seq - ack.First
	if i >= dag.Seq(len(ack.Batches)) || ack.Batches[i] != final.Digest {
		return nil
	}
	return ack.Batches[i+1:]
}

// cut grows every lane. Of one class only the highest lane that grows does.
func (c *candidates) cut() []dag.CutChange {
	least := quorum.Validity(c.state.Rules.Members)
	if planted.CutOnOneAck {
		least = 1
	}
	var cut []dag.CutChange
	for _, l := range c.lanes {
		if l == nil || len(l.tails) < least {
			continue
		}
		if batches := grow(l.tails, least); len(batches) > 0 {
			cut = append(cut, dag.CutChange{Lane: l.id, Seq: l.final.Seq + dag.Seq(len(batches)), Batches: batches})
		}
	}
	slices.SortFunc(cut, func(a, b dag.CutChange) int { return a.Lane.Compare(b.Lane) })
	return highestOfClass(cut)
}

// highestOfClass drops a change when a later one is of the same class. cut is in key order.
func highestOfClass(cut []dag.CutChange) []dag.CutChange {
	kept := cut[:0]
	for i := range cut {
		closed := false
		for j := i + 1; j < len(cut) && cut[j].Lane.Key == cut[i].Lane.Key; j++ {
			closed = closed || classOf(cut[j].Lane) == classOf(cut[i].Lane)
		}
		if !closed {
			kept = append(kept, cut[i])
		}
	}
	return kept
}

// grow extends a lane batch by batch: each is the one that most of the members
// still counting list there, at least least of them. Who listed another, or
// nothing, stops counting. It overwrites tails.
func grow(tails []tail, least int) []dag.BatchID {
	var grown []dag.BatchID
	for i := 0; ; i++ {
		next, count := plurality(tails, i)
		if count < least {
			return grown
		}
		grown = append(grown, next)
		tails = slices.DeleteFunc(tails, func(t tail) bool { return len(t.batches) <= i || t.batches[i] != next && !planted.CutBySeq })
	}
}

// plurality returns the digest that most tails have at position i, the lowest
// of several, and how many do.
func plurality(tails []tail, i int) (best dag.BatchID, most int) {
	type tally struct {
		digest dag.BatchID
		count  int
	}
	var listed []tally // nearly always one
	for _, t := range tails {
		if i >= len(t.batches) {
			continue
		}
		at := slices.IndexFunc(listed, func(l tally) bool { return planted.CutBySeq || l.digest == t.batches[i] })
		if at < 0 {
			at, listed = len(listed), append(listed, tally{digest: t.batches[i]})
		}
		listed[at].count++
	}
	for _, l := range listed {
		if l.count > most || l.count == most && slices.Compare(l.digest[:], best[:]) < 0 {
			best, most = l.digest, l.count
		}
	}
	return best, most
}

package ledger

import (
	"cmp"
	"slices"

	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/dag"
)

// tail is what of one lane is to be listed.
type tail struct {
	lane    *lane
	moved   dag.CommitIndex // the commit at which its cut last moved
	seq     dag.Seq
	last    dag.BatchID
	batches []dag.BatchID
	ended   bool
}

// Pending lists what is held beyond the cuts of a state, one batch of each
// lane in turn, so that no lane crowds out another; lanes that moved last come
// last. It is a cut that follows the state.
func (l *Ledger) Pending(state *order.State) []dag.CutChange {
	if len(l.queue) > maxBehind {
		return nil
	}
	tails := l.tails(state)
	deal(tails)
	var cut []dag.CutChange
	for _, t := range tails {
		if len(t.batches) > 0 {
			cut = append(cut, dag.CutChange{Lane: t.lane.id, Seq: t.seq, Batches: t.batches})
		}
	}
	slices.SortFunc(cut, func(a, b dag.CutChange) int { return a.Lane.Compare(b.Lane) })
	return cut
}

// tails returns the lanes that have something to list, in the order of their turns.
func (l *Ledger) tails(state *order.State) (tails []*tail) {
	for _, x := range l.shelf.order {
		final, open := state.Final(x.id)
		if open && x.after(final.Seq, final.Digest) != nil {
			tails = append(tails, &tail{lane: x, moved: final.Moved, seq: final.Seq, last: final.Digest})
		}
	}
	slices.SortStableFunc(tails, func(a, b *tail) int { return cmp.Compare(a.moved, b.moved) })
	return tails
}

// deal gives each lane a batch in turn, until the list is full.
func deal(tails []*tail) {
	total, bytes := 0, 0
	for turn, more := 0, true; more && turn < dag.MaxAckBatches; turn++ {
		more = false
		for _, t := range tails {
			if t.ended {
				continue
			}
			h := t.lane.after(t.seq, t.last)
			if h == nil || total == dag.MaxBlockBatches || total > 0 && bytes+h.bytes > maxListedBytes {
				t.ended = true
				continue
			}
			t.seq, t.last, t.batches, more = h.ref.Seq, h.ref.ID, append(t.batches, h.ref.ID), true
			total, bytes = total+1, bytes+h.bytes
		}
	}
}

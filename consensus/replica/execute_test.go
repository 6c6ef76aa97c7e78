package replica

import (
	"math/rand/v2"
	"testing"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

// TestTheLastBatchOfALargeCommitIsAskedFor has a commit of more batches than are
// asked for at a time, all here but its last.
func TestTheLastBatchOfALargeCommitIsAskedFor(t *testing.T) {
	g, nodes, members := dagtest.Genesis(4)
	r, err := New(Config{
		Founding: consensus.Found(g), NodeKey: nodes[0], MemberKey: members[0], Rand: rand.New(rand.NewPCG(1, 1)),
	}, &store.Restored{})
	if err != nil {
		t.Fatal(err)
	}
	lane := dag.LaneID{Key: nodes[1].Public()}
	c := &dag.Commit{Cut: []dag.CutChange{{Lane: lane}}}
	var last *held
	for seq := dag.Seq(1); seq <= maxLoad+9; seq++ {
		last = &held{ref: message.BatchRef{Lane: lane, Seq: seq, ID: batchAt(lane, seq, int(seq>>8))}, batch: &dag.Batch{}, where: stored}
		r.laneBook.held.Put(last)
		c.Cut[0].Batches = append(c.Cut[0].Batches, last.ref.ID)
	}
	last.batch, last.where = nil, absent
	r.ordering.queue = []*dag.Commit{c}
	r.prefetch()
	if !r.laneBook.missing.Certain(last.ref) {
		t.Errorf("batch %d of %d is not asked for", last.ref.Seq, last.ref.Seq)
	}
}

package node

import (
	"fmt"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/store"
)

// batchOf makes a batch of n records as far as progress looks at it.
func batchOf(lane dag.LaneID, seq dag.Seq, n int) *dag.Batch {
	return &dag.Batch{BatchHeader: dag.BatchHeader{Lane: lane, Seq: seq}, Items: make([]*dag.Record, n)}
}

func TestProgress(t *testing.T) {
	lane := dag.LaneID{Number: dag.LaneAlarms}
	p := newProgress(1, &store.Restored{
		Batches:   []store.BatchMeta{{Lane: lane, Seq: 1, Records: 10}},
		Certified: &checkpoint.Certified{Checkpoint: checkpoint.Checkpoint{Size: 5}},
	}, counts{size: 3, records: 2, commit: 1})
	status := func() (s Status) {
		p.fill(&s)
		return s
	}
	if got := p.certifiedCheckpoint(); got != nil {
		t.Errorf("a checkpoint of 5 leaves is shown with a log of 3")
	}

	write := &store.Write{Batches: []*dag.Batch{batchOf(lane, 3, 1), batchOf(lane, 2, 20)}}
	p.applying(write)
	if !p.isDurable(lane, 1) || p.isDurable(lane, 2) || p.isDurable(lane, 3) {
		t.Error("before the sync, batch 1 is durable and no other")
	}
	p.durable([]*store.Write{write})
	if !p.isDurable(lane, 3) {
		t.Error("after the sync, batch 3 is durable")
	}
	if got := status().Stored; got != 31 {
		t.Errorf("%d records are stored, want 31", got)
	}

	p.replicate(lane, 2)
	if !p.isReplicated(lane, 2) || p.isReplicated(lane, 3) || status().Replicated != 30 {
		t.Errorf("%d records are replicated, want 30", status().Replicated)
	}

	_, changed := p.log()
	p.finalize(&store.Executed{
		Commit:  &dag.Commit{Index: 2, Cut: []dag.CutChange{{Lane: lane, Seq: 2}}},
		Outcome: &dag.Outcome{Records: 30}, Size: 34,
	})
	p.publish()
	select {
	case <-changed:
	default:
		t.Error("nobody was told that the log has grown")
	}
	s := status()
	if s.Stored != 1 || s.Replicated != 0 || s.Final != 32 || s.LogSize != 34 || s.Commit != 2 || s.CertifiedSize != 5 {
		t.Errorf("status %+v, want 1 stored, 32 final in 34 leaves of commit 2, 5 certified", s)
	}
	p.durable([]*store.Write{{Batches: []*dag.Batch{batchOf(lane, 1, 99)}}})
	if got := status().Stored; got != 1 {
		t.Errorf("%d records are stored after a batch below the cut came, want 1", got)
	}
}

// TestOwnHaltsStayInSight has a liar raise more alarms than are shown.
func TestOwnHaltsStayInSight(t *testing.T) {
	p := newProgress(1, &store.Restored{}, counts{})
	p.alarm(replica.Alarm{Kind: replica.AlarmRetired, Detail: "forgot"})
	for i := range 3 * maxAlarms {
		p.alarm(replica.Alarm{Kind: replica.AlarmForkedLane, Detail: fmt.Sprint(i)})
	}
	p.alarm(replica.Alarm{Kind: replica.AlarmRetired, Detail: "forgot"})
	var s Status
	p.fill(&s)
	if len(s.Alarms) != maxAlarms+1 {
		t.Errorf("%d alarms are shown, want %d and our own", len(s.Alarms), maxAlarms)
	}
	if got := s.Alarms[0]; !strings.HasPrefix(got, "retired: forgot; ") || !strings.Contains(got, "needs new keys") {
		t.Errorf("first alarm %q, want that we are retired and what to do", got)
	}
}

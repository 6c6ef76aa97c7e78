package replica_test

import (
	"slices"
	"testing"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// conspire has members 2 to 4 make ten rounds of blocks, and gw1 hear them. Each
// acks what acks returns for its round.
func (m *mesh) conspire(acks func(dag.Round) []dag.Ack) {
	m.tb.Helper()
	var before []*dag.Block
	for round := range dag.Round(10) {
		var blocks []*dag.Block
		for i := range 3 {
			a := dag.Author(i + 1)
			body := dag.BlockBody{
				Epoch: m.genesis.Epoch(), Round: round + 1, Author: a, ClaimedAt: m.wall(), Acks: acks(round + 1),
			}
			if round > 0 {
				body.Parents = append(body.Parents, before[i].Ref())
				for k, b := range before {
					if k != i {
						body.Parents = append(body.Parents, b.Ref())
					}
				}
			}
			blocks = append(blocks, dag.SignBlock(m.genesis.Ledger(), body, m.nodes[a].config.MemberKey))
		}
		m.deliver(1, 0, &message.Blocks{Blocks: blocks})
		m.run(5 * time.Millisecond)
		before = blocks
	}
}

// TestABatchCutInTwoPlacesIsAnAlarm has more than f members lie about where a
// batch stands: in one commit, in two, or of one that is not here yet. The node
// must not die of it, must execute nothing of it and sign nothing more.
func TestABatchCutInTwoPlacesIsAnAlarm(t *testing.T) {
	for _, c := range []struct {
		name string
		acks func(round dag.Round, right, wrong dag.Ack) []dag.Ack
		late bool // the batch comes after it was cut
		want int  // records that are final
	}{
		{"twice at once", func(_ dag.Round, right, wrong dag.Ack) []dag.Ack { return []dag.Ack{right, wrong} }, false, 0},
		{"again after it was executed", func(round dag.Round, right, wrong dag.Ack) []dag.Ack {
			if round < 6 {
				return []dag.Ack{right}
			}
			return []dag.Ack{wrong}
		}, false, 1},
		{"only where it does not stand", func(_ dag.Round, _, wrong dag.Ack) []dag.Ack { return []dag.Ack{wrong} }, false, 0},
		{"before it came", func(_ dag.Round, _, wrong dag.Ack) []dag.Ack { return []dag.Ack{wrong} }, true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMesh(t, 4)
			for i := range 3 {
				m.kill(i + 1)
			}
			b := m.forge(1, 1, dag.BatchID{}, 1)
			ids := []dag.BatchID{b.ID()}
			right, wrong := dag.Ack{Lane: b.Lane, First: 1, Batches: ids}, dag.Ack{Lane: b.Lane, First: 1, Batches: ids}
			wrong.Lane.Number = dag.LaneAlarms
			if !c.late {
				m.deliver(1, 0, batchesOf(b))
			}
			m.conspire(func(round dag.Round) []dag.Ack { return c.acks(round, right, wrong) })
			if c.late {
				m.deliver(1, 0, batchesOf(b))
			}
			m.wantHalted(c.want)
			m.restart(0)
			m.wantHalted(c.want)
		})
	}
}

// wantHalted checks that gw1 has raised the alarm, signs nothing, and still
// stores what its devices submit.
func (m *mesh) wantHalted(final int) {
	m.tb.Helper()
	m.run(time.Second)
	h := m.nodes[0]
	if !h.alarmed(replica.AlarmDivergence) {
		m.tb.Errorf("alarms %v, want divergence", h.alarms)
	}
	blocks, cosignatures := m.signs(0)
	for i := range 3 {
		m.deliver(i+1, 0, &message.Tips{Highest: make([]dag.Round, 4), Reply: true})
	}
	id := m.submit(0, len(h.stored))
	m.run(10 * time.Second)
	if own := slices.ContainsFunc(*blocks, func(b *dag.Block) bool { return b.Author == 0 }); own || len(*cosignatures) > 0 {
		m.tb.Errorf("it signed blocks %t, %d cosignatures", own, len(*cosignatures))
	}
	if got := len(h.finals()); got != final {
		m.tb.Errorf("%d records are final, want %d", got, final)
	}
	if !h.stored[id] {
		m.tb.Error("it does not store records any more")
	}
	m.wantQuiet()
}

// TestACertifiedMisplacedBatchIsAnAlarm is the same by way of the certified chain.
func TestACertifiedMisplacedBatchIsAnAlarm(t *testing.T) {
	m := newMesh(t, 4)
	certified, commits := m.history()
	last := *commits[len(commits)-1]
	at := slices.IndexFunc(commits, func(c *dag.Commit) bool { return len(c.Cut) > 0 })
	again := commits[at].Cut[0].Batches[:1]
	last.Cut = []dag.CutChange{{Lane: dag.LaneID{Key: m.nodes[1].key, Number: dag.LaneAlarms}, Seq: 1, Batches: again}}
	lie := certified.Checkpoint
	lie.CommitID = last.Seal().ID()
	m.deliver(1, 0, &message.Commits{Certified: m.certify(lie), Commits: append(slices.Clone(commits[:len(commits)-1]), &last)})
	if !m.nodes[0].alarmed(replica.AlarmDivergence) {
		t.Errorf("alarms %v, want divergence", m.nodes[0].alarms)
	}
	if got := m.sizes(0).Queue; got != 0 {
		t.Errorf("%d commits of the impossible chain were taken", got)
	}
}

package replica_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

// deliver has node to receive what from says, as if it came over the wire.
func (m *mesh) deliver(from, to int, msg message.Message) {
	m.tb.Helper()
	good, errs := dag.Verify(m.verifier, []message.Message{msg})
	if errs[0] != nil {
		m.tb.Fatal(errs[0])
	}
	m.step(to, replica.Received{From: m.nodes[from].key, Message: good[0]})
}

// forge makes a batch of lane 0 in the name of node i.
func (m *mesh) forge(i int, seq dag.Seq, prev dag.BatchID, record int) *dag.Batch {
	return m.forgeIn(i, 0, seq, prev, record)
}

func (m *mesh) forgeIn(i int, lane dag.LaneNumber, seq dag.Seq, prev dag.BatchID, record int) *dag.Batch {
	r := dagtest.Reading(m.genesis.ID(), dagtest.DeviceKey(1), record)
	b, err := dag.SignBatch(dag.BatchHeader{
		Ledger: m.genesis.Ledger(), Lane: dag.LaneID{Key: m.nodes[i].key, Number: lane}, Seq: seq, Prev: prev, ClaimedAt: m.wall(),
	}, []*dag.Record{r}, m.nodes[i].config.NodeKey)
	if err != nil {
		m.tb.Fatal(err)
	}
	return b
}

func batchesOf(b ...*dag.Batch) message.Message { return &message.Batches{Batches: b} }

func TestAForkedLaneIsProvenAndFrozen(t *testing.T) {
	m := newMesh(t, 4)
	m.kill(3) // only its key acts from here on
	one, two := m.forge(3, 1, dag.BatchID{}, 1), m.forge(3, 1, dag.BatchID{}, 2)
	m.deliver(3, 0, batchesOf(one))
	m.deliver(3, 1, batchesOf(two))
	m.deliver(3, 2, batchesOf(two))
	m.deliver(3, 2, batchesOf(one))
	m.run(5 * time.Second)
	for i, h := range m.nodes[:3] {
		if len(h.alarms) == 0 || h.alarms[0].Kind != replica.AlarmForkedLane {
			t.Errorf("gw%d: alarms %v, want a forked lane", i+1, h.alarms)
		}
	}
	evidence := 0
	for _, x := range m.nodes[0].final {
		for _, r := range x.Records {
			if r.Lane.Number == dag.LaneAdministration && r.Fate == store.Accepted {
				evidence++
			}
		}
	}
	if evidence == 0 {
		t.Error("no record proves the fork")
	}
	want := m.nodes[0].final[len(m.nodes[0].final)-1]
	for i, h := range m.nodes[1:3] {
		if got := h.final[len(h.final)-1]; got.Root != want.Root {
			t.Errorf("gw%d: another log than gw1", i+2)
		}
	}
	m.wantQuiet()
}

// TestABatchKnownOnlyFromAcksIsFetched delivers a batch to f+1 members and
// silences its owner: the others must ask.
func TestABatchKnownOnlyFromAcksIsFetched(t *testing.T) {
	m := newMesh(t, 4)
	m.kill(3)
	b := m.forge(3, 1, dag.BatchID{}, 1)
	m.deliver(3, 0, batchesOf(b))
	m.deliver(3, 1, batchesOf(b))
	m.run(5 * time.Second)
	m.wantFinal([]dag.RecordID{b.Items[0].ID()})
	m.wantQuiet()
}

func TestALiarsTipsAreNotChasedForEver(t *testing.T) {
	for _, begun := range []bool{true, false} { // whether there is such a lane at all
		m := newMesh(t, 4)
		if begun {
			m.submit(3, 0)
			m.run(time.Second)
		}
		sent := 0
		m.drop = func(_, _ int, msg message.Message) bool {
			_, lane := msg.(*message.WantLane)
			_, batches := msg.(*message.WantBatches)
			if lane || batches {
				sent++
			}
			return false
		}
		lie := &message.Tips{Highest: make([]dag.Round, 4), Lanes: []message.LaneTip{{
			Lane: dag.LaneID{Key: m.nodes[3].key}, Seq: dag.MaxCounter, Batch: dag.BatchID{1},
		}}}
		m.deliver(3, 0, lie)
		m.run(time.Minute)
		if sent == 0 || sent > 20 {
			t.Errorf("lane begun %t: %d requests for what does not exist, want a few", begun, sent)
		}
	}
}

func TestBlocksWithTooFewParentsAreBlamed(t *testing.T) {
	m := newMesh(t, 4)
	b := dag.SignBlock(m.genesis.Ledger(), dag.BlockBody{
		Epoch: m.genesis.Epoch(), Round: 2, Author: 3, ClaimedAt: m.wall(),
		Parents: []dag.BlockRef{{Round: 1, Author: 3, ID: dag.BlockID{1}}},
	}, m.nodes[3].config.MemberKey)
	m.deliver(2, 0, &message.Blocks{Blocks: []*dag.Block{b}})
	if got := len(m.nodes[0].blames); got != 1 || m.nodes[0].blames[0].Peer != m.nodes[2].key {
		t.Errorf("blames %v, want the peer that sent it", m.nodes[0].blames)
	}
}

// TestRestartsSignNothingTwice kills and restarts members at random under
// load: all records become final once, and no two blocks of one author share
// a round.
func TestRestartsSignNothingTwice(t *testing.T) {
	m := newMesh(t, 4)
	rng := rand.New(rand.NewPCG(5, 6))
	slots := map[[2]uint64]dag.BlockID{}
	m.drop = func(_, _ int, msg message.Message) bool {
		if blocks, ok := msg.(*message.Blocks); ok {
			for _, b := range blocks.Blocks {
				slot := [2]uint64{uint64(b.Round), uint64(b.Author)}
				if other, ok := slots[slot]; ok && other != b.ID() {
					t.Fatalf("member %d signed two blocks in round %d", b.Author, b.Round)
				}
				slots[slot] = b.ID()
			}
		}
		return false
	}
	for k := range 400 {
		if i := rng.IntN(4); !m.nodes[i].down {
			m.submit(i, k)
		}
		m.run(time.Duration(rng.IntN(8)) * time.Millisecond)
		if victim := rng.IntN(4); rng.IntN(20) == 0 {
			if m.nodes[victim].down {
				m.start(victim)
				m.connect(victim)
			} else {
				m.kill(victim)
			}
		}
	}
	for i, h := range m.nodes {
		if h.down {
			m.start(i)
			m.connect(i)
		}
	}
	m.run(20 * time.Second)
	roots := map[dag.Digest]int{}
	for _, h := range m.nodes {
		last := h.final[len(h.final)-1]
		roots[last.Root]++
	}
	if len(roots) != 1 {
		t.Errorf("%d different logs", len(roots))
	}
	stored := 0
	for _, h := range m.nodes {
		stored += len(h.stored)
	}
	if stored == 0 {
		t.Fatal("nothing was stored")
	}
	if got := m.logSize(0); got < stored {
		t.Errorf("%d records in the log, %d were acknowledged", got, stored)
	}
	m.wantQuiet()
}

// logSize counts the records of a node's log in its store, whatever its
// Replica told since the last restart.
func (m *mesh) logSize(i int) int {
	m.tb.Helper()
	_, commits, err := m.nodes[i].store.Commits(0, 1<<30)
	if err != nil {
		m.tb.Fatal(err)
	}
	records := 0
	for _, c := range commits {
		for _, change := range c.Cut {
			batches, err := m.nodes[i].store.Batches(change.Batches)
			if err != nil || len(batches) != len(change.Batches) {
				m.tb.Fatalf("batches of commit %d: %d of %d, %v", c.Index, len(batches), len(change.Batches), err)
			}
			for _, b := range batches {
				records += len(b.Items)
			}
		}
	}
	return records
}

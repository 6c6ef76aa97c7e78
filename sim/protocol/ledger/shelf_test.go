package ledger

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/protocol"
)

// still never decides anything.
type still struct{}

func (still) Hear(dag.PublicKey, protocol.Message) {}
func (still) Connected(dag.PublicKey)              {}
func (still) Leapt([]*dag.Commit)                  {}
func (still) Advance()                             {}
func (still) Wake() replica.Instant                { return replica.Never }

func newLedger(t *testing.T, n int) (l *Ledger, g *dag.Genesis, nodes []dag.PrivateKey) {
	t.Helper()
	g, nodes, members := dagtest.Genesis(n)
	l, err := New(replica.Config{
		Founding: consensus.Found(g), NodeKey: nodes[0], MemberKey: members[0], Rand: rand.New(rand.NewPCG(1, 2)),
	}, &store.Restored{}, func(*Ledger) (Rule, error) { return still{}, nil })
	if err != nil {
		t.Fatal(err)
	}
	return l, g, nodes
}

// lengths returns how many batches of each lane a cut has.
func lengths(cut []dag.CutChange) map[dag.LaneID]int {
	n := map[dag.LaneID]int{}
	for i := range cut {
		n[cut[i].Lane] = len(cut[i].Batches)
	}
	return n
}

// decide makes a cut final.
func decide(l *Ledger, cut []dag.CutChange) {
	c := &dag.Commit{
		Epoch: l.state.Rules.Epoch, Index: l.state.Index + 1, Prev: l.state.Last,
		Leader: dag.BlockRef{Round: l.state.LeaderRound + 1}, Present: []byte{1}, Cut: cut,
	}
	l.Decide(c.Seal())
}

// TestPending: lanes take turns, gaps end a list, and what is decided is not listed again.
func TestPending(t *testing.T) {
	l, g, nodes := newLedger(t, 4)
	long := dagtest.Lane(t, g, nodes[1], dag.LaneReadings, 0, make1s(dag.MaxAckBatches+5)...)
	short := dagtest.Lane(t, g, nodes[2], dag.LaneAlarms, 0, 1, 1, 1)
	for _, b := range long {
		l.receiveBatch(b)
	}
	l.receiveBatch(short[0])
	l.receiveBatch(short[2]) // the second is missing
	first := l.Pending(l.State())
	want := map[dag.LaneID]int{long[0].Lane: dag.MaxAckBatches, short[0].Lane: 1}
	if d := cmp.Diff(want, lengths(first)); d != "" {
		t.Errorf("pending (-want +got):\n%s", d)
	}
	if !l.Undecided() {
		t.Error("nothing is undecided")
	}
	decide(l, first)
	l.receiveBatch(short[1])
	second := l.Pending(l.State())
	want = map[dag.LaneID]int{long[0].Lane: 5, short[0].Lane: 2}
	if d := cmp.Diff(want, lengths(second)); d != "" {
		t.Errorf("pending after a commit (-want +got):\n%s", d)
	}
	decide(l, second)
	if l.Undecided() || l.Pending(l.State()) != nil {
		t.Error("something is pending though all is decided")
	}
}

func make1s(n int) []int {
	ones := make([]int, n)
	for i := range ones {
		ones[i] = 1
	}
	return ones
}

// TestHolds: what is not here is asked for, and what is signed for another place is refused.
func TestHolds(t *testing.T) {
	l, g, nodes := newLedger(t, 4)
	lane := dagtest.Lane(t, g, nodes[1], dag.LaneReadings, 0, 1, 1)
	cut := []dag.CutChange{{Lane: lane[0].Lane, Seq: 2, Batches: []dag.BatchID{lane[0].ID(), lane[1].ID()}}}
	l.receiveBatch(lane[1])
	if holds, err := l.Holds(l.State(), cut, nodes[1].Public(), 0); holds || err != nil || l.shelf.missing.Len() != 1 {
		t.Errorf("without the first: holds %v, %v, asks for %d", holds, err, l.shelf.missing.Len())
	}
	l.receiveBatch(lane[0])
	if holds, err := l.Holds(l.State(), cut, nodes[1].Public(), 0); !holds || err != nil || l.shelf.missing.Len() != 0 {
		t.Errorf("with both: holds %v, %v, asks for %d", holds, err, l.shelf.missing.Len())
	}
	cut[0].Batches[0], cut[0].Batches[1] = cut[0].Batches[1], cut[0].Batches[0]
	if _, err := l.Holds(l.State(), cut, nodes[1].Public(), 0); err == nil {
		t.Error("batches out of their places are fine")
	}
}

// TestForkedLane: of two batches in one place the one that is decided stays, and the lane goes on with it.
func TestForkedLane(t *testing.T) {
	l, g, nodes := newLedger(t, 4)
	one := dagtest.Lane(t, g, nodes[1], dag.LaneReadings, 0, 1, 1)
	two := dagtest.Lane(t, g, nodes[1], dag.LaneReadings, 7, 1, 1)
	for _, b := range []*dag.Batch{one[0], one[1], two[0], two[1]} {
		l.receiveBatch(b)
	}
	decide(l, []dag.CutChange{{Lane: two[0].Lane, Seq: 1, Batches: []dag.BatchID{two[0].ID()}}})
	cut := l.Pending(l.State())
	if len(cut) != 1 || len(cut[0].Batches) != 1 || cut[0].Batches[0] != two[1].ID() {
		t.Errorf("after the second branch comes %v", cut)
	}
	if l.shelf.held[one[0].ID()] != nil {
		t.Error("the other branch is still held")
	}
}

// TestStrangersFillNothing: only lanes of members are kept, a few batches in each place.
func TestStrangersFillNothing(t *testing.T) {
	l, g, nodes := newLedger(t, 4)
	l.receiveBatch(dagtest.Lane(t, g, dagtest.Key("node", 99), dag.LaneReadings, 0, 1)[0])
	l.receiveBatch(dagtest.Lane(t, g, nodes[1], dag.LaneReadings+dag.LaneClasses, 0, 1)[0])
	if len(l.shelf.held) != 0 || len(l.shelf.lanes) != 0 {
		t.Errorf("%d batches of %d lanes of nobody's are held", len(l.shelf.held), len(l.shelf.lanes))
	}
	for i := range maxRivals + 3 {
		l.receiveBatch(dagtest.Lane(t, g, nodes[1], dag.LaneReadings, 100*i, 1)[0])
	}
	if len(l.shelf.held) != maxRivals {
		t.Errorf("%d rivals are held, want %d", len(l.shelf.held), maxRivals)
	}
}

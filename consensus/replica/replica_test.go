package replica_test

import (
	"testing"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

// finals returns the records in a node's log, in order.
func (h *host) finals() []dag.RecordID {
	var ids []dag.RecordID
	for _, x := range h.final {
		for _, r := range x.Records {
			if r.Fate == store.Accepted {
				ids = append(ids, r.Record)
			}
		}
	}
	return ids
}

// wantFinal checks that every live node has want in its log, each once and all
// in one order, and that the mesh is at rest.
func (m *mesh) wantFinal(want []dag.RecordID) {
	m.tb.Helper()
	var first []dag.RecordID
	for i, h := range m.nodes {
		if h.down {
			continue
		}
		got := h.finals()
		if first == nil {
			first = got
		}
		if len(got) != len(want) {
			m.tb.Errorf("gw%d: %d records are final, want %d", i+1, len(got), len(want))
			continue
		}
		seen := map[dag.RecordID]bool{}
		for k, id := range got {
			if id != first[k] {
				m.tb.Fatalf("gw%d: record %d of the log is %v, elsewhere %v", i+1, k, id, first[k])
			}
			seen[id] = true
		}
		for _, id := range want {
			if !seen[id] {
				m.tb.Errorf("gw%d: record %v is not final", i+1, id)
			}
		}
	}
}

func (m *mesh) wantQuiet() {
	m.tb.Helper()
	before := make([]int, len(m.nodes))
	for i, h := range m.nodes {
		before[i] = h.blocks
	}
	m.run(time.Minute)
	for i, h := range m.nodes {
		if h.blocks != before[i] {
			m.tb.Errorf("gw%d: %d blocks in a minute of rest", i+1, h.blocks-before[i])
		}
	}
}

func TestRecordsBecomeFinalEverywhere(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 7} {
		m := newMesh(t, n)
		var want []dag.RecordID
		for k := range 60 {
			want = append(want, m.submit(k%n, k))
			m.run(3 * time.Millisecond)
		}
		m.run(2 * time.Second)
		m.wantFinal(want)
		m.wantQuiet()
	}
}

func TestOneOfFourDead(t *testing.T) {
	m := newMesh(t, 4)
	m.kill(3)
	var want []dag.RecordID
	for k := range 60 {
		want = append(want, m.submit(k%3, k))
		m.run(10 * time.Millisecond)
	}
	m.run(5 * time.Second)
	m.wantFinal(want)
	m.wantQuiet()
}

func TestTwoOfFourDeadStoreAndFinaliseLater(t *testing.T) {
	m := newMesh(t, 4)
	m.kill(2)
	m.kill(3)
	var want []dag.RecordID
	for k := range 300 {
		want = append(want, m.submit(k%2, k))
		m.run(10 * time.Millisecond)
	}
	for i := range 2 {
		if got := len(m.nodes[i].stored); got != 150 {
			t.Fatalf("gw%d stored %d records, want 150", i+1, got)
		}
	}
	m.start(2)
	m.connect(2)
	m.run(2 * time.Second)
	m.wantFinal(want)
	m.wantQuiet()
}

func TestLongAbsence(t *testing.T) {
	m := newMesh(t, 4)
	var want []dag.RecordID
	submit := func(k int) { want = append(want, m.submit(k%3, k)) }
	for k := range 20 {
		submit(k)
		m.run(5 * time.Millisecond)
	}
	m.kill(3)
	for k := range 2000 {
		submit(20 + k)
		m.run(5 * time.Millisecond)
	}
	m.nodes[3].final = nil
	m.start(3)
	m.connect(3)
	m.run(5 * time.Second)
	if got, want := m.nodes[3].store, m.nodes[0].store; got == want {
		t.Fatal("stores are shared")
	}
	last := func(h *host) *store.Executed { return h.final[len(h.final)-1] }
	if got, want := last(m.nodes[3]), last(m.nodes[0]); got.Root != want.Root || got.Size != want.Size {
		t.Errorf("after coming back: log of %d leaves, want %d", got.Size, want.Size)
	}
	m.wantQuiet()
}

func TestLossOfEveryTenthMessage(t *testing.T) {
	m := newMesh(t, 4)
	n := 0
	m.drop = func(int, int, message.Message) bool { n++; return n%10 == 0 }
	var want []dag.RecordID
	for k := range 100 {
		want = append(want, m.submit(k%4, k))
		m.run(5 * time.Millisecond)
	}
	m.run(20 * time.Second)
	m.wantFinal(want)
	m.wantQuiet()
}

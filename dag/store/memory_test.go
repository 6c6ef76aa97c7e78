package store_test

import (
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/dag/store/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t,
		func(testing.TB, dag.MeshID) store.Store { return store.NewMemory() },
		func(_ testing.TB, s store.Store) store.Store {
			m := s.(*store.Memory)
			m.Crash(m.Unsynced())
			return m
		})
}

// TestMemoryCrash takes back every number of Writes and compares with a store to
// which they were never applied.
func TestMemoryCrash(t *testing.T) {
	writes, owner := history(t)
	for lost := range len(writes) + 2 {
		m, want := store.NewMemory(), store.NewMemory()
		for i, w := range writes {
			if err := m.Apply(w); err != nil {
				t.Fatal(err)
			}
			if i < len(writes)-lost {
				if err := want.Apply(w); err != nil {
					t.Fatal(err)
				}
			}
		}
		m.Crash(lost)
		if got, want := storetest.Dump(t, m, owner, 100), storetest.Dump(t, want, owner, 100); got != want {
			t.Fatalf("%d lost: got\n%s\nwant\n%s", lost, got, want)
		}
		if m.Unsynced() != 0 {
			t.Fatalf("%d unsynced after a crash", m.Unsynced())
		}
	}
}

func TestMemoryKeepsWhatIsSynced(t *testing.T) {
	writes, owner := history(t)
	m := store.NewMemory()
	for _, w := range writes {
		if err := m.Apply(w); err != nil {
			t.Fatal(err)
		}
		if err := m.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	before := storetest.Dump(t, m, owner, 100)
	m.Crash(1000)
	if got := storetest.Dump(t, m, owner, 100); got != before {
		t.Fatalf("got\n%s\nwant\n%s", got, before)
	}
}

// history returns Writes that touch everything.
func history(t *testing.T) ([]*store.Write, dag.PublicKey) {
	l := storetest.NewLedger(t, 4, 3)
	var writes []*store.Write
	for i := range 12 {
		round := dag.Round(i + 1)
		batches := []*dag.Batch{l.Batch(0, 0, 2), l.Batch(i%4, 1, 1)}
		w := &store.Write{
			Batches: append(batches, l.Fork(0, batches[0])),
			Blocks:  []*dag.Block{l.Block(0, round), l.Block(1, round)},
			Floor:   max(round, 3) - 3,
		}
		e := l.Commit(false, batches...)
		w.Executed = []*store.Executed{e}
		if i%3 == 0 {
			w.State, w.Cosigned, w.OwnLanes = []byte{byte(i)}, e.Size, dag.LaneNumber(i)
			w.Certified = append(w.Certified, l.Certify(e))
		}
		switch i {
		case 5:
			w.Diverged = "another log"
		case 8:
			w.Retired, w.Diverged = "forgot", "unheard"
		}
		writes = append(writes, w)
	}
	return writes, l.Nodes[0].Public()
}

package disk

import (
	"bytes"
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/dag/store/storetest"
)

// FuzzValues feeds every decoder of stored values: none panics, and what is taken
// is written the same again.
func FuzzValues(f *testing.F) {
	l := storetest.NewLedger(f, 1, 1)
	b := l.Batch(0, 0, 3)
	l.Fates[b.Items[1].ID()] = store.Refused
	e := l.Commit(true, b)
	changes, err := group(e)
	if err != nil {
		f.Fatal(err)
	}
	stored := executed{commit: e.Commit, outcome: e.Outcome, hasLeaf: true, root: e.Root, size: e.Size, records: 2, changes: changes}
	entry := laneEntry{arrival: 300, bytes: 8000, records: 40, prev: b.ID()}
	fate := fates{commit: 1, firstLeaf: 7, odd: []oddFate{{item: 1, fate: store.Duplicate, leaf: 3}}}
	f.Add(stored.append(nil))
	changes[0].implied = true
	f.Add(stored.append(nil))
	f.Add(appendBatch(nil, b, 0))
	f.Add(appendBatch(nil, l.Batch(0, 0, 2), batchPrev|batchLate))
	f.Add(entry.append(nil))
	f.Add(fate.append(fate.append(nil, 20), 35))
	f.Add(append(appendLeafRun(nil, 9, true), make([]byte, 2*statementBytes)...))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if e, err := decodeExecuted(7, raw); err == nil {
			e.commit.Seal() // it may be another's: its implied batches are missing
			to := e.append(nil)
			again, err := decodeExecuted(7, to)
			if err != nil {
				t.Fatal(err)
			}
			if err := again.seal(); err != nil && again.commit.ID() != e.commit.ID() || !bytes.Equal(again.append(nil), to) {
				t.Errorf("executed commit does not survive: %v", err)
			}
		}
		if b, err := decodeStoredBatch(raw); err == nil {
			if b, err := b.join(l.Mesh); err == nil {
				again, err := decodeStoredBatch(appendBatch(nil, b, batchPrev))
				if err != nil {
					t.Fatal(err)
				}
				if joined, err := again.join(l.Mesh); err != nil || !bytes.Equal(joined.Raw(), b.Raw()) {
					t.Errorf("batch does not survive: %v", err)
				}
			}
		}
		if e, err := decodeLaneEntry(raw); err == nil {
			if again, err := decodeLaneEntry(e.append(nil)); err != nil || again != e {
				t.Errorf("%+v becomes %+v, %v", e, again, err)
			}
		}
		if g, err := decodeFates(raw, 4); err == nil && g != nil {
			if again, err := decodeFates(g.append(nil, 4), 4); err != nil || again == nil || len(again.odd) != len(g.odd) {
				t.Errorf("%+v becomes %+v, %v", g, again, err)
			}
			_, _ = g.of(3)
		}
		if r, err := decodeLeafRun(raw); err == nil {
			to := append(appendLeafRun(nil, r.commit, r.hasLeaf), r.statements...)
			if again, err := decodeLeafRun(to); err != nil || again.commit != r.commit || !bytes.Equal(again.statements, r.statements) {
				t.Errorf("%+v becomes %+v, %v", r, again, err)
			}
		}
	})
}

func TestFatesOf(t *testing.T) {
	f := fates{commit: 1, firstLeaf: 100, odd: []oddFate{
		{item: 1, fate: store.Duplicate, leaf: 7}, {item: 2, fate: store.Refused},
	}}
	for item, want := range []struct {
		fate store.Fate
		leaf dag.LeafIndex
	}{{store.Accepted, 100}, {store.Duplicate, 7}, {store.Refused, 0}, {store.Accepted, 101}, {store.Accepted, 102}} {
		if fate, leaf := f.of(uint16(item)); fate != want.fate || leaf != want.leaf {
			t.Errorf("item %d: fate %d, leaf %d, want %d, %d", item, fate, leaf, want.fate, want.leaf)
		}
	}
}

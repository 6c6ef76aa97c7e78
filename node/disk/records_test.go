package disk

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/merkle"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/dag/store/storetest"
)

func batches(b ...*dag.Batch) []*dag.Batch { return b }

func executions(e ...*store.Executed) []*store.Executed { return e }

func apply(t testing.TB, s *Store, w *store.Write) {
	t.Helper()
	if err := s.Apply(w); err != nil {
		t.Fatal(err)
	}
}

// gateways returns a ledger's node keys.
func gateways(l *storetest.Ledger) (keys []dag.PublicKey) {
	for _, n := range l.Nodes {
		keys = append(keys, n.Public())
	}
	return keys
}

func TestRecord(t *testing.T) {
	l := storetest.NewLedger(t, 2, 2)
	s := openIn(t, vfs.NewMem(), l.Mesh, gateways(l)...)
	first := l.Batch(0, 0, 2)
	twice := l.BatchOf(1, 0, first.Items[1], l.Reading(), l.Attested(1, "press-7/"), l.Reading())
	l.Fates[twice.Items[1].ID()] = store.Refused
	waiting := l.Batch(1, 0, 1)
	loser := l.Fork(1, twice)
	apply(t, s, &store.Write{Batches: batches(twice, waiting, first, loser)})

	if e := record(t, s, twice.Items[3].ID()); e.Executed {
		t.Errorf("executed before any commit: %+v", e)
	}
	e := l.Commit(false, first, twice)
	apply(t, s, &store.Write{Executed: executions(e)})

	for _, c := range []struct {
		name     string
		record   *dag.Record
		batch    *dag.Batch
		executed bool
		fate     store.Fate
		leaf     dag.LeafIndex
	}{
		{"first", first.Items[0], first, true, store.Accepted, leafOf(e, first.Items[0])},
		{"in two batches", first.Items[1], nil, true, store.Accepted, leafOf(e, first.Items[1])},
		{"refused", twice.Items[1], twice, true, store.Refused, 0},
		{"after odd ones", twice.Items[3], twice, true, store.Accepted, leafOf(e, twice.Items[3])},
		{"attested", twice.Items[2], twice, true, store.Accepted, leafOf(e, twice.Items[2])},
		{"waiting", waiting.Items[0], waiting, false, 0, 0},
		{"lost to a fork", loser.Items[0], loser, true, store.Frozen, 0},
	} {
		got := record(t, s, c.record.ID())
		if got.Executed != c.executed || got.Fate != c.fate || got.Leaf != c.leaf {
			t.Errorf("%s: executed %t, fate %d, leaf %d, want %t, %d, %d",
				c.name, got.Executed, got.Fate, got.Leaf, c.executed, c.fate, c.leaf)
		}
		if !bytes.Equal(got.Record.Raw(), c.record.Raw()) || c.batch != nil && got.Position.Seq != c.batch.Seq {
			t.Errorf("%s: another record", c.name)
		}
	}
	got := record(t, s, twice.Items[2].ID())
	if got.Device != "press-7" || !got.Attested || len(got.Pack) != 1 || got.Time != storetest.StartMillis+3000 {
		t.Errorf("attested: device %q, attested %t, time %d", got.Device, got.Attested, got.Time)
	}
	if _, err := s.Record(dag.RecordID{1}); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown record: %v, want %v", err, ErrNotFound)
	}
}

func record(t *testing.T, s *Store, id dag.RecordID) *Entry {
	t.Helper()
	e, err := s.Record(id)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func leafOf(e *store.Executed, r *dag.Record) dag.LeafIndex {
	for _, x := range e.Records {
		if x.Record == r.ID() && x.Fate == store.Accepted {
			return x.Leaf
		}
	}
	return 1 << 40
}

// TestRecords compares pages of every size with a filter over all records.
func TestRecords(t *testing.T) {
	l := storetest.NewLedger(t, 3, 4)
	s := openIn(t, vfs.NewMem(), l.Mesh, gateways(l)...)
	var all []*dag.Record
	for i := range 70 {
		var b *dag.Batch
		switch {
		case i%7 == 3:
			b = l.BatchOf(0, 0, l.Attested(0, "press-7/"), l.Attested(0, "oven:"), l.Reading())
		case i%20 > 15: // some groups without most devices
			b = l.BatchOf(1, 0, l.Attested(1, "press-7/"))
		default:
			b = l.Batch(i%3, 0, 1+i%4)
		}
		all = append(all, b.Items...)
		apply(t, s, &store.Write{Batches: batches(b)})
	}
	key := l.Devices[2].Public().String()
	middle := storetest.StartMillis + 60_000
	for _, q := range []Query{
		{},
		{Device: key},
		{Device: "press-7"},
		{Device: "oven"},
		{Device: "nobody"},
		{From: middle},
		{To: middle},
		{Device: "press-7", From: middle, To: middle + 30_000},
	} {
		var want []dag.RecordID
		for i, r := range all {
			at := storetest.StartMillis + dag.UnixMilli(i)*1000
			if (q.Device == "" || s.DeviceOf(r) == q.Device) && at >= q.From && (q.To == 0 || at < q.To) {
				want = append(want, r.ID())
			}
		}
		for _, limit := range []int{1, 3, 1000} {
			q.Limit = limit
			if got := pages(t, s, q); !slices.Equal(got, want) {
				t.Errorf("%+v: %d records, want %d in their order", q, len(got), len(want))
			}
		}
	}
	for _, cursor := range []string{"x", "1", "1.", ".1", "01.0", "1.0.0", "-1.0", "ffffffffffffffff.0", "0.10000"} {
		if _, _, err := s.Records(Query{Cursor: cursor}); !errors.Is(err, ErrCursor) {
			t.Errorf("cursor %q: %v, want %v", cursor, err, ErrCursor)
		}
	}
}

func pages(t *testing.T, s *Store, q Query) (ids []dag.RecordID) {
	t.Helper()
	for {
		page, next, err := s.Records(q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) > q.Limit || next != "" && len(page) < q.Limit {
			t.Fatalf("%d records in a page of %d, next %q", len(page), q.Limit, next)
		}
		for _, e := range page {
			ids = append(ids, e.Record.ID())
		}
		if q.Cursor = next; next == "" {
			return ids
		}
	}
}

// TestLog compares tiles, entries, leaves and proofs with the log itself.
func TestLog(t *testing.T) {
	l := storetest.NewLedger(t, 2, 3)
	fs := vfs.NewMem()
	s := openIn(t, fs, l.Mesh, gateways(l)...)
	var (
		entries [][]byte
		records []dag.RecordID
		last    *store.Executed
	)
	for i := range 40 {
		b := l.Batch(i%2, 0, 1+i*3%47)
		if i%5 == 0 {
			l.Fates[b.Items[0].ID()] = store.Refused
		}
		last = l.Commit(i%4 == 0, b)
		apply(t, s, &store.Write{Batches: batches(b), Executed: executions(last, l.Commit(false))})
		for _, x := range last.Records {
			if x.Fate == store.Accepted {
				leaf := merkle.RecordLeaf(x.Statement, x.Record)
				entries, records = append(entries, leaf[:]), append(records, x.Record)
			}
		}
		entries, records = append(entries, last.Outcome.Encode()), append(records, dag.RecordID{})
	}
	checkLog(t, s, last, entries, records)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	checkLog(t, openIn(t, fs, l.Mesh, gateways(l)...), last, entries, records)
}

func checkLog(t *testing.T, s *Store, last *store.Executed, entries [][]byte, records []dag.RecordID) {
	t.Helper()
	size := uint64(len(entries))
	if got := s.Counts().LogSize; got != size || size < 700 {
		t.Fatalf("log of %d leaves, want %d", got, size)
	}
	for index, data := range entries {
		path, err := s.InclusionProof(dag.LeafIndex(index), size)
		if err != nil {
			t.Fatal(err)
		}
		if err := merkle.VerifyInclusion(path, size, last.Root, dag.LeafIndex(index), merkle.LeafHash(data)); err != nil {
			t.Fatal(err)
		}
	}
	for first := uint64(0); first < size; first += merkle.TileWidth {
		width := int(min(size-first, merkle.TileWidth))
		bundle, err := s.Entries(first/merkle.TileWidth, width)
		if err != nil {
			t.Fatal(err)
		}
		got, err := merkle.SplitEntries(bundle, width)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, entries[first:first+uint64(width)], bytes.Equal) {
			t.Fatalf("bundle from leaf %d is not the log's", first)
		}
	}
	for _, limit := range []int{1, 100, MaxLeaves} {
		checkLeaves(t, s, records, limit)
	}
	for _, tile := range []merkle.Tile{{Index: size / 256, Width: 256}, {Level: 1, Width: 4}, {Level: 9, Width: 1}, {Level: -1, Width: 1}} {
		if _, err := s.Tile(tile.Level, tile.Index, tile.Width); !errors.Is(err, ErrNotFound) {
			t.Errorf("%+v: %v, want %v", tile, err, ErrNotFound)
		}
	}
	if _, err := s.InclusionProof(0, size+1); !errors.Is(err, ErrNotFound) {
		t.Errorf("proof in a larger log: %v, want %v", err, ErrNotFound)
	}
}

func checkLeaves(t *testing.T, s *Store, records []dag.RecordID, limit int) {
	t.Helper()
	for from := 0; from < len(records); {
		leaves, err := s.Leaves(dag.LeafIndex(from), limit)
		if err != nil {
			t.Fatal(err)
		}
		if len(leaves) != min(limit, len(records)-from) {
			t.Fatalf("%d leaves from %d on, want %d", len(leaves), from, min(limit, len(records)-from))
		}
		for i, leaf := range leaves {
			if int(leaf.Index) != from+i || leaf.Record != records[from+i] || leaf.Record.IsZero() != (leaf.Device == "") {
				t.Fatalf("leaf %d: %+v, want record %s", from+i, leaf, records[from+i])
			}
		}
		from += len(leaves)
	}
	if leaves, err := s.Leaves(dag.LeafIndex(len(records)), limit); err != nil || len(leaves) != 0 {
		t.Fatalf("%d leaves beyond the end, %v", len(leaves), err)
	}
}

// TestRefusesWrongExecution hands over commits that execution cannot have made.
func TestRefusesWrongExecution(t *testing.T) {
	for name, spoil := range map[string]func(e *store.Executed){
		"root":    func(e *store.Executed) { e.Root[0]++ },
		"size":    func(e *store.Executed) { e.Size++ },
		"leaf":    func(e *store.Executed) { e.Records[0].Leaf++ },
		"item":    func(e *store.Executed) { e.Records[1].Item++ },
		"seq":     func(e *store.Executed) { e.Records[1].Seq++ },
		"lane":    func(e *store.Executed) { e.Records[0].Lane.Number++ },
		"outcome": func(e *store.Executed) { e.Outcome.Records++ },
		"first":   func(e *store.Executed) { e.Outcome.FirstLeaf++ },
		"batch":   func(e *store.Executed) { e.Commit.Cut[0].Batches[0][0]++ },
	} {
		t.Run(name, func(t *testing.T) {
			l := storetest.NewLedger(t, 1, 1)
			s := openIn(t, vfs.NewMem(), l.Mesh)
			b := l.Batch(0, 0, 3)
			e := l.Commit(false, b)
			spoil(e)
			err := s.Apply(&store.Write{Batches: batches(b), Executed: executions(e)})
			if err == nil || s.Err() == nil {
				t.Fatal("taken")
			}
		})
	}
}

// TestReadersBesideTheWriter reads everything while writing; the race detector judges.
func TestReadersBesideTheWriter(t *testing.T) {
	l, writes, _ := history(t, 40)
	s := openIn(t, vfs.NewMem(), l.Mesh, gateways(l)...)
	id := writes[0].Batches[0].Items[0].ID()
	reads := []func() error{
		func() error { _, err := s.Restore(l.Nodes[0].Public(), 100); return err },
		func() error { _, _, err := s.Records(Query{Limit: 100}); return err },
		func() error {
			_, _, err := s.Records(Query{Limit: 100, Device: l.Devices[0].Public().String()})
			return err
		},
		func() error { _, err := s.Leaves(0, 1000); return err },
		func() error { _, _, err := s.Commits(0, 1<<20); return err },
		func() error { _, err := s.Lane(l.Lane(0, 0), 1, 1<<20); return err },
		func() error {
			_, err := s.Record(id)
			if errors.Is(err, ErrNotFound) {
				return nil
			}
			return err
		},
		func() error {
			size := s.Counts().LogSize
			if size == 0 {
				return nil
			}
			_, err := s.InclusionProof(dag.LeafIndex(size-1), size)
			return err
		},
	}
	stop := make(chan struct{})
	errs := make([]error, len(reads))
	var group sync.WaitGroup
	for i, read := range reads {
		group.Go(func() {
			for errs[i] == nil {
				select {
				case <-stop:
					return
				default:
					errs[i] = read()
				}
			}
		})
	}
	if _, _, err := run(s, writes); err != nil {
		t.Error(err)
	}
	close(stop)
	group.Wait()
	for i, err := range errs {
		if err != nil {
			t.Errorf("reader %d: %v", i, fmt.Errorf("while writing: %w", err))
		}
	}
}

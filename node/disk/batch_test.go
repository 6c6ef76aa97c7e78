package disk

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/dag/store/storetest"
)

// TestImpliedPrevs stores two branches of a lane in several orders, with and without commits in
// between, and reads everything back by every way.
func TestImpliedPrevs(t *testing.T) {
	for _, order := range [][]int{
		// Batches 1, 2, 3 of the lane are 0, 1, 2; what competes with them 3, 4, 5.
		{0, 1, 2},
		{0, 3, 1, 4, 2, 5},
		{3, 0, 4, 1, 5, 2}, // the leaders lose
		{0, 1, 2, 5, 4, 3},
		{3, 4, 5, 0, 1, 2},
		{1, 2, 0, 4, 3}, // and out of order
	} {
		for _, apart := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v %t", order, apart), func(t *testing.T) { testImpliedPrevs(t, order, apart) })
		}
	}
}

func testImpliedPrevs(t *testing.T, order []int, apart bool) {
	l := storetest.NewLedger(t, 1, 3)
	made := []*dag.Batch{l.Batch(0, 0, 2), l.Batch(0, 0, 1), l.Batch(0, 0, 3)}
	for _, b := range made[:3] {
		made = append(made, l.Fork(0, b))
	}
	var stored []*dag.Batch
	fs := vfs.NewMem()
	s := openIn(t, fs, l.Mesh)
	add := func(b *dag.Batch) {
		apply(t, s, &store.Write{Batches: batches(b)})
		stored = append(stored, b)
	}
	var commits []*dag.Commit
	for _, i := range order {
		add(made[i])
		if next := len(commits); apart && next < 3 && slices.Contains(stored, made[next]) {
			commits = append(commits, commit(t, l, s, made[next]))
		}
	}
	for next := len(commits); next < 3; next++ {
		commits = append(commits, commit(t, l, s, made[next]))
	}
	add(l.Fork(0, made[1])) // long after
	checkBatches(t, s, stored)
	checkCommits(t, s, commits)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openIn(t, fs, l.Mesh)
	add(l.Batch(0, 0, 1))
	checkBatches(t, s, stored)
	checkCommits(t, s, commits)
}

func commit(t *testing.T, l *storetest.Ledger, s *Store, b *dag.Batch) *dag.Commit {
	t.Helper()
	e := l.Commit(true, b)
	w := &store.Write{Executed: executions(e)}
	w.Certified = append(w.Certified, l.Certify(e))
	apply(t, s, w)
	return e.Commit
}

// checkBatches reads batches by id, by lane and by arrival, from every one on.
func checkBatches(t *testing.T, s *Store, stored []*dag.Batch) {
	t.Helper()
	var ids []dag.BatchID
	for _, b := range stored {
		ids = append(ids, b.ID())
	}
	inLane := slices.SortedFunc(slices.Values(stored), func(a, b *dag.Batch) int {
		if a.Seq != b.Seq {
			return int(a.Seq) - int(b.Seq)
		}
		return a.ID().Compare(b.ID())
	})
	got, err := s.Batches(ids)
	wantBatches(t, got, err, stored)
	for seq := dag.Seq(1); seq <= inLane[len(inLane)-1].Seq; seq++ {
		first := slices.IndexFunc(inLane, func(b *dag.Batch) bool { return b.Seq >= seq })
		got, err := s.Lane(stored[0].Lane, seq, 1<<20)
		wantBatches(t, got, err, inLane[first:])
	}
	for i := range stored {
		reader := s.batchReader()
		var got []*dag.Batch
		err := s.each(numberKey(prefixBatch, uint64(i)), []byte{prefixBatch + 1}, func(key, value []byte) (bool, error) {
			b, err := reader.decode(key, value)
			got = append(got, b)
			return err == nil, err
		})
		wantBatches(t, got, err, stored[i:])
	}
}

func wantBatches(t *testing.T, got []*dag.Batch, err error, want []*dag.Batch) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(got, want, func(a, b *dag.Batch) bool { return bytes.Equal(a.Raw(), b.Raw()) }) {
		t.Fatalf("%d batches, want %d with their bytes", len(got), len(want))
	}
}

func checkCommits(t *testing.T, s *Store, want []*dag.Commit) {
	t.Helper()
	_, got, err := s.Commits(0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(got, want, func(a, b *dag.Commit) bool { return bytes.Equal(a.Raw(), b.Raw()) }) {
		t.Fatalf("%d commits, want %d with their bytes", len(got), len(want))
	}
}

// TestJoinedIsChecked changes stored values in ways that tables' checksums do not see.
func TestJoinedIsChecked(t *testing.T) {
	l := storetest.NewLedger(t, 1, 1)
	first, second := l.Batch(0, 0, 1), l.Batch(0, 0, 1)
	e := l.Commit(true, first, second)
	leaderKey := laneBatchKey(first.Lane, first.Seq, first.ID())
	for name, c := range map[string]struct {
		key   []byte
		spoil func(value []byte) []byte // nil: delete
		read  func(s *Store) error
	}{
		"body":      {numberKey(prefixBatch, 1), flipLast, readSecond(second)},
		"signature": {numberKey(prefixBatch, 1), flipAt(10), readSecond(second)},
		"leader":    {leaderKey, nil, readSecond(second)},
		"commit":    {numberKey(prefixCommit, 1), flipAt(1 + checkBytes + 3*32), readCommit},
		"cut":       {leaderKey, nil, readCommit},
		"leaf":      {numberKey(prefixLeaves, 0), flipLast, readLeaves},
	} {
		t.Run(name, func(t *testing.T) {
			s := openIn(t, vfs.NewMem(), l.Mesh)
			apply(t, s, &store.Write{Batches: batches(first, second), Executed: executions(e)})
			if err := c.read(s); err != nil {
				t.Fatal(err)
			}
			value, err := s.must(c.key)
			if err == nil && c.spoil != nil {
				err = s.db.Set(c.key, c.spoil(value), pebble.NoSync)
			} else if err == nil {
				err = s.db.Delete(c.key, pebble.NoSync)
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := c.read(s); !errors.Is(err, store.ErrCorrupt) {
				t.Errorf("%v, want %v", err, store.ErrCorrupt)
			}
		})
	}
}

func flipLast(value []byte) []byte { return flipAt(len(value) - 1)(value) }

func flipAt(i int) func([]byte) []byte {
	return func(value []byte) []byte {
		value[i] ^= 1
		return value
	}
}

func readSecond(b *dag.Batch) func(*Store) error {
	return func(s *Store) error {
		_, err := s.Record(b.Items[0].ID())
		return err
	}
}

func readCommit(s *Store) error {
	_, err := s.executedAt(1)
	return err
}

func readLeaves(s *Store) error {
	_, err := s.Leaves(0, 10)
	return err
}

// TestFatesInGroups compares the fates of more batches than share a value, executed in
// another order than stored.
func TestFatesInGroups(t *testing.T) {
	l := storetest.NewLedger(t, 3, 5)
	s := openIn(t, vfs.NewMem(), l.Mesh)
	var all []*dag.Batch
	for i := range 3*fateGroup + 5 {
		b := l.Batch(i*7%3, 0, 1+i%3)
		if i%4 == 1 {
			l.Fates[b.Items[0].ID()] = store.Refused
		}
		all = append(all, b)
	}
	apply(t, s, &store.Write{Batches: all})
	half := len(all) / 2
	for _, part := range [][]*dag.Batch{all[:half], all[half:]} {
		e := l.Commit(false, part...)
		apply(t, s, &store.Write{Executed: executions(e)})
		for _, x := range e.Records {
			got := record(t, s, x.Record)
			if !got.Executed || got.Commit != e.Commit.Index || got.Fate != x.Fate || got.Leaf != x.Leaf {
				t.Errorf("seq %d item %d: fate %d, leaf %d in commit %d, want %d, %d, %d",
					x.Seq, x.Item, got.Fate, got.Leaf, got.Commit, x.Fate, x.Leaf, e.Commit.Index)
			}
		}
	}
}

// TestCloseDropsBlocks closes a store whose floor rose by less than it takes to
// delete blocks while running.
func TestCloseDropsBlocks(t *testing.T) {
	l := storetest.NewLedger(t, 1, 1)
	fs := vfs.NewMem()
	s := openIn(t, fs, l.Mesh)
	w := &store.Write{Floor: 3}
	for round := dag.Round(1); round <= 5; round++ {
		w.Blocks = append(w.Blocks, l.Block(0, round))
	}
	apply(t, s, w)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openIn(t, fs, l.Mesh)
	var kept []uint64
	err := s.each([]byte{prefixBlock}, []byte{prefixBlock + 1}, func(key, _ []byte) (bool, error) {
		kept = append(kept, keyNumber(key[:9]))
		return true, nil
	})
	if err != nil || !slices.Equal(kept, []uint64{4, 5}) {
		t.Errorf("blocks of rounds %v, %v, want 4 and 5", kept, err)
	}
}

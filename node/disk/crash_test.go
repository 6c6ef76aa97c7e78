package disk

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/dag/store/storetest"
)

// history returns Writes that touch everything, and what a store must give back
// after each number of them.
func history(t testing.TB, commits int) (l *storetest.Ledger, writes []*store.Write, dumps []string) {
	l = storetest.NewLedger(t, 4, 6)
	for i := range commits {
		round := dag.Round(i + 1)
		batches := []*dag.Batch{l.Batch(0, 0, 1+i%5), l.Batch(i%4, 1, 2)}
		w := &store.Write{
			Batches: append(slices.Clone(batches), l.Fork(0, batches[0])),
			Blocks:  []*dag.Block{l.Block(0, round), l.Block(1, round)},
		}
		e := l.Commit(false, batches...)
		x := &store.Write{Executed: []*store.Executed{e}, Floor: max(round, 5) - 5}
		if i%3 == 0 {
			x.State, x.Cosigned, x.OwnLanes = fmt.Appendf(nil, "state %d", i), e.Size, dag.LaneNumber(i)
			x.Certified = append(x.Certified, l.Certify(e))
		}
		if i == 4 {
			x.Retired, x.Diverged = "forgot", "another log"
		}
		writes = append(writes, w, x)
	}
	m := store.NewMemory()
	dumps = []string{dump(t, l, m)}
	for _, w := range writes {
		if err := m.Apply(w); err != nil {
			t.Fatal(err)
		}
		dumps = append(dumps, dump(t, l, m))
	}
	return l, writes, dumps
}

func dump(t testing.TB, l *storetest.Ledger, s store.Store) string {
	t.Helper()
	return storetest.Dump(t, s, l.Nodes[0].Public(), 1000)
}

// TestCrash cuts the power at many moments, with none, some or all of what was
// not synced on the disk: what comes back is some number of whole Writes in order, at
// least those synced.
func TestCrash(t *testing.T) {
	l, writes, dumps := history(t, 30)
	const seed = 7
	random := rand.New(rand.NewPCG(seed, seed))
	fs := vfs.NewCrashableMem()
	s := openIn(t, fs, l.Mesh)
	synced := 0
	for i, w := range writes {
		if err := s.Apply(w); err != nil {
			t.Fatal(err)
		}
		if random.IntN(3) == 0 {
			if err := s.Sync(); err != nil {
				t.Fatal(err)
			}
			synced = i + 1
		}
		if random.IntN(20) == 0 { // tables and a new log, not only the log
			if err := s.db.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		for _, percent := range []int{0, 50, 100} {
			after := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: random})
			checkPrefix(t, l, writes, dumps, after, synced, i+1)
		}
	}
}

// checkPrefix opens a store and checks that it holds from least to most Writes. It
// goes on from there to the end.
func checkPrefix(
	t *testing.T, l *storetest.Ledger, writes []*store.Write, dumps []string, fs vfs.FS, least, most int,
) {
	t.Helper()
	s, err := Open(testDir, Options{Mesh: l.Mesh, fs: fs})
	if err != nil {
		t.Fatalf("after %d to %d writes: %v", least, most, err)
	}
	got := dump(t, l, s)
	n := slices.Index(dumps, got)
	if n < least || n > most {
		t.Fatalf("want the dump of %d to %d writes, got number %d\n%s", least, most, n, got)
	}
	if want := pendingAfter(writes[:n]); s.Counts().Pending != want {
		t.Fatalf("%d pending after %d writes, want %d", s.Counts().Pending, n, want)
	}
	for _, w := range writes[n:] {
		if err := s.Apply(w); err != nil {
			t.Fatalf("going on after %d writes: %v", n, err)
		}
	}
	if got := dump(t, l, s); got != dumps[len(writes)] {
		t.Fatalf("going on after %d writes\n%s\nwant\n%s", n, got, dumps[len(writes)])
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// pendingAfter counts the records beyond the cut the slow way.
func pendingAfter(writes []*store.Write) (n uint64) {
	cut := map[dag.LaneID]dag.Seq{}
	for _, w := range writes {
		for _, e := range w.Executed {
			for _, c := range e.Commit.Cut {
				cut[c.Lane] = c.Seq
			}
		}
	}
	for _, w := range writes {
		for _, b := range w.Batches {
			if b.Seq > cut[b.Lane] {
				n += uint64(len(b.Items))
			}
		}
	}
	return n
}

// TestWriteErrors lets every single write operation of a run fail once, each in
// a run of its own: the store stops with that error and never hangs, reads go on, and all that was synced
// is there on a disk that works again.
func TestWriteErrors(t *testing.T) {
	l, writes, dumps := history(t, 8)
	for _, cause := range []error{syscall.ENOSPC, syscall.EIO} {
		for at := int32(0); ; at++ {
			fs := vfs.NewCrashableMem()
			var armed atomic.Bool
			var n atomic.Int32
			s, err := Open(testDir, Options{Mesh: l.Mesh, fs: errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
				if armed.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite && n.Add(1) > at {
					return cause // and all after it: a full disk stays full
				}
				return nil
			}))})
			if err != nil {
				t.Fatal(err)
			}
			armed.Store(true)
			applied, synced, err := run(s, writes)
			if err == nil {
				err = s.Close()
			}
			if err == nil {
				if at == 0 {
					t.Fatal("no write failed")
				}
				break // a whole run has no more operations
			}
			checkStopped(t, s, err, cause)
			checkPrefix(t, l, writes, dumps, fs.CrashClone(vfs.CrashCloneCfg{}), synced, applied)
		}
	}
}

// run applies and syncs, with a flush in the middle.
func run(s *Store, writes []*store.Write) (applied, synced int, err error) {
	for i, w := range writes {
		applied = i + 1
		if err := s.Apply(w); err != nil {
			return applied, synced, err
		}
		if i == len(writes)/2 {
			if err := s.guarded(s.db.Flush); err != nil {
				return applied, synced, err
			}
		}
		if err := s.Sync(); err != nil {
			return applied, synced, err
		}
		synced = applied
	}
	return applied, synced, nil
}

func checkStopped(t *testing.T, s *Store, err, cause error) {
	t.Helper()
	if !errors.Is(err, cause) || errors.Is(err, ErrFull) != errors.Is(cause, syscall.ENOSPC) {
		t.Fatalf("stopped with %v, want %v", err, cause)
	}
	if !strings.Contains(err.Error(), testDir) {
		t.Fatalf("%v does not name the directory", err)
	}
	if s.closed { // it stopped while closing
		return
	}
	for name, call := range map[string]func() error{
		"apply": func() error { return s.Apply(&store.Write{Cosigned: 1 << 30}) },
		"sync":  s.Sync,
		"err":   s.Err,
	} {
		if got := call(); got == nil || got.Error() != err.Error() {
			t.Fatalf("%s later: %v, want %v", name, got, err)
		}
	}
	select {
	case <-s.Failed():
	default:
		t.Fatal("Failed is open")
	}
	if _, err := s.Restore(dag.PublicKey{}, 10); err != nil {
		t.Fatalf("reading after a failed write: %v", err)
	}
	if got := s.Close(); got == nil || got.Error() != err.Error() {
		t.Fatalf("close: %v, want %v", got, err)
	}
}

// TestCorruption flips bits in tables: reading says so, and names what.
func TestCorruption(t *testing.T) {
	l, writes, _ := history(t, 40)
	fs := vfs.NewMem()
	s := openIn(t, fs, l.Mesh)
	if _, _, err := run(s, writes); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := fs.List(testDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if !strings.HasSuffix(name, ".sst") {
			continue
		}
		data, err := fs.UnsafeGetFileDataBuffer(fs.PathJoin(testDir, name))
		if err != nil {
			t.Fatal(err)
		}
		for i := 100; i < len(data)-1000; i += 97 {
			data[i] ^= 0x40
		}
	}
	s, err = Open(testDir, Options{Mesh: l.Mesh, fs: fs})
	if err == nil {
		_, err = s.Restore(l.Nodes[0].Public(), 1000)
	}
	if !errors.Is(err, store.ErrCorrupt) {
		t.Fatalf("%v, want %v", err, store.ErrCorrupt)
	}
	t.Log(err)
}

func TestOpenRefuses(t *testing.T) {
	fs := vfs.NewMem()
	s := openIn(t, fs, dag.MeshID{1})
	if _, err := Open(testDir, Options{Mesh: dag.MeshID{1}, fs: fs}); !errors.Is(err, ErrLocked) {
		t.Errorf("open twice: %v, want %v", err, ErrLocked)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); !errors.Is(err, ErrClosed) {
		t.Errorf("close twice: %v, want %v", err, ErrClosed)
	}
	if err := s.Apply(&store.Write{Cosigned: 1}); !errors.Is(err, ErrClosed) {
		t.Errorf("apply after close: %v, want %v", err, ErrClosed)
	}
	if _, err := s.Batches(nil); !errors.Is(err, ErrClosed) {
		t.Errorf("read after close: %v, want %v", err, ErrClosed)
	}
	if _, err := Open(testDir, Options{Mesh: dag.MeshID{2}, fs: fs}); !errors.Is(err, ErrMesh) {
		t.Errorf("open as another mesh: %v, want %v", err, ErrMesh)
	}
	s = openIn(t, fs, dag.MeshID{1})
	b := s.db.NewBatch()
	set(b, []byte(keySchema), []byte{schemaVersion + 1})
	if err := b.Commit(nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(testDir, Options{Mesh: dag.MeshID{1}, fs: fs}); !errors.Is(err, ErrSchema) {
		t.Errorf("open a newer schema: %v, want %v", err, ErrSchema)
	}
}

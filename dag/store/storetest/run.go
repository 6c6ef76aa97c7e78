package storetest

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// Opener opens an empty store of a mesh, and closes it when the test ends.
type Opener func(tb testing.TB, mesh dag.MeshID) store.Store

// Reopener gives the store as it is after its owner crashed: what was
// synced is there. The one passed is not used again.
type Reopener func(tb testing.TB, s store.Store) store.Store

// Run checks every promise of package store.
func Run(t *testing.T, open Opener, reopen Reopener) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, b *bench)
	}{
		{"a new store is empty", testEmpty},
		{"batches come by id in the order asked", testBatches},
		{"a lane comes ascending and bounded", testLane},
		{"both branches of a forked lane come", testFork},
		{"blocks come by reference and restore ascending", testBlocks},
		{"blocks at or below the floor may go, none above", testFloor},
		{"restore gives what a replica needs", testRestore},
		{"recent statements end with the state", testRecent},
		{"a state replaces the one before", testState},
		{"the cosigned size never falls", testCosigned},
		{"own lanes never begin lower", testOwnLanes},
		{"who has stopped signing stays so for the first reason", testStopped},
		{"commits come up to a certified one", testCommits},
		{"a gap of commits is refused whole", testGap},
		{"applying twice is the same as once", testTwice},
		{"what is synced survives", testSurvives},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := NewLedger(t, 4, 5)
			c.test(t, &bench{t: t, Ledger: l, store: open(t, l.Mesh), reopen: reopen})
		})
	}
}

// bench is a ledger and the store under test.
type bench struct {
	t *testing.T
	*Ledger

	store  store.Store
	reopen Reopener
}

func (b *bench) apply(w *store.Write) {
	b.t.Helper()
	if err := b.store.Apply(w); err != nil {
		b.t.Fatalf("apply: %v", err)
	}
}

func (b *bench) sync() {
	b.t.Helper()
	if err := b.store.Sync(); err != nil {
		b.t.Fatalf("sync: %v", err)
	}
}

// restore returns what gateway 0 is given.
func (b *bench) restore(recent uint64) *store.Restored {
	b.t.Helper()
	r, err := b.store.Restore(b.Nodes[0].Public(), recent)
	if err != nil {
		b.t.Fatalf("restore: %v", err)
	}
	return r
}

// wantRestored checks what gateway 0 is given.
func (b *bench) wantRestored(recent uint64, want *store.Restored) {
	b.t.Helper()
	if got, want := DumpRestored(b.restore(recent)), DumpRestored(want); got != want {
		b.t.Fatalf("restored\n%s\nwant\n%s", got, want)
	}
}

func (b *bench) wantLane(lane dag.LaneID, from dag.Seq, maxBytes int, want ...*dag.Batch) {
	b.t.Helper()
	got, err := b.store.Lane(lane, from, maxBytes)
	if err != nil {
		b.t.Fatalf("lane: %v", err)
	}
	b.wantBatches(got, want)
}

func (b *bench) wantBatches(got, want []*dag.Batch) {
	b.t.Helper()
	if len(got) != len(want) {
		b.t.Fatalf("got %d batches, want %d", len(got), len(want))
	}
	for i := range want {
		if string(got[i].Raw()) != string(want[i].Raw()) || got[i].ID() != want[i].ID() {
			b.t.Fatalf("batch %d is seq %d, %s, want seq %d, %s",
				i, got[i].Seq, got[i].ID(), want[i].Seq, want[i].ID())
		}
	}
}

func testEmpty(_ *testing.T, b *bench) {
	b.wantRestored(10, &store.Restored{})
	b.wantLane(b.Lane(0, 0), 0, math.MaxInt)
	got, err := b.store.Batches([]dag.BatchID{{1}})
	b.check(err)
	b.wantBatches(got, nil)
	b.wantCommits(0, math.MaxInt, nil)
}

func testBatches(_ *testing.T, b *bench) {
	one, two, other := b.Batch(0, 0, 3), b.Batch(0, 0, 1), b.Batch(1, 0, 2)
	b.apply(&store.Write{Batches: []*dag.Batch{one, two}})
	b.apply(&store.Write{Batches: []*dag.Batch{other}})
	got, err := b.store.Batches([]dag.BatchID{other.ID(), {9}, one.ID(), two.ID()})
	b.check(err)
	b.wantBatches(got, []*dag.Batch{other, one, two})
}

func testLane(_ *testing.T, b *bench) {
	var lane []*dag.Batch
	for range 5 {
		lane = append(lane, b.Batch(1, 0, 2))
	}
	// Neighbours in key order, which must not be mixed up with it.
	beside := []*dag.Batch{b.Batch(1, 1, 1), b.Batch(0, 0, 1), b.Batch(2, 0, 1)}
	b.apply(&store.Write{Batches: slices.Concat(beside, lane[3:])}) // filled in from the back
	b.apply(&store.Write{Batches: lane[:3]})

	id, size := lane[0].Lane, len(lane[1].Raw())+len(lane[2].Raw())
	b.wantLane(id, 0, math.MaxInt, lane...)
	b.wantLane(id, 1, math.MaxInt, lane...)
	b.wantLane(id, 4, math.MaxInt, lane[3:]...)
	b.wantLane(id, 6, math.MaxInt)
	b.wantLane(id, 2, 0, lane[1])
	b.wantLane(id, 2, size, lane[1:3]...)
	b.wantLane(id, 2, size-1, lane[1])
	b.wantLane(beside[0].Lane, 1, math.MaxInt, beside[0])
}

func testFork(_ *testing.T, b *bench) {
	one, two, three := b.Batch(0, 0, 1), b.Batch(0, 0, 1), b.Batch(0, 0, 1)
	fork := b.Fork(0, two)
	b.apply(&store.Write{Batches: []*dag.Batch{one, two, three}})
	b.apply(&store.Write{Batches: []*dag.Batch{fork}})
	low, high := two, fork
	if low.ID().Compare(high.ID()) > 0 {
		low, high = high, low
	}
	b.wantLane(one.Lane, 2, math.MaxInt, low, high, three)
	b.wantRestored(0, &store.Restored{
		Batches:  []store.BatchMeta{metaOf(one), metaOf(low), metaOf(high), metaOf(three)},
		LaneTips: []store.BatchMeta{metaOf(three)},
	})
}

func testBlocks(_ *testing.T, b *bench) {
	first, second := b.Block(0, 1), b.Block(1, 1)
	third, far := b.Block(0, 2), b.Block(2, 300)
	b.apply(&store.Write{Blocks: []*dag.Block{far, third}})
	b.apply(&store.Write{Blocks: []*dag.Block{second, first}})
	b.wantRestored(0, &store.Restored{Blocks: []*dag.Block{first, second, third, far}})
	got, err := b.store.Blocks([]dag.BlockRef{far.Ref(), {Round: 1, Author: 3}, first.Ref()})
	b.check(err)
	if len(got) != 2 || got[0].ID() != far.ID() || got[1].ID() != first.ID() {
		b.t.Fatalf("got %d blocks, want those of rounds 300 and 1", len(got))
	}
}

func testFloor(t *testing.T, b *bench) {
	var above []*dag.Block
	for round := dag.Round(1); round <= 600; round++ {
		block := b.Block(0, round)
		b.apply(&store.Write{Blocks: []*dag.Block{block}, Floor: max(round, 20) - 20})
		if round > 580 {
			above = append(above, block)
		}
	}
	b.apply(&store.Write{Floor: 500}) // below the one that is
	kept := b.restore(0).Blocks
	if n := len(kept); n < len(above) || kept[n-len(above)].ID() != above[0].ID() {
		t.Fatalf("%d blocks kept, the %d above the floor are not the last", n, len(above))
	}
	if n := len(kept); n > 400 {
		t.Fatalf("%d of 600 blocks kept, of which 580 may go", n)
	}
}

// fill applies a small history and returns what Restore must give to gateway 0.
func (b *bench) fill() *store.Restored {
	b.t.Helper()
	a1, a2, a3 := b.Batch(0, 0, 3), b.Batch(0, 0, 2), b.Batch(0, 0, 1)
	alarm := b.Batch(0, 1, 1)
	c1 := b.Batch(1, 0, 2)
	// A duplicate, a refused and a frozen record beside an accepted one.
	odd := b.BatchOf(1, 0, c1.Items[0], b.Reading(), b.Reading(), b.Reading())
	b.Fates[odd.Items[1].ID()], b.Fates[odd.Items[3].ID()] = store.Refused, store.Frozen
	c3 := b.Batch(1, 0, 1)
	fork := b.Fork(1, c3)
	block := b.Block(0, 7)

	b.apply(&store.Write{Batches: []*dag.Batch{a1, a2, a3, alarm}, Blocks: []*dag.Block{block}})
	e1 := b.Commit(false, a1)
	b.apply(&store.Write{Executed: []*store.Executed{e1}, State: []byte("one"), Cosigned: e1.Size, OwnLanes: 8})
	cert := b.Certify(e1)
	b.apply(&store.Write{Batches: []*dag.Batch{c1, odd}, Certified: certs(cert)})
	e2, e3, e4 := b.Commit(false, c1, a2), b.Commit(false), b.Commit(true, odd)
	b.apply(&store.Write{
		Batches:  []*dag.Batch{c3, fork},
		Executed: []*store.Executed{e2, e3, e4},
		Retired:  "forgot", Diverged: "another log",
	})
	low, high := c3, fork
	if low.ID().Compare(high.ID()) > 0 {
		low, high = high, low
	}
	beyond := []store.BatchMeta{metaOf(a3), metaOf(alarm), metaOf(low), metaOf(high)}
	slices.SortStableFunc(beyond, func(a, b store.BatchMeta) int { return a.Lane.Compare(b.Lane) })
	return &store.Restored{
		State: []byte("one"), Cosigned: e1.Size, Certified: cert,
		OwnLanes: 8, Retired: "forgot", Diverged: "another log",
		Executed: []*store.Executed{e2, e3, e4},
		Recent: []dag.Digest{
			a1.Items[0].Statement(), a1.Items[1].Statement(), a1.Items[2].Statement(), {},
		},
		Blocks:   []*dag.Block{block},
		Batches:  beyond,
		LaneTips: []store.BatchMeta{metaOf(a3), metaOf(alarm)},
	}
}

func testRestore(_ *testing.T, b *bench) {
	want := b.fill()
	b.wantRestored(100, want)
}

func testRecent(t *testing.T, b *bench) {
	want := b.fill().Recent
	for limit := range uint64(6) {
		got := b.restore(limit).Recent
		if n := min(int(limit), len(want)); !slices.Equal(got, want[len(want)-n:]) {
			t.Fatalf("recent %d: %v, want the end of %v", limit, got, want)
		}
	}
	// With the next state, statements of several commits come; the duplicate, the
	// refused and the frozen record are not among them, and the empty commit has no leaf.
	last := b.Batch(2, 0, 1)
	e := b.Commit(true, last)
	b.apply(&store.Write{Batches: []*dag.Batch{last}, Executed: []*store.Executed{e}, State: []byte("two")})
	r := b.restore(1000)
	if uint64(len(r.Recent)) != e.Size || len(r.Executed) != 0 {
		t.Fatalf("%d recent of %d leaves, %d commits after the state", len(r.Recent), e.Size, len(r.Executed))
	}
	if n := len(r.Recent); r.Recent[n-2] != last.Items[0].Statement() || !r.Recent[n-1].IsZero() {
		t.Fatalf("recent ends %v", r.Recent[n-2:])
	}
	if got := b.restore(3).Recent; !slices.Equal(got, r.Recent[len(r.Recent)-3:]) {
		t.Fatalf("recent 3: %v", got)
	}
}

func testState(t *testing.T, b *bench) {
	b.apply(&store.Write{State: []byte("founded")})
	if r := b.restore(1); string(r.State) != "founded" || len(r.Recent) != 0 {
		t.Fatalf("state %q, recent %v", r.State, r.Recent)
	}
	one := b.Batch(0, 0, 1)
	e := b.Commit(false, one)
	b.apply(&store.Write{Batches: []*dag.Batch{one}, Executed: []*store.Executed{e}})
	if r := b.restore(1); string(r.State) != "founded" || len(r.Executed) != 1 {
		t.Fatalf("state %q, %d commits after it, want founded and 1", r.State, len(r.Executed))
	}
	b.apply(&store.Write{State: []byte{}})
	if r := b.restore(1); r.State == nil || len(r.State) != 0 || len(r.Executed) != 0 {
		t.Fatalf("state %q, %d commits after it, want an empty one and 0", r.State, len(r.Executed))
	}
}

func testCosigned(t *testing.T, b *bench) {
	for _, c := range []struct{ write, want uint64 }{{7, 7}, {0, 7}, {5, 7}, {8, 8}} {
		b.apply(&store.Write{Cosigned: c.write})
		if got := b.restore(0).Cosigned; got != c.want {
			t.Fatalf("cosigned %d after writing %d, want %d", got, c.write, c.want)
		}
	}
}

func testOwnLanes(t *testing.T, b *bench) {
	for _, c := range []struct{ write, want dag.LaneNumber }{{400, 400}, {0, 400}, {4, 400}, {1 << 31, 1 << 31}} {
		b.apply(&store.Write{OwnLanes: c.write})
		if got := b.restore(0).OwnLanes; got != c.want {
			t.Fatalf("own lanes from %d after writing %d, want %d", got, c.write, c.want)
		}
	}
}

func testStopped(_ *testing.T, b *bench) {
	b.apply(&store.Write{Diverged: "another log"})
	b.wantRestored(0, &store.Restored{Diverged: "another log"})
	b.apply(&store.Write{Cosigned: 3})
	b.apply(&store.Write{Retired: "forgot a block", Diverged: "another reason"})
	want := &store.Restored{Cosigned: 3, Retired: "forgot a block", Diverged: "another log"}
	b.wantRestored(0, want)
	b.sync()
	b.store = b.reopen(b.t, b.store)
	b.wantRestored(0, want)
}

func testGap(t *testing.T, b *bench) {
	one, two := b.Batch(0, 0, 1), b.Batch(0, 0, 1)
	e1, e2 := b.Commit(false, one), b.Commit(false, two)
	before := Dump(t, b.store, one.Lane.Key, 10)
	err := b.store.Apply(&store.Write{Batches: []*dag.Batch{one, two}, Executed: []*store.Executed{e2}})
	if !errors.Is(err, store.ErrGap) {
		t.Fatalf("commit 2 on an empty store: %v, want %v", err, store.ErrGap)
	}
	if got := Dump(t, b.store, one.Lane.Key, 10); got != before {
		t.Fatalf("a refused write changed the store to\n%s", got)
	}
	b.apply(&store.Write{Batches: []*dag.Batch{one, two}, Executed: []*store.Executed{e1, e2}})
}

func testTwice(t *testing.T, b *bench) {
	var writes []*store.Write
	record := &recorder{Store: b.store, writes: &writes}
	b.store = record
	want := b.fill()
	dump := Dump(t, record.Store, b.Nodes[0].Public(), 100)
	for _, w := range writes {
		b.check(record.Store.Apply(w))
		b.check(record.Store.Apply(w))
	}
	// All of them again leave the state of the first, with what follows it.
	b.wantRestored(100, want)
	if got := Dump(t, record.Store, b.Nodes[0].Public(), 100); got != dump {
		t.Fatalf("again\n%s\nonce\n%s", got, dump)
	}
}

// recorder keeps the Writes that pass.
type recorder struct {
	store.Store

	writes *[]*store.Write
}

func (r *recorder) Apply(w *store.Write) error {
	*r.writes = append(*r.writes, w)
	return r.Store.Apply(w)
}

func testSurvives(t *testing.T, b *bench) {
	want := b.fill()
	b.sync()
	dump := Dump(t, b.store, b.Nodes[0].Public(), 100)
	b.store = b.reopen(t, b.store)
	b.wantRestored(100, want)
	if got := Dump(t, b.store, b.Nodes[0].Public(), 100); got != dump {
		t.Fatalf("after\n%s\nbefore\n%s", got, dump)
	}
	// And life goes on.
	more := b.Batch(3, 0, 1)
	e := b.Commit(false, more)
	b.apply(&store.Write{Batches: []*dag.Batch{more}, Executed: []*store.Executed{e}})
	b.sync()
}

package node

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/dag/store/storetest"
	"github.com/floormesh/floormesh/node/disk"
)

// leaves returns at least want leaves from one on, as Events gives them.
func leaves(t testing.TB, n *Node, from dag.LeafIndex, want int) (all []Event) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for run, err := range n.Events(ctx, from) {
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, run...); len(all) >= want {
			return all
		}
	}
	t.Fatalf("%d leaves from %d on after %v, want %d", len(all), from, patience, want)
	return nil
}

// history is a ledger that is written to a disk and, by the way, to a tail.
type history struct {
	*storetest.Ledger

	t testing.TB
	n *Node // as much of it as reads events
}

func newHistory(t testing.TB) *history {
	t.Helper()
	l := storetest.NewLedger(t, 2, 3)
	s, err := disk.Open(t.TempDir(), disk.Options{
		Mesh: l.Mesh, Gateways: []dag.PublicKey{l.Nodes[0].Public(), l.Nodes[1].Public()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &history{Ledger: l, t: t, n: &Node{disk: s, tail: newTail(s.DeviceOf)}}
}

// commit makes these batches, in the order of their lanes, final.
func (h *history) commit(isCheckpoint bool, batches ...*dag.Batch) *store.Executed {
	h.t.Helper()
	x := h.Commit(isCheckpoint, batches...)
	if err := h.n.disk.Apply(&store.Write{Batches: batches, Executed: []*store.Executed{x}}); err != nil {
		h.t.Fatal(err)
	}
	h.n.tail.add(x, batches)
	return x
}

// TestTailGivesWhatTheDiskGives: whichever a follower reads from, it is told the same.
func TestTailGivesWhatTheDiskGives(t *testing.T) {
	h := newHistory(t)
	low, high := 0, 1 // by their lanes, as a cut has them
	if h.Lane(low, 0).Compare(h.Lane(high, 0)) > 0 {
		low, high = high, low
	}
	before := h.commit(false, h.Batch(low, 0, 2)) // nobody follows yet
	leave := h.n.tail.follow()
	defer leave()

	first := h.Batch(low, 0, 3)
	h.commit(false, first)
	h.commit(false) // no leaf at all
	odd := h.BatchOf(low, 0, h.Reading(), first.Items[0], h.Reading(), h.Attested(high, "press-7/"), h.Reading())
	h.Fates[odd.Items[2].ID()], h.Fates[odd.Items[4].ID()] = store.Refused, store.Frozen
	h.commit(false, odd, h.BatchOf(high, 0, h.Attested(low, "saw-2:"), h.Attested(high, "urn:dev:saw:")))
	h.commit(true)                                      // its own leaf only
	h.commit(false, h.BatchOf(high, 0, first.Items[1])) // all of it known
	size := h.commit(false, h.Batch(high, 0, 4)).Size

	fromDisk := &Node{disk: h.n.disk, tail: newTail(nil)}
	for from := dag.LeafIndex(before.Size); uint64(from) < size; from++ {
		for upTo := uint64(from) + 1; upTo <= size; upTo++ {
			for _, room := range []int{1, 3, maxEventLeaves} {
				want, err := fromDisk.readEvents(from, upTo, make([]Event, 0, room))
				if err != nil {
					t.Fatal(err)
				}
				got := h.n.tail.read(from, upTo, make([]Event, 0, room))
				if diff := cmp.Diff(got, want); diff != "" {
					t.Fatalf("leaves from %d up to %d, room for %d: %s", from, upTo, room, diff)
				}
			}
		}
	}
	if got := h.n.tail.read(dag.LeafIndex(size), size+1, make([]Event, 0, 1)); len(got) != 0 {
		t.Errorf("got %+v beyond the end", got)
	}
	if got := h.n.tail.read(dag.LeafIndex(before.Size)-1, size, make([]Event, 0, 1)); len(got) != 0 {
		t.Errorf("got %+v of before anybody followed", got)
	}
}

// TestFollowerReadsOn: who begins far behind gets every leaf once, first from the
// disk and then from memory.
func TestFollowerReadsOn(t *testing.T) {
	h := newHistory(t)
	leave := h.n.tail.follow()
	defer leave()
	long := strings.Repeat("x", 200)
	items := make([]*dag.Record, 500)
	var size uint64
	for range maxTailBytes/(len(items)*len(long)) + 1 {
		for i := range items {
			items[i] = h.Attested(0, long)
		}
		size = h.commit(false, h.BatchOf(0, 0, slices.Clone(items)...)).Size
	}
	if got := h.n.tail.read(0, size, make([]Event, 0, 1)); len(got) != 0 {
		t.Fatal("all of it is in memory; this test is to begin on the disk")
	}
	if h.n.tail.bytes > maxTailBytes {
		t.Errorf("%d bytes are kept, want at most %d", h.n.tail.bytes, maxTailBytes)
	}
	h.n.progress = newProgress(1, &store.Restored{}, counts{size: size})
	all := leaves(t, h.n, 0, int(size))
	if uint64(len(all)) != size {
		t.Fatalf("%d leaves of %d", len(all), size)
	}
	for i, e := range all {
		if e.Leaf != dag.LeafIndex(i) {
			t.Fatalf("leaf %d came in place %d", e.Leaf, i)
		}
	}
	if got := h.n.tail.read(all[size-1].Leaf, size, make([]Event, 0, 1)); len(got) != 1 {
		t.Error("the last leaf is not in memory")
	}
}

func TestTailIsKeptWhileFollowed(t *testing.T) {
	h := newHistory(t)
	inMemory := func(leaf dag.LeafIndex) bool {
		return len(h.n.tail.read(leaf, uint64(leaf)+1, make([]Event, 0, 1))) == 1
	}
	h.commit(false, h.Batch(0, 0, 1)) // leaves 0 and 1
	if inMemory(0) {
		t.Error("a leaf is kept though nobody follows")
	}
	one, two := h.n.tail.follow(), h.n.tail.follow()
	h.commit(false, h.Batch(0, 0, 1)) // 2 and 3
	one()
	if !inMemory(2) || !inMemory(3) {
		t.Error("leaves are forgotten though somebody follows")
	}
	two()
	if inMemory(2) || h.n.tail.bytes != 0 {
		t.Error("leaves are kept though nobody follows any more")
	}
	defer h.n.tail.follow()()
	h.commit(false, h.Batch(0, 0, 1)) // 4 and 5
	if inMemory(2) || !inMemory(4) {
		t.Error("want what came since somebody follows again, and no more")
	}
}

// TestFollowersAgree: those who followed while it happened saw what the log says after a restart.
func TestFollowersAgree(t *testing.T) {
	dir, mesh := initMesh(t, 1)
	home := filepath.Join(dir, "gw1")
	n := start(t, home, Options{})
	const requests, each = 40, 20
	seen := make(chan []Event)
	for range 2 {
		go func() {
			var all []Event
			records := 0
			for run, err := range n.Events(t.Context(), 0) {
				if err != nil {
					t.Error(err)
					break
				}
				all = append(all, run...)
				for _, e := range run {
					if !e.Record.IsZero() {
						records++
					}
				}
				if records == requests*each {
					break
				}
			}
			seen <- all
		}()
	}
	for i := range requests {
		accepted(t, n.Submit(t.Context(), dag.LaneReadings, records(t, mesh, 1, i*each, each)))
	}
	one, two := <-seen, <-seen
	n.stop(t)
	again := start(t, home, Options{})
	want := leaves(t, again.Node, 0, max(len(one), len(two)))
	for _, got := range [][]Event{one, two} {
		if diff := cmp.Diff(got, want[:len(got)]); diff != "" {
			t.Error(diff)
		}
	}
}

// BenchmarkEvents is what an event costs a gateway until it is ready to be sent,
// in commits of ten records.
func BenchmarkEvents(b *testing.B) {
	const commits, records = 1000, 10
	h := newHistory(b)
	executed, batches := make([]*store.Executed, commits), make([]*dag.Batch, commits)
	for i := range executed {
		batches[i] = h.Batch(0, 0, records)
		executed[i] = h.commit(false, batches[i])
	}
	follow := func(b *testing.B, n *Node, add bool) {
		room := make([]Event, 0, maxEventLeaves)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			x := executed[i%commits]
			if add {
				if i%commits == 0 {
					n.tail.runs, n.tail.bytes = nil, 0
				}
				n.tail.add(x, batches[i%commits:i%commits+1])
			}
			if run, err := n.readEvents(x.Outcome.FirstLeaf, x.Size, room[:0]); err != nil || len(run) != records+1 {
				b.Fatal(len(run), err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/records, "ns/record")
	}
	b.Run("disk", func(b *testing.B) { follow(b, &Node{disk: h.n.disk, tail: newTail(nil)}, false) })
	b.Run("memory", func(b *testing.B) {
		defer h.n.tail.follow()()
		follow(b, h.n, true)
	})
}

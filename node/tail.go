package node

import (
	"cmp"
	"slices"
	"sync"
	"unsafe"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// tail is the end of the log in memory, for those who follow it: to read back
// from the disk what was in hand a moment ago cost a twentieth of all that a
// record costs.
//
// It is kept only while somebody follows, and it is bounded. Who wants leaves
// that it does not hold reads them from the disk, which gives the same events. The writer
// adds to it, anybody reads it.
type tail struct {
	deviceOf func(*dag.Record) string

	mu        sync.RWMutex
	followers int
	runs      []tailRun // oldest first, without gaps; none while nobody follows
	bytes     int       // of all runs
}

// tailRun is the leaves of one commit, at least one. It does not change.
type tailRun struct {
	events []Event
	bytes  int
}

func newTail(deviceOf func(*dag.Record) string) *tail { return &tail{deviceOf: deviceOf} }

// follow keeps the tail until leave is called.
func (t *tail) follow() (leave func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.followers++
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.followers--; t.followers == 0 {
			t.runs, t.bytes = nil, 0
		}
	}
}

func (t *tail) isFollowed() bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.followers > 0
}

// add appends an executed commit's leaves; batches are those of its cut. Every commit
// comes by here, so there are no gaps.
func (t *tail) add(x *store.Executed, batches []*dag.Batch) {
	if !t.isFollowed() {
		return
	}
	run := tailRun{events: t.leaves(x, batches)}
	if len(run.events) == 0 {
		return
	}
	for i := range run.events {
		run.bytes += int(unsafe.Sizeof(Event{})) + len(run.events[i].Device)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.followers == 0 {
		return
	}
	t.runs, t.bytes = append(t.runs, run), t.bytes+run.bytes
	for t.bytes > maxTailBytes {
		t.bytes -= t.runs[0].bytes
		t.runs[0] = tailRun{} // the array may live on for a while
		t.runs = t.runs[1:]
	}
}

// leaves returns what a commit has put into the log.
func (t *tail) leaves(x *store.Executed, batches []*dag.Batch) []Event {
	events := make([]Event, 0, x.Outcome.Records+1)
	final := finalTime(x.Commit.Time)
	fates := x.Records
	for _, b := range batches {
		for i, r := range b.Items {
			if fates[i].Fate == store.Accepted {
				events = append(events, Event{
					Leaf: fates[i].Leaf, Record: fates[i].Record, Commit: x.Commit.Index,
					Device: t.deviceOf(r), Final: final,
				})
			}
		}
		fates = fates[len(b.Items):]
	}
	if x.HasLeaf {
		events = append(events, Event{Leaf: dag.LeafIndex(x.Size - 1), Commit: x.Commit.Index, Final: final})
	}
	return events
}

// read appends leaves from one on, all below size, as far as to has room; none
// unless the first of them is here.
func (t *tail) read(from dag.LeafIndex, size uint64, to []Event) []Event {
	t.mu.RLock()
	defer t.mu.RUnlock()
	at, _ := slices.BinarySearchFunc(t.runs, from, func(r tailRun, leaf dag.LeafIndex) int {
		return cmp.Compare(r.events[len(r.events)-1].Leaf, leaf)
	})
	for _, run := range t.runs[at:] {
		first := run.events[0].Leaf
		if first > from || uint64(from) >= size {
			break
		}
		fresh := run.events[from-first:]
		fresh = fresh[:min(uint64(len(fresh)), size-uint64(from), uint64(cap(to)-len(to)))]
		to = append(to, fresh...)
		from += dag.LeafIndex(len(fresh))
		if len(to) == cap(to) {
			break
		}
	}
	return to
}

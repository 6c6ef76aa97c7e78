package node

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

// world is a disk and a network that write down what is asked of them.
type world struct {
	store.Reader

	mu    sync.Mutex
	diary []string
	gate  chan struct{} // if not nil, a sync waits for a token
	err   error         // of the next sync
}

func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.diary = append(w.diary, fmt.Sprintf(format, args...))
}

func (w *world) read() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.diary)
}

func (w *world) Apply(write *store.Write) error {
	w.note("apply %d", write.Cosigned)
	return nil
}

func (w *world) Sync() error {
	if w.gate != nil {
		<-w.gate
	}
	w.note("sync")
	return w.err
}

func (w *world) Send(_ dag.PublicKey, m message.Message) { w.note("send %s", message.Name(m)) }
func (w *world) Broadcast(m message.Message)             { w.note("broadcast %s", message.Name(m)) }
func (w *world) Gossip(m message.Message)                { w.note("gossip %s", message.Name(m)) }
func (w *world) Flush()                                  {}

func (w *world) Answer(dag.PublicKey, []message.Message) { w.note("answer") }
func (w *world) Penalize(dag.PublicKey, error)           { w.note("penalize") }

// script is a machine that answers each input by what it was told to, and
// writes down its inputs.
type script struct {
	*world

	answers map[string][]replica.Output // by the input's name
	wakes   []replica.Instant           // one per input, then Never
}

func (s *script) Step(_ replica.Instant, _ dag.UnixMilli, in replica.Input) ([]replica.Output, replica.Instant) {
	name := fmt.Sprintf("%T", in)
	switch in := in.(type) {
	case replica.Submitted:
		name = fmt.Sprintf("submitted %d", len(in.Records))
	case replica.Persisted:
		name = fmt.Sprintf("persisted %d", in.Seq)
	case replica.Tick:
		name = "tick"
	case replica.Connected:
		name = "connected"
	case replica.Received, replica.Disconnected, replica.Loaded:
	}
	s.note("%s", name)
	wake := replica.Never
	if len(s.wakes) > 0 {
		wake, s.wakes = s.wakes[0], s.wakes[1:]
	}
	return s.answers[name], wake
}

// rig is loop and writer around a script.
type rig struct {
	*world

	loop    *loop
	writer  *writer
	tickets *tickets
	stop    func()
}

func newRig(answers map[string][]replica.Output) *rig {
	w := &world{}
	r := &rig{world: w, writer: newWriter(), tickets: newTickets()}
	count := &counters{}
	r.loop = newLoop(&script{world: w, answers: answers}, r.writer, count)
	r.writer.disk, r.writer.net, r.writer.tickets, r.writer.count = w, w, r.tickets, count
	r.writer.progress = newProgress(1, &store.Restored{}, counts{})
	r.writer.tail = newTail(nil)
	r.writer.notify = r.loop.notify
	return r
}

func (r *rig) start() {
	var running sync.WaitGroup
	stop := make(chan struct{})
	running.Go(func() { r.loop.run(stop) })
	running.Go(func() { r.writer.run(stop) })
	r.stop = func() {
		close(stop)
		running.Wait()
	}
}

func persist(seq uint64) replica.Output {
	return replica.Persist{Seq: seq, Write: &store.Write{Cosigned: seq}}
}

func TestNothingLeavesBeforeItIsDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(map[string][]replica.Output{
			"connected": {
				persist(1),
				replica.Send{Message: &message.Blocks{}},
				persist(2),
				replica.Broadcast{Message: &message.Batches{}},
				replica.Gossip{Message: &message.Batches{}},
			},
		})
		r.gate = make(chan struct{})
		r.loop.peers <- []replica.Input{replica.Connected{}}
		r.start()
		synctest.Wait()
		// The loop goes on while the disk works.
		r.loop.submits <- make([]replica.Submission, 3)
		synctest.Wait()
		r.gate <- struct{}{}
		synctest.Wait()
		r.stop()
		got := r.read()
		order := func(lines ...string) {
			t.Helper()
			for i := 1; i < len(lines); i++ {
				before, after := slices.Index(got, lines[i-1]), slices.Index(got, lines[i])
				if before < 0 || after < before {
					t.Errorf("%q does not come before %q in %q", lines[i-1], lines[i], got)
				}
			}
		}
		order("connected", "apply 1", "apply 2", "submitted 3", "sync")
		order("sync", "send blocks", "broadcast batches", "gossip batches")
		order("sync", "persisted 2")
	})
}

// TestWhatNothingWaitsForIsSyncedLater: reports of what is so for the whole
// mesh leave at once, unless they rest on a signature of this node's.
func TestWhatNothingWaitsForIsSyncedLater(t *testing.T) {
	final := replica.Replicated{Seq: 7}
	for name, c := range map[string]struct {
		outputs []replica.Output
		synced  bool // before the report
	}{
		"others' blocks":      {[]replica.Output{persist(1), final}, false},
		"an own signature":    {[]replica.Output{replica.Persist{Seq: 1, Write: &store.Write{Cosigned: 1}, Signed: true}, final}, true},
		"a message behind it": {[]replica.Output{persist(1), final, replica.Broadcast{Message: &message.Blocks{}}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(map[string][]replica.Output{"connected": c.outputs})
				r.loop.peers <- []replica.Input{replica.Connected{}}
				r.start()
				synctest.Wait()
				if got := slices.Contains(r.read(), "sync"); got != c.synced {
					t.Errorf("synced at once: %v, want %v", got, c.synced)
				}
				if !r.writer.progress.isReplicated(dag.LaneID{}, 7) {
					t.Error("the report did not leave")
				}
				time.Sleep(2 * syncDelay) // of the bubble's clock
				synctest.Wait()
				r.stop()
				if got := r.read(); !slices.Contains(got, "sync") || !slices.Contains(got, "persisted 1") {
					t.Errorf("never made durable: %q", got)
				}
			})
		})
	}
}

func TestQueuedRequestsAreJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(nil)
		for range 5 {
			r.loop.submits <- make([]replica.Submission, 2)
		}
		r.start()
		synctest.Wait()
		r.stop()
		if got := r.read(); !slices.Contains(got, "submitted 10") {
			t.Errorf("five requests of two became %v, want one input of ten", got)
		}
	})
}

func TestSlowDiskHoldsBackInputs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flood := make([]replica.Output, maxQueuedOutputs)
		for i := range flood {
			flood[i] = replica.Send{Message: &message.Blocks{}}
		}
		flood[0] = persist(1)
		r := newRig(map[string][]replica.Output{"connected": flood})
		r.gate = make(chan struct{})
		r.start()
		for range 3 {
			r.loop.peers <- []replica.Input{replica.Connected{}}
			synctest.Wait()
		}
		// The first flood is with the disk, the second fills the queue.
		count := func() (n int) {
			for _, line := range r.read() {
				if line == "connected" {
					n++
				}
			}
			return n
		}
		if got := count(); got != 2 {
			t.Errorf("%d inputs were taken while the disk was busy, want 2", got)
		}
		close(r.gate)
		synctest.Wait()
		if got := count(); got != 3 {
			t.Errorf("%d inputs were taken afterwards, want 3", got)
		}
		r.stop()
	})
}

func TestAlarmRings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(nil)
		r.loop.machine.(*script).wakes = []replica.Instant{replica.Instant(time.Hour)}
		r.start()
		time.Sleep(time.Hour + time.Second) // of the bubble's clock
		synctest.Wait()
		r.stop()
		if diff := cmp.Diff(r.read(), []string{"tick", "tick"}); diff != "" {
			t.Error(diff)
		}
	})
}

func TestFailedDiskLetsNothingOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(map[string][]replica.Output{
			"connected": {persist(1), replica.Send{Message: &message.Blocks{}}},
		})
		r.err = errors.New("no")
		r.loop.peers <- []replica.Input{replica.Connected{}}
		r.start()
		<-r.writer.failed
		synctest.Wait()
		r.stop()
		if !errors.Is(r.writer.err, r.err) {
			t.Errorf("got error %v, want %v", r.writer.err, r.err)
		}
		if got := r.read(); slices.Contains(got, "send blocks") || slices.Contains(got, "persisted 1") {
			t.Errorf("something left: %v", got)
		}
	})
}

func TestTickets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book := newTickets()
		a, errA := book.issue(2)
		b, errB := book.issue(1)
		c, errC := book.issue(1)
		if err := errors.Join(errA, errB, errC); err != nil {
			t.Fatal(err)
		}
		one, two := dag.RecordID{1}, dag.RecordID{2}
		book.resolve([]answer{
			{ticket: a.ticket(1), receipt: Receipt{ID: two}},
			{ticket: b.ticket(0), receipt: Receipt{Known: true}, leaf: 7},
			{ticket: 0, receipt: Receipt{ID: one}}, // the replica's own
			{ticket: a.ticket(0), receipt: Receipt{ID: one}},
			{ticket: a.ticket(0), receipt: Receipt{ID: two}}, // nobody waits any more
		})
		book.wait(t.Context(), a)
		book.wait(t.Context(), b)
		if diff := cmp.Diff(a.receipts, []Receipt{{ID: one}, {ID: two}}); diff != "" {
			t.Error(diff)
		}
		if !b.receipts[0].Known || b.leaves[0] != 7 {
			t.Errorf("got %+v at leaf %v, want one known at leaf 7", b.receipts[0], b.leaves)
		}
		book.stop(ErrStopped)
		book.wait(t.Context(), c)
		if got := c.receipts[0].Err; !errors.Is(got, ErrStopped) {
			t.Errorf("got error %v, want %v", got, ErrStopped)
		}
		if _, err := book.issue(1); !errors.Is(err, ErrStopped) {
			t.Errorf("got error %v, want %v", err, ErrStopped)
		}
	})
}

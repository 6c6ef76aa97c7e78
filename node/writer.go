package node

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

// network is the way to the other gateways: p2p.Transport in a node.
type network interface {
	Send(to dag.PublicKey, m message.Message)
	Broadcast(m message.Message)
	Gossip(m message.Message)
	Answer(to dag.PublicKey, messages []message.Message)
	Flush() // what was said since the last one goes out now, at the latest
	Penalize(peer dag.PublicKey, reason error)
}

// journal is the half of a store that writes.
type journal interface {
	Apply(w *store.Write) error
	Sync() error
}

// writer carries out outputs, in order and behind one group commit: it takes
// what is queued, applies every Persist of it, syncs once if any of the rest
// waits for that, and then carries out the rest. So an output waits for the Persists
// before it, and for those after it that happen to be at hand, which costs less
// than a sync of its own would. What nothing waits for is synced with what comes
// next, or after syncDelay.
//
// put never blocks, or replica and disk could wait for each other. The loop
// asks full before it takes inputs that it need not take.
type writer struct {
	disk     journal
	net      network
	reads    *reads
	tickets  *tickets
	progress *progress
	tail     *tail
	count    *counters
	notify   func() // wakes the loop: something is durable, or there is room again

	applied  uint64         // Seq of the last Persist applied
	unsynced []*store.Write // applied since the last sync
	overdue  *time.Timer    // fires when they are to be synced whether anything waits or not
	durable  atomic.Uint64  // Seq up to which Persists are durable
	failed   chan struct{}  // closed once err is set
	err      error

	mu    sync.Mutex
	queue []replica.Output
	bytes int
	ready chan struct{} // holds a token when something is queued
}

func newWriter() *writer {
	return &writer{failed: make(chan struct{}), ready: make(chan struct{}, 1)}
}

// put queues outputs, which it copies.
func (w *writer) put(outputs []replica.Output) {
	if len(outputs) == 0 {
		return
	}
	bytes := 0
	for _, o := range outputs {
		bytes += outputBytes(o)
	}
	w.mu.Lock()
	w.queue = append(w.queue, outputs...)
	w.bytes += bytes
	w.mu.Unlock()
	wake(w.ready)
}

// full reports whether the disk is so far behind that nothing more should be
// taken in.
func (w *writer) full() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.isFull()
}

func (w *writer) isFull() bool { return len(w.queue) >= maxQueuedOutputs || w.bytes >= maxQueuedBytes }

// run carries out what is queued until stop is closed and nothing is left, or
// the disk fails.
func (w *writer) run(stop <-chan struct{}) {
	if err := w.work(stop); err != nil {
		w.err = err
		close(w.failed)
		w.notify()
	}
}

func (w *writer) work(stop <-chan struct{}) error {
	w.overdue = time.NewTimer(syncDelay)
	defer w.overdue.Stop()
	for stopping := false; ; {
		select {
		case <-w.overdue.C: // also while there is always something to carry out
			if err := w.sync(); err != nil {
				return err
			}
		default:
		}
		if group, whole := w.take(); len(group) > 0 {
			if err := w.carryOut(group, whole); err != nil {
				return err
			}
			continue
		}
		if stopping {
			return w.sync()
		}
		select {
		case <-w.ready:
		case <-w.overdue.C:
			if err := w.sync(); err != nil {
				return err
			}
		case <-stop:
			stopping = true
		}
	}
}

// take removes a group: all that is queued, as far as one sync should carry.
// whole is false if it left something.
func (w *writer) take() (group []replica.Output, whole bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.isFull() {
		defer w.notify()
	}
	n, bytes := 0, 0
	for n < len(w.queue) && (n == 0 || bytes < maxGroupBytes) {
		bytes += outputBytes(w.queue[n])
		n++
	}
	group = w.queue[:n:n]
	w.queue = w.queue[n:]
	w.bytes -= bytes
	if len(w.queue) == 0 {
		w.queue = nil
	}
	return group, len(w.queue) == 0
}

// carryOut does what a group asks for. An error is the disk's; nothing of the
// group has left the node then. If the group is not the whole of what was
// queued, what waits for its Persists may be in the next one.
func (w *writer) carryOut(group []replica.Output, whole bool) error {
	if err := w.apply(group); err != nil {
		return err
	}
	if first := slices.IndexFunc(group, waits); first >= 0 || !whole {
		first = max(first, 0)
		w.carry(group[:first]) // people need not wait for the sync
		if err := w.sync(); err != nil {
			return err
		}
		group = group[first:]
	}
	w.carry(group)
	return nil
}

// carry does what outputs ask for.
func (w *writer) carry(outputs []replica.Output) {
	if len(outputs) == 0 {
		return
	}
	var answers []answer
	for _, o := range outputs {
		w.count.outputs[kindOf(o)].Add(1)
		switch o := o.(type) {
		case replica.Persist, replica.Curbed: // done; counted
		case replica.Send:
			w.net.Send(o.To, o.Message)
		case replica.Broadcast:
			w.net.Broadcast(o.Message)
		case replica.Gossip:
			w.net.Gossip(o.Message)
		case replica.Serve:
			w.reads.serve(o)
		case replica.Load:
			w.reads.load(o.IDs)
		case replica.Stored:
			answers = append(answers, answer{ticket: o.Ticket, receipt: Receipt{ID: o.Record}})
		case replica.Known:
			answers = append(answers, answer{ticket: o.Ticket, receipt: Receipt{ID: o.First, Known: true}, leaf: o.Leaf})
		case replica.Turned:
			answers = append(answers, answer{ticket: o.Ticket, receipt: Receipt{Err: turned(o.Reason)}})
		case replica.Replicated:
			w.progress.replicate(o.Lane, o.Seq)
		case replica.Final:
			w.tail.add(o.Executed, o.Batches) // before anybody is told of them
			w.progress.finalize(o.Executed)
		case replica.Certified:
			w.progress.certify(o.Checkpoint)
		case replica.Alarm:
			w.progress.alarm(o)
		case replica.Blame:
			w.net.Penalize(o.Peer, o.Reason)
		}
	}
	w.net.Flush()
	w.tickets.resolve(answers)
	w.progress.publish()
}

// waits reports whether an output is not to be carried out before a sync, or
// holds what later ones wait for.
func waits(o replica.Output) bool {
	p, persist := o.(replica.Persist)
	return persist && p.Signed || replica.Waits(o) == replica.WaitAll
}

// apply shows the disk a group's writes.
func (w *writer) apply(group []replica.Output) error {
	for _, o := range group {
		p, ok := o.(replica.Persist)
		if !ok {
			continue
		}
		// Before it can be read: a reader must know that it is not durable yet.
		w.progress.applying(p.Write)
		if err := w.disk.Apply(p.Write); err != nil {
			return fmt.Errorf("write to disk: %w", err)
		}
		if len(w.unsynced) == 0 {
			w.overdue.Reset(syncDelay)
		}
		w.applied, w.unsynced = p.Seq, append(w.unsynced, p.Write)
	}
	return nil
}

// sync makes everything applied durable.
func (w *writer) sync() error {
	if len(w.unsynced) == 0 {
		return nil
	}
	if err := w.disk.Sync(); err != nil {
		return fmt.Errorf("make durable: %w", err)
	}
	w.count.syncs.Add(1)
	w.progress.durable(w.unsynced)
	clear(w.unsynced)
	w.unsynced = w.unsynced[:0]
	w.durable.Store(w.applied)
	w.notify()
	return nil
}

// outputBytes is about how much memory an output holds on to.
func outputBytes(o replica.Output) int {
	switch o := o.(type) {
	case replica.Persist:
		n := len(o.Write.State) + batchBytes(o.Write.Batches)
		for _, b := range o.Write.Blocks {
			n += len(b.Raw())
		}
		return n
	case replica.Final:
		return batchBytes(o.Batches) // nobody else may need them any more
	default:
		return 0 // shared with a Persist, or small
	}
}

func batchBytes(batches []*dag.Batch) (n int) {
	for _, b := range batches {
		n += len(b.Raw())
	}
	return n
}

// wake puts a token into a channel that holds one.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

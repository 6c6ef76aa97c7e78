package node

import (
	"sync"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
)

// machine is what the loop drives: a replica.Replica in a node.
type machine interface {
	Step(now replica.Instant, wall dag.UnixMilli, in replica.Input) ([]replica.Output, replica.Instant)
}

// loop is the one goroutine that owns the machine. It merges all inputs and
// hands the outputs to the writer.
//
// Inputs that others cause (peers, submissions) wait in bounded channels and are
// not taken while the disk is behind. Those that the machine caused itself
// (what is durable, what was read back, its alarm) are always taken: they are
// bounded by what the machine asked for, and only they let the disk's queue shrink.
type loop struct {
	machine machine
	writer  *writer
	count   *counters
	started time.Time
	peers   chan []replica.Input      // Received, Connected, Disconnected; those that came together
	submits chan []replica.Submission // of one request each
	kick    chan struct{}             // holds a token when durable, loaded or room may have changed
	loaded  mailbox
	alarm   *alarm

	reported uint64          // Seq of the last Persisted
	wake     replica.Instant // that the machine asked for last
	outputs  []replica.Output
}

func newLoop(m machine, w *writer, c *counters) *loop {
	return &loop{
		machine: m, writer: w, count: c, started: time.Now(),
		peers:   make(chan []replica.Input, maxQueuedRequests),
		submits: make(chan []replica.Submission, maxQueuedRequests),
		kick:    make(chan struct{}, 1),
		alarm:   newAlarm(),
		wake:    0, // a Tick at once: a machine that was restored may have work
	}
}

// run drives the machine until stop is closed.
func (l *loop) run(stop <-chan struct{}) {
	defer l.alarm.close()
	l.alarm.set(l.wake, l.now())
	for {
		peers, submits := l.peers, l.submits
		if l.writer.full() {
			peers, submits = nil, nil
		}
		select {
		case <-stop:
			return
		case <-l.kick:
		case <-l.alarm.rings:
		case in := <-peers:
			l.step(in...)
		case s := <-submits:
			l.submit(s, submits)
		}
		l.takeOwn()
		l.takeMore(peers, submits)
		l.takeAlarm()
		l.writer.put(l.outputs)
		clear(l.outputs)
		l.outputs = l.outputs[:0]
		l.alarm.set(l.wake, l.now())
	}
}

// takeOwn takes what the machine itself has caused.
func (l *loop) takeOwn() {
	if seq := l.writer.durable.Load(); seq > l.reported {
		l.reported = seq
		l.step(replica.Persisted{Seq: seq})
	}
	for _, batches := range l.loaded.take() {
		l.step(replica.Loaded{Batches: batches})
	}
}

// takeMore takes what else is queued, without waiting.
func (l *loop) takeMore(peers <-chan []replica.Input, submits <-chan []replica.Submission) {
	for range maxJoinedRequests {
		select {
		case in := <-peers:
			l.step(in...)
		case s := <-submits:
			l.submit(s, submits)
		default:
			return
		}
	}
}

// takeAlarm tells the machine that its time has come.
func (l *loop) takeAlarm() {
	if l.wake <= l.now() {
		l.step(replica.Tick{})
	}
}

// submit joins queued requests into one input.
func (l *loop) submit(first []replica.Submission, more <-chan []replica.Submission) {
	for range maxJoinedRequests {
		select {
		case s := <-more:
			first = append(first, s...)
			continue
		default:
		}
		break
	}
	l.step(replica.Submitted{Records: first})
}

func (l *loop) step(inputs ...replica.Input) {
	l.count.inputs.Add(uint64(len(inputs)))
	for _, in := range inputs {
		outputs, wake := l.machine.Step(l.now(), dag.UnixMilli(time.Now().UnixMilli()), in)
		l.outputs, l.wake = append(l.outputs, outputs...), wake
	}
}

func (l *loop) now() replica.Instant { return replica.Instant(time.Since(l.started)) }

// notify wakes the loop.
func (l *loop) notify() { wake(l.kick) }

// mailbox holds what was read back from the disk. It is bounded by what the
// machine asks for at a time.
type mailbox struct {
	mu      sync.Mutex
	letters [][]*dag.Batch
}

func (m *mailbox) put(batches []*dag.Batch) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.letters = append(m.letters, batches)
}

func (m *mailbox) take() [][]*dag.Batch {
	m.mu.Lock()
	defer m.mu.Unlock()
	letters := m.letters
	m.letters = nil
	return letters
}

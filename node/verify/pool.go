package verify

import (
	"context"
	"errors"
	"io"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// ErrClosed says that the pool does not verify any more.
var ErrClosed = errors.New("verification has stopped")

// Result is a verified message, or why it is none.
type Result struct {
	Message dag.Verified[message.Message] // only if Err is nil
	Err     error
}

// Pool verifies on several goroutines. It is safe for concurrent use.
type Pool struct {
	domain  *dag.Domain
	random  io.Reader
	room    *semaphore.Weighted // MaxQueued signatures
	closing context.Context     //nolint:containedctx // ends all waits for room when the pool closes
	stop    context.CancelFunc
	workers int
	running sync.WaitGroup

	mu       sync.Mutex
	wake     *sync.Cond      // there is something to do and a verifier to do it with, or the pool closes
	free     []*dag.Verifier // of as many as there are workers; who checks takes one
	closed   bool
	messages queue[message.Message]
	records  queue[*dag.Record]
}

// NewPool starts a pool of so many workers (at least one), which ends with
// Close. random weighs the equations (see dag.NewVerifier) and must be safe for
// concurrent use: crypto/rand's reader, in a node.
func NewPool(domain *dag.Domain, workers int, random io.Reader) *Pool {
	p := &Pool{domain: domain, random: random, room: semaphore.NewWeighted(MaxQueued), workers: max(workers, 1)}
	p.closing, p.stop = context.WithCancel(context.Background())
	p.wake = sync.NewCond(&p.mu)
	for range p.workers {
		p.free = append(p.free, dag.NewVerifier(domain, random))
		p.running.Go(p.work)
	}
	return p
}

// Close stops the workers and waits for them. What still waits fails with ErrClosed.
func (p *Pool) Close() {
	p.stop()
	p.mu.Lock()
	p.closed = true
	p.messages.failAll(ErrClosed)
	p.records.failAll(ErrClosed)
	p.wake.Broadcast()
	p.mu.Unlock()
	p.running.Wait()
}

// NewVerifier returns a verifier like the workers', for one goroutine that
// checks a signature now and then and must not queue behind thousands.
func (p *Pool) NewVerifier() *dag.Verifier { return dag.NewVerifier(p.domain, p.random) }

// Message verifies one message and waits for the outcome. Errors: what
// dag.Verify found, the context's, ErrClosed.
func (p *Pool) Message(ctx context.Context, m message.Message) (dag.Verified[message.Message], error) {
	result, err := p.Start(ctx, m)
	if err != nil {
		return dag.Verified[message.Message]{}, err
	}
	select {
	case r := <-result:
		return r.Message, r.Err
	case <-ctx.Done():
		return dag.Verified[message.Message]{}, ctx.Err()
	}
}

// Start queues a message and returns where its result, exactly one, will
// appear. It waits while the queue is full. Errors: the context's, ErrClosed.
func (p *Pool) Start(ctx context.Context, m message.Message) (<-chan Result, error) {
	result := make(chan Result, 1) // so that a worker never waits for a reader
	err := enqueue(ctx, p, &p.messages, task[message.Message]{
		item: m,
		cost: Signatures(m),
		done: func(v dag.Verified[message.Message], err error) { result <- Result{v, err} },
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// Records verifies records and waits for all. It returns the good ones in
// order, and for each record an error or nil: what dag.Verify found, the
// context's, ErrClosed.
func (p *Pool) Records(ctx context.Context, records []*dag.Record) (good []dag.Verified[*dag.Record], errs []error) {
	if len(records) == 1 {
		if v := p.idle(); v != nil {
			defer p.giveBack(v)
			return dag.Verify(v, records)
		}
	}
	verified := make([]dag.Verified[*dag.Record], len(records))
	errs = make([]error, len(records))
	var pending sync.WaitGroup
	for i, r := range records {
		pending.Add(1)
		err := enqueue(ctx, p, &p.records, task[*dag.Record]{
			item: r,
			cost: 1,
			done: func(v dag.Verified[*dag.Record], err error) {
				verified[i], errs[i] = v, err
				pending.Done()
			},
		})
		if err != nil {
			errs[i] = err
			pending.Done()
		}
	}
	pending.Wait() // short even if ctx is done: what is queued is being checked
	for i := range verified {
		if errs[i] == nil {
			good = append(good, verified[i])
		}
	}
	return good, errs
}

// enqueue waits for room and queues a task.
func enqueue[T dag.Signed](ctx context.Context, p *Pool, q *queue[T], t task[T]) error {
	if err := p.acquire(ctx, t.room()); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	q.push(t)
	p.wake.Signal()
	return nil
}

// acquire waits for room until ctx is done or the pool closes.
func (p *Pool) acquire(ctx context.Context, n int64) error {
	if p.room.TryAcquire(n) {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.closing, cancel)()
	err := p.room.Acquire(ctx, n)
	if err != nil && p.closing.Err() != nil {
		return ErrClosed
	}
	return err
}

// idle takes a verifier for a caller's own goroutine, which saves the two
// switches to a worker and back; nil if something waits, which is to be checked together with
// others, or if none is free.
func (p *Pool) idle() *dag.Verifier {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.hasWork() || len(p.free) == 0 {
		return nil
	}
	return p.takeFree()
}

func (p *Pool) hasWork() bool { return !p.messages.empty() || !p.records.empty() }

func (p *Pool) takeFree() *dag.Verifier {
	last := len(p.free) - 1
	v := p.free[last]
	p.free = p.free[:last]
	return v
}

func (p *Pool) giveBack(v *dag.Verifier) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, v)
	if p.hasWork() {
		p.wake.Signal()
	}
}

// work verifies what is queued until the pool closes.
func (p *Pool) work() {
	for {
		v, messages, records := p.take()
		if v == nil {
			return
		}
		run(p, v, messages)
		run(p, v, records)
		p.giveBack(v)
	}
}

// take waits for work and takes a verifier and one worker's share of it; nothing
// when the pool has closed.
func (p *Pool) take() (*dag.Verifier, []task[message.Message], []task[*dag.Record]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.closed && (!p.hasWork() || len(p.free) == 0) {
		p.wake.Wait()
	}
	if p.closed {
		return nil, nil, nil
	}
	return p.takeFree(), p.messages.take(p.workers), p.records.take(p.workers)
}

// run verifies tasks together and reports each.
func run[T dag.Signed](p *Pool, v *dag.Verifier, tasks []task[T]) {
	if len(tasks) == 0 {
		return
	}
	items := make([]T, len(tasks))
	for i := range tasks {
		items[i] = tasks[i].item
	}
	good, errs := dag.Verify(v, items)
	for i := range tasks {
		p.room.Release(tasks[i].room())
		if errs[i] != nil {
			tasks[i].done(dag.Verified[T]{}, errs[i])
			continue
		}
		tasks[i].done(good[0], nil)
		good = good[1:]
	}
}

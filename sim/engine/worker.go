package engine

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync/atomic"
)

// worker runs some of the partitions.
type worker struct {
	index  int
	parts  []*Partition
	out    [2][][]Event // by parity of the window, then receiving worker
	least  Instant      // the earliest event it sent to other workers in this window
	at     *Partition   // that it runs
	failed *Panic
	_      [64]byte // workers write side by side, so keep them out of each other's cache lines
}

// Panic is a panic of a handler that one of several workers ran.
type Panic struct {
	Value     any
	Partition int
	Now       Instant
	Stack     string
}

func (p *Panic) Error() string {
	return fmt.Sprintf("engine: partition %d at instant %d: %v\n%s", p.Partition, p.Now, p.Value, p.Stack)
}

// employ deals the partitions out to workers, the largest first and always to
// who has least.
func (e *Engine) employ(count int) {
	nodes := make([]int, len(e.parts))
	for _, home := range e.home {
		nodes[home]++
	}
	order := make([]int, len(e.parts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(nodes[b], nodes[a]) })
	load := make([]int, count)
	for i := range count {
		w := &worker{index: i, least: Never}
		for parity := range w.out {
			w.out[parity] = make([][]Event, count)
		}
		e.workers = append(e.workers, w)
	}
	for _, i := range order {
		least := 0
		for j := range load {
			if load[j] < load[least] {
				least = j
			}
		}
		load[least] += nodes[i] + 1
		w := e.workers[least]
		w.parts = append(w.parts, &e.parts[i])
		e.parts[i].worker = w
	}
	for _, w := range e.workers {
		slices.SortFunc(w.parts, func(a, b *Partition) int { return a.index - b.index })
	}
}

// run takes what other workers sent in the window before, and runs a window.
func (w *worker) run(e *Engine) {
	w.least, w.at = Never, w.parts[0]
	w.collect(e, (e.windows+1)%2)
	for _, p := range w.parts {
		w.at, p.window = p, e.windows
		p.run(e.window.end, e.window.budget)
	}
}

// guarded is run with a panic kept, as it would otherwise end the process
// from a goroutine that the caller knows nothing of.
func (w *worker) guarded(e *Engine) {
	defer func() {
		if v := recover(); v != nil {
			w.failed = &Panic{Value: v, Partition: w.at.index, Now: w.at.now, Stack: string(debug.Stack())}
		}
	}()
	w.run(e)
}

// fetch takes everything that was sent to the worker.
func (w *worker) fetch(e *Engine) {
	w.collect(e, 0)
	w.collect(e, 1)
	w.least = Never
}

func (w *worker) collect(e *Engine, parity int) {
	for _, from := range e.workers {
		sent := from.out[parity][w.index]
		for _, ev := range sent {
			e.parts[e.home[ev.Node]].queue.Push(ev)
		}
		from.out[parity][w.index] = sent[:0]
	}
}

// barrier is where workers wait for each other.
type barrier struct {
	count   int32
	arrived atomic.Int32
	round   atomic.Uint32
}

// wait returns when all have called it, and the last to come has done something.
func (b *barrier) wait(last func()) {
	round := b.round.Load()
	if b.arrived.Add(1) == b.count {
		b.arrived.Store(0)
		last()
		b.round.Add(1)
		return
	}
	for i := 0; b.round.Load() == round; i++ {
		if i > spins {
			runtime.Gosched()
		}
	}
}

package engine

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Crew is goroutines that do jobs beside the workers. Whether there are any, and how many,
// changes how long a run takes and nothing else: a job's owner looks at what came of it when
// it would have anyway.
type Crew struct{ hands []*hand }

// Job is work that may be done by another goroutine: from Begin to End it touches what is
// its own, and reads what nobody writes. One job is begun again and again.
type Job struct {
	work   func()
	state  atomic.Uint32
	failed any // what it panicked with
}

// States of a job.
const (
	resting uint32 = iota
	offered        // to one of the crew
	taken
	done
)

// Guard is a lock for what several jobs share: what they find there, and do not make of it by
// themselves, must be the same whoever comes first.
type Guard struct{ sync.Mutex }

// NewJob returns a job that calls a function.
func NewJob(work func()) *Job { return &Job{work: work} }

// Begin lets a job be done. Those with one home are done by the same hand, if by any: what
// they touch is in its core's cache.
func (c *Crew) Begin(j *Job, home int) {
	if len(c.hands) == 0 {
		j.work()
		j.state.Store(done)
		return
	}
	j.state.Store(offered)
	c.hands[home%len(c.hands)].offer(j)
}

// Help does a job that was begun, unless somebody has taken it, and reports whether it is done.
func (j *Job) Help() bool {
	j.take()
	return j.state.Load() == done
}

// End returns when a job that was begun is done. If nobody has taken it, it is done here. A
// panic of it is passed on.
func (j *Job) End() {
	j.take()
	for i := 0; j.state.Load() != done; i++ {
		if i > spins {
			runtime.Gosched()
		}
	}
	j.state.Store(resting)
	if v := j.failed; v != nil {
		j.failed = nil
		panic(v)
	}
}

// take does the job, unless somebody else has taken it.
func (j *Job) take() {
	if !j.state.CompareAndSwap(offered, taken) {
		return
	}
	defer func() {
		j.failed = recover()
		j.state.Store(done)
	}()
	j.work()
}

// hand is one of a crew. A single goroutine offers it jobs.
type hand struct {
	jobs   [offers]*Job
	put    atomic.Uint32 // jobs ever offered
	_      [64]byte      // whoever offers writes beside whoever takes, so keep them out of each other's cache lines
	got    atomic.Uint32 // of them looked at
	_      [64]byte
	asleep atomic.Bool
	rise   chan struct{}
	over   atomic.Bool
}

func newCrew(count int) *Crew {
	c := &Crew{}
	for range count {
		c.hands = append(c.hands, &hand{rise: make(chan struct{}, 1)})
	}
	return c
}

// start lets the crew work until the function that it returns is called.
func (c *Crew) start() (stop func()) {
	var group sync.WaitGroup
	for _, h := range c.hands {
		h.over.Store(false)
		group.Go(h.run)
	}
	return func() {
		for _, h := range c.hands {
			h.over.Store(true)
			h.wake()
		}
		group.Wait()
	}
}

// offer lays a job out, unless too many wait: then whoever began it does it.
func (h *hand) offer(j *Job) {
	put := h.put.Load()
	if put-h.got.Load() == offers {
		return
	}
	h.jobs[put%offers] = j
	h.put.Store(put + 1)
	h.wake()
}

func (h *hand) wake() {
	if h.asleep.Load() && h.asleep.CompareAndSwap(true, false) {
		h.rise <- struct{}{}
	}
}

// run takes jobs in the order in which they were offered.
func (h *hand) run() {
	for !h.over.Load() {
		if got := h.got.Load(); got != h.put.Load() {
			j := h.jobs[got%offers]
			h.got.Store(got + 1)
			j.take()
			continue
		}
		h.rest()
	}
}

// rest waits for a job: awake for a while, as the next is mostly near.
func (h *hand) rest() {
	for range patience {
		if h.got.Load() != h.put.Load() || h.over.Load() {
			return
		}
		runtime.Gosched()
	}
	h.asleep.Store(true)
	if (h.got.Load() != h.put.Load() || h.over.Load()) && h.asleep.CompareAndSwap(true, false) {
		return
	}
	<-h.rise
}

package engine

import (
	"errors"
	"fmt"
	"sync"
)

// Config says what is to run. The zero value of what is optional means its default.
type Config struct {
	// Homes holds the partition of every node: dense numbers from 0. Nodes that
	// talk much and quickly belong together, as those of one site do. Nil with
	// Nodes set: one partition.
	Homes []int32

	// Nodes is the number of nodes; needed only without Homes.
	Nodes int

	// Lookahead is the least delay between nodes of two partitions. It must be
	// above 0 if there are several partitions.
	Lookahead Instant

	// Workers is how many goroutines run partitions; 0 means 1. Those beyond one for
	// each partition are its Crew. It changes no result.
	Workers int

	// Handler makes the handler of a partition.
	Handler func(partition int) Handler

	// World handles the events of [Nobody], while no partition runs. It may look
	// at everything and change everything. Nil: there are none.
	World func(e *Engine, ev Event)

	// MaxEvents ends the run once that many events have been handled, in this and
	// earlier calls of Run; 0: no limit. With several partitions it is looked at
	// between windows.
	MaxEvents uint64

	// MaxPending is how many events may wait before the run gives up, for want of
	// memory; 0 means 100 million.
	MaxPending int
}

// Engine runs events. Its methods belong to one goroutine, except Progress.
type Engine struct {
	parts      []Partition
	home       []int32
	seqs       []uint64 // by node: things it caused
	lookahead  Instant
	world      func(*Engine, Event)
	queue      Queue // of the world
	worldSeq   uint64
	worldPrint uint64
	now        Instant // of the world
	events     uint64  // of the world
	maxEvents  uint64
	maxPending int
	workers    []*worker
	crew       *Crew
	barrier    barrier
	window     window
	windows    int
	progress   progress
}

// New returns an engine at instant 0.
func New(c Config) (*Engine, error) {
	homes, count, err := c.check()
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	e := &Engine{
		parts: make([]Partition, count), home: homes, seqs: make([]uint64, len(homes)),
		lookahead: c.Lookahead, world: c.World, maxEvents: c.MaxEvents, maxPending: c.MaxPending,
	}
	if e.maxPending == 0 {
		e.maxPending = defaultMaxPending
	}
	for i := range e.parts {
		p := &e.parts[i]
		*p = Partition{
			engine: e, index: i, single: count == 1, node: Nobody, deadline: Never, print: golden, handler: c.Handler(i),
		}
		p.windower, _ = p.handler.(Windower)
		p.postponer, _ = p.handler.(Postponer)
		if s, ok := p.handler.(Seer); ok {
			p.queue.ahead = s.Ahead
		}
	}
	e.employ(min(max(c.Workers, 1), count))
	e.crew = newCrew(min(max(0, c.Workers-count), mostHands))
	return e, nil
}

// Crew returns who takes jobs off the partitions' hands.
func (e *Engine) Crew() *Crew { return e.crew }

// check returns every node's partition and the number of partitions.
func (c *Config) check() (homes []int32, count int, err error) {
	homes = c.Homes
	if homes == nil {
		homes = make([]int32, c.Nodes)
	}
	if c.Handler == nil {
		return nil, 0, errors.New("no handler given")
	}
	if len(homes) == 0 {
		return nil, 0, errors.New("no nodes: give Nodes or Homes")
	}
	count = 1
	for node, home := range homes {
		if home < 0 || home >= maxPartitions {
			return nil, 0, fmt.Errorf("node %d lies in partition %d: 0 to %d can be used", node, home, maxPartitions-1)
		}
		count = max(count, int(home)+1)
	}
	if count > 1 && c.Lookahead <= 0 {
		return nil, 0, fmt.Errorf("%d partitions need a lookahead above 0: the least delay between them", count)
	}
	return homes, count, nil
}

// Partitions returns the number of partitions.
func (e *Engine) Partitions() int { return len(e.parts) }

// Partition returns a partition, to be looked at while nothing runs.
func (e *Engine) Partition(i int) *Partition { return &e.parts[i] }

// Now returns how far the run is: the instant of the world event being handled,
// else the one up to which everything has been handled.
func (e *Engine) Now() Instant { return e.now }

// Schedule makes something happen at a node, or in the world if the node is
// [Nobody]. Call it before a run, between runs, or from the world's handler. Of
// all that happens at one instant, what the world scheduled comes first.
func (e *Engine) Schedule(at Instant, node Node, what What) {
	e.worldSeq++
	ev := Event{At: at, Seq: e.worldSeq, Source: Nobody, Node: node, What: what}
	switch {
	case node != Nobody:
		e.parts[e.home[node]].queue.Push(ev)
	case e.world == nil:
		panic("engine: an event of the world is scheduled, but Config.World is nil")
	default:
		e.queue.Push(ev)
	}
}

// Reason says why a run ended.
type Reason string

// Reasons.
const (
	Reached Reason = "reached the end given"
	Drained Reason = "nothing is left to happen"
	Stopped Reason = "stopped by a handler"
	Spent   Reason = "handled the most events allowed"
)

// CrowdedError says that too many events wait. Nodes that multiply messages do
// that, or links slower than what is sent over them.
type CrowdedError struct {
	Now     Instant
	Pending int
	Limit   int
	Kinds   map[Kind]int // of what waits
}

func (c *CrowdedError) Error() string {
	most, count := Kind(0), 0
	for k := range 256 { // the lowest kind, if several are the most
		if n := c.Kinds[Kind(k)]; n > count {
			most, count = Kind(k), n
		}
	}
	return fmt.Sprintf("engine: at instant %d %d events wait, more than the %d allowed; most of them, %d, are of kind %d", c.Now, c.Pending, c.Limit, count, most)
}

// Run handles everything that lies before an instant, in order, unless it ends
// earlier. It may be called again to go on. A panic of a handler is passed on:
// as it is from a single worker, else as a [*Panic].
func (e *Engine) Run(until Instant) (Reason, error) {
	e.progress.publish(e)
	for i := range e.parts {
		e.parts[i].stopped = false
	}
	e.window = window{until: until}
	defer e.crew.start()()
	e.conduct()
	if len(e.workers) == 1 {
		for !e.window.done {
			e.workers[0].run(e)
			e.conduct()
		}
	} else if !e.window.done {
		e.share()
	}
	e.progress.publish(e)
	if e.window.reason == Reached {
		e.now = max(e.now, until)
	}
	return e.window.reason, e.window.err
}

// share runs windows on all workers.
func (e *Engine) share() {
	var group sync.WaitGroup
	e.barrier.count = int32(len(e.workers))
	for _, w := range e.workers {
		group.Go(func() {
			for !e.window.done {
				w.guarded(e)
				e.barrier.wait(e.conduct)
			}
		})
	}
	group.Wait()
	for _, w := range e.workers { // what was sent in the last window
		w.fetch(e)
	}
	if first := e.firstPanic(); first != nil {
		panic(first)
	}
}

// firstPanic returns what failed first in virtual time, which is the same for
// every number of workers that share the window.
func (e *Engine) firstPanic() (first *Panic) {
	for _, w := range e.workers {
		f := w.failed
		if f != nil && (first == nil || f.Now < first.Now || f.Now == first.Now && f.Partition < first.Partition) {
			first = f
		}
	}
	return first
}

// Fingerprint returns one number for everything that has happened.
func (e *Engine) Fingerprint() uint64 {
	sum := fold(golden, e.worldPrint, e.events)
	for i := range e.parts {
		sum = fold(sum, e.parts[i].print, e.parts[i].events)
	}
	return sum
}

// Events returns how many events have been handled.
func (e *Engine) Events() uint64 {
	n := e.events
	for i := range e.parts {
		n += e.parts[i].events
	}
	return n
}

// Pending returns how many events wait.
func (e *Engine) Pending() int {
	n := e.queue.Len()
	for i := range e.parts {
		n += e.parts[i].queue.Len()
	}
	for _, w := range e.workers {
		for _, out := range w.out {
			for _, events := range out {
				n += len(events)
			}
		}
	}
	return n
}

// Bytes returns how much memory is held for events.
func (e *Engine) Bytes() int {
	n := e.queue.Bytes()
	for i := range e.parts {
		n += e.parts[i].queue.Bytes()
	}
	for _, w := range e.workers {
		for _, out := range w.out {
			for _, events := range out {
				n += cap(events) * eventBytes
			}
		}
	}
	return n
}

// crowded describes what waits.
func (e *Engine) crowded(pending int) *CrowdedError {
	c := &CrowdedError{Now: e.progress.now(), Pending: pending, Limit: e.maxPending, Kinds: map[Kind]int{}}
	count := func(ev *Event) { c.Kinds[ev.Kind]++ }
	e.queue.each(count)
	for i := range e.parts {
		e.parts[i].queue.each(count)
	}
	return c
}

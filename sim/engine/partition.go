package engine

import (
	"fmt"
	"math/bits"
)

// Handler does what events say. One handler serves one partition and is called by
// one goroutine at a time; what it shares with others it may only read during a
// window.
type Handler interface {
	Handle(c *Partition, e Event)
}

// Windower is a [Handler] that wants to know when a window begins: there it takes
// back what other partitions released.
type Windower interface {
	Handler
	Window(c *Partition)
}

// Postponer is a [Handler] that leaves something undone until a deadline.
type Postponer interface {
	Handler
	// Due is called before anything happens at or after the deadline. It moves the
	// deadline ([Partition.Deadline]).
	Due(c *Partition)
}

// Partition is a part of the nodes with their events, and what a handler has in
// its hands while it handles one.
type Partition struct {
	queue     Queue
	now       Instant
	node      Node    // whose event is being handled
	deadline  Instant // of what the postponer has left undone; Never: nothing
	print     uint64
	events    uint64
	stopped   bool
	single    bool
	handler   Handler
	windower  Windower  // nil: wants no news of windows
	postponer Postponer // nil: leaves nothing undone
	index     int
	window    int
	engine    *Engine
	worker    *worker
}

// Now returns the instant of the event being handled.
func (p *Partition) Now() Instant { return p.now }

// Index returns the partition's number, from 0.
func (p *Partition) Index() int { return p.index }

// Schedule makes something happen at a node, now or later; the node whose event
// is being handled is its source. At a node of another partition nothing can
// happen earlier than the lookahead from now.
func (p *Partition) Schedule(at Instant, node Node, what What) {
	source := p.node
	seq := &p.engine.seqs[source]
	*seq++
	e := Event{At: at, Seq: *seq, Source: source, Node: node, What: what}
	if p.single || p.engine.home[node] == int32(p.index) {
		p.queue.Push(e)
		return
	}
	p.send(e)
}

// send hands an event to another partition.
func (p *Partition) send(e Event) {
	to := &p.engine.parts[p.engine.home[e.Node]]
	if e.At-p.now < p.engine.lookahead {
		panic(fmt.Sprintf("engine: node %d (partition %d) schedules an event for node %d (partition %d) %d ns ahead at instant %d, less than the lookahead of %d ns: give the true least delay between partitions",
			e.Source, p.index, e.Node, to.index, e.At-p.now, p.now, p.engine.lookahead))
	}
	if to.worker == p.worker {
		to.queue.Push(e) // it has popped nothing beyond this window
		return
	}
	out := &p.worker.out[p.window%2][to.worker.index]
	*out = append(*out, e)
	p.worker.least = min(p.worker.least, e.At)
}

// Deadline says when the handler, a [Postponer], must be asked to do what it has left
// undone; [Never]: it has left nothing.
func (p *Partition) Deadline(at Instant) { p.deadline = at }

// Enter makes a node, at an instant, the source of what is scheduled from now on: a
// [Postponer] that does something late does it as of when it was to happen.
func (p *Partition) Enter(at Instant, node Node) { p.now, p.node = at, node }

// Fold adds a word to the fingerprint: what the event came to, so that two runs
// that differ are seen to. Never fold a handle.
func (p *Partition) Fold(word uint64) { p.print = fold(p.print, word, 1) }

// Stop ends the run: the partition handles nothing more, the others finish their
// window.
func (p *Partition) Stop() { p.stopped = true }

// run handles what lies before an instant, at most budget events.
func (p *Partition) run(before Instant, budget uint64) {
	if p.windower != nil {
		p.windower.Window(p)
	}
	for n := uint64(0); n < budget && !p.stopped; n++ {
		e, ok := p.queue.Pop(min(before, p.deadline))
		if !ok {
			if p.deadline >= before {
				return
			}
			p.postponer.Due(p)
			continue
		}
		p.now, p.node = e.At, e.Node
		p.events++
		p.print = fold(p.print, uint64(e.At), uint64(e.Source)<<32^uint64(e.Node)<<8^uint64(e.Kind))
		p.handler.Handle(p, e)
	}
}

// fold is one step of the rolling hash: a full multiplication, its halves joined,
// as in wyhash.
func fold(sum, a, b uint64) uint64 {
	hi, lo := bits.Mul64(sum^a, b^golden)
	return hi ^ lo + golden
}

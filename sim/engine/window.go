package engine

// window is what all workers do until they meet again. It is written by one of
// them while the others wait.
type window struct {
	until  Instant // end of the run
	end    Instant // of this window, exclusive
	budget uint64  // events that each partition may handle
	done   bool
	reason Reason
	err    error
}

// conduct decides, while nothing runs, what comes next: events of the world, a
// window, or the end.
func (e *Engine) conduct() {
	w := &e.window
	e.progress.publish(e)
	for {
		least := e.next()
		world := e.queue.Next()
		if e.over(min(least, world)) {
			w.done = true
			return
		}
		if world > least {
			w.end = min(e.horizon(least), world, w.until)
			w.budget = e.budget()
			e.windows++
			return
		}
		e.step()
	}
}

// next returns the earliest instant at which something happens at a node.
func (e *Engine) next() Instant {
	least := Never
	for i := range e.parts {
		least = min(least, e.parts[i].queue.Next(), e.parts[i].deadline)
	}
	for _, w := range e.workers {
		least = min(least, w.least)
	}
	return least
}

// over decides whether the run ends here.
func (e *Engine) over(next Instant) bool {
	w := &e.window
	pending := e.Pending()
	switch {
	case e.failed() || w.err != nil:
		w.reason = Stopped
	case e.stopped():
		w.reason = Stopped
	case e.maxEvents > 0 && e.Events() >= e.maxEvents:
		w.reason = Spent
	case pending > e.maxPending:
		w.reason, w.err = Stopped, e.crowded(pending)
	case next == Never:
		w.reason = Drained
	case next >= w.until:
		w.reason = Reached
	default:
		return false
	}
	return true
}

func (e *Engine) failed() bool {
	for _, w := range e.workers {
		if w.failed != nil {
			return true
		}
	}
	return false
}

func (e *Engine) stopped() bool {
	for i := range e.parts {
		if e.parts[i].stopped {
			return true
		}
	}
	return false
}

// horizon returns how far partitions may go without hearing of each other.
func (e *Engine) horizon(least Instant) Instant {
	if len(e.parts) == 1 || least > Never-e.lookahead {
		return Never
	}
	return least + e.lookahead
}

// budget returns how many events a partition handles before it reports.
func (e *Engine) budget() uint64 {
	switch {
	case len(e.parts) > 1:
		return 1 << 63
	case e.maxEvents > 0:
		return min(beat, e.maxEvents-e.Events())
	default:
		return beat
	}
}

// step handles one event of the world.
func (e *Engine) step() {
	ev, _ := e.queue.Pop(Never)
	e.now = ev.At
	e.events++
	e.worldPrint = fold(e.worldPrint, uint64(ev.At), uint64(ev.Kind))
	e.world(e, ev)
}

// Fold adds a word to the fingerprint, from the world's handler.
func (e *Engine) Fold(word uint64) { e.worldPrint = fold(e.worldPrint, word, 1) }

// Stop ends the run, from the world's handler.
func (e *Engine) Stop() { e.parts[0].stopped = true }

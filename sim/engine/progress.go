package engine

import "sync/atomic"

// Progress is how far a run was when it last told.
type Progress struct {
	Now     Instant // the earliest thing that has not happened yet lies here or later
	Events  uint64
	Pending int
	Bytes   int // held for events
	Windows int
}

type progress struct {
	at, events, pending, bytes, windows atomic.Int64
}

// Progress returns how far the run is, as told at the end of a window or every
// few thousand events. Any goroutine may call it.
func (e *Engine) Progress() Progress {
	p := &e.progress
	return Progress{
		Now: Instant(p.at.Load()), Events: uint64(p.events.Load()), Pending: int(p.pending.Load()),
		Bytes: int(p.bytes.Load()), Windows: int(p.windows.Load()),
	}
}

func (p *progress) now() Instant { return Instant(p.at.Load()) }

// publish tells how far the run is, while nothing runs.
func (p *progress) publish(e *Engine) {
	at := e.now
	for i := range e.parts {
		at = max(at, e.parts[i].now)
	}
	p.at.Store(int64(at))
	p.events.Store(int64(e.Events()))
	p.pending.Store(int64(e.Pending()))
	p.bytes.Store(int64(e.Bytes()))
	p.windows.Store(int64(e.windows))
}

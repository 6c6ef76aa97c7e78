package api

import (
	"context"
	"net/http"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/node"
)

// stream writes one client's events.
type stream struct {
	api     *api
	out     *http.ResponseController
	to      http.ResponseWriter
	next    dag.LeafIndex // to be written
	commits bool          // whether their leaves are
	encoder eventEncoder
	buffer  []byte
}

// open sends the header at once, so that a client knows that it listens. The
// deadlines of ordinary requests end: the first would end the stream.
func (s *stream) open() bool {
	// Recorders in tests have no deadlines, and need none.
	_ = s.out.SetReadDeadline(time.Time{})
	return s.write([]byte(": events of the log\n\n"))
}

func (s *stream) write(b []byte) bool {
	_ = s.out.SetWriteDeadline(time.Now().Add(streamWriteTimeout)) // as in open
	if _, err := s.to.Write(b); err != nil {
		return false
	}
	return s.out.Flush() == nil
}

// run writes the log's events, and comments while there are none, until the
// client leaves, ctx is done or the log cannot be read.
func (s *stream) run(ctx context.Context) {
	for s.follow(ctx) {
		if !s.write([]byte(": still here\n\n")) {
			return
		}
	}
}

// follow writes events as they come, until it has written none for as long as a
// stream may be quiet. It reports whether that is why it returned.
func (s *stream) follow(ctx context.Context) (quiet bool) {
	following, cancel := context.WithCancel(ctx)
	defer cancel()
	patience := time.AfterFunc(s.api.keepAlive, cancel)
	defer patience.Stop()
	for run, err := range s.api.gateway.Events(following, s.next) {
		if err != nil {
			if ctx.Err() == nil {
				s.write(appendProblemEvent(nil, s.api.failed("read its log", err)))
			}
			return false
		}
		written, ok := s.send(run)
		if !ok {
			return false
		}
		if written {
			patience.Reset(s.api.keepAlive)
		}
	}
	return ctx.Err() == nil
}

// send writes a run of events together.
func (s *stream) send(run []node.Event) (written, ok bool) {
	s.buffer = s.buffer[:0]
	n := 0
	for i := range run {
		e := &run[i]
		s.next = e.Leaf + 1
		if e.Record.IsZero() && !s.commits {
			continue
		}
		n++
		s.buffer = s.encoder.append(s.buffer, e)
		if len(s.buffer) < maxEventBytes {
			continue
		}
		if !s.write(s.buffer) {
			return true, false
		}
		s.buffer = s.buffer[:0]
	}
	s.api.metrics.events.Add(float64(n))
	if len(s.buffer) == 0 {
		return n > 0, true
	}
	return true, s.write(s.buffer)
}

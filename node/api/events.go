package api

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/node"
)

// events answers GET /v1/events.
func (a *api) events(w http.ResponseWriter, r *http.Request) *problem {
	from, commits, p := a.parseEvents(r)
	if p != nil {
		return p
	}
	if a.streams.Add(1) > maxStreams {
		a.streams.Add(-1)
		p := newProblem(overloaded, "too many event streams are open; share one, or come back later")
		p.retry = retryLater
		return p
	}
	a.metrics.streams.Inc()
	defer func() {
		a.streams.Add(-1)
		a.metrics.streams.Dec()
	}()

	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	s := &stream{api: a, out: http.NewResponseController(w), to: w}
	if r.Method == http.MethodHead || !s.open() {
		return nil
	}
	ctx, cancel := context.WithCancel(r.Context())
	g := newGathering()
	var gathered sync.WaitGroup
	gathered.Go(func() { a.gather(ctx, g, from, commits) })
	s.run(ctx, g)
	cancel()
	gathered.Wait()
	return nil
}

// parseEvents reads where a stream starts and whether it has commits.
func (a *api) parseEvents(r *http.Request) (from dag.LeafIndex, commits bool, p *problem) {
	q, p := parameters(r, "from", "commits")
	if p != nil {
		return 0, false, p
	}
	switch q.Get("commits") {
	case "", "false":
	case "true":
		commits = true
	default:
		return 0, false, newProblem(badRequest, "commits is true or false")
	}
	switch last, start := r.Header.Get("Last-Event-ID"), q.Get("from"); {
	case last != "":
		n, ok := parseLeaf(last)
		if !ok {
			return 0, false, newProblem(badRequest, "the header Last-Event-ID is the id of an event, a leaf's index in the log")
		}
		return n + 1, commits, nil
	case start == "end":
		return dag.LeafIndex(a.gateway.Status().LogSize), commits, nil
	case start != "":
		n, ok := parseLeaf(start)
		if !ok {
			return 0, false, newProblem(badRequest, "from is a leaf's index in the log, or end")
		}
		return n, commits, nil
	}
	return 0, commits, nil
}

func parseLeaf(text string) (dag.LeafIndex, bool) {
	n, err := strconv.ParseUint(text, 10, 64)
	return dag.LeafIndex(n), err == nil && n < dag.MaxCounter
}

// gathering is where events wait while the ones before them are written. It
// belongs to one writer and one reader.
type gathering struct {
	mu      sync.Mutex
	pending []byte
	ended   bool

	filled  chan struct{} // something is pending, or it ended
	drained chan struct{} // nothing is
}

func newGathering() *gathering {
	return &gathering{filled: make(chan struct{}, 1), drained: make(chan struct{}, 1)}
}

// add appends one event by calling write, waiting for room until ctx is done.
func (g *gathering) add(ctx context.Context, write func([]byte) []byte) bool {
	for {
		g.mu.Lock()
		if len(g.pending) < maxPendingBytes {
			g.pending = write(g.pending)
			g.mu.Unlock()
			notify(g.filled)
			return true
		}
		g.mu.Unlock()
		select {
		case <-g.drained:
		case <-ctx.Done():
			return false
		}
	}
}

// end says that nothing follows.
func (g *gathering) end() {
	g.mu.Lock()
	g.ended = true
	g.mu.Unlock()
	notify(g.filled)
}

// take exchanges what is pending for an empty buffer.
func (g *gathering) take(empty []byte) (full []byte, ended bool) {
	g.mu.Lock()
	full, g.pending = g.pending, empty[:0]
	ended = g.ended
	g.mu.Unlock()
	notify(g.drained)
	return full, ended
}

// notify wakes the other side; one waiting signal is enough.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// gather fills g with the log's events until ctx is done.
func (a *api) gather(ctx context.Context, g *gathering, from dag.LeafIndex, commits bool) {
	defer g.end()
	for e, err := range a.gateway.Events(ctx, from) {
		if err != nil {
			if ctx.Err() == nil {
				p := a.failed("read its log", err)
				g.add(ctx, func(b []byte) []byte { return appendProblemEvent(b, p) })
			}
			return
		}
		if e.Record.IsZero() && !commits {
			continue
		}
		a.metrics.events.Inc()
		if !g.add(ctx, func(b []byte) []byte { return a.appendEvent(b, &e) }) {
			return
		}
	}
}

// appendEvent appends an event in the form of the HTML standard, section 9.2.5.
func (a *api) appendEvent(b []byte, e *node.Event) []byte {
	b = append(b, "id: "...)
	b = strconv.AppendUint(b, uint64(e.Leaf), 10)
	if e.Record.IsZero() {
		b = append(b, "\nevent: commit"...)
	}
	b = append(b, "\ndata: {"...)
	if !e.Record.IsZero() {
		b = append(b, `"id":"`...)
		b = a.ids.append(b, e.Record)
		b = append(b, `","status":"`...)
		b = append(b, node.StatusFinal...)
		b = append(b, `","device":`...)
		b = appendJSONString(b, e.Device)
		b = append(b, ',')
	}
	b = append(b, `"leaf":`...)
	b = strconv.AppendUint(b, uint64(e.Leaf), 10)
	b = append(b, `,"commit":`...)
	b = strconv.AppendUint(b, uint64(e.Commit), 10)
	b = append(b, `,"final":"`...)
	b = e.Final.UTC().AppendFormat(b, time.RFC3339Nano)
	return append(b, "\"}\n\n"...)
}

func appendProblemEvent(b []byte, p *problem) []byte {
	slug, title, status := p.kind.describe()
	b = append(b, "event: problem\ndata: {\"type\":"...)
	b = appendJSONString(b, typeURI(slug))
	b = append(b, `,"title":`...)
	b = appendJSONString(b, title)
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, `,"detail":`...)
	b = appendJSONString(b, p.detail)
	return append(b, "}\n\n"...)
}

// stream writes one client's events.
type stream struct {
	api *api
	out *http.ResponseController
	to  http.ResponseWriter
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

// run writes what g gathers until it ends, the client leaves or the server stops.
func (s *stream) run(ctx context.Context, g *gathering) {
	quiet := time.NewTicker(s.api.keepAlive)
	defer quiet.Stop()
	stop := stopping(ctx)
	var buffer []byte
	for {
		select {
		case <-g.filled:
			full, ended := g.take(buffer)
			if len(full) > 0 && !s.write(full) || ended {
				return
			}
			buffer = full
			quiet.Reset(s.api.keepAlive)
		case <-quiet.C:
			if !s.write([]byte(": still here\n\n")) {
				return
			}
		case <-stop:
			return
		case <-ctx.Done():
			return
		}
	}
}

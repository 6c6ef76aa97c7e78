package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/floormesh/floormesh/dag"
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
	s := &stream{
		api: a, out: http.NewResponseController(w), to: w,
		next: from, commits: commits, encoder: eventEncoder{ids: a.ids},
	}
	if r.Method == http.MethodHead || !s.open() {
		return nil
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(stopping(ctx), cancel)()
	s.run(ctx)
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

package client

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floormesh/floormesh/dag"
)

const id = "bafkreigclwfc3z3ukjaocqzwhripurxehcnjxfu4xxeaz4pig2qzquq67i"

func answering(t *testing.T, status int, contentType, body string) *Client {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Retry-After", "2")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	c := New(s.URL + "/")
	t.Cleanup(c.Close)
	return c
}

func TestSubmitTellsItemsApart(t *testing.T) {
	known, err := dag.ParseRecordID(id)
	if err != nil {
		t.Fatal(err)
	}
	items := `[{"id":"` + id + `","status":"stored"},{"id":"` + id + `","status":"final","known":true},` +
		`{"index":2,"type":"x","title":"Overloaded","status":503,"detail":"too much waits"}]`
	want := []Receipt{
		{ID: known, Status: "stored"},
		{ID: known, Status: "final", Known: true},
		{Err: &ProblemError{Status: 503, Title: "Overloaded", Detail: "too much waits"}},
	}
	for name, c := range map[string]*Client{
		"some accepted": answering(t, http.StatusAccepted, "application/json", items),
		"none accepted": answering(t, http.StatusServiceUnavailable, "application/problem+json",
			`{"title":"t","status":503,"detail":"d","items":`+items+`}`),
	} {
		got, err := c.Submit(t.Context(), make([][]byte, 3))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

func TestErrors(t *testing.T) {
	c := answering(t, http.StatusConflict, "application/problem+json", `{"title":"Not certified yet","status":409,"detail":"ask again"}`)
	_, err := c.Proof(t.Context(), dag.RecordID{})
	p, ok := errors.AsType[*ProblemError](err)
	if !ok || p.Status != http.StatusConflict || p.Error() != "ask again" || p.RetryAfter != 2*time.Second || !p.Passing() {
		t.Errorf("got %#v", err)
	}
	c = answering(t, http.StatusBadGateway, "text/html", "<html>")
	if _, err := c.Status(t.Context()); err == nil || err.Error() != "the gateway answered 502 Bad Gateway (HTTP 502)" {
		t.Errorf("from a proxy: %v", err)
	}
	if _, err := New("http://127.0.0.1:1").Status(t.Context()); !errors.As(err, new(*UnreachableError)) {
		t.Errorf("nobody listens: %v", err)
	}
	c = answering(t, http.StatusAccepted, "application/json", `[]`)
	if _, err := c.Submit(t.Context(), make([][]byte, 2)); err == nil {
		t.Error("answers missing: no error")
	}
}

func TestEvents(t *testing.T) {
	c := answering(t, http.StatusOK, "text/event-stream", ": events\n\n"+
		"id: 3\ndata: {\"id\":\""+id+"\",\"status\":\"final\",\"device\":\"d\",\"leaf\":3,\"commit\":2,\"final\":\"2026-01-02T03:04:05Z\"}\n\n"+
		"id: 4\nevent: commit\ndata: {\"leaf\":4,\"commit\":2,\"final\":\"2026-01-02T03:04:05Z\"}\n\n"+
		"event: problem\ndata: {\"title\":\"stopped\",\"status\":503,\"detail\":\"disk full\"}\n\n")
	var (
		leaves []uint64
		last   error
	)
	opened := false
	for e, err := range c.Events(t.Context(), 3, func() { opened = true }) {
		if err != nil {
			last = err
			continue
		}
		leaves = append(leaves, e.Leaf)
	}
	if diff := cmp.Diff([]uint64{3}, leaves); diff != "" || !opened {
		t.Errorf("opened %t, leaves (-want +got)\n%s", opened, diff)
	}
	if last == nil || last.Error() != "disk full" {
		t.Errorf("ended with %v, want the gateway's problem", last)
	}
}

func TestMetrics(t *testing.T) {
	c := answering(t, http.StatusOK, "text/plain", "# HELP a b\na 1\nb{c=\"d e\"} 2.5e3\n\nnonsense\n")
	got, err := c.Metrics(t.Context())
	if diff := cmp.Diff(map[string]float64{"a": 1, `b{c="d e"}`: 2500}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

package api

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/node"
)

// acceptsAll answers as a gateway does that has nothing to check.
type acceptsAll struct{ *fakeGateway }

func (acceptsAll) Submit(_ context.Context, _ dag.LaneNumber, raw [][]byte) []node.Receipt {
	out := make([]node.Receipt, len(raw))
	for i := range out {
		out[i].ID = dag.RecordID{byte(i)}
	}
	return out
}

// start serves h on loopback until the test ends.
func start(t testing.TB, h http.Handler) (url string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, l, h, slog.New(slog.DiscardHandler)) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	}
	t.Cleanup(stop)
	return "http://" + l.Addr().String(), stop
}

// follow opens an event stream.
func follow(t testing.TB, url, lastEventID string) *bufio.Scanner {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if lastEventID != "" {
		r.Header.Set("Last-Event-ID", lastEventID)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return bufio.NewScanner(resp.Body)
}

// next returns an event's lines, or a comment, joined by a bar.
func next(t testing.TB, s *bufio.Scanner) string {
	t.Helper()
	var lines []string
	for s.Scan() {
		if s.Text() == "" {
			return strings.Join(lines, "|")
		}
		lines = append(lines, s.Text())
	}
	return "end"
}

func TestEvents(t *testing.T) {
	f := newFake()
	url, stop := start(t, New(f, Options{}))
	var ids []dag.RecordID
	for i := range 3 {
		ids = append(ids, f.Submit(t.Context(), 0, [][]byte{f.sign(i)})[0].ID)
	}
	device := dag.NewPrivateKey([32]byte{9}).Public().String()
	event := func(leaf int) string {
		return fmt.Sprintf(`id: %d|data: {"id":"%s","status":"final","device":"%s","leaf":%d,"commit":1,"final":"2023-11-14T22:13:20Z"}`,
			leaf, ids[leaf], device, leaf)
	}
	const commit = `id: 3|event: commit|data: {"leaf":3,"commit":1,"final":"2023-11-14T22:13:20Z"}`
	expect := func(s *bufio.Scanner, want ...string) {
		t.Helper()
		for _, w := range append([]string{": events of the log"}, want...) {
			if got := next(t, s); got != w {
				t.Errorf("got  %s\nwant %s", got, w)
			}
		}
	}

	early := follow(t, url+"/v1/events", "") // listens before anything is final
	f.finalise()
	expect(early, event(0), event(1), event(2))
	expect(follow(t, url+"/v1/events?commits=true", ""), event(0), event(1), event(2), commit)
	expect(follow(t, url+"/v1/events?commits=true", "1"), event(2), commit)
	expect(follow(t, url+"/v1/events?from=1", ""), event(1), event(2))

	late := follow(t, url+"/v1/events?from=end", "")
	if got := next(t, late); got != ": events of the log" {
		t.Error(got)
	}
	id := f.Submit(t.Context(), 0, [][]byte{f.sign(99)})[0].ID
	f.finalise()
	if got := next(t, late); !strings.HasPrefix(got, "id: 4|") || !strings.Contains(got, id.String()) {
		t.Errorf("got %s", got)
	}
	stop() // ends streams, or this test would hang
	if got := next(t, late); got != "end" {
		t.Errorf("after the server stopped: %s", got)
	}
}

func TestKeepAlive(t *testing.T) {
	a := newAPI(newFake(), Options{})
	a.keepAlive = time.Millisecond
	url, _ := start(t, a.handler())
	s := follow(t, url+"/v1/events", "")
	next(t, s)
	for range 3 {
		if got := next(t, s); got != ": still here" {
			t.Error(got)
		}
	}
}

// TestStreamOutlivesDeadlines: a stream lives longer than a request may.
func TestStreamOutlivesDeadlines(t *testing.T) {
	a := newAPI(newFake(), Options{})
	a.keepAlive = 20 * time.Millisecond
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t.Context(), a.handler(), slog.New(slog.DiscardHandler))
	s.ReadTimeout, s.WriteTimeout = 30*time.Millisecond, 30*time.Millisecond
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close(); http.DefaultClient.CloseIdleConnections() })
	stream := follow(t, "http://"+l.Addr().String()+"/v1/events", "")
	next(t, stream)
	for range 8 {
		if got := next(t, stream); got != ": still here" {
			t.Fatal(got)
		}
	}
}

// stuck is a client that reads only what it is told to.
type stuck struct {
	*httptest.ResponseRecorder

	reads chan struct{}
}

func (s stuck) Write(b []byte) (int, error) {
	<-s.reads
	return s.ResponseRecorder.Write(b)
}

// endless is a gateway whose log never ends. It counts the runs it was asked for.
type endless struct {
	*fakeGateway

	runs *atomic.Int64
}

func (g endless) Events(ctx context.Context, from dag.LeafIndex) iter.Seq2[[]node.Event, error] {
	return func(yield func([]node.Event, error) bool) {
		run := make([]node.Event, 100)
		for ctx.Err() == nil {
			for i := range run {
				run[i] = node.Event{Leaf: from, Record: dag.RecordID{1}, Commit: 1, Device: strings.Repeat("d", 2000), Final: when()}
				from++
			}
			g.runs.Add(1)
			if !yield(run, nil) {
				return
			}
		}
	}
}

// TestSlowReader: what a client does not read waits in the log, not in memory.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := endless{newFake(), new(atomic.Int64)}
		client := stuck{httptest.NewRecorder(), make(chan struct{})}
		ctx, leave := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			New(g, Options{}).ServeHTTP(client, httptest.NewRequestWithContext(ctx, "GET", "http://127.0.0.1/v1/events", nil))
		}()
		client.reads <- struct{}{} // the comment that opens a stream
		for range 10 {
			synctest.Wait()
			client.Body.Reset()
			client.reads <- struct{}{}
			synctest.Wait()
			if n := client.Body.Len(); n == 0 || n > maxEventBytes+3000 {
				t.Errorf("%d bytes were written at once, want at most an event over %d", n, maxEventBytes)
			}
		}
		// A hundred events are some 220 kB: four writes.
		if n := g.runs.Load(); n > 4 {
			t.Errorf("%d runs were read for ten writes", n)
		}
		leave()
		close(client.reads)
		<-ended
	})
}

// TestSlowHeader: who sends a header byte by byte is cut off.
func TestSlowHeader(t *testing.T) {
	s := newServer(t.Context(), New(newFake(), Options{}), slog.New(slog.DiscardHandler))
	s.ReadHeaderTimeout = 20 * time.Millisecond
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost:"); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if b, err := io.ReadAll(c); err != nil {
		t.Errorf("still connected: %q, %v", b, err)
	}
}

func TestServeFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if err := Serve(t.Context(), l, New(newFake(), Options{}), slog.New(slog.DiscardHandler)); err == nil {
		t.Error("Serve on a closed listener returned nil")
	}
}

// BenchmarkEvents reads a long log over loopback.
func BenchmarkEvents(b *testing.B) {
	const leaves = 20_000
	f := newFake()
	for i := range leaves {
		f.log = append(f.log, node.Event{Leaf: dag.LeafIndex(i), Record: dag.RecordID{1}, Commit: 1, Device: strings.Repeat("0", 64), Final: when()})
	}
	url, _ := start(b, New(f, Options{}))
	b.ReportAllocs()
	for b.Loop() {
		ctx, cancel := context.WithCancel(b.Context())
		r, err := http.NewRequestWithContext(ctx, "GET", url+"/v1/events", nil)
		if err != nil {
			b.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		s := bufio.NewScanner(resp.Body)
		for n := 0; n < leaves && s.Scan(); {
			if strings.HasPrefix(s.Text(), "id: ") {
				n++
			}
		}
		cancel()
		_ = resp.Body.Close()
	}
	b.ReportMetric(leaves*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

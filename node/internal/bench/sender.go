package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/floormesh/floormesh/node/internal/fleet"
)

// span is a run of records: from one to before another.
type span struct{ from, to int }

// target is a gateway as the senders see it.
type target struct {
	gateway *fleet.Gateway
	alive   atomic.Bool
	jobs    chan span // unbuffered: taken by an idle connection or not at all
}

// sender submits spans of records until each record is acknowledged.
type sender struct {
	load     *load
	targets  []*target
	accepted []atomic.Uint32 // per record: 0, or 1 + the index of the gateway that acknowledged it first
	total    atomic.Int64    // records acknowledged
	requests atomic.Int64
	resent   atomic.Int64
	wake     chan struct{} // something changed

	mu      sync.Mutex
	again   []span // to be sent again
	reasons map[string]int
}

func newSender(l *load, gateways []*fleet.Gateway) *sender {
	s := &sender{
		load: l, accepted: make([]atomic.Uint32, l.count()),
		wake: make(chan struct{}, 1), reasons: map[string]int{},
	}
	for _, g := range gateways {
		t := &target{gateway: g, jobs: make(chan span)}
		t.alive.Store(true)
		s.targets = append(s.targets, t)
	}
	return s
}

// run serves the targets' jobs until ctx is done.
func (s *sender) run(ctx context.Context, group *sync.WaitGroup) {
	for i, t := range s.targets {
		for range connections {
			group.Go(func() { s.work(ctx, i, t) })
		}
	}
}

// work submits over one connection at a time.
func (s *sender) work(ctx context.Context, index int, t *target) {
	c := &connection{}
	defer c.close()
	for {
		select {
		case <-ctx.Done():
			return
		case job := <-t.jobs:
			s.requests.Add(1)
			err := s.submit(c, index, t, job)
			if err != nil {
				c.close()
				s.repeat(job, err)
			}
			s.notify()
		}
	}
}

func (s *sender) notify() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// repeat queues a span to be sent again.
func (s *sender) repeat(job span, why error) {
	s.resent.Add(int64(job.to - job.from))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.again = append(s.again, job)
	s.reasons[oneOf(why)]++
}

// oneOf shortens a reason to what does not differ from one request to the next.
func oneOf(err error) string {
	if at, ok := errors.AsType[*net.OpError](err); ok {
		return at.Err.Error()
	}
	return err.Error()
}

// takeAgain returns a span to be sent again, if there is one.
func (s *sender) takeAgain() (span, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.again) == 0 {
		return span{}, false
	}
	job := s.again[0]
	s.again = slices.Delete(s.again, 0, 1)
	return job, true
}

// putBack returns a span that nobody could take.
func (s *sender) putBack(job span) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.again = slices.Insert(s.again, 0, job)
}

// offer hands a span to an idle connection of a live gateway, beginning with
// the one after the last. False if there is none.
func (s *sender) offer(last *int, job span) bool {
	for range s.targets {
		*last = (*last + 1) % len(s.targets)
		t := s.targets[*last]
		if !t.alive.Load() {
			continue
		}
		select {
		case t.jobs <- job:
			return true
		default:
		}
	}
	return false
}

// submit sends one request and notes what was acknowledged. An error means that
// nothing is known to be.
func (s *sender) submit(c *connection, index int, t *target, job span) error {
	status, body, err := c.post(strings.TrimPrefix(t.gateway.Ready().HTTP, "http://"), s.load.records(job.from, job.to))
	if err != nil {
		return err
	}
	if status/100 == 2 && !bytes.Contains(body, []byte(`"index":`)) {
		for i := job.from; i < job.to; i++ {
			s.acknowledge(i, index)
		}
		return nil
	}
	return s.sort(index, job, status, body)
}

func (s *sender) acknowledge(record, by int) {
	if s.accepted[record].CompareAndSwap(0, uint32(by)+1) { //nolint:gosec // a committee's index
		s.total.Add(1)
	}
}

// sort tells the acknowledged records of an answer from the others, which are sent again.
func (s *sender) sort(index int, job span, status int, body []byte) error {
	type item struct {
		ID     string `json:"id"`
		Detail string `json:"detail"`
	}
	var (
		items   []item
		problem struct {
			Detail string `json:"detail"`
			Items  []item `json:"items"`
		}
	)
	if json.Unmarshal(body, &items) != nil {
		if json.Unmarshal(body, &problem) != nil || len(problem.Items) == 0 {
			return fmt.Errorf("HTTP %d: %s", status, problem.Detail)
		}
		items = problem.Items
	}
	if len(items) != job.to-job.from {
		return fmt.Errorf("HTTP %d: %d answers to %d records", status, len(items), job.to-job.from)
	}
	for i, it := range items {
		if it.ID != "" {
			s.acknowledge(job.from+i, index)
			continue
		}
		s.repeat(span{job.from + i, job.from + i + 1}, errors.New(it.Detail))
	}
	return nil
}

// connection is a kept-alive HTTP connection. net/http's client costs more than
// the request: two goroutines and several channel operations.
type connection struct {
	to   string
	conn net.Conn
	in   *bufio.Reader
	head []byte
	body bytes.Buffer
}

// post sends a sequence of records and returns the answer, valid until the next call.
func (c *connection) post(to string, records []byte) (status int, body []byte, err error) {
	deadline := time.Now().Add(requestTimeout)
	if c.to != to {
		c.close()
	}
	if c.conn == nil {
		if c.conn, err = net.DialTimeout("tcp", to, requestTimeout); err != nil {
			return 0, nil, err
		}
		c.to, c.in = to, bufio.NewReader(c.conn)
	}
	if err := c.conn.SetDeadline(deadline); err != nil {
		return 0, nil, err
	}
	c.head = fmt.Appendf(c.head[:0],
		"POST /v1/records HTTP/1.1\r\nHost: %s\r\nContent-Type: application/cbor-seq\r\nContent-Length: %d\r\n\r\n", to, len(records))
	parts := net.Buffers{c.head, records}
	if _, err := parts.WriteTo(c.conn); err != nil {
		return 0, nil, err
	}
	response, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, nil, err
	}
	c.body.Reset()
	_, err = io.Copy(&c.body, response.Body)
	return response.StatusCode, c.body.Bytes(), errors.Join(err, response.Body.Close())
}

func (c *connection) close() {
	if c.conn != nil {
		_ = c.conn.Close() // nothing is under way
		c.conn = nil
	}
}

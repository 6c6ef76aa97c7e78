package node

import (
	"log/slog"
	"slices"
	"sync"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
	"github.com/floormesh/floormesh/sync/serve"
)

// reads does what the replica asks to be read, beside the writer: answers to
// peers, and payload that is back on disk.
//
// Loads are never dropped, since the replica waits for them; it asks for a
// bounded number. Requests of peers are.
type reads struct {
	disk   store.Reader
	net    network // set before run
	loaded func([]*dag.Batch)
	given  func(lane dag.LaneID, seq dag.Seq) bool // whether a batch may be given away: it is durable
	count  *counters
	log    *slog.Logger

	mu     sync.Mutex
	wake   *sync.Cond
	closed bool
	serves []replica.Serve
	loads  [][]dag.BatchID
}

func newReads(disk store.Reader, c *counters, log *slog.Logger, loaded func([]*dag.Batch)) *reads {
	r := &reads{disk: disk, loaded: loaded, count: c, log: log}
	r.wake = sync.NewCond(&r.mu)
	return r
}

// serve queues a peer's request.
func (r *reads) serve(s replica.Serve) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.serves) >= maxQueuedServes {
		r.count.servesDropped.Add(1)
		return
	}
	r.serves = append(r.serves, s)
	r.wake.Signal()
}

// load queues the replica's own request.
func (r *reads) load(ids []dag.BatchID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.loads = append(r.loads, ids)
	r.wake.Signal()
}

// run works until close.
func (r *reads) run() {
	for {
		load, request, ok := r.take()
		switch {
		case !ok:
			return
		case load != nil:
			r.doLoad(load)
		default:
			r.doServe(request)
		}
	}
}

// take waits for work; execution's comes first.
func (r *reads) take() (load []dag.BatchID, request replica.Serve, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.closed && len(r.loads) == 0 && len(r.serves) == 0 {
		r.wake.Wait()
	}
	switch {
	case r.closed:
		return nil, request, false
	case len(r.loads) > 0:
		load, r.loads = r.loads[0], r.loads[1:]
	default:
		request, r.serves = r.serves[0], r.serves[1:]
	}
	return load, request, true
}

func (r *reads) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.wake.Broadcast()
}

func (r *reads) doLoad(ids []dag.BatchID) {
	batches, err := r.disk.Batches(ids)
	if err != nil {
		// Those that are missing are fetched from peers.
		r.log.Error("stored batches cannot be read", slog.Any("error", err))
	}
	r.loaded(batches)
}

func (r *reads) doServe(s replica.Serve) {
	answers, err := serve.Answer(r.disk, s.Request)
	if err != nil {
		r.log.Error("stored items cannot be read",
			slog.String("peer", s.To.String()), slog.String("request", message.Name(s.Request)), slog.Any("error", err))
		return
	}
	if answers = r.durable(answers); len(answers) > 0 {
		r.net.Answer(s.To, answers)
		r.net.Flush()
	}
}

// durable leaves out the batches that a crash could take: one of our own that a
// peer has and we forget would be signed anew, as another.
func (r *reads) durable(answers []message.Message) []message.Message {
	return slices.DeleteFunc(answers, func(m message.Message) bool {
		b, ok := m.(*message.Batches)
		if !ok {
			return false
		}
		b.Batches = slices.DeleteFunc(b.Batches, func(b *dag.Batch) bool { return !r.given(b.Lane, b.Seq) })
		return len(b.Batches) == 0
	})
}

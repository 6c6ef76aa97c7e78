package node

import (
	"log/slog"
	"slices"
	"sync"
	"time"

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
// bounded number. Requests of peers are: each has an allowance, and their turn.
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
	peers  map[replica.PeerID]*asker
	turn   []*asker // those with requests, whose turn comes first
	loads  [][]dag.BatchID
}

// asker is a peer that has asked for something.
type asker struct {
	requests  []replica.Serve
	allowance allowance
}

func newReads(
	disk store.Reader, given func(dag.LaneID, dag.Seq) bool, c *counters, log *slog.Logger, loaded func([]*dag.Batch),
) *reads {
	r := &reads{disk: disk, given: given, loaded: loaded, count: c, log: log, peers: map[replica.PeerID]*asker{}}
	r.wake = sync.NewCond(&r.mu)
	return r
}

// serve queues a peer's request.
func (r *reads) serve(s replica.Serve) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.peers[s.To]
	if a == nil {
		a = &asker{}
		r.peers[s.To] = a
	}
	switch {
	case !a.allowance.left(time.Now()):
		r.count.servesCurbed.Add(1)
		return
	case len(a.requests) >= maxQueuedServes:
		r.count.servesDropped.Add(1)
		return
	}
	if a.requests = append(a.requests, s); len(a.requests) == 1 {
		r.turn = append(r.turn, a)
	}
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
			r.spend(request.To, r.doServe(request))
		}
	}
}

// take waits for work; execution's comes first.
func (r *reads) take() (load []dag.BatchID, request replica.Serve, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.closed && len(r.loads) == 0 && !r.request(&request) {
		r.wake.Wait()
	}
	switch {
	case r.closed:
		return nil, request, false
	case request.Request != nil:
		return nil, request, true
	}
	load, r.loads = r.loads[0], r.loads[1:]
	return load, request, true
}

// request takes the next request: one of each peer in turn, so that nobody waits
// for another's many. Those of a peer whose allowance is spent by now are dropped.
func (r *reads) request(next *replica.Serve) bool {
	for len(r.turn) > 0 {
		a := r.turn[0]
		r.turn = r.turn[1:]
		if !a.allowance.left(time.Now()) {
			r.count.servesCurbed.Add(uint64(len(a.requests)))
			a.requests = nil
			continue
		}
		*next, a.requests = a.requests[0], a.requests[1:]
		if len(a.requests) > 0 {
			r.turn = append(r.turn, a)
		}
		return true
	}
	return false
}

// spend charges a peer for an answer.
func (r *reads) spend(peer replica.PeerID, bytes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.peers[peer].allowance.spend(bytes)
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

// doServe answers a request and returns what that counts for, in bytes.
func (r *reads) doServe(s replica.Serve) (cost int) {
	answers, err := serve.Answer(r.disk, s.Request)
	if err != nil {
		r.log.Error("stored items cannot be read",
			slog.String("peer", s.To.String()), slog.String("request", message.Name(s.Request)), slog.Any("error", err))
		return lookups(s.Request) * lookupBytes
	}
	if answers = r.durable(answers); len(answers) > 0 {
		r.net.Answer(s.To, answers)
		r.net.Flush()
	}
	return max(lookups(s.Request)*lookupBytes, answerBytes(answers))
}

// lookups returns how much a request has looked up.
func lookups(m message.Message) int {
	switch m := m.(type) {
	case *message.WantBlocks:
		return 1 + len(m.Refs)
	case *message.WantBatches:
		return 1 + len(m.Refs)
	default:
		return 1
	}
}

// answerBytes is about how much an answer has.
func answerBytes(answers []message.Message) (n int) {
	for _, m := range answers {
		switch m := m.(type) {
		case *message.Blocks:
			n += rawBytes(m.Blocks)
		case *message.Batches:
			n += rawBytes(m.Batches)
		case *message.Commits:
			n += rawBytes(m.Commits)
		default: // serve.Answer has no others
		}
	}
	return n
}

func rawBytes[T interface{ Raw() []byte }](items []T) (n int) {
	for _, item := range items {
		n += len(item.Raw())
	}
	return n
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

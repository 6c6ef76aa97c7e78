package node

import (
	"context"
	"errors"
	"sync"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
)

// ticketBits is how many bits of a ticket number the record within its request;
// the rest number the request, from 1, since ticket 0 is the replica's own.
const ticketBits = 20

// tickets keeps who waits for which record. Answers come in bulk and cost one
// look-up per run of records of one request.
type tickets struct {
	mu   sync.Mutex
	last uint64
	open map[uint64]*request
	err  error // why nothing will be answered any more
}

// request is one caller's wait for some records.
type request struct {
	number   uint64
	receipts []Receipt       // by record; guarded by the tickets' lock until done is closed
	leaves   []dag.LeafIndex // of known records whose id is only in the log; nil if there are none
	left     int
	done     chan struct{}
}

// answer is what became of one record.
type answer struct {
	ticket  replica.Ticket
	receipt Receipt
	leaf    dag.LeafIndex // where the receipt's id is to be found, if it is known and zero
}

func newTickets() *tickets { return &tickets{open: map[uint64]*request{}} }

// issue opens a request for n records, at least one. Errors: that of stop.
func (t *tickets) issue(n int) (*request, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil {
		return nil, t.err
	}
	t.last++
	r := &request{number: t.last, receipts: make([]Receipt, n), left: n, done: make(chan struct{})}
	t.open[r.number] = r
	return r, nil
}

// ticket returns the ticket of a request's record.
func (r *request) ticket(i int) replica.Ticket {
	return replica.Ticket(r.number<<ticketBits | uint64(i))
}

// resolve fills in answers. Those that nobody waits for any more are ignored.
func (t *tickets) resolve(answers []answer) {
	if len(answers) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var r *request
	for i := range answers {
		a := &answers[i]
		number, index := uint64(a.ticket)>>ticketBits, int(a.ticket&(1<<ticketBits-1))
		if r == nil || r.number != number {
			r = t.open[number]
		}
		if r == nil {
			continue
		}
		r.fill(index, a)
		if r.left == 0 {
			delete(t.open, number)
			close(r.done)
			r = nil
		}
	}
}

func (r *request) fill(index int, a *answer) {
	r.receipts[index] = a.receipt
	if a.receipt.Known && a.receipt.ID.IsZero() {
		if r.leaves == nil {
			r.leaves = make([]dag.LeafIndex, len(r.receipts))
		}
		r.leaves[index] = a.leaf
	}
	r.left--
}

// wait waits until all of a request's records are answered. Those that are not
// when ctx is done get its error: they may well be stored later.
func (t *tickets) wait(ctx context.Context, r *request) {
	select {
	case <-r.done:
	case <-ctx.Done():
		t.abandon(r, context.Cause(ctx))
	}
}

// abandon answers what is open of a request with err.
func (t *tickets) abandon(r *request, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, open := t.open[r.number]; !open {
		return
	}
	delete(t.open, r.number)
	for i := range r.receipts {
		if r.receipts[i] == (Receipt{}) {
			r.receipts[i].Err = err
		}
	}
	close(r.done)
}

// stop answers everything that waits, and will wait, with err.
func (t *tickets) stop(err error) {
	t.mu.Lock()
	if t.err == nil {
		t.err = err
	}
	waiting := make([]*request, 0, len(t.open))
	for _, r := range t.open {
		waiting = append(waiting, r)
	}
	t.mu.Unlock()
	for _, r := range waiting {
		t.abandon(r, err)
	}
}

// turned gives the replica's reasons the names that this package's callers know.
func turned(reason error) error {
	switch {
	case errors.Is(reason, replica.ErrOverloaded):
		return ErrOverloaded
	case errors.Is(reason, replica.ErrNotEntitled):
		return ErrNotEntitled
	default:
		return reason
	}
}

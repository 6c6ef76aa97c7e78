package replica

import "github.com/floormesh/floormesh/dag"

// keepPayload keeps a new batch's records in memory until they are executed, as
// far as the budget goes; beyond it they are read back from the store.
func (r *Replica) keepPayload(h *held, b *dag.Batch) {
	if r.laneBook.payload+h.bytes <= maxPayloadBytes {
		r.regain(h, b)
	}
}

// regain takes the payload of a batch that is stored here. It may exceed the
// budget by what prefetch asks for at a time, or execution could stand still.
func (r *Replica) regain(h *held, b *dag.Batch) {
	h.loading = false
	if h.batch == nil {
		h.batch = b
		r.laneBook.payload += h.bytes
	}
}

// loaded takes payload back from the own store.
func (r *Replica) loaded(batches []*dag.Batch) {
	for _, b := range batches {
		if h := r.laneBook.held[b.ID()]; h != nil {
			r.regain(h, b)
			if l := r.laneBook.lanes[b.Lane]; l.forked {
				r.proveFork(l)
			}
		}
	}
}

// release forgets an executed batch.
func (r *Replica) release(id dag.BatchID) {
	h := r.laneBook.held[id]
	if h == nil {
		return
	}
	if h.batch != nil {
		r.laneBook.payload -= h.bytes
	}
	delete(r.laneBook.held, id)
}

// makeRoom drops the payload of batches that are not decided yet, when it
// keeps out what execution needs now.
func (r *Replica) makeRoom() {
	for _, l := range r.laneBook.order {
		for _, h := range l.chain {
			if h.batch != nil {
				h.batch = nil
				r.laneBook.payload -= h.bytes
			}
		}
	}
}

package replica

import (
	"slices"

	"github.com/floormesh/floormesh/dag"
)

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
		h.batch, h.bytes, h.where = b, len(b.Raw()), stored
		r.laneBook.payload += h.bytes
	}
}

// load asks the own store for batches.
func (r *Replica) load(ids []dag.BatchID) {
	if len(ids) > 0 {
		r.laneBook.loads++
		r.emit(Load{IDs: ids})
	}
}

// loaded takes payload back from the own store. What it does not have is asked
// of peers; that is known once nothing else is being read.
func (r *Replica) loaded(batches []*dag.Batch) {
	b := &r.laneBook
	for _, batch := range batches {
		if h := b.held.Get(batch.ID()); h != nil && r.checkPlace(h, batch) {
			r.regain(h, batch)
		}
		r.forkLoaded(batch)
	}
	if b.loads = max(b.loads-1, 0); b.loads > 0 {
		return
	}
	for _, h := range b.loading {
		if h.loading {
			h.loading, h.where = false, absent
		}
	}
	clear(b.loading)
	b.loading = b.loading[:0]
	b.unproven = slices.DeleteFunc(b.unproven, func(f *fork) bool {
		return f.asked && (f.headers[0] == nil || f.headers[1] == nil)
	})
}

// release forgets a batch that is executed or listed no more.
func (r *Replica) release(h *held) {
	r.unload(h)
	r.laneBook.held.Delete(h.ref.ID)
}

func (r *Replica) unload(h *held) {
	if h.batch != nil {
		h.batch = nil
		r.laneBook.payload -= h.bytes
	}
}

// makeRoom drops the payload of batches that are not decided yet, when it
// keeps out what execution needs now.
func (r *Replica) makeRoom(bytes int) {
	if r.laneBook.payload+bytes <= maxPayloadBytes {
		return
	}
	for _, l := range r.laneBook.all {
		for _, h := range l.chain {
			r.unload(h)
		}
	}
}

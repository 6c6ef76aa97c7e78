package replica

import (
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/fetch"
)

// execute applies the decided commits whose payload is here, in order.
func (r *Replica) execute() {
	for !r.ordering.halted && len(r.ordering.queue) > 0 && r.payloadReady(r.ordering.queue[0]) {
		c := r.ordering.queue[0]
		r.ordering.queue[0] = nil
		r.ordering.queue = r.ordering.queue[1:]
		x, err := r.exec.Execute(c, r.payloadOf)
		if err != nil {
			panic("own commit does not execute: " + err.Error())
		}
		r.executed(c, x)
	}
	r.prefetch()
}

// executed makes an executed commit durable and tells of it.
func (r *Replica) executed(c *dag.Commit, x *store.Executed) {
	r.write.Executed = append(r.write.Executed, x)
	if r.exec.Changed() || c.Index >= r.snapshotAt+snapshotCommits {
		r.write.State = r.exec.Encode()
		r.snapshotAt = c.Index
	}
	r.intake.executed(r.self, x)
	if r.exec.Changed() {
		r.dropFrozen()
	}
	var batches []*dag.Batch
	for i := range c.Cut {
		for _, id := range c.Cut[i].Batches {
			h := r.laneBook.held.Get(id)
			batches = append(batches, h.batch)
			r.release(h)
		}
	}
	r.emit(Final{Executed: x, Batches: batches})
	if !r.seated && len(r.intake.pending) == 0 {
		r.tips.last = r.now // it hears what it waits for
	}
	r.keepNews(c)
	if r.exec.IsCheckpoint() {
		r.cosign()
	}
}

func (r *Replica) payloadOf(id dag.BatchID) *dag.Batch { return r.laneBook.held.Get(id).batch }

func (r *Replica) payloadReady(c *dag.Commit) bool {
	for i := range c.Cut {
		for _, id := range c.Cut[i].Batches {
			if r.laneBook.held.Get(id).batch == nil {
				return false
			}
		}
	}
	return true
}

// prefetch asks for the payload that execution needs next: the own store
// first, and peers for what that does not have. It looks no further ahead than
// maxLoad batches, so that a Step costs little however long the queue is.
func (r *Replica) prefetch() {
	if r.ordering.halted {
		return
	}
	var ids []dag.BatchID
	room := 0
	for h := range r.next() {
		switch {
		case h.batch != nil || h.loading:
		case h.where == absent:
			r.wantDecided(h)
		default:
			h.loading = true
			r.laneBook.loading = append(r.laneBook.loading, h)
			ids = append(ids, h.ref.ID)
			room += h.bytes
		}
	}
	if len(ids) > 0 {
		r.makeRoom(room)
	}
	r.load(ids)
	r.readForks()
}

// wantDecided has a decided batch asked for that the own store does not have. A
// branch whose rival stood here is not on its way by itself, and its lane's owner
// the last to help: who led the commit is asked for it at once.
func (r *Replica) wantDecided(h *held) {
	switch {
	case r.laneBook.missing.Certain(h.ref):
	case h.contested:
		r.laneBook.missing.Want(h.ref, r.founding.Member(h.leader), fetch.Certain, int64(r.now))
	default:
		r.laneBook.missing.Want(h.ref, h.ref.Lane.Key, fetch.Certain, int64(r.now+r.grace()))
	}
}

// next yields the batches that execution needs next, up to maxLoad of them and
// a full budget of payload. A commit may have more of them than that: of the
// first, which needs all at once, what is here already does not count.
func (r *Replica) next() func(yield func(*held) bool) {
	return func(yield func(*held) bool) {
		count, bytes := 0, 0
		for ahead, c := range r.ordering.queue {
			for i := range c.Cut {
				for _, id := range c.Cut[i].Batches {
					h := r.laneBook.held.Get(id)
					if ahead == 0 && h.batch != nil {
						continue
					}
					count++
					bytes += h.bytes
					if count > maxLoad || bytes > maxPayloadBytes || !yield(h) {
						return
					}
				}
			}
		}
	}
}

// execBehind reports whether this member is so far ahead of its own execution
// that it must not invite more.
func (r *Replica) execBehind() bool {
	if len(r.ordering.queue) > maxBehindCommits {
		return true
	}
	bytes := 0
	for _, c := range r.ordering.queue {
		for i := range c.Cut {
			for _, id := range c.Cut[i].Batches {
				bytes += r.laneBook.held.Get(id).bytes
			}
		}
	}
	return bytes > maxBehindBytes
}

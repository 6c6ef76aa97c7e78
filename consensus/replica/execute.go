package replica

import (
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// execute applies the decided commits whose payload is here, in order.
func (r *Replica) execute() {
	for len(r.ordering.queue) > 0 && r.payloadReady(r.ordering.queue[0]) {
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
	for i := range c.Cut {
		for _, id := range c.Cut[i].Batches {
			r.release(id)
		}
	}
	r.emit(Final{Executed: x})
	if r.exec.IsCheckpoint() {
		r.cosign()
	}
}

func (r *Replica) payloadOf(id dag.BatchID) *dag.Batch { return r.laneBook.held[id].batch }

func (r *Replica) payloadReady(c *dag.Commit) bool {
	for i := range c.Cut {
		for _, id := range c.Cut[i].Batches {
			if h := r.laneBook.held[id]; h == nil || h.batch == nil {
				return false
			}
		}
	}
	return true
}

// prefetch asks the own store for the payload that execution needs next.
func (r *Replica) prefetch() {
	var ids []dag.BatchID
	room := maxPayloadBytes
	for _, c := range r.ordering.queue {
		for i := range c.Cut {
			for _, id := range c.Cut[i].Batches {
				h := r.laneBook.held[id]
				if h == nil {
					continue // asked of peers
				}
				if room -= h.bytes; room < 0 || len(ids) == maxLoad {
					r.load(ids)
					return
				}
				if h.batch == nil && !h.loading {
					h.loading = true
					ids = append(ids, id)
				}
			}
		}
	}
	r.load(ids)
}

func (r *Replica) load(ids []dag.BatchID) {
	if len(ids) == 0 {
		return
	}
	r.makeRoom()
	r.emit(Load{IDs: ids})
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
				if h := r.laneBook.held[id]; h != nil {
					bytes += h.bytes
				}
			}
		}
	}
	return bytes > maxBehindBytes
}

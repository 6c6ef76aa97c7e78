package ledger

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/fetch"
)

// execute applies the decided commits whose batches are here, in order, and
// reports whether there was one.
func (l *Ledger) execute() (some bool) {
	for len(l.queue) > 0 && l.payloadReady(l.queue[0]) {
		c := l.queue[0]
		l.queue[0] = nil
		l.queue = l.queue[1:]
		x, err := l.exec.Execute(c, func(id dag.BatchID) *dag.Batch { return l.shelf.held[id].batch })
		if err != nil {
			panic("decided commit does not execute: " + err.Error())
		}
		l.executed(c, x)
		some = true
	}
	return some
}

// payloadReady reports whether all batches of a commit are here. Those that are
// not are asked for until they come: somebody voted for them.
func (l *Ledger) payloadReady(c *dag.Commit) bool {
	ready := true
	for i := range c.Cut {
		for _, id := range c.Cut[i].Batches {
			h := l.shelf.held[id]
			if h.batch != nil {
				continue
			}
			if ready = false; !h.stored && !l.shelf.missing.Certain(h.ref) {
				l.shelf.missing.Want(h.ref, h.ref.Lane.Key, fetch.Certain, int64(l.now))
			}
		}
	}
	return ready
}

// executed makes an executed commit durable and tells of it.
func (l *Ledger) executed(c *dag.Commit, x *store.Executed) {
	l.write.Executed = append(l.write.Executed, x)
	if l.exec.Changed() || c.Index >= l.snapshot+snapshotCommits {
		l.write.State, l.snapshot = l.exec.Encode(), c.Index
	}
	l.intake.executed(l.self, x)
	var batches []*dag.Batch
	for i := range c.Cut {
		for _, id := range c.Cut[i].Batches {
			batches = append(batches, l.shelf.held[id].batch)
			delete(l.shelf.held, id)
		}
	}
	l.emit(replica.Final{Executed: x, Batches: batches})
	if l.exec.IsCheckpoint() {
		l.cosign()
	}
}

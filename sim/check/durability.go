package check

import (
	"slices"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// held is what certainly survives a crash of one node.
type held struct {
	blocks     map[dag.BlockID]bool
	batches    map[dag.BatchID]bool
	unreported []*store.Executed // durable and not seen in a Final yet, by index
}

func newHeld() held {
	return held{blocks: map[dag.BlockID]bool{}, batches: map[dag.BatchID]bool{}}
}

func (h *held) add(w *store.Write) {
	for _, b := range w.Blocks {
		h.blocks[b.ID()] = true
	}
	for _, b := range w.Batches {
		h.batches[b.ID()] = true
	}
	h.unreported = append(h.unreported, w.Executed...)
}

// reported drops what has been reported up to an index.
func (h *held) reported(index dag.CommitIndex) {
	h.unreported = slices.DeleteFunc(h.unreported, func(e *store.Executed) bool { return e.Commit.Index <= index })
}

// acknowledged counts how far records have spread: every one that an honest
// node acknowledged must be final on all honest nodes, and what is final on one
// of them too.
type acknowledged struct {
	promise map[dag.Digest]promise
	copies  map[dag.Digest]int // honest logs that a statement is in
	missing int                // (statement, honest node) pairs still to come
}

// promise is who acknowledged a record.
type promise struct {
	node   int
	record dag.RecordID
}

func newAcknowledged() acknowledged {
	return acknowledged{promise: map[dag.Digest]promise{}, copies: map[dag.Digest]int{}}
}

// acknowledge notes a node's promise.
func (s *Suite) acknowledge(node int, r *dag.Record) {
	t := &s.tickets
	if _, again := t.promise[r.Statement()]; again {
		return
	}
	t.promise[r.Statement()] = promise{node, r.ID()}
	if t.copies[r.Statement()] == 0 {
		t.missing += s.honestNodes()
	}
}

// spread notes the records that a commit put into a node's log.
func (s *Suite) spread(node int, e *store.Executed) {
	t, log := &s.tickets, s.logs[node].final
	s.disks[node].reported(e.Commit.Index)
	for i := range e.Records {
		r := &e.Records[i]
		if r.Fate != store.Accepted {
			continue
		}
		if log[r.Statement] {
			s.Failf(Durability, node, "record %v is in the log twice", r.Record)
			continue
		}
		log[r.Statement] = true
		if _, promised := t.promise[r.Statement]; !promised && t.copies[r.Statement] == 0 {
			t.missing += s.honestNodes()
		}
		t.copies[r.Statement]++
		t.missing--
	}
}

func (s *Suite) honestNodes() (n int) {
	for _, honest := range s.honest {
		if honest {
			n++
		}
	}
	return n
}

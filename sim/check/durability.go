package check

import (
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// acknowledged counts how far records have spread: every one that an honest
// node acknowledged must be final on all honest nodes, and what is final on one
// of them too.
type acknowledged struct {
	promise map[dag.Digest]promise // of records that no honest log has yet
	finals  int                    // records that one has
	missing int                    // (record, honest node) pairs still to come
}

// promise is who acknowledged a record.
type promise struct {
	node   int
	record dag.RecordID
}

func newAcknowledged() acknowledged {
	return acknowledged{promise: map[dag.Digest]promise{}}
}

// acknowledge notes a node's promise.
func (s *Suite) acknowledge(node int, r *dag.Record) {
	t, log := &s.tickets, &s.history.log
	if _, again := t.promise[r.Statement()]; again {
		return
	}
	if _, final := log.find(r.Statement(), log.size, log.reach); final {
		return
	}
	t.promise[r.Statement()] = promise{node, r.ID()}
	t.missing += s.honestNodes
}

// logged notes that the first honest log has a record.
func (t *acknowledged) logged(statement dag.Digest, honest int) {
	t.finals++
	if _, promised := t.promise[statement]; promised {
		delete(t.promise, statement)
	} else {
		t.missing += honest
	}
}

// spread notes that the records of a commit are in one more node's log.
func (s *Suite) spread(node int, e *store.Executed) {
	s.disks.reported(node, e.Commit.Index)
	if s.losses.lost[node] && e.Commit.Index <= s.losses.owes[node] {
		return // counted before its disk was lost
	}
	if first := s.history.entry(e.Commit.Index); first != nil {
		first.reports++
		s.tickets.missing -= first.accepted
		s.history.settle(s.honestNodes)
	}
}

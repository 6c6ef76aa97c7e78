package check

import "github.com/floormesh/floormesh/dag"

// made is what somebody really made and no commit has made final yet.
type made struct {
	batches    map[dag.BatchID]*dag.Batch
	statements map[dag.Digest]int // how often each was handed over, and not executed since
}

func newMade() made {
	return made{batches: map[dag.BatchID]*dag.Batch{}, statements: map[dag.Digest]int{}}
}

// Submitted tells that a record was handed to a node.
func (s *Suite) Submitted(_ int, r *dag.Record) {
	if !s.skip.execution {
		s.made.statements[r.Statement()]++
	}
}

// Withdrawn tells that a record that was handed to a node will be in no batch
// for that: it was turned away, or known already.
func (s *Suite) Withdrawn(r *dag.Record) { s.made.executed(r.Statement()) }

// Exists tells that somebody signed a batch: an honest node by persisting it, a
// liar by sending it.
func (s *Suite) Exists(b *dag.Batch) {
	if s.skip.execution || s.made.batches[b.ID()] != nil || b.Seq <= s.history.twin.cuts[b.Lane] {
		return
	}
	s.made.batches[b.ID()] = b
	author := s.nodeOf(b.Lane.Key)
	lies := author < 0 || !s.honest[author]
	for _, r := range b.Items {
		// An honest node signs nothing by itself but evidence; all else was
		// submitted to it, or it invents.
		if lies || r.Signer == b.Lane.Key && r.Format == dag.FormatAdmin {
			s.made.statements[r.Statement()]++
		}
	}
	if !lies {
		s.opened(author, b)
	}
}

// has reports whether a statement was handed over and may still be executed.
func (m *made) has(statement dag.Digest) bool { return m.statements[statement] > 0 }

// executed notes that one of a statement's copies is final.
func (m *made) executed(statement dag.Digest) {
	if left := m.statements[statement]; left > 1 {
		m.statements[statement] = left - 1
	} else if left == 1 {
		delete(m.statements, statement)
	}
}

package check

import (
	"slices"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// progress is how far one node's log is, as far as it told.
type progress struct {
	last      dag.CommitIndex
	restarted bool            // and has reported nothing new since
	again     dag.CommitIndex // last one reported again since, 0: none
	certified uint64          // size of the newest certified checkpoint
	moved     *store.Executed // the last commit that moved the cut; nil: none
}

// cut returns the index of the last commit that moved the cut, 0 if none did.
func (p *progress) cut() dag.CommitIndex {
	if p.moved == nil {
		return 0
	}
	return p.moved.Commit.Index
}

// follow checks that a node reports its commits one after the other.
func (s *Suite) follow(node int, e *store.Executed) {
	p := &s.nodes[node].log
	if e.Commit.Index != p.last+1 {
		s.Failf(Order, node, "reports commit %d after commit %d", e.Commit.Index, p.last)
	}
	p.last = e.Commit.Index
	if len(e.Commit.Cut) > 0 {
		p.moved = e
	}
	s.moved(node, e)
}

// repeats checks a commit that a node reports once more: it was reported before
// it was durable, and a crash took it. It is the same one, and in its place.
func (s *Suite) repeats(node int, e *store.Executed) bool {
	p := &s.nodes[node].log
	if e.Commit.Index > p.last || !p.restarted {
		if p.again != 0 && p.again != p.last {
			s.Failf(Order, node, "reports commit %d after commit %d", e.Commit.Index, p.again)
		}
		p.restarted, p.again = false, 0
		return false
	}
	if p.again != 0 && e.Commit.Index != p.again+1 {
		s.Failf(Order, node, "reports commit %d again after commit %d", e.Commit.Index, p.again)
	}
	p.again = e.Commit.Index
	return true
}

// resume lets a restarted node go on from what its disk kept. Commits that
// became durable right before a crash were never reported, and never will be;
// others were reported and are not durable.
func (s *Suite) resume(node int, r *store.Restored) {
	p := &s.nodes[node].log
	for _, e := range slices.Clone(s.disks.nodes[node].disk.unreported) {
		if e.Commit.Index == p.last+1 {
			s.agree(node, e)
			s.follow(node, e)
			s.spread(node, e)
		}
	}
	s.disks.nodes[node].disk.unreported = nil
	p.restarted, p.again = true, 0
	if r.Certified != nil {
		p.certified = max(p.certified, r.Certified.Size)
	}
}

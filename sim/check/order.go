package check

import (
	"slices"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// progress is how far one node's log is, as far as it told.
type progress struct {
	last      dag.CommitIndex
	certified uint64 // size of the newest certified checkpoint
	moved     uint64 // size after the last commit that moved the cut
	final     map[dag.Digest]bool
}

func newProgress() progress { return progress{final: map[dag.Digest]bool{}} }

// follow checks that a node reports its commits one after the other.
func (s *Suite) follow(node int, e *store.Executed) {
	p := &s.logs[node]
	if e.Commit.Index != p.last+1 {
		s.Failf(Order, node, "reports commit %d after commit %d", e.Commit.Index, p.last)
	}
	p.last = e.Commit.Index
	if len(e.Commit.Cut) > 0 {
		p.moved = e.Size
	}
}

// resume lets a restarted node go on from what its disk kept. Commits that
// became durable right before a crash were never reported, and never will be.
func (s *Suite) resume(node int, r *store.Restored) {
	p := &s.logs[node]
	for _, e := range slices.Clone(s.disks[node].unreported) {
		if e.Commit.Index == p.last+1 {
			s.agree(node, e)
			s.follow(node, e)
			s.spread(node, e)
		}
	}
	s.disks[node].unreported = nil
	if r.Certified != nil {
		p.certified = max(p.certified, r.Certified.Size)
	}
}

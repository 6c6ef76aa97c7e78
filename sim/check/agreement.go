package check

import (
	"fmt"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/store"
)

// history is the one ledger that all honest nodes agree on: what the first node
// to report each commit said.
type history struct {
	commits []*store.Executed     // by index - 1
	roots   map[uint64]dag.Digest // by size
	leaders map[dag.Round]bool    // rounds of the commits' leaders
	twin    *execution
}

func newHistory() history {
	return history{roots: map[uint64]dag.Digest{}, leaders: map[dag.Round]bool{}, twin: newExecution()}
}

// agree compares a node's commit with what others said of the same index, and
// its log with what others said of the same size.
func (s *Suite) agree(node int, e *store.Executed) {
	index := e.Commit.Index
	known := len(s.history.commits)
	switch {
	case index == 0 || int(index) > known+1:
		s.Failf(Order, node, "commit %d is final while nobody knows commit %d", index, known+1)
	case int(index) == known+1:
		s.extend(node, e)
	default:
		if problem := differ(s.history.commits[index-1], e); problem != "" {
			s.Failf(Agreement, node, "commit %d: %s", index, problem)
		}
	}
	if root, ok := s.history.roots[e.Size]; ok && root != e.Root {
		s.Failf(Agreement, node, "log of size %d has root %v here and %v elsewhere", e.Size, e.Root, root)
	}
	s.history.roots[e.Size] = e.Root
}

// extend takes the first report of a commit, after doing its work again.
func (s *Suite) extend(node int, e *store.Executed) {
	if known := len(s.history.commits); known > 0 {
		if last := s.history.commits[known-1]; e.Commit.Prev != last.Commit.ID() {
			s.Failf(Order, node, "commit %d does not follow commit %d by its link", e.Commit.Index, known)
		}
	}
	s.history.commits = append(s.history.commits, e)
	s.history.leaders[e.Commit.Leader.Round] = true
	if problem := s.history.twin.check(s, e); problem != "" {
		s.Failf(Order, node, "execution of commit %d: %s", e.Commit.Index, problem)
	}
}

// differ says how two reports of one commit differ, "" if they do not.
func differ(a, b *store.Executed) string {
	switch {
	case a.Commit.ID() != b.Commit.ID():
		return fmt.Sprintf("it is %v here and %v elsewhere (leaders %v and %v)",
			b.Commit.ID(), a.Commit.ID(), b.Commit.Leader, a.Commit.Leader)
	case *a.Outcome != *b.Outcome:
		return fmt.Sprintf("its outcome is %+v here and %+v elsewhere", *b.Outcome, *a.Outcome)
	case a.Root != b.Root || a.Size != b.Size || a.HasLeaf != b.HasLeaf:
		return fmt.Sprintf("the log is %d/%v here and %d/%v elsewhere", b.Size, b.Root, a.Size, a.Root)
	case len(a.Records) != len(b.Records):
		return fmt.Sprintf("it holds %d records here and %d elsewhere", len(b.Records), len(a.Records))
	}
	for i := range a.Records {
		if a.Records[i] != b.Records[i] {
			return fmt.Sprintf("record %d is %+v here and %+v elsewhere", i, b.Records[i], a.Records[i])
		}
	}
	return ""
}

// certify checks a certified checkpoint against the log there is. It may be
// ahead of it: members sign before the first report of its commit reached us.
func (s *Suite) certify(node int, c *checkpoint.Certified) {
	progress := &s.logs[node]
	progress.certified = max(progress.certified, c.Size)
	if int(c.Commit) > len(s.history.commits) || c.Commit == 0 {
		s.Failf(Certificate, node, "checkpoint of commit %d is certified while nobody reported that commit", c.Commit)
		return
	}
	e := s.history.commits[c.Commit-1]
	if c.Root != e.Root || c.Size != e.Size || c.CommitID != e.Commit.ID() {
		s.Failf(Certificate, node, "checkpoint certifies %d/%v of commit %d, which is %d/%v",
			c.Size, c.Root, c.Commit, e.Size, e.Root)
	}
	if q := checkpoint.Quorum(len(s.genesis.Committee())); c.CheckQuorum(q) != nil {
		s.Failf(Certificate, node, "checkpoint of commit %d: %v", c.Commit, c.CheckQuorum(q))
	}
}

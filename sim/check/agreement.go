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
	facts   []fact  // of every commit, by index - 1
	open    []entry // the last commits: those that some honest node has not reported
	leaders bits    // rounds of the commits' leaders
	log     leaves
	twin    *execution
}

// fact is what is kept of a commit for ever: the log's root binds its records.
type fact struct {
	outcome dag.Outcome
	root    dag.Digest
	size    uint64
	records int
	leaf    bool
}

// entry is a commit as it was first reported.
type entry struct {
	executed *store.Executed
	accepted int // records that it put into the log
	reports  int // honest nodes that have reported it
}

func newHistory(g *dag.Genesis) history {
	// A node that lags behind knows duplicates that have left the others' reach.
	return history{log: newLeaves(2 * uint64(g.DuplicateLeaves)), twin: newExecution()}
}

// entry returns a commit that some honest node has not reported, nil if there is none.
func (h *history) entry(index dag.CommitIndex) *entry {
	if first := len(h.facts) - len(h.open); int(index) > first && int(index) <= len(h.facts) {
		return &h.open[int(index)-first-1]
	}
	return nil
}

// settle drops the commits that all honest nodes have reported.
func (h *history) settle(honest int) {
	n := 0
	for n < len(h.open) && h.open[n].reports >= honest {
		h.open[n] = entry{}
		n++
	}
	h.open = h.open[n:]
}

// agree compares a node's commit with what others said of the same index, and
// its log with what others said of the same size.
func (s *Suite) agree(node int, e *store.Executed) {
	index := e.Commit.Index
	known := len(s.history.facts)
	if index == 0 || int(index) > known+1 {
		s.Failf(Order, node, "commit %d is final while nobody knows commit %d", index, known+1)
		return
	}
	if int(index) == known+1 {
		s.extend(node, e)
		return
	}
	if s.skip.agreement {
		return
	}
	problem := s.history.facts[index-1].differs(e)
	if first := s.history.entry(index); first != nil {
		problem = differ(first.executed, e)
	}
	if problem != "" {
		s.Failf(Agreement, node, "commit %d: %s", index, problem)
	}
}

// extend takes the first report of a commit, after doing its work again.
func (s *Suite) extend(node int, e *store.Executed) {
	h := &s.history
	if known := len(h.facts); known > 0 {
		last := &h.facts[known-1]
		if e.Commit.Prev != last.outcome.Commit {
			s.Failf(Order, node, "commit %d does not follow commit %d by its link", e.Commit.Index, known)
		}
		if e.Size == last.size && e.Root != last.root {
			s.Failf(Agreement, node, "log of size %d has root %v here and %v elsewhere", e.Size, e.Root, last.root)
		}
	}
	if !s.skip.execution {
		if problem := h.twin.check(s, e); problem != "" {
			s.Failf(Order, node, "execution of commit %d: %s", e.Commit.Index, problem)
		}
	}
	h.facts = append(h.facts, fact{
		outcome: *e.Outcome, root: e.Root, size: e.Size, records: len(e.Records), leaf: e.HasLeaf,
	})
	h.leaders.add(uint64(e.Commit.Leader.Round))
	if !s.skip.durability {
		s.disks.extend(e.Commit)
	}
	h.open = append(h.open, entry{executed: e, accepted: s.log(node, e)})
}

// log appends a commit's leaves to the one log, and returns how many records
// they are.
func (s *Suite) log(node int, e *store.Executed) (accepted int) {
	log := &s.history.log
	for i := range e.Records {
		r := &e.Records[i]
		if r.Fate != store.Accepted {
			continue
		}
		if _, again := log.find(r.Statement, log.size, uint64(s.genesis.DuplicateLeaves)); again {
			s.Failf(Durability, node, "record %v is in the log twice", r.Record)
			continue
		}
		log.add(r.Statement)
		s.tickets.logged(r.Statement, s.honestNodes)
		accepted++
	}
	if e.HasLeaf {
		log.commit()
	}
	return accepted
}

// differ says how two reports of one commit differ, "" if they do not.
func differ(a, b *store.Executed) string {
	if a == b {
		return ""
	}
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

// differs says how a report differs from what is kept of its commit, "" if it does not.
func (f *fact) differs(e *store.Executed) string {
	switch {
	case f.outcome.Commit != e.Commit.ID():
		return fmt.Sprintf("it is %v here and %v elsewhere (leader here %v)", e.Commit.ID(), f.outcome.Commit, e.Commit.Leader)
	case f.outcome != *e.Outcome:
		return fmt.Sprintf("its outcome is %+v here and %+v elsewhere", *e.Outcome, f.outcome)
	case f.root != e.Root || f.size != e.Size || f.leaf != e.HasLeaf:
		return fmt.Sprintf("the log is %d/%v here and %d/%v elsewhere", e.Size, e.Root, f.size, f.root)
	case f.records != len(e.Records):
		return fmt.Sprintf("it holds %d records here and %d elsewhere", len(e.Records), f.records)
	}
	return ""
}

// certify checks a certified checkpoint against the log there is. It may be
// ahead of it: members sign before the first report of its commit reached us.
func (s *Suite) certify(node int, c *checkpoint.Certified) {
	progress := &s.nodes[node].log
	progress.certified = max(progress.certified, c.Size)
	if int(c.Commit) > len(s.history.facts) || c.Commit == 0 {
		s.Failf(Certificate, node, "checkpoint of commit %d is certified while nobody reported that commit", c.Commit)
		return
	}
	f := &s.history.facts[c.Commit-1]
	if c.Root != f.root || c.Size != f.size || c.CommitID != f.outcome.Commit {
		s.Failf(Certificate, node, "checkpoint certifies %d/%v of commit %d, which is %d/%v",
			c.Size, c.Root, c.Commit, f.size, f.root)
	}
	if c.CheckQuorum(s.quorum) != nil {
		s.Failf(Certificate, node, "checkpoint of commit %d: %v", c.Commit, c.CheckQuorum(s.quorum))
	}
}

// bits is a set of small numbers.
type bits []uint64

func (b *bits) add(n uint64) {
	for uint64(len(*b)) <= n/64 {
		*b = append(*b, 0)
	}
	(*b)[n/64] |= 1 << (n % 64)
}

func (b bits) has(n uint64) bool { return n/64 < uint64(len(b)) && b[n/64]>>(n%64)&1 == 1 }

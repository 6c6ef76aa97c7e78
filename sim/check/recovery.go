package check

import (
	"bytes"
	"fmt"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// kept is what a node that starts again must know, because its disk does. Of
// what the commits did to the state, agreement tells: each says what the state is
// after it, and one that a restarted node executes on a wrong state says so.
type kept struct {
	executed  *store.Executed // the last commit; nil: none
	certified dag.CommitIndex
	cosigned  uint64
	newest    dag.Round // of its own blocks
	retired   bool
}

// keep notes what is durable at a node from now on.
func (s *Suite) keep(node int, w *store.Write) {
	k := &s.nodes[node].kept
	if n := len(w.Executed); n > 0 {
		k.executed = w.Executed[n-1]
	}
	for _, c := range w.Certified {
		k.certified = max(k.certified, c.Commit)
	}
	k.cosigned = max(k.cosigned, w.Cosigned)
	for _, b := range w.Blocks {
		if int(b.Author) == s.disks.nodes[node].disk.author {
			k.newest = max(k.newest, b.Round)
		}
	}
	k.retired = k.retired || w.Retired != ""
}

// Resumed tells where a node stands that starts, once all that its disk kept has
// been told: it has executed, certified and signed what is durable, no less and
// no more.
func (s *Suite) Resumed(node int, at replica.Standing) {
	if k := &s.nodes[node].kept; s.honest[node] {
		if problem := k.differs(&at); problem != "" {
			s.Failf(Recovery, node, "starts again, and %s", problem)
		}
	}
}

// commit returns the index of the last commit, 0 if there is none.
func (k *kept) commit() dag.CommitIndex {
	if k.executed == nil {
		return 0
	}
	return k.executed.Commit.Index
}

// differs says what a node that starts again does not know.
func (k *kept) differs(at *replica.Standing) string {
	commit := k.commit()
	switch {
	case at.Commit != commit:
		return fmt.Sprintf("is at commit %d, while its disk has %d", at.Commit, commit)
	case commit > 0 && (at.Size != k.executed.Size || at.Root != k.executed.Root):
		return fmt.Sprintf("its log at commit %d is %d/%v, and was %d/%v", commit, at.Size, at.Root, k.executed.Size, k.executed.Root)
	case at.Certified != k.certified:
		return fmt.Sprintf("knows that commit %d is certified, while its disk has commit %d's certificate", at.Certified, k.certified)
	case at.Cosigned != k.cosigned:
		return fmt.Sprintf("remembers that it signed logs up to %d, and signed up to %d", at.Cosigned, k.cosigned)
	case at.Newest != k.newest && !k.retired:
		return fmt.Sprintf("remembers that it made blocks up to round %d, and made them up to %d", at.Newest, k.newest)
	}
	return ""
}

// Revived tells, of a mesh that has come to rest, where a node stands, and where
// one stands that starts from what that node's disk holds at that moment.
func (s *Suite) Revived(node int, running, again replica.Standing) {
	if !s.honest[node] {
		return
	}
	switch {
	case again.Commit != running.Commit || again.Size != running.Size || again.Root != running.Root:
		s.Failf(Recovery, node, "its log is %d/%v at commit %d, and from its disk %d/%v at commit %d",
			running.Size, running.Root, running.Commit, again.Size, again.Root, again.Commit)
	case !bytes.Equal(again.State, running.State):
		s.Failf(Recovery, node, "its state at commit %d, of %d bytes, is another one from its disk, of %d bytes",
			running.Commit, len(running.State), len(again.State))
	case again.Certified != running.Certified || again.Cosigned != running.Cosigned || !s.remembers(node, again.Newest, running.Newest):
		s.Failf(Recovery, node, "it stands at certified commit %d, signed log %d and own round %d, and from its disk at %d, %d and %d",
			running.Certified, running.Cosigned, running.Newest, again.Certified, again.Cosigned, again.Newest)
	}
}

// remembers reports whether a node's disk tells what its newest own block is. Who
// lost its disk gets to know blocks that it does not remember making.
func (s *Suite) remembers(node int, disk, running dag.Round) bool {
	return disk == running || s.nodes[node].kept.retired || s.losses.lost[node] && disk > running
}

// alike checks that all nodes of a mesh that rests, those that crashed or were cut
// off too, have executed every commit that moved a cut. That what they made of
// each is the same, agreement has checked.
func (s *Suite) alike() {
	last := dag.CommitIndex(0)
	for node := range s.nodes {
		if s.honest[node] {
			last = max(last, s.nodes[node].log.cut())
		}
	}
	for node := range s.nodes {
		if cut := s.nodes[node].log.cut(); s.honest[node] && cut != last {
			s.Failf(Recovery, node, "rests at the cut of commit %d, others at that of commit %d", cut, last)
		}
	}
}

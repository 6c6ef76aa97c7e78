package sim

import (
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/scenario"
)

// ledger is what the nodes of a world share in memory though each has it on its
// own disk: executed commits that are equal are one value, and what all disks hold
// for good is forgotten on all.
type ledger struct {
	open    []*store.Executed // of the last commits: those that some disk may still get
	first   dag.CommitIndex   // of open
	durable []dag.CommitIndex // by node: the last commit that its disk has synced
	settled []settled         // oldest first
}

// settled is what was synced on all disks at a time.
type settled struct {
	at    replica.Instant
	index dag.CommitIndex
}

// forgetAfter is how long disks keep what all of them hold: a request for it may
// be under way.
const forgetAfter = 10 * time.Second

func newLedger(nodes int) ledger {
	return ledger{first: 1, durable: make([]dag.CommitIndex, nodes)}
}

// share returns the value that nodes share for an executed commit: the first
// that was equal to it, or itself.
func (l *ledger) share(e *store.Executed) *store.Executed {
	switch index := e.Commit.Index; {
	case index < l.first || index > l.first+dag.CommitIndex(len(l.open)):
		return e
	case index == l.first+dag.CommitIndex(len(l.open)):
		l.open = append(l.open, e)
		return e
	default:
		if first := l.open[index-l.first]; same(first, e) {
			return first
		}
		return e
	}
}

// same reports whether two nodes made the same of a commit.
func same(a, b *store.Executed) bool {
	return a == b || a.Commit.ID() == b.Commit.ID() && *a.Outcome == *b.Outcome &&
		a.Size == b.Size && a.Root == b.Root && a.HasLeaf == b.HasLeaf && slices.Equal(a.Records, b.Records)
}

// synced notes what a node's disk holds for good.
func (l *ledger) synced(node int, writes []*store.Write) {
	for _, w := range writes {
		if n := len(w.Executed); n > 0 {
			l.durable[node] = max(l.durable[node], w.Executed[n-1].Commit.Index)
		}
	}
}

// settle lets all disks of a site forget what all have held for a while. A liar
// asks for what it likes and a disk that is lost asks for everything: then
// nothing is forgotten.
func (x *site) settle(w *World) {
	l := &w.ledger
	index := slices.Min(l.durable)
	for l.first <= index && len(l.open) > 0 {
		l.open[0], l.open = nil, l.open[1:]
		l.first++
	}
	if last := len(l.settled) - 1; last < 0 || l.settled[last].at+instant(time.Second) <= w.now {
		l.settled = append(l.settled, settled{w.now, index})
	}
	if !x.forgets() || l.settled[0].at+instant(forgetAfter) > w.now {
		return
	}
	for _, n := range w.nodes {
		n.disk.store.Forget(l.settled[0].index, uint64(w.genesis.DuplicateLeaves))
	}
	l.settled = l.settled[1:]
}

// forgets reports whether nodes ask for nothing but what they lack.
func (x *site) forgets() bool {
	lost := func(f scenario.Fault) bool { return f.Disk == scenario.DiskLost }
	return len(x.scenario.Adversaries) == 0 && !slices.ContainsFunc(x.scenario.Faults, lost)
}

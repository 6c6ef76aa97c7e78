package execution

import (
	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// History is the ledgers that the executors of one process have come to.
// Execution is a pure function of the commits and their batches, so that what one
// executor has worked out the others need only look up: thousands of gateways in a
// simulation execute each commit once. A ledger that nobody stands at any more,
// and that is not among the newest, is forgotten.
//
// Its executors may be on several goroutines, one each: what they come to does not
// depend on who comes first.
type History struct {
	guard  order.Guard // of all of this; a ledger does not change once its commit is executed
	tip    *ledger     // the newest of the longest chain
	recent *window     // of the tip's log, and all before it
	known  map[dag.CommitID]*ledger
	order  []dag.CommitID // of known, oldest first
}

// NewHistory returns the history of a mesh that has executed nothing. Guards makes what is
// held while it, or one of its heads, changes.
func NewHistory(f *consensus.Founding, guards func() order.Guard) *History {
	h := &History{guard: guards(), recent: newPanorama(f.Genesis.DuplicateLeaves), known: map[dag.CommitID]*ledger{}}
	h.note(dag.CommitID{}, newLedger(f, guards()))
	return h
}

// hold keeps the executors of a history, if there is one, from changing what they share,
// until the function that it returns is called.
func (h *History) hold() (release func()) {
	if h == nil {
		return func() {}
	}
	h.guard.Lock()
	return h.guard.Unlock
}

// note makes a ledger the newest.
func (h *History) note(id dag.CommitID, l *ledger) {
	h.tip, h.known[id] = l, l
	if h.order = append(h.order, id); len(h.order) > historyLedgers {
		delete(h.known, h.order[0])
		h.order = h.order[1:]
	}
}

// join makes an executor stand where others have stood after a commit.
func (e *Executor) join(id dag.CommitID) bool {
	if e.history == nil || e.history.known[id] == nil {
		return false
	}
	e.at, e.recent, e.shared = e.history.known[id], e.history.recent, true
	return true
}

// follow goes to where others went by a commit, and returns nil if nobody did.
// If others went elsewhere, the executor is on its own from then on.
func (e *Executor) follow(c *dag.Commit) *store.Executed {
	switch {
	case e.history == nil:
		return nil
	case !e.shared:
		if c.Prev == e.State().Last && e.join(c.ID()) {
			return e.at.executed
		}
		return nil
	}
	for _, l := range e.at.next {
		if l.executed.Commit.ID() == c.ID() {
			e.at = l
			return l.executed
		}
	}
	if e.at != e.history.tip {
		e.recent, e.at = e.recent.from(e.at.log.Size()), e.at.alone()
		e.shared, e.history = false, nil
	}
	return nil
}

// extend makes the executor's ledger the history's newest.
func (e *Executor) extend() { e.history.note(e.State().Last, e.at) }

package order

import "github.com/floormesh/floormesh/dag"

// Guard is held by whoever looks for what state machines share, and works it out if it is
// not there. A driver that has them on several goroutines brings locks.
type Guard interface {
	Lock()
	Unlock()
}

// Head is the state after a commit. One of its own is moved on by every commit.
// A shared one never changes: what follows it is worked out once, and found by
// all who stand at it. So thousands of nodes in one process fold each commit once,
// on whatever goroutines they are.
type Head struct {
	state *State
	guard Guard   // of all shared ones; nil: one of its own
	next  []*Head // of a shared one: what has followed so far, one unless nodes disagree
}

// NewHead returns a head, a shared one with a guard. The caller leaves the state to it.
func NewHead(s *State, guard Guard) *Head { return &Head{state: s, guard: guard} }

// State returns the state; read only.
func (h *Head) State() *State { return h.state }

// Fork returns a head at the same place that moves independently of h.
func (h *Head) Fork() *Head {
	if h.guard != nil {
		return h
	}
	return NewHead(h.state.Clone(), nil)
}

// Next returns the head after a commit; h is to be used no more unless it is
// shared. On an error, which wraps ErrCommit, nothing has changed.
func (h *Head) Next(c *dag.Commit) (*Head, error) {
	if h.guard == nil {
		return h, h.state.Apply(c)
	}
	h.guard.Lock()
	defer h.guard.Unlock()
	id := c.ID()
	for _, n := range h.next {
		if n.state.Last == id {
			return n, nil
		}
	}
	s := h.state.Clone()
	s.rotation = h.state.rotation // not asked: see Own
	if err := s.Apply(c); err != nil {
		return nil, err
	}
	n := &Head{state: s, guard: h.guard}
	h.next = append(h.next, n)
	return n, nil
}

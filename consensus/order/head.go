package order

import "github.com/floormesh/floormesh/dag"

// Head is the state after a commit. One of its own is moved on by every commit.
// A shared one never changes: what follows it is worked out once, and found by
// all who stand at it. So thousands of nodes in one process make and fold each
// commit once.
//
// Those who share heads must be on one goroutine.
type Head struct {
	state  *State
	shared bool
	made   []*dag.Commit // of a shared one: what leaders committed here, one unless nodes disagree
	next   []*Head       // of a shared one: what has followed so far, one unless nodes disagree
}

// NewHead returns a head. The caller leaves the state to it.
func NewHead(s *State, shared bool) *Head { return &Head{state: s, shared: shared} }

// State returns the state; read only.
func (h *Head) State() *State { return h.state }

// Fork returns a head at the same place that moves independently of h.
func (h *Head) Fork() *Head {
	if h.shared {
		return h
	}
	return NewHead(h.state.Clone(), false)
}

// Commit returns what MakeCommit does at this state. Those who share heads must
// know the same keys; a leader's history is the same in every graph.
func (h *Head) Commit(g *Graph, leader dag.BlockRef, known func(dag.PublicKey) bool) *dag.Commit {
	for _, c := range h.made {
		if c.Leader == leader {
			return c
		}
	}
	c := MakeCommit(h.state, g, leader, known)
	if h.shared {
		h.made = append(h.made, c)
	}
	return c
}

// Next returns the head after a commit; h is to be used no more unless it is
// shared. On an error, which wraps ErrCommit, nothing has changed.
func (h *Head) Next(c *dag.Commit) (*Head, error) {
	if !h.shared {
		return h, h.state.Apply(c)
	}
	id := c.ID()
	for _, n := range h.next {
		if n.state.Last == id {
			return n, nil
		}
	}
	s := h.state.Clone()
	s.rotation = h.state.rotation // the same leaders, already drawn
	if err := s.Apply(c); err != nil {
		return nil, err
	}
	n := NewHead(s, true)
	h.next = append(h.next, n)
	return n, nil
}

package check

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
)

// calm is when who last did what.
type calm struct {
	highest dag.Round // of any honest block
	blocks  []replica.Instant
	says    []replica.Instant
	steps   []replica.Instant
}

func newCalm(nodes int) calm {
	return calm{
		blocks: make([]replica.Instant, nodes),
		says:   make([]replica.Instant, nodes),
		steps:  make([]replica.Instant, nodes),
	}
}

func (c *calm) block(now replica.Instant, node int, r dag.Round) {
	c.blocks[node], c.highest = now, max(c.highest, r)
}

func (c *calm) said(now replica.Instant, node int) { c.says[node] = now }

func (c *calm) stepped(now replica.Instant, node int) { c.steps[node] = now }

// LastBlock returns when an honest member last made a block.
func (s *Suite) LastBlock() (last replica.Instant) { return s.latest(s.calm.blocks) }

// LastWord returns when an honest node last sent anything.
func (s *Suite) LastWord() (last replica.Instant) { return s.latest(s.calm.says) }

// LastStep returns when an honest node was last given anything, its own alarm included.
func (s *Suite) LastStep() (last replica.Instant) { return s.latest(s.calm.steps) }

func (s *Suite) latest(of []replica.Instant) (last replica.Instant) {
	for node, at := range of {
		if s.honest[node] {
			last = max(last, at)
		}
	}
	return last
}

// Rounds returns the highest round of an honest block.
func (s *Suite) Rounds() dag.Round { return s.calm.highest }

// AtRest checks a mesh that has come to rest after since: nobody did anything
// since, all have the same log but for commits that moved nothing, and all of
// it is certified everywhere, and all evidence that is due is in it.
func (s *Suite) AtRest(since replica.Instant) {
	for node, honest := range s.honest {
		if !honest {
			continue
		}
		s.idle(node, since)
		if p := &s.logs[node]; p.certified < p.moved {
			s.Failf(Quiescence, node, "is at rest with a log of %d of which %d are certified", p.moved, p.certified)
		}
	}
	s.alike()
	if owed := s.Owed(); owed != "" {
		s.Failf(Evidence, -1, "%s", owed)
	}
}

func (s *Suite) idle(node int, since replica.Instant) {
	switch c := &s.calm; {
	case c.blocks[node] > since:
		s.Failf(Quiescence, node, "still makes blocks, with nothing left to do")
	case c.says[node] > since:
		s.Failf(Quiescence, node, "still talks, with nothing left to do")
	case c.steps[node] > since:
		s.Failf(Quiescence, node, "still wakes up, with nothing left to do")
	}
}

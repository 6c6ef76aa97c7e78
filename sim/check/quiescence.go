package check

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
)

// calm is when who last did what.
type calm struct {
	highest dag.Round // of any honest block
	blocks  []replica.Instant
}

func newCalm(nodes int) calm { return calm{blocks: make([]replica.Instant, nodes)} }

func (c *calm) block(now replica.Instant, node int, r dag.Round) {
	c.blocks[node], c.highest = now, max(c.highest, r)
}

// LastBlock returns when an honest member last made a block.
func (s *Suite) LastBlock() (last replica.Instant) {
	return s.latest(func(node int) replica.Instant { return s.calm.blocks[node] })
}

// LastWord returns when an honest node last sent anything.
func (s *Suite) LastWord() (last replica.Instant) {
	return s.latest(func(node int) replica.Instant { return s.nodes[node].pulse.said })
}

// LastStep returns when an honest node was last given anything, its own alarm included.
func (s *Suite) LastStep() (last replica.Instant) {
	return s.latest(func(node int) replica.Instant { return s.nodes[node].pulse.stepped })
}

func (s *Suite) latest(of func(node int) replica.Instant) (last replica.Instant) {
	for node, honest := range s.honest {
		if honest {
			last = max(last, of(node))
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
		if p := &s.nodes[node].log; p.moved != nil && p.certified < p.moved.Size {
			s.Failf(Quiescence, node, "is at rest with a log of %d of which %d are certified", p.moved.Size, p.certified)
		}
	}
	s.alike()
	if owed := s.Owed(); owed != "" {
		s.Failf(Evidence, -1, "%s", owed)
	}
}

func (s *Suite) idle(node int, since replica.Instant) {
	switch p := &s.nodes[node].pulse; {
	case s.calm.blocks[node] > since:
		s.Failf(Quiescence, node, "still makes blocks, with nothing left to do")
	case p.said > since:
		s.Failf(Quiescence, node, "still talks, with nothing left to do")
	case p.stepped > since:
		s.Failf(Quiescence, node, "still wakes up, with nothing left to do")
	}
}

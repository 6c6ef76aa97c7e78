package adversary

import (
	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// leaderLate holds its block back whenever it leads, until just before the
// others' patience ends: every round that it leads is as slow as can be without
// being skipped, and when they do not agree how late it is, some have voted
// without it. Whatever follows the block waits behind it. It can be told how late
// to be, also so late that it is skipped.
type leaderLate struct {
	faithful

	self Self
	held []*dag.Block    // oldest first; the first is one that leads
	due  replica.Instant // when they leave
	last dag.Round       // the highest that was ever held: none is late twice
}

func newLeaderLate(self Self) *leaderLate { return &leaderLate{self: self} }

// Say implements Adversary.
func (a *leaderLate) Say(now replica.Instant, s Speech) []Speech {
	switch m := s.Message.(type) {
	case *message.Blocks:
		var shown []*dag.Block
		for _, b := range m.Blocks {
			if !a.holds(now, b) {
				shown = append(shown, b)
			}
		}
		if len(shown) == 0 {
			return nil
		}
		s.Message = &message.Blocks{Blocks: shown}
	case *message.Tips:
		if m.Newest != nil && len(a.held) > 0 {
			tips := *m
			tips.Newest = nil
			s.Message = &tips
		}
	default:
	}
	return []Speech{s}
}

// holds reports whether a block is held back, and takes it if it is new.
func (a *leaderLate) holds(now replica.Instant, b *dag.Block) bool {
	if int(b.Author) != a.self.Seat {
		return false
	}
	for _, h := range a.held {
		if h.ID() == b.ID() {
			return true
		}
	}
	switch {
	case len(a.held) > 0 && b.Round > a.held[0].Round:
	case len(a.held) == 0 && b.Round > a.last && a.leads(b):
		a.due = now + a.late()
	default:
		return false
	}
	a.held, a.last = append(a.held, b), b.Round
	return true
}

// late returns how long a block is held back: most of what a round's timeout is
// while rounds are quick, a little more or less each time.
func (a *leaderLate) late() replica.Instant {
	if s := a.self.Settings; s != nil {
		return replica.Instant(s.Late)
	}
	timeout := replica.Instant(replica.DefaultTiming().TimeoutFloor)
	return timeout * replica.Instant(70+a.self.Rand.IntN(30)) / 100
}

// Due implements Adversary. Who was told how late to be is so to the instant.
func (a *leaderLate) Due() replica.Instant {
	if len(a.held) == 0 || a.self.Settings == nil {
		return replica.Never
	}
	return a.due
}

// leads reports whether a block leads its round, as long as nobody is passed over.
func (a *leaderLate) leads(b *dag.Block) bool {
	leader, ok := order.NewRotation(a.self.Domain.Epoch, a.self.Members, consensus.Set{}).Leader(b.Round)
	return ok && int(leader) == a.self.Seat
}

// Act implements Adversary.
func (a *leaderLate) Act(now replica.Instant) []Speech {
	if len(a.held) == 0 || now < a.due {
		return nil
	}
	var out []Speech
	for _, b := range a.held {
		out = append(out, Speech{To: Everyone, Message: &message.Blocks{Blocks: []*dag.Block{b}}})
	}
	a.held = nil
	return out
}

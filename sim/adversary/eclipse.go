package adversary

import (
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// eclipse draws a shadow over one victim, or several. What it tells a victim is
// stale, or is never told; it answers nobody else at all, but says to the others
// that the victims are ahead of them, so that they turn to these for what they
// have not got.
type eclipse struct {
	faithful

	self    Self
	victims []int
	late    []stale // in the order in which they were said
}

// stale is what a victim gets to hear some time.
type stale struct {
	at     replica.Instant
	speech Speech
}

// maxStale bounds what it keeps for victims; what is beyond is withheld.
const maxStale = 4096

func newEclipse(self Self) *eclipse { return &eclipse{self: self, victims: self.victims()} }

func (a *eclipse) shades(node int) bool { return slices.Contains(a.victims, node) }

// Say implements Adversary.
func (a *eclipse) Say(now replica.Instant, s Speech) []Speech {
	if len(a.victims) == 0 {
		return []Speech{s}
	}
	if s.To != Everyone && !a.shades(s.To) {
		return nil
	}
	var out []Speech
	for _, one := range a.self.each(s) {
		if a.shades(one.To) {
			a.delay(now, one)
			continue
		}
		if m, ok := one.Message.(*message.Tips); ok {
			one.Message = a.praise(m)
		}
		out = append(out, one)
	}
	return out
}

// delay keeps three of four of a victim's messages for up to a second.
func (a *eclipse) delay(now replica.Instant, s Speech) {
	if a.self.Rand.IntN(4) == 0 || len(a.late) >= maxStale {
		return
	}
	wait := 100*time.Millisecond + time.Duration(a.self.Rand.Int64N(int64(time.Second)))
	a.late = append(a.late, stale{now + replica.Instant(wait), s})
}

// praise makes tips say that the victims are ahead of everyone, and with lanes
// that are longer than they are.
func (a *eclipse) praise(m *message.Tips) *message.Tips {
	tips := *m
	tips.Highest = append([]dag.Round{}, m.Highest...)
	for _, victim := range a.victims {
		if victim >= len(m.Highest) {
			continue // no member
		}
		for _, r := range m.Highest {
			tips.Highest[victim] = max(tips.Highest[victim], r+10)
		}
	}
	tips.Lanes = append([]message.LaneTip{}, m.Lanes...)
	for i := range tips.Lanes {
		if t := &tips.Lanes[i]; a.owns(t.Lane) {
			t.Seq, t.Batch = t.Seq+5, a.self.digest()
		}
	}
	return &tips
}

// owns reports whether a lane is a victim's.
func (a *eclipse) owns(lane dag.LaneID) bool {
	return slices.ContainsFunc(a.victims, func(node int) bool { return a.self.Gateways[node].Node == lane.Key })
}

// Act implements Adversary.
func (a *eclipse) Act(now replica.Instant) []Speech {
	var out []Speech
	var rest []stale
	for _, l := range a.late {
		if l.at > now {
			rest = append(rest, l)
		} else {
			out = append(out, l.speech)
		}
	}
	a.late = rest
	return out
}

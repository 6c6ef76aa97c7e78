package replica

import (
	"time"

	"github.com/floormesh/floormesh/dag"
)

// pushed is what a member was sent for its tips lately. Tips that do not know
// of it yet were said before it arrived, or while it waited in the member's own
// queue; or else it was lost. So it is sent again, but not for the same tips said
// twice: first soon, and then after twice as long each time, until the tips
// show that it arrived.
type pushed struct {
	upTo []dag.Round   // by author
	hold time.Duration // for how long none of it is sent again
	at   Instant       // when that is over
}

// pushedTo returns what a member was pushed over the present connection: there
// are as many as members.
func (r *Replica) pushedTo(p PeerID) *pushed {
	before := r.tips.pushes[p]
	if before == nil {
		before = &pushed{upTo: make([]dag.Round, r.committee.N())}
		r.tips.pushes[p] = before
	}
	return before
}

// heed follows a member's tips, once the hold is over.
func (p *pushed) heed(now Instant, highest []dag.Round, t *Timing) {
	if now < p.at {
		return
	}
	// Tips are said no sooner than twice this after each other: of those said
	// again because the answer was lost, none shall come too early.
	hold := t.Grace / 2
	for a, round := range p.upTo {
		if highest[a] < round {
			hold = min(max(hold, 2*p.hold), t.TimeoutCap)
		}
	}
	clear(p.upTo)
	p.hold, p.at = hold, now+Instant(hold)
}

package adversary

import (
	"slices"

	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/consensus/replica"
)

// selective sends each message to f+1 members only, and to others each time. So
// many are enough for one honest member to have it, and too few for a quorum:
// everything it makes must be got from others, of whom nobody has all of it. If
// victims are named it is these who never get anything, and all others do.
type selective struct {
	faithful

	self    Self
	shunned []int // who never gets anything; nil: others each time
}

func newSelective(self Self) *selective {
	a := &selective{self: self}
	if self.Settings != nil {
		a.shunned = append([]int{}, self.victims()...)
	}
	return a
}

// Say implements Adversary.
func (a *selective) Say(_ replica.Instant, s Speech) []Speech {
	if a.shunned != nil {
		return a.shun(s)
	}
	others := a.self.others()
	few := quorum.Validity(a.self.Members)
	if s.To != Everyone {
		if a.self.Rand.IntN(len(others)) < few {
			return []Speech{s}
		}
		return nil
	}
	a.self.Rand.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
	var out []Speech
	for _, to := range others[:min(few, len(others))] {
		one := s
		one.To, one.Gossip = to, false
		out = append(out, one)
	}
	return out
}

// shun leaves the victims out.
func (a *selective) shun(s Speech) []Speech {
	return slices.DeleteFunc(a.self.each(s), func(one Speech) bool { return slices.Contains(a.shunned, one.To) })
}

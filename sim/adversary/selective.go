package adversary

import (
	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/consensus/replica"
)

// selective sends each message to f+1 members only, and to others each time. So
// many are enough for one honest member to have it, and too few for a quorum:
// everything it makes must be got from others, of whom nobody has all of it.
type selective struct {
	faithful

	self Self
}

func newSelective(self Self) *selective { return &selective{self: self} }

// Say implements Adversary.
func (a *selective) Say(_ replica.Instant, s Speech) []Speech {
	others := a.self.others()
	few := quorum.Validity(a.self.Nodes)
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

package adversary

import "github.com/floormesh/floormesh/consensus/replica"

// Silent is the name of the attack that knows no protocol.
const Silent = "silent"

// silent hears everything and says nothing, from a moment on that it chooses:
// the others must do without it, and find out by themselves.
type silent struct {
	faithful

	self  Self
	after replica.Instant
}

// newSilent picks the moment within the first second, half of the time at once.
func newSilent(self Self) *silent {
	s := &silent{self: self}
	if self.Rand.IntN(2) == 0 {
		s.after = replica.Instant(self.Rand.Int64N(1e9))
	}
	return s
}

// Say implements Adversary.
func (s *silent) Say(now replica.Instant, speech Speech) []Speech {
	if now >= s.after {
		return nil
	}
	return []Speech{speech}
}

package adversary

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sync/message"
)

// withhold tells what it has to a few only and answers nobody else's questions:
// the others hear of its blocks and batches through those few, and must get
// them from there.
type withhold struct {
	faithful

	self   Self
	chosen map[int]bool
}

// newWithhold chooses between one node and all but one.
func newWithhold(self Self) *withhold {
	a := &withhold{self: self, chosen: map[int]bool{}}
	others := self.others()
	self.Rand.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
	for _, node := range others[:1+self.Rand.IntN(max(1, len(others)-1))] {
		a.chosen[node] = true
	}
	return a
}

// Say implements Adversary.
func (a *withhold) Say(_ replica.Instant, s Speech) []Speech {
	switch s.Message.(type) {
	case *message.Blocks, *message.Batches, *message.Tips, *message.Commits:
		var out []Speech
		for _, one := range a.self.each(s) {
			if a.chosen[one.To] {
				out = append(out, one)
			}
		}
		return out
	default:
		return []Speech{s}
	}
}

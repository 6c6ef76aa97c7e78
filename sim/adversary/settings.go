package adversary

import (
	"slices"
	"time"
)

// Settings is what somebody else decides about an attack. Each attack reads what
// concerns it and nothing else; one without Settings chooses for itself.
type Settings struct {
	// Victims are the nodes that suffer, ascending: of selective, censor and
	// eclipse. Without any the attack harms nobody.
	Victims []int `json:"victims,omitempty"`
	// Skew is how far the clock is off that skew claims to have, ahead or behind.
	Skew time.Duration `json:"skew,omitempty"`
	// Every is the time from one question of sync-flood to the next, of which
	// each peer gets all; 0: it asks nothing.
	Every time.Duration `json:"every,omitempty"`
	// Late is how long leader-late holds a block back that leads.
	Late time.Duration `json:"late,omitempty"`
}

// victims returns who suffers: one node that the attack chooses if nobody was named.
func (s *Self) victims() []int {
	if s.Settings == nil {
		return []int{s.victim()}
	}
	return slices.DeleteFunc(slices.Clone(s.Settings.Victims), func(node int) bool {
		return node == s.Seat || node < 0 || node >= len(s.Gateways)
	})
}

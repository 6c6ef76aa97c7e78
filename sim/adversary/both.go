package adversary

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// Both returns an adversary that makes two attacks at once: what the first leaves
// of a message the second gets to change, and what either keeps from the Replica
// is kept from it.
func Both(first, second Adversary) Adversary { return &both{first, second} }

type both struct{ first, second Adversary }

// Hear implements Adversary.
func (b *both) Hear(now replica.Instant, from int, m message.Message) bool {
	one := b.first.Hear(now, from, m)
	two := b.second.Hear(now, from, m) // hears it in any case
	return one && two
}

// Say implements Adversary.
func (b *both) Say(now replica.Instant, s Speech) (out []Speech) {
	for _, said := range b.first.Say(now, s) {
		out = append(out, b.second.Say(now, said)...)
	}
	return out
}

// Act implements Adversary.
func (b *both) Act(now replica.Instant) []Speech {
	return append(b.first.Act(now), b.second.Act(now)...)
}

// Due implements Adversary.
func (b *both) Due() replica.Instant { return min(b.first.Due(), b.second.Due()) }

// Wall implements Adversary.
func (b *both) Wall(now replica.Instant, wall dag.UnixMilli) dag.UnixMilli {
	return b.second.Wall(now, b.first.Wall(now, wall))
}

package adversary

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// During returns an adversary that lies from an instant until another, and does
// what an honest node does before and after.
func During(a Adversary, from, until replica.Instant) Adversary { return &during{a, from, until} }

type during struct {
	liar        Adversary
	from, until replica.Instant
}

// at returns who speaks at an instant.
func (d *during) at(now replica.Instant) Adversary {
	if now >= d.from && now < d.until {
		return d.liar
	}
	return faithful{}
}

// Hear implements Adversary.
func (d *during) Hear(now replica.Instant, from int, m message.Message) bool {
	return d.at(now).Hear(now, from, m)
}

// Say implements Adversary.
func (d *during) Say(now replica.Instant, s Speech) []Speech { return d.at(now).Say(now, s) }

// Act implements Adversary.
func (d *during) Act(now replica.Instant) []Speech { return d.at(now).Act(now) }

// Due implements Adversary.
func (d *during) Due() replica.Instant {
	if due := d.liar.Due(); due >= d.from && due < d.until {
		return due
	}
	return replica.Never
}

// Wall implements Adversary.
func (d *during) Wall(now replica.Instant, wall dag.UnixMilli) dag.UnixMilli {
	return d.at(now).Wall(now, wall)
}

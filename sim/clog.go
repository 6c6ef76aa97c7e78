package sim

import (
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/network"
	"github.com/floormesh/floormesh/sim/scenario"
)

// clog is what a fault does to messages between some nodes, beside making them late.
type clog struct {
	fault     int
	from, to  *network.Set
	oneWay    bool
	loss      uint32
	bandwidth scenario.Bandwidth      // of each link; 0: what it was
	free      map[int]replica.Instant // by pair of nodes, as it is used: when its link has room again
}

// clog begins to lose messages and to narrow links, if a fault does either.
func (l *wire) clog(fault int, f *scenario.Fault, cut *network.Fault) {
	if f.Loss > 0 || f.Bandwidth > 0 {
		l.clogs = append(l.clogs, clog{
			fault: fault, from: cut.From, to: cut.To, oneWay: cut.OneWay,
			loss: uint32(f.Loss), bandwidth: f.Bandwidth, free: make(map[int]replica.Instant),
		})
	}
}

// unclog ends what a fault began. What waits for room on a link comes when it would have.
func (l *wire) unclog(fault int) {
	l.clogs = slices.DeleteFunc(l.clogs, func(c clog) bool { return c.fault == fault })
}

func (c *clog) hits(from, to int) bool {
	return c.from.Has(engine.Node(from)) && c.to.Has(engine.Node(to)) ||
		!c.oneWay && c.to.Has(engine.Node(from)) && c.from.Has(engine.Node(to))
}

// clogged draws whether a fault loses a message.
func (l *wire) clogged(rng *engine.Stream, from, to int) bool {
	for i := range l.clogs {
		c := &l.clogs[i]
		if c.loss > 0 && c.hits(from, to) && rng.Chance(c.loss) {
			return true
		}
	}
	return false
}

// squeeze returns when a message arrives that would do so at an instant, over all
// links that faults have narrowed: each carries one message after the other.
func (l *wire) squeeze(now, at replica.Instant, from, to, bytes int) replica.Instant {
	for i := range l.clogs {
		c := &l.clogs[i]
		if c.bandwidth == 0 || !c.hits(from, to) {
			continue
		}
		pair := from*len(l.streams) + to
		left := max(now, c.free[pair]) + scale(replica.Instant(bytes)*8, int64(time.Second), int64(c.bandwidth))
		c.free[pair] = left
		at = max(at, left+instant(l.link.Latency))
	}
	return at
}

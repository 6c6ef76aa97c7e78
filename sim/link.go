package sim

import (
	"math/rand/v2"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
)

// links decides when, how often and whether a message arrives.
type links struct {
	plan    LinkPlan
	nodes   int
	rand    []*rand.Rand      // by sender
	parted  []int             // by pair: partitions that separate it now
	deaf    []int             // by pair from, to: faults that silence it now
	resets  []uint32          // by pair: how often its connection broke and came back unnoticed
	delays  []time.Duration   // extra delays in force
	arrived []replica.Instant // by pair: latest arrival so far, for ordered links
	healed  bool              // all faults are over
}

func newLinks(seed uint64, nodes int, plan LinkPlan) *links {
	l := &links{
		plan: plan, nodes: nodes,
		parted:  make([]int, nodes*nodes),
		deaf:    make([]int, nodes*nodes),
		resets:  make([]uint32, nodes*nodes),
		arrived: make([]replica.Instant, nodes*nodes),
	}
	for i := range nodes {
		l.rand = append(l.rand, newRand(seed, i, purposeLink))
	}
	return l
}

func (l *links) pair(from, to int) int { return from*l.nodes + to }

// part adds by (1 or -1) to the partitions between a fault's nodes and the rest.
func (l *links) part(f *Fault, by int) {
	for a := range l.nodes {
		for b := range l.nodes {
			if f.hits(a) != f.hits(b) {
				l.parted[l.pair(a, b)] += by
			}
		}
	}
}

// deafen adds by to what keeps a fault's nodes from hearing the rest. When it
// ends, connections are set up anew: no transport loses what it was given for
// seconds and goes on as if nothing had been.
func (l *links) deafen(f *Fault, by int) {
	for from := range l.nodes {
		for to := range l.nodes {
			if f.hits(to) && !f.hits(from) {
				l.deaf[l.pair(from, to)] += by
				if by < 0 {
					l.resets[l.pair(from, to)]++
					l.resets[l.pair(to, from)]++
				}
			}
		}
	}
}

// delay adds or, with by < 0, removes an extra delay.
func (l *links) delay(f *Fault, by int) {
	if by > 0 {
		l.delays = append(l.delays, f.Extra)
		return
	}
	for i, d := range l.delays {
		if d == f.Extra {
			l.delays = append(l.delays[:i], l.delays[i+1:]...)
			return
		}
	}
}

// connected reports whether a connection between two nodes can stand.
func (l *links) connected(a, b int) bool { return l.parted[l.pair(a, b)] == 0 }

// open reports whether what one node sends can reach another now.
func (l *links) open(from, to int) bool {
	return l.connected(from, to) && l.deaf[l.pair(from, to)] == 0
}

// arrivals appends the instants at which a message sent now arrives: none if
// it is lost, several if it is copied.
func (l *links) arrivals(to []replica.Instant, now replica.Instant, sender, receiver int) []replica.Instant {
	rng := l.rand[sender]
	copies := 1
	if l.plan.Copies > 0 && rng.IntN(1000) < l.plan.Copies {
		copies = 2
	}
	loss := l.plan.Loss
	if l.healed {
		loss = l.plan.LossAfter
	}
	for range copies {
		if loss > 0 && rng.IntN(1000) < loss {
			continue
		}
		if l.open(sender, receiver) {
			to = append(to, now+l.travel(rng, now, l.pair(sender, receiver)))
		}
	}
	return to
}

func (l *links) travel(rng *rand.Rand, now replica.Instant, pair int) replica.Instant {
	d := l.plan.Latency + time.Duration(rng.Int64N(int64(l.plan.Jitter)+1))
	for _, extra := range l.delays {
		d += time.Duration(rng.Int64N(int64(extra) + 1))
	}
	if l.plan.Ordered {
		d = max(d, time.Duration(l.arrived[pair]-now))
		l.arrived[pair] = now + instant(d)
	}
	return instant(d)
}

// notice draws how long a node takes to see a change of one of its connections.
func (l *links) notice(node int) replica.Instant {
	return instant(time.Duration(l.rand[node].Int64N(int64(l.plan.Notice) + 1)))
}

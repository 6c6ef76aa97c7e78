package explore

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim"
)

// Schedules returns the names of the ways to draw a plan.
func Schedules() []string { return []string{"random", "priority", "swizzle", "swarm"} }

// Schedule draws a plan in one of the ways of Schedules.
func Schedule(name string, rng *rand.Rand) sim.Plan {
	p := sim.Draw(rng.Uint64(), sim.Options{})
	switch name {
	case "priority":
		prioritise(&p, rng)
	case "swizzle":
		swizzle(&p, rng)
	case "swarm":
		swarm(&p, rng)
	}
	return p
}

// prioritise gives every node a priority, the lower the longer its disk takes, and
// so the longer it holds back whatever it says; at a few points one node becomes
// the last of all. A bug that needs d events in one order shows with a chance that falls
// with d only, not with the length of the run (Burckhardt et al., "A Randomized Scheduler
// with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010).
func prioritise(p *sim.Plan, rng *rand.Rand) {
	const changes = 3
	p.Faults = nil
	unit := between(rng, 5*time.Millisecond, 200*time.Millisecond)
	step := between(rng, 50*time.Millisecond, 800*time.Millisecond)
	order := rng.Perm(p.Nodes)
	last := p.Nodes
	for range 1 + rng.IntN(changes+1) {
		from := p.Load.Start + replica.Instant(step)*replica.Instant(len(p.Faults)/p.Nodes)
		for node, place := range order {
			p.Faults = append(p.Faults, sim.Fault{
				Kind: sim.FaultDisk, From: from, To: from + replica.Instant(step),
				Nodes: []int{node}, Extra: unit * time.Duration(place),
			})
		}
		order[rng.IntN(p.Nodes)] = last
		last++
	}
}

// swizzle cuts nodes off one after the other, and heals them in another order.
func swizzle(p *sim.Plan, rng *rand.Rand) {
	p.Faults = nil
	step := between(rng, 5*time.Millisecond, 400*time.Millisecond)
	kinds := []string{sim.FaultPartition, sim.FaultDeaf, sim.FaultDisk, sim.FaultCrash}
	heal := rng.Perm(p.Nodes)
	for i, node := range rng.Perm(p.Nodes) {
		p.Faults = append(p.Faults, sim.Fault{
			Kind:  kinds[rng.IntN(len(kinds))],
			From:  p.Load.Start + replica.Instant(step)*replica.Instant(i),
			To:    p.Load.Start + replica.Instant(step)*replica.Instant(p.Nodes+heal[i]+1),
			Nodes: []int{node}, Extra: between(rng, 10*time.Millisecond, time.Second),
		})
	}
}

// swarm takes whole kinds of trouble out of a plan: with everything on at once, one kind
// hides what another would show (Groce et al., "Swarm Testing", ISSTA 2012).
func swarm(p *sim.Plan, rng *rand.Rand) {
	off := func() bool { return rng.IntN(2) == 0 }
	for _, kind := range sim.FaultKinds() {
		if off() {
			p.Faults = slices.DeleteFunc(p.Faults, func(f sim.Fault) bool { return f.Kind == kind })
		}
	}
	if off() {
		p.Liars = nil
	}
	if off() {
		p.Link.Loss, p.Link.LossAfter = 0, 0
	}
	if off() {
		p.Link.Copies = 0
	}
	if off() {
		p.CPU = nil
	}
	if off() {
		p.Clocks = make([]sim.ClockPlan, p.Nodes)
	}
}

// between draws a duration from low up to, not including, high.
func between(rng *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(rng.Int64N(int64(high-low)))
}

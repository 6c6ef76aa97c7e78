package explore

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/adversary"
)

// mutate returns a plan that differs in a few things from an old one; other is a
// plan to take faults from.
func mutate(old, other *sim.Plan, rng *rand.Rand) sim.Plan {
	p := clone(old)
	changes := []func(){
		func() { p.Seed = rng.Uint64() },
		func() { shiftFault(&p, rng) },
		func() { stretchFault(&p, rng) },
		func() { copyFault(&p, &p, rng) },
		func() { copyFault(&p, other, rng) },
		func() { dropFault(&p, rng) },
		func() { aimFault(&p, rng) },
		func() { changeLiar(&p, rng) },
		func() { changeLink(&p, rng) },
		func() { changeLoad(&p, rng) },
		func() { p.Clocks[rng.IntN(p.Nodes)] = sim.ClockPlan{Skew: between(rng, -time.Hour, time.Hour)} },
		func() { p.Disk.Sync = between(rng, 50*time.Microsecond, 40*time.Millisecond) },
	}
	for range 1 + rng.IntN(maxChanges) {
		changes[rng.IntN(len(changes))]()
	}
	sortFaults(&p)
	return p
}

// clone copies a plan so that changing the copy leaves the plan as it is.
func clone(p *sim.Plan) sim.Plan {
	c := *p
	c.Clocks = slices.Clone(p.Clocks)
	c.Liars = slices.Clone(p.Liars)
	for i := range c.Liars {
		c.Liars[i].Masks = slices.Clone(c.Liars[i].Masks)
		if told := c.Liars[i].Settings; told != nil {
			settings := *told
			settings.Victims = slices.Clone(told.Victims)
			c.Liars[i].Settings = &settings
		}
	}
	c.Faults = slices.Clone(p.Faults)
	for i := range c.Faults {
		c.Faults[i].Nodes = slices.Clone(c.Faults[i].Nodes)
	}
	if p.CPU != nil {
		cpu := *p.CPU
		c.CPU = &cpu
	}
	return c
}

func sortFaults(p *sim.Plan) {
	slices.SortStableFunc(p.Faults, func(a, b sim.Fault) int { return cmp.Compare(a.From, b.From) })
}

// pick returns one of a plan's faults, nil if it has none.
func pick(p *sim.Plan, rng *rand.Rand) *sim.Fault {
	if len(p.Faults) == 0 {
		return nil
	}
	return &p.Faults[rng.IntN(len(p.Faults))]
}

func shiftFault(p *sim.Plan, rng *rand.Rand) {
	if f := pick(p, rng); f != nil {
		by := replica.Instant(between(rng, -time.Second, time.Second))
		by = max(by, -f.From)
		f.From, f.To = f.From+by, f.To+by
	}
}

func stretchFault(p *sim.Plan, rng *rand.Rand) {
	if f := pick(p, rng); f != nil {
		length := time.Duration(f.To-f.From) * time.Duration(25+rng.IntN(300)) / 100
		f.To = f.From + replica.Instant(min(max(length, leastTime), mostTime))
	}
}

// copyFault adds a fault of a plan, at about the same time, to another.
func copyFault(p, from *sim.Plan, rng *rand.Rand) {
	if f := pick(from, rng); f != nil && len(p.Faults) < maxFaults {
		c := *f
		c.Nodes = slices.DeleteFunc(slices.Clone(f.Nodes), func(n int) bool { return n >= p.Nodes })
		if len(c.Nodes) == 0 {
			c.Nodes = []int{rng.IntN(p.Nodes)}
		}
		p.Faults = append(p.Faults, c)
		shiftLast(p, rng)
	}
}

func shiftLast(p *sim.Plan, rng *rand.Rand) {
	f := &p.Faults[len(p.Faults)-1]
	by := max(replica.Instant(between(rng, -200*time.Millisecond, 200*time.Millisecond)), -f.From)
	f.From, f.To = f.From+by, f.To+by
}

func dropFault(p *sim.Plan, rng *rand.Rand) {
	if n := len(p.Faults); n > 0 {
		i := rng.IntN(n)
		p.Faults = slices.Delete(p.Faults, i, i+1)
	}
}

// aimFault lets a fault hit others. A power cut and a delay hit everybody.
func aimFault(p *sim.Plan, rng *rand.Rand) {
	f := pick(p, rng)
	if f == nil || f.Kind == sim.FaultPower || f.Kind == sim.FaultDelay {
		return
	}
	f.Nodes = rng.Perm(p.Nodes)[:1+rng.IntN(p.Nodes)]
	slices.Sort(f.Nodes)
}

// changeLiar lets another node lie, or in another way, or one less.
func changeLiar(p *sim.Plan, rng *rand.Rand) {
	kinds := adversary.Kinds()
	l := sim.LiarPlan{Node: rng.IntN(p.Nodes), Kind: kinds[rng.IntN(len(kinds))]}
	i := slices.IndexFunc(p.Liars, func(o sim.LiarPlan) bool { return o.Node == l.Node })
	switch {
	case i >= 0 && rng.IntN(2) == 0:
		p.Liars = slices.Delete(p.Liars, i, i+1)
	case i >= 0:
		p.Liars[i] = l
	case len(p.Liars) < quorum.F(p.Nodes):
		p.Liars = append(p.Liars, l)
	}
}

func changeLink(p *sim.Plan, rng *rand.Rand) {
	switch rng.IntN(5) {
	case 0:
		p.Link.Latency = between(rng, 100*time.Microsecond, 150*time.Millisecond)
	case 1:
		p.Link.Jitter = between(rng, 0, 2*p.Link.Latency+1)
	case 2:
		p.Link.Loss = rng.IntN(300)
		p.Link.LossAfter = rng.IntN(min(p.Link.Loss, 100) + 1)
	case 3:
		p.Link.Copies = rng.IntN(100)
	case 4:
		p.Link.Ordered = !p.Link.Ordered
	}
}

func changeLoad(p *sim.Plan, rng *rand.Rand) {
	switch rng.IntN(4) {
	case 0:
		p.Load.Records = 1 + rng.IntN(200)
	case 1:
		p.Load.Spread = between(rng, leastTime, 8*time.Second)
	case 2:
		p.Load.Devices = 1 + rng.IntN(5)
	case 3:
		p.Load.Again = rng.IntN(100)
	}
}

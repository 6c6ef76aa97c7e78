package explore

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim"
)

// Shrinking bounds a shrink and tells how it goes.
type Shrinking struct {
	MaxRuns int                                 // at most so many
	Try     func(sim.Plan) (*sim.Result, error) // runs a plan; nil: Try
	Stop    func() bool                         // asked before each run; nil: never
	Watch   func(*Progress)                     // told after each run; nil: nobody
}

// Progress is how far a shrink is.
type Progress struct {
	Runs    int
	Smaller int // plans that failed as well, each smaller than the one before
	Plan    sim.Plan
}

// shrinker is a shrink under way.
type shrinker struct {
	Shrinking
	Progress

	property string
	tried    map[[sha256.Size]byte]bool // plans that need not be run again, by hash
}

// Shrink returns a plan of which as little as possible is left and whose run still
// violates a property first, and how it got there. The plan given must do so.
func Shrink(plan sim.Plan, property string, how Shrinking) Progress {
	s := &shrinker{Shrinking: how, property: property, tried: map[[sha256.Size]byte]bool{}}
	if s.Try == nil {
		s.Try = func(p sim.Plan) (*sim.Result, error) { return Try(p, nil) }
	}
	s.Plan = clone(&plan)
	s.known(&s.Plan)
	for before := -1; before != s.Smaller && !s.spent(); {
		before = s.Smaller
		for _, pass := range []func(){s.faults, s.liars, s.load, s.nodes, s.plain, s.times, s.masks} {
			pass()
		}
	}
	return s.Progress
}

func (s *shrinker) spent() bool { return s.Runs >= s.MaxRuns || s.Stop != nil && s.Stop() }

// try runs a changed copy of the plan and keeps it if it fails in the same way.
func (s *shrinker) try(change func(*sim.Plan)) bool {
	if s.spent() {
		return false
	}
	p := clone(&s.Plan)
	change(&p)
	if p.Validate() != nil || s.known(&p) {
		return false
	}
	s.Runs++
	r, err := s.Try(p)
	fails := err == nil && r.Failed() && r.Violations[0].Property == s.property
	if fails {
		s.Smaller++
		s.Plan = p
	}
	if s.Watch != nil {
		s.Watch(&s.Progress)
	}
	return fails
}

// known notes a plan, and reports whether it was run before: a change that changes
// nothing, or one that was tried already.
func (s *shrinker) known(p *sim.Plan) bool {
	text, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Sprintf("encode plan: %v", err)) // plain numbers and strings
	}
	sum := sha256.Sum256(text)
	if s.tried[sum] {
		return true
	}
	s.tried[sum] = true
	return false
}

// subset finds few of count things that suffice: it takes runs of them out, half of
// all first, then ever shorter ones (Zeller and Hildebrandt, "Simplifying and
// Isolating Failure-Inducing Input", 2002).
func (s *shrinker) subset(count func() int, cut func(p *sim.Plan, from, to int)) {
	for size := count(); size >= 1; size /= 2 {
		for from := 0; from < count(); {
			to := min(from+size, count())
			if !s.try(func(p *sim.Plan) { cut(p, from, to) }) {
				from = to
			}
		}
	}
}

func (s *shrinker) faults() {
	s.subset(func() int { return len(s.Plan.Faults) }, func(p *sim.Plan, from, to int) {
		p.Faults = slices.Delete(p.Faults, from, to)
	})
	for i := range s.Plan.Faults {
		for j := len(s.Plan.Faults[i].Nodes) - 1; j >= 0 && len(s.Plan.Faults[i].Nodes) > 1; j-- {
			if kind := s.Plan.Faults[i].Kind; kind == sim.FaultPower || kind == sim.FaultDelay {
				break // these hit everybody
			}
			s.try(func(p *sim.Plan) { p.Faults[i].Nodes = slices.Delete(p.Faults[i].Nodes, j, j+1) })
		}
	}
}

func (s *shrinker) liars() {
	s.subset(func() int { return len(s.Plan.Liars) }, func(p *sim.Plan, from, to int) {
		p.Liars = slices.Delete(p.Liars, from, to)
	})
}

// least finds a small value of at least low that a field can have: the least at once, or
// else by halving what lies between.
func (s *shrinker) least(low int64, get func(*sim.Plan) int64, set func(*sim.Plan, int64)) {
	if get(&s.Plan) <= low || s.try(func(p *sim.Plan) { set(p, low) }) {
		return
	}
	for bad := low; get(&s.Plan)-bad > max(1, get(&s.Plan)/8) && !s.spent(); {
		middle := bad + (get(&s.Plan)-bad)/2
		if !s.try(func(p *sim.Plan) { set(p, middle) }) {
			bad = middle
		}
	}
}

func (s *shrinker) count(low int, field func(*sim.Plan) *int) {
	s.least(int64(low), func(p *sim.Plan) int64 { return int64(*field(p)) }, func(p *sim.Plan, v int64) { *field(p) = int(v) })
}

func (s *shrinker) duration(field func(*sim.Plan) *time.Duration) {
	s.least(int64(leastTime), func(p *sim.Plan) int64 { return int64(*field(p)) }, func(p *sim.Plan, v int64) { *field(p) = round(time.Duration(v)) })
}

// round drops digits that nobody wants to read.
func round(d time.Duration) time.Duration {
	if d >= 10*time.Millisecond {
		return d.Truncate(time.Millisecond)
	}
	return d
}

func (s *shrinker) load() {
	s.count(1, func(p *sim.Plan) *int { return &p.Load.Records })
	s.count(1, func(p *sim.Plan) *int { return &p.Load.Devices })
	s.count(1, func(p *sim.Plan) *int { return &p.Load.Group })
	s.count(0, func(p *sim.Plan) *int { return &p.Load.Again })
	s.count(40, func(p *sim.Plan) *int { return &p.Load.Payload })
}

// nodes leaves nodes out, the last first. Those that remain keep their streams
// of randomness if those left out come after them.
func (s *shrinker) nodes() {
	for node := s.Plan.Nodes - 1; node >= 0 && s.Plan.Nodes > 1; node-- {
		s.try(func(p *sim.Plan) { without(p, node) })
	}
}

// without takes a node out of a plan.
func without(p *sim.Plan, node int) {
	p.Nodes--
	p.Clocks = slices.Delete(p.Clocks, node, node+1)
	p.Liars = slices.DeleteFunc(p.Liars, func(l sim.LiarPlan) bool { return l.Node == node })
	for i := range p.Liars {
		if p.Liars[i].Node > node {
			p.Liars[i].Node--
		}
		for j, m := range p.Liars[i].Masks {
			p.Liars[i].Masks[j] = m&(1<<node-1) | m>>(node+1)<<node
		}
		if s := p.Liars[i].Settings; s != nil {
			s.Victims = renumbered(s.Victims, node)
		}
	}
	if most := quorum.F(p.Nodes); len(p.Liars) > most {
		p.Liars = p.Liars[:most]
	}
	for i := range p.Faults {
		f := &p.Faults[i]
		f.Nodes = renumbered(f.Nodes, node)
	}
	p.Faults = slices.DeleteFunc(p.Faults, func(f sim.Fault) bool { return len(f.Nodes) == 0 })
}

// renumbered takes a node out of some, and counts those above it one lower.
func renumbered(nodes []int, out int) []int {
	nodes = slices.DeleteFunc(nodes, func(n int) bool { return n == out })
	for i := range nodes {
		if nodes[i] > out {
			nodes[i]--
		}
	}
	return nodes
}

// plain makes links, disks, clocks and processors such as one would wish them.
func (s *shrinker) plain() {
	changes := []func(*sim.Plan){
		func(p *sim.Plan) { p.Link.Loss, p.Link.LossAfter = 0, 0 },
		func(p *sim.Plan) { p.Link.LossAfter = 0 },
		func(p *sim.Plan) { p.Link.Copies = 0 },
		func(p *sim.Plan) { p.Link.Jitter = 0 },
		func(p *sim.Plan) { p.Link.Ordered = true },
		func(p *sim.Plan) { p.Disk = sim.DiskPlan{Sync: time.Millisecond, Read: time.Millisecond} },
		func(p *sim.Plan) { p.CPU = nil },
		func(p *sim.Plan) { p.Encode = false },
		func(p *sim.Plan) { clear(p.Clocks) },
	}
	for node := range s.Plan.Nodes {
		changes = append(changes, func(p *sim.Plan) { p.Clocks[node] = sim.ClockPlan{} })
	}
	for _, change := range changes {
		s.try(change)
	}
	s.count(0, func(p *sim.Plan) *int { return &p.Link.Loss })
}

// times makes everything shorter.
func (s *shrinker) times() {
	s.duration(func(p *sim.Plan) *time.Duration { return &p.Link.Latency })
	s.duration(func(p *sim.Plan) *time.Duration { return &p.Link.Notice })
	s.duration(func(p *sim.Plan) *time.Duration { return &p.Load.Spread })
	for i := range s.Plan.Faults {
		s.least(int64(leastTime), func(p *sim.Plan) int64 { return int64(p.Faults[i].To - p.Faults[i].From) },
			func(p *sim.Plan, v int64) {
				p.Faults[i].To = p.Faults[i].From + replica.Instant(round(time.Duration(v)))
			})
		if s.Plan.Faults[i].Kind == sim.FaultDelay || s.Plan.Faults[i].Kind == sim.FaultDisk {
			s.duration(func(p *sim.Plan) *time.Duration { return &p.Faults[i].Extra })
		}
	}
}

// masks lets as few as possible see the other block, in as few rounds as possible.
func (s *shrinker) masks() {
	for i := range s.Plan.Liars {
		for round := len(s.Plan.Liars[i].Masks) - 1; round >= 0; round-- {
			if s.try(func(p *sim.Plan) { p.Liars[i].Masks[round] = 0 }) {
				continue
			}
			for node := range s.Plan.Nodes {
				s.try(func(p *sim.Plan) { p.Liars[i].Masks[round] &^= 1 << node })
			}
		}
		s.try(func(p *sim.Plan) { p.Liars[i].Masks = trimmed(p.Liars[i].Masks) })
	}
}

// trimmed leaves out the rounds at the end in which all see the same.
func trimmed(masks []uint64) []uint64 {
	for len(masks) > 0 && masks[len(masks)-1] == 0 {
		masks = masks[:len(masks)-1]
	}
	return masks
}

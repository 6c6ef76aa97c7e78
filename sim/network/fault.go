package network

import (
	"slices"

	"github.com/floormesh/floormesh/sim/engine"
)

// Set is a set of nodes.
type Set struct{ words []uint64 }

// NewSet returns a set of some nodes.
func NewSet(nodes ...engine.Node) *Set {
	s := &Set{}
	for _, n := range nodes {
		s.Add(n)
	}
	return s
}

// Add adds a node.
func (s *Set) Add(n engine.Node) {
	for int(n)/64 >= len(s.words) {
		s.words = append(s.words, 0)
	}
	s.words[n/64] |= 1 << (n % 64)
}

// Has reports whether a node is in the set. A nil set has all of them.
func (s *Set) Has(n engine.Node) bool {
	if s == nil {
		return true
	}
	return int(n)/64 < len(s.words) && s.words[n/64]>>(n%64)&1 == 1
}

// Fault is what goes wrong on the way from some nodes to others.
type Fault struct {
	// From and To are the ends; nil: all nodes. What goes between nodes that are
	// in both is hit too, so take what lies inside out of one.
	From, To *Set

	// OneWay spares what goes from To to From.
	OneWay bool

	// Cut loses everything. Else Clog delays everything.
	Cut  bool
	Clog engine.Distribution

	// On and Off make the fault flap: it holds for On, then not for Off, and so
	// on, from Begun. Off 0: it holds all the time.
	Begun, On, Off engine.Instant

	id FaultID
}

// FaultID names a fault that has begun.
type FaultID int

// Begin lets a fault begin.
func (n *Network) Begin(f Fault) FaultID {
	n.nextFault++
	f.id = n.nextFault
	n.faults = append(n.faults, &f)
	return f.id
}

// End ends a fault.
func (n *Network) End(id FaultID) {
	n.faults = slices.DeleteFunc(n.faults, func(f *Fault) bool { return f.id == id })
}

// Open reports whether what is sent now can arrive, as far as cuts go.
func (n *Network) Open(now engine.Instant, from, to engine.Node) bool {
	for _, f := range n.faults {
		if f.Cut && f.hits(now, from, to) {
			return false
		}
	}
	return true
}

// suffer returns what the faults that hold add to a message's delay, or false if
// one of them cuts it off.
func (n *Network) suffer(now engine.Instant, from, to engine.Node, s *engine.Stream) (extra engine.Instant, open bool) {
	if !n.Open(now, from, to) {
		return 0, false
	}
	for _, f := range n.faults {
		if f.hits(now, from, to) {
			extra += engine.Instant(f.Clog.Draw(s))
		}
	}
	return extra, true
}

func (f *Fault) hits(now engine.Instant, from, to engine.Node) bool {
	if f.Off > 0 && (now-f.Begun)%(f.On+f.Off) >= f.On {
		return false
	}
	return f.From.Has(from) && f.To.Has(to) || !f.OneWay && f.From.Has(to) && f.To.Has(from)
}

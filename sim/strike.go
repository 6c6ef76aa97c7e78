package sim

import (
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sim/check"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/network"
	"github.com/floormesh/floormesh/sim/scenario"
)

// strike is one time that a fault hits one site.
type strike struct {
	fault    *scenario.Fault
	from, to time.Duration
	who      []int // of the site
	against  []int // nil: all others
	cut      network.FaultID
}

// ruin lays out everything that will go wrong in the site.
func (x *site) ruin() {
	s := x.scenario
	for i := range s.Faults {
		f := &s.Faults[i]
		for n := range f.Times {
			who, against := x.roster.Struck(i, n)
			k := strike{fault: f, from: f.At + time.Duration(n)*f.Every, who: x.local(who)}
			k.to = min(k.from+f.For, s.Duration)
			if against != nil {
				k.against = append([]int{}, x.local(against)...)
			}
			if len(k.who) == 0 || f.Kind == scenario.FaultWANCut {
				continue // other sites, or what lies between sites, which say nothing to each other yet
			}
			x.expand(k, engine.Purpose(purposeFault)+engine.Purpose(i<<8))
		}
	}
}

// expand turns what happens to each node by itself, or comes and goes, into single strikes.
func (x *site) expand(k strike, p engine.Purpose) {
	f := k.fault
	switch {
	case f.Kind == scenario.FaultFlap:
		for at := k.from; at < k.to; at += f.Down + f.Up {
			part := k
			part.from, part.to = at, min(at+f.Down, k.to)
			x.strikes = append(x.strikes, part)
		}
	case f.Kind == scenario.FaultChurn:
		for _, node := range k.who {
			x.churn(k, node, engine.NewStream(x.scenario.Seed, engine.Node(x.first+node), p))
		}
	case f.Stagger > 0:
		for _, node := range k.who {
			own := engine.NewStream(x.scenario.Seed, engine.Node(x.first+node), p)
			one := k
			one.who, one.to = []int{node}, k.to+time.Duration(own.Below(uint64(f.Stagger)))
			x.strikes = append(x.strikes, one)
		}
	default:
		x.strikes = append(x.strikes, k)
	}
}

func (x *site) churn(k strike, node int, own engine.Stream) {
	up, down := engine.Exponential(int64(k.fault.Up)), engine.Exponential(int64(k.fault.Down))
	at := k.from
	if k.fault.Stagger > 0 {
		at += time.Duration(own.Below(uint64(k.fault.Stagger)))
	}
	for {
		at += time.Duration(up.Draw(&own)) + 1
		if at >= k.to {
			return
		}
		one := k
		one.who, one.from = []int{node}, at
		at += time.Duration(down.Draw(&own)) + 1
		one.to = min(at, k.to)
		x.strikes = append(x.strikes, one)
	}
}

// lay schedules the strikes.
func (x *site) lay(w *World) {
	for i := range x.strikes {
		w.schedule(event{at: instant(x.strikes[i].from), node: nobody, load: engine.Handle(i), kind: faultStart})
	}
}

// begin lets a strike happen.
func (x *site) begin(w *World, i int) {
	k := &x.strikes[i]
	if k.fault.Who.Leaders > 0 {
		k.who = x.leaders(w, k)
	}
	w.schedule(event{at: max(w.now, instant(k.to)), node: nobody, load: engine.Handle(i), kind: faultEnd})
	f := k.fault
	switch f.Kind {
	case scenario.FaultCrash, scenario.FaultPower, scenario.FaultChurn:
		for _, node := range k.who {
			x.downs[node]++
			if node < len(w.nodes) {
				x.stop(w, w.nodes[node], f.Disk)
			}
		}
		w.relinkAt(k.who)
	case scenario.FaultPartition, scenario.FaultFlap:
		cut := x.cut(k)
		cut.Cut = true
		k.cut = x.wire.net.Begin(cut)
		w.relinkAt(k.who)
	case scenario.FaultClog:
		cut := x.cut(k)
		cut.Clog = engine.Uniform(0, int64(f.Extra))
		k.cut = x.wire.net.Begin(cut)
		x.wire.clog(i, f, &cut)
	default:
		x.hardware(w, k, true)
	}
}

// stop takes the power away from a node, and more than that from its disk.
func (x *site) stop(w *World, n *node, left scenario.DiskState) {
	if n.up {
		n.disk.keepAll = left == scenario.DiskKept
		n.stop(w)
		x.notes.crashed(w, n.id)
	}
	if left == scenario.DiskLost {
		n.lose(w)
	}
}

// losesDisks reports whether a disk is ever lost.
func losesDisks(s *scenario.Scenario) bool {
	return slices.ContainsFunc(s.Faults, func(f scenario.Fault) bool { return f.Disk == scenario.DiskLost })
}

// end mends it.
func (x *site) end(w *World, i int) {
	k := &x.strikes[i]
	switch k.fault.Kind {
	case scenario.FaultCrash, scenario.FaultPower, scenario.FaultChurn:
		for _, node := range k.who {
			x.downs[node]--
			if node < len(w.nodes) && x.downs[node] == 0 && !w.nodes[node].up {
				if err := w.nodes[node].start(w); err != nil {
					w.checks.Failf(check.Crash, node, "%v", err)
				}
				x.notes.restarted(w, node)
			}
		}
		w.relinkAt(k.who)
	case scenario.FaultPartition, scenario.FaultFlap:
		x.wire.net.End(k.cut)
		w.relinkAt(k.who)
	case scenario.FaultClog:
		x.wire.net.End(k.cut)
		x.wire.unclog(i)
	default:
		x.hardware(w, k, false)
	}
}

// hardware changes a node's processor, disk or clock, and changes it back.
func (x *site) hardware(w *World, k *strike, on bool) {
	f := k.fault
	for _, node := range k.who {
		if node >= len(w.nodes) {
			continue
		}
		n := w.nodes[node]
		switch f.Kind {
		case scenario.FaultDiskSlow:
			n.disk.takesLonger(f.Extra, on)
		case scenario.FaultSlow:
			speed := x.roleOf(node).Speed
			x.price(n, speed)
			if on {
				x.price(n, max(1, scenario.Share(f.Speed.Of(int64(speed)))))
			}
		case scenario.FaultClockJump:
			if on {
				n.clock.shift += f.By
			} else {
				n.clock.shift -= f.By
			}
		case scenario.FaultClockStop:
			n.clock.plan.StopsAt = 0
			if on {
				n.clock.plan.StopsAt = max(1, w.now)
			}
		default:
		}
	}
}

// cut returns both ends of a cut.
func (x *site) cut(k *strike) network.Fault {
	hit, other := network.NewSet(), network.NewSet()
	struck := make([]bool, x.size)
	for _, node := range k.who {
		hit.Add(engine.Node(node))
		struck[node] = true
	}
	for _, node := range k.against {
		if !struck[node] {
			other.Add(engine.Node(node))
		}
	}
	for node := range x.size {
		if k.against == nil && !struck[node] {
			other.Add(engine.Node(node))
		}
	}
	f := network.Fault{From: hit, To: other, OneWay: k.fault.Direction != scenario.DirectionBoth}
	if k.fault.Kind == scenario.FaultClog && k.against == nil && len(k.who) == x.size {
		f.To = hit // everybody, towards everybody
	}
	if k.fault.Direction == scenario.DirectionIn {
		f.From, f.To = f.To, f.From
	}
	return f
}

// leaders returns the next leaders among those who may be hit.
func (x *site) leaders(w *World, k *strike) (who []int) {
	may := make([]bool, x.size)
	for _, node := range k.who {
		may[node] = true
	}
	rotation := order.NewRotation(w.domain.Epoch, len(w.nodes), consensus.Set{})
	for r := w.checks.Rounds() + 1; len(who) < k.fault.Who.Leaders && r < w.checks.Rounds()+dag.Round(3*len(w.nodes)); r++ {
		if leader, ok := rotation.Leader(r); ok && may[leader] {
			may[leader] = false
			who = append(who, int(leader))
		}
	}
	return who
}

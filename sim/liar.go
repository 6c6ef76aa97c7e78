package sim

import (
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim/adversary"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/scenario"
)

// LiarPlan makes a node an adversary.
type LiarPlan struct {
	Node int    `json:"node"`
	Kind string `json:"kind"` // see package adversary
	// Masks tell a scripted liar, by round from the first, which nodes see its other
	// block: bit i stands for node i.
	Masks []uint64 `json:"masks,omitempty"`
	// From and Until are when it lies; Until 0: to the end.
	From  replica.Instant `json:"from,omitempty"`
	Until replica.Instant `json:"until,omitempty"`
	// Settings say what the attack does; nil: it chooses for itself.
	Settings *adversary.Settings `json:"settings,omitempty"`
}

// Bounds of a liar's settings that come from a file.
const (
	minPlanEvery = 100 * time.Microsecond // or its questions would be all that a run holds
	maxPlanLate  = time.Hour
)

// validate adds what of a liar cannot be run.
func (l *LiarPlan) validate(v *problems, name string, nodes int) {
	v.within(name+".from", time.Duration(l.From), 0, maxPlanTime)
	v.within(name+".until", time.Duration(l.Until), 0, maxPlanTime)
	s := l.Settings
	if s == nil {
		return
	}
	last := -1
	for _, victim := range s.Victims {
		if victim <= last || victim >= nodes {
			v.addf("%s.settings.victims: %v, not some of 0 to %d, ascending", name, s.Victims, nodes-1)
			break
		}
		last = victim
	}
	v.within(name+".settings.skew", s.Skew, -maxPlanSkew, maxPlanSkew)
	if s.Every != 0 {
		v.within(name+".settings.every", s.Every, minPlanEvery, maxPlanTime)
	}
	v.within(name+".settings.late", s.Late, 0, maxPlanLate)
}

// corrupt makes liars of the nodes that the plan names. One that is named twice
// makes both attacks.
func (w *World) corrupt() error {
	for i, l := range w.plan.Liars {
		n := w.nodes[l.Node]
		draws := newStream(w.plan.Seed, l.Node, purposeLiar)
		if n.liar != nil {
			draws.Jump(uint64(i+1) << 40)
		}
		liar, err := adversary.New(l.Kind, adversary.Self{
			Seat: l.Node, Nodes: w.plan.Nodes, Members: w.members,
			Mesh: w.mesh, Domain: w.domain, Genesis: w.genesis, Verifier: w.verifier, Gateways: w.genesis.Gateways,
			NodeKey: n.nodeKey, MemberKey: n.memberKey,
			Device: newKey(w.crypto, newStream(w.plan.Seed, l.Node, purposeLiar)),
			Rand:   randOf(draws),
			Masks:  l.Masks, Settings: l.Settings,
		})
		if err != nil {
			return err
		}
		if l.Until != 0 {
			liar = adversary.During(liar, l.From, l.Until)
		}
		if n.liar != nil {
			liar = adversary.Both(n.liar, liar)
		}
		n.liar, n.due = liar, replica.Never
	}
	return nil
}

// liars returns the plan of a site's liars.
func (x *site) liars() (plans []LiarPlan) {
	for i := range x.scenario.Adversaries {
		a := &x.scenario.Adversaries[i]
		who, victims := x.roster.Liars(i)
		settings := x.settings(a, x.local(victims))
		for _, node := range x.local(who) {
			plans = append(plans, LiarPlan{
				Node: node, Kind: string(a.Kind), From: instant(a.From), Until: instant(a.Until), Settings: settings,
			})
		}
	}
	return plans
}

// settings returns what a scenario says of an attack; nil: nothing can be said of it.
func (x *site) settings(a *scenario.Adversary, victims []int) *adversary.Settings {
	switch a.Kind {
	case scenario.AttackSelective, scenario.AttackCensor, scenario.AttackEclipse:
		return &adversary.Settings{Victims: victims}
	case scenario.AttackSkew:
		return &adversary.Settings{Skew: a.Skew}
	case scenario.AttackSyncFlood:
		if a.Rate.Count == 0 {
			return &adversary.Settings{}
		}
		return &adversary.Settings{Every: a.Rate.Per / time.Duration(a.Rate.Count)}
	case scenario.AttackLeaderLate:
		timeout := x.scenario.Protocol.Timing.TimeoutFloor
		return &adversary.Settings{Late: time.Duration(a.Late.Of(int64(timeout)))}
	default:
		return nil
	}
}

// act lets a liar speak of its own accord, until liars fall silent.
func (w *World) act(n *node, hurried bool) {
	if w.mute {
		return
	}
	if n.up {
		for _, s := range n.liar.Act(w.now) {
			w.post(n, s)
		}
	}
	if hurried {
		n.due = replica.Never
		if n.liar.Due() > w.now {
			w.hurry(n)
		}
		return
	}
	w.schedule(event{at: w.now + instant(actEvery), node: n.id, kind: act})
}

// hurry has a liar act when it must, if that is before its next turn.
func (w *World) hurry(n *node) {
	due := max(n.liar.Due(), w.now)
	if due >= n.due {
		return
	}
	n.due = due
	w.schedule(event{at: due, node: n.id, load: hurried, kind: act})
}

// hurried marks a turn beside the regular ones.
const hurried engine.Handle = 1

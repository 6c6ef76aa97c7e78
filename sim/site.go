package sim

import (
	"fmt"
	"strings"
	"time"

	"github.com/floormesh/floormesh/consensus/execution"
	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sim/check"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/gossip"
	"github.com/floormesh/floormesh/sim/oracle"
	"github.com/floormesh/floormesh/sim/scenario"
)

// site is what a scenario adds to the world of one of its plants. Its nodes are
// counted as in the roster, less the first: replicas come before devices.
type site struct {
	scenario *scenario.Scenario
	roster   *scenario.Roster
	plant    int
	first    int // the plant's first node in the roster
	size     int // its nodes, devices among them
	wire     wire
	carrier  *carrier
	sources  []source
	strikes  []strike
	downs    []int // by node: faults that keep it stopped
	settled  settled
	notes    notes
	observer Observer // nil: nobody
	costs    oracle.Costs
	cpus     []oracle.CPU    // by replica and follower
	prices   []*oracle.Costs // by replica and follower: many share theirs
	pools    []*pool         // by replica and follower, nil for who has cores of its own; nil: all have
	debts    []debts         // by replica and follower
	looked   replica.Instant // see lines.Ahead
}

// newSite returns the world of a plant.
func newSite(s *scenario.Scenario, roster *scenario.Roster, plant int, notes notes) (*World, error) {
	p := &roster.Plants[plant]
	x := &site{
		scenario: s, roster: roster, plant: plant, first: p.First,
		size: p.Members + p.Gateways + p.Observers + p.Devices, notes: notes,
		costs: costsOf(&s.CPU),
	}
	x.downs = make([]int, x.size)
	plan := x.plan()
	w, err := newWorldOf(plan, x)
	if err != nil {
		return nil, fmt.Errorf("site %s: %w", p.Name, err)
	}
	w.base, w.seat = engine.Node(p.First+plant), x.size
	x.equip(w)
	x.share(w)
	w.history = execution.NewHistory(w.founding, func() order.Guard { return &engine.Guard{} })
	if err := x.connect(w, p.Members); err != nil {
		return nil, err
	}
	w.late = late{most: x.lateness(), crew: &engine.Crew{}, open: make([]bool, len(w.nodes))}
	x.supply(w)
	x.ruin()
	x.notes.size(len(w.nodes))
	x.settled.durable = make([]dag.CommitIndex, len(w.nodes))
	w.checks.Ignore(off(s)...)
	return w, nil
}

// connect lays the network of a site, and gossip over it.
func (x *site) connect(w *World, members int) error {
	graph, err := gossip.Connect(newStream(w.plan.Seed, nobody, purposePeers), members, len(w.nodes)+len(w.followers), x.scenario.Gossip.Connections)
	if err != nil {
		return err
	}
	w.peers = newPeers(graph)
	if err := x.wire.lay(x, graph, w.plan.Seed); err != nil {
		return err
	}
	x.debts = make([]debts, graph.Nodes())
	x.carrier, err = newCarrier(w, x)
	return err
}

// gossip spreads what a node gossips, or sends it to those whom it is connected to if that is
// everybody: to members not if it was just broadcast.
func (x *site) gossip(w *World, from *node, p *parcel) {
	if x.carrier.needed(w, from.id) {
		x.carrier.publish(w, from, p)
		return
	}
	known := x.carrier.told[from.id].has(p.said)
	w.cast(from, p, func(to int) bool { return !known || to >= w.members })
}

// plan says what a world without a scenario would be told.
func (x *site) plan() Plan {
	s := x.scenario
	replicas, _ := x.roleCounts()
	plan := Plan{
		Seed: engine.Mix(s.Seed + engine.Mix(uint64(x.plant)+1)), Nodes: replicas, Crypto: string(s.Crypto), Protocol: string(s.Protocol.Ordering),
	}
	for i := range plan.Nodes {
		draw, role := newRand(plan.Seed, i, purposeClock), x.roleOf(i)
		plan.Clocks = append(plan.Clocks, ClockPlan{
			Skew:     eitherWay(draw.Int64N, role.Clock.Skew),
			DriftPPM: int64(eitherWay(draw.Int64N, time.Duration(role.Clock.Drift))),
		})
	}
	plan.Liars = x.liars()
	return plan
}

// members returns how many of the nodes are the committee.
func (x *site) members() int { return x.roster.Plants[x.plant].Members }

// roleOf says what a node is.
func (x *site) roleOf(node int) *scenario.Node {
	return x.scenario.Roles.Of(x.roster.Role(x.first + node))
}

func (x *site) diskOf(node int) DiskPlan {
	d := &x.roleOf(node).Disk
	return DiskPlan{Sync: d.Fsync, Jitter: d.Jitter, Read: d.Read}
}

// eitherWay draws from -most to most.
func eitherWay(draw func(int64) int64, most time.Duration) time.Duration {
	return time.Duration(draw(2*int64(most)+1)) - most
}

// local returns those of some nodes that belong to the plant, by their own numbers.
func (x *site) local(nodes []int) (own []int) {
	for _, node := range nodes {
		if node >= x.first && node < x.first+x.size {
			own = append(own, node-x.first)
		}
	}
	return own
}

// found makes a genesis what the scenario says.
func (x *site) found(w *World, g *dag.Genesis) {
	p := &x.scenario.Protocol
	g.Site = strings.ReplaceAll(x.roster.Plants[x.plant].Name, "/", "-") // as names in a genesis are
	if losesDisks(x.scenario) {
		// Who starts with nothing takes lanes numbered by the minutes since: none that
		// it had, unless its clock says that no minute has passed since the founding.
		roles := &x.scenario.Roles
		g.Created -= dag.UnixMilli(max(roles.Member.Clock.Skew, roles.Gateway.Clock.Skew) / time.Millisecond)
	}
	g.WindowRounds, g.DuplicateLeaves = uint32(p.WindowRounds), uint32(p.DuplicateLeaves)
	g.CheckpointMillis = uint32(p.CheckpointInterval / time.Millisecond)
	g.CheckpointRounds = uint32(p.CheckpointRounds)
	x.list(w, g)
}

// timing returns the protocol's durations.
func (x *site) timing() replica.Timing {
	t := &x.scenario.Protocol.Timing
	return replica.Timing{
		RoundSpacing: t.RoundSpacing, RoundSpacingCap: t.RoundSpacingCap,
		TimeoutFloor: t.TimeoutFloor, TimeoutCap: t.TimeoutCap, Resend: t.Resend,
		BatchSpacing: t.BatchSpacing, FetchTimeout: t.FetchTimeout, Grace: t.Grace,
	}
}

// costsOf returns what a scenario's operations cost.
func costsOf(c *scenario.Costs) oracle.Costs {
	return oracle.Costs{
		Sign: c.Sign, Verify: c.Verify, Batched: c.VerifyBatched, Message: c.Message, Kibibyte: c.Hash,
		Step: oracle.DefaultCosts().Step, Sync: c.Sync, Gossip: c.Gossip, Record: c.Record,
	}
}

// scaled returns costs on cores of another speed.
func scaled(c oracle.Costs, speed scenario.Share) oracle.Costs {
	by := func(d time.Duration) time.Duration {
		return time.Duration(scale(replica.Instant(d), int64(scenario.Whole), int64(speed)))
	}
	return oracle.Costs{
		Sign: by(c.Sign), Verify: by(c.Verify), Batched: by(c.Batched),
		Message: by(c.Message), Kibibyte: by(c.Kibibyte), Step: by(c.Step),
		Sync: by(c.Sync), Gossip: by(c.Gossip), Record: by(c.Record),
	}
}

// price makes a replica or follower work at a share of the speed that costs are about.
func (x *site) price(w *World, node int, speed scenario.Share) {
	costs := scaled(x.costs, speed)
	x.carrier.costs[node] = &costs
	if node < len(w.nodes) {
		w.nodes[node].labour.costs = &costs
	}
}

// off returns what is not checked.
func off(s *scenario.Scenario) (properties []string) {
	for _, p := range s.Checks.Off {
		properties = append(properties, string(p))
	}
	return properties
}

// watch moves a site from phase to phase.
func (x *site) watch(w *World) {
	c := &x.scenario.Checks
	since := time.Duration(w.now - w.phase.since)
	x.notes.gauge(w)
	x.settle(w)
	switch w.phase.name {
	case working:
		if w.now >= instant(x.scenario.Duration) {
			w.phase.healed = w.now
			w.enter(settling)
			if c.Settle == 0 {
				w.revive()
				w.enter(over)
				return
			}
		}
	case settling:
		if w.load.open == 0 && w.checks.Settled() && x.owed(w) == "" {
			w.phase.settled, w.mute = w.now, true
			w.enter(resting)
			if c.Rest == 0 {
				w.revive()
				w.enter(over)
				return
			}
		} else if since > c.Settle {
			x.unsettled(w)
		}
		if since > c.Settle {
			w.enter(over)
			return
		}
	case resting:
		calm := w.now - instant(restFor)
		if w.phase.since < calm && w.checks.LastStep() < calm || since > c.Rest+restFor {
			w.rest(calm)
			w.enter(over)
			return
		}
	case over:
		return
	}
	w.schedule(event{at: w.now + instant(siteWatchEvery), node: nobody, kind: watch})
}

// owed says which evidence a site has to wait for before it is settled.
func (x *site) owed(w *World) string {
	if !x.scenario.Checks.Checks(scenario.PropertyEvidence) {
		return ""
	}
	return w.checks.Owed()
}

// unsettled says what a site did not come to in time.
func (x *site) unsettled(w *World) {
	if w.load.open > 0 || !w.checks.Settled() {
		w.checks.Failf(check.Liveness, nobody, "%d records are not acknowledged; %s", w.load.open, w.checks.Unsettled())
	}
	if owed := x.owed(w); owed != "" {
		w.checks.Failf(check.Evidence, nobody, "%s", owed)
	}
}

// siteWatchEvery is how often a site looks whether it is done.
const siteWatchEvery = 100 * time.Millisecond

package sim

import (
	"fmt"
	"strings"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sim/adversary"
	"github.com/floormesh/floormesh/sim/check"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/network"
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
	sources  []source
	strikes  []strike
	downs    []int // by node: faults that keep it stopped
	notes    notes
	observer Observer // nil: nobody
	pool     *pool    // nil: every node has cores of its own
	costs    oracle.Costs
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
	plan := x.plan(p)
	w, err := newWorldOf(plan, x)
	if err != nil {
		return nil, fmt.Errorf("site %s: %w", p.Name, err)
	}
	w.base, w.seat = engine.Node(p.First+plant), x.size
	w.load.homes = make([]int32, 0)
	w.load.open = 0
	member := &s.Roles.Member
	if member.Shared {
		x.pool = newPool(member.Cores, len(w.nodes))
	}
	for _, n := range w.nodes {
		n.labour = newLabour(member.Cores, scaled(x.costs, member.Speed), n)
		n.labour.pool = x.pool
	}
	if err := x.wire.lay(x, plan.Seed); err != nil {
		return nil, err
	}
	x.supply(w)
	x.ruin()
	x.notes.size(len(w.nodes))
	w.checks.Ignore(off(s)...)
	return w, nil
}

// plan says what a world without a scenario would be told.
func (x *site) plan(p *scenario.Plant) Plan {
	s := x.scenario
	role := &s.Roles.Member
	plan := Plan{
		Seed: engine.Mix(s.Seed + engine.Mix(uint64(x.plant)+1)), Nodes: p.Members, Crypto: string(s.Crypto),
		Disk: DiskPlan{Sync: role.Disk.Fsync, Jitter: role.Disk.Jitter, Read: role.Disk.Read},
	}
	for i := range plan.Nodes {
		draw := newRand(plan.Seed, i, purposeClock)
		plan.Clocks = append(plan.Clocks, ClockPlan{
			Skew:     eitherWay(draw.Int64N, role.Clock.Skew),
			DriftPPM: int64(eitherWay(draw.Int64N, time.Duration(role.Clock.Drift))),
		})
	}
	for a := range s.Adversaries {
		who, _ := x.roster.Liars(a)
		for _, node := range x.local(who) {
			plan.Liars = append(plan.Liars, LiarPlan{Node: node, Kind: string(s.Adversaries[a].Kind)})
		}
	}
	return plan
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
func (x *site) found(g *dag.Genesis) {
	p := &x.scenario.Protocol
	g.Site = strings.ReplaceAll(x.roster.Plants[x.plant].Name, "/", "-") // as names in a genesis are
	g.WindowRounds, g.DuplicateLeaves = uint32(p.WindowRounds), uint32(p.DuplicateLeaves)
	g.CheckpointMillis = uint32(p.CheckpointInterval / time.Millisecond)
	g.CheckpointRounds = uint32(p.CheckpointRounds)
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

// spell keeps a liar honest outside its time.
func (x *site) spell(a adversary.Adversary, node int) adversary.Adversary {
	for i := range x.scenario.Adversaries {
		who, _ := x.roster.Liars(i)
		for _, liar := range x.local(who) {
			if said := &x.scenario.Adversaries[i]; liar == node {
				return adversary.During(a, instant(said.From), instant(said.Until))
			}
		}
	}
	return a
}

// costsOf returns what a scenario's operations cost.
func costsOf(c *scenario.Costs) oracle.Costs {
	return oracle.Costs{
		Sign: c.Sign, Verify: c.Verify, Batched: c.VerifyBatched, Message: c.Message, Kibibyte: c.Hash,
		Step: oracle.DefaultCosts().Step, Sync: c.Sync,
	}
}

// scaled returns costs on cores of another speed.
func scaled(c oracle.Costs, speed scenario.Share) oracle.Costs {
	by := func(d time.Duration) time.Duration {
		return time.Duration(scale(replica.Instant(d), int64(scenario.Whole), int64(speed)))
	}
	return oracle.Costs{
		Sign: by(c.Sign), Verify: by(c.Verify), Batched: by(c.Batched),
		Message: by(c.Message), Kibibyte: by(c.Kibibyte), Step: by(c.Step), Sync: by(c.Sync),
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
	switch w.phase.name {
	case working:
		if w.now >= instant(x.scenario.Duration) {
			w.phase.healed = w.now
			w.enter(settling)
			if c.Settle == 0 {
				w.enter(over)
				return
			}
		}
	case settling:
		if w.load.open == 0 && w.checks.Settled() {
			w.phase.settled, w.mute = w.now, true
			w.enter(resting)
			if c.Rest == 0 {
				w.enter(over)
				return
			}
		} else if since > c.Settle {
			w.checks.Failf(check.Liveness, nobody, "%d records are not acknowledged; %s", w.load.open, w.checks.Unsettled())
		}
		if since > c.Settle {
			w.enter(over)
			return
		}
	case resting:
		calm := w.now - instant(restFor)
		if w.phase.since < calm && w.checks.LastStep() < calm || since > c.Rest+restFor {
			w.checks.AtRest(calm)
			w.enter(over)
			return
		}
	case over:
		return
	}
	w.schedule(event{at: w.now + instant(siteWatchEvery), node: nobody, kind: watch})
}

// siteWatchEvery is how often a site looks whether it is done.
const siteWatchEvery = 100 * time.Millisecond

// wire is the plant's network.
type wire struct {
	net      *network.Network
	link     *scenario.Link
	jitter   engine.Distribution
	streams  []engine.Stream   // by sender
	last     []replica.Instant // by pair of replicas: the latest arrival, on ordered links
	free     []replica.Instant // by pair: when the link has room again
	replicas int
	overhead int
	clogs    []clog
	notice   time.Duration
}

// clog is messages lost now between some nodes.
type clog struct {
	fault    int
	from, to *network.Set
	oneWay   bool
	loss     uint32
}

// lay makes the network.
func (l *wire) lay(x *site, seed uint64) error {
	s, p := x.scenario, &x.roster.Plants[x.plant]
	link := &s.Network.Within
	l.link, l.replicas = link, p.Members
	l.overhead, l.notice = int(s.Network.Transport.Overhead), s.Network.Notice
	l.jitter = spread(link)
	// Two kinds of lines: of members and of devices.
	constant := engine.Constant(int64(link.Latency))
	sites := make([]uint16, x.size)
	for i := p.Members; i < x.size; i++ {
		sites[i] = 1
	}
	rate := func(b scenario.Bandwidth) network.Rate { return network.Rate(b) }
	m, d := s.Roles.Member.Access, s.Roles.Device.Access
	var err error
	l.net, err = network.New(network.Config{
		Seed: seed, Purpose: engine.Purpose(purposeLink), Sites: sites,
		Delay: [][]engine.Distribution{{constant, constant}, {constant, constant}},
		Up:    []network.Rate{rate(m.Up), rate(d.Up)}, Down: []network.Rate{rate(m.Down), rate(d.Down)},
		Window: int(s.Network.Transport.InitialWindow), StreamWindow: int(s.Network.Transport.StreamWindow),
	})
	if err != nil {
		return err
	}
	for i := range x.size {
		l.streams = append(l.streams, *newStream(seed, i, purposeWire))
	}
	l.last = make([]replica.Instant, p.Members*p.Members)
	l.free = make([]replica.Instant, p.Members*p.Members)
	return nil
}

// spread returns the distribution of a link's jitter.
func spread(l *scenario.Link) engine.Distribution {
	switch {
	case l.Jitter == 0:
		return engine.Constant(0)
	case l.Spread == scenario.SpreadLognormal:
		return engine.LogNormal(int64(l.Jitter), 1000)
	case l.Spread == scenario.SpreadNormal:
		return engine.Normal(halfway*int64(l.Jitter), int64(l.Jitter)) // see late
	default:
		return engine.Uniform(0, int64(l.Jitter))
	}
}

// send appends the instants at which a message arrives.
func (l *wire) send(to []replica.Instant, now replica.Instant, from, node, bytes int) []replica.Instant {
	rng := &l.streams[from]
	copies := 1
	if l.link.Copies > 0 && rng.Chance(uint32(l.link.Copies)) {
		copies = 2
	}
	for range copies {
		at, ok := l.net.Send(engine.Instant(now), engine.Node(from), engine.Node(node), bytes+l.overhead, nil)
		late := l.late(rng)
		if lost := l.link.Loss > 0 && rng.Chance(uint32(l.link.Loss)); !ok || lost || l.clogged(rng, from, node) {
			continue
		}
		to = append(to, l.order(now, replica.Instant(at)+replica.Instant(late), from, node, bytes+l.overhead))
	}
	return to
}

// late draws a message's jitter. That of a normal variable is its size: engine's are
// never negative, so that it is drawn far above zero and moved back.
func (l *wire) late(rng *engine.Stream) int64 {
	d := l.jitter.Draw(rng)
	if l.link.Spread == scenario.SpreadNormal && l.link.Jitter > 0 {
		d -= halfway * int64(l.link.Jitter)
		d = max(d, -d)
	}
	return d
}

// halfway is the mean of normal jitter in standard deviations: none is drawn so far below it.
const halfway = 10

// order makes a message wait for those before it, and for room on its link.
func (l *wire) order(now, at replica.Instant, from, node, bytes int) replica.Instant {
	if from >= l.replicas || node >= l.replicas {
		return at
	}
	pair := from*l.replicas + node
	if b := l.link.Bandwidth; b > 0 {
		began := max(now, l.free[pair])
		l.free[pair] = began + scale(replica.Instant(bytes)*8, int64(time.Second), int64(b))
		at = max(at, l.free[pair]+instant(l.link.Latency))
	}
	if l.link.Ordered {
		at = max(at, l.last[pair])
		l.last[pair] = at
	}
	return at
}

// clogged draws whether a fault loses a message.
func (l *wire) clogged(rng *engine.Stream, from, to int) bool {
	for i := range l.clogs {
		c := &l.clogs[i]
		hit := c.from.Has(engine.Node(from)) && c.to.Has(engine.Node(to)) ||
			!c.oneWay && c.to.Has(engine.Node(from)) && c.from.Has(engine.Node(to))
		if hit && rng.Chance(c.loss) {
			return true
		}
	}
	return false
}

// open reports whether a message from one node can reach another now.
func (l *wire) open(now replica.Instant, from, to int) bool {
	return l.net.Open(engine.Instant(now), engine.Node(from), engine.Node(to))
}

// receive returns when a message that arrives now is through a node's line.
func (l *wire) receive(now replica.Instant, node, bytes int) replica.Instant {
	return replica.Instant(l.net.Receive(engine.Instant(now), engine.Node(node), bytes))
}

package sim

import (
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/gossip"
	"github.com/floormesh/floormesh/sim/network"
	"github.com/floormesh/floormesh/sim/scenario"
)

// wire is the plant's network.
type wire struct {
	net      *network.Network
	link     *scenario.Link
	jitter   engine.Distribution
	added    int64           // to what a table says
	least    replica.Instant // that a message takes
	streams  []engine.Stream // by sender
	graph    *gossip.Graph
	pipes    []pipe            // by edge
	free     []replica.Instant // by edge: when the link has room again; nil: it has none of its own
	queued   []queue           // by replica
	room     int               // in a connection's queue of gossip
	overhead int
	clogs    []clog
	notice   time.Duration
}

// lay makes the network.
func (l *wire) lay(x *site, graph *gossip.Graph, seed uint64) error {
	s, p := x.scenario, &x.roster.Plants[x.plant]
	link := &s.Network.Within
	l.link, l.graph, l.room = link, graph, s.Gossip.Queue
	l.overhead, l.notice = int(s.Network.Transport.Overhead), s.Network.Notice
	l.jitter = spread(link)
	own, err := l.delay(&s.Network, s.Sites[p.Declared].Region)
	if err != nil {
		return err
	}
	l.least = replica.Instant(own.Least() + l.added)
	// A kind of lines for each role.
	roles := []scenario.Role{scenario.RoleMember, scenario.RoleGateway, scenario.RoleObserver, scenario.RoleDevice}
	var up, down []network.Rate
	var delay [][]engine.Distribution
	sites := make([]uint16, x.size)
	for k, role := range roles {
		first, count := p.Range(role)
		for i := range count {
			sites[first-p.First+i] = uint16(k)
		}
		access := s.Roles.Of(role).Access
		up, down = append(up, network.Rate(access.Up)), append(down, network.Rate(access.Down))
		delay = append(delay, slices.Repeat([]engine.Distribution{own}, len(roles)))
	}
	l.net, err = network.New(network.Config{
		Seed: seed, Purpose: engine.Purpose(purposeLink), Sites: sites,
		Delay: delay, Up: up, Down: down,
		Window: int(s.Network.Transport.InitialWindow), StreamWindow: int(s.Network.Transport.StreamWindow),
		Idle: engine.Instant(s.Network.Transport.Idle),
	})
	if err != nil {
		return err
	}
	for i := range x.size {
		l.streams = append(l.streams, *newStream(seed, i, purposeWire))
	}
	l.pipes, l.queued = make([]pipe, graph.Len()), make([]queue, graph.Nodes())
	if link.Bandwidth > 0 {
		l.free = make([]replica.Instant, graph.Len())
	}
	return nil
}

// delay returns the least one-way time within a site, or what a table of regions says of
// it, to which late adds what the scenario does.
func (l *wire) delay(n *scenario.Network, region string) (engine.Distribution, error) {
	var table network.Regions
	switch n.Within.Preset {
	case scenario.LinkAWS:
		table = network.AWS()
	case scenario.LinkSimBlock:
		table = network.SimBlock()
	case scenario.LinkMatrix:
		at := slices.Index(n.Matrix.Regions, region)
		return engine.Constant(int64(n.Matrix.Latency[at][at] + n.Within.Latency)), nil
	default:
		return engine.Constant(int64(n.Within.Latency)), nil
	}
	within, err := table.Pick([]string{region})
	if err != nil {
		return engine.Distribution{}, err
	}
	l.added = int64(n.Within.Latency)
	return within.Delay[0][0], nil
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
	edge := uint32(noEdge)
	if n := l.graph.Nodes(); from < n && node < n {
		edge, _ = l.graph.Edge(engine.Node(from), engine.Node(node))
	}
	for range copies {
		if at, ok := l.put(now, from, node, bytes+l.overhead, edge); ok {
			to = append(to, at)
		}
	}
	return to
}

// noEdge is the way to and from a device, and that of what is ahead of all that waits.
const noEdge = 1<<32 - 1

// put puts one message on its way over an edge; 0 bytes are ahead of all that waits.
func (l *wire) put(now replica.Instant, from, node, bytes int, edge uint32) (replica.Instant, bool) {
	rng := &l.streams[from]
	var flow *network.Flow
	if edge != noEdge {
		flow = &l.pipes[edge].flow
	}
	at, ok := l.net.Send(engine.Instant(now), engine.Node(from), engine.Node(node), bytes, nil, flow)
	late := l.late(rng)
	if lost := l.link.Loss > 0 && rng.Chance(uint32(l.link.Loss)); !ok || lost || l.clogged(rng, from, node) {
		return 0, false
	}
	narrowed := l.squeeze(now, replica.Instant(at)+replica.Instant(late), from, node, bytes)
	return l.order(now, narrowed, bytes, edge), true
}

// late draws a message's jitter. That of a normal variable is its size: engine's are
// never negative, so that it is drawn far above zero and moved back.
func (l *wire) late(rng *engine.Stream) int64 {
	d := l.jitter.Draw(rng)
	if l.link.Spread == scenario.SpreadNormal && l.link.Jitter > 0 {
		d -= halfway * int64(l.link.Jitter)
		d = max(d, -d)
	}
	return d + l.added
}

// halfway is the mean of normal jitter in standard deviations: none is drawn so far below it.
const halfway = 10

// order makes a message wait for those before it, and for room on its link.
func (l *wire) order(now, at replica.Instant, bytes int, edge uint32) replica.Instant {
	if edge == noEdge {
		return at
	}
	if l.free != nil {
		free := &l.free[edge]
		*free = max(now, *free) + scale(replica.Instant(bytes)*8, int64(time.Second), int64(l.link.Bandwidth))
		at = max(at, *free+instant(l.link.Latency))
	}
	if l.link.Ordered {
		p := &l.pipes[edge]
		at = max(at, p.last)
		p.last = at
	}
	return at
}

// open reports whether a message from one node can reach another now.
func (l *wire) open(now replica.Instant, from, to int) bool {
	return l.net.Open(engine.Instant(now), engine.Node(from), engine.Node(to))
}

// receive returns when a message that arrives now is through a node's line.
func (l *wire) receive(now replica.Instant, node, bytes int) replica.Instant {
	return replica.Instant(l.net.Receive(engine.Instant(now), engine.Node(node), bytes))
}

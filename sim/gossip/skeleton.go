package gossip

import (
	"fmt"
	"slices"
	"time"

	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/network"
)

// Skeleton is a mesh in which nothing happens but gossip: what the engine's speed is
// measured by, and what published measurements are compared with.
type Skeleton struct {
	Params Params
	Seed   uint64
	Nodes  int
	Sites  int // partitions
	Dials  int // connections that each node opens, to any node
	Near   engine.Distribution
	Far    engine.Distribution // between sites
	Up     network.Rate
	Down   network.Rate

	Window int // that a connection sends before it hears back; 0: connections are warm

	// OriginDegree is how many peers a publisher has in its mesh; 0: any number.
	// OneOrigin says that one node publishes everything.
	OriginDegree int
	OneOrigin    bool

	Settle   engine.Instant // before the first message
	Every    engine.Instant // between messages
	Messages int
	Bytes    int
	Prepare  engine.Instant // what a publisher does before it sends
	Workers  int
}

// Measured is what came of a skeleton's run.
type Measured struct {
	Events      uint64
	Fingerprint uint64
	Reason      engine.Reason
	Counts      Counts
	Delays      [][]engine.Instant // by message: from the start of Prepare until valid at a node, in order
	Holders     [][]int            // by message: nodes that had it after k hops, without those who had to ask
	Degree      int                // sum of all nodes' meshes at the end
	Bytes       int                // that the engine holds for events
}

const publish = Kinds // the skeleton's own kind of event

// skeleton is the handler of one partition.
type skeleton struct {
	part   *Part
	config *Skeleton
	delays [][]engine.Instant
	hops   [][]int
}

// Window implements engine.Windower.
func (s *skeleton) Window(c *engine.Partition) { s.part.Window(c) }

// Handle implements engine.Handler.
func (s *skeleton) Handle(c *engine.Partition, e engine.Event) {
	if s.part.Handle(c, e) {
		return
	}
	s.part.Publish(c, e.Node, Message{Load: e.Load, Bytes: int32(s.config.Bytes), Word: uint64(e.Load)})
}

// deliver notes an arrival.
func (s *skeleton) deliver(c *engine.Partition, a Arrival) {
	i := int(a.Load) - 1
	if s.delays[i] == nil {
		s.delays[i] = make([]engine.Instant, 0, s.part.nodes)
	}
	s.delays[i] = append(s.delays[i], c.Now()-a.At+s.config.Prepare)
	if a.Hops == HopsUnknown {
		return
	}
	for a.Hops >= len(s.hops[i]) {
		s.hops[i] = append(s.hops[i], 0)
	}
	s.hops[i][a.Hops]++
}

// rig is a skeleton put together.
type rig struct {
	engine   *engine.Engine
	topic    *Topic
	handlers []*skeleton
	draw     engine.Stream
}

// Run runs the skeleton until its last message has spread.
func (s Skeleton) Run() (*Measured, error) {
	r, err := s.build()
	if err != nil {
		return nil, err
	}
	r.topic.Start(r.engine)
	if _, err := r.engine.Run(s.Settle); err != nil {
		return nil, fmt.Errorf("settle the skeleton: %w", err)
	}
	origins := r.origins(s.OriginDegree)
	if len(origins) == 0 {
		return nil, fmt.Errorf("gossip: no node has %d peers in its mesh after %d ns", s.OriginDegree, s.Settle)
	}
	origin := origins[r.draw.Below(uint64(len(origins)))]
	for i := range s.Messages {
		r.engine.Schedule(s.Settle+engine.Instant(i)*s.Every, origin, engine.What{Kind: publish, Load: engine.Handle(i + 1)})
		if !s.OneOrigin {
			origin = origins[r.draw.Below(uint64(len(origins)))]
		}
	}
	reason, err := r.engine.Run(s.Settle + engine.Instant(s.Messages)*s.Every + afterLast)
	if err != nil {
		return nil, fmt.Errorf("run the skeleton: %w", err)
	}
	return s.measure(r, reason), nil
}

// build puts the skeleton together.
func (s *Skeleton) build() (*rig, error) {
	homes, sites := make([]int32, s.Nodes), make([]uint16, s.Nodes)
	for i := range homes { // a site's nodes are neighbours in number
		homes[i] = int32(i * s.Sites / s.Nodes)
		sites[i] = uint16(homes[i])
	}
	net, err := network.New(network.Config{
		Seed: s.Seed, Purpose: purposeNetwork, Sites: sites, Delay: network.Uniform(s.Sites, s.Near, s.Far),
		Up: slices.Repeat([]network.Rate{s.Up}, s.Sites), Down: slices.Repeat([]network.Rate{s.Down}, s.Sites),
		Window: s.Window,
	})
	if err != nil {
		return nil, err
	}
	r := &rig{draw: engine.NewStream(s.Seed, engine.Nobody, purposeGraph), handlers: make([]*skeleton, s.Sites)}
	graph, err := NewGraph(s.Nodes, RandomDials(&r.draw, 0, s.Nodes, s.Dials))
	if err != nil {
		return nil, err
	}
	r.topic, err = New(Config{
		Params: s.Params, Seed: s.Seed, Purpose: purposeGossip, Graph: graph, Homes: homes, Lines: Over(net, graph),
		Deliver: func(c *engine.Partition, _ engine.Node, a Arrival) { r.handlers[c.Index()].deliver(c, a) },
	})
	if err != nil {
		return nil, err
	}
	lookahead, _ := net.Lookahead(homes)
	r.engine, err = engine.New(engine.Config{
		Homes: homes, Lookahead: lookahead, Workers: s.Workers,
		Handler: func(partition int) engine.Handler {
			r.handlers[partition] = &skeleton{
				part: r.topic.Part(partition), config: s,
				delays: make([][]engine.Instant, s.Messages), hops: make([][]int, s.Messages),
			}
			return r.handlers[partition]
		},
	})
	return r, err
}

// origins returns the nodes with a number of peers in their mesh; all, if it is 0.
func (r *rig) origins(degree int) (nodes []engine.Node) {
	for i := range r.topic.nodes {
		if degree == 0 || len(r.topic.nodes[i].mesh) == degree {
			nodes = append(nodes, engine.Node(i))
		}
	}
	return nodes
}

// measure joins what the partitions saw.
func (s *Skeleton) measure(r *rig, reason engine.Reason) *Measured {
	m := &Measured{
		Events: r.engine.Events(), Fingerprint: r.engine.Fingerprint(), Reason: reason,
		Counts: r.topic.Counts(), Bytes: r.engine.Bytes(),
	}
	for node := range r.topic.nodes {
		m.Degree += len(r.topic.nodes[node].mesh)
	}
	for i := range s.Messages {
		var delays []engine.Instant
		holders := []int{1}
		for _, h := range r.handlers {
			delays = append(delays, h.delays[i]...)
			for k, n := range h.hops[i] {
				for k >= len(holders) {
					holders = append(holders, 0)
				}
				holders[k] += n
			}
		}
		for k := 1; k < len(holders); k++ {
			holders[k] += holders[k-1]
		}
		slices.Sort(delays)
		m.Delays = append(m.Delays, delays)
		m.Holders = append(m.Holders, holders)
	}
	return m
}

// Purposes of the skeleton's streams.
const (
	purposeGraph engine.Purpose = iota + 1
	purposeNetwork
	purposeGossip
)

// afterLast is how long a run goes on after the last message.
const afterLast = engine.Instant(2 * time.Second)

package gossip

import (
	"errors"
	"fmt"

	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/network"
)

// Message is what is spread. It is known by its handle, in all partitions.
type Message struct {
	Load   engine.Handle  // the publisher's: what it means
	Bytes  int32          // of the payload
	Origin engine.Node    // who published it
	At     engine.Instant // when
	Word   uint64         // stands for it in the fingerprint
}

// Arrival is a message that a node has received and found valid.
type Arrival struct {
	Message
	ID   engine.Handle
	From engine.Node // who sent the first copy
	Hops int         // from its origin
}

// Config describes one topic.
type Config struct {
	Params  Params
	Seed    uint64
	Purpose engine.Purpose // of the nodes' streams
	Graph   *Graph
	Homes   []int32 // of the engine; nil: one partition
	Network *network.Network

	// Kinds is the first of the event kinds that are the topic's: [Kinds] of them.
	Kinds engine.Kind

	// Deliver is called for every node that a message reaches, its origin left out.
	Deliver func(c *engine.Partition, node engine.Node, a Arrival)

	// Expired, if not nil, is called in the origin's partition when nothing refers
	// to a message any more.
	Expired func(c *engine.Partition, m Message)
}

// Topic is a topic, over all partitions.
type Topic struct {
	config   Config
	params   *Params
	graph    *Graph
	local    []uint32 // by node: its place in its partition's rows
	offset   []uint32 // by node: add it to an edge for the edge's place in them
	nodes    []state  // by node
	edges    []link   // by edge
	last     []engine.Instant
	messages *engine.Shared[Message]
	lists    *engine.Shared[[]engine.Handle] // in IHAVE and IWANT
	parts    []*Part
}

// state is what a node holds.
type state struct {
	mesh   []uint32 // edges
	cache  []cached // oldest first
	beats  uint32
	stream engine.Stream
}

// cached is a message that can be asked for.
type cached struct {
	id   engine.Handle
	beat uint32 // when it came
}

// link is what a node holds about a peer.
type link struct {
	backoff engine.Instant // no GRAFT before
	beat    uint32         // that the counts are of
	heard   uint16         // IHAVEs
	asked   uint16         // ids
	mesh    bool
}

// Event kinds, from Config.Kinds.
const (
	copied    engine.Kind = iota // a copy reaches the downlink of a node
	taken                        // and is in
	validated                    // and found valid
	beat                         // a heartbeat
	graft
	prune
	ihave
	iwant
	idontwant

	// Kinds is how many kinds of events a topic takes.
	Kinds = 9
)

// New returns a topic, to which every node is subscribed. Start it before the run.
func New(c Config) (*Topic, error) {
	err := c.Params.check()
	if c.Graph == nil || c.Network == nil || c.Deliver == nil {
		err = errors.Join(err, errors.New("Graph, Network and Deliver must be given"))
	}
	if err != nil {
		return nil, fmt.Errorf("gossip: %w", err)
	}
	nodes := c.Graph.Nodes()
	if c.Homes == nil {
		c.Homes = make([]int32, nodes)
	}
	t := &Topic{
		config: c, graph: c.Graph, local: make([]uint32, nodes), offset: make([]uint32, nodes), nodes: make([]state, nodes),
		edges: make([]link, len(c.Graph.peers)), last: make([]engine.Instant, len(c.Graph.peers)),
	}
	t.params = &t.config.Params
	for node, home := range c.Homes {
		for int(home) >= len(t.parts) {
			t.parts = append(t.parts, &Part{topic: t, first: c.Kinds})
		}
		p := t.parts[home]
		t.local[node] = uint32(p.nodes)
		t.offset[node] = uint32(p.edges) - c.Graph.start[node] // wraps, as the sum does
		p.nodes++
		p.edges += len(c.Graph.Peers(engine.Node(node)))
		t.nodes[node].stream = engine.NewStream(c.Seed, engine.Node(node), c.Purpose)
		t.nodes[node].mesh = make([]uint32, 0, c.Params.Dhi+1)
	}
	t.messages = engine.NewShared[Message](len(t.parts))
	t.lists = engine.NewShared[[]engine.Handle](len(t.parts))
	return t, nil
}

// Part returns what handles the topic's events of a partition.
func (t *Topic) Part(partition int) *Part { return t.parts[partition] }

// Start schedules the heartbeats, spread over one interval: nodes do not start at once.
func (t *Topic) Start(e *engine.Engine) {
	for i := range t.nodes {
		at := e.Now() + engine.Instant(t.nodes[i].stream.Below(uint64(t.params.Heartbeat)))
		e.Schedule(at, engine.Node(i), engine.What{Kind: t.config.Kinds + beat})
	}
}

// Mesh returns the peers in a node's mesh, to be looked at while nothing runs.
func (t *Topic) Mesh(node engine.Node) (peers []engine.Node) {
	for _, edge := range t.nodes[node].mesh {
		peers = append(peers, t.graph.peers[edge])
	}
	return peers
}

// Counts returns what has happened in all partitions.
func (t *Topic) Counts() (sum Counts) {
	for _, p := range t.parts {
		sum.add(&p.counts)
	}
	return sum
}

// Counts are how often something has happened.
type Counts struct {
	Published, Delivered, Copies, Duplicates, Late, Lost uint64
	Grafts, Prunes, IHaves, IWants, Answers, IDontWants  uint64
	Declined                                             uint64 // copies not sent since the peer has the message
	Bytes                                                uint64 // of copies sent
}

func (c *Counts) add(o *Counts) {
	c.Published += o.Published
	c.Delivered += o.Delivered
	c.Copies += o.Copies
	c.Duplicates += o.Duplicates
	c.Late += o.Late
	c.Lost += o.Lost
	c.Grafts += o.Grafts
	c.Prunes += o.Prunes
	c.IHaves += o.IHaves
	c.IWants += o.IWants
	c.Answers += o.Answers
	c.IDontWants += o.IDontWants
	c.Declined += o.Declined
	c.Bytes += o.Bytes
}

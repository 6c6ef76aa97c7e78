package gossip

import (
	"errors"
	"fmt"

	"github.com/floormesh/floormesh/sim/engine"
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
	Lines   Lines

	// Homes are the partitions of the nodes, in the engine; nil: all lie in Home.
	// The engine's number of node 0 is First.
	Homes []int32
	Home  int
	First engine.Node

	// Dormant says that nodes are down, and no connection stands, until they are told
	// otherwise: [Part.Rise], [Part.Connect]. Start is not called then.
	Dormant bool

	// Kinds is the first of the event kinds that are the topic's: [Kinds] of them.
	Kinds engine.Kind

	// Frame is what surrounds a payload on the wire; 0: FrameBytes.
	Frame int

	// Copies is how many of a million copies arrive twice.
	Copies uint32

	// Check, if not nil, takes the place of Params.Validation. It is called for each
	// copy that is in, and returns when the message has been looked at and whether it is
	// valid. Of one that is no news only that it came counts.
	Check func(c *engine.Partition, node, from engine.Node, m Message, news bool) (ready engine.Instant, valid bool)

	// Known, if not nil, is called in place of an event for each copy that is sure to come
	// after another: its receiver has the message, or a copy gets there first. At is when
	// it reaches the receiver's downlink. Check is not called for it.
	Known func(c *engine.Partition, at engine.Instant, node, from engine.Node, m Message)

	// Passes, if not nil, says whether a node passes on what it has received.
	Passes func(now engine.Instant, node engine.Node) bool

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
	local    []uint32 // by node: its place in its partition's rows; nil: it is the node's number
	offset   []uint32 // by node: add it to an edge for the edge's place in them
	lives    []uint8  // by node: which life it lives, 0 if none
	nodes    []state  // by node
	edges    []link   // by edge
	messages *engine.Shared[Message]
	lists    *engine.Shared[[]engine.Handle] // in IHAVE and IWANT
	parts    []*Part
}

// state is what a node holds. What each message takes comes first: 64 bytes, which lie together in
// the cache, and the mesh behind them. Of thousands of nodes each has its turn when it has long left
// there.
type state struct {
	mesh     []Peer   // in room, while it fits
	cache    []cached // oldest first
	beats    uint32
	declines uint32         // messages that the mesh was told of by IDONTWANT
	forgiven engine.Instant // when broken promises were made to count less

	room     [meshPeers]Peer
	promises []promise
	stream   engine.Stream
	lives    uint8 // so far
	_        [23]byte
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
	broken  uint16         // promises, see brokenUnit
	mesh    bool
	up      bool   // the connection stands
	spared  uint32 // of the node's declines, those that the peer was not told or that are noted: see heard
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
	if c.Graph == nil || c.Lines == nil || c.Deliver == nil {
		err = errors.Join(err, errors.New("Graph, Lines and Deliver must be given"))
	}
	if err != nil {
		return nil, fmt.Errorf("gossip: %w", err)
	}
	nodes := c.Graph.Nodes()
	if c.Homes == nil {
		c.Homes = make([]int32, nodes)
	}
	if c.Frame == 0 {
		c.Frame = FrameBytes
	}
	t := &Topic{
		config: c, graph: c.Graph, local: make([]uint32, nodes), offset: make([]uint32, nodes), nodes: make([]state, nodes),
		lives: make([]uint8, nodes), edges: make([]link, len(c.Graph.peers)),
	}
	t.params = &t.config.Params
	if !c.Dormant {
		t.awake()
	}
	for node, home := range c.Homes {
		for int(home) >= len(t.parts) {
			t.parts = append(t.parts, &Part{topic: t, first: c.Kinds})
		}
		p := t.parts[home]
		t.local[node] = uint32(p.nodes)
		t.offset[node] = uint32(p.edges) - c.Graph.start[node] // wraps, as the sum does
		p.nodes++
		p.edges += len(c.Graph.Peers(engine.Node(node)))
		s := &t.nodes[node]
		s.stream = engine.NewStream(c.Seed, engine.Node(node), c.Purpose)
		s.mesh = s.room[:0]
	}
	if len(t.parts) == 1 {
		t.local = nil
	}
	t.messages = engine.NewSharedOf[Message](c.Home, len(t.parts))
	t.lists = engine.NewSharedOf[[]engine.Handle](c.Home, len(t.parts))
	return t, nil
}

// awake lets all nodes be up and all connections stand.
func (t *Topic) awake() {
	for i := range t.lives {
		t.lives[i], t.nodes[i].lives = 1, 1
	}
	for i := range t.edges {
		t.edges[i].up = true
	}
}

// Part returns what handles the topic's events of a partition: of the engine, or number
// 0 if all nodes lie in one.
func (t *Topic) Part(partition int) *Part { return t.parts[partition] }

// Start schedules the heartbeats, spread over one interval: nodes do not start at once.
func (t *Topic) Start(e *engine.Engine) {
	for i := range t.nodes {
		at := e.Now() + engine.Instant(t.nodes[i].stream.Below(uint64(t.params.Heartbeat)))
		e.Schedule(at, t.config.First+engine.Node(i), engine.What{Kind: t.config.Kinds + beat, Tag: t.tag(engine.Node(i), 0)})
	}
}

// Mesh returns the peers in a node's mesh, to be looked at while nothing runs.
func (t *Topic) Mesh(node engine.Node) (peers []engine.Node) {
	for _, g := range t.nodes[node].mesh {
		peers = append(peers, g.Node)
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
	Rejected                                             uint64 // messages found invalid
	Broken                                               uint64 // promises: what was asked for did not come
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
	c.Rejected += o.Rejected
	c.Broken += o.Broken
	c.Bytes += o.Bytes
}

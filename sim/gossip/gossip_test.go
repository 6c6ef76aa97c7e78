package gossip

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/network"
)

const second = engine.Instant(time.Second)

// floor is a small mesh whose arrivals are counted.
type floor struct {
	t        *testing.T
	engine   *engine.Engine
	topic    *Topic
	net      *network.Network
	got      []map[engine.Handle]int // by node: arrivals by payload
	expired  []engine.Handle
	messages int
	first    engine.Node // the engine's number of node 0
	do       func(c *engine.Partition, p *Part)
}

type setup struct {
	config  Config
	network network.Config
	nodes   int
}

func newFloor(t *testing.T, change func(*setup)) *floor {
	t.Helper()
	delay := engine.Uniform(int64(10*time.Millisecond), int64(20*time.Millisecond))
	s := setup{nodes: 60, config: Config{Params: Defaults(), Seed: 1, Purpose: 1, Kinds: 10}}
	s.network = network.Config{Seed: 1, Purpose: 2, Delay: network.Uniform(1, delay, delay)}
	if change != nil {
		change(&s)
	}
	s.network.Sites = make([]uint16, s.nodes)
	f := &floor{t: t, got: make([]map[engine.Handle]int, s.nodes)}
	for i := range f.got {
		f.got[i] = map[engine.Handle]int{}
	}
	draw := engine.NewStream(1, engine.Nobody, 3)
	if s.config.Graph == nil {
		graph, err := NewGraph(s.nodes, RandomDials(&draw, 0, s.nodes, 12))
		if err != nil {
			t.Fatal(err)
		}
		s.config.Graph = graph
	}
	var err error
	if f.net, err = network.New(s.network); err != nil {
		t.Fatal(err)
	}
	s.config.Lines = Over(f.net, s.config.Graph)
	s.config.Deliver = func(_ *engine.Partition, node engine.Node, a Arrival) { f.got[node][a.Load]++ }
	s.config.Expired = func(_ *engine.Partition, m Message) { f.expired = append(f.expired, m.Load) }
	if f.topic, err = New(s.config); err != nil {
		t.Fatal(err)
	}
	f.engine, err = engine.New(engine.Config{Nodes: s.nodes, Handler: func(int) engine.Handler { return f }})
	if err != nil {
		t.Fatal(err)
	}
	f.topic.Start(f.engine)
	f.run(5 * second)
	return f
}

// Handle publishes 2 kB for what is neither the topic's nor a test's.
func (f *floor) Handle(c *engine.Partition, e engine.Event) {
	p := f.topic.Part(0)
	switch {
	case p.Handle(c, e):
	case e.Kind == doing:
		f.do(c, p)
	default:
		p.Publish(c, e.Node-f.first, Message{Load: e.Load, Bytes: 2000, Word: uint64(e.Load)})
	}
}

func (f *floor) run(d engine.Instant) {
	f.t.Helper()
	if _, err := f.engine.Run(f.engine.Now() + d); err != nil {
		f.t.Fatal(err)
	}
}

// publish publishes from a node and lets some time pass.
func (f *floor) publish(node engine.Node, d engine.Instant) engine.Handle {
	f.t.Helper()
	f.messages++
	load := engine.Handle(f.messages)
	f.engine.Schedule(f.engine.Now(), node, engine.What{Load: load})
	f.run(d)
	return load
}

// reached counts the nodes that have a message, and fails if one got it twice.
func (f *floor) reached(load engine.Handle) (n int) {
	f.t.Helper()
	for node, got := range f.got {
		if got[load] > 1 {
			f.t.Errorf("node %d got message %d %d times", node, load, got[load])
		}
		n += got[load]
	}
	return n
}

// TestMesh checks that meshes are in bounds, mutual, and hold peers that were dialled.
func TestMesh(t *testing.T) {
	f := newFloor(t, nil)
	p := f.topic.params
	for node := range engine.Node(60) {
		mesh := f.topic.Mesh(node)
		if len(mesh) < p.Dlo || len(mesh) > p.Dhi {
			t.Errorf("node %d has %d peers in its mesh", node, len(mesh))
		}
		dialled := 0
		for _, peer := range mesh {
			if !slices.Contains(f.topic.Mesh(peer), node) {
				t.Errorf("node %d has node %d in its mesh, but not the other way", node, peer)
			}
			edge, _ := f.topic.graph.Edge(node, peer)
			dialled += boolean(f.topic.graph.dialled[edge])
		}
		if dialled < p.Dout {
			t.Errorf("node %d dialled %d of its mesh", node, dialled)
		}
	}
}

// TestSpread checks that everybody gets a message once, at the cost of the mesh's degree.
func TestSpread(t *testing.T) {
	f := newFloor(t, func(s *setup) { s.config.Params.FloodPublish = false })
	before := f.topic.Counts()
	if n := f.reached(f.publish(7, second)); n != 59 {
		t.Errorf("%d nodes of 59 are reached", n)
	}
	c := f.topic.Counts()
	if copies := c.Copies - before.Copies; copies < 59 || copies > 60*uint64(f.topic.params.Dhi) || c.Copies-c.Duplicates != 59 {
		t.Errorf("%+v", c)
	}
}

// TestFlood checks that a publisher sends to all its peers, or to as many as the limit allows.
func TestFlood(t *testing.T) {
	for limit, want := range map[int]int{0: 59, 40_000: 20, 1: 12} {
		f := newFloor(t, func(s *setup) {
			s.config.Params.FloodBytes = limit
			s.config.Graph, _ = NewGraph(s.nodes, RandomDials(&engine.Stream{}, 0, s.nodes, s.nodes-1))
		})
		f.publish(0, 0)
		f.run(1) // the copies are under way
		sent := int(f.topic.Counts().Bytes) / (2000 + FrameBytes)
		if limit == 1 {
			want = len(f.topic.Mesh(0))
		}
		if sent != want {
			t.Errorf("with a limit of %d bytes it is sent to %d peers, want %d", limit, sent, want)
		}
	}
}

// TestLazy checks that who misses all copies asks for the message: IHAVE and IWANT.
func TestLazy(t *testing.T) {
	f := newFloor(t, func(s *setup) { s.config.Params.FloodPublish = false })
	deaf := engine.Node(9)
	cut := f.net.Begin(network.Fault{To: network.NewSet(deaf), Cut: true, OneWay: true})
	load := f.publish(1, second/2)
	if n := f.reached(load); n != 58 || f.got[deaf][load] != 0 {
		t.Fatalf("%d nodes are reached past a cut", n)
	}
	f.net.End(cut)
	f.run(3 * second)
	if c := f.topic.Counts(); f.reached(load) != 59 || c.IWants == 0 || c.Answers == 0 {
		t.Errorf("node %d has it: %v; %+v", deaf, f.got[deaf], c)
	}
}

// TestLoss checks that with a third of everything lost all get everything in the end.
func TestLoss(t *testing.T) {
	f := newFloor(t, func(s *setup) { s.network.Loss = [][]uint32{{333_333}} })
	for node := range engine.Node(5) {
		if n := f.reached(f.publish(node, 8*second)); n != 59 {
			t.Errorf("%d nodes of 59 are reached", n)
		}
	}
	if f.topic.Counts().Lost == 0 {
		t.Error("nothing was lost")
	}
}

// TestDecline checks that IDONTWANT spares copies of what takes long to validate.
func TestDecline(t *testing.T) {
	copies := func(least int) Counts {
		f := newFloor(t, func(s *setup) {
			s.config.Params.IDontWantBytes = least
			s.config.Params.Validation = engine.Constant(int64(50 * time.Millisecond))
		})
		if n := f.reached(f.publish(0, second)); n != 59 {
			t.Errorf("%d nodes of 59 are reached", n)
		}
		return f.topic.Counts()
	}
	with, without := copies(1024), copies(0)
	if with.Declined == 0 || with.Copies*3 > without.Copies*2 || without.IDontWants != 0 {
		t.Errorf("with: %+v, without: %+v", with, without)
	}
	if small := copies(4096); small.IDontWants != 0 {
		t.Error("a small message is declined")
	}
}

// TestForget checks that nothing of a message is left when its time is over, and that
// its payload is given back once.
func TestForget(t *testing.T) {
	f := newFloor(t, nil)
	first := f.publish(0, second)
	p := f.topic.Part(0)
	if len(p.known) != 1 || f.topic.messages.Len() != 1 {
		t.Fatalf("%d rows, %d messages", len(p.known), f.topic.messages.Len())
	}
	f.run(2*f.topic.params.SeenTTL + 4*second)
	if len(p.known) != 0 || f.topic.messages.Len() != 0 || f.topic.lists.Len() != 0 || p.waiting.Len() != 0 {
		t.Errorf("left: %d rows, %d messages, %d lists, %d validations", len(p.known), f.topic.messages.Len(), f.topic.lists.Len(), p.waiting.Len())
	}
	if !slices.Equal(f.expired, []engine.Handle{first}) {
		t.Errorf("given back: %v", f.expired)
	}
	if n := f.reached(f.publish(3, second)); n != 59 {
		t.Errorf("the next message, in the same places, reaches %d nodes", n)
	}
}

// TestLate checks that a copy which comes when the message's time is over is no news.
func TestLate(t *testing.T) {
	f := newFloor(t, nil)
	f.net.Begin(network.Fault{Clog: engine.Constant(int64(40 * second))})
	load := f.publish(0, 100*second)
	if c := f.topic.Counts(); f.reached(load) != 0 || c.Late == 0 {
		t.Errorf("reached %d nodes, %+v", f.reached(load), c)
	}
}

// TestWorkers checks that a skeleton comes to the same on any number of workers, with
// everything in it: bandwidth, declining, asking.
func TestWorkers(t *testing.T) {
	s := Skeleton{
		Params: Defaults(), Seed: 3, Nodes: 300, Sites: 4, Dials: 8, Up: 50 * network.Mbit, Down: 100 * network.Mbit,
		Near:   engine.Uniform(int64(time.Millisecond), int64(5*time.Millisecond)),
		Far:    engine.Uniform(int64(30*time.Millisecond), int64(60*time.Millisecond)),
		Settle: 3 * second, Every: second / 4, Messages: 5, Bytes: 3000,
	}
	one, err := s.Run()
	if err != nil {
		t.Fatal(err)
	}
	for _, delays := range one.Delays {
		if len(delays) != 299 {
			t.Errorf("a message reaches %d nodes", len(delays))
		}
	}
	for s.Workers = 2; s.Workers <= 3; s.Workers++ {
		many, err := s.Run()
		if err != nil {
			t.Fatal(err)
		}
		if many.Fingerprint != one.Fingerprint || many.Counts != one.Counts {
			t.Errorf("%d workers: %x, %+v; one: %x, %+v", s.Workers, many.Fingerprint, many.Counts, one.Fingerprint, one.Counts)
		}
	}
	if want := uint64(goldenPrint); one.Fingerprint != want {
		t.Errorf("fingerprint %#x, want %#x", one.Fingerprint, want)
	}
}

// goldenPrint pins what a skeleton does: another machine must come to the same.
const goldenPrint = 0x32dbffb95e2b35ef

// TestGraph checks connections: mutual, single, in order.
func TestGraph(t *testing.T) {
	g, err := NewGraph(4, []Dial{{2, 0}, {0, 2}, {0, 1}})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(g.Peers(0), []engine.Node{1, 2}) || !slices.Equal(g.Peers(2), []engine.Node{0}) || len(g.Peers(3)) != 0 || g.Nodes() != 4 {
		t.Errorf("%+v", g)
	}
	if edge, ok := g.Edge(1, 0); !ok || g.dialled[edge] {
		t.Error("node 1 was dialled, and did not dial")
	}
	if _, ok := g.Edge(1, 2); ok {
		t.Error("nodes 1 and 2 are not connected")
	}
	for _, bad := range []Dial{{1, 1}, {0, 4}, {-1, 0}} {
		if _, err := NewGraph(4, []Dial{bad}); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

// TestBadParams checks that all mistakes are told at once.
func TestBadParams(t *testing.T) {
	p := Defaults()
	p.Dlo, p.Dout, p.HistoryGossip, p.SeenTTL, p.Heartbeat = 7, 4, 6, 0, 0
	_, err := New(Config{Params: p})
	for _, want := range []string{"Dlo = 7", "Dout = 4", "HistoryGossip = 6", "a heartbeat of 0", "Graph, Lines"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

package gossip

import (
	"slices"
	"testing"
	"time"

	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/network"
)

// at does something at a node, as its world does while it handles an event of the node.
func (f *floor) at(node engine.Node, do func(c *engine.Partition, p *Part)) {
	f.do = do
	f.engine.Schedule(f.engine.Now(), node, engine.What{Kind: doing})
	f.run(1)
}

// doing is an event that calls floor.do.
const doing = 99

// stop stops a node, and lets its peers learn of it.
func (f *floor) stop(node engine.Node) {
	f.at(node, func(_ *engine.Partition, p *Part) {
		p.Fall(node)
		for _, peer := range f.topic.graph.Peers(node) {
			edge, _ := f.topic.graph.Edge(peer, node)
			p.Disconnect(peer, edge)
		}
	})
}

// start starts it again.
func (f *floor) start(node engine.Node) {
	f.at(node, func(c *engine.Partition, p *Part) {
		p.Rise(c, node)
		first, _ := f.topic.graph.Edges(node)
		for i, peer := range f.topic.graph.Peers(node) {
			p.Connect(first + uint32(i))
			edge, _ := f.topic.graph.Edge(peer, node)
			p.Connect(edge)
		}
	})
}

// TestRestart checks that a node which is down hears nothing, is in no mesh, and that one which
// starts again knows nothing, gets into meshes, and is told of what came just before.
func TestRestart(t *testing.T) {
	f := newFloor(t, nil)
	before := f.publish(0, second)
	f.stop(5)
	for node := range engine.Node(60) {
		if slices.Contains(f.topic.Mesh(node), 5) {
			t.Errorf("node 5, which is down, is in the mesh of node %d", node)
		}
	}
	while := f.publish(0, second)
	if f.got[5][while] != 0 || f.reached(while) != 58 {
		t.Errorf("%d nodes are reached, node 5 %d times", f.reached(while), f.got[5][while])
	}
	clear(f.got[5])
	f.start(5)
	f.run(3 * second)
	if len(f.topic.Mesh(5)) == 0 {
		t.Error("node 5 has no mesh")
	}
	if f.got[5][while] != 1 || f.got[5][before] != 1 {
		t.Errorf("node 5 has been told of %v", f.got[5])
	}
	if load := f.publish(5, second); f.reached(load) != 59 {
		t.Errorf("what it publishes reaches %d nodes", f.reached(load))
	}
}

// TestLives checks that what was sent to a life does not reach the next.
func TestLives(t *testing.T) {
	f := newFloor(t, func(s *setup) { s.config.Params.Dlazy, s.config.Params.Factor = 0, 0 })
	load := f.publish(0, 0)
	f.run(1) // it is under way
	if f.reached(load) != 0 {
		t.Fatal("links without a delay")
	}
	f.stop(5)
	f.start(5)
	f.run(99 * second / 1000) // no heartbeat of node 5 yet, which would make it somebody's peer
	if f.got[5][load] != 0 {
		t.Error("a copy outlives the life that it was sent to")
	}
}

// TestRepeat checks that a message published by several nodes is one: who knows it
// publishes nothing, and nobody gets it twice.
func TestRepeat(t *testing.T) {
	f := newFloor(t, func(s *setup) { s.config.Params.FloodPublish = false })
	alone := f.topic.Counts()
	f.publish(0, second)
	alone.Copies = f.topic.Counts().Copies - alone.Copies
	before := f.topic.Counts()
	load := f.publish(0, 0)
	f.run(1)
	id := f.topic.parts[0].own[len(f.topic.parts[0].own)-1]
	repeat := func(node engine.Node) (done bool) {
		f.at(node, func(c *engine.Partition, p *Part) { done = p.Repeat(c, node, id) })
		return done
	}
	if repeat(0) || !repeat(30) || repeat(30) {
		t.Error("a node publishes what it knows, or does not publish what it does not know")
	}
	f.run(second)
	if got := f.reached(load); got != 58 || f.got[30][load] != 0 {
		t.Errorf("%d nodes of 58 are reached, node 30 %d times", got, f.got[30][load])
	}
	if copies := f.topic.Counts().Copies - before.Copies; copies > alone.Copies*11/10 {
		t.Errorf("%d copies, of one publisher %d", copies, alone.Copies)
	}
	f.run(f.topic.params.SeenTTL)
	if repeat(31) {
		t.Error("a message is published again when its time is over")
	}
}

// TestPromises checks that who tells of messages and does not send them is taken out of
// the mesh and ignored, and forgiven in the end.
func TestPromises(t *testing.T) {
	f := newFloor(t, nil)
	p := f.topic.Part(0)
	peer := f.topic.Mesh(0)[0]
	edge, _ := f.topic.graph.Edge(0, peer)
	l := &f.topic.edges[edge]
	id := f.topic.messages.Put(f.engine.Partition(0), Message{At: f.engine.Now()}, 1) // that nobody has
	for range 14 {
		f.at(0, func(c *engine.Partition, p *Part) { p.promised(c, 0, edge, []engine.Handle{id}) })
	}
	f.run(2 * second)
	if p.counts.Broken != 0 {
		t.Fatal("promises are broken before their time")
	}
	f.run(3 * second)
	if p.counts.Broken != 14 || !l.ignored() || slices.Contains(f.topic.Mesh(0), peer) {
		t.Errorf("%d promises are broken, worth %d; the mesh is %v", p.counts.Broken, l.broken, f.topic.Mesh(0))
	}
	f.run(120 * second)
	if l.shunned() {
		t.Errorf("not forgiven: %d", l.broken)
	}
}

// TestDeclined checks when a node knows that a peer has declined, and for how long that holds.
func TestDeclined(t *testing.T) {
	f := newFloor(t, nil)
	f.publish(0, 0)
	f.run(1)
	p := f.topic.Part(0)
	peer, now := f.topic.nodes[1].mesh[0], f.engine.Now()
	r := &p.rows[p.own[0]]
	if p.unwanted(now+second, r, 1, peer) {
		t.Error("who does not have it declines it")
	}
	p.mark(p.own[0], peer.Node)
	p.stamp(now, peer.Node, p.own[0])
	for after, want := range map[engine.Instant]bool{
		second / 110: false, second / 49: true, 3*second - 2048: true, 3*second + 2048: false,
	} { // a delay is from 10 to 20 ms
		if got := p.unwanted(now+after, r, 1, peer); got != want {
			t.Errorf("declined after %d: %v", after, got)
		}
	}
}

// ear counts control messages.
type ear struct {
	Lines

	told, heard int
}

// Signalled implements Lines.
func (e *ear) Signalled(_ engine.Instant, _ engine.Node, peers, _ int) { e.told += peers }

// Heard implements Lines.
func (e *ear) Heard(_ engine.Node, messages, _ int) { e.heard += messages }

// TestHeard checks that all that was told has been heard at the end, whoever left a mesh meanwhile.
func TestHeard(t *testing.T) {
	f := newFloor(t, nil)
	e := &ear{Lines: f.topic.config.Lines}
	f.topic.config.Lines = e
	for node := range engine.Node(5) {
		f.publish(node, second)
	}
	before := e.heard
	f.topic.Part(0).Disconnect(1, f.topic.nodes[1].mesh[0].Edge)
	if e.heard == before || e.heard == e.told {
		t.Errorf("%d messages of %d are noted as heard, %d before a peer left", e.heard, e.told, before)
	}
	f.publish(7, second)
	f.topic.Close()
	f.topic.Close()
	if e.heard != e.told {
		t.Errorf("%d messages of %d are heard", e.heard, e.told)
	}
}

// TestDeclineAlike checks that IDONTWANT spares as much within one partition, where no event is
// made of it, as over several.
func TestDeclineAlike(t *testing.T) {
	declined := func(sites int) uint64 {
		p := Defaults()
		p.Validation, p.FloodPublish = engine.Constant(int64(30*time.Millisecond)), false
		delay := engine.Uniform(int64(10*time.Millisecond), int64(20*time.Millisecond))
		m, err := Skeleton{
			Params: p, Seed: 1, Nodes: 400, Sites: sites, Dials: 10, Near: delay, Far: delay,
			Settle: 5 * second, Every: second, Messages: 10, Bytes: 2000,
		}.Run()
		if err != nil {
			t.Fatal(err)
		}
		return m.Counts.Declined
	}
	one, two := declined(1), declined(2)
	if one < two*95/100 || one > two*105/100 || one == 0 {
		t.Errorf("%d copies are spared in one partition, %d in two", one, two)
	}
}

// TestKnown checks that copies which come after others make no event, and that everything else
// happens at the same instants as if they did.
func TestKnown(t *testing.T) {
	type arrival struct {
		at   engine.Instant
		node engine.Node
		a    Arrival
	}
	run := func(known bool) (all []arrival, told int, c Counts, events uint64) {
		f := newFloor(t, func(s *setup) {
			s.config.Params.Validation = engine.Uniform(0, int64(second/100))
			s.network.Loss = [][]uint32{{50_000}}
			if known {
				s.config.Known = func(c *engine.Partition, at engine.Instant, node, from engine.Node, m Message) {
					told++
					if at <= c.Now() || m.Bytes != 2000 || node == from {
						t.Errorf("at %d: node %d hears from node %d at %d", c.Now(), node, from, at)
					}
				}
			}
		})
		deliver := f.topic.config.Deliver
		f.topic.config.Deliver = func(c *engine.Partition, node engine.Node, a Arrival) {
			all = append(all, arrival{c.Now(), node, a})
			deliver(c, node, a)
		}
		for node := range engine.Node(5) {
			f.publish(node, second/7)
		}
		f.stop(50)
		f.publish(7, second/100)
		f.start(50)
		f.run(5 * second)
		return all, told, f.topic.Counts(), f.engine.Events()
	}
	all, _, with, events := run(false)
	fewer, told, without, less := run(true)
	if !slices.Equal(all, fewer) {
		t.Errorf("%d arrivals, want %d, or at other instants", len(fewer), len(all))
	}
	if with.Delivered != without.Delivered || told == 0 || int(without.Duplicates) < told {
		t.Errorf("told of %d copies: %+v, want %+v", told, without, with)
	}
	if saved := events - less; saved < with.Duplicates*3/4 {
		t.Errorf("%d events less, of %d duplicates", saved, with.Duplicates)
	}
	if late := int(with.Duplicates) - int(without.Duplicates); late > 0 || -late > 10 { // those to node 50 while it was down
		t.Errorf("%d duplicates, want %d", without.Duplicates, with.Duplicates)
	}
}

// TestCopies checks that copies which arrive twice are no news the second time.
func TestCopies(t *testing.T) {
	f := newFloor(t, func(s *setup) { s.config.Copies = 1_000_000 })
	f.publish(0, second)
	if c := f.topic.Counts(); f.reached(1) != 59 || c.Duplicates*2 < c.Copies {
		t.Errorf("%+v", c)
	}
}

// TestCheck checks that what is found invalid goes no further, and who keeps it to itself.
func TestCheck(t *testing.T) {
	var copies int
	bad := engine.Handle(2)
	f := newFloor(t, func(s *setup) {
		s.config.Check = func(c *engine.Partition, _, _ engine.Node, m Message, news bool) (engine.Instant, bool) {
			copies++
			if !news {
				return 0, true
			}
			return c.Now() + second/100, m.Load != bad
		}
		s.config.Passes = func(_ engine.Instant, node engine.Node) bool { return node != 7 }
	})
	before := f.topic.Counts()
	if f.reached(f.publish(0, 2*second)) != 59 {
		t.Errorf("%d nodes are reached", f.reached(1))
	}
	if c := f.topic.Counts(); copies != int(c.Copies-before.Copies) {
		t.Errorf("%d copies are looked at, of %d", copies, c.Copies)
	}
	if len(f.topic.nodes[7].cache) != 0 || len(f.topic.nodes[8].cache) == 0 {
		t.Error("who passes nothing on keeps what others ask for, or the others do not")
	}
	if load := f.publish(0, 4*second); load != bad || f.reached(load) != 0 {
		t.Errorf("what is invalid reaches %d nodes", f.reached(load))
	}
	if c := f.topic.Counts(); c.Rejected == 0 || int(c.Rejected) > len(f.topic.graph.Peers(0)) {
		t.Errorf("%d nodes reject it", c.Rejected)
	}
}

// TestConnect checks graphs of members and others: members know each other, all have
// the connections asked for on average, and with as many as there are nodes it is complete.
func TestConnect(t *testing.T) {
	draw := engine.NewStream(1, engine.Nobody, 3)
	for _, c := range []struct{ members, nodes, connections int }{{31, 1000, 40}, {4, 100, 7}, {64, 300, 40}, {7, 7, 3}} {
		g, err := Connect(&draw, c.members, c.nodes, c.connections)
		if err != nil {
			t.Fatal(err)
		}
		for a := range engine.Node(c.members) {
			for b := range a {
				if _, ok := g.Edge(a, b); !ok {
					t.Errorf("%+v: members %d and %d are not connected", c, a, b)
				}
			}
		}
		if want := c.nodes * min(c.connections, c.nodes-1); c.members < c.nodes && (g.Len() < want*97/100 || g.Len() > want) {
			t.Errorf("%+v: %d edges, want %d", c, g.Len(), want)
		}
	}
	whole, _ := Connect(&draw, 2, 30, 0)
	if whole.Len() != 30*29 {
		t.Errorf("%d edges", whole.Len())
	}
	for a := range engine.Node(30) {
		out := 0
		for b := range engine.Node(30) {
			edge, ok := whole.Edge(a, b)
			if ok != (a != b) || ok && whole.peers[edge] != b {
				t.Errorf("the edge from %d to %d is %d, %v", a, b, edge, ok)
			}
			if back, _ := whole.Edge(b, a); ok && whole.dialled[edge] == whole.dialled[back] {
				t.Errorf("both or none of %d and %d dialled", a, b)
			}
			out += boolean(ok && whole.dialled[edge])
		}
		if out < 14 || out > 15 {
			t.Errorf("node %d dialled %d of 29", a, out)
		}
	}
}

// TestHome checks a topic whose nodes are not the engine's first, in a partition that is
// not its first either.
func TestHome(t *testing.T) {
	const first, nodes = 5, 20
	net, err := network.New(network.Config{
		Seed: 1, Purpose: 2, Sites: make([]uint16, nodes),
		Delay: network.Uniform(1, engine.Constant(1000), engine.Constant(1000)),
	})
	if err != nil {
		t.Fatal(err)
	}
	graph := Complete(nodes)
	reached := 0
	topic, err := New(Config{
		Params: Defaults(), Seed: 1, Purpose: 1, Graph: graph, Lines: Over(net, graph), Kinds: 10, First: first, Home: 1,
		Deliver: func(*engine.Partition, engine.Node, Arrival) { reached++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	homes := make([]int32, first+nodes)
	for i := first; i < len(homes); i++ {
		homes[i] = 1
	}
	f := &floor{t: t, topic: topic, first: first}
	f.engine, err = engine.New(engine.Config{Homes: homes, Lookahead: second, Handler: func(int) engine.Handler { return f }})
	if err != nil {
		t.Fatal(err)
	}
	topic.Start(f.engine)
	f.engine.Schedule(3*second, first+2, engine.What{Load: 1})
	f.run(5 * second)
	if reached != nodes-1 {
		t.Errorf("%d nodes are reached", reached)
	}
}

package sim

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/floormesh/floormesh/sim/check"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/oracle"
	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/scenario"
	"github.com/floormesh/floormesh/sync/message"
)

// crowd is a site's gossip among nodes that hold no replica: all else costs what it costs in
// a run.
type crowd struct {
	world    *World
	engine   *engine.Engine
	said     int
	received int
}

// speaking is an event at whose node something is published.
const speaking kind = 199

// newCrowd returns a mesh of nodes that are up and connected.
func newCrowd(tb testing.TB, nodes int, settings ...string) *crowd {
	tb.Helper()
	text := fmt.Sprintf(`
sites: [{name: mesh, gateways: %d, committee: 31}]
gossip: {policy: always, connections: 40, degree: 8, degree-low: 6}
`, nodes)
	s, err := scenario.Read([]scenario.Source{{Name: "crowd", Text: text}}, settings...)
	if err != nil {
		tb.Fatal(err)
	}
	roster := scenario.NewRoster(s)
	book, err := result.NewBook((&Experiment{scenario: s, roster: roster}).config())
	if err != nil {
		tb.Fatal(err)
	}
	x := &site{scenario: s, roster: roster, size: nodes, notes: newNotes(book.Partition(0), s, 0), costs: costsOf(&s.CPU), cpus: oracle.NewCPUs(nodes, 4)}
	w := &World{plan: Plan{Seed: 1, Nodes: nodes, Liars: x.liars()}, site: x, seat: nodes, checks: &check.Suite{}}
	for i := range nodes {
		w.nodes = append(w.nodes, &node{id: i, labour: &labour{costs: &x.costs, cpu: &x.cpus[i]}})
	}
	if err := x.connect(w, 31); err != nil {
		tb.Fatal(err)
	}
	x.notes.size(nodes)
	c := &crowd{world: w}
	x.carrier.deliver = func(*World, int, int, *parcel) { c.received++ }
	if c.engine, err = engine.New(engine.Config{Nodes: nodes + 1, Handler: func(int) engine.Handler { return c }}); err != nil {
		tb.Fatal(err)
	}
	c.engine.Schedule(0, engine.Node(nodes), engine.What{Kind: founding})
	c.run(tb, 3*time.Second)
	return c
}

// run lets some time pass.
func (c *crowd) run(tb testing.TB, d time.Duration) {
	tb.Helper()
	if _, err := c.engine.Run(c.engine.Now() + engine.Instant(d)); err != nil {
		tb.Fatal(err)
	}
}

// Handle implements engine.Handler.
func (c *crowd) Handle(p *engine.Partition, e engine.Event) {
	w := c.world
	switch e.Kind {
	case founding:
		w.part = p
		for i := range w.nodes {
			w.site.carrier.rise(w, i)
		}
		for edge := range uint32(w.peers.graph.Len()) {
			w.site.carrier.connected(edge)
		}
	case speaking:
		w.part, w.now = p, instant(time.Duration(e.At))
		c.said++
		raw := make([]byte, 2000)
		binary.BigEndian.PutUint64(raw, uint64(c.said))
		m := &parcel{said: &message.Batches{}, raw: raw, opened: true}
		w.site.notes.posted(w, w.nodes[e.Node], m)
		w.site.carrier.publish(w, w.nodes[e.Node], m)
	default:
		w.Handle(p, e)
	}
}

// speak lets nodes publish a number of messages, evenly over a time.
func (c *crowd) speak(messages int, over time.Duration) {
	for i := range messages {
		node := engine.Mix(uint64(c.said+i)) % uint64(len(c.world.nodes))
		at := c.engine.Now() + engine.Instant(over)*engine.Instant(i)/engine.Instant(messages)
		c.engine.Schedule(at, engine.Node(node), engine.What{Kind: speaking})
	}
}

// BenchmarkCarrier is ten thousand nodes, twenty messages of 2 kB a second.
func BenchmarkCarrier(b *testing.B) {
	c := newCrowd(b, 10_000)
	b.ReportAllocs()
	before, hops := c.engine.Events(), c.world.site.carrier.topic.Counts().Copies
	virtual := time.Duration(0)
	for b.Loop() {
		c.speak(20, time.Second)
		c.run(b, time.Second)
		virtual += time.Second
	}
	events := c.engine.Events() - before
	hops = c.world.site.carrier.topic.Counts().Copies - hops
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(hops), "ns/hop")
	b.ReportMetric(float64(hops)/b.Elapsed().Seconds()/1e6, "Mhops/s")
	b.ReportMetric(float64(events)/b.Elapsed().Seconds()/1e6, "Mevents/s")
	b.ReportMetric(virtual.Seconds()/b.Elapsed().Seconds(), "×realtime")
	b.ReportMetric(float64(c.received)/float64(max(1, c.said)), "receivers/message")
}

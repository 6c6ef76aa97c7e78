package sim

import (
	"testing"
	"time"

	"github.com/floormesh/floormesh/sim/gossip"
	"github.com/floormesh/floormesh/sim/result"
)

// outcome is what became of some gossip.
type outcome struct {
	gossip.Counts

	print uint64
	work  time.Duration
}

// gossiped lets sixty nodes gossip for six seconds over lossy links.
func gossiped(t *testing.T, settings ...string) outcome {
	t.Helper()
	c := newCrowd(t, 60, append([]string{"network.within.loss=60%"}, settings...)...)
	c.speak(40, 2*time.Second)
	c.run(t, 6*time.Second)
	o := outcome{Counts: c.world.site.carrier.topic.Counts(), print: c.engine.Fingerprint()}
	c.world.site.reckonAll(c.world.now)
	for node := range 60 {
		o.work += c.world.site.notes.book.Counters(result.Node(node)).Processor
	}
	return o
}

// TestGossipKeys checks that each key of gossip changes what it says.
func TestGossipKeys(t *testing.T) {
	base := gossiped(t)
	if again := gossiped(t); again != base {
		t.Fatalf("%+v, then %+v", base, again)
	}
	for _, c := range []struct {
		says     string
		settings []string // the last of them against the others alone
		want     func(o, base outcome) bool
	}{
		{"fewer connections, fewer copies of what is flooded", []string{"gossip.connections=10"}, func(o, base outcome) bool { return o.Copies < base.Copies }},
		{"a larger mesh, more copies", []string{"gossip.degree=12"}, func(o, base outcome) bool { return o.Copies > base.Copies }},
		{"a mesh is mended earlier", []string{"gossip.degree-low=8"}, func(o, base outcome) bool { return o.Grafts > base.Grafts }},
		{"a mesh is cut down earlier", []string{"gossip.degree-high=8"}, func(o, base outcome) bool { return o.Prunes > base.Prunes }},
		{"fewer are told", []string{"gossip.factor=5%", "gossip.degree-lazy=0"}, func(o, base outcome) bool { return o.IHaves < base.IHaves }},
		{"more are told", []string{"gossip.factor=100%"}, func(o, base outcome) bool { return o.IHaves > base.IHaves }},
		{"at least so many are told", []string{"gossip.factor=0%", "gossip.degree-lazy=20"}, func(o, base outcome) bool { return o.IHaves > base.IHaves }},
		{"peers that it dialled", []string{"gossip.degree-out=4"}, func(o, base outcome) bool { return o.Grafts > base.Grafts }},
		{"more heartbeats", []string{"gossip.heartbeat=500ms"}, func(o, base outcome) bool { return o.IHaves > base.IHaves }},
		{"no heartbeat", []string{"gossip.heartbeat-delay=1m"}, func(o, base outcome) bool { return o.Grafts+o.IHaves == 0 && base.IHaves > 0 }},
		{"asked too late", []string{"gossip.history-gossip=1", "gossip.heartbeat=20ms", "gossip.history=1"}, func(o, base outcome) bool { return o.Answers < base.Answers }},
		{"told once", []string{"gossip.history-gossip=1"}, func(o, base outcome) bool { return o.IHaves < base.IHaves }},
		{"peers come back at once", []string{"gossip.degree-high=8", "gossip.degree-low=8", "gossip.heartbeat=50ms", "gossip.prune-backoff=0s"}, func(o, base outcome) bool { return o.Grafts > base.Grafts }},
		{"nothing is flooded", []string{"gossip.flood-publish=false"}, func(o, base outcome) bool { return o.Copies < base.Copies }},
		{"one name at a time", []string{"gossip.ihave-length=1"}, func(o, base outcome) bool { return o.Answers < base.Answers }},
		{"no time to answer", []string{"gossip.iwant-followup=1ms"}, func(o, base outcome) bool { return o.Broken > base.Broken }},
		{"all the time to answer", []string{"gossip.iwant-followup=1h"}, func(o, base outcome) bool { return o.Broken == 0 && base.Broken > 0 }},
		{"nobody answers", []string{"gossip.iwant-retries=0"}, func(o, base outcome) bool { return o.Answers == 0 && base.Answers > 0 }},
		{"small messages are declined", []string{"gossip.idontwant-size=3KiB"}, func(o, base outcome) bool { return o.IDontWants == 0 && base.IDontWants > 0 }},
		{"nobody declines", []string{"gossip.idontwant-heartbeats=0"}, func(o, base outcome) bool { return o.IDontWants == 0 && base.IDontWants > 0 }},
		{"what takes long is declined in time", []string{"gossip.validation=50ms"}, func(o, base outcome) bool { return o.Declined > base.Declined*2 }},
		{"one waits at a time", []string{"roles.member.access={up: 100kbit/s, down: 1Gbit/s}", "gossip.queue=1"}, func(o, base outcome) bool { return o.Lost > base.Lost*11/10 }},
		{"work", []string{"cpu.gossip=1ms"}, func(o, base outcome) bool {
			return o.work > base.work && o.work > 900*time.Microsecond*time.Duration(o.Copies)
		}},
	} {
		without := base
		if others := c.settings[:len(c.settings)-1]; len(others) > 0 {
			without = gossiped(t, others...)
		}
		if o := gossiped(t, c.settings...); !c.want(o, without) {
			t.Errorf("%s: %v: %+v; without: %+v", c.says, c.settings, o, without)
		}
	}
}

// TestSameContent checks that what several nodes say is one message while its name is
// remembered, and another one afterwards.
func TestSameContent(t *testing.T) {
	c := newCrowd(t, 60, "gossip.memory=5s")
	carrier := c.world.site.carrier
	spread := func() uint64 {
		before, received := carrier.topic.Counts().Delivered, c.received
		c.said = 7 // its content
		c.speak(1, 0)
		c.run(t, time.Second)
		if got := carrier.topic.Counts().Delivered - before; got != uint64(c.received-received) {
			t.Errorf("%d nodes find it valid, %d hear it", got, c.received-received)
		}
		return carrier.topic.Counts().Delivered - before
	}
	if first, again := spread(), spread(); first != 59 || again != 0 || len(carrier.ids) != 1 || carrier.items.Len() != 1 {
		t.Errorf("it reaches %d nodes, then %d; %d names, %d messages", first, again, len(carrier.ids), carrier.items.Len())
	}
	c.run(t, 5*time.Second)
	if late := spread(); late != 59 {
		t.Errorf("when its name is forgotten, it reaches %d nodes", late)
	}
	c.run(t, 30*time.Second)
	if len(carrier.ids) != 0 || carrier.items.Len() != 0 {
		t.Errorf("left: %d names, %d messages", len(carrier.ids), carrier.items.Len())
	}
}

// TestDeceit checks that liars pass on nothing while they lie.
func TestDeceit(t *testing.T) {
	const liars = "adversaries=[{kind: silent, who: {role: member, amount: 20}, from: 1s, until: 50s}]"
	honest, lying := newCrowd(t, 60), newCrowd(t, 60, liars)
	for _, c := range []*crowd{honest, lying} {
		c.speak(20, time.Second)
		c.run(t, 3*time.Second)
	}
	all, some := honest.world.site.carrier.topic.Counts(), lying.world.site.carrier.topic.Counts()
	if all.Delivered != some.Delivered || some.Copies*10 > all.Copies*8 {
		t.Errorf("with liars %+v, without %+v", some, all)
	}
}

// TestDebts checks that copies reckoned later take a node's line and processor as if they had been
// reckoned when they came.
func TestDebts(t *testing.T) {
	c := newCrowd(t, 60, "roles.member.access={up: 1Gbit/s, down: 1Mbit/s}")
	w := c.world
	x := w.site
	at := []int64{500_000, 100_000, 900_000}
	free := w.now
	for _, late := range at {
		x.carrier.known(w, 3, w.now+instant(time.Duration(late)), 125) // a millisecond on the line
	}
	x.reckon(3, w.now+instant(600*time.Microsecond))
	if len(x.debts[3].list) != 1 {
		t.Errorf("%d copies are left", len(x.debts[3].list))
	}
	if in := x.wire.receive(w.now+instant(700*time.Microsecond), 3, 125); in != free+instant(2100*time.Microsecond) {
		t.Errorf("the next is in after %v", time.Duration(in-free))
	}
}

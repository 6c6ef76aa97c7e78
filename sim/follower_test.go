package sim_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/result"
)

// listeners is a plant to which 200 observers listen. One of them is down for a second, and
// another one cut off. Observer 0 is node 4.
const listeners = `
name: listeners
duration: 3s
sites: [{name: plant, gateways: 4, observers: 200}]
gossip: {connections: 20}
protocol: {timing: {round-spacing: 50ms}}
load: [{rate: 10/s, per: all, start: 500ms}]
faults:
  - {kind: crash, at: 1s, for: 1s, who: {node: plant/observer/7}}
  - {kind: partition, at: 1s, for: 1s, who: {node: plant/observer/9}}
checks: {settle: 30s}
outputs: {deliveries: 100%, events: [{who: {node: [plant/observer/0, plant/observer/7]}}]}
`

// TestObservers checks that each of 200 observers hears every batch but for those who are down or cut off.
func TestObservers(t *testing.T) {
	run := perform(t, resolve(t, listeners), 1)
	sane(t, run)
	heard, batches := make(map[result.Node]int), make(map[result.Message]bool)
	lost, missed := [2]result.Node{4 + 7, 4 + 9}, 0
	for _, d := range run.Deliveries {
		if d.Kind != "batch" || d.Node < 4 {
			continue // members send batches to each other directly, too
		}
		batches[d.Message] = true
		heard[d.Node]++
		gone := d.At > result.Instant(1100*time.Millisecond) && d.At < result.Instant(2*time.Second)
		if (d.Node == lost[0] || d.Node == lost[1]) && gone {
			t.Errorf("node %v hears a batch at %v, when it is away", d.Node, d.At)
		}
		if d.Node == 4 && gone {
			missed++
		}
	}
	if len(batches) < 20 || missed < 5 {
		t.Errorf("%d batches are heard, %d while two are away", len(batches), missed)
	}
	for node := result.Node(4); node < 204; node++ {
		if n := heard[node]; node != lost[0] && node != lost[1] && n != len(batches) || n == 0 {
			t.Errorf("node %v hears %d of %d batches", node, n, len(batches))
		}
	}
}

// TestObserversCost checks that what observers do is counted as theirs, and that they learn what is certified.
func TestObserversCost(t *testing.T) {
	run := perform(t, resolve(t, listeners), 1)
	for _, n := range run.Nodes[4:] {
		if n.Role != "observer" || n.BytesReceived == 0 || n.BytesSent == 0 || n.Processor == 0 || n.Verified == 0 {
			t.Errorf("node %v: %+v", n.Node, n)
		}
		if n.Signed != 0 || n.Syncs != 0 {
			t.Errorf("node %v signs %d times and syncs %d times", n.Node, n.Signed, n.Syncs)
		}
	}
	newest, crashed, restarted := uint64(0), 0, 0
	for _, e := range run.Events {
		switch {
		case e.Act == result.Marked && e.Node == 4:
			if e.Detail <= newest {
				t.Errorf("hears of commit %d after commit %d", e.Detail, newest)
			}
			newest = e.Detail
		case e.Act == result.Crashed && e.Node == 4+7:
			crashed++
		case e.Act == result.Restarted && e.Node == 4+7:
			restarted++
		}
	}
	if newest == 0 || crashed != 1 || restarted != 1 {
		t.Errorf("the newest commit is %d; %d crashes, %d starts", newest, crashed, restarted)
	}
	if run.Distribution("propagation of commit") == nil {
		t.Error("no commit is spread")
	}
}

// TestFollowersOnWorkers checks that plants with followers come to the same on any number of workers,
// whatever breaks, where gateways are followers and where they are not.
func TestFollowersOnWorkers(t *testing.T) {
	for fidelity, shared := range map[string]string{"follower": "true", "replica": "false"} {
		text := []string{
			"sites=[{name: a, gateways: 7, committee: 4, observers: 20}, {name: b, gateways: 5, committee: 4, observers: 9, devices: 2}]",
			"outputs.events=[]", "roles.gateway.fidelity=" + fidelity, "roles.observer.shared=" + shared, "duration=1500ms", "network.within.loss=2%", "network.within.copies=2%",
			"load=[{rate: 10/s, per: site, who: {role: member}}]",
			"faults=[{kind: churn, at: 300ms, for: 1s, up: 200ms, down: 100ms, who: {role: [observer, gateway], amount: 50%}}, " +
				"{kind: crash, at: 500ms, for: 200ms, who: {role: member, amount: 1}}, {kind: slow, at: 600ms, for: 200ms, who: {role: observer}}, " +
				"{kind: clog, at: 800ms, for: 200ms, extra: 20ms}, {kind: power, at: 1s, for: 100ms, who: {site: b}}]",
		}
		one, two := perform(t, resolve(t, listeners, text...), 1), perform(t, resolve(t, listeners, text...), 2)
		sane(t, one)
		if one.Summary.Fingerprint != two.Summary.Fingerprint || one.Summary.Events != two.Summary.Events {
			t.Errorf("gateways are %ss: fingerprint %s on two workers, %s on one", fidelity, two.Summary.Fingerprint, one.Summary.Fingerprint)
		}
	}
}

// TestObserverReplicas checks that observers keep the ledger if they are to.
func TestObserverReplicas(t *testing.T) {
	run := perform(t, resolve(t, listeners, "sites[0].observers=2", "roles.observer.fidelity=replica", "faults=[]", "outputs.events=[]"), 1)
	sane(t, run)
	for _, n := range run.Nodes[4:] {
		if n.Role != "observer" || n.Syncs == 0 {
			t.Errorf("node %v, a %s, syncs %d times", n.Node, n.Role, n.Syncs)
		}
	}
}

// TestFollowersHardware checks that faults which break what followers do not have are refused.
func TestFollowersHardware(t *testing.T) {
	for _, c := range []struct {
		fault string
		fine  bool
	}{
		{"{kind: slow}", true},
		{"{kind: crash}", true},
		{"{kind: disk-slow}", false},
		{"{kind: clock-jump}", false},
	} {
		s := resolve(t, listeners, "faults=["+c.fault+"]", "faults[0].who={role: observer}")
		_, err := sim.NewExperiment(s, 1)
		if _, not := errors.AsType[*sim.UnsupportedError](err); not == c.fine {
			t.Errorf("%s of observers: %v", c.fault, err)
		}
	}
}

// TestFollowersMemory checks that a follower is small: what ten thousand more of them take, with ten
// connections each.
func TestFollowersMemory(t *testing.T) {
	heap := func(observers int) uint64 {
		x, err := sim.NewExperiment(resolve(t, listeners, "gossip.connections=10", fmt.Sprintf("sites[0].observers=%d", observers)), 1)
		if err != nil {
			t.Fatal(err)
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		runtime.KeepAlive(x)
		return m.HeapAlloc
	}
	few, many := heap(1_000), heap(11_000)
	if each := int64(many-few) / 10_000; each <= 0 || each > 2_000 {
		t.Errorf("a follower takes %d bytes", each)
	} else {
		t.Logf("a follower takes %d bytes", each)
	}
}

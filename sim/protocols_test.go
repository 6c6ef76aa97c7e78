package sim_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/result"
)

// chained returns a plan of some nodes that run HotStuff on a healthy network.
func chained(nodes int, faults ...sim.Fault) sim.Plan {
	return sim.Plan{
		Seed: uint64(nodes), Nodes: nodes, Protocol: sim.HotStuff,
		Link:   sim.LinkPlan{Latency: time.Millisecond, Jitter: 500 * time.Microsecond, Notice: 50 * time.Millisecond},
		Disk:   sim.DiskPlan{Sync: 500 * time.Microsecond, Jitter: 100 * time.Microsecond, Read: 100 * time.Microsecond},
		Clocks: make([]sim.ClockPlan, nodes), Faults: faults,
		Load: sim.LoadPlan{
			Devices: 3, Records: 60, Group: 2, Payload: 100, Spread: 3 * time.Second, Start: replica.Instant(100 * time.Millisecond),
		},
	}
}

func seconds(s int) replica.Instant { return replica.Instant(time.Duration(s) * time.Second) }

// TestHotStuff runs it through what it must survive.
func TestHotStuff(t *testing.T) {
	for name, plan := range map[string]sim.Plan{
		"one":            chained(1),
		"four":           chained(4),
		"seven":          chained(7),
		"a dead leader":  chained(4, sim.Fault{Kind: sim.FaultCrash, Nodes: []int{2}, From: 1, To: seconds(8)}),
		"two of seven":   chained(7, sim.Fault{Kind: sim.FaultCrash, Nodes: []int{2, 3}, From: 1, To: seconds(8)}),
		"a minority cut": chained(4, sim.Fault{Kind: sim.FaultPartition, Nodes: []int{1}, From: seconds(1), To: seconds(3)}),
		"two halves":     chained(4, sim.Fault{Kind: sim.FaultPartition, Nodes: []int{1, 2}, From: seconds(1), To: seconds(3)}),
		"restarts": chained(4,
			sim.Fault{Kind: sim.FaultCrash, Nodes: []int{0}, From: seconds(1), To: seconds(1) + 1e8},
			sim.Fault{Kind: sim.FaultCrash, Nodes: []int{1, 2}, From: seconds(2), To: seconds(2) + 1e8}),
		"a power cut": chained(4, sim.Fault{Kind: sim.FaultPower, Nodes: []int{0, 1, 2, 3}, From: seconds(1), To: seconds(2)}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if r := run(t, plan); r.Records != plan.Load.Records || r.Rounds == 0 {
				t.Errorf("%d of %d records are in the log, in %d views", r.Records, plan.Load.Records, r.Rounds)
			}
		})
	}
	silent := chained(4)
	silent.Liars = []sim.LiarPlan{{Node: 1, Kind: "silent"}}
	run(t, silent)
}

// TestADeadLeaderCostsTimeouts: while one of four is dead, all that comes becomes final, and takes some
// timeouts at most.
func TestADeadLeaderCostsTimeouts(t *testing.T) {
	const plant = "name: dead\nduration: 10s\nsites: [{name: a, gateways: 4}]\n" +
		"load: [{rate: 5/s, start: 1s, stop: 8s, who: {node: a/member/0}}]\n" +
		"faults: [{kind: crash, at: 500ms, for: 9s, who: {node: a/member/2}}]\nchecks: {settle: 30s}\n"
	x := perform(t, resolve(t, plant, "protocol.ordering=hotstuff"), 1)
	for _, v := range x.Summary.Failed() {
		t.Errorf("%s: %s", v.Checker, v.Detail)
	}
	at := slices.IndexFunc(x.Summary.Quantiles, func(q result.Quantiles) bool { return q.Name == "final" })
	final := x.Summary.Quantiles[at]
	slowest := time.Duration(final.Max)
	if final.Count != 35 || slowest > 500*time.Millisecond || slowest < 50*time.Millisecond {
		t.Errorf("%s: %d records within %v; the dead leader's view and the one before take 50 ms each", final.Name, final.Count, slowest)
	}
}

// TestHotStuffPlans runs random plans of faults; make soak runs more.
func TestHotStuffPlans(t *testing.T) {
	for seed := range uint64(40) {
		run(t, sim.Draw(seed, sim.Options{Protocol: sim.HotStuff}))
	}
}

// TestHotStuffIsDeterministic: twice the same plan is the same to the last word, with either crypto it
// comes to the same.
func TestHotStuffIsDeterministic(t *testing.T) {
	plan := sim.Draw(7, sim.Options{Protocol: sim.HotStuff, Nodes: 4})
	first, second := run(t, plan), run(t, plan)
	if first.Hash != second.Hash {
		t.Errorf("hash %s and then %s", first.Hash, second.Hash)
	}
	plan.Crypto = sim.CryptoReal
	if dear := run(t, plan); dear.Shape != first.Shape {
		t.Errorf("shape %s with the oracle, %s with Ed25519", first.Shape, dear.Shape)
	}
}

// TestHotStuffOnWorkers: the fingerprint of a scenario does not tell how many workers ran it.
func TestHotStuffOnWorkers(t *testing.T) {
	settings := []string{"protocol.ordering=hotstuff", "adversaries[0].kind=silent"}
	one := perform(t, resolve(t, twoPlants, settings...), 1)
	two := perform(t, resolve(t, twoPlants, settings...), 2)
	if one.Summary.Fingerprint != two.Summary.Fingerprint {
		t.Errorf("fingerprint %s on one worker, %s on two", one.Summary.Fingerprint, two.Summary.Fingerprint)
	}
	for _, v := range one.Summary.Failed() {
		t.Errorf("%s: %s", v.Checker, v.Detail)
	}
	if one.Summary.Final < 80 || one.Summary.Rounds == 0 {
		t.Errorf("%d records are final, in %d views", one.Summary.Final, one.Summary.Rounds)
	}
}

// TestPlansNameTheirProtocol: a plan that nothing can run is refused.
func TestPlansNameTheirProtocol(t *testing.T) {
	for want, change := range map[string]func(*sim.Plan){
		`protocol: "raft"`: func(p *sim.Plan) { p.Protocol = "raft" },
		"liars[0].kind":    func(p *sim.Plan) { p.Liars = []sim.LiarPlan{{Kind: "blocks"}} },
	} {
		plan := chained(4)
		if err := plan.Validate(); err != nil {
			t.Fatal(err)
		}
		change(&plan)
		if err := plan.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

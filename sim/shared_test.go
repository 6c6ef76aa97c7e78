package sim_test

import (
	"testing"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/result"
)

// sevenOnOneMachine works where a message costs much.
const sevenOnOneMachine = `
name: seven
duration: 1s
sites: [{name: machine, gateways: 7}]
cpu: {message: 100us}
load: [{rate: 10/s}]
checks: {settle: 20s}
`

// TestCoresAreShared: on the same two cores everything takes longer than on two for
// each, on as many cores as there are nodes not so much, and so does a sync that costs something.
func TestCoresAreShared(t *testing.T) {
	final := func(settings ...string) time.Duration {
		run := perform(t, resolve(t, sevenOnOneMachine, settings...), 1)
		for _, v := range run.Summary.Failed() {
			t.Errorf("%v: %s: %s", settings, v.Checker, v.Detail)
		}
		return time.Duration(run.Distribution(result.Final.String()).Quantile(5000))
	}
	own := final("roles.member.cores=2")
	shared := final("roles.member.cores=2", "roles.member.shared=true")
	many := final("roles.member.cores=14", "roles.member.shared=true")
	syncs := final("roles.member.cores=2", "cpu.sync=2ms")
	if shared < own*3/2 || many > shared*3/4 || syncs < own+4*time.Millisecond {
		t.Errorf("own cores: final after %v, shared: %v, as many shared as own: %v, with costly syncs: %v", own, shared, many, syncs)
	}
}

// TestGossipIsNotSaidTwice: to those whom it tells directly a gateway does not
// gossip the same, as real ones do not; each batch comes to each other gateway once.
func TestGossipIsNotSaidTwice(t *testing.T) {
	run := perform(t, resolve(t, sevenOnOneMachine, "load[0].start=300ms"), 1) // all are connected then
	for _, v := range run.Summary.Volumes {
		if v.Kind == "batch" && v.Messages != 6*run.Summary.Accepted {
			t.Errorf("%d records, each in a batch of its own, took %d messages to six others", run.Summary.Accepted, v.Messages)
		}
	}
	if run.Summary.Accepted == 0 {
		t.Error("nothing was accepted")
	}
}

// TestObserve: every Step is told, those of a node in the order of time, with the outputs that
// the results count.
func TestObserve(t *testing.T) {
	x, err := sim.NewExperiment(resolve(t, sevenOnOneMachine), 1)
	if err != nil {
		t.Fatal(err)
	}
	var last [7]time.Duration
	var steps, commits [7]int
	x.Observe(func(node int, at time.Duration, _ replica.Input, out []replica.Output) {
		if at < last[node] {
			t.Errorf("node %d: a step of %v comes after one of %v", node, at, last[node])
		}
		last[node] = at
		steps[node]++
		for _, o := range out {
			if _, ok := o.(replica.Final); ok {
				commits[node]++
			}
		}
	})
	run, err := x.Run("test")
	if err != nil {
		t.Fatal(err)
	}
	for node := range steps {
		if steps[node] == 0 || uint64(commits[node]) != run.Summary.Commits {
			t.Errorf("node %d: %d steps, %d commits of %d", node, steps[node], commits[node], run.Summary.Commits)
		}
	}
}

// TestGossipOnSharedCores: what copies of gossip take is taken from all who share.
func TestGossipOnSharedCores(t *testing.T) {
	final := func(settings ...string) time.Duration {
		settings = append(settings, "roles.member.cores=2", "gossip.policy=always", "load[0].start=300ms")
		run := perform(t, resolve(t, sevenOnOneMachine, settings...), 1)
		sane(t, run)
		return time.Duration(run.Distribution(result.Final.String()).Quantile(5000))
	}
	cheap := final("roles.member.shared=true", "cpu.gossip=0s")
	dear := final("roles.member.shared=true", "cpu.gossip=500us")
	own := final("cpu.gossip=500us")
	if dear < cheap*3/2 || dear < own*3/2 {
		t.Errorf("final after %v where copies cost nothing, %v where they do, %v on own cores", cheap, dear, own)
	}
}

// TestSharedCoresSurvive: nodes that crash in the middle of their work give their cores
// back, and workers change nothing.
func TestSharedCoresSurvive(t *testing.T) {
	const crashes = "faults+={kind: crash, at: 300ms, for: 200ms, who: {role: member, amount: 2}, every: 250ms, times: 2}"
	settings := []string{
		crashes, "sites+={name: other, gateways: 6, committee: 4}", "roles.member.cores=1", "roles.member.shared=true",
		"roles.gateway.shared=true", "cpu.sync=300us", "gossip.policy=always",
	}
	var last string
	for _, workers := range []int{1, 2} {
		run := perform(t, resolve(t, sevenOnOneMachine, settings...), workers)
		for _, v := range run.Summary.Failed() {
			t.Errorf("%d workers: %s: %s", workers, v.Checker, v.Detail)
		}
		if run.Summary.Final < 90 || last != "" && run.Summary.Fingerprint != last {
			t.Errorf("%d workers: %d records are final, fingerprint %s after %s", workers, run.Summary.Final, run.Summary.Fingerprint, last)
		}
		last = run.Summary.Fingerprint
	}
}

package sim_test

import (
	"testing"
	"time"

	"github.com/floormesh/floormesh/sim/result"
)

// chatter is plants that gossip everything. Rounds are slow, so that little else happens.
const chatter = `
name: chatter
duration: 600ms
sites: [{name: plant, gateways: 40, committee: 40}]
gossip: {policy: always}
protocol: {timing: {round-spacing: 50ms}}
load: [{rate: 20/s, per: all, records: 2}]
checks: {settle: 30s}
outputs: {deliveries: 100%}
`

// sane fails if a check of a run did, or something accepted has not become final.
func sane(t *testing.T, run *result.Run) {
	t.Helper()
	for _, v := range run.Summary.Failed() {
		t.Errorf("%s: %s", v.Checker, v.Detail)
	}
	if run.Summary.Final == 0 || run.Summary.Final < run.Summary.Accepted {
		t.Errorf("%d records of %d are final", run.Summary.Final, run.Summary.Accepted)
	}
}

// spoken returns how many messages of a kind were sent.
func spoken(run *result.Run, kind string) (messages uint64) {
	for _, row := range run.Traffic {
		if row.Kind == kind {
			messages += row.Messages
		}
	}
	return messages
}

// TestPolicy checks that a plant of forty comes to the same ledger with gossip and, where all are
// directly connected, without, and what gossip costs.
func TestPolicy(t *testing.T) {
	calm := []string{"duration=300ms", "protocol.timing.round-spacing=200ms", "gossip.policy=always"}
	always := perform(t, resolve(t, chatter, calm...), 1)
	needed := perform(t, resolve(t, chatter, append(calm, "gossip.policy=when-needed")...), 1)
	sane(t, always)
	sane(t, needed)
	if always.Summary.Final != needed.Summary.Final {
		t.Errorf("%d records are final, without gossip %d", always.Summary.Final, needed.Summary.Final)
	}
	with, without := spoken(always, "batch"), spoken(needed, "batch")
	if without == 0 || with < without*2 {
		t.Errorf("batches are sent %d times with gossip, %d times without", with, without)
	}
	if spoken(always, "gossip") == 0 {
		t.Error("gossip says nothing beside its messages")
	}
}

// TestNeeded checks that gossip reaches whom its author cannot: with the policy when-needed it
// goes around a cut.
func TestNeeded(t *testing.T) {
	run := perform(t, resolve(t, chatter, "gossip.policy=when-needed", "sites[0].gateways=7", "sites[0].committee=7", "duration=2s",
		"load=[{rate: 10/s, per: all, who: {node: plant/member/0}}]",
		"faults=[{kind: partition, at: 300ms, who: {node: plant/member/0}, against: {node: plant/member/1}}]"), 1)
	sane(t, run)
	around := 0
	for _, d := range run.Deliveries {
		if d.Kind == "batch" && d.Node == 1 && d.Published > result.Instant(500*time.Millisecond) && d.Hops == 2 {
			around++
		}
	}
	if around == 0 {
		t.Error("no batch of member 0 comes to member 1 through others")
	}
}

// TestHealing checks that gossip does not pass a cut, and that what was missed comes when it is
// mended: by the protocol's tips, and by IHAVE and IWANT.
func TestHealing(t *testing.T) {
	run := perform(t, resolve(t, chatter, "sites[0].gateways=16", "sites[0].committee=16", "duration=3s",
		"load=[{rate: 10/s, per: all, who: {node: plant/member/0}}]",
		"faults=[{kind: partition, at: 500ms, for: 2s, who: {role: member, amount: 2, pick: last}}]"), 1)
	sane(t, run)
	missed, late := 0, 0
	for _, d := range run.Deliveries {
		if d.Kind != "batch" || d.Node < 14 {
			continue
		}
		cut := d.Published > result.Instant(600*time.Millisecond) && d.Published < result.Instant(2400*time.Millisecond)
		switch {
		case cut && d.At < result.Instant(2500*time.Millisecond):
			missed++
		case cut:
			late++
		}
	}
	if missed > 0 || late == 0 {
		t.Errorf("%d batches pass the cut, %d come when it is mended", missed, late)
	}
}

// TestGossipOnWorkers checks that plants which gossip come to the same on any number of workers,
// whatever breaks.
func TestGossipOnWorkers(t *testing.T) {
	text := []string{
		"sites=[{name: a, count: 3, gateways: 7}, {name: b, gateways: 5}]", "duration=1s", "network.within.loss=2%", "network.within.copies=2%",
		"faults=[{kind: crash, at: 300ms, for: 200ms, who: {role: member, amount: 2}}, {kind: clog, at: 500ms, for: 200ms, extra: 20ms}]",
		"adversaries=[{kind: lanes, who: {site: b, role: member, amount: 1}}]",
	}
	one, two := perform(t, resolve(t, chatter, text...), 1), perform(t, resolve(t, chatter, text...), 2)
	sane(t, one)
	if one.Summary.Fingerprint != two.Summary.Fingerprint || one.Summary.Final != two.Summary.Final {
		t.Errorf("fingerprint %s on two workers, %s on one", two.Summary.Fingerprint, one.Summary.Fingerprint)
	}
}

// TestRecordsCost checks that executing a record takes what the scenario says.
func TestRecordsCost(t *testing.T) {
	work := func(cost string) (sum time.Duration) {
		run := perform(t, resolve(t, chatter, "sites[0].gateways=4", "sites[0].committee=4", "cpu.record="+cost), 1)
		sane(t, run)
		for i := range run.Nodes {
			sum += run.Nodes[i].Processor
		}
		return sum
	}
	if cheap, dear := work("0s"), work("10ms"); dear < cheap+4*10*10*time.Millisecond {
		t.Errorf("work of %v and of %v", cheap, dear)
	}
}

package sim_test

import (
	"slices"
	"testing"
)

// TestCrewChangesNothing checks that one plant comes to the same whoever takes its Steps: on
// this goroutine, or on one or two more, whatever breaks, with liars, with gateways outside the
// committee, and with another protocol.
func TestCrewChangesNothing(t *testing.T) {
	breaks := "faults=[{kind: crash, at: 300ms, for: 200ms, who: {role: member, amount: 1}}, " +
		"{kind: partition, at: 400ms, for: 200ms, who: {role: member, amount: 1, pick: last}}, " +
		"{kind: slow, at: 100ms, for: 800ms, speed: 2%, who: {role: member, amount: 2}}, {kind: disk-slow, at: 100ms, for: 800ms, extra: 3ms}]"
	for name, settings := range map[string][]string{
		"breaks":       {breaks, "sites=[{name: a, gateways: 20, committee: 7}]", "network.within.loss=2%", "network.within.copies=2%"},
		"lies":         {"sites=[{name: a, gateways: 7}]", "adversaries=[{kind: lanes, who: {role: member, amount: 2}}]"},
		"slow links":   {"sites=[{name: a, gateways: 7}]", "network.within.latency=30ms", "network.within.bandwidth=2Mbit/s"},
		"quick disks":  {"sites=[{name: a, gateways: 7}]", "roles.member.disk.fsync=5us", "roles.member.disk.jitter=0s"},
		"two cores":    {"sites=[{name: a, gateways: 7}]", "roles.member.cores=1", "roles.member.speed=20%", "load=[{rate: 100/s}]"},
		"own protocol": {breaks, "sites=[{name: a, gateways: 7}]", "protocol.ordering=hotstuff"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := append(settings, "duration=1s")
			one := perform(t, resolve(t, chatter, settings...), 1)
			sane(t, one)
			for _, workers := range []int{2, 3} {
				more := perform(t, resolve(t, chatter, settings...), workers)
				if one.Summary.Fingerprint != more.Summary.Fingerprint || !slices.Equal(one.Summary.Quantiles, more.Summary.Quantiles) {
					t.Errorf("fingerprint %s on %d workers, %s on one", more.Summary.Fingerprint, workers, one.Summary.Fingerprint)
				}
			}
		})
	}
}

// TestLateStepsAreKnownInTime checks that a Step which nobody looked at for a while came to what
// it would have come to at once. Where there is a second plant nothing is late.
func TestLateStepsAreKnownInTime(t *testing.T) {
	settings := []string{"sites=[{name: a, gateways: 7}]", "duration=2s", "load=[{rate: 20/s, who: {site: a}}]", "network.within.loss=1%"}
	late := perform(t, resolve(t, chatter, settings...), 1)
	prompt := perform(t, resolve(t, chatter, append(settings, "sites+={name: b, gateways: 1}")...), 1)
	sane(t, late)
	sane(t, prompt)
	for node := range late.Nodes {
		if late.Nodes[node].Counters != prompt.Nodes[node].Counters {
			t.Errorf("node %d does %+v, at once %+v", node, late.Nodes[node].Counters, prompt.Nodes[node].Counters)
		}
	}
	if !slices.Equal(late.Summary.Quantiles[:2], prompt.Summary.Quantiles[:2]) {
		t.Errorf("late: %+v, at once: %+v", late.Summary.Quantiles[:2], prompt.Summary.Quantiles[:2])
	}
}

package sim

import (
	"testing"
	"time"

	"github.com/floormesh/floormesh/sim/network"
	"github.com/floormesh/floormesh/sim/scenario"
)

// TestRegions checks that every region that a scenario may name has latencies.
func TestRegions(t *testing.T) {
	var n scenario.Network
	for preset, table := range map[scenario.LinkPreset]network.Regions{
		scenario.LinkAWS: network.AWS(), scenario.LinkSimBlock: network.SimBlock(),
	} {
		if _, err := table.Pick(n.Regions(&scenario.Link{Preset: preset})); err != nil {
			t.Errorf("%s: %v", preset, err)
		}
	}
}

// TestWithin checks what a message takes within a site, by the preset of its links: tables of
// regions, and latency on top.
func TestWithin(t *testing.T) {
	for _, c := range []struct {
		settings    []string
		least, most time.Duration
	}{
		{nil, 200 * time.Microsecond, 310 * time.Microsecond},
		{[]string{"network.within={preset: aws, latency: 1ms, jitter: 0s}", "sites[0].region=eu-west-3"}, 1125 * time.Microsecond, 2686 * time.Microsecond},
		{[]string{"network.within={preset: simblock, jitter: 0s}", "sites[0].region=japan"}, 9600 * time.Microsecond, time.Second},
		{[]string{
			"network.within={preset: matrix, latency: 1ms, jitter: 0s}", "network.matrix={regions: [here, there], latency: [[3ms, 9ms], [9ms, 4ms]]}",
			"sites[0].region=there",
		}, 5 * time.Millisecond, 5001 * time.Microsecond},
	} {
		w := newCrowd(t, 60, c.settings...).world
		for range 200 {
			now := w.now + instant(time.Minute)
			at, ok := w.site.wire.put(now, 0, 1, 0, noEdge)
			if took := time.Duration(at - now); !ok || took < c.least || took > c.most {
				t.Errorf("%v: it takes %v", c.settings, took)
			}
		}
	}
}

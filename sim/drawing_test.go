package sim

import (
	"testing"
	"time"

	"github.com/floormesh/floormesh/sim/result"
)

// windowed is two sites that are watched in several windows.
const windowed = `
name: windowed
duration: 2s
sites: [{name: a, gateways: 4}, {name: b, gateways: 4}]
load: [{rate: 10/s}]
adversaries: [{kind: selective, who: {node: a/member/3}, victims: {node: a/member/0}}]
faults: [{kind: crash, at: 1s, for: 500ms, disk: torn, who: {node: a/member/1}}]
outputs:
  events:
    - {who: {node: a/member/1}, from: 200ms, until: 300ms}
    - {who: {site: b}, from: 250ms, until: 400ms}
  dag:
    - {who: {node: a/member/1}, from: 100ms, until: 1s}
    - {who: {node: [a/member/1, b/member/2]}, from: 1100ms, until: 1400ms}
    - {who: {site: a}, from: 1100ms, until: 1300ms}
checks: {settle: 30s}
`

// TestSeveralWindows: the event log holds what any window asks for and nothing else,
// and each window of the DAG what its nodes knew in its time.
func TestSeveralWindows(t *testing.T) {
	run := wage(t, windowed).run
	const ms = result.Instant(time.Millisecond)
	seen := map[bool]int{}
	for _, e := range run.Events {
		first := e.Node == 1 && e.At >= 200*ms && e.At < 300*ms
		second := e.Node >= 4 && e.At >= 250*ms && e.At < 400*ms
		if !first && !second {
			t.Fatalf("nobody asked for what node %d did at %v", e.Node, e.At)
		}
		seen[first]++
	}
	if seen[true] == 0 || seen[false] == 0 {
		t.Errorf("events of the first window %d, of the second %d", seen[true], seen[false])
	}
	want := []struct {
		result.Window

		authors int
	}{
		{result.Window{Mesh: 0, From: 100 * ms, To: 1000 * ms}, 4},
		{result.Window{Mesh: 0, From: 1100 * ms, To: 1400 * ms}, 0}, // its node is down
		{result.Window{Mesh: 1, From: 1100 * ms, To: 1400 * ms}, 4},
		{result.Window{Mesh: 0, From: 1100 * ms, To: 1300 * ms}, 3},
	}
	if len(run.Summary.Windows) != len(want) {
		t.Fatalf("windows %v, want %v", run.Summary.Windows, want)
	}
	for i, w := range want {
		if run.Summary.Windows[i] != w.Window {
			t.Errorf("window %d is %v, want %v", i, run.Summary.Windows[i], w.Window)
		}
		authors := map[uint32]bool{}
		for _, b := range run.BlocksOf(uint32(i)) {
			if authors[b.Author] = true; b.At < w.From || b.At >= w.To {
				t.Errorf("window %d: a block known at %v", i, b.At)
			}
		}
		if decided := len(run.DecisionsOf(uint32(i))); len(authors) != w.authors || decided > 0 != (w.authors > 0) {
			t.Errorf("window %d: blocks of %d authors and %d decisions, want %d authors", i, len(authors), decided, w.authors)
		}
	}
}

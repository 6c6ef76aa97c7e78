package sim

import (
	"testing"
	"time"

	"github.com/floormesh/floormesh/sim/result"
)

// TestNarrowLinks: a link that a fault narrows carries what it says and no more,
// in the directions and between the nodes that it says, and all that waits comes in the end.
func TestNarrowLinks(t *testing.T) {
	const text = `
name: narrow
duration: 3s
sites: [{name: a, gateways: 4}]
load: [{rate: 10/s, records: 10, size: 1KiB}]
faults: [{kind: clog, who: {node: a/member/3}, against: {node: [a/member/0, a/member/1]}, direction: out, extra: 0s, bandwidth: 200kbit/s}]
checks: {settle: 30s}
outputs: {events: [{}]}
`
	w := wage(t, text)
	var bytes [4][4]uint64 // by receiver and sender, in a second of many
	for _, e := range w.run.Events {
		if e.Act == result.Received && e.At >= result.Instant(time.Second) && e.At < result.Instant(2*time.Second) {
			bytes[e.Node][e.Peer] += e.Detail
		}
	}
	const narrow, message = 200_000 / 8, 12_000
	for _, node := range []int{0, 1} {
		if got := bytes[node][3]; got < narrow-message || got > narrow+message {
			t.Errorf("gateway %d got %d bytes from gateway 3, want about %d", node, got, narrow)
		}
	}
	for _, wide := range [][2]int{{2, 3}, {3, 0}, {0, 1}} {
		if got := bytes[wide[0]][wide[1]]; got < 3*narrow {
			t.Errorf("gateway %d got %d bytes from gateway %d, want what it was sent", wide[0], got, wide[1])
		}
	}
	if got := w.final(t, 0); got[3] < 29 {
		t.Errorf("batches that are final: %v, want all", got)
	}
}

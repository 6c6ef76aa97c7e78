package sim

import (
	"strings"
	"testing"

	"github.com/floormesh/floormesh/dag"
)

// loses is four gateways of which one loses its disk for a minute.
const loses = `
name: loses
duration: 70s
sites: [{name: a, gateways: 4}]
load: [{rate: 2/s}]
faults: [{kind: crash, at: 3s, for: 1m, disk: lost, who: {node: a/member/1}}]
checks: {settle: 30s, rest: 30s}
`

// TestALostDisk: a member whose disk is lost goes on in lanes that it never had, and
// has everything in the end, as all others have.
func TestALostDisk(t *testing.T) {
	w := wage(t, loses)
	if w.checks.Released() != 0 {
		t.Errorf("%d records were lost, though all was final or on its way", w.checks.Released())
	}
	lanes := map[dag.LaneNumber]int{}
	for _, c := range w.commits(t, 1) {
		for _, change := range c.Cut {
			if w.numbers[change.Lane.Key] == 1 {
				lanes[change.Lane.Number] += len(change.Batches)
			}
		}
	}
	if len(lanes) != 2 || lanes[dag.LaneReadings] < 5 {
		t.Errorf("batches of the gateway by lane: %v, want an old lane and a new one", lanes)
	}
	if here, there := len(w.commits(t, 1)), len(w.commits(t, 0)); here != there {
		t.Errorf("it has %d commits of %d", here, there)
	}
}

// TestALostDiskRetires: if nothing has happened since, the others show the member
// what it signed, and it signs no more.
func TestALostDiskRetires(t *testing.T) {
	for _, disk := range []string{"lost", "torn"} {
		w := wage(t, loses, "load[0].stop=2s", "faults[0].disk="+disk)
		found, err := w.nodes[1].disk.restore(w.nodes[1].nodeKey.Public(), 0)
		if err != nil {
			t.Fatal(err)
		}
		if retired := found.Retired != ""; retired != (disk == "lost") {
			t.Errorf("a disk that is %s: retired is %q", disk, found.Retired)
		}
	}
}

// TestWhatALostDiskTakes: of what nobody else had, a lost disk takes what was
// acknowledged, and nothing more; all else becomes final. Runs whose disks are not lost are
// held to everything.
func TestWhatALostDiskTakes(t *testing.T) {
	alone := `faults=[{kind: partition, at: 2s, for: 1s, who: {node: a/member/1}}, ` +
		`{kind: crash, at: 2900ms, for: 1m, disk: DISK, who: {node: a/member/1}}]`
	for disk, want := range map[string]int{"lost": 18, "kept": 0} {
		w := wage(t, loses, "load=[{rate: 20/s, stop: 10s}]", strings.Replace(alone, "DISK", disk, 1))
		if got := w.checks.Released(); got < want || got > want {
			t.Errorf("a disk that is %s: %d records were lost, want %d", disk, got, want)
		}
	}
}

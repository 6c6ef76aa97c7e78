package sim

import (
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sim/scenario"
)

// longRun is a site whose disks forget, and one whose node is down for most of it.
const longRun = `
name: long
duration: 16s
sites:
  - {name: a, gateways: 4, devices: 4}
  - {name: b, gateways: 4, devices: 4}
load:
  - {who: {role: device}, rate: 2/s}
faults:
  - {kind: crash, at: 1s, for: 14s, who: {site: b, role: member, amount: 1}}
protocol: {duplicate-leaves: 16, timing: {round-spacing: 50ms}}
checks: {settle: 30s}
`

// TestDisksForget: what all disks of a site have had for long is gone from all.
// While a node is down nothing is forgotten that it will ask for, and it comes to
// the same log as the others.
func TestDisksForget(t *testing.T) {
	s, err := scenario.Read([]scenario.Source{{Name: "test", Text: longRun}})
	if err != nil {
		t.Fatal(err)
	}
	x, err := NewExperiment(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	run, err := x.Run("test")
	if err != nil {
		t.Fatal(err)
	}
	if failed := run.Summary.Failed(); len(failed) > 0 || run.Summary.Final != run.Summary.Accepted {
		t.Fatalf("%d records stored, %d final; failed: %v", run.Summary.Accepted, run.Summary.Final, failed)
	}
	var first [2]dag.CommitIndex
	for plant, w := range x.sites {
		for _, n := range w.nodes {
			first[plant] = max(first[plant], oldest(t, n.disk))
		}
	}
	if first[0] == 0 || first[1] > first[0]/2 {
		t.Errorf("the site that was whole has forgotten up to commit %d, the other up to %d", first[0], first[1])
	}
}

// oldest returns the commit after which a disk gives all.
func oldest(t *testing.T, d *disk) (after dag.CommitIndex) {
	for ; after < 1<<12; after++ {
		certified, _, err := d.store().Commits(after, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		if certified != nil {
			return after
		}
	}
	t.Fatal("a disk has no certified commit")
	return 0
}

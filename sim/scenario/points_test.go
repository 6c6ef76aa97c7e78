package scenario

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// collect returns the points of a text.
func collect(t *testing.T, text string, settings ...string) []*Point {
	t.Helper()
	var d Document
	d.Lay(Source{Name: t.Name(), Text: text})
	for _, s := range settings {
		d.Set(s)
	}
	var all []*Point
	for p, err := range d.Points() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

const sweepOfSizes = `
name: sizes
seed: 9
sites: [{name: plant}]
sweep:
  repeats: 2
  axes:
    - {key: "sites[0].gateways", values: [4, 7]}
    - {key: network.within.loss, values: [0%, 1%, 5%]}
`

// TestPoints checks that points are whole scenarios that can be run elsewhere from their explanation, with
// ids and seeds of their own.
func TestPoints(t *testing.T) {
	all := collect(t, sweepOfSizes)
	if len(all) != 12 {
		t.Fatalf("%d points", len(all))
	}
	ids, seeds := map[string]bool{}, map[uint64]bool{}
	for i, p := range all {
		ids[p.ID], seeds[p.Scenario.Seed] = true, true
		if p.Index != i || p.Repeat != i%2 || p.Scenario.Sweep != nil {
			t.Errorf("point %d is number %d, repeat %d, with sweep %v", i, p.Index, p.Repeat, p.Scenario.Sweep)
		}
		s, err := Read([]Source{{Name: p.ID, Text: Explain(p.Scenario, false)}})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(p.Scenario, s); d != "" || s.ID() != p.ID {
			t.Errorf("point %s read again: -point +read\n%s", p.ID, d)
		}
	}
	if len(ids) != 12 || len(seeds) != 12 {
		t.Errorf("%d ids and %d seeds", len(ids), len(seeds))
	}
	if got := all[11].Scenario; got.Sites[0].Gateways != 7 || got.Sites[0].Committee != 7 || got.Network.Within.Loss != 5*Percent {
		t.Errorf("the last point is %+v", got.Sites)
	}
}

// TestPointsGolden pins an id and a seed: results are filed under them.
func TestPointsGolden(t *testing.T) {
	p := collect(t, sweepOfSizes)[0]
	if p.ID != "b2478130255cb13e" || p.Scenario.Seed != 6719481006246476944 {
		t.Errorf("the first point is %s with seed %d", p.ID, p.Scenario.Seed)
	}
}

// TestPointsSeeds checks that adding a value changes no other point, and what "shared" shares.
func TestPointsSeeds(t *testing.T) {
	before := map[string]bool{}
	for _, p := range collect(t, sweepOfSizes) {
		before[p.ID] = true
	}
	after := map[string]bool{}
	for _, p := range collect(t, sweepOfSizes, "sweep.axes[1].values=[2%, 0%, 1%, 5%]", "sweep.repeats=3") {
		after[p.ID] = true
	}
	for id := range before {
		if !after[id] {
			t.Errorf("point %s is another after a value was added", id)
		}
	}
	shared := collect(t, sweepOfSizes, "sweep.seeds=shared")
	if a, b, c := shared[0].Scenario.Seed, shared[2].Scenario.Seed, shared[1].Scenario.Seed; a != b || a == c {
		t.Errorf("two points of one repeat have seeds %d and %d, one of another %d", a, b, c)
	}
}

// TestPointsStop checks that whoever walks may stop, and that one without a sweep is one point.
func TestPointsStop(t *testing.T) {
	var d Document
	d.Lay(Source{Name: "x", Text: sweepOfSizes})
	n := 0
	for _, err := range d.Points() {
		if n++; n == 3 || err != nil {
			break
		}
	}
	if n != 3 {
		t.Errorf("walked %d", n)
	}
	if all := collect(t, "sites: [{name: plant}]"); len(all) != 1 || all[0].ID != all[0].Scenario.ID() || all[0].Scenario.Seed != 1 {
		t.Errorf("points without a sweep: %+v", all)
	}
}

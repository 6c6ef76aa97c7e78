package sim_test

import (
	"slices"
	"testing"

	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/scenario"
)

// TestUnusedFaults checks that faults which only cut sites off from each other are named, and no others.
func TestUnusedFaults(t *testing.T) {
	s, err := scenario.Read([]scenario.Source{{Name: "sites.yaml", Text: `
duration: 1m
sites: [{name: a, count: 2}, {name: b}]
faults:
  - {kind: wan-cut, at: 1s, for: 1s, who: {site: b}}
  - {kind: flap, at: 2s, for: 1s, who: {site: b}, against: {site: a}, up: 100ms, down: 100ms}
  - {kind: flap, at: 3s, for: 1s, who: {site: b, amount: 1}, against: {site: b}, up: 100ms, down: 100ms}
  - {kind: partition, at: 4s, for: 1s, who: {site: b}}
  - {kind: partition, at: 5s, for: 1s, who: {site: [a/0, b], amount: 3}}
  - {kind: power, at: 6s, for: 1s, who: {site: b}}
`}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"faults[0]", "faults[1]", "faults[3]"}
	if got := sim.Unused(s); !slices.Equal(got, want) {
		t.Errorf("%q change nothing, want %q", got, want)
	}
}

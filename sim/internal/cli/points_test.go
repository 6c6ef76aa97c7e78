package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPointsOfAScenario: names for people, axes under their whole keys, and scenarios that stand on
// their own.
func TestPointsOfAScenario(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.yaml")
	const text = `
name: s
sites: [{name: plant}, {name: office, gateways: 4}]
sweep:
  repeats: 2
  axes:
    - {key: ["sites[0].gateways", "sites[1].gateways"], values: [[4, 7]]}
    - {key: network.within.loss, values: [1%]}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := scenarioFlags{Scenario: file, Set: []string{"duration=2s"}}
	s, err := flags.sweep()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Points) != 2 || s.Name != "s" {
		t.Fatalf("%q has %d points", s.Name, len(s.Points))
	}
	p := s.Points[1]
	if want := "sites[0].gateways=4,sites[1].gateways=7,loss=1%,repeat=1"; p.ID != want {
		t.Errorf("called %q, want %q", p.ID, want)
	}
	if diff := cmp.Diff(map[string]string{"sites[0].gateways": "4", "sites[1].gateways": "7", "network.within.loss": "1%"}, p.Axes); diff != "" {
		t.Error(diff)
	}
	for _, want := range []string{"duration: 2s\n", "gateways: 7\n", "loss: 1%\n"} {
		if !strings.Contains(p.Scenario, want) {
			t.Errorf("the point's scenario does not say %q:\n%s", want, p.Scenario)
		}
	}
	// What a job elsewhere is given makes the same sweep.
	if err := os.WriteFile(file, []byte(s.Scenario), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := (&scenarioFlags{Scenario: file}).sweep()
	if err != nil || again.ID() != s.ID() {
		t.Errorf("made again from its text: %v, %v", again, err)
	}
}

package sim_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/sim"
)

// TestRegress replays every plan that once failed, and some that come close to
// what once did; see testdata/regress.
func TestRegress(t *testing.T) {
	paths, err := filepath.Glob("testdata/regress/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) < 2 {
		t.Fatalf("%d plans in testdata/regress", len(paths))
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			t.Parallel()
			f := readFinding(t, path)
			r, err := sim.Run(f.Plan, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range r.Violations {
				t.Error(v)
			}
			if r.Failed() {
				t.Errorf("replay: go run ./sim/cmd/floorsim check -v --plan sim/%s", path)
			}
		})
	}
}

func readFinding(t *testing.T, path string) *sim.Finding {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // only read
	f, err := sim.ReadFinding(file)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return f
}

// TestReadFindingRefuses gives each bound of a plan something beyond it.
func TestReadFindingRefuses(t *testing.T) {
	const whole = `{"seed":1,"nodes":4,"link":{"latency":1000000,"jitter":0,"notice":1},"disk":{"sync":1,"jitter":1,"read":1},` +
		`"clocks":[{},{},{},{}],"liars":[{"node":3,"kind":"scripted","masks":[1,2]}],` +
		`"faults":[{"kind":"crash","from":5,"to":9,"nodes":[1]}],` +
		`"load":{"devices":1,"records":1,"group":1,"payload":40,"spread":1,"start":1}}`
	if _, err := sim.ReadFinding(strings.NewReader(whole)); err != nil {
		t.Fatalf("the plan that the others are made of: %v", err)
	}
	for _, c := range []struct{ from, to, want string }{
		{`"nodes":4`, `"nodes":32`, "nodes: 32, not 1 to 31"},
		{`"nodes":4`, `"nodes":3`, "clocks: 4 for 3 nodes"},
		{`"node":3`, `"node":4`, "liars[0].node: 4, not 0 to 3"},
		{`"scripted"`, `"polite"`, `liars[0].kind: "polite"`},
		{`"liars":[`, `"liars":[{"node":2,"kind":"silent"},`, "liars: 2, but 4 nodes bear 1 only"},
		{`"crash"`, `"crush"`, `faults[0].kind: "crush"`},
		{`"to":9`, `"to":4`, "faults[0].to: 4ns"},
		{`[1]}]`, `[4]}]`, "faults[0].nodes: [4], not some of 0 to 3"},
		{`"faults":[`, `"faults":[{"kind":"crash","from":7,"to":9,"nodes":[1]},`, "faults: not in the order"},
		{`"latency":1000000`, `"latency":0`, "link.latency: 0s"},
		{`"jitter":0`, `"jitter":-1`, "link.jitter: -1ns"},
		{`"group":1`, `"group":0`, "load.group: 0"},
		{`"seed":1`, `"sead":1`, `unknown field "sead"`},
		{`"start":1}}`, `"start":1}} {}`, "something follows"},
		{`"start":1}}`, `"start":1`, "decode plan"},
	} {
		_, err := sim.ReadFinding(strings.NewReader(strings.Replace(whole, c.from, c.to, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s in place of %s: %v, want %s", c.to, c.from, err, c.want)
		}
	}
}

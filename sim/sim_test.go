package sim_test

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/sim"
)

// run runs a seed and reports what it violated.
func run(t *testing.T, plan sim.Plan) *sim.Result {
	t.Helper()
	r, err := sim.Run(plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range r.Violations {
		t.Errorf("seed %d: %v", plan.Seed, v)
	}
	if r.Failed() {
		t.Errorf("replay: go run ./sim/cmd/floorsim check -v --seed %d", plan.Seed)
	}
	return r
}

// TestSeeds replays every seed that once failed.
func TestSeeds(t *testing.T) {
	file, err := os.ReadFile("testdata/seeds.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(file))
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		seed, err := strconv.ParseUint(line, 10, 64)
		if err != nil {
			t.Fatalf("seeds.txt: %v", err)
		}
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			run(t, sim.Draw(seed, sim.Options{}))
		})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

// TestSameSeedSameTrace runs seeds twice: map order, wall time or a global
// source of randomness that leaks into a decision shows as another hash.
func TestSameSeedSameTrace(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			plan := sim.Draw(seed, sim.Options{Nodes: 4})
			first, second := run(t, plan), run(t, plan)
			if first.Hash != second.Hash {
				t.Errorf("seed %d: hashes %s and %s", seed, first.Hash, second.Hash)
			}
		})
	}
}

// TestTraceDoesNotDisturb compares a run that is written down with one that is not.
func TestTraceDoesNotDisturb(t *testing.T) {
	plan := sim.Draw(3, sim.Options{Nodes: 4})
	var text bytes.Buffer
	written, err := sim.Run(plan, &text)
	if err != nil {
		t.Fatal(err)
	}
	if silent := run(t, plan); silent.Hash != written.Hash {
		t.Errorf("hash %s when written down, %s when not", written.Hash, silent.Hash)
	}
	for _, want := range []string{"final: commit 1,", "certified:", "world  resting"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("trace says nothing of %q", want)
		}
	}
}

func BenchmarkSeed(b *testing.B) {
	seed := uint64(0)
	for b.Loop() {
		seed++
		if _, err := sim.Run(sim.Draw(seed, sim.Options{}), nil); err != nil {
			b.Fatal(err)
		}
	}
}

package sim_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/scenario"
)

// twoPlants breaks a little of everything in a few seconds.
const twoPlants = `
name: two-plants
duration: 2s
sites:
  - {name: a, gateways: 4, devices: 3}
  - {name: b, count: 2, gateways: 4}
load:
  - {rate: 5/s, records: 2}
  - {name: sensors, who: {role: device}, rate: 2/s, arrival: poisson}
faults:
  - {kind: crash, at: 300ms, for: 500ms, who: {site: a, role: member, amount: 1}}
  - {kind: partition, at: 900ms, for: 300ms, who: {site: b, role: member, amount: 1}}
  - {kind: clog, at: 1s, for: 500ms, loss: 5%, extra: 5ms}
  - {kind: clock-jump, at: 1s, for: 500ms, who: {role: member, amount: 1}}
adversaries:
  - {kind: blocks, who: {site: b, role: member, amount: 1}}
checks: {settle: 30s}
`

func resolve(t *testing.T, text string, settings ...string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Read([]scenario.Source{{Name: "test", Text: text}}, settings...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// perform runs a scenario and returns what it left.
func perform(t *testing.T, s *scenario.Scenario, workers int) *result.Run {
	t.Helper()
	x, err := sim.NewExperiment(s, workers)
	if err != nil {
		t.Fatal(err)
	}
	run, err := x.Run("test")
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// TestWorkersChangeNothing runs a scenario on one worker and on two: what they
// leave is the same, to the byte.
func TestWorkersChangeNothing(t *testing.T) {
	var texts [][]byte
	for _, workers := range []int{1, 2, 1} {
		run := perform(t, resolve(t, twoPlants), workers)
		for _, v := range run.Summary.Failed() {
			t.Errorf("%d workers: %s: %s", workers, v.Checker, v.Detail)
		}
		if run.Summary.Final < 80 {
			t.Errorf("%d workers: %d records are final", workers, run.Summary.Final)
		}
		dir := filepath.Join(t.TempDir(), "run")
		if err := result.Write(dir, run, false); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "run.json"))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	for i := range texts[1:] {
		if !bytes.Equal(texts[0], texts[i+1]) {
			t.Errorf("run.json differs between run 0 and run %d:\n%s\n%s", i+1, texts[0], texts[i+1])
		}
	}
	if other := perform(t, resolve(t, twoPlants, "seed=2"), 1); bytes.Contains(texts[0], []byte(other.Summary.Fingerprint)) {
		t.Error("another seed has the same fingerprint")
	}
}

// TestCryptoChangesNothing runs a scenario with either crypto: what becomes final is the same.
func TestCryptoChangesNothing(t *testing.T) {
	const small = "name: small\nduration: 300ms\nsites: [{name: a, gateways: 4}]\nload: [{rate: 10/s}]\n"
	oracle := perform(t, resolve(t, small), 1)
	dear := perform(t, resolve(t, small, "crypto=real"), 1)
	if oracle.Summary.Final == 0 || oracle.Summary.Final != dear.Summary.Final || oracle.Summary.Accepted != dear.Summary.Accepted {
		t.Errorf("%d of %d records are final with the oracle, %d of %d with Ed25519",
			oracle.Summary.Final, oracle.Summary.Accepted, dear.Summary.Final, dear.Summary.Accepted)
	}
}

// TestUnsupported: what does not run yet is refused, with its key and what works.
func TestUnsupported(t *testing.T) {
	for _, c := range []struct{ setting, key string }{
		{"protocol.ordering=hotstuff", "adversaries[0].kind"},
		{"faults[3].who={role: device}", "faults[3].who"},
	} {
		_, err := sim.NewExperiment(resolve(t, twoPlants, c.setting), 1)
		not, ok := errors.AsType[*sim.UnsupportedError](err)
		if !ok || !strings.HasPrefix(not.Error(), c.key) || not.Hint() == "" {
			t.Errorf("%s: %v", c.setting, err)
		}
	}
}

// TestAForkerHoldsUpNobody: of a lane with two branches members ask for the one
// that is decided at once, and not its owner first. It took them 960 ms.
func TestAForkerHoldsUpNobody(t *testing.T) {
	run := perform(t, resolve(t, `
name: forker
duration: 3s
sites: [{name: plant, gateways: 7, committee: 7}]
load: [{rate: 20/s}]
adversaries: [{kind: lanes, who: {node: plant/member/0}}]
`), 1)
	if failed := run.Summary.Failed(); len(failed) > 0 {
		t.Fatal(failed)
	}
	at := slices.IndexFunc(run.Summary.Quantiles, func(q result.Quantiles) bool { return q.Name == "final" })
	if p50 := time.Duration(run.Summary.Quantiles[at].P50); p50 > 50*time.Millisecond {
		t.Errorf("half of the records are final after %v", p50)
	}
}

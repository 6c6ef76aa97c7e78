package explore_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/explore"
)

// TestPlantedBugShrinks builds floorsim with a known mistake, lets it search for a
// little while, and expects a small plan that shows the same when it is replayed, and
// nothing without the mistake.
func TestPlantedBugShrinks(t *testing.T) {
	if testing.Short() {
		t.Skip("builds floorsim with a mistake")
	}
	dir := t.TempDir()
	binary := filepath.Join(dir, "floorsim")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "planted_signed_forgotten", "-o", binary, "../cmd/floorsim")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, text)
	}
	floorsim := func(args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), binary, args...).Output()
		failed, ok := errors.AsType[*exec.ExitError](err)
		if !ok || failed.ExitCode() != 1 {
			t.Fatalf("floorsim %v: %v, want exit code 1\n%s", args, err, out)
		}
		return string(out)
	}
	var found struct {
		Failure struct {
			Property string `json:"property"`
		} `json:"failure"`
		Written explore.Written `json:"written"`
	}
	search := []string{"fuzz", "--for", "5m", "--runs", "200", "--workers", "1", "--json", "--out", filepath.Join(dir, "failures")}
	if err := json.Unmarshal([]byte(floorsim(search...)), &found); err != nil {
		t.Fatal(err)
	}
	replayed := floorsim("check", "--plan", found.Written.Plan)
	if want := found.Failure.Property + " violated"; !strings.Contains(replayed, want) {
		t.Errorf("the plan does not show %q:\n%s", want, replayed)
	}
	for _, path := range []string{found.Written.Picture, found.Written.Scenario} {
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%q: %v, or it is empty", path, err)
		}
	}
	small(t, found.Written.Plan)
}

// small checks that a shrunk plan of the planted mistake is, and that its run is fine
// without the mistake.
func small(t *testing.T, path string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // only read
	f, err := sim.ReadFinding(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Faults) > 2 || len(f.Liars) > 0 || f.Load.Records > 10 {
		t.Errorf("not small: %s", &f.Plan)
	}
	if r, err := explore.Try(f.Plan, nil); err != nil || r.Failed() {
		t.Errorf("fails without the mistake too: %v, %v", err, r.Violations)
	}
}

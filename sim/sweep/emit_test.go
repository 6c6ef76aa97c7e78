package sweep

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestEmitParallel: a command a line that a shell reads as it was meant.
func TestEmitParallel(t *testing.T) {
	s, err := New("test", testBuild, testScenario, fakePoints(2, nil))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "it's $HOME")
	f := mustFolder(t, dir, s)
	e, err := f.EmitParallel(EmitOptions{Command: "/opt/my tools/floorsim"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(e.File)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) != s.Jobs() {
		t.Fatalf("%d lines, want %d", len(lines), s.Jobs())
	}
	shown := `'` + filepath.Dir(dir) + `/it'\''s $HOME`
	want := `'/opt/my tools/floorsim' sweep point ` + shown + `/scenario.yaml' --build build-one --attempts 3 --index 2 --out ` + shown + `'`
	if diff := cmp.Diff(want, lines[2]); diff != "" {
		t.Error(diff)
	}
}

// TestEmitSlurm: the script is one that bash takes, and submits as many arrays
// as the jobs need.
func TestEmitSlurm(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here")
	}
	f := mustFolder(t, t.TempDir(), mustSweep(t, fakePoints(2_340, nil)))
	e, err := f.EmitSlurm(EmitOptions{Command: "floorsim", Parallel: 50, Memory: "4G"})
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "sbatch"), []byte("#!/bin/sh\necho \"$1 $2\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(bash, e.File)
	command.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "SLURM_ARRAY_TASK_ID=")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := "--array=0-999%50 --export=ALL,FLOORSIM_FIRST=0\n" +
		"--array=0-999%50 --export=ALL,FLOORSIM_FIRST=1000\n" +
		"--array=0-363%50 --export=ALL,FLOORSIM_FIRST=2000\n" // 2,340 points and 24 second runs
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Error(diff)
	}
}

// TestEmitKubernetes decodes the manifest strictly into the API's own types, by
// a program with a module of its own: they must not enter that of Floormesh.
func TestEmitKubernetes(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program of its own")
	}
	// What loads nothing costs little: modules that are not here may take minutes.
	const buildWait = time.Minute
	checker := filepath.Join(t.TempDir(), "manifest")
	limited, cancel := context.WithTimeout(t.Context(), buildWait)
	defer cancel()
	build := exec.CommandContext(limited, "go", "build", "-o", checker, ".")
	build.Dir = filepath.Join("testdata", "manifest")
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("the types of Kubernetes are not to be had here: %v: %s", err, out)
	}
	points := fakePoints(3, nil)
	for name, c := range map[string]struct {
		scenario string
		o        EmitOptions
		kinds    string
	}{
		"own claim":  {testScenario, EmitOptions{Image: "example.org/floorsim@sha256:00", Claim: "results"}, "ConfigMap Job"},
		"claim made": {testScenario, EmitOptions{Image: "example.org/floorsim:1", Memory: "4Gi", Parallel: 2}, "ConfigMap PersistentVolumeClaim Job"},
		"odd text":   {"  größe: \"#\"\n--- $(X)\n\n", EmitOptions{Image: "floorsim"}, "ConfigMap PersistentVolumeClaim Job"},
		"large":      {strings.Repeat("x: 1\n", 50_000), EmitOptions{Image: "floorsim"}, "ConfigMap PersistentVolumeClaim Job"},
	} {
		s, err := New("test", testBuild, c.scenario, points)
		if err != nil {
			t.Fatal(err)
		}
		f := mustFolder(t, t.TempDir(), s)
		e, err := f.EmitKubernetes(c.o)
		if err != nil {
			t.Fatal(err)
		}
		check := exec.Command(checker, e.File, f.scenarioFile())
		out, err := check.CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != c.kinds {
			t.Errorf("%s: got %q, %v; want %s", name, out, err, c.kinds)
		}
	}
	if _, err := mustFolder(t, t.TempDir(), mustSweep(t, points)).EmitKubernetes(EmitOptions{}); err == nil || !strings.Contains(err.Error(), "--image") {
		t.Errorf("without an image: %v", err)
	}
}

package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/sim/result"
)

// floorsim runs the command line.
func floorsim(args ...string) (code int, out, talk string) {
	var o, t bytes.Buffer
	code = Main(args, strings.NewReader(""), &o, &t)
	return code, o.String(), t.String()
}

// TestRun runs a scenario of the library, and makes the report of what it left.
func TestRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "plant")
	args := []string{"run", "one-plant", "--seed", "7", "--set", "duration=500ms", "--set", "checks.rest=0s", "--out", dir}
	code, out, talk := floorsim(args...)
	if code != exitFine {
		t.Fatalf("exit code %d: %s", code, talk)
	}
	for _, want := range []string{"one-plant, seed 7: 47 nodes in 1 site, ", "held: agreement", "evidence, recovery, memory", dir} {
		if !strings.Contains(out, want) {
			t.Errorf("the summary says nothing of %q:\n%s", want, out)
		}
	}
	run, err := result.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if run.Summary.Final == 0 || run.Summary.Final != run.Summary.Accepted || run.Summary.Machine.Peak == 0 {
		t.Errorf("results: %+v", run.Summary)
	}
	if code, _, talk := floorsim("report", dir); code != exitFine {
		t.Errorf("report: exit code %d: %s", code, talk)
	}
	if code, _, talk := floorsim(args...); code != exitBroken || !strings.Contains(talk, "there are results already") {
		t.Errorf("a second run into the same folder: exit code %d: %s", code, talk)
	}
}

// TestRunHotStuff runs the same scenario with the other ordering into the same kind of folder.
func TestRunHotStuff(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "plant")
	code, out, talk := floorsim("run", "one-plant", "--set", "protocol.ordering=hotstuff", "--set", "duration=500ms",
		"--set", "checks.rest=0s", "--out", dir)
	if code != exitFine {
		t.Fatalf("exit code %d: %s%s", code, out, talk)
	}
	run, err := result.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := &run.Summary
	if s.Final == 0 || s.Final != s.Accepted || s.Rounds == 0 || !slices.Contains(s.Kinds, "vote") {
		t.Errorf("results: %+v", s)
	}
	for _, v := range s.Volumes {
		if v.Messages == 0 && slices.Contains([]string{"block", "batch", "vote", "cosignature"}, v.Kind) {
			t.Errorf("no %s was sent", v.Kind)
		}
	}
	if code, _, talk := floorsim("report", dir); code != exitFine {
		t.Errorf("report: exit code %d: %s", code, talk)
	}
}

// TestCheckProtocol: random plans run with the other ordering, and the command that replays one says so.
func TestCheckProtocol(t *testing.T) {
	code, out, talk := floorsim("check", "--protocol", "hotstuff", "--seed", "3")
	if code != exitFine || !strings.Contains(out, "seed 3: fine") {
		t.Errorf("exit code %d: %s%s", code, out, talk)
	}
	c := checkCommand{Protocol: "hotstuff", Crypto: "oracle"}
	if got := c.replay(3); !strings.HasSuffix(got, "--seed 3 --protocol hotstuff") {
		t.Errorf("replay: %s", got)
	}
	if code, _, talk := floorsim("check", "--protocol", "raft"); code == exitFine || !strings.Contains(talk, "hotstuff") {
		t.Errorf("exit code %d: %s", code, talk)
	}
}

// TestRunProfiles writes profiles where they are asked for.
func TestRunProfiles(t *testing.T) {
	dir := t.TempDir()
	files := []string{filepath.Join(dir, "cpu"), filepath.Join(dir, "memory")}
	args := []string{
		"run", "one-plant", "--set", "duration=100ms", "--set", "checks.settle=0s", "--set", "checks.rest=0s",
		"--out", filepath.Join(dir, "out"), "--cpuprofile", files[0], "--memprofile", files[1],
	}
	if code, _, talk := floorsim(args...); code != exitFine {
		t.Fatalf("exit code %d: %s", code, talk)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v, %v", file, info, err)
		}
	}
	args[len(args)-3] = filepath.Join(dir, "nowhere", "cpu")
	if code, _, talk := floorsim(append(args, "--replace")...); code != exitBroken || !strings.Contains(talk, "profile") {
		t.Errorf("a profile in no folder: exit code %d: %s", code, talk)
	}
	args[len(args)-3], args[len(args)-1] = files[0], filepath.Join(dir, "nowhere", "memory")
	if code, out, talk := floorsim(append(args, "--replace")...); code != exitBroken || !strings.Contains(talk, "profile") || out != "" {
		t.Errorf("one at the end in no folder is told at the start: exit code %d: %s%s", code, out, talk)
	}
}

// TestRunNotes: what changes nothing is said to.
func TestRunNotes(t *testing.T) {
	code, _, talk := floorsim("run", "wan-cut", "--set", "duration=100ms", "--set", "faults=[{kind: wan-cut, at: 10ms, who: {site: lyon}}]",
		"--set", "checks={settle: 10s, rest: 0s}", "--out", filepath.Join(t.TempDir(), "x"))
	if want := "network.between, sites[0].up, sites[0].down, sites[1].up"; code != exitFine || !strings.Contains(talk, want) || !strings.Contains(talk, "faults[0]") {
		t.Errorf("exit code %d: %s", code, talk)
	}
	if _, _, talk = floorsim("run", "one-plant", "--set", "duration=100ms", "--set", "checks={settle: 10s, rest: 0s}", "--out", filepath.Join(t.TempDir(), "x")); strings.Contains(talk, "note") {
		t.Errorf("one plant: %s", talk)
	}
}

// TestRunRefuses: what cannot run says why and what can.
func TestRunRefuses(t *testing.T) {
	for _, c := range []struct{ scenario, setting, want string }{
		{"one-plant", "duration=1", "hint:"},
		{"one-plant", "faults+={kind: clock-jump, at: 1s, who: {role: device}}", "role: member for this one"},
		{"no-such", "duration=1h", "hint:"},
	} {
		code, _, talk := floorsim("run", c.scenario, "--set", c.setting, "--out", filepath.Join(t.TempDir(), "x"))
		if code != exitBroken || !strings.Contains(talk, c.want) {
			t.Errorf("%s: exit code %d: %s", c.scenario, code, talk)
		}
	}
}

// TestRunFails: a check that fails is told, and is the exit code.
func TestRunFails(t *testing.T) {
	code, out, talk := floorsim("run", "one-plant", "--set", "duration=1s", "--set", "checks.settle=1ms",
		"--set", "faults+={kind: partition, at: 100ms, for: 900ms, who: {role: member, amount: 3}}",
		"--set", "network.notice=5s", "--out", filepath.Join(t.TempDir(), "x"))
	if code != exitFailed || !strings.Contains(out, "VIOLATED liveness") {
		t.Errorf("exit code %d: %s%s", code, out, talk)
	}
}

package replay_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/consensus/replica/recording"
	"github.com/floormesh/floormesh/sim/replay"
	"github.com/floormesh/floormesh/sim/replay/replaytest"
)

// TestAMeshReplays records every gateway of a mesh, one of which is stopped and
// started again, and replays all lives.
func TestAMeshReplays(t *testing.T) {
	m := replaytest.New(t, "")
	m.Run(200)
	m.Stop(2)
	m.Run(200)
	m.Start(2)
	m.Run(400)
	for _, tape := range m.Finish() {
		r, err := replay.Run(bytes.NewReader(tape), replay.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Divergence != nil {
			t.Errorf("%s: %s", r.Start.Gateway(), r.Divergence)
		}
		if r.Commits == 0 || r.Records == 0 || r.Signatures < 20 || r.Inputs.Received < 100 || !r.Whole {
			t.Errorf("%s did too little: %+v", r.Start.Gateway(), r)
		}
	}
}

// TestAKilledRecordingReplays cuts a recording anywhere behind its start.
func TestAKilledRecordingReplays(t *testing.T) {
	m := replaytest.New(t, "")
	m.Run(100)
	tape := m.Finish()[0]
	for range 50 {
		cut := len(tape)/8 + rand.IntN(len(tape)*7/8)
		r, err := replay.Run(bytes.NewReader(tape[:cut]), replay.Options{})
		if err != nil && !errors.Is(err, recording.ErrTorn) {
			t.Errorf("cut at byte %d: %v", cut, err)
		}
		if r == nil || r.Divergence != nil || r.Whole {
			t.Errorf("cut at byte %d: %+v", cut, r)
		}
	}
}

// TestAFlippedBitIsFound flips a bit anywhere.
func TestAFlippedBitIsFound(t *testing.T) {
	m := replaytest.New(t, "")
	m.Run(100)
	tape := m.Finish()[1]
	for range 200 {
		at, bit := rand.IntN(len(tape)), rand.IntN(8)
		bad := bytes.Clone(tape)
		bad[at] ^= 1 << bit
		_, err := replay.Run(bytes.NewReader(bad), replay.Options{})
		if !errors.Is(err, recording.ErrCorrupt) && !errors.Is(err, recording.ErrNoRecording) && !errors.Is(err, recording.ErrVersion) {
			t.Errorf("bit %d of byte %d is flipped: %v", bit, at, err)
		}
	}
}

// TestAnotherInputDiverges changes what one Step was given, as a broken
// memory would, and expects that Step to be named.
func TestAnotherInputDiverges(t *testing.T) {
	m := replaytest.New(t, "")
	m.Forget(300)
	m.Run(200)
	r, err := replay.Run(bytes.NewReader(m.Finish()[0]), replay.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Divergence == nil {
		t.Fatal("a message that was swapped for a tick makes no difference")
	}
	text := r.Divergence.String()
	if n := r.Divergence.Step.Number; n < 300 || n > 400 || !strings.Contains(text, "recorded  digest "+r.Divergence.Step.Digest.String()) {
		t.Errorf("step 300 was changed, and this is found:\n%s", text)
	}
}

// TestUntilStops replays a part.
func TestUntilStops(t *testing.T) {
	m := replaytest.New(t, "")
	m.Run(50)
	r, err := replay.Run(bytes.NewReader(m.Finish()[0]), replay.Options{Until: 17})
	if err != nil || r.Steps != 17 || r.Whole {
		t.Errorf("got %+v, %v, want 17 steps", r, err)
	}
}

// TestAChangedRuleDiverges replays with a build that breaks a rule.
func TestAChangedRuleDiverges(t *testing.T) {
	if testing.Short() {
		t.Skip("builds floorsim twice")
	}
	m := replaytest.New(t, "")
	m.Run(200)
	tape := filepath.Join(t.TempDir(), "gw1.rec")
	if err := os.WriteFile(tape, m.Finish()[0], 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := floorsim(t, "", "replay", tape); err != nil || !strings.Contains(out, "outputs     as recorded") {
		t.Errorf("with the same rules: %v\n%s", err, out)
	}
	out, err := floorsim(t, "planted_blocks_not_durable", "replay", tape)
	failed, ok := errors.AsType[*exec.ExitError](err)
	if !ok || failed.ExitCode() != 1 || !strings.Contains(out, "comes out another way") || !strings.Contains(out, "warning: recorded by build (unknown)") {
		t.Errorf("with another rule: %v\n%s", err, out)
	}
}

func floorsim(t *testing.T, tag string, args ...string) (string, error) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "floorsim")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", tag, "-o", binary, "../cmd/floorsim")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build with %q: %v\n%s", tag, err, text)
	}
	out, err := exec.CommandContext(t.Context(), binary, args...).CombinedOutput()
	return string(out), err
}

func BenchmarkReplay(b *testing.B) {
	m := replaytest.New(b, "")
	m.Run(1000)
	tape := m.Finish()[0]
	var last *replay.Result
	b.SetBytes(int64(len(tape)))
	for b.Loop() {
		var err error
		if last, err = replay.Run(bytes.NewReader(tape), replay.Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(last.Steps)*float64(b.N)/b.Elapsed().Seconds(), "steps/s")
	b.ReportMetric(float64(len(tape))/float64(last.Steps), "B/step")
}

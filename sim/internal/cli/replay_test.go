package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/sim/replay/replaytest"
)

// tape writes what a gateway of some build records in 50 ms.
func tape(t *testing.T, build string) (path string, text []byte) {
	t.Helper()
	m := replaytest.New(t, build)
	m.Run(50)
	text = m.Finish()[0]
	path = filepath.Join(t.TempDir(), "flight.rec")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, text
}

// TestReplayOfAnotherBuild: refused with both names and the remedy, replayed if forced, and a warning if it
// is not known.
func TestReplayOfAnotherBuild(t *testing.T) {
	for name, c := range map[string]struct {
		recorded, own string
		force         bool
		refused       bool
		says          string
	}{
		"the same":             {recorded: "aaaa", own: "aaaa"},
		"another":              {recorded: "aaaa", own: "bbbb", refused: true, says: `recorded by another build: "aaaa", and this is "bbbb"`},
		"another, forced":      {recorded: "aaaa", own: "bbbb", force: true, says: `warning: recorded by build "aaaa", replayed by "bbbb": what diverges may be what was changed`},
		"other tags":           {recorded: "aaaa", own: "aaaa planted_no_resend", refused: true, says: `"aaaa planted_no_resend"`},
		"the gateway's is new": {recorded: "aaaa+changed", own: "aaaa", says: `warning: recorded by build "aaaa+changed", replayed by "aaaa": whether both are of the same code is not known`},
		"unknown":              {recorded: "", own: "aaaa", says: `warning: recorded by build (unknown)`},
		"this one is unknown":  {recorded: "aaaa", own: "", says: `replayed by (unknown)`},
	} {
		var talk bytes.Buffer
		r := &replayCommand{File: "flight.rec", Force: c.force}
		err := r.compareBuilds(&talk, c.recorded, c.own)
		if err != nil {
			complain(&talk, r.explain(err, nil), exitBroken)
			if hint := "hint: use the floorsim of the gateway's release or revision, or replay with --force"; !strings.Contains(talk.String(), hint) {
				t.Errorf("%s: no %q in %s", name, hint, talk.String())
			}
		}
		if (err != nil) != c.refused || !strings.Contains(talk.String(), c.says) || c.says == "" && talk.Len() > 0 {
			t.Errorf("%s: %v, %q, want %q", name, err, talk.String(), c.says)
		}
	}
}

// TestReplay: a recording comes out as it was, and one that is broken or strange says what to do.
func TestReplay(t *testing.T) {
	path, text := tape(t, "aaaa")
	code, out, talk := floorsim("replay", path)
	if code != exitFine || !strings.Contains(out, "outputs     as recorded") || !strings.Contains(talk, `warning: recorded by build "aaaa", replayed by `) {
		t.Errorf("exit code %d: %s%s", code, out, talk)
	}
	line := bytes.IndexByte(text, '\n')
	for name, c := range map[string]struct {
		text []byte
		code int
		want []string
	}{
		"another version": {append([]byte("floormesh recording 9"), text[line:]...), exitBroken, []string{`recording of another version: version "9", this build reads 1`, "hint: use the floorsim of the gateway's release"}},
		"empty":           {nil, exitBroken, []string{"no recording", "hint: name a file that floormesh run --record has written"}},
		"NUL bytes":       {make([]byte, 1<<16), exitBroken, []string{"no recording", "hint: name a file"}},
		"its first line":  {text[:line+1], exitBroken, []string{"ends within a frame", "hint: copy the file from the gateway again; without its start"}},
		"cut":             {text[:len(text)-7], exitFine, []string{"the gateway was killed or lost power while it wrote"}},
		"flipped":         {flipped(text, len(text)*9/10), exitBroken, []string{"recording is corrupt at byte ", "steps before are whole: --until "}},
		"flipped early":   {flipped(text, line+30), exitBroken, []string{"recording is corrupt at byte ", "hint: copy the file from the gateway again"}},
		"twice":           {append(bytes.Clone(text), text...), exitBroken, []string{"something follows the end", "hint: copy the file"}},
	} {
		if err := os.WriteFile(path, c.text, 0o600); err != nil {
			t.Fatal(err)
		}
		code, _, talk := floorsim("replay", path)
		for _, want := range c.want {
			if code != c.code || !strings.Contains(talk, want) {
				t.Errorf("%s: exit code %d, no %q in %s", name, code, want, talk)
			}
		}
	}
	for path, want := range map[string]string{t.TempDir(): "is a directory", filepath.Join(path, "below"): "not a directory"} {
		if code, _, talk := floorsim("replay", path); code != exitBroken || !strings.Contains(talk, path+": "+want) || !strings.Contains(talk, "hint: name a file") {
			t.Errorf("%s: exit code %d: %s", path, code, talk)
		}
	}
}

func flipped(text []byte, at int) []byte {
	text = bytes.Clone(text)
	text[at] ^= 8
	return text
}

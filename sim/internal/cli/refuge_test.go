package cli

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/sim/result"
)

// TestRefuge: what cannot be written where it should be is written elsewhere, and told.
func TestRefuge(t *testing.T) {
	for name, c := range map[string]struct {
		full  []string // places, by the last of their names, that cannot be written; TMP is the temporary one
		in    string   // what a person says; "-": there is none
		place string
		err   string // "": none
		hint  string
	}{
		"there is room":                {in: "-", place: "out"},
		"the temporary folder has it":  {full: []string{"out"}, in: "-", place: "TMP", err: "out is full", hint: "all of it is in"},
		"nowhere and nobody":           {full: []string{"out", "TMP"}, in: "-", err: "out is full; nor in", hint: "TMPDIR"},
		"somebody names another":       {full: []string{"out", "TMP"}, in: "other\n", place: "other"},
		"somebody names a full one":    {full: []string{"out", "TMP", "bad"}, in: "bad\nother\n", place: "other"},
		"somebody tries again in vain": {full: []string{"out", "TMP"}, in: "\n\n", err: "out is full; nor in"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			var talk bytes.Buffer
			r := &refuge{name: "plant-1", talk: &talk}
			if c.in != "-" {
				r.in = bufio.NewReader(strings.NewReader(c.in))
			}
			written := ""
			place, err := r.keep("out", func(dir string) error {
				base := filepath.Base(dir)
				if strings.HasPrefix(base, "floorsim-plant-1-") {
					base = "TMP"
				}
				if slices.Contains(c.full, base) {
					return errors.New(dir + " is full")
				}
				written = dir
				return nil
			})
			if c.place == "TMP" && filepath.Dir(place) != os.TempDir() || c.place != "TMP" && place != c.place || place != written {
				t.Errorf("it is in %q, written to %q, want %q", place, written, c.place)
			}
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
			if h, is := errors.AsType[*hinted](err); c.hint != "" && (!is || !strings.Contains(h.hint, c.hint)) {
				t.Errorf("hint of %v, want %q", err, c.hint)
			}
			if left, _ := os.ReadDir(os.TempDir()); c.place != "TMP" && len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			if asked := strings.Contains(talk.String(), "press Enter"); asked != (c.in != "-") {
				t.Errorf("asked: %t: %s", asked, talk.String())
			}
		})
	}
}

// TestRefugeTriesAgain: who has made room presses Enter.
func TestRefugeTriesAgain(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "gone"))
	tries := 0
	r := &refuge{talk: new(bytes.Buffer), in: bufio.NewReader(strings.NewReader("\n\n"))}
	place, err := r.keep("out", func(string) error {
		if tries++; tries < 3 {
			return errors.New("full")
		}
		return nil
	})
	if place != "out" || err != nil || tries != 3 {
		t.Errorf("in %q after %d tries: %v", place, tries, err)
	}
}

// TestRunIsKept: a run whose folder turns out to be a file at its end prints its summary and is kept.
func TestRunIsKept(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	out := filepath.Join(t.TempDir(), "out")
	code, said, talk := floorsim("run", "one-plant", "--set", "duration=100ms", "--set", "checks={settle: 10s, rest: 0s}",
		"--out", out, "--cpuprofile", out)
	kept, err := filepath.Glob(filepath.Join(os.TempDir(), "floorsim-out-*"))
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept %q, %v: %s", kept, err, talk)
	}
	for _, want := range []string{"error: " + out + ": not a directory", "hint: all of it is in " + kept[0]} {
		if !strings.Contains(talk, want) {
			t.Errorf("nothing of %q in %s", want, talk)
		}
	}
	if code != exitBroken || !strings.Contains(said, "held: agreement") || !strings.Contains(said, "results in "+kept[0]) {
		t.Errorf("exit code %d: %s", code, said)
	}
	if _, err := result.Read(kept[0]); err != nil {
		t.Error(err)
	}
}

// TestWritable: a folder is tried without leaving anything.
func TestWritable(t *testing.T) {
	home := t.TempDir()
	file := filepath.Join(home, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writable(filepath.Join(home, "a", "b")); err != nil {
		t.Error(err)
	}
	if err := writable(filepath.Join(file, "b")); err == nil || !strings.Contains(err.Error(), "file/b: it cannot be written: not a directory") {
		t.Errorf("below a file: %v", err)
	}
	if left, err := os.ReadDir(home); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestTogether: what was found counts, and what could not be written is told.
func TestTogether(t *testing.T) {
	full := errors.New("full")
	for _, c := range []struct{ finished, kept, want error }{
		{nil, nil, nil},
		{errFailed, nil, errFailed},
		{nil, full, full},
		{errFailed, full, full},
	} {
		got := together(c.finished, c.kept)
		if !errors.Is(got, c.want) || errors.Is(c.want, full) && errors.Is(got, errFailed) {
			t.Errorf("%v and %v make %v, want %v", c.finished, c.kept, got, c.want)
		}
	}
}

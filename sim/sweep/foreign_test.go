package sweep

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestForeignFolders: a sweep moves in where nobody lives, or where it began to, and nowhere else.
func TestForeignFolders(t *testing.T) {
	s := mustSweep(t, fakePoints(2, nil))
	whole := mustFolder(t, t.TempDir(), s)
	points, err := os.ReadFile(filepath.Join(whole.dir, pointsName))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		files map[string]string // a name that ends in / is a folder
		want  string            // what is foreign; "": nothing
	}{
		"empty":                  {},
		"killed at once":         {files: map[string]string{"points/": "", ".partial-17": "name: te"}},
		"killed before its end":  {files: map[string]string{"points/": "", scenarioName: testScenario, pointsName: string(points)}},
		"another's scenario":     {files: map[string]string{scenarioName: "name: mine"}, want: "not of this sweep: scenario.yaml"},
		"another's points":       {files: map[string]string{pointsName: "{}"}, want: "not of this sweep: points.jsonl"},
		"another's jobs":         {files: map[string]string{"points/": "", "points/mine": ""}, want: "not of this sweep: points/"},
		"points is a file":       {files: map[string]string{"points": ""}, want: "not of this sweep: points"},
		"something else":         {files: map[string]string{"thesis.tex": ""}, want: "not of this sweep: thesis.tex"},
		"one run":                {files: map[string]string{"run.json": "{}", "chain.parquet": ""}, want: "the results of one run"},
		"a scenario as a folder": {files: map[string]string{scenarioName + "/": ""}, want: "not of this sweep: scenario.yaml"},
		"no JSON":                {files: map[string]string{aboutName: "PAR1"}, want: aboutName + ":1:1: no JSON"},
		"another type":           {files: map[string]string{aboutName: `{"points": "x"}`}, want: aboutName + ":1:14: points: it is a text; expected a whole number"},
		"sweep.json is a folder": {files: map[string]string{aboutName + "/": ""}, want: aboutName + ": it is a folder, not a file"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range c.files {
				path := filepath.Join(dir, file)
				err := os.MkdirAll(filepath.Dir(path), 0o755)
				if strings.HasSuffix(file, "/") {
					err = errors.Join(err, os.MkdirAll(path, 0o755))
				} else {
					err = errors.Join(err, os.WriteFile(path, []byte(text), 0o600))
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			_, err := Open(dir, s)
			if c.want == "" {
				if err != nil {
					t.Error(err)
				} else if _, err := OpenAny(dir); err != nil {
					t.Error(err)
				}
				return
			}
			if wrong, is := errors.AsType[*FolderError](err); !is || !strings.Contains(wrong.Error(), c.want) || wrong.Hint() == "" {
				t.Errorf("got %v, want %q and a hint", err, c.want)
			}
			if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) > len(c.files) {
				t.Errorf("written all the same: %v, %v", left, err)
			}
		})
	}
	if _, err := Open(filepath.Join(whole.dir, aboutName, "below"), s); err == nil {
		t.Error("a folder below a file")
	}
}

// TestForeignOutcomes: what no run of a job can have left is refused with its place and a remedy.
func TestForeignOutcomes(t *testing.T) {
	for name, c := range map[string]struct{ old, with, want string }{
		"torn":            {"}\n", "", "result.json:"},
		"unknown key":     {`"state"`, `"stat"`, `unknown key "stat"`},
		"unknown state":   {`"fine"`, `"great"`, `state: "great" is none; expected "fine", "violated" or "failed"`},
		"wrong type":      {`"worker": "here"`, `"worker": 7`, "worker: it is a number; expected a text"},
		"another index":   {`"index": 1`, `"index": 7000000`, `it is of point "p1" (index 7000000`},
		"another job":     {`"job": 1`, `"job": 0`, "it is of job 0 of the sweep"},
		"no fingerprint":  {`"fingerprint": "f"`, `"fingerprint": ""`, "a fingerprint of 0 bytes"},
		"a list":          {`"summary": {}`, `"summary": [1]`, "summary is no JSON object"},
		"no summary":      {`"summary": {}`, `"summary": null`, "summary is no JSON object"},
		"another's point": {`"id": "p1"`, `"id": "p0"`, `it is of point "p0"`},
	} {
		t.Run(name, func(t *testing.T) {
			f := mustFolder(t, t.TempDir(), mustSweep(t, fakePoints(2, nil)))
			o := f.sweep.outcome(1)
			o.Worker = "here"
			o.finish(Result{Fingerprint: "f", Summary: []byte("{}")})
			if err := f.Save(o, nil); err != nil {
				t.Fatal(err)
			}
			if _, ok, err := f.Outcome(1); !ok || err != nil {
				t.Fatalf("as it was: %t, %v", ok, err)
			}
			path := filepath.Join(f.JobDir(1), "result.json")
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			spoilt := strings.Replace(string(text), c.old, c.with, 1)
			if spoilt == string(text) {
				t.Fatalf("no %q in %s", c.old, text)
			}
			if err := os.WriteFile(path, []byte(spoilt), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err = f.Outcomes()
			if wrong, is := errors.AsType[*FolderError](err); !is || !strings.Contains(wrong.Error(), c.want) || !strings.Contains(wrong.Hint(), f.JobDir(1)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

package result_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/resulttest"
)

// contents returns the files of a folder by name.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		out[d.Name()] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func write(t *testing.T, o resulttest.Options) (dir string, run *result.Run) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "run")
	run = resulttest.Run(t, o)
	if err := result.Write(dir, run, false); err != nil {
		t.Fatal(err)
	}
	return dir, run
}

// TestFolderComesBack: what is read is what was written.
func TestFolderComesBack(t *testing.T) {
	for _, logged := range []bool{false, true} {
		dir, run := write(t, resulttest.Options{Seed: 7, Logged: logged, Wall: time.Second})
		got, err := result.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		run.Summary.Files, run.Summary.EventLog = got.Summary.Files, got.Summary.EventLog
		if (got.Summary.EventLog != nil) != logged || len(got.Events) > 0 != logged {
			t.Errorf("asked for a log: %t, got %v and %d events", logged, got.Summary.EventLog, len(got.Events))
		}
		if !logged {
			got.Asked, run.Asked = nil, nil
		}
		if diff := cmp.Diff(got, run, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("read and written differ:\n%s", diff)
		}
		if left, err := filepath.Glob(filepath.Join(filepath.Dir(dir), ".*")); err != nil || len(left) > 0 {
			t.Errorf("left beside the folder: %q, %v", left, err)
		}
	}
}

// TestSameRunSameBytes: all files but the machine part of run.json.
func TestSameRunSameBytes(t *testing.T) {
	one, _ := write(t, resulttest.Options{Seed: 7, Logged: true, Wall: time.Second, Workers: 1})
	two, _ := write(t, resulttest.Options{Seed: 7, Logged: true, Wall: time.Minute, Workers: 2})
	a, b := contents(t, one), contents(t, two)
	for _, files := range []map[string]string{a, b} {
		files["run.json"], _, _ = strings.Cut(files["run.json"], `"machine": {`)
	}
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("two writings differ:\n%s", diff)
	}
	if len(a) != 11 {
		t.Errorf("%d files", len(a))
	}
}

// TestPartitionsDoNotMatter: all that sums up is the same however the nodes are divided.
func TestPartitionsDoNotMatter(t *testing.T) {
	one, two := resulttest.Run(t, resulttest.Options{Seed: 9}), resulttest.Run(t, resulttest.Options{Seed: 9, Halves: true})
	for _, run := range []*result.Run{one, two} {
		run.Chain, run.Summary.Fingerprint, run.Summary.Partitions = nil, "", 0
		for i := range run.Series {
			run.Series[i].Pending, run.Series[i].ReplicaBytes = 0, 0 // each partition has its own
		}
	}
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("one and two partitions differ:\n%s", diff)
	}
}

// TestDamageIsSeen: whatever happens to a folder, reading says where and what to do.
func TestDamageIsSeen(t *testing.T) {
	replace := func(old, with string) func([]byte) []byte {
		return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(with), 1) }
	}
	for name, c := range map[string]struct {
		file   string
		change func([]byte) []byte
		want   string
		hint   string
	}{
		"torn":         {"series.parquet", func(b []byte) []byte { return b[:len(b)/2] }, "series.parquet: it is ", "copy it again"},
		"flipped":      {"deliveries.parquet", func(b []byte) []byte { b[len(b)/2] ^= 4; return b }, "deliveries.parquet: its SHA-256 is ", "copy it again"},
		"gone":         {"nodes.parquet", nil, "nodes.parquet: no such file", "copy it again"},
		"edited":       {"scenario.yaml", replace("4", "5"), "scenario.yaml: its SHA-256 is ", "copy it again"},
		"torn summary": {"run.json", func(b []byte) []byte { return b[:len(b)/2] }, "run.json:", "copy it again"},
		"no summary":   {"run.json", nil, "run.json: no such file", "name a folder that floorsim run wrote"},
		"unknown key":  {"run.json", replace(`"seed"`, `"sed"`), `run.json:4:3: unknown key "sed"`, "copy it again"},
		"wrong type":   {"run.json", replace(`"seed": 7`, `"seed": "x"`), `run.json:4:13: seed: it is a text; expected a whole number from 0 on`, "copy it again"},
		"no schema":    {"run.json", replace(`"schema": 2,`, ``), `there is no "schema"`, "name a folder"},
		"other schema": {"run.json", replace(`"schema": 2,`, `"schema": 1,`), `its schema is 1, this program reads 2`, `use the build that wrote it, "v1.2.3"`},
		"no kinds":     {"run.json", replace(`"block",`+"\n    \"batch\",\n    \"cosignature\"", ``), "0 kinds of messages", "copy it again"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := write(t, resulttest.Options{Seed: 7})
			path := filepath.Join(dir, c.file)
			text, err := os.ReadFile(path)
			if err == nil && c.change == nil {
				err = os.Remove(path)
			} else if err == nil {
				err = os.WriteFile(path, c.change(text), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			_, err = result.Read(dir)
			wrong, is := errors.AsType[*result.FolderError](err)
			if !is || !strings.Contains(wrong.Error(), c.want) || !strings.Contains(wrong.Hint(), c.hint) {
				t.Errorf("got %v (%+v), want %q and a hint %q", err, wrong, c.want, c.hint)
			}
		})
	}
}

// TestRowsAreChecked: a folder whose hashes are right may still hold nonsense.
func TestRowsAreChecked(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*result.Run)
		want  string
	}{
		"time falls":      {func(r *result.Run) { r.Series[3].At = 0 }, "series.parquet: row 3: instant 0s comes after"},
		"unknown kind":    {func(r *result.Run) { r.Traffic[2].Kind = "blok" }, `traffic.parquet: row 2: kind "blok" is not in run.json`},
		"unknown role":    {func(r *result.Run) { r.Nodes[1].Role = "king" }, `nodes.parquet: row 1: role "king" is not in run.json`},
		"too few nodes":   {func(r *result.Run) { r.Nodes = r.Nodes[1:] }, "nodes.parquet: it holds 5 nodes, run.json says 6"},
		"bucket backward": {func(r *result.Run) { r.Distributions[0].Buckets[1].High = 0 }, "latencies.parquet: row 1: bucket"},
		"early delivery":  {func(r *result.Run) { r.Deliveries[0].At = -1 }, "deliveries.parquet: row 0: message"},
		"chain backward":  {func(r *result.Run) { r.Chain = append(r.Chain, r.Chain[0]) }, "chain.parquet: row "},
		"round falls":     {func(r *result.Run) { r.Blocks[9].Round = 0 }, "blocks.parquet: row 9: round 0 comes after"},
		"unknown window":  {func(r *result.Run) { r.Blocks[9].Window = 1 }, "blocks.parquet: row 9: window 1 of 1"},
		"unknown act":     {func(r *result.Run) { r.Events[4].Act = 99 }, `events.parquet: row 4: there is no act "?"`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			run := resulttest.Run(t, resulttest.Options{Seed: 7, Logged: true})
			c.spoil(run)
			if err := result.Write(dir, run, false); err != nil {
				t.Fatal(err)
			}
			if _, err := result.Read(dir); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestNothingIsOverwritten unless it is asked for, and never what holds no results.
func TestNothingIsOverwritten(t *testing.T) {
	dir, run := write(t, resulttest.Options{Seed: 7})
	err := result.Write(dir, run, false)
	if wrong, is := errors.AsType[*result.FolderError](err); !is || !strings.Contains(wrong.Hint(), "--replace") {
		t.Errorf("results are there: %v", err)
	}
	if result.Room(dir, false) == nil || result.Room(dir, true) != nil {
		t.Errorf("room where results are: %v, to replace them: %v", result.Room(dir, false), result.Room(dir, true))
	}
	if left, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(left) != 1 {
		t.Errorf("beside the results lies %v, %v", left, err)
	}
	run.Summary.Seed = 8
	if err := result.Write(dir, run, true); err != nil {
		t.Errorf("replace: %v", err)
	}
	if got, err := result.Read(dir); err != nil || got.Summary.Seed != 8 {
		t.Errorf("after replacing: %v", err)
	}
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "thesis.tex"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := result.Write(home, run, true); err == nil || len(contents(t, home)) != 1 {
		t.Errorf("a folder of other things: %v, %v", err, contents(t, home))
	}
	file := filepath.Join(home, "thesis.tex")
	for _, path := range []string{file, filepath.Join(file, "below")} {
		if wrong, is := errors.AsType[*result.FolderError](result.Room(path, true)); !is || wrong.Place != path {
			t.Errorf("room at %s: %v", path, result.Room(path, true))
		}
	}
}

// TestAnEmptyFolderIsFilled where it lies: it may be where a disk is mounted.
func TestAnEmptyFolderIsFilled(t *testing.T) {
	dir := t.TempDir()
	before, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := result.Room(dir, false); err != nil {
		t.Fatal(err)
	}
	if left := contents(t, dir); len(left) > 0 {
		t.Errorf("asking for room leaves %d files", len(left))
	}
	if err := result.Write(dir, resulttest.Run(t, resulttest.Options{Seed: 7}), false); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(dir); err != nil || !os.SameFile(before, after) {
		t.Errorf("another folder took its place: %v", err)
	}
	if _, err := result.Read(dir); err != nil {
		t.Error(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}

// TestExport: each table with the names of its columns.
func TestExport(t *testing.T) {
	dir := t.TempDir()
	paths, err := result.Export(dir, resulttest.Run(t, resulttest.Options{Seed: 7, Logged: true}))
	if err != nil || len(paths) != 9 {
		t.Fatalf("%q, %v", paths, err)
	}
	files := contents(t, dir)
	for name, want := range map[string]string{
		"series.csv":    "at_ns,width_ns,accepted,final,commits,round,pending_events,replica_bytes,latencies,p50_ns,p90_ns,p99_ns,max_ns\n0,100000000,",
		"blocks.csv":    "window,id,round,author,at_ns,parents\n0,1,1,0,",
		"decisions.csv": "window,round,author,committed,block,at_ns\n0,1,1,true,2,",
		"traffic.csv":   "at_ns,kind,messages,bytes\n0,block,",
	} {
		if !strings.HasPrefix(files[name], want) {
			t.Errorf("%s begins with %.120q, want %q", name, files[name], want)
		}
	}
	if !strings.Contains(files["blocks.csv"], ",1 2 3\n") {
		t.Errorf("no block with its parents in %.300q", files["blocks.csv"])
	}
}

package sweep

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRunHereAndMerge: jobs run one by one into two folders, and merged.
func TestRunHereAndMerge(t *testing.T) {
	list := mustSweep(t, fakePoints(5, map[int]string{3: scenarioFail}))
	left, right := mustFolder(t, t.TempDir(), list), mustFolder(t, t.TempDir(), list)
	for job := range list.Jobs() {
		f := left
		if job%2 == 1 {
			f = right
		}
		if _, err := f.RunHere(t.Context(), job, "w", fakeRun, 2); err != nil {
			t.Fatal(err)
		}
	}
	o, _, err := right.Outcome(3)
	if err != nil || o.State != Failed || o.Attempts != 2 {
		t.Errorf("got %+v, %v", o, err)
	}
	forbidden := func(context.Context, Point, string, func(float64)) (Result, error) {
		return Result{}, errors.New("run again")
	}
	if o, err := left.RunHere(t.Context(), 0, "w", forbidden, 1); err != nil || o.State != Fine {
		t.Errorf("a job that is there: got %+v, %v", o, err)
	}
	if _, err := left.RunHere(t.Context(), list.Jobs(), "w", fakeRun, 1); err == nil || !strings.Contains(err.Error(), "from 0 to 5") {
		t.Errorf("a job that is not: got %v", err)
	}
	if r, err := left.Report(); err != nil || len(r.Missing) != 3 || r.Good() || !strings.Contains(r.String(), "3 of 6 jobs are missing") {
		t.Errorf("before merging: %v, %v", r, err)
	}
	again, err := OpenAny(right.Dir())
	if err != nil {
		t.Fatal(err)
	}
	if n, err := left.Merge(again); err != nil || n != 3 {
		t.Errorf("copied %d, %v", n, err)
	}
	if r, err := left.Report(); err != nil || len(r.Missing) != 0 || r.Fine != 4 || r.Failed != 1 {
		t.Errorf("after merging: %v, %v", r, err)
	}
	if text, err := os.ReadFile(filepath.Join(left.JobDir(1), "run", "run.txt")); err != nil || string(text) != "p1" {
		t.Errorf("merged %q, %v", text, err)
	}
}

// TestMergeOfAnother: another sweep, another build and another result are told.
func TestMergeOfAnother(t *testing.T) {
	list := mustSweep(t, fakePoints(2, nil))
	f := mustFolder(t, t.TempDir(), list)
	if _, err := f.RunHere(t.Context(), 0, "w", fakeRun, 1); err != nil {
		t.Fatal(err)
	}
	stranger := mustFolder(t, t.TempDir(), mustSweep(t, fakePoints(3, nil)))
	if _, err := f.Merge(stranger); err == nil {
		t.Error("another sweep was merged")
	}
	liar := mustFolder(t, t.TempDir(), list)
	if _, err := liar.RunHere(t.Context(), 0, "w", func(ctx context.Context, p Point, dir string, progress func(float64)) (Result, error) {
		r, err := fakeRun(ctx, p, dir, progress)
		r.Fingerprint = "another"
		return r, err
	}, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Merge(liar); err == nil || !strings.Contains(err.Error(), "NOT REPRODUCIBLE") {
		t.Errorf("another result: got %v", err)
	}
}

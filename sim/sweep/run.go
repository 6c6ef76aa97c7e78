package sweep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// A Run runs a point. It may leave files in dir, an empty folder of its own,
// and says how far it is, from 0 to 1, when it likes; an error means that the
// point could not be run, and it will be tried again. It stops early when the
// context ends.
type Run func(ctx context.Context, p Point, dir string, progress func(part float64)) (Result, error)

// A Result is what a run came to. Fingerprint and Summary must follow from the
// point alone.
type Result struct {
	Fingerprint string          // equal for equal runs
	Summary     json.RawMessage // a JSON object: quantiles and the like; its leaves become columns
	Violated    string          // what the run found to be wrong, "" if nothing; it is not tried again
}

// A State is how a job ended.
type State string

// The states.
const (
	Fine     State = "fine"
	Violated State = "violated" // it ran, and a property did not hold
	Failed   State = "failed"   // it could not be run
)

// An Outcome is how a job ended, with everything known about it. It is the file
// result.json in a point's folder.
type Outcome struct {
	Sweep       string            `json:"sweep"`
	Build       string            `json:"build"`
	Job         int               `json:"job"`
	Index       int               `json:"index"` // of the point
	ID          string            `json:"id"`    // of the point
	Seed        uint64            `json:"seed"`
	Axes        map[string]string `json:"axes,omitempty"`
	Repeat      int               `json:"repeat,omitempty"`
	Again       bool              `json:"again,omitempty"` // the second run of its point
	State       State             `json:"state"`
	Error       string            `json:"error,omitempty"`
	Fingerprint string            `json:"fingerprint,omitempty"`
	Summary     json.RawMessage   `json:"summary,omitempty"`
	Worker      string            `json:"worker"`
	Attempts    int               `json:"attempts"`
	WallSeconds float64           `json:"wall_seconds"`
}

// outcome returns what is known of a job before it runs.
func (s *Sweep) outcome(job int) Outcome {
	index, again := s.place(job)
	p := s.Points[index]
	return Outcome{
		Sweep: s.ID(), Build: s.Build, Job: job, Index: index,
		ID: p.ID, Seed: p.Seed, Axes: p.Axes, Repeat: p.Repeat, Again: again,
	}
}

// validate refuses what no run of a job can have left. want is what is known of it before.
func (o *Outcome) validate(want Outcome) error {
	switch {
	case o.ID != want.ID || o.Index != want.Index || o.Again != want.Again || o.Seed != want.Seed:
		return fmt.Errorf("it is of point %q (index %d, seed %d), not of %q (index %d, seed %d)", o.ID, o.Index, o.Seed, want.ID, want.Index, want.Seed)
	case o.State != Fine && o.State != Violated && o.State != Failed:
		return fmt.Errorf("state: %q is none; expected %q, %q or %q", o.State, Fine, Violated, Failed)
	case o.State == Failed:
		return nil
	}
	return (&Result{Fingerprint: o.Fingerprint, Summary: o.Summary}).validate()
}

// fail records that a job could not be run.
func (o *Outcome) fail(err error) {
	o.State = Failed
	o.Error = clip(err.Error())
}

// finish records what a run returned.
func (o *Outcome) finish(r Result) {
	o.State, o.Fingerprint, o.Summary = Fine, r.Fingerprint, r.Summary
	if r.Violated != "" {
		o.State, o.Error = Violated, clip(r.Violated)
	}
}

// clip cuts an error to what may travel.
func clip(text string) string {
	if len(text) > maxErrorBytes {
		return text[:maxErrorBytes] + " …"
	}
	return text
}

// try runs a point once. A panic is an error like any other, with its stack:
// the next point must not suffer from it.
func try(ctx context.Context, run Run, p Point, dir string, timeout time.Duration, progress func(float64)) (r Result, err error) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	r, err = run(limited, p, dir, progress)
	switch {
	case err != nil && ctx.Err() == nil && limited.Err() != nil:
		return r, fmt.Errorf("not finished after %v: %w", timeout, err)
	case err != nil:
		return r, err
	}
	return r, r.validate()
}

func (r *Result) validate() error {
	switch {
	case r.Fingerprint == "" || len(r.Fingerprint) > maxNameBytes:
		return fmt.Errorf("the run has a fingerprint of %d bytes, 1 to %d are allowed", len(r.Fingerprint), maxNameBytes)
	case len(r.Summary) > maxSummaryBytes:
		return fmt.Errorf("the run has a summary of %d bytes, %d are allowed: leave more in its folder", len(r.Summary), maxSummaryBytes)
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(r.Summary, &object); err != nil || object == nil {
		return errors.New("the run's summary is no JSON object")
	}
	return nil
}

package cli

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/scenario"
	"github.com/floormesh/floormesh/sim/sweep"
)

// execute runs one point of a sweep and leaves what floorsim run would.
func execute(ctx context.Context, p sweep.Point, dir string, progress func(float64)) (sweep.Result, error) {
	s, err := scenario.Read([]scenario.Source{{Name: p.ID, Text: p.Scenario}})
	if err != nil {
		return sweep.Result{}, err
	}
	told := &teller{progress: progress, until: s.Duration}
	run, err := perform(ctx, s, func(*sim.Experiment, int) (func(sim.Tally), func()) { return told.tell, func() {} })
	if err != nil {
		return sweep.Result{}, err
	}
	if err := result.Write(dir, run, false); err != nil {
		return sweep.Result{}, err
	}
	var text bytes.Buffer
	printJSON(&text, run.Brief())
	r := sweep.Result{Fingerprint: run.Summary.Fingerprint, Summary: text.Bytes()}
	if failed := run.Summary.Failed(); len(failed) > 0 {
		r.Violated = fmt.Sprintf("%s after %v: %s", failed[0].Checker, failed[0].At, failed[0].Detail)
	}
	return r, nil
}

// teller passes on how far a run is.
type teller struct {
	progress func(float64)
	until    time.Duration
	next     time.Time
}

// tellEvery is how often a run of a sweep says how far it is.
const tellEvery = time.Second

func (t *teller) tell(p sim.Tally) {
	if now := time.Now(); now.After(t.next) {
		t.next = now.Add(tellEvery)
		t.progress(min(1, max(0, p.Now.Seconds()/t.until.Seconds())))
	}
}

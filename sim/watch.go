package sim

import (
	"errors"
	"time"

	"github.com/floormesh/floormesh/sim/engine"
)

// Tally is what an experiment has come to so far.
type Tally struct {
	Now        time.Duration // virtual
	Submitted  int           // records, counted in each site
	Final      int
	Commits    int
	Checked    int // properties
	Violations int
	Phase      string // of the site that is furthest behind: working, settling, resting or over
}

// ErrStopped says that whoever watched wanted no more.
var ErrStopped = errors.New("stopped before the end")

// watchSlice is how much virtual time passes between two looks. Sites meet as
// often, so that looking is never why one waits.
const watchSlice = sitesMeet

// Watch has a function told what the experiment has come to, again and again, while
// nothing runs. It may end the run by returning false, and changes no result otherwise.
func (x *Experiment) Watch(each func(Tally) (more bool)) { x.watch = each }

// advance runs the engine to its end.
func (x *Experiment) advance() error {
	if x.watch == nil {
		_, err := x.engine.Run(engine.Never)
		return err
	}
	for until := watchSlice; ; until += watchSlice {
		reason, err := x.engine.Run(until)
		if err != nil {
			return err
		}
		if !x.watch(x.tally(until)) {
			return ErrStopped
		}
		if reason != engine.Reached {
			return nil
		}
	}
}

// tally sums up all sites.
func (x *Experiment) tally(now engine.Instant) Tally {
	t := Tally{Now: time.Duration(now), Checked: len(checked(x.scenario))}
	behind := over
	for _, w := range x.sites {
		t.Submitted += w.load.made
		t.Final += w.checks.Finals()
		t.Commits += w.checks.Commits()
		t.Violations += len(w.checks.Violations())
		behind = min(behind, w.phase.name)
	}
	t.Phase = behind.String()
	return t
}

package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/scenario"
)

type runCommand struct {
	scenarioFlags
	Seed    *uint64 `help:"The seed, in place of the scenario's."`
	Workers *int    `help:"Goroutines that share the run, in place of the scenario's; 0 means one per core. The result is the same."`
	Out     string  `placeholder:"DIR" help:"Folder for the results; default: results/NAME-SEED."`
	Replace bool    `help:"Replace results that are there already."`
	Quiet   bool    `short:"q" help:"Say nothing while it runs."`

	profileFlags
}

// Run runs a scenario.
func (c *runCommand) Run(s streams) error {
	if c.Seed != nil {
		c.Set = append(c.Set, fmt.Sprintf("seed=%d", *c.Seed))
	}
	if c.Workers != nil {
		c.Set = append(c.Set, fmt.Sprintf("workers=%d", *c.Workers))
	}
	d, err := c.document()
	if err != nil {
		return err
	}
	resolved, err := d.Resolve()
	if err != nil {
		return wrong(err)
	}
	out := c.Out
	if out == "" {
		out = filepath.Join("results", fmt.Sprintf("%s-%d", resolved.Name, resolved.Seed))
	}
	if err := result.Room(out, c.Replace); err != nil { // now, not after hours
		return err
	}
	run, err := c.perform(s, resolved)
	if run == nil {
		return err
	}
	place, lost := newRefuge(s, filepath.Base(out)).keep(out, func(dir string) error {
		return result.Write(dir, run, c.Replace && dir == out)
	})
	summariseRun(s.out, run, place) // whatever became of the files
	if err = errors.Join(err, lost); err == nil && len(run.Summary.Failed()) > 0 {
		return errFailed
	}
	return err
}

// perform runs a resolved scenario, shows how far it is, and profiles it if that is asked for. A run beside an
// error is whole; only its profile is not.
func (c *runCommand) perform(s streams, resolved *scenario.Scenario) (*result.Run, error) {
	if unused := sim.Unused(resolved); len(unused) > 0 {
		fmt.Fprintf(s.talk, "floorsim: note: sites say nothing to each other yet: %s change nothing\n", strings.Join(unused, ", "))
	}
	defer tradeMemory()()
	ctx, stop := interruptible()
	defer stop()
	profiled, err := c.start()
	if err != nil {
		return nil, err
	}
	var experiment *sim.Experiment
	shown := newDisplay(s.talk, c.Quiet)
	run, err := perform(ctx, resolved, func(x *sim.Experiment, workers int) (func(sim.Tally), func()) {
		experiment = x
		return watchRun(ctx, shown, x, resolved, workers)
	})
	err = errors.Join(err, profiled())
	runtime.KeepAlive(experiment) // for the profile of the memory
	if errors.Is(err, context.Canceled) {
		return nil, &hinted{errors.New("stopped before the end, so nothing was written"), "a run is whole or not at all; --set duration=10s makes a shorter one"}
	}
	return run, err
}

// watcher begins to watch an experiment: tell is called between its events, stop when it
// is over.
type watcher func(x *sim.Experiment, workers int) (tell func(sim.Tally), stop func())

// perform runs a resolved scenario and measures what that cost.
func perform(ctx context.Context, resolved *scenario.Scenario, watch watcher) (*result.Run, error) {
	build, err := buildID()
	if err != nil {
		return nil, err
	}
	defer guardMemory(roomHere, outgrown)()
	workers := resolved.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	// Not part of what the results say: any number gives the same.
	resolved.Workers = 0
	x, err := sim.NewExperiment(resolved, workers)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	tell, stop := watch(x, workers)
	x.Watch(func(t sim.Tally) bool {
		tell(t)
		return ctx.Err() == nil
	})
	run, err := x.Run(build)
	stop()
	switch {
	case errors.Is(err, sim.ErrStopped):
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	}
	run.Summary.Machine = result.Machine{
		Wall: time.Since(began), Peak: peakMemory(), Workers: workers, Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	return run, nil
}

// summariseRun tells what a run came to, and where its results are, if anywhere.
func summariseRun(out io.Writer, run *result.Run, dir string) {
	var text bytes.Buffer
	r := &run.Summary
	wall := r.Machine.Wall
	fmt.Fprintf(&text, "%s, seed %d: %s in %s, %v of virtual time in %v (%.2f ×), %.0f events/s, %d MiB\n",
		r.Scenario, r.Seed, plural(r.Nodes, "node"), plural(r.Partitions, "site"), r.Duration.Round(time.Millisecond), wall.Round(time.Millisecond),
		r.Duration.Seconds()/wall.Seconds(), float64(r.Events)/wall.Seconds(), r.Machine.Peak>>20)
	fmt.Fprintf(&text, "%d records stored, %d final; %d commits, %d rounds\n", r.Accepted, r.Final, r.Commits, r.Rounds)
	for _, q := range r.Quantiles {
		fmt.Fprintf(&text, "  %-24s p50 %-9v p99 %-9v max %v\n", q.Name, digits(q.P50), digits(q.P99), digits(q.Max))
	}
	var held []string
	for _, v := range r.Verdicts {
		if v.Held {
			held = append(held, v.Checker)
		} else {
			fmt.Fprintf(&text, "  VIOLATED %s after %v: %s\n", v.Checker, v.At, v.Detail)
		}
	}
	fmt.Fprintf(&text, "held: %s\n", strings.Join(held, ", "))
	where := "results nowhere"
	if dir != "" {
		where = fmt.Sprintf("results in %s (floorsim report %s)", dir, dir)
	}
	fmt.Fprintf(&text, "fingerprint %s; %s\n", r.Fingerprint, where)
	_, _ = out.Write(text.Bytes())
}

// digits rounds nanoseconds to three digits: more tell nothing.
func digits(ns int64) time.Duration {
	unit := int64(1)
	for ns/unit >= 1000 {
		unit *= 10
	}
	return time.Duration((ns + unit/2) / unit * unit)
}

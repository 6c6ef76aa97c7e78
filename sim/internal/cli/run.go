package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/scenario"
)

type runCommand struct {
	Scenario string   `arg:"" help:"A scenario: a file, or a name of the library."`
	File     []string `short:"f" sep:"none" placeholder:"FILE" help:"Scenarios laid over it, the last on top."`
	Set      []string `sep:"none" placeholder:"KEY=VALUE" help:"Set one value, such as duration=10s. Comes on top of all files."`
	Seed     *uint64  `help:"The seed, in place of the scenario's."`
	Workers  *int     `help:"Goroutines that share the run, in place of the scenario's; 0 means one per core. The result is the same."`
	Out      string   `placeholder:"DIR" help:"Folder for the results; default: results/NAME-SEED."`
	Replace  bool     `help:"Replace results that are there already."`

	profileFlags
}

// Run runs a scenario.
func (c *runCommand) Run(s streams) error {
	flags := scenarioFlags{File: append([]string{c.Scenario}, c.File...), Set: c.Set}
	if c.Seed != nil {
		flags.Set = append(flags.Set, fmt.Sprintf("seed=%d", *c.Seed))
	}
	if c.Workers != nil {
		flags.Set = append(flags.Set, fmt.Sprintf("workers=%d", *c.Workers))
	}
	d, err := flags.document()
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
	if _, err := os.Stat(out); err == nil && !c.Replace {
		return &hinted{fmt.Errorf("%s is there already", out), "--out another folder, or --replace"}
	}
	run, err := runScenario(s, resolved, &c.profileFlags)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return fmt.Errorf("make the results folder: %w", err)
	}
	if err := result.Write(out, run, c.Replace); err != nil {
		return advised(err)
	}
	summariseRun(s.out, run, out)
	if len(run.Summary.Failed()) > 0 {
		return errFailed
	}
	return nil
}

// runScenario runs a resolved scenario and measures what that cost.
func runScenario(s streams, resolved *scenario.Scenario, p *profileFlags) (*result.Run, error) {
	build, err := buildID()
	if err != nil {
		return nil, err
	}
	workers := resolved.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	// Not part of what the results say: any number gives the same.
	resolved.Workers = 0
	defer tradeMemory()()
	profiled, err := p.start()
	if err != nil {
		return nil, err
	}
	x, err := sim.NewExperiment(resolved, workers)
	if err != nil {
		if not, ok := errors.AsType[*sim.UnsupportedError](err); ok {
			return nil, &hinted{err, not.Hint()}
		}
		return nil, err
	}
	began := time.Now()
	watched := watchRun(s.talk, x, resolved, began)
	run, err := x.Run(build)
	watched()
	if err := errors.Join(err, profiled()); err != nil {
		return nil, err
	}
	runtime.KeepAlive(x) // for the profile of the memory
	run.Summary.Machine = result.Machine{
		Wall: time.Since(began), Peak: peakMemory(), Workers: workers, Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	return run, nil
}

// peakMemory returns the most memory that this process has held so far, as far
// as the system tells.
func peakMemory() uint64 {
	if peak := memory("/proc/self/status", "VmHWM: %d kB"); peak > 0 {
		return peak
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Sys
}

// watchRun draws a line of progress on a terminal until the function that it
// returns is called.
func watchRun(talk io.Writer, x *sim.Experiment, s *scenario.Scenario, began time.Time) (stop func()) {
	line := newProgress(talk, 0)
	if line.talk == nil {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticks := time.NewTicker(200 * time.Millisecond)
		defer ticks.Stop()
		for {
			select {
			case <-done:
				line.clear()
				return
			case <-ticks.C:
				line.say(progressOf(x, s, time.Since(began)))
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

func progressOf(x *sim.Experiment, s *scenario.Scenario, took time.Duration) string {
	p := x.Progress()
	now := time.Duration(p.Now)
	left := "settling"
	if now > 0 && now < s.Duration {
		eta := time.Duration(float64(took) * (float64(s.Duration)/float64(now) - 1))
		left = "ETA " + eta.Round(time.Second).String()
	}
	return fmt.Sprintf("%v, %.2f × real time, %.0f events/s, %d pending, %s",
		min(now, 1<<62).Round(time.Millisecond), now.Seconds()/took.Seconds(), float64(p.Events)/took.Seconds(), p.Pending, left)
}

// say shows a line in place of the one before.
func (p *progress) say(line string) {
	p.width = max(p.width, len(line))
	fmt.Fprintf(p.talk, "\r%-*s", p.width, line)
}

// summariseRun tells what a run came to.
func summariseRun(out io.Writer, run *result.Run, dir string) {
	var text bytes.Buffer
	r := &run.Summary
	wall := r.Machine.Wall
	fmt.Fprintf(&text, "%s, seed %d: %d nodes in %d sites, %v of virtual time in %v (%.2f ×), %.0f events/s, %d MiB\n",
		r.Scenario, r.Seed, r.Nodes, r.Partitions, r.Duration.Round(time.Millisecond), wall.Round(time.Millisecond),
		r.Duration.Seconds()/wall.Seconds(), float64(r.Events)/wall.Seconds(), r.Machine.Peak>>20)
	fmt.Fprintf(&text, "%d records stored, %d final; %d commits, %d rounds\n", r.Accepted, r.Final, r.Commits, r.Rounds)
	for _, q := range r.Quantiles {
		fmt.Fprintf(&text, "  %-24s p50 %-12v p99 %-12v max %v\n", q.Name, time.Duration(q.P50), time.Duration(q.P99), time.Duration(q.Max))
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
	fmt.Fprintf(&text, "fingerprint %s; results in %s (floorsim report %s)\n", r.Fingerprint, dir, dir)
	_, _ = out.Write(text.Bytes())
}

package twin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Options of Run.
type Options struct {
	Processes int
	Rate      int // records per second, all gateways together
	Duration  time.Duration
	Program   string // floormesh
	Dir       string // where to make a directory for the gateways; "" for a usual place
	// Say tells a person what is being done; nil for nobody.
	Say func(text string)
}

// Validate returns what is wrong with the options.
func (o *Options) Validate() error {
	switch {
	case o.Processes < minProcesses || o.Processes > maxProcesses:
		return fmt.Errorf("%d processes: want %d to %d", o.Processes, minProcesses, maxProcesses)
	case o.Rate < minRate || o.Rate > maxRate:
		return fmt.Errorf("rate %d: want %d to %d records per second", o.Rate, minRate, maxRate)
	case o.Duration < minDuration || o.Duration > maxDuration:
		return fmt.Errorf("duration %s: want %s to %s", o.Duration, minDuration, maxDuration)
	}
	if _, err := exec.LookPath(o.Program); err != nil {
		return fmt.Errorf("%w at %s", ErrProgram, o.Program)
	}
	return nil
}

// Run measures the machine, runs the mesh twice and compares. It leaves nothing
// behind. Errors: ErrProgram, ErrUnsteady, ErrApart, ErrUsage, ErrClock, ErrRecording, ErrDiverged.
func Run(ctx context.Context, o Options) (c *Comparison, err error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	dir, err := makeDir(o.Dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	m, err := o.calibrate(ctx, dir)
	if err != nil {
		return nil, err
	}
	o.Say(fmt.Sprintf("running %d gateways for %s", o.Processes, o.Duration))
	b, j, err := o.runMesh(ctx, filepath.Join(dir, "mesh"), o.Processes, o.Duration)
	if err != nil {
		return nil, err
	}
	m.Others = int(10 * (b.ClientPercent + b.OthersPercent) / float64(m.Cores))
	if err := m.learnMessage(usage{j.work(), b.cpu()}); err != nil {
		return nil, err
	}
	c = &Comparison{Processes: o.Processes, Rate: o.Rate, Duration: o.Duration, Machine: *m, Real: realMesh(b, j, m)}
	o.Say(fmt.Sprintf("simulating %d gateways for %s", o.Processes, o.Duration))
	c.Scenario = m.scenarioText(o.Processes, o.Rate, o.Duration)
	if c.Simulated, err = simulate(ctx, c.Scenario, o.Processes, m); err != nil {
		return nil, err
	}
	c.compare()
	return c, nil
}

// calibrate measures the machine, and what a sync takes.
func (o *Options) calibrate(ctx context.Context, dir string) (*Machine, error) {
	o.Say("measuring disk, loopback and signatures")
	m, err := measureMachine(dir)
	if err != nil {
		return nil, err
	}
	o.Say("measuring one gateway by itself")
	b, j, err := o.runMesh(ctx, filepath.Join(dir, "one"), 1, probeTime)
	if err != nil {
		return nil, err
	}
	m.learnSync(usage{j.work(), b.cpu()})
	return m, nil
}

// makeDir prefers a place that is a disk where /tmp is memory.
func makeDir(parent string) (string, error) {
	if parent == "" {
		if info, err := os.Stat("/var/tmp"); err == nil && info.IsDir() {
			parent = "/var/tmp"
		}
	}
	dir, err := os.MkdirTemp(parent, "floorsim-twin-")
	if err != nil {
		return "", fmt.Errorf("make a directory for the gateways: %w", err)
	}
	return dir, nil
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/floormesh/floormesh/sim/validate/twin"
)

type processesCommand struct {
	Processes int           `default:"20" help:"Gateways, each a process."`
	Rate      int           `default:"20" help:"Records per second, all gateways together."`
	Duration  time.Duration `default:"30s" help:"How long the load lasts."`
	Floormesh string        `placeholder:"PATH" help:"The floormesh program; default: beside floorsim, else in bin, else in PATH."`
	Dir       string        `placeholder:"DIR" help:"Where to keep the gateways' data meanwhile; the disk matters." type:"path"`
	Out       string        `placeholder:"DIR" help:"Folder for the numbers as JSON, the scenario, and figures of both distributions."`
	JSON      bool          `name:"json" help:"Print the comparison as one JSON object."`
}

// Help says what is not in one line.
func (processesCommand) Help() string {
	return "Gateways that are processes, with real disks and connections on this machine, under a steady load; then the " +
		"same as a scenario, made of what this machine takes for it. How long records take until they are stored, delivered and " +
		"final is printed side by side. Let nothing else run meanwhile."
}

// Run runs a mesh of real processes and the same in the simulator, and prints how far the second is off.
func (c *processesCommand) Run(s streams) error {
	o := twin.Options{
		Processes: c.Processes, Rate: c.Rate, Duration: c.Duration, Program: findFloormesh(c.Floormesh), Dir: c.Dir,
	}
	if err := o.Validate(); err != nil {
		return c.explain(err)
	}
	ctx, stop := interruptible()
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	watch := newActivity(s)
	defer watch.close()
	o.Say = watch.say
	found, err := twin.Run(ctx, o)
	watch.close()
	if err != nil {
		return c.explain(err)
	}
	if c.JSON {
		printJSON(s.out, found)
	} else if err := printTwin(s, found); err != nil {
		return err
	}
	if found.Machine.Others > twin.QuietOthers {
		fmt.Fprintf(s.talk, "floorsim: warning: other programs, with their disk at work as well, took %.1f %% of the cores meanwhile: run it again without them\n", float64(found.Machine.Others)/10)
	}
	if c.Out != "" {
		paths, err := found.Write(c.Out)
		for _, p := range paths {
			fmt.Fprintf(s.talk, "floorsim: wrote %s\n", p)
		}
		if err != nil {
			return err
		}
	}
	if !found.Held {
		return errFailed
	}
	return nil
}

// activity says what is being done, and for how long by now.
type activity struct {
	display *display
	texts   chan string
	ended   chan struct{}
	once    sync.Once
}

func newActivity(s streams) *activity {
	a := &activity{display: newDisplay(s.talk, false), texts: make(chan string), ended: make(chan struct{})}
	go a.run()
	return a
}

func (a *activity) run() {
	defer close(a.ended)
	defer a.display.close()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	doing, since := "", time.Now()
	for {
		select {
		case text, more := <-a.texts:
			if !more {
				return
			}
			doing, since = text, time.Now()
			if a.display.size == nil { // each thing once, however quick
				a.display.say(doing)
			}
		case <-second.C:
		}
		if doing != "" {
			line := fmt.Sprintf("%s: %.0f s", doing, time.Since(since).Seconds())
			a.display.show(line, line)
		}
	}
}

// say tells what is begun now.
func (a *activity) say(text string) { a.texts <- text }

// close takes the line away. It may be called twice.
func (a *activity) close() {
	a.once.Do(func() { close(a.texts) })
	<-a.ended
}

// findFloormesh returns where the program is, or most likely should be.
func findFloormesh(named string) string {
	if named != "" {
		return named
	}
	name := "floormesh"
	places := []string{filepath.Join("bin", name)}
	if self, err := os.Executable(); err == nil {
		name += filepath.Ext(self) // .exe
		places = []string{filepath.Join(filepath.Dir(self), name), filepath.Join("bin", name)}
	}
	for _, path := range places {
		if path, err := exec.LookPath(path); err == nil {
			return path
		}
	}
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	return places[0]
}

// explain adds what can be done.
func (c *processesCommand) explain(err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return &hinted{errors.New("interrupted; the gateways have ended"), "floorsim validate processes --duration 10s takes less time"}
	case errors.Is(err, twin.ErrProgram):
		return &hinted{err, "make build first, or --floormesh PATH"}
	case errors.Is(err, twin.ErrUnsteady):
		return &hinted{err, fmt.Sprintf("let nothing else run meanwhile, or give the machine less to do: --rate %d, or --processes %d", max(1, c.Rate/2), max(4, c.Processes/2))}
	case errors.Is(err, twin.ErrApart):
		return &hinted{err, fmt.Sprintf("floormesh bench --gateways %d --rate %d --keep leaves the gateways' data and logs", c.Processes, c.Rate)}
	case errors.Is(err, twin.ErrDiverged):
		return &hinted{err, "make build makes both of the same code"}
	case errors.Is(err, twin.ErrUsage), errors.Is(err, twin.ErrClock), errors.Is(err, twin.ErrRecording):
		return &hinted{err, "run it again on Linux, with nothing else running meanwhile"}
	}
	return &hinted{err, "floorsim validate processes --help"}
}

// printTwin prints what the two meshes came to, side by side.
func printTwin(s streams, c *twin.Comparison) error {
	m := &c.Machine
	fmt.Fprintf(s.out, "%d gateways, %d records/s for %s, on %d cores that all processes share, in the simulator as well\n", c.Processes, c.Rate, c.Duration, m.Cores)
	fmt.Fprintf(s.out, "measured    sync %s (5 %%: %s), loopback one way %s (5 %%: %s), sign %s, verify %s, together %s, hash %s/KiB\n",
		m.FsyncHalf, m.Fsync, m.TripHalf, m.Trip, m.Sign, m.Verify, m.Batched, m.Hash)
	fmt.Fprintf(s.out, "            a sync takes the processor %s (one gateway by itself shows it), a message %s (the mesh itself shows it); others took %.1f %% of the cores\n",
		m.Sync.Round(time.Microsecond), m.Message.Round(time.Microsecond), float64(m.Others)/10)
	for _, mesh := range []struct {
		name string
		*twin.Mesh
	}{{"processes", &c.Real}, {"simulated", &c.Simulated}} {
		fmt.Fprintf(s.out, "%-11s %d records, %.1f rounds/s, %d messages; gateways use %.0f %% of the cores\n",
			mesh.name, mesh.Records, mesh.Rounds, mesh.Messages, mesh.CPUPercent)
		if mesh.Missing > 0 {
			fmt.Fprintf(s.out, "            %d times a record was not seen where it should have been\n", mesh.Missing)
		}
	}
	t := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\t\tprocesses ms\tsimulated ms\terror\tstated\t\t")
	last := twin.Stage("")
	for i := range c.Rows {
		r := &c.Rows[i]
		name, stated, held := "", "", ""
		if r.Stage != last {
			name, last = string(r.Stage), r.Stage
		}
		if r.Bound > 0 {
			stated, held = magnitude(r.Bound), "holds"
			if !r.Held {
				held = "FAILS"
			}
		}
		fmt.Fprintf(t, "%s\tp%d\t%s\t%s\t%s\t%s\t%s\t\n", name, r.Percent, inMillis(r.Real), inMillis(r.Simulated), percent(r.Error), stated, held)
	}
	return t.Flush()
}

func inMillis(d time.Duration) string {
	return fmt.Sprintf("%.2f", float64(d)/float64(time.Millisecond))
}

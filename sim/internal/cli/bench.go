package cli

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/floormesh/floormesh/sim"
)

type benchCommand struct {
	Runs   benchRunsCommand   `cmd:"" help:"Short runs of four gateways, from founding to rest, on one core."`
	Gossip benchGossipCommand `cmd:"" help:"Time gossip among many nodes, on one worker and on several."`
}

type benchRunsCommand struct {
	For    time.Duration `default:"5s" help:"How long to measure."`
	Crypto string        `enum:"oracle,real" default:"oracle" help:"What signatures are made with."`
	JSON   bool          `name:"json" help:"Print one JSON object."`
}

// benchRuns is what the measurement came to.
type benchRuns struct {
	Runs         int     `json:"runs"`
	RunsPerSec   float64 `json:"runs_per_second"`
	Rounds       float64 `json:"rounds_per_run"`
	EventsPerSec float64 `json:"events_per_second"`
	Allocs       uint64  `json:"allocations_per_run"`
	Bytes        uint64  `json:"bytes_per_run"`
}

// Run measures. One core means that of the garbage collector too.
func (c *benchRunsCommand) Run(s streams) error {
	if c.For <= 0 {
		return &hinted{errors.New("nothing would run"), "floorsim bench runs --for 5s"}
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var (
		out            benchRuns
		rounds, events uint64
		before, after  runtime.MemStats
	)
	runtime.ReadMemStats(&before)
	began := time.Now()
	for time.Since(began) < c.For {
		r, err := sim.Run(sim.Brief(uint64(out.Runs+1), c.Crypto), nil)
		if err != nil {
			return err
		}
		if r.Failed() {
			fmt.Fprintf(s.out, "seed %d: FAILED\n  %v\n", r.Seed, r.Violations[0])
			return errFailed
		}
		out.Runs++
		rounds += r.Rounds
		events += uint64(r.Events)
	}
	took := time.Since(began).Seconds()
	runtime.ReadMemStats(&after)
	out.RunsPerSec = float64(out.Runs) / took
	out.Rounds = float64(rounds) / float64(out.Runs)
	out.EventsPerSec = float64(events) / took
	out.Allocs = (after.Mallocs - before.Mallocs) / uint64(out.Runs)
	out.Bytes = (after.TotalAlloc - before.TotalAlloc) / uint64(out.Runs)
	if c.JSON {
		printJSON(s.out, out)
		return nil
	}
	fmt.Fprintf(s.out, "%.0f runs/s on one core, of %.0f rounds each; %.0f events/s; %d allocations and %d kB a run\n",
		out.RunsPerSec, out.Rounds, out.EventsPerSec, out.Allocs, out.Bytes/1000)
	return nil
}

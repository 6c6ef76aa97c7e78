package cli

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/gossip"
)

type benchGossipCommand struct {
	Nodes    int           `default:"10000" help:"Nodes, in two sites or more."`
	Sites    int           `default:"2" help:"Sites: the parts that workers share among them."`
	Messages int           `default:"200" help:"Messages."`
	Every    time.Duration `default:"50ms" help:"Time between two of them."`
	Workers  []int         `default:"1,2" help:"Numbers of workers to run with."`
	Seed     uint64        `default:"1" help:"The seed."`
	JSON     bool          `name:"json" help:"Print one JSON object per run."`
}

// timing is what one run took.
type timing struct {
	Workers     int     `json:"workers"`
	Events      uint64  `json:"events"`
	Seconds     float64 `json:"seconds"`
	PerSecond   float64 `json:"events_per_second"`
	Deliveries  uint64  `json:"deliveries"`
	Fingerprint string  `json:"fingerprint"`
}

// Run times the skeleton, and checks that the number of workers changes nothing.
func (c *benchGossipCommand) Run(s streams) error {
	if c.Nodes < 100 || c.Sites < 1 || c.Sites > c.Nodes/10 || c.Messages < 1 || c.Every <= 0 || len(c.Workers) == 0 {
		return &hinted{errors.New("nothing would be timed"), "--nodes takes 100 and more, --sites 1 to a tenth of them, --messages 1 and more, --every more than 0"}
	}
	var first timing
	for i, workers := range c.Workers {
		t, err := c.time(workers)
		if err != nil {
			return err
		}
		if c.JSON {
			printJSON(s.out, t)
		} else {
			fmt.Fprintf(s.out, "%d nodes, %d sites, %d workers: %.2f million events/s (%d events in %.2f s, %d deliveries), fingerprint %s\n",
				c.Nodes, c.Sites, t.Workers, t.PerSecond/1e6, t.Events, t.Seconds, t.Deliveries, t.Fingerprint)
		}
		if i == 0 {
			first = t
		} else if t.Fingerprint != first.Fingerprint {
			fmt.Fprintf(s.talk, "floorsim: the fingerprint is another with %d workers than with %d\n", t.Workers, first.Workers)
			return errFailed
		}
	}
	return nil
}

func (c *benchGossipCommand) time(workers int) (timing, error) {
	p := gossip.Defaults()
	p.D, p.Dlo, p.Dhi = 8, 6, 12
	skeleton := gossip.Skeleton{
		Params: p, Seed: c.Seed, Nodes: c.Nodes, Sites: c.Sites, Dials: 10, Workers: workers,
		Near:   engine.Uniform(int64(5*time.Millisecond), int64(50*time.Millisecond)),
		Far:    engine.Uniform(int64(40*time.Millisecond), int64(120*time.Millisecond)),
		Settle: engine.Instant(5 * time.Second), Every: engine.Instant(c.Every),
		Messages: c.Messages, Bytes: 512,
	}
	runtime.GC() // of what the run before has left
	began := time.Now()
	m, err := skeleton.Run()
	if err != nil {
		return timing{}, err
	}
	seconds := time.Since(began).Seconds()
	return timing{
		Workers: workers, Events: m.Events, Seconds: seconds, PerSecond: float64(m.Events) / seconds,
		Deliveries: m.Counts.Delivered, Fingerprint: fmt.Sprintf("%016x", m.Fingerprint),
	}, nil
}

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/explore"
)

// maxNodes is the largest mesh the command offers: beyond, runs take minutes.
const maxNodes = 31

type checkCommand struct {
	Seeds    uint64  `default:"200" help:"How many seeds to run."`
	From     uint64  `default:"1" help:"The first of them."`
	Seed     *uint64 `help:"Run this one only."`
	Plan     string  `help:"Run the plan of this file instead: one of floorsim fuzz, or of floorsim plan." placeholder:"FILE"`
	Nodes    int     `help:"Gateways in every mesh; 0 leaves it to the seed."`
	Crypto   string  `enum:"oracle,real" default:"oracle" help:"What signatures are made with: oracle, which nobody can forge and which costs nothing, or real (Ed25519)."`
	Protocol string  `enum:"floormesh,hotstuff" default:"floormesh" help:"What the nodes run: floormesh, or hotstuff, of which none lies."`
	Workers  int     `help:"Runs at a time; 0 means one per core."`
	First    bool    `help:"Stop at the first seed that fails."`
	Verbose  bool    `short:"v" help:"Write down everything that happens, for people. Needs --seed or --plan."`
	JSON     bool    `name:"json" help:"Print one JSON object per run, and a summary."`
}

// summary is what a check came to.
type summary struct {
	Seeds    uint64   `json:"seeds"`
	Failed   []uint64 `json:"failed"`
	Events   int      `json:"events"`
	Messages int      `json:"messages"`
	Records  int      `json:"records"`
	Slowest  uint64   `json:"slowest_to_settle"` // a seed
	Settle   string   `json:"settle"`            // and how long it took
	Wall     string   `json:"wall"`
	Stopped  bool     `json:"stopped,omitempty"` // before the last seed

	settle time.Duration
}

// Run runs the seeds.
func (c *checkCommand) Run(s streams) error {
	ctx, stop := interruptible()
	defer stop()
	return c.run(ctx, s)
}

// run runs the seeds until the context ends, and says what they came to in any case.
func (c *checkCommand) run(ctx context.Context, s streams) error {
	if err := c.validate(); err != nil {
		return err
	}
	if c.Plan != "" {
		return c.plan(s)
	}
	if c.Seed != nil {
		c.From, c.Seeds = *c.Seed, 1
	}
	if c.Seeds > math.MaxUint64-c.From {
		return &hinted{fmt.Errorf("from seed %d on there are fewer than %d", c.From, c.Seeds), fmt.Sprintf("seeds go up to %d", uint64(math.MaxUint64-1))}
	}
	began := time.Now()
	total := summary{Failed: []uint64{}}
	shown := newDisplay(s.talk, false)
	defer shown.close()
	err := c.each(ctx, s, func(r *sim.Result) (more bool) {
		total.add(r)
		if r.Failed() || c.Seed != nil || c.JSON {
			shown.clear()
			c.report(s, r)
		}
		line := fmt.Sprintf("%d of %d seeds, %d failed", total.Seeds, c.Seeds, len(total.Failed))
		shown.show(line, bar(float64(total.Seeds), float64(c.Seeds))+" "+line)
		return !c.First || !r.Failed()
	})
	shown.close()
	if err != nil {
		return err
	}
	total.Wall = time.Since(began).Round(time.Millisecond).String()
	total.Settle = total.settle.String()
	slices.Sort(total.Failed)
	total.Stopped = ctx.Err() != nil && total.Seeds < c.Seeds
	c.conclude(s, &total)
	switch {
	case total.Stopped:
		return c.stopped(s, &total)
	case len(total.Failed) > 0:
		return errFailed
	}
	return nil
}

// conclude says what the seeds came to.
func (c *checkCommand) conclude(s streams, t *summary) {
	if c.JSON {
		printJSON(s.out, t)
		return
	}
	fmt.Fprintf(s.talk, "%d seeds, %d failed; %d events, %d messages, %d records final; slowest to settle: seed %d, %s; took %s\n",
		t.Seeds, len(t.Failed), t.Events, t.Messages, t.Records, t.Slowest, t.Settle, t.Wall)
}

// stopped says what is known when the user has stopped it, and how to go on.
func (c *checkCommand) stopped(s streams, t *summary) error {
	rest := *c
	rest.From, rest.Seeds = c.From+t.Seeds, c.Seeds-t.Seeds
	goOn := &hinted{fmt.Errorf("stopped after %d of %d seeds: %s", t.Seeds, c.Seeds, verdict(t)), rest.again() + " goes on"}
	if len(t.Failed) > 0 {
		complain(s.talk, goOn, exitFailed)
		return errFailed
	}
	return goOn
}

// verdict says which seeds failed, if any, of those that were run.
func verdict(t *summary) string {
	switch n := len(t.Failed); {
	case t.Seeds == 0:
		return "no run is over"
	case n == 0:
		return "all of them held"
	case n <= maxToldSeeds:
		return fmt.Sprintf("%d held, these failed: %s", t.Seeds-uint64(n), strings.Trim(fmt.Sprint(t.Failed), "[]"))
	default:
		return fmt.Sprintf("%d held, %d failed, the first of them: %s", t.Seeds-uint64(n), n, strings.Trim(fmt.Sprint(t.Failed[:maxToldSeeds]), "[]"))
	}
}

// maxToldSeeds is how many failing seeds are told in a line; each was told before, with its replay.
const maxToldSeeds = 10

func (c *checkCommand) validate() error {
	switch {
	case c.Plan != "" && (c.Seed != nil || c.Nodes != 0 || c.Crypto != sim.CryptoOracle || c.Protocol != sim.Floormesh):
		return &hinted{errors.New("--plan says it all: seed, nodes, signatures and protocol"), "floorsim check --plan " + c.Plan}
	case c.Seed == nil && c.Plan == "" && c.Verbose:
		return &hinted{errors.New("--verbose writes down one run, not many"), fmt.Sprintf("floorsim check -v --seed %d", c.From)}
	case c.Nodes < 0 || c.Nodes > maxNodes:
		return &hinted{fmt.Errorf("%d gateways cannot be simulated", c.Nodes), fmt.Sprintf("--nodes takes 1 to %d", maxNodes)}
	case c.Workers < 0 || c.Seeds == 0:
		return &hinted{errors.New("nothing would run"), "--seeds takes 1 and more, --workers 0 and more"}
	}
	return nil
}

func (t *summary) add(r *sim.Result) {
	t.Seeds++
	t.Events += r.Events
	t.Messages += r.Messages
	t.Records += r.Records
	if r.Settle > t.settle {
		t.settle, t.Slowest = r.Settle, r.Seed
	}
	if r.Failed() {
		t.Failed = append(t.Failed, r.Seed)
	}
}

// each runs the seeds on all workers and gives the results to one function,
// one at a time, in the order of the seeds, until it wants no more or the context ends.
func (c *checkCommand) each(ctx context.Context, s streams, each func(*sim.Result) (more bool)) error {
	workers := c.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	type outcome struct {
		result *sim.Result
		err    error
	}
	var (
		group    sync.WaitGroup
		seeds    = make(chan uint64)
		outcomes = make(chan outcome, workers)
		stop     = make(chan struct{})
	)
	group.Go(func() {
		defer close(seeds)
		for i := range c.Seeds {
			select {
			case seeds <- c.From + i:
			case <-stop:
				return
			}
		}
	})
	for range workers {
		group.Go(func() {
			for seed := range seeds {
				r, err := c.one(s, seed)
				outcomes <- outcome{r, err}
			}
		})
	}
	var (
		early = map[uint64]*sim.Result{}
		next  = c.From
		more  = true
		err   error
	)
	for next < c.From+c.Seeds && more && err == nil && ctx.Err() == nil {
		var o outcome
		select {
		case o = <-outcomes:
		case <-ctx.Done():
			continue
		}
		if err = o.err; err != nil {
			break
		}
		early[o.result.Seed] = o.result
		for ; more && early[next] != nil; next++ {
			more = each(early[next])
			delete(early, next)
		}
	}
	close(stop)
	go func() { // nobody takes what is still under way
		group.Wait()
		close(outcomes)
	}()
	for range outcomes { // so that no worker stays behind
	}
	return err
}

// plan runs the plan of a file.
func (c *checkCommand) plan(s streams) error {
	f, err := readPlan(c.Plan)
	if err != nil {
		return err
	}
	r, err := explore.Try(f.Plan, c.trace(s))
	if err != nil {
		return err
	}
	c.report(s, r)
	if r.Failed() {
		return errFailed
	}
	return nil
}

// trace returns where a run is written down.
func (c *checkCommand) trace(s streams) io.Writer {
	if c.Verbose {
		return s.out
	}
	return nil
}

// one runs one seed.
func (c *checkCommand) one(s streams, seed uint64) (*sim.Result, error) {
	return explore.Try(sim.Draw(seed, sim.Options{Nodes: c.Nodes, Crypto: c.Crypto, Protocol: c.Protocol}), c.trace(s))
}

// report prints one run.
func (c *checkCommand) report(s streams, r *sim.Result) {
	if c.JSON {
		printJSON(s.out, r)
		return
	}
	if !r.Failed() {
		fmt.Fprintf(s.out, "seed %d: fine; hash %s, %d events, %d messages, %d rounds, %d commits, %d records; settled %v after the last fault, at rest %v later; mean latency %v\n",
			r.Seed, r.Hash, r.Events, r.Messages, r.Rounds, r.Commits, r.Records, r.Settle, r.Rest, r.Latency)
		return
	}
	fmt.Fprintf(s.out, "seed %d: FAILED (%s)\n", r.Seed, r.Plan)
	for _, v := range r.Violations {
		fmt.Fprintf(s.out, "  %v\n", v)
	}
	fmt.Fprintf(s.out, "  replay: %s\n", c.replay(r.Seed))
}

// replay returns the command that shows a failure again.
func (c *checkCommand) replay(seed uint64) string {
	if c.Plan != "" {
		return "go run ./sim/cmd/floorsim check -v --plan " + c.Plan
	}
	return fmt.Sprintf("go run ./sim/cmd/floorsim check -v --seed %d", seed) + c.meshes()
}

// again returns the command itself.
func (c *checkCommand) again() string {
	command := fmt.Sprintf("floorsim check --from %d --seeds %d", c.From, c.Seeds) + c.meshes()
	if c.First {
		command += " --first"
	}
	if c.JSON {
		command += " --json"
	}
	return command
}

// meshes returns the flags that say what is run.
func (c *checkCommand) meshes() (flags string) {
	if c.Nodes != 0 {
		flags += fmt.Sprintf(" --nodes %d", c.Nodes)
	}
	if c.Protocol != sim.Floormesh {
		flags += " --protocol " + c.Protocol
	}
	if c.Crypto != sim.CryptoOracle {
		flags += " --crypto " + c.Crypto
	}
	return flags
}

func printJSON(out io.Writer, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", v, err)) // plain numbers and strings
	}
	fmt.Fprintf(out, "%s\n", text)
}

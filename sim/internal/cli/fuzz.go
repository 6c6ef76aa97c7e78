package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/explore"
	"github.com/floormesh/floormesh/sim/internal/untrusted"
)

type fuzzCommand struct {
	For      time.Duration `default:"10m" help:"How long to search."`
	Runs     int           `help:"Stop after so many runs, too; 0: never."`
	Seed     uint64        `default:"1" help:"Of the search: the same seed makes the same plans."`
	Workers  int           `help:"Runs at a time; 0 means one per core."`
	Out      string        `default:"failures" help:"Folder for what fails." placeholder:"DIR"`
	Corpus   string        `help:"Folder of plans worth changing: read first, written at the end or when interrupted." placeholder:"DIR"`
	Twins    bool          `help:"Go through the scripts of one member of four that signs two blocks a round instead."`
	Rounds   int           `default:"8" help:"Rounds of a script of --twins."`
	ShrinkTo int           `name:"shrink-runs" default:"2000" help:"Runs that making a failing plan small may take at most."`
	Shrink   time.Duration `name:"shrink-for" default:"2m" help:"Time that it may take at most."`
	JSON     bool          `name:"json" help:"Print one JSON object."`
}

// fuzzSummary is what a search came to.
type fuzzSummary struct {
	Seed    uint64           `json:"seed"`
	Runs    int              `json:"runs"`
	Wall    string           `json:"wall"`
	PerSec  float64          `json:"runs_per_second"`
	Corpus  int              `json:"corpus"`
	Marks   int              `json:"marks"`
	Stopped bool             `json:"stopped,omitempty"` // by the user
	Twins   *twinsSummary    `json:"twins,omitempty"`
	Failure *fuzzFailure     `json:"failure,omitempty"`
	Written *explore.Written `json:"written,omitempty"`
}

// twinsSummary is how many scripts were run.
type twinsSummary struct {
	Rounds       int    `json:"rounds"`
	ListedRounds int    `json:"listed_rounds"`
	Listed       int    `json:"listed"`
	ListedRun    int    `json:"listed_run"`
	All          uint64 `json:"all"`
	Run          int    `json:"run"`
}

// fuzzFailure is what was found, and what became of it.
type fuzzFailure struct {
	Property string `json:"property"`
	Detail   string `json:"detail"`
	Found    string `json:"found"`
	Shrunk   string `json:"shrunk"`
	Runs     int    `json:"shrink_runs"`
	Wall     string `json:"shrink_wall"`

	Plan *sim.Plan `json:"plan,omitempty"` // only if no file could be written
}

// outcome is one run's end.
type outcome struct {
	plan   sim.Plan
	result *sim.Result
	err    error
}

// source makes plans and learns what they came to.
type source interface {
	next() []sim.Plan // none: there are no more
	learn(sim.Plan, *sim.Result)
}

// Run searches until it finds something, its time is over, or the user asks.
func (c *fuzzCommand) Run(s streams) error {
	ctx, stop := interruptible()
	defer stop()
	return c.run(ctx, s)
}

func (c *fuzzCommand) run(ctx context.Context, s streams) error {
	if c.For <= 0 || c.Workers < 0 || c.Runs < 0 || c.ShrinkTo < 0 {
		return &hinted{errors.New("nothing would run"), "floorsim fuzz --for 10m"}
	}
	for _, dir := range []string{c.Out, c.Corpus} { // now, not after hours
		if dir == "" {
			continue
		}
		if err := writable(dir); err != nil {
			return err
		}
	}
	if c.Twins {
		return c.twins(ctx, s)
	}
	earlier, err := c.earlier()
	if err != nil {
		return err
	}
	f := explore.NewFuzzer(c.Seed, earlier...)
	total := &fuzzSummary{Seed: c.Seed}
	failed, err := c.search(ctx, s, total, fuzzed{f})
	if err != nil {
		return err
	}
	total.Corpus, total.Marks = len(f.Corpus()), f.Marks()
	kept := c.keep(s, f.Corpus())
	return together(c.finish(ctx, s, total, failed), kept)
}

// together joins what became of a search and of its corpus: a failure that was found is known by then, and the
// other error is what is left to tell.
func together(finished, kept error) error {
	if kept != nil && errors.Is(finished, errFailed) {
		return kept
	}
	return errors.Join(finished, kept)
}

// fuzzed is the search for plans that show something new.
type fuzzed struct{ *explore.Fuzzer }

func (f fuzzed) next() []sim.Plan { return f.Next() }

func (f fuzzed) learn(p sim.Plan, r *sim.Result) { f.Learn(p, r) }

func (c *fuzzCommand) twins(ctx context.Context, s streams) error {
	t, err := explore.NewTwins(c.Seed, c.Rounds)
	if err != nil {
		return &hinted{err, "floorsim fuzz --twins --rounds 8"}
	}
	total := &fuzzSummary{Seed: c.Seed}
	failed, err := c.search(ctx, s, total, scripted{t})
	if err != nil {
		return err
	}
	w := &twinsSummary{Rounds: c.Rounds, All: t.All(), Run: total.Runs}
	w.ListedRounds, w.Listed = t.Listed()
	w.ListedRun = min(w.Listed, total.Runs)
	total.Twins = w
	return c.finish(ctx, s, total, failed)
}

// scripted is the scripts, some at a time.
type scripted struct{ *explore.Twins }

func (t scripted) next() (plans []sim.Plan) {
	for range 16 {
		p, more := t.Next()
		if !more {
			break
		}
		plans = append(plans, p)
	}
	return plans
}

func (scripted) learn(sim.Plan, *sim.Result) {}

// search runs groups of plans until one fails, time is over, there are no more, or the user asks.
// Of several that fail in one group the first counts, whichever worker was quickest.
func (c *fuzzCommand) search(ctx context.Context, s streams, total *fuzzSummary, from source) (*outcome, error) {
	began := time.Now()
	shown := newDisplay(s.talk, false)
	defer shown.close()
	defer func() {
		wall := time.Since(began)
		total.Wall = wall.Round(time.Millisecond).String()
		total.PerSec = float64(int(10*float64(total.Runs)/wall.Seconds())) / 10
	}()
	for ctx.Err() == nil && time.Since(began) < c.For && (c.Runs == 0 || total.Runs < c.Runs) {
		plans := from.next()
		if c.Runs > 0 {
			plans = plans[:min(len(plans), c.Runs-total.Runs)]
		}
		if len(plans) == 0 {
			break
		}
		for _, o := range c.group(plans) {
			if o.err != nil {
				return nil, o.err
			}
			total.Runs++
			if o.result.Failed() {
				return &o, nil
			}
			from.learn(o.plan, o.result)
		}
		status := c.status(began, total, from)
		shown.show(status, status)
	}
	return nil, nil //nolint:nilnil // nothing was found, and nothing went wrong
}

func (c *fuzzCommand) status(began time.Time, total *fuzzSummary, from source) string {
	wall := time.Since(began)
	text := fmt.Sprintf("%d runs, %.0f/s", total.Runs, float64(total.Runs)/wall.Seconds())
	if f, ok := from.(fuzzed); ok {
		text += fmt.Sprintf(", corpus %d, %d marks", len(f.Corpus()), f.Marks())
	}
	return text + fmt.Sprintf(", 0 failures, %v to go", max(0, c.For-wall).Round(time.Second))
}

// group runs plans on all workers and returns what they came to, in their order.
func (c *fuzzCommand) group(plans []sim.Plan) []outcome {
	workers := c.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	outcomes := make([]outcome, len(plans))
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := w; i < len(plans); i += workers {
				r, err := explore.Try(plans[i], nil)
				outcomes[i] = outcome{plans[i], r, err}
			}
		})
	}
	group.Wait()
	return outcomes
}

// finish makes a failure small, writes it down, and says how it went.
func (c *fuzzCommand) finish(ctx context.Context, s streams, total *fuzzSummary, failed *outcome) error {
	var lost error
	total.Stopped = failed == nil && ctx.Err() != nil
	if failed != nil {
		lost = c.shrink(ctx, s, total, failed)
	}
	if c.JSON {
		printJSON(s.out, total)
	} else {
		c.say(s, total)
	}
	switch {
	case lost != nil:
		return lost
	case failed != nil:
		return errFailed
	case total.Stopped:
		return c.stopped(total)
	}
	return nil
}

// stopped says how to go on when the user has stopped a search.
func (c *fuzzCommand) stopped(total *fuzzSummary) error {
	goOn := "the same command begins anew; --corpus DIR would keep what it has learnt"
	switch {
	case c.Twins:
		goOn = "the same command begins anew, with the same scripts in the same order"
	case c.Corpus != "":
		goOn = fmt.Sprintf("what it has learnt is in %s; floorsim fuzz --corpus %s --seed %d goes on from there", c.Corpus, c.Corpus, c.Seed+1)
	}
	return &hinted{fmt.Errorf("stopped after %s of %v: nothing failed in %s", total.Wall, c.For, plural(total.Runs, "run")), goOn}
}

func (c *fuzzCommand) shrink(ctx context.Context, s streams, total *fuzzSummary, failed *outcome) error {
	began := time.Now()
	shown := newDisplay(s.talk, false)
	first := failed.result.Violations[0]
	p := explore.Shrink(failed.plan, first.Property, explore.Shrinking{
		MaxRuns: c.ShrinkTo,
		Stop:    func() bool { return ctx.Err() != nil || time.Since(began) > c.Shrink },
		Watch: func(p *explore.Progress) {
			status := fmt.Sprintf("%s violated; shrinking: %d runs, %d times smaller: %s", first.Property, p.Runs, p.Smaller, &p.Plan)
			shown.show(status, status)
		},
	})
	shown.close()
	total.Failure = &fuzzFailure{
		Property: first.Property, Detail: first.Detail, Found: failed.plan.String(), Shrunk: p.Plan.String(),
		Runs: p.Runs, Wall: time.Since(began).Round(time.Millisecond).String(),
	}
	place, err := newRefuge(s, "failures").keep(c.Out, func(dir string) (err error) {
		total.Written, err = explore.Write(dir, titleOf(first.Property, &p.Plan), p.Plan)
		return err
	})
	if place == "" { // then it stands in what is printed
		total.Written, total.Failure.Plan = nil, &p.Plan
	}
	return err
}

// titleOf names a failing plan: the property and some digits of a hash.
func titleOf(property string, p *sim.Plan) string {
	text, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Sprintf("encode plan: %v", err)) // plain numbers and strings
	}
	sum := sha256.Sum256(text)
	return fmt.Sprintf("%s-%x", property, sum[:4])
}

func (c *fuzzCommand) say(s streams, total *fuzzSummary) {
	if f := total.Failure; f != nil {
		fmt.Fprintf(s.out, "FAILED: %s violated: %s\n", f.Property, f.Detail)
		fmt.Fprintf(s.out, "  found:    %s\n  shrunk:   %s (%d runs, %s)\n", f.Found, f.Shrunk, f.Runs, f.Wall)
	}
	if f := total.Failure; f != nil && f.Plan != nil {
		fmt.Fprintln(s.out, "  the plan, for a file of its own and floorsim check -v --plan FILE:")
		printJSON(s.out, f.Plan)
	}
	if total.Written != nil {
		name := filepath.Base(total.Written.Plan)
		fmt.Fprintf(s.out, "  plan:     %s\n  picture:  %s\n", total.Written.Plan, total.Written.Picture)
		if total.Written.Scenario != "" {
			fmt.Fprintf(s.out, "  scenario: %s\n", total.Written.Scenario)
		} else {
			fmt.Fprintf(s.out, "  scenario: none: %s\n", total.Written.Unsaid)
		}
		fmt.Fprintf(s.out, "  replay:   floorsim check -v --plan %s\n", total.Written.Plan)
		fmt.Fprintf(s.out, "  keep:     cp %s sim/testdata/regress/ && go test ./sim -run 'TestRegress/%s$'\n",
			total.Written.Plan, name[:len(name)-len(".json")])
	}
	if t := total.Twins; t != nil {
		fmt.Fprintf(s.out, "%d of %d scripts of %d rounds, and of these %d of all %d that say nothing after round %d\n",
			t.Run, t.All, t.Rounds, t.ListedRun, t.Listed, t.ListedRounds)
	}
	fmt.Fprintf(s.talk, "%d runs in %s, %.1f a second; corpus %d, %d marks\n", total.Runs, total.Wall, total.PerSec, total.Corpus, total.Marks)
}

// maxEarlier is how many plans of a corpus are read: more than a search keeps.
const maxEarlier = 1024

// earlier reads the plans of a corpus, in the order of their names.
func (c *fuzzCommand) earlier() (plans []sim.Plan, err error) {
	if c.Corpus == "" {
		return nil, nil
	}
	paths, err := filepath.Glob(filepath.Join(c.Corpus, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("read corpus: %w", err)
	}
	slices.Sort(paths)
	for _, path := range paths[:min(len(paths), maxEarlier)] {
		f, err := readPlan(path)
		if err != nil {
			return nil, err
		}
		plans = append(plans, f.Plan)
	}
	return plans, nil
}

// keep writes the plans of a corpus.
func (c *fuzzCommand) keep(s streams, plans []sim.Plan) error {
	if c.Corpus == "" {
		return nil
	}
	_, err := newRefuge(s, "corpus").keep(c.Corpus, func(dir string) error { return keepIn(dir, plans) })
	return err
}

func keepIn(dir string, plans []sim.Plan) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("keep corpus: %w", err)
	}
	for i := range plans {
		path := filepath.Join(dir, titleOf("plan", &plans[i])+".json")
		if err := explore.WriteFinding(path, &sim.Finding{Plan: plans[i]}); err != nil {
			return err
		}
	}
	return nil
}

// maxPlanBytes is how much of a plan's file is read: a byte more than a plan may have, so that its
// reader says what is wrong.
const maxPlanBytes = 1<<20 + 1

// readPlan reads a plan, or a finding, of a file.
func readPlan(path string) (*sim.Finding, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, &hinted{fmt.Errorf("%s: %w", path, untrusted.Cause(err)), "floorsim plan --seed 5 > plan.json"}
	}
	defer file.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(file, maxPlanBytes))
	if err != nil {
		return nil, &hinted{fmt.Errorf("%s: %w", path, untrusted.Cause(err)), "name a file: floorsim plan --seed 5 > plan.json"}
	}
	f, err := sim.ReadFinding(bytes.NewReader(text))
	if err != nil {
		err = untrusted.Explain(text, err)
		return nil, &hinted{fmt.Errorf("%s: %w", untrusted.Place(path, err), err), "floorsim plan --seed 5 shows what a plan looks like"}
	}
	return f, nil
}

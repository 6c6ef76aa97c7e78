package explore_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/check"
	"github.com/floormesh/floormesh/sim/explore"
	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/picture"
)

// pretend comes to a result without a run, which teaches the fuzzer something now and then.
func pretend(p *sim.Plan) *sim.Result {
	return &sim.Result{
		Seed: p.Seed, Rounds: p.Seed % 1000, Commits: int(p.Seed % 100), Messages: int(p.Seed % 100_000), Records: p.Load.Records,
		Settle: time.Duration(p.Seed % uint64(time.Minute)),
	}
}

// TestFuzzerPlans checks that a search is a function of its seed, and that all it
// draws and changes can be run.
func TestFuzzerPlans(t *testing.T) {
	a, b := explore.NewFuzzer(7), explore.NewFuzzer(7)
	for range 60 {
		plans := a.Next()
		if diff := cmp.Diff(plans, b.Next()); diff != "" {
			t.Fatalf("same seed, other plans:\n%s", diff)
		}
		for _, p := range plans {
			if err := p.Validate(); err != nil {
				text, _ := json.Marshal(p)
				t.Fatalf("%v in %s", err, text)
			}
			a.Learn(p, pretend(&p))
			b.Learn(p, pretend(&p))
		}
	}
	if n := len(a.Corpus()); n < 50 || n > 256 {
		t.Errorf("%d plans kept", n)
	}
}

// TestFuzzerLeavesCorpus checks that a plan that is changed stays what it is in the corpus.
func TestFuzzerLeavesCorpus(t *testing.T) {
	f := explore.NewFuzzer(3)
	for _, p := range f.Next() {
		f.Learn(p, pretend(&p))
	}
	before, err := json.Marshal(f.Corpus())
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		f.Next()
	}
	after, err := json.Marshal(f.Corpus())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Error("plans changed that were only to be copied")
	}
}

// TestSchedules checks that each way of drawing gives plans that run, and fine ones.
func TestSchedules(t *testing.T) {
	for _, way := range explore.Schedules() {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(5, 5))
			for range 3 {
				p := explore.Schedule(way, rng)
				r, err := explore.Try(p, nil)
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range r.Violations {
					t.Errorf("%v: %s", v, &p)
				}
			}
		})
	}
}

// TestTwinsAll checks that the scripts listed are as many as Burnside's lemma says, all
// different, and that the masks never name the liar.
func TestTwinsAll(t *testing.T) {
	for rounds, want := range map[int]int{1: 4, 2: 20, 3: 120, 4: 816} {
		twins, err := explore.NewTwins(1, rounds)
		if err != nil {
			t.Fatal(err)
		}
		if depth, count := twins.Listed(); depth != rounds || count != want || twins.All() != uint64(want) {
			t.Errorf("%d rounds: %d scripts of %d rounds, %d in all, want %d", rounds, count, depth, twins.All(), want)
		}
		count := 0
		for p, more := twins.Next(); more; p, more = twins.Next() {
			count++
			for _, mask := range p.Liars[0].Masks {
				if mask>>p.Liars[0].Node&1 == 1 || mask >= 1<<p.Nodes {
					t.Fatalf("n%d shows itself, or nobody, another block: %b", p.Liars[0].Node, mask)
				}
			}
		}
		if count != want {
			t.Errorf("%d rounds: %d plans, want %d", rounds, count, want)
		}
	}
}

// TestScriptShows checks that a script is followed: a script that shows nobody the twin
// makes an honest node of the liar, and one that does leaves another trace.
func TestScriptShows(t *testing.T) {
	hash := func(masks ...uint64) string {
		p := sim.Brief(1, sim.CryptoOracle)
		p.Liars = []sim.LiarPlan{{Node: 3, Kind: "scripted", Masks: masks}}
		var text bytes.Buffer
		r, err := sim.Run(p, &text)
		if err != nil || r.Failed() {
			t.Fatalf("%v, %v", err, r)
		}
		return r.Hash
	}
	if hash(0, 0) != hash() {
		t.Error("a script that shows nobody another block changes the run")
	}
	if hash(0, 1) == hash(1, 0) || hash(0, 1) == hash() {
		t.Error("whom a script names makes no difference")
	}
}

// TestShrink shrinks plans that fail for a made-up reason to what the reason needs.
func TestShrink(t *testing.T) {
	fails := func(p sim.Plan) (*sim.Result, error) {
		r := &sim.Result{Seed: p.Seed}
		for _, f := range p.Faults {
			if f.Kind == sim.FaultCrash && p.Load.Records >= 5 && p.Nodes >= 3 && f.To-f.From >= 20_000_000 {
				r.Violations = []check.Violation{{Property: "made-up"}}
			}
		}
		return r, nil
	}
	shrunk := 0
	for seed := uint64(1); shrunk < 5; seed++ {
		plan := sim.Draw(seed, sim.Options{})
		if r, err := fails(plan); err != nil || !r.Failed() {
			continue
		}
		shrunk++
		how := explore.Shrinking{MaxRuns: 1000, Try: fails}
		p := explore.Shrink(plan, "made-up", how)
		if again := explore.Shrink(plan, "made-up", how); cmp.Diff(p, again) != "" {
			t.Errorf("seed %d: shrunk twice to different plans", seed)
		}
		if r, err := fails(p.Plan); err != nil || !r.Failed() {
			t.Errorf("seed %d: what is left does not fail: %s", seed, &p.Plan)
		}
		got := p.Plan
		if len(got.Faults) != 1 || len(got.Faults[0].Nodes) != 1 || len(got.Liars) != 0 || got.Load.Records != 5 || got.Nodes != 3 ||
			got.Link.Loss != 0 || got.Link.Jitter != 0 || got.CPU != nil || got.Encode {
			t.Errorf("seed %d: more is left than needed: %s", seed, &got)
		}
		if length := got.Faults[0].To - got.Faults[0].From; length > 25_000_000 {
			t.Errorf("seed %d: the crash lasts %v still", seed, time.Duration(length))
		}
	}
}

// TestShrinkBounded checks that a shrink ends when it was told to.
func TestShrinkBounded(t *testing.T) {
	runs := 0
	always := func(sim.Plan) (*sim.Result, error) {
		runs++
		return &sim.Result{Violations: []check.Violation{{Property: "made-up"}}}, nil
	}
	explore.Shrink(sim.Draw(2, sim.Options{}), "made-up", explore.Shrinking{MaxRuns: 3, Try: always})
	if runs != 3 {
		t.Errorf("%d runs, not 3", runs)
	}
}

// TestMoments checks that a trace becomes a picture: every message that arrives
// in the middle of it was sent, and what nodes do has a mark.
func TestMoments(t *testing.T) {
	p := sim.Brief(1, sim.CryptoOracle)
	var tail explore.Tail
	r, err := explore.Try(p, &tail)
	if err != nil {
		t.Fatal(err)
	}
	r.Violations = []check.Violation{{Property: check.Agreement, Node: 2, At: 1 << 40}}
	run := explore.Moments(&p, r, &tail)
	acts := map[result.Act]int{}
	sent := map[result.Message]bool{}
	for _, e := range run.Events {
		acts[e.Act]++
		switch {
		case e.Act == result.Sent:
			sent[e.Message] = true
		case e.Act == result.Received && e.Message == 0:
			t.Errorf("%v hears at %v what nobody said", e.Node, e.At)
		}
	}
	if acts[result.Sent] == 0 || acts[result.Received] == 0 || acts[result.Marked] == 0 {
		t.Errorf("something is missing: %v", acts)
	}
	var svg bytes.Buffer
	if err := picture.SpaceTime(&svg, run, picture.Span{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"agreement violated", "n3", ">blocks<"} {
		if !strings.Contains(svg.String(), want) {
			t.Errorf("the picture says nothing of %q", want)
		}
	}
}

// TestScenario checks which plans a scenario can express, and that it understands what is written.
func TestScenario(t *testing.T) {
	plan := func() sim.Plan {
		p := sim.Brief(1, sim.CryptoOracle)
		for _, kind := range sim.FaultKinds() {
			f := sim.Fault{Kind: kind, From: 1000, To: 5_000_000, Nodes: []int{1}, Extra: time.Millisecond}
			if kind == sim.FaultPower || kind == sim.FaultDelay {
				f.Nodes = []int{0, 1, 2, 3}
			}
			p.Faults = append(p.Faults, f)
		}
		p.Liars = []sim.LiarPlan{{Node: 3, Kind: "silent"}}
		return p
	}
	text, err := explore.Scenario("small", &sim.Finding{Violates: check.Order, Plan: plan()})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"kind: disk-slow", "kind: silent, who: {node: [plant/member/3]}", "--plan small.json"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	for name, change := range map[string]func(*sim.Plan){
		"clock":    func(p *sim.Plan) { p.Clocks[2].Skew = 1 },
		"loss":     func(p *sim.Plan) { p.Link.Loss = 10 },
		"cpu":      func(p *sim.Plan) { p.CPU = &sim.CPUPlan{Cores: 1, Slower: 1} },
		"scripted": func(p *sim.Plan) { p.Liars[0].Kind = "scripted" },
	} {
		p := plan()
		change(&p)
		if _, err := explore.Scenario("small", &sim.Finding{Plan: p}); err == nil {
			t.Errorf("%s: a scenario was made of what it has no words for", name)
		}
	}
}

package explore

import (
	"math/rand/v2"

	"github.com/floormesh/floormesh/sim"
)

// Fuzzer hands out plans and learns from what they come to. One goroutine owns it.
type Fuzzer struct {
	rng     *rand.Rand
	corpus  []sim.Plan
	waiting []sim.Plan // of an earlier search, to be run first
	marks   map[mark]bool
	drawn   int
}

// NewFuzzer returns the search of a seed. Plans that an earlier search found worth
// keeping are run first.
func NewFuzzer(seed uint64, earlier ...sim.Plan) *Fuzzer {
	return &Fuzzer{rng: rand.New(rand.NewPCG(seed, 0)), waiting: earlier, marks: map[mark]bool{}}
}

// Next returns the plans to run next. Learn wants each of them, in this order.
func (f *Fuzzer) Next() []sim.Plan {
	plans := make([]sim.Plan, groupSize)
	for i := range plans {
		plans[i] = f.next()
	}
	return plans
}

// next draws one plan in three, in each way in turn, and changes a kept one otherwise.
func (f *Fuzzer) next() sim.Plan {
	if len(f.waiting) > 0 {
		p := f.waiting[0]
		f.waiting = f.waiting[1:]
		return p
	}
	if len(f.corpus) == 0 || f.rng.IntN(3) == 0 {
		ways := Schedules()
		f.drawn++
		return Schedule(ways[f.drawn%len(ways)], f.rng)
	}
	return mutate(f.kept(), f.kept(), f.rng)
}

func (f *Fuzzer) kept() *sim.Plan { return &f.corpus[f.rng.IntN(len(f.corpus))] }

// Learn keeps a plan if its run showed something new, in the place of a random
// one if there are too many.
func (f *Fuzzer) Learn(p sim.Plan, r *sim.Result) {
	news := false
	for _, m := range marksOf(&p, r) {
		if !f.marks[m] && len(f.marks) < maxMarks {
			f.marks[m], news = true, true
		}
	}
	switch {
	case !news || r.Failed(): // a failure is reported, and its neighbours would fail as well
	case len(f.corpus) < maxCorpus:
		f.corpus = append(f.corpus, p)
	default:
		f.corpus[f.rng.IntN(maxCorpus)] = p
	}
}

// Corpus returns the plans that are worth keeping. It is the fuzzer's own.
func (f *Fuzzer) Corpus() []sim.Plan { return f.corpus }

// Marks returns how many different things runs showed so far.
func (f *Fuzzer) Marks() int { return len(f.marks) }

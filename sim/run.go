package sim

import (
	"fmt"
	"io"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim/check"
	"github.com/floormesh/floormesh/sim/engine"
)

const (
	// settleBound is how long after the last fault everything acknowledged may
	// take to become final everywhere. Timeouts have grown to seconds by then,
	// up to a tenth of the messages is lost, and liars still lie: several
	// leaders in a row may fail, each for a whole timeout.
	settleBound = 120 * time.Second

	// restBound is how long a settled mesh may take to come to rest: for the
	// last checkpoint, and for the slowest member to hear of it.
	restBound = 30 * time.Second

	// restBoundClocks is the same if clocks stand still, leap or are hours
	// apart. Commit times then stand still too, and the last checkpoint waits
	// for 128 rounds, which follow each other slowly while nothing moves.
	restBoundClocks = 15 * time.Minute

	// restFor is how long nothing at all must happen for a mesh to be at rest.
	restFor = 40 * time.Second

	// watchEvery is how often the world looks whether it is done.
	watchEvery = 20 * time.Millisecond

	// maxEvents ends a run that does not end by itself; a usual one has some
	// ten thousands.
	maxEvents = 3_000_000
)

// phase is where a run stands.
type phase struct {
	name    phaseName
	healed  replica.Instant // when the last fault ends
	settled replica.Instant // when everything was final everywhere
	since   replica.Instant // when the phase began
}

type phaseName uint8

const (
	working  phaseName = iota // load and faults
	settling                  // no more faults; what was acknowledged becomes final
	resting                   // nothing left to do
	over
)

// Result is what a run came to.
type Result struct {
	Seed uint64 `json:"seed"`
	Hash string `json:"hash"` // of everything that happened, in order
	// Shape is a hash of what does not depend on the bytes of signatures: when
	// what kind of event happened where, and the log by the numbers of its records.
	Shape      string            `json:"shape"`
	Violations []check.Violation `json:"violations,omitempty"`
	Events     int               `json:"events"`
	Messages   int               `json:"messages"`
	Virtual    time.Duration     `json:"virtual"` // how long the run took for its nodes
	Records    int               `json:"records"` // in the log
	Commits    int               `json:"commits"`
	Rounds     uint64            `json:"rounds"`
	Settle     time.Duration     `json:"settle"`         // from the last fault or submission until all was final
	Rest       time.Duration     `json:"rest"`           // from then until the last word
	Latency    time.Duration     `json:"latency"`        // mean, from acknowledgement to final on all honest nodes
	Delays     int               `json:"delays_x100"`    // the same in hundredths of a mean one-way delay
	Plan       *Plan             `json:"plan,omitempty"` // of a failed run
}

// Failed reports whether anything was wrong.
func (r *Result) Failed() bool { return len(r.Violations) > 0 }

// Run runs a plan to its end or to its first violations. What happens is
// written to out for people, if it is not nil. An error means that the plan
// cannot be run.
func Run(plan Plan, out io.Writer) (*Result, error) {
	w, err := newWorld(plan, out)
	if err != nil {
		return nil, fmt.Errorf("seed %d: %w", plan.Seed, err)
	}
	if err := w.run(); err != nil {
		return nil, fmt.Errorf("seed %d, after %v: %w", plan.Seed, time.Duration(w.now), err)
	}
	return w.result(), nil
}

// run runs the world by itself: one partition, on this goroutine.
func (w *World) run() error {
	e, err := engine.New(engine.Config{
		Nodes:   w.seat + 1,
		Handler: func(int) engine.Handler { return w },
	})
	if err != nil {
		return err
	}
	e.Schedule(0, engine.Node(w.seat), engine.What{Kind: founding})
	if _, err := e.Run(engine.Never); err != nil {
		return err
	}
	return w.err
}

// watch moves the run from phase to phase.
func (w *World) watch() {
	since := time.Duration(w.now - w.phase.since)
	next := watchEvery
	switch w.phase.name {
	case working:
		if w.load.open == 0 && len(w.load.waiting) == 0 {
			w.enter(settling)
		} else if since > settleBound+time.Duration(w.plan.Load.Start)+w.plan.Load.Spread {
			w.checks.Failf(check.Liveness, nobody, "%d records are still not acknowledged", w.load.open)
		}
	case settling:
		if w.checks.Settled() {
			w.phase.settled = w.now
			w.mute = true
			w.enter(resting)
		} else if since > settleBound {
			w.checks.Failf(check.Liveness, nobody, "%s", w.checks.Unsettled())
		}
	case resting:
		next = restFor / 8
		calm := w.now - instant(restFor)
		if w.phase.since < calm && w.checks.LastStep() < calm || since > w.plan.restBound()+restFor {
			w.rest(calm)
			w.enter(over)
			return
		}
	case over:
		return
	}
	w.schedule(event{at: w.now + instant(next), node: nobody, kind: watch})
}

// restBound returns how long a plan's mesh may take to come to rest.
func (p *Plan) restBound() time.Duration {
	for _, c := range p.Clocks {
		if c.StopsAt != 0 || c.LeapsAt != 0 || c.Skew.Abs() > time.Second {
			return restBoundClocks
		}
	}
	return restBound
}

func (w *World) enter(name phaseName) {
	w.phase.name, w.phase.since = name, w.now
	w.trace.linef(w.now, nobody, "%s", name)
}

// String returns what the nodes are doing.
func (p phaseName) String() string {
	switch p {
	case working:
		return "working"
	case settling:
		return "settling"
	case resting:
		return "resting"
	default:
		return "over"
	}
}

func (w *World) result() *Result {
	r := &Result{
		Seed: w.plan.Seed, Violations: w.checks.Violations(),
		Events: w.handled, Messages: w.stats.messages, Virtual: time.Duration(w.now),
		Records: w.checks.Finals(), Commits: w.checks.Commits(), Rounds: uint64(w.checks.Rounds()),
	}
	if w.phase.settled > 0 {
		r.Settle = time.Duration(w.phase.settled - w.phase.healed)
		r.Rest = time.Duration(max(0, w.checks.LastWord()-w.phase.settled))
	}
	r.Latency = w.stats.mean()
	delay := w.plan.Link.Latency + w.plan.Link.Jitter/2
	r.Delays = int(100 * r.Latency / delay)
	if r.Failed() {
		r.Plan = &w.plan
	}
	w.trace.fold(uint64(r.Events), uint64(r.Messages), uint64(r.Records), uint64(r.Commits))
	r.Shape = fmt.Sprintf("%016x", w.trace.shape)
	r.Hash = fmt.Sprintf("%016x", w.trace.sum)
	return r
}

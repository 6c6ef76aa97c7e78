package cli

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/scenario"
)

// runWatch shows how far a run is.
type runWatch struct {
	display  *display
	scenario *scenario.Scenario
	title    string
	began    time.Time
	progress func() engine.Progress

	mu    sync.Mutex
	tally sim.Tally

	speed float64 // virtual time per real time, lately
	rate  float64 // events a second, lately
	at    time.Time
	then  engine.Progress
}

// redraw is how often a terminal is drawn over.
const redraw = 200 * time.Millisecond

// lately is how long ago what counts half as much was: what an ETA rests on.
const lately = 4 * time.Second

// watchRun shows how far an experiment is until it has ended or the context has.
func watchRun(ctx context.Context, d *display, x *sim.Experiment, s *scenario.Scenario, workers int) (tell func(sim.Tally), stop func()) {
	roster := scenario.NewRoster(s)
	w := &runWatch{
		display: d, scenario: s, began: time.Now(), at: time.Now(), progress: x.Progress,
		title: fmt.Sprintf("%s, seed %d: %s in %s, %s", s.Name, s.Seed, plural(roster.Len(), "node"), plural(len(roster.Plants), "site"), plural(workers, "worker")),
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer d.close()
		ticks := time.NewTicker(redraw)
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-ticks.C:
				w.show(now)
			}
		}
	}()
	return w.tell, func() {
		cancel()
		<-ended
	}
}

func (w *runWatch) tell(t sim.Tally) {
	w.mu.Lock()
	w.tally = t
	w.mu.Unlock()
}

func (w *runWatch) show(now time.Time) {
	w.mu.Lock()
	tally := w.tally
	w.mu.Unlock()
	p := w.progress()
	w.measure(p, now)
	virtual := max(time.Duration(min(p.Now, 1<<62)), tally.Now)
	memory := memoryNow() >> 20
	w.display.show(
		fmt.Sprintf("%s, %s events/s, %d pending, %d MiB; %s", w.howFar(tally, virtual), short(w.rate), p.Pending, memory, w.checks(tally)),
		w.title,
		bar(virtual.Seconds(), w.scenario.Duration.Seconds())+" "+w.howFar(tally, virtual),
		fmt.Sprintf("events   %s, %s/s, %d pending; memory %d MiB; %v so far", short(float64(p.Events)), short(w.rate), p.Pending, memory, now.Sub(w.began).Round(time.Second)),
		fmt.Sprintf("records  %d submitted, %d final; %d commits", tally.Submitted, tally.Final, tally.Commits),
		"checks   "+w.checks(tally),
	)
}

// measure follows speed and rate, what was long ago counting less and less.
func (w *runWatch) measure(p engine.Progress, now time.Time) {
	took := now.Sub(w.at).Seconds()
	if took <= 0 {
		return
	}
	virtual := time.Duration(max(0, min(p.Now, 1<<62)-w.then.Now)).Seconds()
	events := float64(p.Events - w.then.Events)
	first := w.then == (engine.Progress{})
	w.at, w.then = now, p
	if first {
		w.speed, w.rate = virtual/took, events/took
		return
	}
	part := min(1, took/lately.Seconds())
	w.speed += part * (virtual/took - w.speed)
	w.rate += part * (events/took - w.rate)
}

// howFar says where in virtual time a run is, how quick, and when it ends.
func (w *runWatch) howFar(t sim.Tally, virtual time.Duration) string {
	end := w.scenario.Duration
	then := "ETA unknown"
	switch {
	case t.Phase == "settling":
		then = "settling until all is final"
	case t.Phase == "resting":
		then = "resting until nothing happens"
	case w.speed > 0 && virtual < end:
		then = "ETA " + time.Duration(float64(end-virtual)/w.speed).Round(time.Second).String()
	}
	return fmt.Sprintf("%3d %%, %s; %v of %v, %.2f × real time",
		min(100, 100*int64(virtual)/int64(max(1, end))), then, virtual.Round(100*time.Millisecond), end, w.speed)
}

func (w *runWatch) checks(t sim.Tally) string {
	if t.Violations > 0 {
		return fmt.Sprintf("VIOLATED %s", plural(t.Violations, "time"))
	}
	if t.Checked == 0 {
		return "nothing is checked yet"
	}
	return fmt.Sprintf("%d properties hold so far", t.Checked)
}

package engine

import (
	"fmt"
	"testing"
)

// TestCrew begins many jobs and ends them in the same order and others: each is done once each time,
// by however many hands.
func TestCrew(t *testing.T) {
	for hands := range 4 {
		const count = 3 * offers // more than wait for one hand
		crew := newCrew(hands)
		stop := crew.start()
		done := make([]int, count)
		jobs := make([]*Job, count)
		for i := range jobs {
			jobs[i] = NewJob(func() { done[i]++ })
		}
		for round := range 20 {
			for i, j := range jobs {
				crew.Begin(j, i)
			}
			for i := range jobs {
				at := (i*(6*round+1) + round) % count // every one of them once
				jobs[at].End()
				if done[at] != round+1 {
					t.Fatalf("%d hands, round %d: job %d was done %d times", hands, round, at, done[at])
				}
			}
		}
		stop()
	}
}

// TestCrewRests checks that a crew may stop and start again between a job's begin and its end.
func TestCrewRests(t *testing.T) {
	crew := newCrew(1)
	crew.start()()
	done := 0
	j := NewJob(func() { done++ })
	crew.Begin(j, 7)
	crew.start()()
	j.End()
	if done != 1 {
		t.Errorf("done %d times", done)
	}
}

// TestCrewPassesPanicsOn checks that a job's panic reaches who ends it, and nobody else.
func TestCrewPassesPanicsOn(t *testing.T) {
	for hands := range 2 {
		crew := newCrew(hands)
		stop := crew.start()
		fails := true
		j := NewJob(func() {
			if fails {
				panic("no good")
			}
		})
		for range 2 {
			got := fmt.Sprint(ending(crew, j))
			if want := map[bool]string{true: "no good", false: "<nil>"}[fails]; got != want {
				t.Errorf("%d hands: %s, want %s", hands, got, want)
			}
			fails = false
		}
		stop()
	}
}

// ending returns what a job panics with.
func ending(c *Crew, j *Job) (v any) {
	defer func() { v = recover() }()
	c.Begin(j, 0)
	j.End()
	return nil
}

// shirker does at its deadline what it is told to do 3 ms before.
type shirker struct {
	owed []Event
	did  []Instant
	late []Instant // events that came later than a deadline that was not kept
}

func (w *shirker) Handle(c *Partition, e Event) {
	if len(w.owed) > 0 && e.At >= w.owed[0].At+3*millisecond {
		w.late = append(w.late, e.At)
	}
	if e.Kind != tick {
		return
	}
	if w.owed = append(w.owed, e); len(w.owed) == 1 {
		c.Deadline(e.At + 3*millisecond)
	}
}

func (w *shirker) Due(c *Partition) {
	e := w.owed[0]
	w.owed = w.owed[1:]
	w.did = append(w.did, e.At)
	c.Enter(e.At, e.Node)
	c.Schedule(e.At+3*millisecond, e.Node, What{Kind: hop}) // not earlier than the deadline
	c.Deadline(Never)
	if len(w.owed) > 0 {
		c.Deadline(w.owed[0].At + 3*millisecond)
	}
}

// TestDeadlines checks that what a handler postpones is done before anything else happens at
// its deadline or later, also if nothing else happens at all, in one partition and in several.
func TestDeadlines(t *testing.T) {
	var prints []uint64
	for _, workers := range []int{1, 2} {
		for _, homes := range [][]int32{{0, 0}, {0, 1}} {
			var all []*shirker
			e, err := New(Config{Homes: homes, Workers: workers, Lookahead: millisecond / 2, Handler: func(int) Handler {
				all = append(all, &shirker{})
				return all[len(all)-1]
			}})
			if err != nil {
				t.Fatal(err)
			}
			for i := range Instant(20) {
				e.Schedule(i*millisecond*(1+i%3), Node(i%2), What{Kind: tick})
			}
			if reason, err := e.Run(Never); reason != Drained || err != nil {
				t.Fatal(reason, err)
			}
			did := 0
			for _, w := range all {
				did += len(w.did)
				if len(w.late) > 0 {
					t.Errorf("%v: events at %v came before what was due then", homes, w.late)
				}
			}
			if did != 20 || e.Events() != 40 {
				t.Errorf("%v: %d of 20 were done late, in %d events of 40", homes, did, e.Events())
			}
			prints = append(prints, e.Fingerprint())
		}
	}
	if prints[0] != prints[2] || prints[1] != prints[3] {
		t.Errorf("fingerprints differ between workers: %x", prints)
	}
}

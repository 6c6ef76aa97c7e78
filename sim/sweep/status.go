package sweep

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// A Status is how far a sweep is, for a line that is drawn again and again.
type Status struct {
	Jobs, Done int           // second runs count
	Troubles   int           // jobs that are not fine
	Under      []Under       // jobs that some worker said something of lately, in their order
	Elapsed    time.Duration // since this collector began
	Left       time.Duration // at the pace so far; 0 until there is one
}

// Under is a job under way.
type Under struct {
	Job  int
	ID   string  // of its point
	Part float64 // how far it is, from 0 to 1
}

func (s Status) String() string {
	line := fmt.Sprintf("%d of %d runs, %d running", s.Done, s.Jobs, len(s.Under))
	if s.Troubles > 0 {
		line += fmt.Sprintf(", %d NOT FINE", s.Troubles)
	}
	if s.Left > 0 {
		line += fmt.Sprintf(", %v left", s.Left.Round(time.Second))
	}
	return line
}

// pace estimates when a sweep ends.
type pace struct {
	began    time.Time
	done     int             // in this session
	parts    map[int]float64 // job under way: how far it is
	troubles int
}

func newPace(now time.Time) *pace { return &pace{began: now, parts: map[int]float64{}} }

// moved records how far a job is.
func (p *pace) moved(job int, part float64) { p.parts[job] = min(max(part, 0), 1) }

// ended records that a job is no longer under way.
func (p *pace) ended(job int) { delete(p.parts, job) }

// status divides what is left by what was done so far, counting runs under way
// by their parts.
func (p *pace) status(now time.Time, jobs, open int) Status {
	work := float64(p.done)
	var under float64
	for _, part := range p.parts {
		under += part
	}
	s := Status{Jobs: jobs, Done: jobs - open, Troubles: p.troubles, Elapsed: now.Sub(p.began)}
	for _, job := range slices.Sorted(maps.Keys(p.parts)) {
		s.Under = append(s.Under, Under{Job: job, Part: p.parts[job]})
	}
	if work += under; work > 0 && open > 0 {
		s.Left = time.Duration(float64(s.Elapsed) * max(float64(open)-under, 0) / work)
	}
	return s
}

package sweep

import (
	"fmt"
	"strings"
)

// A Report is what a sweep came to.
type Report struct {
	Points                 int
	Fine, Violated, Failed int // points by the state of their first run
	Jobs                   int // that have to be run, or have been
	Missing                []int
	Again                  int          // points that were run twice
	Differences            []Difference // of those, the ones that came out differently
	Troubles               []Outcome    // all jobs that are not fine, in order
}

// A Difference is a point whose two runs do not agree.
type Difference struct{ First, Second Outcome }

func (d Difference) String() string {
	return fmt.Sprintf("NOT REPRODUCIBLE: point %q (index %d, seed %d) gave %s (%s) on %s and %s (%s) on %s",
		d.First.ID, d.First.Index, d.First.Seed,
		d.First.Fingerprint, d.First.State, d.First.Worker,
		d.Second.Fingerprint, d.Second.State, d.Second.Worker)
}

// Good reports whether everything ran, held, and came out the same twice.
func (r *Report) Good() bool {
	return len(r.Missing) == 0 && len(r.Troubles) == 0 && len(r.Differences) == 0
}

func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d points: %d fine, %d violated a property, %d could not be run", r.Points, r.Fine, r.Violated, r.Failed)
	if n := len(r.Missing); n > 0 {
		fmt.Fprintf(&b, ", %d of %d jobs are missing", n, r.Jobs)
	}
	fmt.Fprintf(&b, "; %d run twice, %d of them came out differently", r.Again, len(r.Differences))
	return b.String()
}

func (t *tally) report() *Report {
	r := &Report{Points: len(t.sweep.Points)}
	for job, o := range t.outcomes {
		if o == nil && !t.wanted(job) {
			continue
		}
		r.Jobs++
		switch {
		case o == nil:
			r.Missing = append(r.Missing, job)
			continue
		case o.State != Fine:
			r.Troubles = append(r.Troubles, *o)
		}
		if o.Again {
			r.compare(t.outcomes[o.Index], o)
		} else {
			r.count(o)
		}
	}
	return r
}

func (r *Report) count(o *Outcome) {
	switch o.State {
	case Fine:
		r.Fine++
	case Violated:
		r.Violated++
	default:
		r.Failed++
	}
}

func (r *Report) compare(first, second *Outcome) {
	if first == nil || first.State == Failed || second.State == Failed {
		return
	}
	r.Again++
	if d, differ := compare(first, second); differ {
		r.Differences = append(r.Differences, d)
	}
}

// compare returns the difference between two runs of a point, if there is one.
func compare(first, second *Outcome) (d Difference, differ bool) {
	return Difference{*first, *second}, first.Fingerprint != second.Fingerprint || first.State != second.State
}

// Report says what of a sweep is in its folder.
func (f *Folder) Report() (*Report, error) {
	outcomes, err := f.Outcomes()
	if err != nil {
		return nil, err
	}
	return newTally(f.sweep, outcomes).report(), nil
}

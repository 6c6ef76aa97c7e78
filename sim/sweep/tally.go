package sweep

// tally is what is known of a sweep's jobs.
type tally struct {
	sweep    *Sweep
	outcomes []*Outcome // by job; nil: not there yet
	open     int        // jobs still wanted
}

func newTally(s *Sweep, there []Outcome) *tally {
	t := &tally{sweep: s, outcomes: make([]*Outcome, s.Jobs()), open: s.Jobs()}
	for _, o := range there {
		t.add(o)
	}
	return t
}

// add takes an outcome; a second one of the same job is ignored.
func (t *tally) add(o Outcome) {
	if t.outcomes[o.Job] != nil {
		return
	}
	if t.wanted(o.Job) {
		t.open--
	}
	t.outcomes[o.Job] = &o
	if second, ok := t.sweep.second(o.Index); ok && !o.Again && o.State == Failed && t.outcomes[second] == nil {
		t.open-- // there is nothing to compare with
	}
}

// wanted reports whether a job must still be run.
func (t *tally) wanted(job int) bool {
	if t.outcomes[job] != nil {
		return false
	}
	index, again := t.sweep.place(job)
	first := t.outcomes[index]
	return !again || first == nil || first.State != Failed
}

// ready reports whether a job that is wanted may be queued: a second run waits
// for the first, to know which worker to avoid.
func (t *tally) ready(job int) bool {
	index, again := t.sweep.place(job)
	return t.wanted(job) && (!again || t.outcomes[index] != nil)
}

// complete reports whether nothing is left to run.
func (t *tally) complete() bool { return t.open == 0 }

// task returns the message of a job.
func (t *tally) task(job int) task {
	index, again := t.sweep.place(job)
	message := task{Job: job, Index: index, Again: again, Point: t.sweep.Points[index]}
	if again {
		message.Avoid = t.outcomes[index].Worker
	}
	return message
}

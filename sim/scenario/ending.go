package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// What a shorter duration leaves behind the end is an error and not dropped in silence: who looks for a fault in
// the results would look in vain. So each such error says what is too late and how to go on.

// late are the items of a list that begin too late.
type late struct {
	list  string
	items []int
	all   bool // there is no other
}

// lateIn returns which of n items begin after the end.
func (c *checker) lateIn(list string, n int, begins func(i int) time.Duration) late {
	l := late{list: list}
	for i := range n {
		if begins(i) >= c.s.Duration {
			l.items = append(l.items, i)
		}
	}
	l.all = len(l.items) == n
	return l
}

func (c *checker) lateFaults() late {
	return c.lateIn("faults", len(c.s.Faults), func(i int) time.Duration { return c.s.Faults[i].At })
}

func (c *checker) lateLoads() late {
	return c.lateIn("load", len(c.s.Load), func(i int) time.Duration { return c.s.Load[i].Start })
}

func (c *checker) lateAttacks() late {
	return c.lateIn("adversaries", len(c.s.Adversaries), func(i int) time.Duration { return c.s.Adversaries[i].From })
}

// drop returns the settings that take them away: the last one first, since those behind one that goes
// away move up.
func (l late) drop() string {
	if l.all {
		return fmt.Sprintf("--set %s=[]", l.list)
	}
	var settings []string
	for _, i := range slices.Backward(l.items) {
		settings = append(settings, fmt.Sprintf("--set %s[%d]=", l.list, i))
	}
	return strings.Join(settings, " ")
}

// begins checks that something begins before the end. over is when it is over, if it says.
func (c *checker) begins(path, key, what string, at, over time.Duration, others late) {
	if at < c.s.Duration {
		return
	}
	it := "it"
	if len(others.items) > 1 {
		it = "all that is too late"
	}
	c.failf(path+"."+key, "%s would begin at %s, and the scenario ends at %s; --set %s.%s=%s moves it, %s drops %s, --set duration=%s lets it happen",
		what, duration(at), duration(c.s.Duration), path, key, duration(c.s.Duration/2), others.drop(), it, duration(max(over, at+c.s.Duration)))
}

// ends checks that something that begins ends after that, and not after the scenario.
func (c *checker) ends(path, key, what string, begin, end time.Duration) {
	switch {
	case begin >= c.s.Duration: // told already
	case end <= begin:
		c.failf(path+"."+key, "%s would end at %s and begin at %s; expected an end after the beginning", what, duration(end), duration(begin))
	case end > c.s.Duration:
		c.failf(path+"."+key, "%s would end at %s, and the scenario ends at %s; --set %s.%s=0s ends it with the scenario, --set duration=%s makes that longer",
			what, duration(end), duration(c.s.Duration), path, key, duration(end))
	}
}

// lasts checks that a fault is over, and has begun for the last time, before the end.
func (c *checker) lasts(f *Fault, path string) {
	last := f.At + time.Duration(max(0, f.Times-1))*f.Every
	switch {
	case f.At >= c.s.Duration: // told already
	case f.Times > maxOccurrences:
		c.failf(path+".every", "that is %d times, at most %d", f.Times, maxOccurrences)
	case f.Every == 0 && f.For > c.s.Duration-f.At:
		c.failf(path+".for", "the fault %q would last %s from %s on, and the scenario ends at %s; --set %s.for=0s ends it with the scenario, --set duration=%s makes that longer",
			f.Name, duration(f.For), duration(f.At), duration(c.s.Duration), path, duration(f.At+f.For))
	case f.Every > 0 && (last < 0 || last >= c.s.Duration):
		fit := int((c.s.Duration-1-f.At)/f.Every) + 1
		c.failf(path+".times", "the fault %q would begin %d times, and the scenario ends at %s, before the last; --set %s.times=0 makes it as often as fits, which is %d",
			f.Name, f.Times, duration(c.s.Duration), path, fit)
	}
}

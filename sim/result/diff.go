package result

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"sort"
)

// A Difference is where two runs part.
type Difference struct {
	// Equal: the chains are the same to the end, and so is everything that happened.
	Equal bool
	// Windows are the partitions whose chains differ, the one that surely differs earliest first.
	Windows []WindowOfDifference
	// From and To are the instants between which the first different event lies, both included.
	From, To Instant
	// First is the first different event that both logs show; nil: they do not reach it.
	First *Pair
	// Certain: no earlier event can differ. Else there may be one that was not logged.
	Certain bool
	// Before are the last events of that partition that both runs share, oldest first.
	Before []Logged
	// Quantiles are those that differ.
	Quantiles []QuantilePair
}

// A WindowOfDifference is a run of events of one partition: equal before event
// From, different at some event below To.
type WindowOfDifference struct {
	Partition    uint32
	From, To     uint64
	After, Until Instant
}

// A Pair is what two runs did at one place of a partition's chain; one of both
// is nil if that run had ended, or did not log what the other one did.
type Pair struct {
	Partition uint32
	Index     uint64
	A, B      *Logged
}

func (p *Pair) at() Instant {
	switch {
	case p.A == nil:
		return p.B.At
	case p.B == nil:
		return p.A.At
	}
	return min(p.A.At, p.B.At)
}

// A QuantilePair is one distribution in both runs; one is zero if it was not measured there.
type QuantilePair struct{ A, B Quantiles }

// Comparable returns an error if two runs are not runs of the same thing, so
// that their first different event means nothing.
func Comparable(a, b *Run) error {
	const remedy = "compare two runs of one scenario and seed, or ask for --quantiles alone"
	switch {
	case a.Summary.Seed != b.Summary.Seed:
		return &FolderError{"seed", fmt.Errorf("%d and %d are different runs from the first event on", a.Summary.Seed, b.Summary.Seed), remedy}
	case !bytes.Equal(a.Scenario, b.Scenario):
		return &FolderError{scenarioFile, fmt.Errorf("they differ, at line %d first", firstLine(a.Scenario, b.Scenario)), remedy}
	case a.Summary.Partitions != b.Summary.Partitions:
		return &FolderError{"partitions", fmt.Errorf("%d and %d: their chains fold other events", a.Summary.Partitions, b.Summary.Partitions), remedy}
	}
	return nil
}

// firstLine returns the number of the first line in which two texts differ.
func firstLine(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return 1 + bytes.Count(a[:i], []byte("\n"))
		}
	}
	return 1 + bytes.Count(a[:min(len(a), len(b))], []byte("\n"))
}

// Compare finds where two comparable runs part.
func Compare(a, b *Run) *Difference {
	d := &Difference{Quantiles: CompareQuantiles(a, b)}
	as, bs := byPartition(a.Chain), byPartition(b.Chain)
	for p := range uint32(a.Summary.Partitions) {
		if w, differs := windowOf(as[p], bs[p]); differs {
			w.Partition = p
			d.Windows = append(d.Windows, w)
		}
	}
	if len(d.Windows) == 0 {
		d.Equal = true
		return d
	}
	slices.SortFunc(d.Windows, func(x, y WindowOfDifference) int {
		return cmp.Or(cmp.Compare(x.Until, y.Until), cmp.Compare(x.After, y.After), cmp.Compare(x.Partition, y.Partition))
	})
	d.From, d.To = d.Windows[0].After, d.Windows[0].Until
	for _, w := range d.Windows {
		d.From = min(d.From, w.After)
	}
	d.pinpoint(a, b)
	return d
}

func byPartition(chain []Link) map[uint32][]Link {
	out := map[uint32][]Link{}
	for _, l := range chain {
		out[l.Partition] = append(out[l.Partition], l)
	}
	return out
}

// windowOf searches the links that two chains share for the first different one.
func windowOf(a, b []Link) (w WindowOfDifference, differs bool) {
	ours, theirs := sharedLinks(a, b)
	first := sort.Search(len(ours), func(i int) bool { return ours[i].Hash != theirs[i].Hash })
	if first > 0 {
		w.From, w.After = ours[first-1].Events, ours[first-1].At
	}
	if first < len(ours) {
		w.To, w.Until = ours[first].Events, min(ours[first].At, theirs[first].At)
		w.Until = max(w.Until, w.After)
		return w, true
	}
	endA, endB := end(a), end(b)
	if endA.Events == endB.Events {
		return w, false
	}
	// One went on, or did another number of events: they differ after the shared
	// links, at the latest where the shorter chain ends.
	w.To = min(endA.Events, endB.Events) + 1
	w.Until = max(endA.At, endB.At)
	return w, true
}

func end(links []Link) Link {
	if len(links) == 0 {
		return Link{}
	}
	return links[len(links)-1]
}

// sharedLinks returns the links of two chains at the same counts of events.
func sharedLinks(a, b []Link) (ours, theirs []Link) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].Events < b[j].Events:
			i++
		case a[i].Events > b[j].Events:
			j++
		default:
			ours, theirs = append(ours, a[i]), append(theirs, b[j])
			i, j = i+1, j+1
		}
	}
	return ours, theirs
}

// pinpoint looks for the first different event in the logs.
func (d *Difference) pinpoint(a, b *Run) {
	d.Certain = true
	complete := map[uint32]bool{}
	for _, w := range d.Windows {
		pair, before, whole := firstPair(w, a.Events, b.Events)
		complete[w.Partition] = whole
		if pair == nil || d.First != nil && cmp.Or(cmp.Compare(pair.at(), d.First.at()), cmp.Compare(pair.Partition, d.First.Partition)) >= 0 {
			continue
		}
		d.First, d.Before = pair, before
	}
	if d.First == nil {
		d.Certain = false
		return
	}
	for _, w := range d.Windows { // a window that begins later cannot hold an earlier event
		d.Certain = d.Certain && (complete[w.Partition] || w.After > d.First.at())
	}
}

// firstPair returns the first place of a window at which two logs differ, and
// whether both show every event from the window's begin to there.
func firstPair(w WindowOfDifference, a, b []Logged) (pair *Pair, before []Logged, whole bool) {
	as, bs := ofWindow(w, a), ofWindow(w, b)
	whole = true
	next := w.From
	for len(as) > 0 || len(bs) > 0 {
		pair = &Pair{Partition: w.Partition}
		if len(bs) == 0 || len(as) > 0 && as[0].Index <= bs[0].Index {
			pair.A, pair.Index = as[0], as[0].Index
		}
		if len(as) == 0 || len(bs) > 0 && bs[0].Index <= as[0].Index {
			pair.B, pair.Index = bs[0], bs[0].Index
		}
		whole = whole && pair.Index == next
		next = pair.Index + 1
		if pair.A == nil || pair.B == nil || !pair.A.same(&pair.B.Event) {
			return pair, before, whole
		}
		before = append(before, *as[0])
		before = before[max(0, len(before)-maxDiffRows):]
		as, bs = as[1:], bs[1:]
	}
	return nil, nil, false
}

// ofWindow returns the logged events of a window, in their order.
func ofWindow(w WindowOfDifference, rows []Logged) (out []*Logged) {
	for i := range rows {
		if rows[i].Partition == w.Partition && rows[i].Index >= w.From && rows[i].Index < w.To {
			out = append(out, &rows[i])
		}
	}
	slices.SortFunc(out, func(x, y *Logged) int { return cmp.Compare(x.Index, y.Index) })
	return out
}

// same compares what the chain folds.
func (e *Event) same(o *Event) bool {
	x, y := *e, *o
	x.Label, y.Label = "", ""
	return x == y
}

// CompareQuantiles returns the distributions of two runs that differ.
func CompareQuantiles(a, b *Run) (out []QuantilePair) {
	theirs := map[string]Quantiles{}
	for _, q := range b.Summary.Quantiles {
		theirs[q.Name] = q
	}
	for _, q := range a.Summary.Quantiles {
		if o := theirs[q.Name]; o != q {
			out = append(out, QuantilePair{A: q, B: o})
		}
		delete(theirs, q.Name)
	}
	for _, q := range b.Summary.Quantiles { // in their order, not the map's
		if _, only := theirs[q.Name]; only {
			out = append(out, QuantilePair{B: q})
		}
	}
	return out
}

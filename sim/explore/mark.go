package explore

import (
	"math/bits"
	"slices"

	"github.com/floormesh/floormesh/sim"
)

// mark is one thing that a run showed: a kind of observation and its value.
type mark struct {
	about string
	value int
}

// size returns the number's power of two: how large it is, roughly.
func size(n int64) int { return bits.Len64(uint64(max(0, n))) }

// marksOf returns what a run showed.
func marksOf(p *sim.Plan, r *sim.Result) []mark {
	idle := int64(r.Rounds) - int64(r.Commits)
	settle := size(r.Settle.Milliseconds())
	marks := []mark{
		{"rounds without a commit", size(idle)},
		{"settle", settle},
		{"rest", size(r.Rest.Milliseconds())},
		{"delays to final", size(int64(r.Delays))},
		{"messages a record", size(int64(r.Messages / max(1, r.Records)))},
		{"rounds and settle", size(int64(r.Rounds))<<8 | settle},
		{"commits and messages", size(int64(r.Commits))<<8 | size(int64(r.Messages))},
	}
	for _, l := range p.Liars {
		marks = append(marks, mark{"liar " + l.Kind, settle<<8 | size(idle)})
	}
	for _, pair := range overlaps(p.Faults) {
		marks = append(marks, mark{"faults " + pair, settle<<8 | size(idle)})
	}
	return marks
}

// overlaps returns which kinds of faults last at one time, each pair once, sorted.
func overlaps(faults []sim.Fault) []string {
	var pairs []string
	for i, a := range faults {
		pairs = append(pairs, a.Kind)
		for _, b := range faults[i+1:] {
			if b.From < a.To && a.From < b.To {
				pairs = append(pairs, min(a.Kind, b.Kind)+" "+max(a.Kind, b.Kind))
			}
		}
	}
	slices.Sort(pairs)
	return slices.Compact(pairs)
}

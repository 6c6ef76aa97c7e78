package result

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Study is what the runs of a sweep came to, side by side.
type Study struct {
	Name     string
	Build    string
	Scenario []byte // the text with its axes
	Axes     []Axis
	Cases    []Case   // in the order of the sweep
	Notes    []string // what the reader must know, worst first
	Good     bool     // everything ran, held, and came out the same twice
}

// An Axis is a key of the scenario that took several values.
type Axis struct {
	Key    string
	Values []string // as they are written, in their order
	// Numbers are the values in millionths of Unit; nil unless all are numbers of one unit.
	Numbers []int64
	Unit    string
}

// A Case is one run of a study.
type Case struct {
	ID     string
	Values []string // of the axes, in their order
	Repeat int
	Seed   uint64
	State  string // "fine", or what else became of it
	Brief  *Brief // nil: it could not be run
}

// Millionth is what an Axis counts in.
const Millionth = 1_000_000

// NewAxis reads the values of an axis. Numbers are told from words here: "5%" and "1%" are five and one of the
// unit "%", "150ms" and "2s" are seconds.
func NewAxis(key string, values []string) Axis {
	a := Axis{Key: key, Values: values}
	a.Numbers, a.Unit = numbers(values)
	return a
}

func numbers(values []string) (all []int64, unit string) {
	if all = durations(values); all != nil {
		return all, "s"
	}
	for i, text := range values {
		digits := text
		if n := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); n >= 0 {
			digits = text[:n]
		}
		own := strings.TrimSpace(text[len(digits):])
		n, ok := millionths(digits)
		if !ok || i > 0 && own != unit {
			return nil, ""
		}
		unit = own
		all = append(all, n)
	}
	return all, unit
}

// durations returns the values in millionths of a second, if all are durations.
func durations(values []string) (all []int64) {
	for _, text := range values {
		d, err := time.ParseDuration(text)
		if err != nil || d%time.Microsecond != 0 || !strings.ContainsAny(text, "smh") {
			return nil
		}
		all = append(all, int64(d/time.Microsecond))
	}
	return all
}

// millionths reads a decimal exactly.
func millionths(text string) (n int64, ok bool) {
	whole, part, _ := strings.Cut(text, ".")
	const places = 6
	if len(whole)+places > 18 || len(part) > places || len(whole)+len(part) == 0 {
		return 0, false
	}
	for _, r := range whole + part + strings.Repeat("0", places-len(part)) {
		if r < '0' || r > '9' {
			return 0, false
		}
		n = 10*n + int64(r-'0')
	}
	return n, true
}

// Name returns the axis with its unit, for the head of a column.
func (a *Axis) Name() string {
	if a.Numbers == nil || a.Unit == "" {
		return a.Key
	}
	return a.Key + " (" + a.Unit + ")"
}

// A Measure is a number of a run; ok is false if the run has none.
type Measure func(b *Brief) (v int64, ok bool)

// A Panel is a measure over one axis, one line for each value of a second one, with
// what the other axes are.
type Panel struct {
	Title string // "loss=5%", "" if there are no other axes
	Lines []PanelLine
}

// A PanelLine is the runs with one value of the second axis.
type PanelLine struct {
	Name   string
	Points []PanelPoint
}

// A PanelPoint sums up the repetitions of one point.
type PanelPoint struct {
	Value             int // of the axis below, by its place
	Low, Median, High int64
	Runs              int
}

// ErrNoAxis says that a key was not varied.
var ErrNoAxis = errors.New("the sweep does not vary this")

// Over returns the axis that a key names; "" is the first whose values are
// numbers, else the first of all.
func (s *Study) Over(key string) (int, error) {
	if key == "" {
		return max(0, slices.IndexFunc(s.Axes, func(a Axis) bool { return len(a.Numbers) > 1 })), nil
	}
	i := slices.IndexFunc(s.Axes, func(a Axis) bool { return a.Key == key })
	if i < 0 {
		return 0, fmt.Errorf("%w: %q", ErrNoAxis, key)
	}
	return i, nil
}

// Panels sums a measure up over an axis. The next axis that varies makes the lines, and the
// rest a panel for each of their combinations.
func (s *Study) Panels(over int, measure Measure) (panels []Panel) {
	second := -1
	for i := range s.Axes {
		if second < 0 && i != over && len(s.Axes[i].Values) > 1 {
			second = i
		}
	}
	for i := range s.Cases {
		c := &s.Cases[i]
		if c.Brief == nil {
			continue
		}
		v, ok := measure(c.Brief)
		if !ok {
			continue
		}
		panel := find(&panels, s.rest(c, over, second), func(p *Panel) *string { return &p.Title })
		name := ""
		if second >= 0 {
			name = s.label(c, second)
		}
		line := find(&panel.Lines, name, func(l *PanelLine) *string { return &l.Name })
		line.add(slices.Index(s.Axes[over].Values, c.Values[over]), v)
	}
	for i := range panels {
		for j := range panels[i].Lines {
			panels[i].Lines[j].settle()
		}
	}
	return panels
}

// find returns the item of a name, which it appends if there is none.
func find[T any](all *[]T, name string, of func(*T) *string) *T {
	for i := range *all {
		if *of(&(*all)[i]) == name {
			return &(*all)[i]
		}
	}
	var item T
	*of(&item) = name
	*all = append(*all, item)
	return &(*all)[len(*all)-1]
}

// rest names the axes that are neither below nor a line.
func (s *Study) rest(c *Case, over, second int) string {
	var parts []string
	for i := range s.Axes {
		if i != over && i != second && len(s.Axes[i].Values) > 1 {
			parts = append(parts, s.label(c, i))
		}
	}
	return strings.Join(parts, ", ")
}

// label is a value with the last word of its key.
func (s *Study) label(c *Case, axis int) string {
	return LastWord(s.Axes[axis].Key) + " " + c.Values[axis]
}

// LastWord returns what a key path ends with: "gateways" of "sites[0].gateways".
func LastWord(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

// add takes a run. Until settle, Low counts nothing and every run is a point.
func (l *PanelLine) add(value int, v int64) {
	l.Points = append(l.Points, PanelPoint{Value: value, Median: v})
}

// settle joins the runs of one value.
func (l *PanelLine) settle() {
	slices.SortFunc(l.Points, func(a, b PanelPoint) int {
		return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.Median, b.Median))
	})
	var out []PanelPoint
	for from := 0; from < len(l.Points); {
		to := from
		for to < len(l.Points) && l.Points[to].Value == l.Points[from].Value {
			to++
		}
		same := l.Points[from:to]
		out = append(out, PanelPoint{
			Value: same[0].Value, Runs: len(same),
			Low: same[0].Median, Median: same[(len(same)-1)/2].Median, High: same[len(same)-1].Median,
		})
		from = to
	}
	l.Points = out
}

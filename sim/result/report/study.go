package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/internal/svg"
)

// studyPage is what the template reads.
type studyPage struct {
	Head    head
	S       *result.Study
	Verdict string
	Over    string
	Figures []figure
	Runs    table
	Cut     string
}

// WriteStudy writes the report of a sweep.
func WriteStudy(w io.Writer, s *result.Study) error {
	t, err := templates()
	if err != nil {
		return err
	}
	p := studyPage{Head: head{s.Name + ": " + studyVerdict(s), svg.Style}, S: s, Verdict: studyVerdict(s), Runs: runTable(s)}
	over, err := s.Over("")
	if err != nil {
		return err
	}
	p.Over = s.Axes[over].Key
	for _, m := range measures() {
		p.Figures = append(p.Figures, m.figures(s, over)...)
	}
	if len(s.Cases) > maxRunRows {
		p.Cut = fmt.Sprintf("The first %d of %d runs; all are in table.csv.", maxRunRows, len(s.Cases))
	}
	return t.ExecuteTemplate(w, "study", p)
}

func studyVerdict(s *result.Study) string {
	if s.Good {
		return fmt.Sprintf("all %d runs are fine", len(s.Cases))
	}
	bad := 0
	for i := range s.Cases {
		if s.Cases[i].State != "fine" {
			bad++
		}
	}
	return fmt.Sprintf("%d of %d runs are not fine", bad, len(s.Cases))
}

// measured is a measure and how it is drawn.
type measured struct {
	title  string
	about  string // one sentence
	y      string
	unit   func(most int64) svg.Unit
	format func(int64) string
	of     result.Measure
}

// measures returns what is drawn of a sweep.
func measures() []measured {
	quantile := func(name string, pick func(*result.Quantiles) int64) result.Measure {
		return func(b *result.Brief) (int64, bool) { return b.Quantile(name, pick) }
	}
	half := func(q *result.Quantiles) int64 { return q.P50 }
	most := func(q *result.Quantiles) int64 { return q.P99 }
	thousandths := func(int64) svg.Unit { return svg.Unit{Per: 1000} }
	bytes := func(most int64) svg.Unit { return svg.CountUnit(most, "B") }
	decimal := func(v int64) string { return svg.Decimal(v, 1000) }
	return []measured{
		{"Time to final, median", "Half of the records are final so soon after they were stored.", "time to final", svg.TimeUnit, svg.Duration, quantile("final", half)},
		{"Time to final, 99 %", "Of a hundred records ninety-nine are final so soon after they were stored.", "time to final", svg.TimeUnit, svg.Duration, quantile("final", most)},
		{"Throughput", "Records that became final per second, while some did.", "records per second", thousandths, decimal, func(b *result.Brief) (int64, bool) { return b.Throughput(), b.Active > 0 }},
		{"Bytes for each final record", "All that all nodes sent, divided by the records that became final.", "bytes", bytes, func(v int64) string { return svg.Count(v, "B") }, func(b *result.Brief) (int64, bool) {
			return int64(b.Bytes / max(1, b.Final)), b.Final > 0
		}},
		{"Rounds for each commit", "One, if every round's leader is committed.", "rounds", thousandths, decimal, func(b *result.Brief) (int64, bool) {
			return int64(1000 * b.Rounds / max(1, b.Commits)), b.Commits > 0
		}},
	}
}

// figures draws a measure over an axis.
func (m *measured) figures(s *result.Study, over int) (out []figure) {
	a := &s.Axes[over]
	panels := s.Panels(over, m.of)
	y := m.axis(panels)
	for i := range panels[:min(len(panels), maxPanels)] {
		c := m.chart(a, &panels[i])
		c.y = y
		out = append(out, c.figure())
	}
	return out
}

// axis is the same for all panels of a measure, and logarithmic if the values lie far apart.
func (m *measured) axis(panels []result.Panel) axis {
	least, most := int64(math.MaxInt64), int64(1)
	for _, p := range panels {
		for _, l := range p.Lines {
			for _, v := range l.Points {
				least, most = min(least, v.Low), max(most, v.High)
			}
		}
	}
	a := upTo(m.y, most, m.unit(most))
	if least > 0 && most/least >= farApart {
		a.Scale = svg.Scale{Low: least, High: svg.RoundUp(most), Log: true}
		a.name += " (logarithmic)"
	}
	return a
}

// farApart is how many times the least value the greatest is where a linear axis would
// show only that one.
const farApart = 30

func (m *measured) chart(a *result.Axis, p *result.Panel) *chart {
	c := &chart{title: m.title, takeaway: m.about, x: axisOver(a)}
	if p.Title != "" {
		c.title += ", " + p.Title
	}
	c.table.Head = []string{a.Key, "", "runs", "least", "median", "most"}
	for i, l := range p.Lines {
		if i == svg.Colours {
			c.takeaway += fmt.Sprintf(" Drawn are %d of %d lines; the numbers are below.", i, len(p.Lines))
		}
		drawn := line{name: l.Name, colour: i}
		for _, v := range l.Points {
			x := c.x.place(a, v.Value)
			drawn.points = append(drawn.points, value{x, v.Median})
			drawn.spread = append(drawn.spread, spread{x, v.Low, v.High})
			c.table.Rows = append(c.table.Rows, []string{a.Values[v.Value], l.Name, fmt.Sprint(v.Runs), m.format(v.Low), m.format(v.Median), m.format(v.High)})
		}
		if i < svg.Colours {
			c.lines = append(c.lines, drawn)
		}
	}
	return c
}

// axisOver is the axis of what was varied: numbers where they belong, words side by side.
func axisOver(a *result.Axis) axis {
	out := axis{name: a.Name()}
	if a.Numbers == nil {
		out.Scale = svg.Scale{Low: 0, High: int64(max(1, len(a.Values)-1))}
	} else {
		low, high := a.Numbers[0], a.Numbers[0]
		for _, n := range a.Numbers {
			low, high = min(low, n), max(high, n)
		}
		out.Scale = svg.Scale{Low: low, High: max(high, low+1), Log: low > 0 && high/low >= farApart}
	}
	for i := range a.Values {
		out.marks = append(out.marks, mark{out.place(a, i), a.Values[i]})
	}
	slices.SortStableFunc(out.marks, func(a, b mark) int { return cmp.Compare(a.at, b.at) })
	return out
}

// place returns where a value of what was varied lies on its axis.
func (*axis) place(a *result.Axis, i int) int64 {
	if a.Numbers == nil {
		return int64(i)
	}
	return a.Numbers[i]
}

// runTable lists the runs.
func runTable(s *result.Study) (t table) {
	t.Head = append(t.Head, "run")
	for i := range s.Axes {
		t.Head = append(t.Head, s.Axes[i].Key)
	}
	t.Head = append(t.Head, "repeat", "state")
	all := measures()
	for _, m := range all {
		t.Head = append(t.Head, m.title)
	}
	for i := range s.Cases[:min(len(s.Cases), maxRunRows)] {
		c := &s.Cases[i]
		row := append([]string{c.ID}, c.Values...)
		row = append(row, fmt.Sprint(c.Repeat), c.State)
		for _, m := range all {
			text := ""
			if c.Brief != nil {
				if v, ok := m.of(c.Brief); ok {
					text = m.format(v)
				}
			}
			row = append(row, text)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

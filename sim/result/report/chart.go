package report

import (
	"fmt"
	"html/template"
	"slices"

	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/internal/svg"
)

// Sizes of a chart.
const (
	chartWidth  = 5600
	chartHeight = 2600
	plotLeft    = 560
	plotRight   = 4560 // labels of lines stand right of it
	plotTop     = 330
	plotBottom  = 2200
)

// A line is one series of a chart.
type line struct {
	name   string
	colour int
	points []value
	apart  int64 // points further apart than this have nothing between them; 0: all are joined
	spread []spread
}

// A spread is how far the values of one point of a line lie apart.
type spread struct{ x, low, high int64 }

// A value is a point of a line, in the units of the axes.
type value struct{ x, y int64 }

// A chart is one figure of the page.
type chart struct {
	title    string
	takeaway string
	x, y     axis
	lines    []line
	bands    []result.Fault
	stacked  bool // areas on top of one another, the first at the bottom
	along    bool // label lines where they rise, not at their ends
	table    table
}

// An axis of a chart.
type axis struct {
	name string
	svg.Scale
	unit  svg.Unit
	marks []mark // in place of round values
}

// A mark is a value of an axis that has a label of its own.
type mark struct {
	at    int64
	label string
}

// A table repeats a chart in numbers.
type table struct {
	Head []string
	Rows [][]string
}

// A figure is a chart as the page shows it.
type figure struct {
	Title, Takeaway string
	SVG             template.HTML
	Table           table
}

// figure draws the chart.
func (c *chart) figure() figure {
	d := svg.New(chartWidth, chartHeight, c.title, c.takeaway)
	c.x.From, c.x.To = plotLeft, plotRight
	c.y.From, c.y.To = plotBottom, plotTop
	c.drawBands(d)
	c.drawAxes(d)
	if c.stacked {
		c.drawAreas(d)
	} else {
		c.drawLines(d)
	}
	return figure{c.title, c.takeaway, template.HTML(d.Inline()), c.table} //nolint:gosec // svg escapes all words
}

func (c *chart) drawBands(d *svg.Drawing) {
	for _, f := range c.bands {
		from, to := c.x.At(int64(f.From)), c.x.At(int64(f.To))
		d.Rect("band", from, plotTop, max(15, to-from), plotBottom-plotTop, fmt.Sprintf("%s: %s, %v to %v", f.Kind, f.Label, f.From, f.To))
		if to-from > svg.Length(len(f.Kind))*60+80 {
			d.Text("small", from+40, plotTop+110, f.Kind)
		}
	}
}

func (c *chart) drawAxes(d *svg.Drawing) {
	for _, v := range c.y.Ticks(5) {
		at := c.y.At(v)
		d.Line("grid", plotLeft, at, plotRight, at)
		d.Text("t e", plotLeft-70, at+40, c.y.unit.Format(v))
	}
	d.Line("axis", plotLeft, plotBottom, plotRight, plotBottom)
	free := svg.Length(0)
	for _, m := range c.x.labelled() {
		at := c.x.At(m.at)
		d.Line("axis", at, plotBottom, at, plotBottom+50)
		if half := svg.Length(len(m.label)) * 35; at-half >= free {
			d.Text("t m", at, plotBottom+180, m.label)
			free = at + half
		}
	}
	d.Text("t", 40, plotTop-150, named(c.y.name, c.y.unit))
	d.Text("t e", plotRight, plotBottom+350, named(c.x.name, c.x.unit))
}

// labelled returns what stands along the axis.
func (a *axis) labelled() []mark {
	marks := a.marks
	if marks == nil {
		for _, v := range a.Ticks(7) {
			marks = append(marks, mark{v, a.unit.Format(v)})
		}
	}
	return marks
}

func named(name string, unit svg.Unit) string {
	switch "" {
	case unit.Name:
		return name
	case name:
		return unit.Name
	}
	return name + ", " + unit.Name
}

func (c *chart) drawLines(d *svg.Drawing) {
	var ends []label
	for i, l := range c.lines {
		points := c.path(d, &l)
		if len(points) == 0 {
			continue
		}
		at := points[len(points)-1]
		if c.along {
			at = rise(points, plotBottom-(plotBottom-plotTop)*svg.Length(max(1, 8-3*i))/10)
			d.Text("h halo "+svg.Series(l.colour), at.X+80, at.Y+90, l.name)
			continue
		}
		ends = append(ends, label{at.Y, l.name, l.colour})
	}
	drawLabels(d, ends)
}

// path draws a line, in pieces where it has gaps, and returns its last piece.
func (c *chart) path(d *svg.Drawing, l *line) (piece []svg.Point) {
	class := "line " + svg.Series(l.colour)
	for i, v := range l.points {
		if i > 0 && l.apart > 0 && v.x-l.points[i-1].x > l.apart {
			d.Path(class, piece, false)
			piece = nil
		}
		piece = append(piece, svg.Point{X: c.x.At(v.x), Y: c.y.At(v.y)})
	}
	d.Path(class, piece, false)
	for _, s := range l.spread {
		if s.low < s.high {
			d.Line("thin "+svg.Series(l.colour), c.x.At(s.x), c.y.At(s.low), c.x.At(s.x), c.y.At(s.high))
		}
	}
	return piece
}

// rise returns the first point at or above a height.
func rise(points []svg.Point, height svg.Length) svg.Point {
	for _, p := range points {
		if p.Y <= height {
			return p
		}
	}
	return points[len(points)-1]
}

// A label is the name of a line at its end.
type label struct {
	y      svg.Length
	name   string
	colour int
}

// drawLabels writes names beside the ends of lines, moved apart where they
// would overlap, and pushed up again where that leads below the chart.
func drawLabels(d *svg.Drawing, labels []label) {
	const apart = 150
	slices.SortStableFunc(labels, func(a, b label) int { return int(a.y - b.y) })
	for i := range labels {
		if i > 0 {
			labels[i].y = max(labels[i].y, labels[i-1].y+apart)
		}
	}
	for i := len(labels) - 1; i >= 0; i-- {
		limit := svg.Length(plotBottom)
		if i+1 < len(labels) {
			limit = labels[i+1].y - apart
		}
		labels[i].y = min(labels[i].y, limit)
	}
	for _, l := range labels {
		d.Text("h "+svg.Series(l.colour), plotRight+90, l.y+40, l.name)
	}
}

// drawAreas draws stacked areas; all lines have the same x values.
func (c *chart) drawAreas(d *svg.Drawing) {
	if len(c.lines) == 0 || len(c.lines[0].points) == 0 {
		return
	}
	below := make([]int64, len(c.lines[0].points))
	var ends []label
	for _, l := range c.lines {
		var top, bottom []svg.Point
		for i, v := range l.points {
			x := c.x.At(v.x)
			bottom = append(bottom, svg.Point{X: x, Y: c.y.At(below[i])})
			below[i] += v.y
			top = append(top, svg.Point{X: x, Y: c.y.At(below[i])})
		}
		slices.Reverse(bottom)
		d.Path("fill area "+svg.Series(l.colour), append(top, bottom...), true)
		last := (top[len(top)-1].Y + bottom[0].Y) / 2
		ends = append(ends, label{last, l.name, l.colour})
	}
	drawLabels(d, ends)
}

// thin returns at most n of the points, evenly chosen, always the last.
func thin[T any](all []T, n int) []T {
	if len(all) <= n {
		return all
	}
	out := make([]T, 0, n)
	for i := range n {
		out = append(out, all[(i+1)*len(all)/n-1])
	}
	return out
}

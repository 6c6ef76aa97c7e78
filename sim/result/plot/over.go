package plot

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/floormesh/floormesh/sim/result"
)

// What can be drawn of a sweep.
const (
	LatencyOver    = "latency-over"
	ThroughputOver = "throughput-over"
	BytesOver      = "bytes-over"
)

// WriteOver draws what of a sweep, over the axis of a key or, with "", over the first
// that holds numbers. Points are the medians of repeated runs.
func WriteOver(w io.Writer, what, over, format string, s *result.Study) error {
	axis, err := s.Over(over)
	if err != nil {
		return err
	}
	p := plot.New()
	var curves []curve
	switch what {
	case LatencyOver:
		p.Y.Label.Text = "time to final (ms)"
		half := overAxis(s, axis, 1e6, func(b *result.Brief) (int64, bool) {
			return b.Quantile("final", func(q *result.Quantiles) int64 { return q.P50 })
		})
		most := overAxis(s, axis, 1e6, func(b *result.Brief) (int64, bool) {
			return b.Quantile("final", func(q *result.Quantiles) int64 { return q.P99 })
		})
		for i := range half {
			half[i].name = strings.TrimSpace(half[i].name + " 50 %")
			most[i].name, most[i].dashed = strings.TrimSpace(most[i].name+" 99 %"), true
			curves = append(curves, half[i], most[i])
		}
	case ThroughputOver:
		p.Y.Label.Text = "final records per second"
		curves = overAxis(s, axis, 1e3, func(b *result.Brief) (int64, bool) { return b.Throughput(), b.Active > 0 })
	case BytesOver:
		p.Y.Label.Text = "kB sent for each final record"
		curves = overAxis(s, axis, 1e3, func(b *result.Brief) (int64, bool) { return int64(b.Bytes / max(1, b.Final)), b.Final > 0 })
	default:
		return ErrNoSuchPlot
	}
	switch {
	case len(curves) == 0:
		return ErrNothing
	case curves[len(curves)-1].colour >= maxRuns:
		return ErrTooManyLines
	}
	return drawOver(w, p, &s.Axes[axis], curves, format)
}

func drawOver(w io.Writer, p *plot.Plot, a *result.Axis, curves []curve, format string) error {
	legend, err := addCurves(p, curves)
	if err != nil {
		return err
	}
	p.X.Label.Text = a.Name()
	var ticks plot.ConstantTicks
	for i := range a.Values {
		ticks = append(ticks, plot.Tick{Value: position(a, i), Label: a.Values[i]})
	}
	p.X.Min, p.X.Max = ticks[0].Value, ticks[0].Value
	for _, t := range ticks {
		p.X.Min, p.X.Max = min(p.X.Min, t.Value), max(p.X.Max, t.Value)
	}
	if a.Numbers != nil && p.X.Min > 0 && p.X.Max >= 30*p.X.Min {
		p.X.Scale = plot.LogScale{}
	}
	p.X.Tick.Marker = ticks
	return render(w, p, legend, format)
}

// overAxis returns a curve for each line of each panel, of values divided by per.
func overAxis(s *result.Study, over int, per float64, measure result.Measure) (curves []curve) {
	a := &s.Axes[over]
	for _, panel := range s.Panels(over, measure) {
		for _, l := range panel.Lines {
			c := curve{name: strings.TrimPrefix(strings.TrimSpace(panel.Title+", "+l.Name), ", "), colour: len(curves)}
			c.name = strings.TrimSuffix(c.name, ",")
			for _, v := range l.Points {
				c.points = append(c.points, plotter.XY{X: position(a, v.Value), Y: float64(v.Median) / per})
			}
			slices.SortFunc(c.points, func(a, b plotter.XY) int { return cmp.Compare(a.X, b.X) })
			curves = append(curves, c)
		}
	}
	return curves
}

// position returns where a value lies on its axis: words lie side by side.
func position(a *result.Axis, i int) float64 {
	if a.Numbers == nil {
		return float64(i)
	}
	return float64(a.Numbers[i]) / result.Millionth
}

// ErrTooManyLines says that the lines of a figure cannot be told apart.
var ErrTooManyLines = fmt.Errorf("more than %d lines: they could not be told apart; sweep fewer values of the other axes, or draw from table.csv", maxRuns)

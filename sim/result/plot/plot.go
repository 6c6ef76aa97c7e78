// Package plot draws runs for papers: one figure a file, SVG or PDF, several
// runs in one figure to compare them, or a sweep over what was varied. The same runs give the same bytes.
//
// Unlike the rest of result it computes in floats, as gonum does: digits of coordinates
// may differ between processor architectures, what is drawn does not.
package plot

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/floormesh/floormesh/sim/result"
)

// Size of a figure: one and a half columns of most journals, in 7:10.
const (
	width  = 12 * vg.Centimeter
	height = 8.4 * vg.Centimeter
)

// maxRuns bounds the runs in one figure: more lines cannot be told apart.
const maxRuns = 6

// What can be drawn.
const (
	LatencyCDF  = "latency-cdf"
	LatencyTime = "latency-time"
	Throughput  = "throughput"
	Bytes       = "bytes"
	Propagation = "propagation"
)

// A Named run is a run and what it is called in the legend.
type Named struct {
	Name string
	*result.Run
}

// A curve is one line of a figure.
type curve struct {
	name   string
	colour int
	dashed bool
	points plotter.XYs
}

// Errors that a caller may tell apart.
var (
	ErrNoSuchPlot  = errors.New("there is no such plot of this: of runs there are latency-cdf, latency-time, throughput, bytes and propagation, of a sweep latency-over, throughput-over and bytes-over")
	ErrNoFormat    = errors.New("the file's name must end in .svg or .pdf")
	ErrTooManyRuns = fmt.Errorf("at most %d runs fit into one figure", maxRuns)
	ErrNothing     = errors.New("none of the runs measured this")
)

// Format returns the format that a file name asks for.
func Format(path string) (string, error) {
	format := strings.TrimPrefix(strings.ToLower(filepath.Ext(path)), ".")
	if format != "svg" && format != "pdf" {
		return "", ErrNoFormat
	}
	return format, nil
}

// Write draws what of some runs, in a format that Format returned.
func Write(w io.Writer, what, format string, runs []Named) error {
	if len(runs) > maxRuns {
		return ErrTooManyRuns
	}
	p := plot.New()
	p.BackgroundColor = color.White
	var curves []curve
	switch what {
	case LatencyCDF:
		curves = cdf(p, runs, "final")
		p.X.Label.Text = "time to final (ms)"
	case Propagation:
		curves = cdf(p, runs, propagated(runs)...)
		p.X.Label.Text = "time from publishing to delivery (ms)"
	case LatencyTime:
		curves = latencyTime(p, runs)
	case Throughput:
		curves = throughput(p, runs)
	case Bytes:
		curves = bytesSent(p, runs)
	default:
		return ErrNoSuchPlot
	}
	if len(curves) == 0 {
		return ErrNothing
	}
	legend, err := addCurves(p, curves)
	if err != nil {
		return err
	}
	return render(w, p, legend, format)
}

// addCurves adds the lines, and returns a legend for each if there are several.
func addCurves(p *plot.Plot, curves []curve) (legend []plot.Legend, err error) {
	p.X.Min, p.Y.Min = 0, 0
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Padding = 0
		axis.Width = vg.Points(0.6)
		axis.Tick.Width = vg.Points(0.6)
	}
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	grid.Horizontal.Color = color.Gray{0xdd}
	grid.Horizontal.Width = vg.Points(0.4)
	p.Add(grid)
	for _, c := range curves {
		line, err := plotter.NewLine(c.points)
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", c.name, err)
		}
		line.Color = colour(c.colour)
		line.Width = vg.Points(1.3)
		if c.dashed {
			line.Dashes = []vg.Length{vg.Points(4), vg.Points(2.5)}
		}
		p.Add(line)
		if len(curves) > 1 && c.name != "" {
			l := plot.NewLegend()
			l.Add(c.name, line)
			legend = append(legend, l)
		}
	}
	return legend, nil
}

// legendColumns is how many names stand beside each other above a figure.
const legendColumns = 3

// drawLegend writes the names into rows above the figure, where they hide no
// line, and returns what is left of the canvas.
func drawLegend(c draw.Canvas, legend []plot.Legend) draw.Canvas {
	const row = 13
	rows := (len(legend) + legendColumns - 1) / legendColumns
	column := c.Size().X / legendColumns
	for i, l := range legend {
		l.Top, l.Left = true, true
		l.ThumbnailWidth = vg.Points(18)
		l.TextStyle.Font.Size = vg.Points(9)
		at := vg.Length(i % legendColumns)
		l.Draw(draw.Crop(c, at*column, -(legendColumns-1-at)*column, 0, -vg.Points(row)*vg.Length(i/legendColumns)))
	}
	return draw.Crop(c, 0, 0, 0, -vg.Points(row)*vg.Length(rows))
}

// colour returns colours that stay apart in print and for the colour-blind.
func colour(i int) color.Color {
	return [maxRuns]color.RGBA{
		{0x1f, 0x62, 0xc4, 0xff},
		{0xc2, 0x57, 0x1a, 0xff},
		{0x16, 0x80, 0x5a, 0xff},
		{0x8a, 0x4b, 0xbd, 0xff},
		{0xb0, 0x30, 0x68, 0xff},
		{0x7a, 0x6a, 0x12, 0xff},
	}[i%maxRuns]
}

func render(w io.Writer, p *plot.Plot, legend []plot.Legend, format string) error {
	if format == "svg" {
		c := vgsvg.New(width, height)
		p.Draw(drawLegend(padded(draw.New(c)), legend))
		_, err := c.WriteTo(w)
		return err
	}
	// The PDF writer's defaults belong to the process: it would write the present
	// day into the file, and its catalogue in the order of a map.
	fpdf.SetDefaultCatalogSort(true)
	fpdf.SetDefaultCreationDate(time.Unix(0, 0).UTC())
	fpdf.SetDefaultModificationDate(time.Unix(0, 0).UTC())
	c := vgpdf.New(width, height)
	p.Draw(drawLegend(padded(draw.New(c)), legend))
	_, err := c.WriteTo(w)
	return err
}

// padded leaves room for the last tick's label.
func padded(c draw.Canvas) draw.Canvas {
	return draw.Crop(c, vg.Points(3), -vg.Points(12), vg.Points(3), -vg.Points(6))
}

// cdf draws distributions of the runs up to their 99.9th percentile.
func cdf(p *plot.Plot, runs []Named, names ...string) (curves []curve) {
	p.Y.Label.Text = "share of all"
	p.Y.Max = 1
	p.Y.Tick.Marker = plot.ConstantTicks{{Value: 0, Label: "0"}, {Value: 0.25, Label: "25 %"}, {Value: 0.5, Label: "50 %"}, {Value: 0.75, Label: "75 %"}, {Value: 1, Label: "100 %"}}
	most := int64(0)
	for _, r := range runs {
		for _, name := range names {
			if d := r.Distribution(name); d != nil {
				most = max(most, d.Quantile(9990))
			}
		}
	}
	for i, r := range runs {
		for j, name := range names {
			d := r.Distribution(name)
			if d == nil {
				continue
			}
			c := curve{name: r.Name, colour: i, dashed: j%2 == 1, points: shares(d, most)}
			if len(names) > 1 {
				c.name = strings.TrimSpace(c.name + " " + strings.TrimPrefix(name, "propagation of "))
			}
			if len(runs) == 1 {
				c.colour, c.dashed = j, false
			}
			curves = append(curves, c)
		}
	}
	return curves
}

// shares returns the steps of a distribution function, up to a greatest value.
func shares(d *result.Distribution, most int64) plotter.XYs {
	const ms = float64(time.Millisecond)
	total := float64(max(1, d.Count()))
	points := plotter.XYs{{X: 0, Y: 0}}
	var sum uint64
	for _, b := range d.Buckets {
		if b.Middle() > most {
			break
		}
		points = append(points, plotter.XY{X: float64(b.Middle()) / ms, Y: float64(sum) / total})
		sum += b.Count
		points = append(points, plotter.XY{X: float64(b.Middle()) / ms, Y: float64(sum) / total})
	}
	return append(points, plotter.XY{X: float64(most) / ms, Y: float64(sum) / total})
}

// propagated returns the names of the distributions of propagation that some run has.
func propagated(runs []Named) (names []string) {
	for _, r := range runs {
		for _, d := range r.Distributions {
			if strings.HasPrefix(d.Name, "propagation of ") && !slices.Contains(names, d.Name) {
				names = append(names, d.Name)
			}
		}
	}
	return names
}

func latencyTime(p *plot.Plot, runs []Named) (curves []curve) {
	p.X.Label.Text, p.Y.Label.Text = "virtual time (s)", "time to final (ms)"
	for i, r := range runs {
		half := curve{name: strings.TrimSpace(r.Name + " 50 %"), colour: i}
		most := curve{name: strings.TrimSpace(r.Name + " 99 %"), colour: i, dashed: true}
		for _, s := range r.Series {
			if s.Latencies > 0 {
				half.points = append(half.points, plotter.XY{X: middle(&s), Y: float64(s.P50) / 1e6})
				most.points = append(most.points, plotter.XY{X: middle(&s), Y: float64(s.P99) / 1e6})
			} else {
				curves = half.cut(curves)
				curves = most.cut(curves)
			}
		}
		curves = most.cut(half.cut(curves))
	}
	return curves
}

// cut ends a piece of a curve, where nothing was measured for a while. The
// next piece has no name, for one in the legend is enough.
func (c *curve) cut(curves []curve) []curve {
	if len(c.points) > 0 {
		curves = append(curves, *c)
		c.name, c.points = "", nil
	}
	return curves
}

func middle(s *result.Sample) float64 { return (float64(s.At) + float64(s.Width)/2) / 1e9 }

func throughput(p *plot.Plot, runs []Named) (curves []curve) {
	p.X.Label.Text, p.Y.Label.Text = "virtual time (s)", "final records per second"
	for i, r := range runs {
		c := curve{name: r.Name, colour: i}
		for _, s := range whole(r.Series) {
			c.points = append(c.points, plotter.XY{X: middle(&s), Y: float64(s.Final) / s.Width.Seconds()})
		}
		if len(c.points) > 0 {
			curves = append(curves, c)
		}
	}
	return curves
}

// whole leaves out a last interval that the end of the run cut short.
func whole(series []result.Sample) []result.Sample {
	n := len(series)
	if n > 1 && series[n-1].Width < series[0].Width/2 {
		n--
	}
	return series[:n]
}

// bytesSent draws the kinds of one run, or the sums of several.
func bytesSent(p *plot.Plot, runs []Named) (curves []curve) {
	p.X.Label.Text, p.Y.Label.Text = "virtual time (s)", "sent by all nodes (MB/s)"
	for i, r := range runs {
		if len(runs) > 1 {
			curves = append(curves, sent(r.Run, "", curve{name: r.Name, colour: i}))
			continue
		}
		for j, v := range r.Summary.Volumes {
			if v.Bytes > 0 {
				curves = append(curves, sent(r.Run, v.Kind, curve{name: v.Kind, colour: j, dashed: j >= maxRuns}))
			}
		}
	}
	return curves
}

// sent adds the bytes of a kind, "" for all kinds, to a curve.
func sent(r *result.Run, kind string, c curve) curve {
	rest := r.Traffic
	for _, s := range whole(r.Series) {
		var sum uint64
		for ; len(rest) > 0 && rest[0].At <= s.At; rest = rest[1:] {
			if kind == "" || rest[0].Kind == kind {
				sum += rest[0].Bytes
			}
		}
		c.points = append(c.points, plotter.XY{X: middle(&s), Y: float64(sum) / 1e6 / s.Width.Seconds()})
	}
	return c
}

// Package svg draws the charts and pictures of runs: lines, marks and words, in one
// style, in integers only, so that the same run gives the same bytes on every machine.
//
// A drawing stands alone, with its style in it, or in a page that brings Style once.
// Colours are CSS variables that follow the reader's light or dark preference; series
// take the classes s0 to s5 in their order.
package svg

import (
	"fmt"
	"html"
	"io"
	"strconv"
	"strings"
)

// Length is a tenth of a CSS pixel.
type Length int64

// Px returns whole pixels.
func Px(n int) Length { return Length(n) * 10 }

func (l Length) String() string {
	sign := ""
	if l < 0 {
		sign, l = "-", -l
	}
	if l%10 == 0 {
		return sign + strconv.FormatInt(int64(l/10), 10)
	}
	return sign + strconv.FormatInt(int64(l/10), 10) + "." + strconv.FormatInt(int64(l%10), 10)
}

// Colours is how many series can be told apart.
const Colours = 6

// Style is the style sheet of all drawings.
const Style = `:root{--paper:#fff;--ink:#1b2430;--muted:#5b6675;--grid:#e3e7ec;--axis:#98a2b0;--band:#8a94a31f;--s0:#1f62c4;--s1:#c2571a;--s2:#16805a;--s3:#8a4bbd;--s4:#b03068;--s5:#7a6a12;--good:#16805a;--bad:#c0282d;--soft:#1f62c426}
@media (prefers-color-scheme:dark){:root{--paper:#14181f;--ink:#e8ecf2;--muted:#a3adba;--grid:#2a313b;--axis:#5f6a78;--band:#aab4c224;--s0:#6ea8ff;--s1:#f0995c;--s2:#4fc795;--s3:#c08bf0;--s4:#f07aa8;--s5:#d1bd57;--good:#4fc795;--bad:#ff7a76;--soft:#6ea8ff33}}
@media print{:root{--paper:#fff;--ink:#1b2430;--muted:#4b5563;--grid:#e3e7ec;--axis:#98a2b0;--band:#8a94a31f;--s0:#1f62c4;--s1:#c2571a;--s2:#16805a;--s3:#8a4bbd;--s4:#b03068;--s5:#7a6a12;--good:#16805a;--bad:#c0282d;--soft:#1f62c426}}
.fm{font:12px/1.3 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;fill:var(--ink);background:var(--paper)}
.fm text{font-variant-numeric:tabular-nums}
.fm .paper{fill:var(--paper)}.fm .t{fill:var(--muted)}.fm .h{font-weight:600}.fm .small{font-size:10px;fill:var(--muted)}
.fm .e{text-anchor:end}.fm .m{text-anchor:middle}
.fm .halo{paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
.fm .grid{stroke:var(--grid);stroke-width:1}.fm .axis{stroke:var(--axis);stroke-width:1}
.fm .band{fill:var(--band)}.fm .badband{fill:var(--bad);fill-opacity:.14}
.fm .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.fm .thin{fill:none;stroke-width:1.2}.fm .dash{stroke-dasharray:4 3}.fm .faint{stroke:var(--axis);stroke-opacity:.55}
.fm .line.s0,.fm .thin.s0{stroke:var(--s0)}.fm .line.s1,.fm .thin.s1{stroke:var(--s1)}.fm .line.s2,.fm .thin.s2{stroke:var(--s2)}.fm .line.s3,.fm .thin.s3{stroke:var(--s3)}.fm .line.s4,.fm .thin.s4{stroke:var(--s4)}.fm .line.s5,.fm .thin.s5{stroke:var(--s5)}
.fm .fill.s0,.fm text.s0{fill:var(--s0)}.fm .fill.s1,.fm text.s1{fill:var(--s1)}.fm .fill.s2,.fm text.s2{fill:var(--s2)}.fm .fill.s3,.fm text.s3{fill:var(--s3)}.fm .fill.s4,.fm text.s4{fill:var(--s4)}.fm .fill.s5,.fm text.s5{fill:var(--s5)}
.fm .area{fill-opacity:.8}.fm .good{fill:var(--good)}.fm .bad{fill:var(--bad)}.fm .thin.bad{stroke:var(--bad);fill:none}.fm .ring{fill:var(--paper);stroke:var(--ink);stroke-width:1.4}
.fm .box{fill:var(--paper);stroke:var(--axis);stroke-width:1.2}.fm .boxin{fill:var(--soft);stroke:var(--s0);stroke-width:1.2}.fm .boxlead{fill:var(--s0);stroke:var(--s0);stroke-width:1.2}.fm .boxwait{fill:var(--paper);stroke:var(--ink);stroke-width:2.2}.fm .boxbad{stroke:var(--bad);stroke-width:2.2}
.fm .onlead{fill:var(--paper);font-weight:600}`

// A Drawing is an SVG under way.
type Drawing struct {
	width, height Length
	title, about  string
	body          strings.Builder
}

// New returns an empty drawing. Title and about are read out to those who do not see it.
func New(width, height Length, title, about string) *Drawing {
	return &Drawing{width: width, height: height, title: title, about: about}
}

// Resize changes the size, which may be known only when all is drawn.
func (d *Drawing) Resize(width, height Length) { d.width, d.height = width, height }

// WriteAlone writes the drawing as a file of its own.
func (d *Drawing) WriteAlone(w io.Writer) error {
	_, err := io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+d.text("<style>"+Style+"</style>\n"+
		fmt.Sprintf(`<rect class="paper" width="%v" height="%v"/>`, d.width, d.height)+"\n"))
	return err
}

// Inline returns the drawing for a page that has the style.
func (d *Drawing) Inline() string { return d.text("") }

func (d *Drawing) text(style string) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" class="fm" role="img" viewBox="0 0 %v %v" width="%v" height="%v">`+"\n<title>%s</title>\n<desc>%s</desc>\n%s%s</svg>\n",
		d.width, d.height, d.width, d.height, html.EscapeString(d.title), html.EscapeString(d.about), style, d.body.String())
}

// Line draws a line.
func (d *Drawing) Line(class string, x1, y1, x2, y2 Length) {
	fmt.Fprintf(&d.body, `<line class="%s" x1="%v" y1="%v" x2="%v" y2="%v"/>`+"\n", class, x1, y1, x2, y2)
}

// Rect draws a rectangle with a tooltip, "" for none.
func (d *Drawing) Rect(class string, x, y, width, height Length, tip string) {
	fmt.Fprintf(&d.body, `<rect class="%s" x="%v" y="%v" width="%v" height="%v"`, class, x, y, width, height)
	d.end("rect", tip)
}

// Round draws a rectangle with round corners and a tooltip, "" for none.
func (d *Drawing) Round(class string, x, y, width, height, radius Length, tip string) {
	fmt.Fprintf(&d.body, `<rect class="%s" x="%v" y="%v" width="%v" height="%v" rx="%v"`, class, x, y, width, height, radius)
	d.end("rect", tip)
}

// Dot draws a circle with a tooltip, "" for none.
func (d *Drawing) Dot(class string, x, y, radius Length, tip string) {
	fmt.Fprintf(&d.body, `<circle class="%s" cx="%v" cy="%v" r="%v"`, class, x, y, radius)
	d.end("circle", tip)
}

func (d *Drawing) end(element, tip string) {
	if tip == "" {
		d.body.WriteString("/>\n")
		return
	}
	fmt.Fprintf(&d.body, "><title>%s</title></%s>\n", html.EscapeString(tip), element)
}

// Text writes words.
func (d *Drawing) Text(class string, x, y Length, words string) {
	fmt.Fprintf(&d.body, `<text class="%s" x="%v" y="%v">%s</text>`+"\n", class, x, y, html.EscapeString(words))
}

// A Point is a place in a drawing.
type Point struct{ X, Y Length }

// Path draws a line through points; closed joins the last to the first.
func (d *Drawing) Path(class string, points []Point, closed bool) {
	if len(points) == 0 {
		return
	}
	fmt.Fprintf(&d.body, `<path class="%s" d="M`, class)
	for i, p := range points {
		if i > 0 {
			d.body.WriteByte('L')
		}
		d.body.WriteString(p.X.String())
		d.body.WriteByte(' ')
		d.body.WriteString(p.Y.String())
	}
	if closed {
		d.body.WriteByte('Z')
	}
	d.body.WriteString(`"/>` + "\n")
}

// Curve draws a line that leaves a point and reaches the other one horizontally.
func (d *Drawing) Curve(class string, from, to Point) {
	middle := (from.X + to.X) / 2
	fmt.Fprintf(&d.body, `<path class="%s" d="M%v %vC%v %v %v %v %v %v"/>`+"\n", class, from.X, from.Y, middle, from.Y, middle, to.Y, to.X, to.Y)
}

// Arrow draws a line with a head at its end, in the colour of a series.
func (d *Drawing) Arrow(series, more string, from, to Point) {
	d.Line("thin "+series+more, from.X, from.Y, to.X, to.Y)
	const size = 70
	dx, dy := int64(to.X-from.X), int64(to.Y-from.Y)
	length := max(1, root(uint64(dx*dx+dy*dy)))
	ux, uy := dx*size/length, dy*size/length
	d.Path("fill "+series, []Point{
		to,
		{to.X - Length(ux) - Length(uy*2/5), to.Y - Length(uy) + Length(ux*2/5)},
		{to.X - Length(ux) + Length(uy*2/5), to.Y - Length(uy) - Length(ux*2/5)},
	}, true)
}

// root returns the whole square root.
func root(v uint64) int64 {
	r := uint64(0)
	for bit := uint64(1) << 31; bit > 0; bit >>= 1 {
		if t := r | bit; t*t <= v {
			r = t
		}
	}
	return int64(r)
}

// Series returns the class of the i-th series.
func Series(i int) string { return "s" + strconv.Itoa(i%Colours) }

package report

import (
	"fmt"
	"html/template"

	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/internal/svg"
)

// timeline draws the faults of a run as bars, one a row.
func timeline(run *result.Run) (figure, bool) {
	faults := run.Summary.Faults
	if len(faults) == 0 {
		return figure{}, false
	}
	const row, top, left = 200, 200, 1750
	shown := faults[:min(len(faults), maxFaultRows)]
	bottom := top + row*svg.Length(len(shown))
	takeaway := fmt.Sprintf("%d faults, the last one over at %s of %s.", len(faults), svg.Duration(lastEnd(faults)), svg.Duration(int64(run.Summary.Duration)))
	if len(shown) < len(faults) {
		takeaway += fmt.Sprintf(" The first %d are drawn.", len(shown))
	}
	d := svg.New(chartWidth, bottom+450, "Faults", takeaway)
	x := timeAxis(run)
	x.From, x.To = left, chartWidth-300
	for _, v := range x.Ticks(8) {
		d.Line("grid", x.At(v), top-100, x.At(v), bottom)
		d.Text("t m", x.At(v), bottom+180, x.unit.Format(v))
	}
	d.Text("t e", x.To, bottom+350, named(x.name, x.unit))
	f := figure{Title: "Faults", Takeaway: takeaway, Table: table{Head: []string{"fault", "who", "from", "to"}}}
	for i, fault := range shown {
		y := top + row*svg.Length(i)
		from, to := x.At(int64(fault.From)), x.At(int64(fault.To))
		d.Text("e", left-100, y+80, cut(fault.Kind+": "+fault.Label, 26))
		d.Round("bad", from, y-20, max(40, to-from), 120, 30, fmt.Sprintf("%s: %s, %v to %v", fault.Kind, fault.Label, fault.From, fault.To))
	}
	for _, fault := range faults {
		f.Table.Rows = append(f.Table.Rows, []string{fault.Kind, fault.Label, svg.Duration(int64(fault.From)), svg.Duration(int64(fault.To))})
	}
	f.SVG = template.HTML(d.Inline()) //nolint:gosec // svg escapes all words
	return f, true
}

func lastEnd(faults []result.Fault) (end int64) {
	for _, f := range faults {
		end = max(end, int64(f.To))
	}
	return end
}

// cut shortens a text to n runes.
func cut(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return text
}

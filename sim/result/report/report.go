package report

import (
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/internal/svg"
	"github.com/floormesh/floormesh/sim/result/picture"
)

// What is on the pages, and of what both are made.
var (
	//go:embed page.html
	pageText string
	//go:embed study.html
	studyText string
	//go:embed parts.html
	partsText string
)

// head is the beginning of either page.
type head struct {
	Title string
	Style template.CSS
}

// Options choose what the page shows.
type Options struct {
	Rounds picture.Rounds // of the DAG; the zero value shows the first ones that were kept
}

// page is what the template reads.
type page struct {
	Head     head
	S        *result.Summary
	Failed   bool
	Verdict  string
	Facts    [][2]string
	Figures  []figure
	DAGs     []figure
	Scenario string
	Cut      string
	Machine  string
	JSON     *result.Summary
}

// Write writes the report of a run.
func Write(w io.Writer, run *result.Run, o Options) error {
	t, err := templates()
	if err != nil {
		return err
	}
	s := &run.Summary
	p := page{
		Head: head{fmt.Sprintf("%s, seed %d: %s", s.Scenario, s.Seed, verdict(s)), svg.Style},
		S:    s, Failed: len(s.Failed()) > 0, Verdict: verdict(s), Facts: facts(run),
		Scenario: string(run.Scenario), Cut: dropped(&s.Dropped), Machine: machine(s), JSON: s,
	}
	p.Figures = figures(run)
	if f, broken := timeline(run); broken {
		p.Figures = append(p.Figures, f)
	}
	for i := range p.Figures {
		p.Figures[i].Table.Rows = thin(p.Figures[i].Table.Rows, maxTableRows)
	}
	p.DAGs = windows(run, o.Rounds)
	return t.ExecuteTemplate(w, "page", p)
}

// templates returns both pages.
func templates() (t *template.Template, err error) {
	t = template.New("report").Funcs(functions())
	for _, text := range []string{partsText, pageText, studyText} {
		if t, err = t.Parse(text); err != nil {
			return nil, fmt.Errorf("the page of the report: %w", err)
		}
	}
	return t, nil
}

// functions are what templates call.
func functions() template.FuncMap {
	return template.FuncMap{
		"count":    func(n uint64, of string) string { return svg.Count(int64(n), of) },
		"whole":    func(n uint64) string { return svg.Thousands(int64(n)) },
		"duration": func(d time.Duration) string { return svg.Duration(int64(d)) },
		"where":    where,
	}
}

// verdict is the run in a few words.
func verdict(s *result.Summary) string {
	failed := len(s.Failed())
	switch {
	case len(s.Verdicts) == 0:
		return "nothing was checked"
	case failed == 0:
		return fmt.Sprintf("all %d checks held", len(s.Verdicts))
	}
	return fmt.Sprintf("%d of %d checks failed", failed, len(s.Verdicts))
}

func where(v result.Verdict) string {
	if v.Node == result.NoNode {
		return "at " + svg.Duration(int64(v.At))
	}
	return fmt.Sprintf("%v at %s", v.Node, svg.Duration(int64(v.At)))
}

// facts are the numbers that most readers come for.
func facts(run *result.Run) [][2]string {
	s := &run.Summary
	out := [][2]string{
		{"nodes", svg.Thousands(int64(s.Nodes))},
		{"virtual time", svg.Duration(int64(s.Duration))},
		{"records final", svg.Count(int64(s.Final), "")},
		{"final per second", svg.Count(perSecond(s.Final, s.Duration), "")},
	}
	if d := run.Distribution(result.Final.String()); d != nil {
		out = append(out, [2]string{"to final, median", svg.Duration(d.Quantile(5000))}, [2]string{"to final, 99 %", svg.Duration(d.Quantile(9900))})
	}
	var sum uint64
	for _, v := range s.Volumes {
		sum += v.Bytes
	}
	return append(out, [2]string{"bytes sent", svg.Count(int64(sum), "B")}, [2]string{"events", svg.Count(int64(s.Events), "")})
}

// windows draws the windows of the DAG in which there are blocks.
func windows(run *result.Run, rounds picture.Rounds) (figures []figure) {
	for i := range run.Summary.Windows {
		if blocks := run.BlocksOf(uint32(i)); len(blocks) > 0 && len(figures) < maxDAGs {
			figures = append(figures, window(run, uint32(i), blocks, rounds))
		}
	}
	return figures
}

// window draws one of them.
func window(run *result.Run, number uint32, blocks []result.Block, rounds picture.Rounds) figure {
	if rounds == (picture.Rounds{}) {
		rounds = picture.Rounds{From: blocks[0].Round, To: blocks[0].Round + reportRounds - 1}
		rounds.To = min(rounds.To, blocks[len(blocks)-1].Round)
	}
	which := ""
	if all := run.Summary.Windows; len(all) > 1 {
		which = fmt.Sprintf(" of site %d from %s on", all[number].Mesh, svg.Duration(int64(all[number].From)))
	}
	d := picture.DrawDAG(run, number, rounds)
	f := figure{
		Title:    fmt.Sprintf("The DAG%s, rounds %d to %d", which, rounds.From, rounds.To),
		Takeaway: "Columns are rounds, rows are committee members. A line runs from a block to a parent; lines to committed leaders are coloured.",
		SVG:      template.HTML(d.Inline()), //nolint:gosec // svg escapes all words
		Table:    table{Head: []string{"round", "leader", "decision", "decided at"}},
	}
	for _, x := range run.DecisionsOf(number) {
		if x.Round >= rounds.From && x.Round <= rounds.To {
			f.Table.Rows = append(f.Table.Rows, []string{fmt.Sprint(x.Round), fmt.Sprintf("m%d", x.Author), map[bool]string{true: "committed", false: "skipped"}[x.Committed], svg.Duration(int64(x.At))})
		}
	}
	return f
}

// dropped says what the bounds kept out.
func dropped(d *result.Dropped) string {
	var parts []string
	add := func(n uint64, format string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf(format, svg.Thousands(int64(n))))
		}
	}
	add(d.Events, "%s events that the log asked for")
	add(d.Blocks, "%s blocks and decisions of the window")
	add(d.Deliveries, "%s messages for each one whose deliveries are listed")
	add(d.Faults, "%s faults")
	add(d.Verdicts, "%s verdicts")
	if len(parts) == 0 {
		return ""
	}
	return "Not kept, so that the folder stays small: " + strings.Join(parts, "; ") + "."
}

// machine says what the run cost where it ran.
func machine(s *result.Summary) string {
	m := s.Machine
	if m.Wall <= 0 {
		return fmt.Sprintf("Run on %s.", m.Platform)
	}
	return fmt.Sprintf("Run on %s with %d workers in %s of wall time: %s × real time, %s events per second, at most %s of memory.",
		m.Platform, m.Workers, svg.Duration(int64(m.Wall)), svg.Decimal(int64(s.Duration)/max(1, int64(m.Wall)/1000), 1000),
		svg.Count(perSecond(s.Events, m.Wall), ""), svg.Count(int64(m.Peak), "B"))
}

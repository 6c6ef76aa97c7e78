// Package terminal writes for people: tables, a text that is redrawn in place,
// and a progress bar. Where nobody looks on, in a pipe or a file, nothing is
// redrawn and there is no bar.
package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-isatty"
)

// IsTerminal reports whether a person sees what is written to w.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("TERM") != "dumb" && (isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()))
}

// Table lines up rows of cells. The first row is the head.
type Table struct{ rows [][]string }

// Add appends a row.
func (t *Table) Add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = fmt.Sprint(c)
	}
	t.rows = append(t.rows, row)
}

// String returns the table with two spaces between columns. Columns whose cells
// are all numbers stand to the right.
func (t *Table) String() string {
	var widths []int
	for _, row := range t.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range t.rows {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if t.numeric(i) {
				line.WriteString(pad + cell + "  ")
			} else {
				line.WriteString(cell + pad + "  ")
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

func (t *Table) numeric(column int) bool {
	for _, row := range t.rows[min(1, len(t.rows)):] {
		if column < len(row) && strings.Trim(row[column], "0123456789.-+ ") != "" {
			return false
		}
	}
	return true
}

// Screen redraws a text in place on a terminal; elsewhere it writes it anew.
type Screen struct {
	to    io.Writer
	live  bool
	lines int // of the text that is there
}

// NewScreen returns a screen on w.
func NewScreen(w io.Writer) *Screen { return &Screen{to: w, live: IsTerminal(w)} }

// Live reports whether texts are redrawn in place.
func (s *Screen) Live() bool { return s.live }

// Say writes a line that stays, above the text.
func (s *Screen) Say(line string) {
	if s.live && s.lines > 0 {
		fmt.Fprintf(s.to, "\x1b[%dA\x1b[J", s.lines)
		s.lines = 0
	}
	fmt.Fprintln(s.to, line)
}

// Draw shows text, whole lines, in the place of the one before.
func (s *Screen) Draw(text string) {
	if !s.live {
		fmt.Fprint(s.to, text)
		return
	}
	var b strings.Builder
	if s.lines > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", s.lines)
	}
	for line := range strings.Lines(text) {
		b.WriteString("\r" + strings.TrimSuffix(line, "\n") + "\x1b[K\n")
	}
	b.WriteString("\x1b[J")
	s.lines = strings.Count(text, "\n")
	fmt.Fprint(s.to, b.String())
}

// Progress is a bar on a terminal, and nothing elsewhere.
type Progress struct {
	to    io.Writer
	live  bool
	what  string
	total int
	shown int // in thousandths, to draw only what changed
}

// NewProgress returns a bar on w for a total of things.
func NewProgress(to io.Writer, what string, total int) *Progress {
	return &Progress{to: to, live: IsTerminal(to), what: what, total: total, shown: -1}
}

// Set says how many are done.
func (p *Progress) Set(done int) {
	const thousand, width = 1000, 30
	share := thousand
	if p.total > 0 {
		share = done * thousand / p.total
	}
	if !p.live || share == p.shown {
		return
	}
	p.shown = share
	full := share * width / thousand
	fmt.Fprintf(p.to, "\r%s [%s%s] %d of %d\x1b[K", p.what,
		strings.Repeat("█", full), strings.Repeat("·", width-full), done, p.total)
}

// End removes the bar.
func (p *Progress) End() {
	if p.live && p.shown >= 0 {
		fmt.Fprint(p.to, "\r\x1b[K")
	}
}

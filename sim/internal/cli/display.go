package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// display shows how far something is: on a terminal a few lines that are drawn over in
// place, elsewhere a line now and then. It changes nothing of a terminal that would have to be put
// back, so that a program that is killed leaves no trace but its last lines. Any
// goroutine may use it.
type display struct {
	talk  io.Writer
	size  func() (width, height int) // nil: no terminal
	quiet bool

	mu    sync.Mutex
	drawn []string // on the terminal now
	next  time.Time
	pause time.Duration
	ended bool
}

// Where nobody watches, a line comes every few seconds at first, and ever more seldom in
// what takes hours.
const (
	firstPause = 5 * time.Second
	lastPause  = time.Minute
)

func newDisplay(talk io.Writer, quiet bool) *display {
	d := &display{talk: talk, quiet: quiet, pause: firstPause, next: time.Now().Add(firstPause)}
	if f, ok := talk.(*os.File); ok && os.Getenv("TERM") != "dumb" && terminal(f) {
		d.size = func() (int, int) { return terminalSize(f) }
	}
	return d
}

// show replaces what is shown: lines on a terminal, a brief word elsewhere.
func (d *display) show(brief string, lines ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.quiet || d.ended:
	case d.size != nil:
		d.draw(lines)
	case !time.Now().Before(d.next):
		d.next = time.Now().Add(d.pause)
		d.pause = min(d.pause+firstPause, lastPause)
		fmt.Fprintf(d.talk, "floorsim: %s\n", brief)
	}
}

// say writes a line that stays.
func (d *display) say(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.quiet {
		return
	}
	lines := d.drawn
	d.draw(nil)
	fmt.Fprintf(d.talk, "floorsim: %s\n", text)
	d.draw(lines)
}

// clear takes away what is shown, for a line on the same terminal by somebody else.
func (d *display) clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.draw(nil)
}

// close takes away what is shown; nothing is any more.
func (d *display) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.draw(nil)
	d.ended = true
}

// draw draws lines over those before, in one write, so that nothing flickers.
func (d *display) draw(lines []string) {
	if d.size == nil || len(lines) == 0 && len(d.drawn) == 0 {
		return
	}
	width, height := d.size()
	var frame strings.Builder
	if up := rows(d.drawn, width); up > 0 {
		fmt.Fprintf(&frame, "\r\x1b[%dA", min(up, height-1))
	}
	lines = lines[:min(len(lines), height-1)]
	d.drawn = d.drawn[:0:0]
	for _, line := range lines {
		line = fit(line, width-1)
		d.drawn = append(d.drawn, line)
		frame.WriteString(line + "\x1b[K\n")
	}
	frame.WriteString("\x1b[J")
	_, _ = io.WriteString(d.talk, frame.String())
}

// rows returns how many rows lines take, on a terminal that may be narrower than when
// they were drawn.
func rows(lines []string, width int) (n int) {
	for _, line := range lines {
		n += max(1, (utf8.RuneCountInString(line)+width-1)/width)
	}
	return n
}

// fit cuts a line to a width.
func fit(line string, width int) string {
	if utf8.RuneCountInString(line) <= width {
		return line
	}
	return string([]rune(line)[:width-1]) + "…"
}

// bar draws a share of a whole.
func bar(part, whole float64) string {
	const width = 24
	done := 0
	if whole > 0 {
		done = int(min(1, max(0, part/whole)) * width)
	}
	return "[" + strings.Repeat("#", done) + strings.Repeat(".", width-done) + "]"
}

// short writes a count with k, M or G.
func short(n float64) string {
	for _, u := range []struct {
		per  float64
		name string
	}{{1e9, " G"}, {1e6, " M"}, {1e3, " k"}} {
		if n >= 10*u.per {
			return fmt.Sprintf("%.0f%s", n/u.per, u.name)
		}
		if n >= u.per {
			return fmt.Sprintf("%.2f%s", n/u.per, u.name)
		}
	}
	return fmt.Sprintf("%.0f", n)
}

// plural writes a number of things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

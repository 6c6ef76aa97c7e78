package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/floormesh/floormesh/sim/sweep"
)

// statusLine is one line that is drawn over on a terminal, and written now and
// then where nobody watches.
type statusLine struct {
	talk  io.Writer
	watch bool
	last  time.Time
	width int
}

// quietly is how often a line goes into a log.
const quietly = time.Minute

func newStatusLine(talk io.Writer) *statusLine {
	l := &statusLine{talk: talk, last: time.Now()}
	if f, ok := talk.(*os.File); ok {
		if info, err := f.Stat(); err == nil {
			l.watch = info.Mode()&os.ModeCharDevice != 0
		}
	}
	return l
}

func (l *statusLine) draw(s sweep.Status) { l.write(s.String()) }

// write shows how far something is.
func (l *statusLine) write(text string) {
	switch {
	case l.watch:
		l.width = max(l.width, len(text))
		fmt.Fprintf(l.talk, "\r%-*s", l.width, text)
	case time.Since(l.last) >= quietly:
		l.last = time.Now()
		fmt.Fprintln(l.talk, text)
	}
}

// say writes a line that stays.
func (l *statusLine) say(text string) {
	l.clear()
	fmt.Fprintf(l.talk, "floorsim: %s\n", text)
}

func (l *statusLine) clear() {
	if l.watch && l.width > 0 {
		fmt.Fprintf(l.talk, "\r%s\r", strings.Repeat(" ", l.width))
	}
}

package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// screen is a terminal that knows the few words that a display says: rows of a width,
// and a cursor that is always at the beginning of a row.
type screen struct {
	t      *testing.T
	width  int
	rows   []string
	cursor int
	writes int
}

func (s *screen) Write(text []byte) (int, error) {
	s.writes++
	for rest := string(text); rest != ""; {
		switch up := strings.Index(rest, "A"); {
		case strings.HasPrefix(rest, "\r\x1b[") && up > 0:
			n := 0
			for _, r := range rest[3:up] {
				n = 10*n + int(r-'0')
			}
			s.cursor -= n
			rest = rest[up+1:]
		case strings.HasPrefix(rest, "\x1b[J"):
			s.rows, rest = s.rows[:min(s.cursor, len(s.rows))], rest[3:]
		default:
			line, after, found := strings.Cut(rest, "\n")
			if !found {
				s.t.Fatalf("half a line: %q", rest)
			}
			s.put(strings.TrimSuffix(line, "\x1b[K"))
			rest = after
		}
	}
	return len(text), nil
}

// put writes a line, over as many rows as it takes.
func (s *screen) put(line string) {
	runes := []rune(line)
	for first := true; first || len(runes) > 0; first = false {
		n := min(s.width, len(runes))
		for s.cursor >= len(s.rows) {
			s.rows = append(s.rows, "")
		}
		s.rows[s.cursor] = string(runes[:n])
		s.cursor++
		runes = runes[n:]
	}
}

// TestDisplay draws lines over one another, fits them to the terminal, which gets narrower meanwhile,
// and leaves what was said.
func TestDisplay(t *testing.T) {
	s := &screen{t: t, width: 20}
	height := 10
	d := newDisplay(s, false)
	d.size = func() (int, int) { return s.width, height }
	look := func(step string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, s.rows); diff != "" {
			t.Errorf("%s: -want +on the screen\n%s", step, diff)
		}
	}
	d.show("brief", "one", "two, which is far too long", "three")
	look("drawn", "one", "two, which is far …", "three")
	if s.writes != 1 {
		t.Errorf("drawn in %d writes: it would flicker", s.writes)
	}
	d.show("brief", "1", "2", "3")
	look("drawn over", "1", "2", "3")
	d.show("brief", "1")
	look("less", "1")
	d.show("brief", "1", "nineteen characters")
	d.say("something happened")
	look("said", "floorsim: something ", "happened", "1", "nineteen characters")
	s.width = 10 // the terminal wraps what is on it
	s.rows = []string{"floorsim: ", "something ", "happened", "1", "nineteen c", "haracters"}
	s.cursor = 6
	d.show("brief", "1", "2")
	look("narrower", "floorsim: ", "something ", "happened", "1", "2")
	height = 2
	d.show("brief", "1", "2", "3")
	look("lower", "floorsim: ", "something ", "happened", "1", "1")
	d.close()
	look("closed", "floorsim: ", "something ", "happened", "1")
	d.show("brief", "late")
	look("after the end", "floorsim: ", "something ", "happened", "1")
}

// TestDisplayElsewhere: a line now and then, ever more seldom, and none if it is to be quiet.
func TestDisplayElsewhere(t *testing.T) {
	var out bytes.Buffer
	d := newDisplay(&out, false)
	d.show("too early", "a line")
	d.next = time.Now()
	d.show("half done", "a line")
	d.show("too early", "a line")
	if want := "floorsim: half done\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	if d.pause <= firstPause {
		t.Errorf("the next pause is %v", d.pause)
	}
	quiet := newDisplay(&out, true)
	quiet.next = time.Now()
	out.Reset()
	quiet.show("half done")
	quiet.say("something")
	if out.Len() > 0 {
		t.Errorf("quiet, it said %q", out.String())
	}
}

package terminal

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	table := &Table{}
	table.Add("name", "count", "note")
	table.Add("gw1", 7, "ähnlich")
	table.Add("longer", 1234, "")
	want := "name    count  note\ngw1         7  ähnlich\nlonger   1234\n"
	if got := table.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestScreen(t *testing.T) {
	var b strings.Builder
	s := NewScreen(&b)
	s.Draw("one\n")
	s.Say("told")
	s.Draw("two\n")
	if got, want := b.String(), "one\ntold\ntwo\n"; got != want {
		t.Errorf("in a file: got %q, want %q", got, want)
	}
	b.Reset()
	s.live = true
	s.Draw("a\nb\n")
	s.Draw("c\n")
	s.Say("told")
	const want = "\ra\x1b[K\n\rb\x1b[K\n\x1b[J" + "\x1b[2A\rc\x1b[K\n\x1b[J" + "\x1b[1A\x1b[Jtold\n"
	if got := b.String(); got != want {
		t.Errorf("on a terminal: got %q, want %q", got, want)
	}
}

func TestProgress(t *testing.T) {
	var b strings.Builder
	p := NewProgress(&b, "signing", 10)
	p.Set(5)
	p.End()
	if b.Len() > 0 {
		t.Errorf("in a file: wrote %q", b.String())
	}
	p.live = true
	p.Set(5)
	p.Set(5)
	if got := b.String(); strings.Count(got, "5 of 10") != 1 || strings.Count(got, "█") != 15 {
		t.Errorf("on a terminal: wrote %q", got)
	}
}

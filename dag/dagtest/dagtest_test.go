package dagtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/floormesh/floormesh/dag"
)

func TestParse(t *testing.T) {
	p := Parse(t, 4, `
		a1 b1 c1 <- # d is silent
		a2 b2 <- *; c2 <- a1 c1
		a2' <- b1 a1 ; d2@7 <- c1
		b4 <- b2 a2'
		b3 <- *
	`)
	for _, c := range []struct {
		name    string
		parents string
		time    dag.UnixMilli
	}{
		{"a1", "", 1000},
		{"a2", "a1 b1 c1", 2000},
		{"b2", "b1 a1 c1", 2000},
		{"c2", "c1 a1", 2000},
		{"a2'", "a1 b1", 2001},
		{"d2", "c1", 7},
		{"b4", "b2 a2'", 4000},
		{"b3", "b2 a2 c2 d2", 3000},
	} {
		b := p.Block(t, c.name)
		var parents []string
		for _, r := range b.Parents {
			parents = append(parents, p.Name(r.ID))
		}
		if got := strings.Join(parents, " "); got != c.parents || b.ClaimedAt != c.time {
			t.Errorf("%s: parents %q at %d, want %q at %d", c.name, got, b.ClaimedAt, c.parents, c.time)
		}
	}
	if len(p.Blocks) != 10 || p.Name(p.Blocks[7].ID()) != "d2" {
		t.Errorf("%d blocks, the eighth is %s", len(p.Blocks), p.Name(p.Blocks[7].ID()))
	}
	Verify(t, p.Domain, p.Blocks...)
	for _, b := range p.Extend(t, "a5 <- b4") {
		if _, err := dag.DecodeBlock(b.Raw()); err != nil {
			t.Error(err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"a1":                  "want",
		"<- a1":               "want",
		"e1 <-":               "committee of 4",
		"a0 <-":               "no block name",
		"A1 <-":               "no block name",
		"a1@x <-":             "no block name",
		"a2 <- a1":            `no block "a1"`,
		"a1 <-; a1@9 <-":      "second block",
		"a1 a1 <-":            "second block",
		"a1 b1 <-; b1' <- b2": `no block "b2"`,
	} {
		if _, err := parse(4, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := parse(27, ""); err == nil {
		t.Error("a committee of 27 was accepted")
	}
}

// TestDraw: drawing a picture and parsing it again gives the same blocks.
func TestDraw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 7).Draw(t, "n")
		var text strings.Builder
		var names []string
		for round := 1; round <= 4; round++ {
			for author := range n {
				if !rapid.Bool().Draw(t, "made") {
					continue
				}
				name := string(rune('a'+author)) + string(rune('0'+round)) + rapid.SampledFrom([]string{"", "'", "''"}).Draw(t, "primes")
				text.WriteString(name + rapid.SampledFrom([]string{"", "@5", "@123456"}).Draw(t, "time") + " <-")
				for _, parent := range names {
					if rapid.Bool().Draw(t, "parent") {
						text.WriteString(" " + parent)
					}
				}
				text.WriteString(rapid.SampledFrom([]string{"\n", ";", " # remark\n"}).Draw(t, "end"))
				names = append(names, name)
			}
		}
		p, err := parse(n, text.String())
		if err != nil {
			t.Fatal(err)
		}
		again, err := parse(n, p.Draw())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(refs(p), refs(again)); diff != "" {
			t.Errorf("%s\ndrawn as\n%s\n%s", text.String(), p.Draw(), diff)
		}
	})
}

func refs(p *Picture) (out []dag.BlockRef) {
	for _, b := range p.Blocks {
		out = append(out, b.Ref())
	}
	return out
}

func TestFixedThings(t *testing.T) {
	g, nodes, members := Genesis(4)
	if err := g.Validate(); err != nil {
		t.Error(err)
	}
	if len(nodes) != 4 || len(members) != 4 || members[2].Public() != Keys(4)[2].Public() || g.Gateways[0].Name != "gw1" {
		t.Errorf("genesis %+v", g)
	}
	r := Reading(g.ID(), DeviceKey(1), 1)
	if n := len(r.Raw()); n < 190 || n > 210 {
		t.Errorf("a reading of %d bytes, want about 200", n)
	}
	if r.ID() != Reading(g.ID(), DeviceKey(1), 1).ID() || r.ID() == Reading(g.ID(), DeviceKey(1), 2).ID() {
		t.Error("readings do not depend on their number alone")
	}
	Verify(t, g.Domain(), Lane(t, g, nodes[0], 0, 0, 3, 1)...)
}

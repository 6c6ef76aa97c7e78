package senml

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAbsolute: an absolute pack resolves at any time to what the relative one
// resolved to at first.
func TestAbsolute(t *testing.T) {
	const now, later = 1_700_000_000_500, 1_800_000_000_000
	for _, text := range []string{
		`[{"n":"a","v":1}]`,
		`[{"bn":"a/","n":"b","v":1},{"n":"c","v":2,"t":-3}]`,
		`[{"bn":"a/","bt":-10,"n":"b","v":1},{"n":"c","v":2,"t":3},{"bt":1600000000,"n":"d","v":3}]`,
		`[{"bt":-5},{"n":"a","v":1}]`,
		`[{"bt":-5,"bver":9},{"n":"a","v":1},{"n":"b","t":1600000000,"v":1}]`,
		`[{"n":"a","v":1,"t":1600000000}]`,
	} {
		p, err := ParseJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		want, err := p.Resolve(now)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Absolute(now / 1000.0).Resolve(later)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", text, d)
		}
		if d := cmp.Diff(p.Absolute(now/1000.0), p.Absolute(now/1000.0).Absolute(later/1000.0)); d != "" {
			t.Errorf("%s: twice: %s", text, d)
		}
	}
	p, err := ParseJSON([]byte(`[{"n":"a","v":1,"t":1600000000}]`))
	if err != nil {
		t.Fatal(err)
	}
	if q := p.Absolute(now / 1000.0); &q[0] != &p[0] {
		t.Error("an absolute pack was copied")
	}
}

package senml

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floormesh/floormesh/dag"
)

// now is when the packs of these tests arrived.
const now dag.UnixMilli = 1_700_000_000_000

func TestResolve(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{
			"no time is now",
			`[{"n":"a","v":1}]`,
			`[{"n":"a","v":1,"t":1700000000}]`,
		},
		{
			"base and own time add up to an absolute one",
			`[{"bt":268435455,"n":"a","t":1,"v":1}]`,
			`[{"n":"a","v":1,"t":268435456}]`,
		},
		{
			"the last relative time",
			`[{"n":"a","t":268435455,"v":1}]`,
			`[{"n":"a","v":1,"t":1968435455}]`,
		},
		{
			"a base holds until the next",
			`[{"bn":"a/","bu":"V","bt":1e9,"n":"x","v":1},{"n":"y","v":2},{"bn":"b/","bu":"A","n":"x","v":3},{"bt":2e9,"n":"y","u":"W","v":4}]`,
			`[{"n":"a/x","u":"V","t":1e9,"v":1},{"n":"a/y","u":"V","t":1e9,"v":2},{"n":"b/x","u":"A","t":1e9,"v":3},{"n":"b/y","u":"W","t":2e9,"v":4}]`,
		},
		{
			"base value and base sum",
			`[{"bn":"a","bv":20,"bs":100,"bt":1e9,"v":1},{"t":1},{"t":2,"s":5},{"t":3,"vb":true},{"t":4,"bv":0,"bs":0,"v":7}]`,
			`[{"n":"a","t":1e9,"v":21,"s":100},{"n":"a","t":1000000001,"v":20,"s":100},{"n":"a","t":1000000002,"s":105},` +
				`{"n":"a","t":1000000003,"vb":true,"s":100},{"n":"a","t":1000000004,"v":7,"s":0}]`,
		},
		{
			"an empty unit is a unit",
			`[{"n":"a","bu":"V","u":"","v":1,"t":1e9}]`,
			`[{"n":"a","u":"","v":1,"t":1e9}]`,
		},
		{
			"chronological, ties in their order",
			`[{"n":"a","t":2e9,"v":1},{"n":"b","t":1e9,"v":1},{"n":"c","t":2e9,"v":1},{"n":"d","t":1e9,"v":1}]`,
			`[{"n":"b","t":1e9,"v":1},{"n":"d","t":1e9,"v":1},{"n":"a","t":2e9,"v":1},{"n":"c","t":2e9,"v":1}]`,
		},
		{
			"the version of this document goes",
			`[{"bver":10,"n":"a","t":1e9,"v":1}]`,
			`[{"n":"a","t":1e9,"v":1}]`,
		},
		{
			"any other stays on each",
			`[{"bver":5,"n":"a","t":1e9,"v":1},{"n":"b","t":1e9,"v":1}]`,
			`[{"bver":5,"n":"a","t":1e9,"v":1},{"bver":5,"n":"b","t":1e9,"v":1}]`,
		},
		{
			"all the rest is kept",
			`[{"bn":"d:"},{"n":"a","t":1e9,"ut":60,"vs":""},{"n":"b","t":1e9,"vd":""}]`,
			`[{"n":"d:a","t":1e9,"ut":60,"vs":""},{"n":"d:b","t":1e9,"vd":""}]`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, want := mustParse(t, ParseJSON, []byte(c.in)), mustParse(t, ParseJSON, []byte(c.want))
			got, err := in.Resolve(now)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestResolveRefusesTimesBefore1978(t *testing.T) {
	p := mustParse(t, ParseJSON, []byte(`[{"n":"a","v":1},{"n":"a","v":1,"t":-10}]`))
	const first = relativeBelowSeconds * 1000 // the first absolute time
	if _, err := p.Resolve(first + 10_000); err != nil {
		t.Error(err)
	}
	if _, err := p.Resolve(first + 9_999); !errors.Is(err, ErrTime) {
		t.Errorf("got %v, want %v", err, ErrTime)
	}
}

func mustParse(t testing.TB, parse func([]byte) (Pack, error), b []byte) Pack {
	t.Helper()
	p, err := parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

package consensus

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/floormesh/floormesh/dag"
)

// TestSetIsASet compares Set with a map doing the same.
func TestSetIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, MaxMembers).Draw(t, "n")
		draw := func(label string) (Set, map[dag.Author]bool) {
			var s Set
			m := map[dag.Author]bool{}
			for _, a := range rapid.SliceOf(rapid.IntRange(0, n-1)).Draw(t, label) {
				s.Add(dag.Author(a))
				m[dag.Author(a)] = true
			}
			return s, m
		}
		a, ma := draw("a")
		b, mb := draw("b")
		check := func(what string, s Set, in func(dag.Author) bool) {
			var want []dag.Author
			for i := range n {
				if in(dag.Author(i)) {
					want = append(want, dag.Author(i))
				}
			}
			if got := slices.Collect(s.All()); !slices.Equal(got, want) || s.Count() != len(want) || s.Empty() != (len(want) == 0) {
				t.Fatalf("%s: got %v (count %d), want %v", what, got, s.Count(), want)
			}
		}
		check("members", a, func(x dag.Author) bool { return ma[x] })
		check("or", a.Or(b), func(x dag.Author) bool { return ma[x] || mb[x] })
		check("and", a.And(b), func(x dag.Author) bool { return ma[x] && mb[x] })
		check("without", a.Without(b), func(x dag.Author) bool { return ma[x] && !mb[x] })
		if got := slices.Sorted(maps.Keys(ma)); !slices.Equal(got, slices.Collect(a.All())) {
			t.Fatalf("ascending: got %v, want %v", slices.Collect(a.All()), got)
		}
		back, err := ParseSet(a.Bytes(n), n)
		if err != nil || back != a {
			t.Fatalf("ParseSet(Bytes) = %v, %v, want %v", back, err, a)
		}
	})
}

func TestParseSetRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		raw  []byte
		n    int
	}{
		{"empty", nil, 4},
		{"too long", []byte{1, 0}, 4},
		{"too short", []byte{1}, 9},
		{"bit beyond", []byte{0x10}, 4},
		{"committee too large", make([]byte, 17), 129},
	} {
		if _, err := ParseSet(c.raw, c.n); !errors.Is(err, ErrSet) {
			t.Errorf("%s: got %v, want ErrSet", c.name, err)
		}
	}
}

func TestCommittee(t *testing.T) {
	c := &Committee{}
	for i := range 7 {
		c.Members = append(c.Members, dag.PublicKey{byte(i + 1)})
	}
	if c.N() != 7 || c.F() != 2 || c.Q() != 5 {
		t.Errorf("n, f, q = %d, %d, %d, want 7, 2, 5", c.N(), c.F(), c.Q())
	}
	for i, key := range c.Members {
		if a, ok := c.Index(key); !ok || a != dag.Author(i) {
			t.Errorf("Index(%d) = %d, %v", i, a, ok)
		}
	}
	if _, ok := c.Index(dag.PublicKey{9}); ok {
		t.Error("a stranger has an index")
	}
}

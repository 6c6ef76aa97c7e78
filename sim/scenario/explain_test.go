package scenario

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/floormesh/floormesh/sim/scenarios"
)

// library returns every scenario of the library, resolved.
func library(t testing.TB) map[string]*Scenario {
	t.Helper()
	all := make(map[string]*Scenario)
	for _, name := range scenarios.Names() {
		text, err := scenarios.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Read([]Source{{Name: name, Text: text}})
		if err != nil {
			t.Fatal(err)
		}
		all[name] = s
	}
	return all
}

// TestLibrary checks that every scenario of the library is one, is called what
// its file is, and opens with what it shows and what to look at.
func TestLibrary(t *testing.T) {
	for name, s := range library(t) {
		if s.Name != name {
			t.Errorf("%s is called %s", name, s.Name)
		}
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		text, err := scenarios.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		opening, _, _ := strings.Cut(text, "\nname:")
		for _, says := range []string{"# Shows ", "# Look at: "} {
			if !strings.Contains(opening, says) {
				t.Errorf("%s does not open with a comment that says %q", name, says)
			}
		}
	}
	if _, err := scenarios.Read("../scenarios/one-plant"); err == nil {
		t.Error("the library reads files beside it")
	}
}

// TestExplainAgain checks that what is explained says the same, with and without comments.
func TestExplainAgain(t *testing.T) {
	for name, s := range library(t) {
		once := Explain(s, false)
		for _, comments := range []bool{false, true} {
			again, err := Read([]Source{{Name: name, Text: Explain(s, comments)}})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(once, Explain(again, false)); d != "" {
				t.Errorf("%s, comments %v: -once +again\n%s", name, comments, d)
			}
			if again.ID() != s.ID() {
				t.Errorf("%s has another id when explained", name)
			}
		}
	}
}

// TestExplainAnything checks the same of scenarios that make no sense, with any values in any field.
func TestExplainAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New()
		scramble(t, reflect.ValueOf(s).Elem(), &field{}, 0)
		text := Explain(s, rapid.Bool().Draw(t, "comments"))
		d := new(Document)
		d.Lay(Source{Name: "explained", Text: text})
		got, dec := New(), &decoder{problems: &d.problems, places: map[string]Place{}}
		if d.tree != nil {
			dec.scenario(got, d.tree)
		}
		if err := d.problems.err(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if d := cmp.Diff(Explain(s, false), Explain(got, false)); d != "" {
			t.Fatalf("-written +read\n%s", d)
		}
	})
}

// scramble draws a value of any type within its range.
func scramble(t *rapid.T, v reflect.Value, f *field, depth int) {
	switch {
	case isScalar(v.Type()):
		scrambleScalar(t, v, f)
	case v.Kind() == reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			setDefaults(v.Interface())
			scramble(t, v.Elem(), f, depth+1)
		}
	case v.Kind() == reflect.Slice:
		n := rapid.IntRange(0, 3).Draw(t, "length")
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			if item := v.Index(i); item.Kind() == reflect.Struct {
				setDefaults(item.Addr().Interface())
			}
			scramble(t, v.Index(i), f, depth+1)
		}
	default:
		for _, part := range fieldsOf(v.Type()) {
			scramble(t, v.Field(part.index), &part, depth+1)
		}
	}
}

func scrambleScalar(t *rapid.T, v reflect.Value, f *field) {
	if n, ok := reflect.TypeAssert[named](v); ok {
		v.SetString(rapid.SampledFrom(n.Names()).Draw(t, f.key))
		return
	}
	switch x := v.Addr().Interface().(type) {
	case *Rate:
		*x = Rate{rapid.Int64Range(0, 1e12).Draw(t, f.key), time.Duration(rapid.Int64Range(1, 1e15).Draw(t, f.key))}
		return
	case *Amount:
		*x = rapid.SampledFrom([]Amount{{}, {Of: AmountFaulty}, {AmountCount, 7}, {AmountShare, 333333}}).Draw(t, f.key)
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, f.key))
	case reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, f.key))
	case reflect.String:
		text := rapid.SampledFrom([]string{
			"", "a", "plant/3", "true", "Null", "5", "1e6", "-", "- a", "a: b", "#", "a #b", "'", `"`, `\`, "|", "é漢",
			"two\nlines", "two\n\nlines", " lead", "trail ", "a\tb", "\n", "---", "--- x\n...", "...", "[a]", "{a", "%", "@", "&x", "*x", "!y", "? x", "x:", "1/5s", "~", "0x1f", "a\n# b",
		}).Draw(t, f.key)
		v.SetString(text)
	case reflect.Int, reflect.Int64:
		low, high := int64(0), int64(1<<40)
		if f.low != "" {
			low, high = f.bound(v.Type(), f.low).Int(), f.bound(v.Type(), f.high).Int()
		}
		v.SetInt(rapid.Int64Range(low, high).Draw(t, f.key))
	default:
		t.Fatalf("no values for %v", v.Type())
	}
}

// TestExplainComments checks that comments are there, once each, and within the width.
func TestExplainComments(t *testing.T) {
	text := Explain(library(t)["wan-cut"], true)
	if n := strings.Count(text, "# Fsync is the least time a sync takes."); n != 1 {
		t.Errorf("the comment on fsync is there %d times", n)
	}
	if !strings.Contains(text, `One of floormesh, hotstuff.`) {
		t.Error("the choices of an enumeration are not told")
	}
	for line := range strings.SplitSeq(text, "\n") {
		if len(line) > 110 && strings.HasPrefix(strings.TrimSpace(line), "#") {
			t.Errorf("a comment of %d characters: %s", len(line), line)
		}
	}
}

// TestEveryField checks each field's tags and comment.
func TestEveryField(t *testing.T) {
	docs := fieldDocs()
	seen := map[reflect.Type]bool{}
	var visit func(reflect.Type)
	visit = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if isScalar(typ) || seen[typ] {
			return
		}
		seen[typ] = true
		setDefaults(reflect.New(typ).Interface()) // panics if a default cannot be read
		for _, f := range fieldsOf(typ) {
			what := fmt.Sprintf("%s.%s", f.owner, f.goName)
			part := typ.Field(f.index).Type
			if docs[what] == "" || !strings.HasSuffix(docs[what], ".") {
				t.Errorf("%s has no comment, or half a one: %q", what, docs[what])
			}
			if f.key == "" || strings.ToLower(f.key) != f.key || strings.Contains(f.key, "_") {
				t.Errorf("%s has the key %q", what, f.key)
			}
			if isNumber := isScalar(part) && reflect.Zero(part).CanInt(); isNumber && f.low == "" && part != reflect.TypeFor[Bandwidth]() {
				t.Errorf("%s has no range", what)
			} else if isNumber && f.low != "" && f.bound(part, f.low).Int() >= f.bound(part, f.high).Int() {
				t.Errorf("%s has an empty range", what)
			}
			visit(part)
		}
	}
	visit(reflect.TypeFor[Scenario]())
	if len(seen) < 25 {
		t.Errorf("saw %d types only", len(seen))
	}
}

package scenario

import (
	"testing"

	"github.com/floormesh/floormesh/sim/scenarios"
)

// FuzzRead reads any file and any setting. Nothing may panic, and what is
// accepted must be the same when explained and read again.
func FuzzRead(f *testing.F) {
	for _, name := range scenarios.Names() {
		text, err := scenarios.Read(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, "sites[0].gateways=10")
	}
	for _, text := range []string{
		"a: &x [*x]", "- - - a", "? a\n: b", "{a: {b: [c, {d: e}]}}", "a: |\n  b\n c", "%YAML 1.2\n---\na", "<<: {a: b}", "a: !!binary x", "\"a\": 'b", "a:\n\t- b", "é: [\u2028", "a: b\r\nc: d\r\n",
	} {
		f.Add(text, "faults+={kind: crash}")
	}
	f.Fuzz(func(t *testing.T, text, setting string) {
		s, err := Read([]Source{{Name: "fuzz", Text: text}}, setting)
		if err != nil {
			_ = err.Error() // the excerpt may not panic either
			return
		}
		once := Explain(s, false)
		again, err := Read([]Source{{Name: "again", Text: once}})
		if err != nil {
			t.Fatalf("%v\n%s", err, once)
		}
		if Explain(again, false) != once {
			t.Fatalf("%s\nreads as\n%s", once, Explain(again, false))
		}
	})
}

// FuzzPath parses any path.
func FuzzPath(f *testing.F) {
	for _, path := range []string{"sites[0].gateways", "sites[plant].gateways", "a[0][1]", ".", "[", "a]", "é[é].é"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		steps, err := parsePath(path)
		if err != nil {
			return
		}
		text := ""
		for _, s := range steps {
			if s.key != "" && text != "" {
				text += "."
			}
			text += s.String()
		}
		again, err := parsePath(text)
		if err != nil || len(again) != len(steps) {
			t.Fatalf("%q is written %q: %v", path, text, err)
		}
	})
}

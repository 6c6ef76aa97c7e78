package scenario

import (
	"strings"
	"testing"
)

// TestBounds checks that what is too large is refused with a reason, and that
// no nesting gets as far as the parser's stack.
func TestBounds(t *testing.T) {
	deep := strings.Repeat("[", 100_000)
	for says, text := range map[string]string{
		"262145 bytes, at most":   strings.Repeat("#\n", MaxSourceBytes/2) + "#",
		"a line of 4097 bytes":    "name: " + strings.Repeat("a", maxLineBytes-5),
		"not UTF-8":               "name: \xff",
		"a control character":     "name: \x00",
		"nest too deep":           strings.Join(chunks(deep, 100), "\n"),
		"selectors among 1000000": "sites: [{name: a, gateways: 10000, count: 100}]\nfaults:\n" + strings.Repeat("  - {kind: crash}\n", 200),
		"20000 sites in all":      "sites: [{name: a, count: 10000}, {name: b, count: 10000}]",
		"a list of 10001":         "sites: [" + strings.Repeat("a,\n ", maxItems) + "a]",
		"a text of 20005 bytes":   "description: |\n" + strings.Repeat("  "+strings.Repeat("a", 4000)+"\n", 5),
		"more than 32 levels":     "a: " + strings.Repeat("{a: ", 40) + strings.Repeat("}", 40),
		"brackets and lists":      strings.Repeat("- ", 1000) + "a",
		"lists nest too deep":     strings.Repeat("? ", 1000) + "a",
	} {
		_, err := Read([]Source{{Name: "x", Text: text}})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
	var d Document
	for range maxSettings + 1 {
		d.Set("seed=1")
	}
	for range maxSources + 1 {
		d.Lay(Source{Name: "x"})
	}
	if _, err := d.Resolve(); err == nil || !strings.Contains(err.Error(), "too many settings") || !strings.Contains(err.Error(), "too many overlays") {
		t.Errorf("%v", err)
	}
}

// TestGroupsOfGroups checks that groups that refer to each other cost no more than their number.
func TestGroupsOfGroups(t *testing.T) {
	text := "sites: [{name: a}]\ngroups:\n  - {name: g, who: {role: member}}\n"
	last := "g"
	for range 60 {
		text += "  - {name: " + last + "x, who: {group: [" + last + ", " + last + "]}}\n"
		last += "x"
	}
	s := must(t, text)
	if got := NewRoster(s).pick(&Selector{Group: []string{last}}, "", nil); len(got) != 4 {
		t.Errorf("%s is %v", last, got)
	}
}

func chunks(text string, size int) (out []string) {
	for len(text) > size {
		out, text = append(out, text[:size]), text[size:]
	}
	return append(out, text)
}

// TestProblemsBounded checks that a file full of mistakes is told of in part.
func TestProblemsBounded(t *testing.T) {
	_, err := Read([]Source{{Name: "x", Text: "sites:\n" + strings.Repeat("  - {naem: x}\n", 100)}})
	if err == nil || !strings.HasSuffix(err.Error(), "and 175 more") {
		t.Errorf("%v", err)
	}
}

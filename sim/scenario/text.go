package scenario

import (
	"strconv"
	"strings"
)

// Text writes the document as one YAML text, its overlays and settings laid over
// one another, with nothing filled in: what is left unsaid still follows from what a
// sweep sets. Reading it gives the same scenario and the same points.
func (d *Document) Text() string {
	if d.tree == nil {
		return ""
	}
	return strings.Join(d.tree.lines(), "\n") + "\n"
}

// lines writes a tree in YAML's block style.
func (t *tree) lines() []string {
	var out []string
	switch {
	case t.form == formMap && len(t.entries) > 0:
		for _, e := range t.entries {
			value := e.value.lines()
			if e.value.form == formScalar || len(value) == 1 && value[0] == e.value.none() {
				out = append(out, e.key+": "+value[0])
				continue
			}
			out = append(out, e.key+":")
			out = appendIndented(out, "  ", "  ", value)
		}
	case t.form == formList && len(t.items) > 0:
		for _, item := range t.items {
			out = appendIndented(out, "- ", "  ", item.lines())
		}
	case t.form == formScalar:
		out = append(out, t.scalar())
	default:
		out = append(out, t.none())
	}
	return out
}

// none is how a list or map with nothing in it is written.
func (t *tree) none() string {
	return map[form]string{formMap: "{}", formList: "[]"}[t.form]
}

// appendIndented appends lines, the first behind one text, the others behind another.
func appendIndented(out []string, first, others string, lines []string) []string {
	for i, line := range lines {
		if i > 0 {
			first = others
		}
		out = append(out, first+line)
	}
	return out
}

// scalar writes a single value in quotes if it had some, else as it was. What YAML
// counts as the end of a line beside "\n" is no ASCII.
func (t *tree) scalar() string {
	if t.quoted || strings.IndexFunc(t.text, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
		return strconv.QuoteToASCII(t.text)
	}
	return t.text
}

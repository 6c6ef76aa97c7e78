package scenario

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// step is one part of a key path: a key, an index, or the name of a list's item.
type step struct {
	key   string // of a map
	index int    // of a list
	name  string // of an item of a list
	at    int    // characters before it
	width int
}

// String returns the step as it is written.
func (s step) String() string {
	switch {
	case s.key != "":
		return s.key
	case s.name != "":
		return "[" + s.name + "]"
	default:
		return "[" + strconv.Itoa(s.index) + "]"
	}
}

// parsePath reads "sites[0].gateways" or "sites[plant].gateways".
func parsePath(text string) ([]step, error) {
	var steps []step
	bad := func(at int, format string, args ...any) ([]step, error) {
		return nil, &pathError{utf8.RuneCountInString(text[:at]), 1, fmt.Sprintf(format, args...) +
			`; expected a path such as "sites[0].gateways"`}
	}
	for i := 0; i < len(text); {
		if len(steps) == maxPathSteps {
			return bad(i, "a path of more than %d steps", maxPathSteps)
		}
		s := step{at: utf8.RuneCountInString(text[:i])}
		if text[i] == '[' {
			end := strings.IndexByte(text[i:], ']')
			if end < 2 || len(steps) == 0 {
				return bad(i, "a bracket without a list before it or an index in it")
			}
			s.setItem(text[i+1 : i+end])
			i += end + 1
		} else {
			end := strings.IndexAny(text[i:]+".", ".[")
			if end == 0 {
				return bad(i, "an empty key")
			}
			s.key = text[i : i+end]
			i += end
		}
		s.width = utf8.RuneCountInString(text[:i]) - s.at
		steps = append(steps, s)
		if i < len(text) && text[i] == '.' {
			if i++; i == len(text) {
				return bad(i, "nothing behind the last point")
			}
		} else if i < len(text) && text[i] != '[' {
			return bad(i, "no point before the next key")
		}
	}
	if len(steps) == 0 {
		return bad(0, "an empty path")
	}
	return steps, nil
}

func (s *step) setItem(text string) {
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		s.index = int(n)
		return
	}
	s.name = text
}

// pathError is a mistake in a path.
type pathError struct {
	at, width int // characters
	text      string
}

func (e *pathError) Error() string { return e.text }

// with returns a copy of a tree with a value laid over what a path leads to.
// Maps and lists on the way are made where they are missing. where tells the
// place of a step.
func (t *tree) with(steps []step, value *tree, where func(step) Place, problems *Problems) (*tree, error) {
	if len(steps) == 0 {
		return lay(t, value, problems), nil
	}
	s := steps[0]
	if s.key != "" {
		return t.withKey(s, steps[1:], value, where, problems)
	}
	if t == nil {
		t = &tree{form: formList, at: where(s)}
	}
	if t.form != formList {
		return nil, &pathError{s.at, s.width, fmt.Sprintf("%s: what is before the bracket is %s, not a list", s, t.form)}
	}
	i, err := t.item(s)
	if err != nil {
		return nil, err
	}
	var below *tree
	if i < len(t.items) {
		below = t.items[i]
	}
	item, err := below.with(steps[1:], value, where, problems)
	if err != nil {
		return nil, err
	}
	out := *t
	out.items = append([]*tree(nil), t.items...)
	switch {
	case i == len(t.items) && item != nil:
		out.items = append(out.items, item)
	case i < len(t.items) && item == nil:
		out.items = append(out.items[:i], out.items[i+1:]...)
	case i < len(t.items):
		out.items[i] = item
	}
	return &out, nil
}

func (t *tree) withKey(s step, rest []step, value *tree, where func(step) Place, problems *Problems) (*tree, error) {
	if t == nil {
		t = &tree{form: formMap, at: where(s)}
	}
	if t.form != formMap {
		return nil, &pathError{s.at, s.width, fmt.Sprintf("%q cannot be found: what is above is %s", s.key, t.form)}
	}
	e := entry{key: s.key, at: where(s)}
	if name, plus := strings.CutSuffix(s.key, "+"); plus && len(rest) == 0 {
		if value.form != formList {
			value = &tree{form: formList, at: value.at, items: []*tree{value}}
		}
		e.key, e.value = name, value
		e.value = extend(t.get(name), e, problems)
		return t.put(e), nil
	}
	if i := t.find(s.key); i >= 0 && len(rest) > 0 {
		e.at = t.entries[i].at // still the one who brought it up
	}
	below, err := t.get(s.key).with(rest, value, where, problems)
	if err != nil {
		return nil, err
	}
	e.value = below
	return t.put(e), nil
}

// item finds an item of a list; one past the end is a new one.
func (t *tree) item(s step) (int, error) {
	if s.name == "" {
		if s.index > len(t.items) || s.index >= maxItems {
			return 0, &pathError{s.at, s.width, fmt.Sprintf("the list has %d items; [%d] would be the next", len(t.items), len(t.items))}
		}
		return s.index, nil
	}
	var names []string
	for i, item := range t.items {
		if n := item.get("name"); n != nil {
			if n.text == s.name {
				return i, nil
			}
			names = append(names, n.text)
		}
	}
	return 0, &pathError{s.at, s.width, fmt.Sprintf("no item is called %q%s", s.name, didYouMean(s.name, names))}
}

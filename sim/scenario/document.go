package scenario

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// Document is a scenario as it was written: overlays laid over one another,
// nothing decoded yet.
type Document struct {
	tree     *tree
	order    map[*Source]int // of laying
	first    *Source         // what is missing from all is missing there; nil: only settings
	sources  int
	settings int
	problems Problems
}

// Lay lays a source over what is there. Mistakes are told by Resolve, all at once.
func (d *Document) Lay(source Source) {
	if d.sources++; d.sources > maxSources {
		d.problems.add(Problem{Text: "too many overlays"})
		return
	}
	d.came(&source)
	if d.first == nil {
		d.first = &source
	}
	t := parse(&source, &d.problems)
	if t != nil && t.form != formMap && t.form != formNull {
		d.problems.add(Problem{Place: t.at, Text: "this is " + t.form.String() + "; expected keys such as \"name\", \"sites\" and \"load\""})
		return
	}
	d.tree = lay(d.tree, t, &d.problems)
	if d.tree != nil && d.tree.size() > maxTreeNodes {
		d.problems.add(Problem{Text: "too many keys and values in all overlays together"})
		d.tree = nil
	}
}

// Set lays a single value over what is there, from a text such as
// "sites[0].gateways=100". The value is read as YAML; none at all means the default.
func (d *Document) Set(setting string) {
	if d.settings++; d.settings > maxSettings {
		d.problems.add(Problem{Text: "too many settings"})
		return
	}
	source := &Source{Name: "--set", Text: setting}
	d.came(source)
	path, value, ok := strings.Cut(setting, "=")
	if !ok {
		d.problems.add(Problem{Place: Place{source, 1, 1, utf8.RuneCountInString(setting)}, Text: `no "=" in it; expected key.path=value`})
		return
	}
	r := &reader{source: source, problems: &d.problems, shift: utf8.RuneCountInString(path) + 1}
	bad := len(d.problems.All)
	t := r.document(value)
	if len(d.problems.All) > bad {
		return
	}
	if t == nil {
		t = &tree{form: formNull, at: Place{source, 1, r.shift + 1, 1}}
	}
	where := func(s step) Place { return Place{source, 1, s.at + 1, s.width} }
	d.set(path, t, where)
}

// came notes a source, for the order in which problems are told.
func (d *Document) came(s *Source) {
	if d.order == nil {
		d.order = make(map[*Source]int)
	}
	d.order[s] = len(d.order) + 1
}

// set lays a value over what a path leads to.
func (d *Document) set(path string, value *tree, where func(step) Place) {
	steps, err := parsePath(path)
	if err == nil {
		var laid *tree
		if laid, err = d.tree.with(steps, value, where, &d.problems); err == nil {
			d.tree = laid
			return
		}
	}
	if e, ok := errors.AsType[*pathError](err); ok {
		d.problems.add(Problem{Place: where(step{at: e.at, width: e.width}), Text: e.text})
	}
}

// Resolve decodes the document, fills in every default, and checks it. Errors:
// *Problems.
func (d *Document) Resolve() (*Scenario, error) {
	s, problems, _ := d.decode()
	if problems.err() != nil {
		return nil, problems
	}
	return s, nil
}

// decode is Resolve that returns the scenario beside the problems. It is whole if it was understood,
// though its keys may contradict each other.
func (d *Document) decode() (s *Scenario, problems *Problems, understood bool) {
	problems = &Problems{All: append([]Problem(nil), d.problems.All...), More: d.problems.More}
	s = New()
	dec := &decoder{problems: problems, places: make(map[string]Place)}
	if d.tree != nil {
		dec.scenario(s, d.tree)
	} else if d.first != nil {
		dec.places[""] = Place{d.first, 1, 1, 1}
	}
	defer problems.sort(d.order)
	understood = problems.err() == nil
	spoilt, all := spoilt(problems)
	if all {
		return s, problems, understood
	}
	s.Resolve()
	s.check(func(path, text string) {
		if !spoilt[part(path)] {
			problems.add(Problem{Place: dec.place(path), Path: path, Text: text})
		}
	})
	return s, problems, understood
}

// spoilt returns the parts of a scenario that cannot be judged any further, since
// they were not understood: what they contradict is likely to be a mistake less.
// all says that nothing can be judged.
func spoilt(problems *Problems) (parts map[string]bool, all bool) {
	parts = make(map[string]bool)
	for i := range problems.All {
		p := part(problems.All[i].Path)
		switch top, _, _ := strings.Cut(p, "["); top {
		case "", "duration", "sites", "groups", "roles", "network": // everything else refers to these
			all = true
		}
		parts[p] = true
	}
	return parts, all
}

// part returns the part of a scenario that a path leads into, such as "faults[2]".
func part(path string) string {
	p, _, _ := strings.Cut(path, ".")
	return p
}

// Read lays sources over one another, then settings, and resolves what comes
// out. Errors: *Problems.
func Read(sources []Source, settings ...string) (*Scenario, error) {
	var d Document
	for _, s := range sources {
		d.Lay(s)
	}
	for _, s := range settings {
		d.Set(s)
	}
	return d.Resolve()
}

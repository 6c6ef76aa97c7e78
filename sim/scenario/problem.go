package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Source is a text that a scenario, or a part of one, is read from.
type Source struct {
	// Name is what errors call it: a path, or "--set".
	Name string
	// Text is what it says.
	Text string
}

// line returns one line, counted from 1; empty if there is no such.
func (s *Source) line(n int) string {
	i := 1
	for line := range strings.SplitSeq(s.Text, "\n") {
		if i == n {
			return strings.TrimSuffix(line, "\r")
		}
		i++
	}
	return ""
}

// Place is where in a source something stands. The zero Place is nowhere.
type Place struct {
	Source *Source
	Line   int // counted from 1
	Column int // in characters, counted from 1
	Width  int // characters
}

// String returns file:line:column; the empty string for nowhere.
func (p Place) String() string {
	if p.Source == nil {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", p.Source.Name, p.Line, p.Column)
}

// excerpt returns the line with a caret under the place.
func (p Place) excerpt() string {
	if p.Source == nil {
		return ""
	}
	line := []rune(strings.ToValidUTF8(p.Source.line(p.Line), "\uFFFD"))
	column := min(max(p.Column-1, 0), len(line))
	cut, lead := 0, ""
	if column > maxShownRunes/2 {
		cut, lead = column-maxShownRunes/2, "…"
	}
	shown := line[cut:min(len(line), cut+maxShownRunes)]
	var indent strings.Builder
	for _, r := range shown[:column-cut] {
		if r != '\t' {
			r = ' '
		}
		indent.WriteRune(r)
	}
	caret := strings.Repeat("^", max(1, min(p.Width, len(shown)-(column-cut))))
	number := fmt.Sprintf("%5d | ", p.Line)
	blank := strings.Repeat(" ", len(number)-2) + "| "
	return "\n" + number + lead + string(shown) +
		"\n" + blank + strings.Repeat(" ", utf8.RuneCountInString(lead)) + indent.String() + caret
}

// Problem is one thing that is wrong with a scenario.
type Problem struct {
	Place Place
	// Path is the key concerned, such as sites[0].gateways; may be empty.
	Path string
	// Text says what is wrong and what is expected.
	Text string
}

// Error implements error: place, text, and the source line with a caret.
func (p *Problem) Error() string {
	if p.Place.Source == nil {
		if p.Path == "" {
			return p.Text
		}
		return p.Path + ": " + p.Text
	}
	return p.Place.String() + ": " + p.Text + p.Place.excerpt()
}

// Problems is everything that is wrong with a scenario, in the order of the sources.
type Problems struct {
	All []Problem
	// More is how many were found beyond those kept.
	More int
}

// Error implements error.
func (p *Problems) Error() string {
	texts := make([]string, len(p.All), len(p.All)+1)
	for i := range p.All {
		texts[i] = p.All[i].Error()
	}
	if p.More > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", p.More))
	}
	return strings.Join(texts, "\n")
}

// add keeps a problem. The same text at the same place is told once.
func (p *Problems) add(problem Problem) {
	if slices.Contains(p.All, problem) {
		return
	}
	if len(p.All) == maxProblems {
		p.More++
		return
	}
	p.All = append(p.All, problem)
}

// sort brings the problems into the order of their sources, and of places in them.
func (p *Problems) sort(order map[*Source]int) {
	slices.SortStableFunc(p.All, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(order[a.Place.Source], order[b.Place.Source]),
			cmp.Compare(a.Place.Line, b.Place.Line),
			cmp.Compare(a.Place.Column, b.Place.Column),
		)
	})
}

// err returns the problems as an error, nil if there is none.
func (p *Problems) err() error {
	if len(p.All) == 0 {
		return nil
	}
	return p
}

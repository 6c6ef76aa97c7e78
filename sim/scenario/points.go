package scenario

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
)

// Point is one run of a sweep.
type Point struct {
	// Scenario is what is run: resolved, with a seed of its own, and no sweep.
	Scenario *Scenario
	// ID names the point: a hash of the resolved scenario.
	ID string
	// Index is the place among all points, from 0; those left out do not count.
	Index int
	// Repeat is which repetition it is, from 0.
	Repeat int
	// Set is what the point sets, one "key=value" per key of the axes, in their order.
	Set []string
}

// ID returns the name of a resolved scenario: 16 hexadecimal digits of the hash
// of what Explain writes.
func (s *Scenario) ID() string {
	sum := sha256.Sum256([]byte(Explain(s, false)))
	return hex.EncodeToString(sum[:8])
}

// Points returns all runs that a document asks for, in order: one if it has no
// sweep. An error ends the sequence. A constraint is judged before contradictions are looked
// for, so that it can leave out what would be one.
func (d *Document) Points() iter.Seq2[*Point, error] {
	return func(yield func(*Point, error) bool) {
		s, err := d.Resolve()
		if err != nil {
			yield(nil, err)
			return
		}
		if s.Sweep == nil {
			yield(&Point{Scenario: s, ID: s.ID()}, nil)
			return
		}
		w := &walk{document: d, base: s, yield: yield}
		for _, text := range s.Sweep.Constraints {
			c, err := parseConstraint(text)
			if err != nil {
				yield(nil, err) // not reached: Resolve has checked it
				return
			}
			w.constraints = append(w.constraints, c)
		}
		w.axis(0, d.without("sweep"), nil)
	}
}

// without returns a copy of a document without a key.
func (d *Document) without(key string) *Document {
	out := &Document{tree: d.tree}
	if d.tree != nil {
		out.tree = d.tree.put(entry{key: key})
	}
	return out
}

// walk is a walk over all combinations.
type walk struct {
	document    *Document
	base        *Scenario
	constraints []*constraint
	yield       func(*Point, error) bool
	index       int
}

// axis lets one axis take its values, the axes behind it theirs for each, and
// reports whether to go on.
func (w *walk) axis(i int, d *Document, set []string) bool {
	if i == len(w.base.Sweep.Axes) {
		return w.combination(d, set)
	}
	axis := &w.base.Sweep.Axes[i]
	for j, row := range axis.Values {
		next, texts := &Document{tree: d.tree}, slices.Clip(set)
		for k, key := range axis.Key {
			text := key + "=" + string(row[k])
			source := &Source{Name: fmt.Sprintf("sweep.axes[%d].values[%d]", i, j), Text: text}
			where := func(s step) Place { return Place{source, 1, s.at + 1, s.width} }
			value := &tree{
				form: formScalar, at: Place{source, 1, len([]rune(key)) + 2, len([]rune(string(row[k])))},
				text: string(row[k]), literal: true,
			}
			next.set(key, value, where)
			texts = append(texts, text)
		}
		if !w.axis(i+1, next, texts) {
			return false
		}
	}
	return true
}

// combination yields a combination's repetitions.
func (w *walk) combination(d *Document, set []string) bool {
	s, problems, understood := d.decode()
	kept, err := true, error(nil)
	if understood {
		kept, err = w.keeps(s)
	}
	switch {
	case err != nil:
		w.yield(nil, fmt.Errorf("%s: %w", describeSet(set), err))
		return false
	case !kept:
		return true
	case !understood:
		w.yield(nil, fmt.Errorf("%s: %w", describeSet(set), problems))
		return false
	case problems.err() != nil:
		w.yield(nil, fmt.Errorf("%s (a constraint could leave this point out): %w", describeSet(set), problems))
		return false
	}
	for repeat := range w.base.Sweep.Repeats {
		point := clone(s)
		point.Seed = w.seed(set, repeat)
		p := &Point{Scenario: point, ID: point.ID(), Index: w.index, Repeat: repeat, Set: set}
		w.index++
		if !w.yield(p, nil) {
			return false
		}
	}
	return true
}

func describeSet(set []string) string {
	if len(set) == 0 {
		return "sweep"
	}
	return "point " + strings.Join(set, " ")
}

// keeps reports whether every constraint holds.
func (w *walk) keeps(s *Scenario) (bool, error) {
	for _, c := range w.constraints {
		holds, err := c.holds(s)
		if err != nil {
			return false, fmt.Errorf("constraint %q: %w", c.text, err)
		}
		if !holds {
			return false, nil
		}
	}
	return true, nil
}

// seed draws a point's seed. It does not depend on what other points there are.
func (w *walk) seed(set []string, repeat int) uint64 {
	h := sha256.New()
	var number [16]byte
	binary.BigEndian.PutUint64(number[:8], w.base.Seed)
	binary.BigEndian.PutUint64(number[8:], uint64(repeat))
	h.Write(number[:])
	if w.base.Sweep.Seeds == SeedsOwn {
		fmt.Fprintf(h, "%q", set)
	}
	return binary.BigEndian.Uint64(h.Sum(nil))
}

// clone returns a copy that shares nothing.
func clone(s *Scenario) *Scenario {
	out := new(Scenario)
	copyInto(reflect.ValueOf(out).Elem(), reflect.ValueOf(s).Elem())
	return out
}

func copyInto(to, from reflect.Value) {
	switch from.Kind() {
	case reflect.Struct:
		for i := range from.NumField() {
			copyInto(to.Field(i), from.Field(i))
		}
	case reflect.Pointer:
		if !from.IsNil() {
			to.Set(reflect.New(from.Type().Elem()))
			copyInto(to.Elem(), from.Elem())
		}
	case reflect.Slice:
		if !from.IsNil() {
			to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
			for i := range from.Len() {
				copyInto(to.Index(i), from.Index(i))
			}
		}
	default:
		to.Set(from)
	}
}

// sweep checks what can be checked before any point is made.
func (c *checker) sweep(s *Sweep) {
	points := s.Repeats
	for i := range s.Axes {
		path := fmt.Sprintf("sweep.axes[%d]", i)
		c.axis(&s.Axes[i], path)
		points *= max(1, len(s.Axes[i].Values))
		if points > maxPoints {
			c.failf("sweep", "more than %d points", maxPoints)
			return
		}
	}
	for i, text := range s.Constraints {
		if _, err := parseConstraint(text); err != nil {
			c.failf(fmt.Sprintf("sweep.constraints[%d]", i), "%v", err)
		}
	}
}

func (c *checker) axis(a *Axis, path string) {
	if len(a.Key) == 0 || len(a.Values) == 0 {
		c.failf(path, "an axis needs a key and at least one value")
	}
	for i, key := range a.Key {
		steps, err := parsePath(key)
		if err == nil {
			err = leads(steps)
		}
		if err == nil && (steps[0].key == "sweep" || steps[0].key == "seed") {
			err = fmt.Errorf("%q cannot be swept: points have seeds of their own (see repeats), and no sweep", steps[0].key)
		}
		if err != nil {
			c.failf(fmt.Sprintf("%s.key[%d]", path, i), "%v", err)
		}
	}
	for i, row := range a.Values {
		if len(row) != len(a.Key) {
			c.failf(fmt.Sprintf("%s.values[%d]", path, i), "%d values for %d keys", len(row), len(a.Key))
		}
	}
}

package scenario

import (
	"cmp"
	"fmt"
	"math/bits"
	"reflect"
	"strconv"
	"strings"
)

// constraint is a comparison of two operands.
type constraint struct {
	text        string
	left, right operand
	op          string
}

// operand is a key path, with a factor, or a value.
type operand struct {
	factor int64
	path   []step // nil: a value
	text   string
}

// parseConstraint reads "3 * a.b <= c[0].d".
func parseConstraint(text string) (*constraint, error) {
	at := strings.IndexAny(text, "<>=!")
	if at < 0 {
		return nil, fmt.Errorf(`%q compares nothing; expected such as "sites[0].committee <= sites[0].gateways"`, text)
	}
	op := text[at : at+1]
	if at+1 < len(text) && text[at+1] == '=' {
		op = text[at : at+2]
	}
	if op == "=" || op == "!" {
		return nil, fmt.Errorf("%q is no comparison; expected < <= == != >= or >", op)
	}
	c := &constraint{text: text, op: op, left: parseOperand(text[:at]), right: parseOperand(text[at+len(op):])}
	if c.left.path == nil {
		return nil, fmt.Errorf("%q is not a key of a scenario; expected one on the left", c.left.text)
	}
	return c, nil
}

// parseOperand takes for a path what leads to a key of a scenario.
func parseOperand(text string) operand {
	text = strings.TrimSpace(text)
	o := operand{factor: 1, text: text}
	path := text
	if number, rest, ok := strings.Cut(text, "*"); ok {
		if n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 32); err == nil && n > 0 {
			o.factor, path = n, strings.TrimSpace(rest)
		}
	}
	if steps, err := parsePath(path); err == nil && leads(steps) == nil {
		o.path = steps
	}
	return o
}

// leads checks that a path leads to a single value in some scenario.
func leads(steps []step) error {
	t := reflect.TypeFor[Scenario]()
	for _, s := range steps {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		switch {
		case isScalar(t) || s.key != "" && t.Kind() != reflect.Struct || s.key == "" && t.Kind() != reflect.Slice:
			return &pathError{s.at, s.width, fmt.Sprintf("nothing lies at %q", s)}
		case s.key == "":
			t = t.Elem()
		default:
			f := fieldOf(t, s.key)
			if f == nil {
				return &pathError{s.at, s.width, fmt.Sprintf("unknown key %q%s", s.key, orList(didYouMean(s.key, keyList(t)), "keys", keyList(t)))}
			}
			t = t.Field(f.index).Type
		}
	}
	return nil
}

func keyList(t reflect.Type) []string {
	var keys []string
	for _, f := range fieldsOf(t) {
		keys = append(keys, f.key)
	}
	return keys
}

func fieldOf(t reflect.Type, key string) *field {
	for _, f := range fieldsOf(t) {
		if f.key == key {
			return &f
		}
	}
	return nil
}

// lookup returns what a path leads to in a scenario.
func lookup(s *Scenario, steps []step) (reflect.Value, error) {
	v := reflect.ValueOf(s).Elem()
	for _, step := range steps {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return v, fmt.Errorf("nothing lies at %q", step)
			}
			v = v.Elem()
		}
		if step.key != "" {
			v = v.Field(fieldOf(v.Type(), step.key).index)
			continue
		}
		i, ok := itemOf(v, step)
		if !ok {
			return v, fmt.Errorf("the list has no item %s", step)
		}
		v = v.Index(i)
	}
	return v, nil
}

// itemOf returns the index of a list's item.
func itemOf(list reflect.Value, s step) (int, bool) {
	if s.name == "" {
		return s.index, s.index < list.Len()
	}
	for i := range list.Len() {
		item := list.Index(i)
		if item.Kind() != reflect.Struct {
			continue
		}
		if name := item.FieldByName("Name"); name.IsValid() && name.String() == s.name {
			return i, true
		}
	}
	return 0, false
}

// holds reports whether a scenario satisfies a constraint.
func (c *constraint) holds(s *Scenario) (bool, error) {
	left, err := lookup(s, c.left.path)
	if err != nil {
		return false, err
	}
	right := reflect.New(left.Type()).Elem()
	if c.right.path != nil {
		if right, err = lookup(s, c.right.path); err != nil {
			return false, err
		}
	} else if err := setText(right, strings.Trim(c.right.text, `"'`)); err != nil {
		return false, err
	}
	if left.Type() != right.Type() {
		return false, fmt.Errorf("%q and %q are not of one kind", c.left.text, c.right.text)
	}
	order, err := compare(left, right, c.left.factor, c.right.factor)
	if err != nil {
		return false, err
	}
	if order != 0 && !ordered(left) && c.op != "==" && c.op != "!=" {
		return false, fmt.Errorf("%q has no order; expected == or !=", c.left.text)
	}
	return map[string]bool{
		"<": order < 0, "<=": order <= 0, "==": order == 0, "!=": order != 0, ">=": order >= 0, ">": order > 0,
	}[c.op], nil
}

func ordered(v reflect.Value) bool {
	_, isRate := reflect.TypeAssert[Rate](v)
	return isRate || v.CanInt() || v.CanUint()
}

// compare orders two values of one type.
func compare(a, b reflect.Value, fa, fb int64) (int, error) {
	switch {
	case a.CanInt():
		return compareProducts(a.Int(), fa, b.Int(), fb), nil
	case fa != 1 || fb != 1:
		return 0, fmt.Errorf("%s cannot be multiplied", textOf(a))
	case a.CanUint():
		return cmp.Compare(a.Uint(), b.Uint()), nil
	case !isScalar(a.Type()):
		return 0, fmt.Errorf("only single values can be compared")
	}
	if rate, ok := reflect.TypeAssert[Rate](a); ok {
		return rate.Compare(b.Interface().(Rate)), nil
	}
	return cmp.Compare(textOf(a), textOf(b)), nil
}

// compareProducts orders a × fa and b × fb, exactly; factors are positive.
func compareProducts(a, fa, b, fb int64) int {
	if (a < 0) != (b < 0) {
		return cmp.Compare(a, b)
	}
	ahi, alo := bits.Mul64(magnitude(a), uint64(fa))
	bhi, blo := bits.Mul64(magnitude(b), uint64(fb))
	order := cmp.Or(cmp.Compare(ahi, bhi), cmp.Compare(alo, blo))
	if a < 0 {
		return -order
	}
	return order
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

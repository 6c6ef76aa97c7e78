package scenario

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// field is one key of a type, as its struct tags have it:
//
//	yaml      the key
//	default   the value if it is left out
//	range     low..high, both allowed
//	required  there is no default
//	kinds     the kinds of thing, as the type's first key says, that have it
//	list:one  a single value stands for a list of one
type field struct {
	owner    string // type
	goName   string
	index    int
	key      string
	value    string // default; "" if there is none
	low      string
	high     string
	required bool
	one      bool
	kinds    []string
}

// fieldsOf returns a struct type's keys in order.
func fieldsOf(t reflect.Type) []field {
	fields := make([]field, t.NumField())
	for i := range fields {
		f := t.Field(i)
		fields[i] = field{
			owner: t.Name(), goName: f.Name, index: i,
			key:      f.Tag.Get("yaml"),
			value:    f.Tag.Get("default"),
			required: f.Tag.Get("required") == "true",
			one:      f.Tag.Get("list") == "one",
		}
		fields[i].low, fields[i].high, _ = strings.Cut(f.Tag.Get("range"), "..")
		if kinds := f.Tag.Get("kinds"); kinds != "" {
			fields[i].kinds = strings.Split(kinds, ",")
		}
	}
	return fields
}

// belongs reports whether a key exists for a kind of thing.
func (f *field) belongs(kind string) bool { return f.kinds == nil || slices.Contains(f.kinds, kind) }

// named is a type with a fixed set of values.
type named interface{ Names() []string }

// shaped is a scalar type that says what JSON Schema it has.
type shaped interface{ shape() map[string]any }

// scalarOf returns how a value is read from a text, nil if it is none that has
// a syntax of its own.
func scalarOf(v reflect.Value) encoding.TextUnmarshaler {
	if d, ok := reflect.TypeAssert[*time.Duration](v.Addr()); ok {
		return (*duration)(d)
	}
	u, _ := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr())
	return u
}

// textOf writes a scalar as scenarios have it.
func textOf(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Duration:
		return duration(x).String()
	case fmt.Stringer:
		return x.String()
	}
	switch v.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Uint64:
		return strconv.FormatUint(v.Uint(), 10)
	default:
		return v.String()
	}
}

// isScalar reports whether a type is written as a single value.
func isScalar(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
	case reflect.Slice, reflect.Pointer:
		return false
	default:
		return true
	}
}

// setText reads a value of any scalar type.
func setText(v reflect.Value, text string) error {
	if u := scalarOf(v); u != nil {
		return u.UnmarshalText([]byte(text))
	}
	if n, ok := reflect.TypeAssert[named](v); ok {
		return setNamed(v, n.Names(), text)
	}
	switch v.Kind() {
	case reflect.Bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("%q is neither true nor false; expected one of them", text)
		}
		v.SetBool(text == "true")
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is not a whole number; expected one such as 10", text)
		}
		v.SetInt(n)
	case reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is not a whole number from 0 to 2^64-1; expected one such as 17", text)
		}
		v.SetUint(n)
	case reflect.String:
		v.SetString(text)
	default:
		panic(fmt.Sprintf("scenario: a field of type %v cannot be read", v.Type()))
	}
	return nil
}

func setNamed(v reflect.Value, names []string, text string) error {
	if !slices.Contains(names, text) {
		return fmt.Errorf("%q is unknown here; expected one of %s%s", text, strings.Join(names, ", "), didYouMean(text, names))
	}
	v.SetString(text)
	return nil
}

// inRange checks a number against its field's range.
func (f *field) inRange(v reflect.Value) error {
	if f.low == "" {
		return nil
	}
	low, high := f.bound(v.Type(), f.low), f.bound(v.Type(), f.high)
	if v.Int() < low.Int() || v.Int() > high.Int() {
		return fmt.Errorf("%s is out of range; expected %s to %s", textOf(v), textOf(low), textOf(high))
	}
	return nil
}

// bound returns an end of a range.
func (f *field) bound(t reflect.Type, text string) reflect.Value {
	v := reflect.New(t).Elem()
	if err := setText(v, text); err != nil {
		panic(fmt.Sprintf("scenario: range of %s.%s: %v", f.owner, f.goName, err))
	}
	return v
}

// defaulter is a type whose fields' defaults depend on each other.
type defaulter interface{ defaults() }

// filler is a type whose first key decides about the others' defaults.
type filler interface{ fill() }

// setDefaults sets what the tags of a struct say, at every depth.
func setDefaults(at any) {
	v := reflect.ValueOf(at).Elem()
	for _, f := range fieldsOf(v.Type()) {
		part := v.Field(f.index)
		if !isScalar(part.Type()) {
			if part.Kind() == reflect.Struct {
				setDefaults(part.Addr().Interface())
			}
			continue
		}
		if f.value == "" {
			continue
		}
		if err := setText(part, f.value); err != nil {
			panic(fmt.Sprintf("scenario: default of %s.%s: %v", f.owner, f.goName, err))
		}
	}
	if d, ok := at.(defaulter); ok {
		d.defaults()
	}
}

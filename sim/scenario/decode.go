package scenario

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// decoder turns a tree into a Scenario and remembers where every value came from.
type decoder struct {
	problems *Problems
	places   map[string]Place // by path
}

func (d *decoder) scenario(s *Scenario, t *tree) {
	d.structure(reflect.ValueOf(s).Elem(), t, t.at, "")
}

// place returns where a path's value came from, or what is around it.
func (d *decoder) place(path string) Place {
	for path != "" {
		if p, ok := d.places[path]; ok {
			return p
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return d.places[""]
}

func (d *decoder) report(at Place, path, format string, args ...any) {
	d.problems.add(Problem{Place: at, Path: path, Text: fmt.Sprintf(format, args...)})
}

// structure decodes keys. at is where to say that one is missing.
func (d *decoder) structure(v reflect.Value, t *tree, at Place, path string) {
	d.places[path] = at
	if t.form != formMap {
		d.report(t.at, path, "this is %s; expected keys with values: %s", t.form, keysOf(fieldsOf(v.Type())))
		return
	}
	fields := fieldsOf(v.Type())
	d.unknown(fields, t, path)
	kind := ""
	for i := range fields {
		f := &fields[i]
		j := t.find(f.key)
		if j < 0 {
			if f.required {
				d.report(at, path, "%q is missing here", f.key)
			}
			continue
		}
		e := t.entries[j]
		if kind != "" && !f.belongs(kind) {
			d.report(e.at, join(path, f.key), "%q does not belong to the kind %q, only to %s", f.key, kind, strings.Join(f.kinds, ", "))
			continue
		}
		good := d.value(v.Field(i), e.value, e.at, join(path, f.key), f)
		if i > 0 || !good || !hasKinds(fields) && !fills(v) {
			continue
		}
		kind = v.Field(0).String()
		if fillable, ok := reflect.TypeAssert[filler](v.Addr()); ok {
			fillable.fill()
		}
	}
}

func hasKinds(fields []field) bool {
	for i := range fields {
		if fields[i].kinds != nil {
			return true
		}
	}
	return false
}

func fills(v reflect.Value) bool {
	_, ok := reflect.TypeAssert[filler](v.Addr())
	return ok
}

// unknown reports keys that do not exist.
func (d *decoder) unknown(fields []field, t *tree, path string) {
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = fields[i].key
	}
	known := func(key string) bool {
		return slices.Contains(names, key)
	}
	for _, e := range t.entries {
		if known(e.key) {
			continue
		}
		if hint := didYouMean(e.key, names); hint != "" {
			d.report(e.at, join(path, e.key), "unknown key %q%s", e.key, hint)
		} else if homes := homesOf(e.key); len(homes) > 0 && len(homes) <= maxHomes {
			d.report(e.at, join(path, e.key), "unknown key %q here; did you mean %s?", e.key, strings.Join(homes, " or "))
		} else {
			d.report(e.at, join(path, e.key), "unknown key %q; expected one of %s", e.key, keysOf(fields))
		}
	}
}

func keysOf(fields []field) string {
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = fields[i].key
	}
	return strings.Join(names, ", ")
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// value decodes anything, and reports whether it could.
func (d *decoder) value(v reflect.Value, t *tree, at Place, path string, f *field) bool {
	d.places[path] = t.at
	switch {
	case isScalar(v.Type()):
		return d.scalar(v, t, path, f)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		setDefaults(v.Interface())
		d.structure(v.Elem(), t, at, path)
	case v.Kind() == reflect.Slice:
		d.list(v, t, path, f)
	default:
		d.structure(v, t, at, path)
	}
	return true
}

func (d *decoder) list(v reflect.Value, t *tree, path string, f *field) {
	elem := v.Type().Elem()
	items := t.items
	if t.form != formList {
		if !f.one || t.form != formScalar || !isScalar(elem) {
			d.report(t.at, path, "this is %s; expected a list", t.form)
			return
		}
		items = []*tree{t}
	}
	v.SetZero() // none is nil, however it is written
	if len(items) > 0 {
		v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	}
	for i, item := range items {
		part, where := v.Index(i), path+"["+strconv.Itoa(i)+"]"
		if elem.Kind() == reflect.Struct && !isScalar(elem) {
			setDefaults(part.Addr().Interface())
		}
		d.value(part, item, item.at, where, f)
	}
}

// scalar decodes a single value.
func (d *decoder) scalar(v reflect.Value, t *tree, path string, f *field) bool {
	if t.form != formScalar {
		d.report(t.at, path, "this is %s; expected %s", t.form, expected(v.Type()))
		return false
	}
	if problem := mistyped(v, t); problem != "" {
		d.report(t.at, path, "%s; expected %s", problem, expected(v.Type()))
		return false
	}
	err := setText(v, t.text)
	if err == nil {
		err = f.inRange(v)
	}
	if err != nil {
		d.report(t.at, path, "%v", err)
		return false
	}
	return true
}

// mistyped says what is wrong with how a value is written: whether text is quoted
// makes it another type in YAML.
func mistyped(v reflect.Value, t *tree) string {
	_, isRaw := reflect.TypeAssert[Raw](v)
	_, isNamed := reflect.TypeAssert[named](v)
	isText := v.Kind() == reflect.String && !isNamed && !isRaw
	switch {
	case isText && strings.IndexFunc(t.text, func(c rune) bool { return c < ' ' && c != '\n' && c != '\t' || c == 0x7F }) >= 0:
		return "a control character in a text"
	case t.literal || isNamed || scalarOf(v) != nil:
		return ""
	case isText && !t.quoted && !isPlainText(t.text):
		return fmt.Sprintf("%s is not a text unless it is in quotes", t.text)
	case !isText && t.quoted:
		return fmt.Sprintf("%q in quotes is a text", t.text)
	}
	return ""
}

// isPlainText reports whether YAML takes an unquoted scalar for a text.
func isPlainText(text string) bool {
	switch strings.ToLower(text) {
	case "", "true", "false", "null", "~", ".inf", "-.inf", ".nan":
		return false
	}
	number := strings.NewReplacer("_", "", "0x", "", "0o", "", "0b", "").Replace(text)
	return strings.Trim(number, "0123456789+-.eE") != "" || strings.Trim(number, "+-.eE") == ""
}

// expected says what a type's values look like.
func expected(t reflect.Type) string {
	v := reflect.New(t).Elem()
	if n, ok := reflect.TypeAssert[named](v); ok {
		return "one of " + strings.Join(n.Names(), ", ")
	}
	if v.Type() == reflect.TypeFor[time.Duration]() {
		q := duration(0).quantity()
		return q.what + " such as " + q.example
	}
	switch x := v.Interface().(type) {
	case interface{ quantity() *quantity }:
		q := x.quantity()
		return q.what + " such as " + q.example
	case Rate:
		return `a rate such as "4/s" or "1/5s"`
	case Amount:
		return `"all", "f", a count or a share such as "33%"`
	}
	switch v.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return "a whole number"
	default:
		return "a text"
	}
}

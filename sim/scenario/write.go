package scenario

import (
	"reflect"
	"strconv"
	"strings"
)

// Explain writes a scenario as YAML with every key and every default, so that
// reading it gives the same scenario again, under any later defaults. With
// comments, each key has its meaning above it. The same scenario gives the same
// bytes.
func Explain(s *Scenario, comments bool) string {
	w := &writer{}
	if comments {
		w.docs = fieldDocs()
	}
	w.structure(reflect.ValueOf(s).Elem(), 0, "")
	return w.out.String()
}

// writer writes YAML.
type writer struct {
	out  strings.Builder
	docs map[string]string // still to be written; nil: no comments
}

// structure writes keys. first stands in place of the first line's indentation.
func (w *writer) structure(v reflect.Value, depth int, first string) {
	fields := fieldsOf(v.Type())
	kind := ""
	if hasKinds(fields) {
		kind = v.Field(0).String()
	}
	for i := range fields {
		f, part := &fields[i], v.Field(i)
		if kind != "" && !f.belongs(kind) || part.Kind() == reflect.Pointer && part.IsNil() {
			continue
		}
		w.comment(f, part.Type(), depth, &first)
		w.indent(depth, &first)
		w.out.WriteString(f.key + ":")
		w.value(part, f, depth)
	}
}

func (w *writer) indent(depth int, first *string) {
	if *first != "" {
		w.out.WriteString(*first)
		*first = ""
		return
	}
	w.out.WriteString(strings.Repeat("  ", depth))
}

// value writes what stands behind a key, and ends the line.
func (w *writer) value(v reflect.Value, f *field, depth int) {
	switch {
	case isScalar(v.Type()):
		w.out.WriteString(" " + w.scalar(v, depth) + "\n")
	case v.Kind() == reflect.Pointer:
		w.value(v.Elem(), f, depth)
	case v.Kind() == reflect.Struct:
		w.out.WriteString("\n")
		w.structure(v, depth+1, "")
	case v.Len() == 0:
		w.out.WriteString(" []\n")
	case isScalar(v.Type().Elem()):
		w.out.WriteString(" " + flow(v, f) + "\n")
	default:
		w.out.WriteString("\n")
		dash := strings.Repeat("  ", depth) + "  - "
		for i := range v.Len() {
			if v.Index(i).Kind() == reflect.Slice {
				w.out.WriteString(dash + flow(v.Index(i), f) + "\n")
			} else {
				w.structure(v.Index(i), depth+2, dash)
			}
		}
	}
}

// flow writes a list of scalars on one line; where one may stand for a list, it does.
func flow(v reflect.Value, f *field) string {
	texts := make([]string, v.Len())
	for i := range texts {
		texts[i] = plain(v.Index(i))
	}
	if f.one && len(texts) == 1 {
		return texts[0]
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// scalar writes a single value, a text of several lines as a block.
func (w *writer) scalar(v reflect.Value, depth int) string {
	if text := v.String(); v.Kind() == reflect.String && isBlock(text) {
		indent := "\n" + strings.Repeat("  ", depth+1)
		return "|-" + indent + strings.ReplaceAll(text, "\n", indent)
	}
	return plain(v)
}

// isBlock reports whether a text has several lines, each of which says itself.
func isBlock(text string) bool {
	lines := strings.Split(text, "\n")
	for _, line := range lines {
		if line == "" || strings.TrimSpace(line) != line || strings.HasPrefix(line, "#") || strings.Trim(line, "-.") == "" || strings.ContainsAny(line, "\t\r") {
			return false
		}
		for _, r := range line {
			if !strconv.IsPrint(r) {
				return false
			}
		}
	}
	return len(lines) > 1
}

// plain writes a scalar, in quotes where YAML would take it for something else.
func plain(v reflect.Value) string {
	text := textOf(v)
	_, isNamed := reflect.TypeAssert[named](v)
	_, isRaw := reflect.TypeAssert[Raw](v)
	switch {
	case v.Kind() != reflect.String || isNamed:
		return text
	case isRaw && isSafe(text) && !strings.EqualFold(text, "null"):
		return text
	case isSafe(text) && isPlainText(text):
		return text
	default:
		return strconv.Quote(text)
	}
}

// isSafe reports whether a text has only what means nothing else in YAML.
func isSafe(text string) bool {
	if text == "" || strings.Trim(text[:1], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" || strings.HasSuffix(text, " ") {
		return false
	}
	return strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ./_-+%") == ""
}

// comment writes a field's meaning above it, the first time that it comes.
func (w *writer) comment(f *field, t reflect.Type, depth int, first *string) {
	text, fresh := w.docs[f.owner+"."+f.goName]
	if !fresh {
		return
	}
	delete(w.docs, f.owner+"."+f.goName)
	if n, ok := reflect.TypeAssert[named](reflect.Zero(t)); ok {
		text += " One of " + strings.Join(n.Names(), ", ") + "."
	}
	if f.low != "" {
		text += " From " + f.low + " to " + f.high + "."
	}
	const width = 100
	line := ""
	end := func() {
		w.indentComment(depth, first)
		w.out.WriteString("# " + line + "\n")
		line = ""
	}
	for word := range strings.FieldsSeq(text) {
		if line != "" && 2*depth+len(line)+1+len(word) > width {
			end()
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	end()
}

// indentComment indents a comment; one before a list's dash stands at the dash.
func (w *writer) indentComment(depth int, first *string) {
	if *first != "" {
		depth--
	}
	w.out.WriteString(strings.Repeat("  ", depth))
}

package untrusted

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"
)

// An Error says what is wrong with a JSON text, and where.
type Error struct {
	Line   int    // counted from 1
	Column int    // in characters, counted from 1
	Key    string // such as "load.records"; "" if it is not about one
	Text   string
}

// Error returns the key and what is wrong with it, without the place.
func (e *Error) Error() string {
	if e.Key == "" {
		return e.Text
	}
	return e.Key + ": " + e.Text
}

// Place returns a path with the line and column of an error behind it, if it has them.
func Place(path string, err error) string {
	if e, is := errors.AsType[*Error](err); is {
		return fmt.Sprintf("%s:%d:%d", path, e.Line, e.Column)
	}
	return path
}

// JSON decodes one value. An unknown key is an error, and so is anything after the value. Errors: *Error.
func JSON(text []byte, into any) error {
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(into); err != nil {
		return Explain(text, err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return at(text, in.InputOffset(), "", "something follows the end of the JSON value")
	}
	return nil
}

// Explain puts an error of encoding/json about a text into words of its file: it knows types of
// Go, which a reader need not. Any other error is returned as it is.
func Explain(text []byte, err error) error {
	if e, is := errors.AsType[*json.UnmarshalTypeError](err); is {
		return at(text, e.Offset, e.Field, fmt.Sprintf("it is %s; expected %s", found(e.Value), expected(e.Type)))
	}
	if e, is := errors.AsType[*json.SyntaxError](err); is && !strings.HasPrefix(e.Error(), "unexpected end") {
		return at(text, e.Offset, "", "no JSON: "+e.Error())
	}
	if _, is := errors.AsType[*json.SyntaxError](err); is || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		if len(bytes.TrimSpace(text)) == 0 {
			return at(text, 0, "", "it is empty")
		}
		return at(text, int64(len(text)), "", "it ends in the middle of a JSON value")
	}
	if err == nil {
		return nil
	}
	if _, rest, is := strings.Cut(err.Error(), unknownField); is {
		key := strings.Trim(rest, `"`)
		return at(text, int64(bytes.Index(text, []byte(rest))+1), "", fmt.Sprintf("unknown key %q", key))
	}
	return err
}

// unknownField is how encoding/json begins the only error about a key that has no type of its own.
const unknownField = "json: unknown field "

// at makes an error of a place, which is the byte before an offset.
func at(text []byte, offset int64, key, what string) *Error {
	before := text[:max(0, min(int(offset)-1, len(text)))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return &Error{Line: 1 + bytes.Count(before, []byte("\n")), Column: 1 + utf8.RuneCount(before[start:]), Key: key, Text: what}
}

// found names a value as encoding/json does: "string", or "number 1.5".
func found(value string) string {
	kind, rest, _ := strings.Cut(value, " ")
	switch kind {
	case "string":
		return "a text"
	case "number":
		if rest != "" {
			return rest
		}
		return "a number"
	case "bool":
		return "true or false"
	case "array":
		return "a list"
	case "object":
		return "an object with keys"
	}
	return value
}

// expected names what a type is written as.
func expected(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Int8, reflect.Int16, reflect.Int32:
		return fmt.Sprintf("a whole number from %d to %d", -(1 << (t.Bits() - 1)), 1<<(t.Bits()-1)-1)
	case reflect.Uint, reflect.Uint64:
		return "a whole number from 0 on"
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return fmt.Sprintf("a whole number from 0 to %d", 1<<t.Bits()-1)
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.String:
		return "a text"
	case reflect.Slice, reflect.Array:
		return "a list"
	default:
		return "an object with keys"
	}
}

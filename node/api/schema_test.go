package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// schemas checks values against JSON Schema 2020-12, as far as the OpenAPI
// document uses it. A keyword it does not know is a failure, not a pass.
type schemas struct{ document map[string]any }

func newSchemas() schemas {
	var s schemas
	if err := json.Unmarshal(openAPIDocument, &s.document); err != nil {
		panic(err)
	}
	return s
}

// at follows a JSON pointer like #/components/schemas/Record.
func (s schemas) at(pointer string) map[string]any {
	v := any(s.document)
	for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "#/"), "/") {
		v = v.(map[string]any)[name]
	}
	m, ok := v.(map[string]any)
	if !ok {
		panic("nothing at " + pointer)
	}
	return m
}

// deref follows a reference, if m is one.
func (s schemas) deref(m map[string]any) map[string]any {
	if ref, ok := m["$ref"].(string); ok {
		return s.at(ref)
	}
	return m
}

func (s schemas) check(schema map[string]any, v any, path string) error {
	for _, keyword := range slices.Sorted(maps.Keys(schema)) {
		if err := s.keyword(schema, keyword, schema[keyword], v, path); err != nil {
			return err
		}
	}
	return nil
}

func (s schemas) keyword(schema map[string]any, keyword string, arg, v any, path string) error {
	text, isText := v.(string)
	number, isNumber := v.(float64)
	list, isList := v.([]any)
	object, isObject := v.(map[string]any)
	bad := func(why string) error { return fmt.Errorf("%s: %s: %v", path, why, v) }
	switch keyword {
	case "description", "default":
	case "$ref":
		return s.check(s.at(arg.(string)), v, path)
	case "type":
		types, ok := arg.([]any)
		if !ok {
			types = []any{arg}
		}
		if !slices.ContainsFunc(types, func(t any) bool { return hasType(t.(string), v) }) {
			return bad(fmt.Sprintf("not of type %v", arg))
		}
	case "const":
		if !reflect.DeepEqual(arg, v) {
			return bad(fmt.Sprintf("not %v", arg))
		}
	case "enum":
		if !slices.Contains(arg.([]any), v) {
			return bad(fmt.Sprintf("none of %v", arg))
		}
	case "pattern":
		if isText && !regexp.MustCompile(arg.(string)).MatchString(text) {
			return bad(fmt.Sprintf("does not match %v", arg))
		}
	case "minLength":
		if isText && float64(utf8.RuneCountInString(text)) < arg.(float64) {
			return bad("too short")
		}
	case "format":
		if arg != "date-time" {
			return bad(fmt.Sprintf("unknown format %v", arg))
		}
		if _, err := time.Parse(time.RFC3339, text); isText && err != nil {
			return bad("no time")
		}
	case "minimum":
		if isNumber && number < arg.(float64) {
			return bad("too small")
		}
	case "maximum":
		if isNumber && number > arg.(float64) {
			return bad("too large")
		}
	case "items":
		for i := range list {
			if err := s.check(arg.(map[string]any), list[i], fmt.Sprintf("%s/%d", path, i)); err != nil {
				return err
			}
		}
		_ = isList
	case "required":
		for _, name := range arg.([]any) {
			if _, ok := object[name.(string)]; isObject && !ok {
				return bad(fmt.Sprintf("lacks %v", name))
			}
		}
	case "properties":
		for name, sub := range arg.(map[string]any) {
			if member, ok := object[name]; ok {
				if err := s.check(sub.(map[string]any), member, path+"/"+name); err != nil {
					return err
				}
			}
		}
	case "additionalProperties":
		if arg != false {
			return bad("additionalProperties other than false")
		}
		known, _ := schema["properties"].(map[string]any)
		for name := range object {
			if _, ok := known[name]; !ok {
				return bad("unknown member " + name)
			}
		}
	case "anyOf":
		var all []string
		for _, sub := range arg.([]any) {
			err := s.check(sub.(map[string]any), v, path)
			if err == nil {
				return nil
			}
			all = append(all, err.Error())
		}
		return bad("none of: " + strings.Join(all, "; "))
	default:
		return fmt.Errorf("%s: the validator does not know %q", path, keyword)
	}
	return nil
}

func hasType(t string, v any) bool {
	switch v := v.(type) {
	case nil:
		return t == "null"
	case bool:
		return t == "boolean"
	case string:
		return t == "string"
	case float64:
		return t == "number" || t == "integer" && v == math.Trunc(v)
	case []any:
		return t == "array"
	case map[string]any:
		return t == "object"
	}
	return false
}

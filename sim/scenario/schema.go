package scenario

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// Schema returns the JSON Schema (draft 2020-12) of a scenario file, made from
// the Go types. What depends on several keys, and ranges of values with units,
// it cannot say; Read checks them.
func Schema() []byte {
	b := &schemaBuilder{docs: fieldDocs(), defs: make(map[string]any)}
	root := b.structure(reflect.TypeFor[Scenario]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Floormesh simulator scenario"
	root["$defs"] = b.defs
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("scenario: encode schema: %v", err)) // plain maps
	}
	return append(text, '\n')
}

type schemaBuilder struct {
	docs map[string]string
	defs map[string]any // by type
}

func (b *schemaBuilder) structure(t reflect.Type) map[string]any {
	properties := make(map[string]any)
	required := []string{}
	conditions := []any{}
	fields := fieldsOf(t)
	for i := range fields {
		f := &fields[i]
		properties[f.key] = b.property(t.Field(i).Type, f)
		// An overlay appends to a list with "key+".
		if t.Field(i).Type.Kind() == reflect.Slice {
			properties[f.key+"+"] = b.property(t.Field(i).Type, f)
		}
		if f.required {
			required = append(required, f.key)
		}
		if f.kinds != nil {
			conditions = append(conditions, onlyFor(fields[0].key, f))
		}
	}
	s := map[string]any{
		"type": "object", "description": b.docs[t.Name()],
		"properties": properties, "additionalProperties": false,
	}
	if len(required) > 0 {
		s["required"] = required
	}
	if len(conditions) > 0 {
		s["allOf"] = conditions
	}
	return s
}

// onlyFor forbids a key for kinds that do not have it.
func onlyFor(kindKey string, f *field) map[string]any {
	return map[string]any{
		"if":   map[string]any{"required": []string{f.key}},
		"then": map[string]any{"properties": map[string]any{kindKey: map[string]any{"enum": f.kinds}}},
	}
}

func (b *schemaBuilder) property(t reflect.Type, f *field) map[string]any {
	s := b.value(t, f)
	if _, isRef := s["$ref"]; isRef {
		s = map[string]any{"allOf": []any{s}}
	}
	s["description"] = b.docs[f.owner+"."+f.goName]
	if f.low != "" && s["minimum"] == nil {
		s["description"] = fmt.Sprintf("%s From %s to %s.", s["description"], f.low, f.high)
	}
	if f.value != "" {
		s["default"] = defaultOf(t, f.value)
	}
	return s
}

// defaultOf returns a default as JSON has it.
func defaultOf(t reflect.Type, text string) any {
	v := reflect.New(t).Elem()
	if err := setText(v, text); err != nil {
		panic(fmt.Sprintf("scenario: default %q: %v", text, err))
	}
	if kind := schemaKind(v); kind == "integer" || kind == "boolean" {
		return json.RawMessage(text)
	}
	return textOf(v)
}

func schemaKind(v reflect.Value) string {
	if scalarOf(v) != nil {
		return ""
	}
	switch v.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return "integer"
	default:
		return "string"
	}
}

func (b *schemaBuilder) value(t reflect.Type, f *field) map[string]any {
	switch {
	case isScalar(t):
		return scalarSchema(reflect.New(t).Elem(), f)
	case t.Kind() == reflect.Pointer:
		return b.value(t.Elem(), f)
	case t.Kind() == reflect.Slice:
		items := b.value(t.Elem(), f)
		list := map[string]any{"type": "array", "items": items, "maxItems": maxItems}
		if f.one && isScalar(t.Elem()) {
			return map[string]any{"anyOf": []any{items, list}}
		}
		return list
	default:
		if b.defs[t.Name()] == nil {
			b.defs[t.Name()] = true // in the making
			b.defs[t.Name()] = b.structure(t)
		}
		return map[string]any{"$ref": "#/$defs/" + t.Name()}
	}
}

func scalarSchema(v reflect.Value, f *field) map[string]any {
	if v.Type() == reflect.TypeFor[time.Duration]() {
		return duration(0).shape()
	}
	switch x := v.Interface().(type) {
	case shaped:
		return x.shape()
	case named:
		return map[string]any{"type": "string", "enum": x.Names()}
	}
	s := map[string]any{"type": schemaKind(v)}
	switch {
	case f.low != "":
		s["minimum"], s["maximum"] = json.RawMessage(f.low), json.RawMessage(f.high)
	case v.Kind() == reflect.Uint64:
		s["minimum"], s["maximum"] = 0, json.RawMessage(strconv.FormatUint(1<<64-1, 10))
	case v.Kind() == reflect.String:
		s["maxLength"] = maxTextBytes
	}
	return s
}

package config

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// A Setting is something that can be set, for help.
type Setting struct {
	// Path names it: serve.listen. What is within a list has [], and what is within a
	// map has *, in the place of a number or a name.
	Path string `json:"path"`
	// Variable is its name in the environment; empty if it has none.
	Variable string `json:"variable,omitzero"`
	// Type says in a few words what it holds.
	Type string `json:"type"`
	// Default is its value if nobody sets it; empty if that is empty.
	Default string `json:"default,omitzero"`
	Doc     string `json:"doc,omitzero"`
}

// Describe lists all settings of a struct that holds the defaults, in its order, with
// the variables that begin with the prefix; empty is COMITY_.
func Describe(into any, prefix string) []Setting {
	prefix = (&Sources{Prefix: prefix}).prefix()
	return describe(structOf(into), "", prefix)
}

func describe(v reflect.Value, path, prefix string) []Setting {
	var out []Setting
	for _, f := range fieldsOf(v.Type()) {
		out = append(out, describeOne(&f, f.typ, v.Field(f.index), under(path, f.name), prefix)...)
	}
	return out
}

func describeOne(f *field, t reflect.Type, v reflect.Value, path, prefix string) []Setting {
	switch s := shapeOf(t); {
	case s == shapeSection:
		return describe(v, path, prefix)
	case s == shapeList && !shapeOf(t.Elem()).plain():
		return describeOne(f, t.Elem(), reflect.Zero(t.Elem()), path+"[]", "")
	case s == shapeMap && !shapeOf(t.Elem()).plain():
		return describeOne(f, t.Elem(), reflect.Zero(t.Elem()), path+".*", "")
	}
	one := Setting{Path: path, Type: f.typeWords(t), Doc: f.doc, Default: defaultOf(v)}
	if prefix != "" && shapeOf(t) != shapeMap {
		one.Variable = variable(prefix, path)
	}
	return []Setting{one}
}

// typeWords says what a value holds.
func (f *field) typeWords(t reflect.Type) string {
	switch shapeOf(t) {
	case shapeBool:
		return "true or false"
	case shapeInt, shapeUint:
		return "whole number"
	case shapeFloat:
		return "number"
	case shapeDuration:
		return "length of time"
	case shapeSize:
		return "bytes"
	case shapeList:
		return "list of " + f.typeWords(t.Elem())
	case shapeMap:
		return "names with " + f.typeWords(t.Elem())
	default:
		if f.words != nil {
			return strings.Join(f.words, ", ")
		}
		return "text"
	}
}

// defaultOf writes a value as it is written in a file; empty if it is the zero value of
// a text, a list or a map.
func defaultOf(v reflect.Value) string {
	if text, ok := v.Interface().(encoding.TextMarshaler); ok {
		if v.IsZero() {
			return ""
		}
		b, err := text.MarshalText()
		if err != nil {
			return ""
		}
		return string(b)
	}
	switch shapeOf(v.Type()) {
	case shapeDuration:
		return short(time.Duration(v.Int()))
	case shapeSize:
		return Size(v.Int()).String()
	case shapeList, shapeMap:
		if v.Len() == 0 {
			return ""
		}
		b, err := json.Marshal(v.Interface())
		if err != nil {
			return ""
		}
		return string(b)
	default:
		return fmt.Sprint(v.Interface())
	}
}

// short writes a length of time without parts that are nothing: 5m, not 5m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Schema returns the JSON Schema (2020-12) of files that set a struct that holds the
// defaults.
func Schema(into any, title string) []byte {
	v := structOf(into)
	s := schemaOf(&field{}, v.Type(), v)
	s["$schema"], s["title"] = "https://json-schema.org/draft/2020-12/schema", title
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("bad settings: %v", err)) // unreachable unless a default can't be written
	}
	return append(text, '\n')
}

// schemaOf describes one value; v is its default, which is not valid within lists.
func schemaOf(f *field, t reflect.Type, v reflect.Value) map[string]any {
	s := map[string]any{}
	shape := shapeOf(t)
	if f.doc != "" {
		s["description"] = f.doc
	}
	if v.IsValid() && !f.secret && shape.plain() {
		if text := defaultOf(v); text != "" {
			s["default"] = text
			if shape == shapeBool || shape == shapeInt || shape == shapeUint || shape == shapeFloat {
				s["default"] = json.RawMessage(text)
			}
		}
	}
	inner := *f
	inner.doc = ""
	switch shape {
	case shapeSection:
		properties := map[string]any{}
		for _, one := range fieldsOf(t) {
			var has reflect.Value
			if v.IsValid() {
				has = v.Field(one.index)
			}
			properties[one.name] = schemaOf(&one, one.typ, has)
		}
		s["type"], s["properties"], s["additionalProperties"] = []string{"object", "null"}, properties, false
	case shapeList:
		s["type"], s["items"] = []string{"array", "null"}, schemaOf(&inner, t.Elem(), reflect.Value{})
	case shapeMap:
		s["type"], s["additionalProperties"] = []string{"object", "null"}, schemaOf(&inner, t.Elem(), reflect.Value{})
	case shapeBool:
		s["type"] = "boolean"
	case shapeInt, shapeUint:
		s["type"] = "integer"
		if shape == shapeUint {
			s["minimum"] = 0
		}
	case shapeFloat:
		s["type"] = "number"
	case shapeDuration:
		s["type"], s["pattern"] = "string", `^[+-]?(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$`
	case shapeSize:
		s["anyOf"] = []any{
			map[string]any{"type": "integer", "minimum": 0},
			map[string]any{"type": "string", "pattern": `^(0|[1-9]\d*) ?(B|[kKMGT]B|[KMGT]iB)?$`},
		}
	case shapeText:
		s["type"] = "string"
		if f.words != nil {
			s["enum"] = f.words
		}
	}
	return s
}

package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// A field is one name that a section may hold.
type field struct {
	name   string
	index  int
	typ    reflect.Type
	doc    string
	words  []string // those that it may hold; nil: any
	secret bool
}

// fieldsOf lists what a section may hold, in the order of the struct.
func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" || f.Anonymous || strings.Contains(options, "inline") {
			panic(fmt.Sprintf("%s.%s is a setting without a name: give it a yaml tag", t, f.Name))
		}
		one := field{name: name, index: i, typ: f.Type, doc: f.Tag.Get("doc"), secret: f.Tag.Get("secret") == "true"}
		if words := f.Tag.Get("enum"); words != "" {
			one.words = strings.Split(words, ",")
		}
		out = append(out, one)
	}
	return out
}

func names(fields []field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.name
	}
	return out
}

func named(fields []field, name string) (field, bool) {
	for _, f := range fields {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

// A shape is what the text of a value looks like.
type shape int

const (
	shapeText shape = iota // text that reads itself, or any
	shapeBool
	shapeInt
	shapeUint
	shapeFloat
	shapeDuration
	shapeSize
	shapeSection
	shapeList
	shapeMap
)

var (
	durationType = reflect.TypeFor[time.Duration]()
	sizeType     = reflect.TypeFor[Size]()
	readsItself  = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func shapeOf(t reflect.Type) shape {
	switch {
	case t == durationType:
		return shapeDuration
	case t == sizeType:
		return shapeSize
	case reflect.PointerTo(t).Implements(readsItself):
		return shapeText
	}
	switch t.Kind() { //nolint:exhaustive // the default says what becomes of the rest
	case reflect.String:
		return shapeText
	case reflect.Bool:
		return shapeBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return shapeInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return shapeUint
	case reflect.Float64:
		return shapeFloat
	case reflect.Struct:
		return shapeSection
	case reflect.Slice:
		return shapeList
	case reflect.Map:
		if t.Key().Kind() == reflect.String {
			return shapeMap
		}
	}
	panic(fmt.Sprintf("settings can't be read into a %s", t))
}

// plain reports whether a value of the shape is one word.
func (s shape) plain() bool { return s < shapeSection }

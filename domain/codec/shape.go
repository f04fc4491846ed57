package codec

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// A shape says how values of one Go type look in JSON and in words.
type shape struct {
	typ    reflect.Type
	kind   kind
	fields []field  // of an object
	names  []string // of the fields, not nil
	elem   *shape   // of what a list, table or pointer holds
	key    *shape   // of a table
	codes  []string // all there are, if the set is closed in Go
	// check refuses at the doors what nobody can mean; nil if all is well.
	check func(reflect.Value) error
}

type field struct {
	name     string
	index    int
	required bool
	shape    *shape
	// The key and its colon as a scanner meets them: first in its object, or not.
	first, next string
}

type kind uint8

const (
	textKind    kind = iota
	idKind           // a text that UnmarshalText checks
	dateKind         // calendar.Date
	boolKind         //
	intKind          //
	centsKind        // domain.Cents
	whenKind         // calendar.When
	valueKind        // domain.Value
	listKind         // of texts
	tableKind        // of texts by text
	pointerKind      // to say "not given" of what may be false or empty
	objectKind       // a struct
)

var (
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	dateType        = reflect.TypeFor[calendar.Date]()
	whenType        = reflect.TypeFor[calendar.When]()
	valueType       = reflect.TypeFor[domain.Value]()
	centsType       = reflect.TypeFor[domain.Cents]()
)

// closed holds the codes of which Go knows them all; others are data.
var closed = map[reflect.Type][]string{
	reflect.TypeFor[domain.Mode]():    {string(domain.Live), string(domain.History)},
	reflect.TypeFor[domain.Outcome](): texts(domain.Outcomes()),
	reflect.TypeFor[domain.Decided](): {string(domain.Imposed), string(domain.Declined)},
}

var checks = map[reflect.Type]func(reflect.Value) error{
	reflect.TypeFor[domain.Period](): func(v reflect.Value) error { return checkPeriod(v.Interface().(domain.Period)) },
	reflect.TypeFor[domain.Term]():   func(v reflect.Value) error { return checkTerm(v.Interface().(domain.Term)) },
}

func checkPeriod(p domain.Period) error {
	switch {
	case p.Hours < 0 || p.Days < 0:
		return fmt.Errorf("a period is not negative")
	case p.Hours != 0 && p.Days != 0, (p.Hours != 0 || p.Days != 0) && p.Until != (calendar.When{}):
		return fmt.Errorf("a period is stated once: keep hours, days or until")
	default:
		return nil
	}
}

func checkTerm(t domain.Term) error {
	switch {
	case t.Days < 0 || t.Months < 0:
		return fmt.Errorf("a term is not negative")
	case t.Days != 0 && t.Months != 0, (t.Days != 0 || t.Months != 0) && t.Until != (calendar.When{}):
		return fmt.Errorf("a term is stated once: keep days, months or until")
	default:
		return nil
	}
}

// shapeOf makes the shape of a type. It panics for a type that no payload has.
func shapeOf(t reflect.Type) *shape {
	s := &shape{typ: t, codes: closed[t], check: checks[t]}
	switch {
	case t == dateType:
		s.kind = dateKind
	case t == whenType:
		s.kind = whenKind
	case t == valueType:
		s.kind = valueKind
	case t == centsType:
		s.kind = centsKind
	case t.Kind() == reflect.String && reflect.PointerTo(t).Implements(textUnmarshaler):
		s.kind = idKind
	case t.Kind() == reflect.String:
		s.kind = textKind
	case t.Kind() == reflect.Bool:
		s.kind = boolKind
	case t.Kind() == reflect.Int:
		s.kind = intKind
	case t.Kind() == reflect.Slice:
		s.kind, s.elem = listKind, shapeOf(t.Elem())
	case t.Kind() == reflect.Map:
		s.kind, s.key, s.elem = tableKind, shapeOf(t.Key()), shapeOf(t.Elem())
	case t.Kind() == reflect.Pointer:
		s.kind, s.elem = pointerKind, shapeOf(t.Elem())
	case t.Kind() == reflect.Struct:
		s.kind, s.names = objectKind, []string{}
		for i := range t.NumField() {
			tag := t.Field(i).Tag.Get("json")
			name, options, _ := strings.Cut(tag, ",")
			if name == "-" {
				continue
			}
			if name == "" {
				panic(fmt.Sprintf("bad tag in codec: %s.%s has no key", t, t.Field(i).Name))
			}
			s.fields = append(s.fields, field{
				name: name, index: i, first: `"` + name + `":`, next: `,"` + name + `":`,
				required: !slices.Contains(strings.Split(options, ","), "omitzero"),
				shape:    shapeOf(t.Field(i).Type),
			})
			s.names = append(s.names, name)
		}
	default:
		panic(fmt.Sprintf("bad type in codec: no shape for %s", t)) // a payload has a field of a new sort
	}
	return s
}

// field finds a field by its key.
func (s *shape) field(name string) (*field, bool) {
	for i := range s.fields { // few enough that a map would be slower
		if s.fields[i].name == name {
			return &s.fields[i], true
		}
	}
	return nil, false
}

// empty reports whether a value says nothing, so that its key is left out.
func (s *shape) empty(v reflect.Value) bool {
	switch s.kind {
	case listKind, tableKind:
		return v.Len() == 0
	case objectKind:
		for _, f := range s.fields {
			if !f.shape.empty(v.Field(f.index)) {
				return false
			}
		}
		return true
	default:
		return v.IsZero()
	}
}

// checkZero refuses a zero that would mean the opposite of what it says: what is
// zero is kept as if it had been left out, and a term or period without a length
// has no end, or that of the law.
func (s *shape) checkZero(f *field, v reflect.Value) error {
	if f.shape.kind != intKind && f.shape.kind != centsKind || !v.IsZero() {
		return nil
	}
	switch {
	case f.required:
		return fmt.Errorf("this is required: write %s", f.shape.some())
	case s.typ == reflect.TypeFor[domain.Term]():
		return fmt.Errorf("0 %s say nothing: leave %s out, and it lasts until it is ended", f.name, f.name)
	case s.typ == reflect.TypeFor[domain.Period]():
		return fmt.Errorf("0 %s say nothing: leave %s out, and the period is that of the law", f.name, f.name)
	default:
		return nil // as elsewhere, 0 says the same as nothing: no points, no amount
	}
}

// lacks lists the required keys of an object that hold nothing. Of a truth
// value, which always holds something, it asks whether it was given.
func (s *shape) lacks(v reflect.Value, given func(name string) bool) []string {
	var names []string
	for _, f := range s.fields {
		if !f.required {
			continue
		}
		if f.shape.kind == boolKind && !given(f.name) || f.shape.kind != boolKind && f.shape.empty(v.Field(f.index)) {
			names = append(names, f.name)
		}
	}
	return names
}

// what names what is expected, for errors.
func (s *shape) what() string {
	switch s.kind {
	case boolKind:
		return "true or false"
	case intKind, centsKind:
		return "a whole number"
	case dateKind:
		return "a date"
	case whenKind:
		return "a time"
	case valueKind:
		return "true, false, a whole number, a text or a list of texts"
	case listKind:
		return "a list of texts"
	case tableKind, objectKind:
		return "an object"
	case pointerKind:
		return s.elem.what()
	default:
		return "a text"
	}
}

// some names what is expected where something has to be said, for errors.
func (s *shape) some() string {
	switch s.kind {
	case intKind, centsKind:
		return "a whole number above 0"
	case listKind:
		return "a list that names at least one"
	case objectKind:
		return "an object with one of " + strings.Join(s.names, ", ")
	case textKind, idKind:
		return "a text that is not empty"
	default:
		return s.what()
	}
}

func texts[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, v := range in {
		out[i] = string(v)
	}
	return out
}

func quoted(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(out, ", ")
}

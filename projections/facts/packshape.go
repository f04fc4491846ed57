package facts

import (
	"cmp"
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// A packShape says how values of one Go type are packed.
type packShape struct {
	typ    reflect.Type
	kind   packKind
	sort   textSort     // of a text
	fields []*packShape // of a struct, in order, all of them
	elem   *packShape   // of what a list, table or pointer holds
	key    *packShape   // of a table
}

type packKind uint8

const (
	packText   packKind = iota
	packDate            // calendar.Date
	packBool            //
	packNumber          // whole
	packWhen            // calendar.When
	packValue           // domain.Value
	packList            //
	packTable           // by text
	packTo              // a pointer
	packStruct          //
	packEvent           // the body of a correction
)

// A textSort says when a text gets a number in the dictionary.
type textSort uint8

const (
	textOften   textSort = iota // when that would have been worth it so far
	textCode                    // at once: the vocabulary is small
	textPrivate                 // never: what may have to be forgotten is kept in one place
)

var (
	packedDate     = reflect.TypeFor[calendar.Date]()
	packedWhen     = reflect.TypeFor[calendar.When]()
	packedValue    = reflect.TypeFor[domain.Value]()
	packedEvent    = reflect.TypeFor[domain.Event]()
	packedPersonal = reflect.TypeFor[domain.Personal]()
	packedString   = reflect.TypeFor[string]()
	unmarshalsText = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// packShapeOf makes the shape of a type. It panics for a type that no event has.
func packShapeOf(t reflect.Type, private bool) *packShape {
	s := &packShape{typ: t}
	switch {
	case t == packedDate:
		s.kind = packDate
	case t == packedWhen:
		s.kind = packWhen
	case t == packedValue:
		s.kind = packValue
	case t == packedEvent:
		s.kind = packEvent
	case t.Kind() == reflect.String:
		s.kind = packText
		switch {
		case private:
			s.sort = textPrivate
		case t != packedString && !reflect.PointerTo(t).Implements(unmarshalsText):
			s.sort = textCode // neither words nor an identifier
		}
	case t.Kind() == reflect.Bool:
		s.kind = packBool
	case t.Kind() == reflect.Int:
		s.kind = packNumber
	case t.Kind() == reflect.Slice:
		s.kind, s.elem = packList, packShapeOf(t.Elem(), private)
	case t.Kind() == reflect.Map:
		s.kind, s.key, s.elem = packTable, packShapeOf(t.Key(), private), packShapeOf(t.Elem(), private)
		if s.key.kind != packText {
			panic(fmt.Sprintf("bad type in facts: no order of keys of %s", t)) // a payload has a table of a new sort
		}
	case t.Kind() == reflect.Pointer:
		s.kind, s.elem = packTo, packShapeOf(t.Elem(), private)
	case t.Kind() == reflect.Struct && t.NumField() <= 64:
		s.kind = packStruct
		for i := range t.NumField() {
			s.fields = append(s.fields, packShapeOf(t.Field(i).Type, private || t == packedPersonal))
		}
	default:
		panic(fmt.Sprintf("bad type in facts: no shape for %s", t)) // a payload has a field of a new sort
	}
	return s
}

// empty reports whether a value says nothing: a list or table without elements
// is the same as none.
func (s *packShape) empty(v reflect.Value) bool {
	switch s.kind {
	case packList, packTable:
		return v.Len() == 0
	case packStruct:
		for i, f := range s.fields {
			if !f.empty(v.Field(i)) {
				return false
			}
		}
		return true
	default:
		return v.IsZero()
	}
}

// describe appends all that packing depends on.
func (s *packShape) describe(dst []byte) []byte {
	dst = fmt.Appendf(dst, "%s %d %d (", s.typ, s.kind, s.sort)
	for i, f := range s.fields {
		dst = f.describe(append(dst, s.typ.Field(i).Name+" "...))
	}
	for _, part := range []*packShape{s.key, s.elem} {
		if part != nil {
			dst = part.describe(dst)
		}
	}
	return append(dst, ")\n"...)
}

// A packedType is one type of event, with its number.
type packedType struct {
	number uint64
	shape  *packShape
	zero   domain.Event
	// spare holds zero *events of the type, to be filled, copied and made zero again.
	spare sync.Pool
}

// A spareEvent is a place for an event of one type.
type spareEvent struct{ v reflect.Value }

// packedTypes holds all types of event: by number, in the order of their names,
// and by the type in Go.
var packedTypes, packedTypeOf = func() ([]*packedType, map[reflect.Type]*packedType) {
	var list []*packedType
	of := map[reflect.Type]*packedType{}
	for _, e := range domain.Events() {
		t := reflect.TypeOf(e)
		one := &packedType{shape: packShapeOf(t, false), zero: e}
		one.spare.New = func() any { return &spareEvent{reflect.New(t).Elem()} }
		list = append(list, one)
		of[t] = one
	}
	slices.SortFunc(list, func(a, b *packedType) int { return cmp.Compare(a.zero.Type(), b.zero.Type()) })
	for i, one := range list {
		one.number = uint64(i)
	}
	return list, of
}()

// packedAs tells one way of packing from another: it differs whenever there is
// another layout, another type of event or another field.
var packedAs = func() uint64 {
	text := fmt.Appendf(nil, "layout %d\n", packLayout)
	for _, one := range packedTypes {
		text = one.shape.describe(append(text, one.zero.Type()+" "...))
	}
	return hashOf(text)
}()

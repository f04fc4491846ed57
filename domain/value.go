package domain

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ValueKind is the sort of a [Value].
type ValueKind uint8

// The kinds of value. There are no floating point numbers: amounts are whole
// minor units and rates are decimal text.
const (
	NoValue   ValueKind = iota
	BoolValue           // true or false
	IntValue            // a whole number
	TextValue           // a code, an identifier, a date, or plain words
	ListValue           // a list of texts
)

// A Value is what an attribute, a parameter or a fact holds. The zero Value
// holds nothing. Values are never changed after they are made.
type Value struct {
	kind ValueKind
	num  int64
	text string
	list []string
}

// Bool, Int, Text and List make values.
func Bool(b bool) Value {
	if b {
		return Value{kind: BoolValue, num: 1}
	}
	return Value{kind: BoolValue}
}

// Int makes a whole number.
func Int(n int64) Value { return Value{kind: IntValue, num: n} }

// Text makes a text; T is usually one of the identifier or code types.
func Text[T ~string](s T) Value { return Value{kind: TextValue, text: string(s)} }

// List makes a list of texts.
func List[T ~string](in []T) Value { return Value{kind: ListValue, list: stringsOf(in)} }

// Kind says what v holds.
func (v Value) Kind() ValueKind { return v.kind }

// IsZero reports whether v holds nothing.
func (v Value) IsZero() bool { return v.kind == NoValue }

// Bool returns the truth of a BoolValue, and false for any other.
func (v Value) Bool() bool { return v.kind == BoolValue && v.num != 0 }

// Int returns the number of an IntValue, and 0 for any other.
func (v Value) Int() int64 {
	if v.kind != IntValue {
		return 0
	}
	return v.num
}

// Text returns the text of a TextValue, and "" for any other.
func (v Value) Text() string { return v.text }

// List returns the texts of a ListValue; the caller must not change them.
func (v Value) List() []string { return v.list }

// Equal reports whether v and w hold the same.
func (v Value) Equal(w Value) bool {
	return v.kind == w.kind && v.num == w.num && v.text == w.text && slices.Equal(v.list, w.list)
}

func (v Value) String() string {
	switch v.kind {
	case NoValue:
		return "nothing"
	case BoolValue:
		return strconv.FormatBool(v.num != 0)
	case IntValue:
		return strconv.FormatInt(v.num, 10)
	case TextValue:
		return v.text
	case ListValue:
		return "[" + strings.Join(v.list, ", ") + "]"
	}
	panic(fmt.Sprintf("bad math in Value: kind %d", v.kind)) // unreachable: the kinds are listed above
}

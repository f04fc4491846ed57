package codec

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// under puts a key before the place of an error, if there is one.
func under(key string, err error) error {
	if err == nil {
		return nil
	}
	pointer := string(jsontext.Pointer("").AppendToken(key))
	if inner, ok := errors.AsType[*Error](err); ok { // never wrapped: made one level below
		return &Error{Pointer: pointer + inner.Pointer, Err: inner.Err}
	}
	return &Error{Pointer: pointer, Err: err}
}

func appendText(dst []byte, text string) ([]byte, error) {
	dst, err := jsontext.AppendQuote(dst, text)
	if err != nil {
		return nil, fmt.Errorf("%.40q is not UTF-8", text)
	}
	return dst, nil
}

// write appends a value of the shape as the log keeps it.
func (s *shape) write(dst []byte, v reflect.Value) ([]byte, error) {
	switch s.kind {
	case textKind, idKind:
		if err := s.checkText(v.String()); err != nil {
			return nil, err
		}
		return appendText(dst, v.String())
	case dateKind:
		text, err := v.Interface().(calendar.Date).MarshalText()
		if err != nil {
			return nil, err
		}
		return appendText(dst, string(text))
	case boolKind:
		return strconv.AppendBool(dst, v.Bool()), nil
	case intKind:
		if n := v.Int(); int64(int32(n)) != n {
			return nil, fmt.Errorf("%d is too large", n)
		}
		return strconv.AppendInt(dst, v.Int(), 10), nil
	case centsKind:
		if err := checkCents(v.Int()); err != nil {
			return nil, err
		}
		return strconv.AppendInt(dst, v.Int(), 10), nil
	case whenKind:
		return appendWhen(dst, v.Interface().(calendar.When))
	case valueKind:
		return appendValue(dst, v.Interface().(domain.Value))
	case listKind:
		return s.writeList(dst, v)
	case tableKind:
		return s.writeTable(dst, v)
	case pointerKind:
		return s.elem.write(dst, v.Elem())
	case objectKind:
		return s.writeObject(dst, v)
	}
	panic("bad math in codec: " + s.typ.String()) // unreachable: the kinds are listed above
}

// checkText refuses what setText would.
func (s *shape) checkText(text string) error {
	if s.kind == idKind {
		return domain.CheckID(text)
	}
	return s.setText(reflect.New(s.typ).Elem(), text)
}

func (s *shape) writeList(dst []byte, v reflect.Value) ([]byte, error) {
	dst = append(dst, '[')
	for i := range v.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		if v.Index(i).Len() == 0 {
			return nil, under(strconv.Itoa(i), errEmptyElement)
		}
		var err error
		if dst, err = s.elem.write(dst, v.Index(i)); err != nil {
			return nil, under(strconv.Itoa(i), err)
		}
	}
	return append(dst, ']'), nil
}

func (s *shape) writeTable(dst []byte, v reflect.Value) ([]byte, error) {
	keys := make([]string, 0, v.Len())
	for _, key := range v.MapKeys() {
		if key.String() == "" {
			return nil, errors.New("an empty key names nothing")
		}
		keys = append(keys, key.String())
	}
	slices.Sort(keys)
	dst = append(dst, '{')
	for i, key := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		if err := s.key.checkText(key); err != nil {
			return nil, under(key, err)
		}
		var err error
		if dst, err = appendText(dst, key); err != nil {
			return nil, err
		}
		dst = append(dst, ':')
		if dst, err = s.elem.write(dst, v.MapIndex(reflect.ValueOf(key).Convert(s.key.typ))); err != nil {
			return nil, under(key, err)
		}
	}
	return append(dst, '}'), nil
}

func (s *shape) writeObject(dst []byte, v reflect.Value) ([]byte, error) {
	if names := s.lacks(v, func(string) bool { return true }); len(names) > 0 {
		return nil, &Error{Err: missingKeys(names)}
	}
	dst = append(dst, '{')
	first := true
	for _, f := range s.fields {
		value := v.Field(f.index)
		if !f.required && f.shape.empty(value) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, '"')
		dst = append(dst, f.name...)
		dst = append(dst, `":`...)
		var err error
		if dst, err = f.shape.write(dst, value); err != nil {
			return nil, under(f.name, err)
		}
	}
	return append(dst, '}'), nil
}

func appendValue(dst []byte, v domain.Value) ([]byte, error) {
	switch v.Kind() {
	case domain.BoolValue:
		return strconv.AppendBool(dst, v.Bool()), nil
	case domain.IntValue:
		return strconv.AppendInt(dst, v.Int(), 10), nil
	case domain.TextValue:
		return appendText(dst, v.Text())
	case domain.ListValue:
		dst = append(dst, '[')
		for i, text := range v.List() {
			if i > 0 {
				dst = append(dst, ',')
			}
			var err error
			if dst, err = appendText(dst, text); err != nil {
				return nil, err
			}
		}
		return append(dst, ']'), nil
	default:
		return nil, errors.New("a parameter without a value: leave it out")
	}
}

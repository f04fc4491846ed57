package codec

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// A reader reads JSON by shapes. Its errors name the place and the remedy.
type reader struct {
	dec    *jsontext.Decoder
	prefix string        // the place of the decoder's outermost value
	door   bool          // whether people wrote it: times as text, checks of meaning
	office calendar.Zone // of a bare date, at the doors
}

// readers keeps the tables that a decoder builds to find duplicate keys.
var readers = sync.Pool{New: func() any { return &reader{dec: jsontext.NewDecoder(&bytes.Buffer{})} }}

// newReader returns a reader of data; done gives it back.
func newReader(data []byte) *reader {
	r := readers.Get().(*reader)
	r.dec.Reset(bytes.NewBuffer(data)) // a Buffer is read in place, not copied
	return r
}

func (r *reader) done() {
	r.dec.Reset(&bytes.Buffer{})
	*r = reader{dec: r.dec}
	readers.Put(r)
}

// inside returns a reader of a value that r has read as raw bytes.
func (r *reader) inside(raw jsontext.Value, place string) *reader {
	in := newReader(raw)
	in.prefix, in.door, in.office = place, r.door, r.office
	return in
}

// place is where the last value, or key, that was read stands.
func (r *reader) place() string { return r.prefix + string(r.dec.StackPointer()) }

// at puts the place before an error, if there is one.
func (r *reader) at(err error) error {
	if err == nil {
		return nil
	}
	return &Error{Pointer: r.place(), Err: err}
}

func (r *reader) failf(format string, args ...any) error { return r.at(fmt.Errorf(format, args...)) }

// want reports that the next value is not what is expected, and skips it.
func (r *reader) want(what string) error {
	kind := r.dec.PeekKind()
	if err := r.dec.SkipValue(); err != nil {
		return syntaxError(r.prefix, err)
	}
	if kind == 'n' {
		return r.failf("null says nothing: write %s or leave the key out", what)
	}
	return r.failf("this is %s: write %s", kindName(kind), what)
}

func kindName(k jsontext.Kind) string {
	switch k {
	case 't', 'f':
		return "true or false"
	case '"':
		return "a text"
	case '0':
		return "a number"
	case '[':
		return "a list"
	default:
		return "an object"
	}
}

// raw reads the next value as it stands.
func (r *reader) raw() (jsontext.Value, error) {
	raw, err := r.dec.ReadValue()
	if err != nil {
		return nil, syntaxError(r.prefix, err)
	}
	return raw, nil
}

func (r *reader) text() (string, error) {
	if r.dec.PeekKind() != '"' {
		return "", r.want("a text")
	}
	raw, err := r.raw()
	if err != nil {
		return "", err
	}
	return unquote(raw), nil
}

// unquote returns the text of a JSON string that was found to be valid.
func unquote(raw jsontext.Value) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	text, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		panic("bad math in codec: " + err.Error()) // the decoder has read it
	}
	return string(text)
}

// number reads a whole number; instead says what to write for any other.
func (r *reader) number(instead string) (int64, error) {
	if r.dec.PeekKind() != '0' {
		return 0, r.want("a whole number")
	}
	raw, err := r.raw()
	if err != nil {
		return 0, err
	}
	if bytes.ContainsAny(raw, ".eE") {
		return 0, r.failf("%s is not a whole number: %s", raw, instead)
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return 0, r.failf("%s is too large: %s", raw, instead)
	}
	return n, nil
}

func (r *reader) bool() (bool, error) {
	kind := r.dec.PeekKind()
	if kind != 't' && kind != 'f' {
		return false, r.want("true or false")
	}
	_, err := r.raw()
	return kind == 't', err
}

// object reads an object and calls member at the value of each key. Keys other
// than those known are refused; with nil, all are welcome.
func (r *reader) object(known []string, member func(key string) error) error {
	if r.dec.PeekKind() != '{' {
		return r.want("an object")
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return syntaxError(r.prefix, err)
	}
	for r.dec.PeekKind() != '}' {
		raw, err := r.raw()
		if err != nil {
			return err
		}
		key, found := knownKey(raw, known)
		if !found && known != nil {
			return r.unknownKey(key, known)
		}
		if err := member(key); err != nil {
			return err
		}
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return syntaxError(r.prefix, err)
	}
	return nil
}

// knownKey unquotes a key; a known one without making a new string.
func knownKey(raw jsontext.Value, known []string) (key string, found bool) {
	for _, k := range known {
		if string(raw[1:len(raw)-1]) == k {
			return k, true
		}
	}
	key = unquote(raw)
	return key, contains(known, key)
}

func contains(known []string, key string) bool {
	for _, k := range known {
		if k == key {
			return true
		}
	}
	return false
}

func (r *reader) unknownKey(key string, known []string) error {
	if len(known) == 0 {
		return r.failf("unknown key %q: there are no keys here", key)
	}
	return r.failf("unknown key %q%s; the keys here are %s", key, domain.DidYouMean(key, known), strings.Join(known, ", "))
}

// end refuses anything after the last value.
func (r *reader) end() error {
	_, err := r.dec.ReadToken()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err == nil || errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Err: errors.New("there is something after the end of the event: write one event on each line")}
	default:
		if s, ok := errors.AsType[*jsontext.SyntacticError](err); ok && s.JSONPointer == "" {
			return &Error{Err: errors.New("there is something after the end of the event: write one event on each line")}
		}
		return syntaxError(r.prefix, err)
	}
}

// read reads a value of the shape into v.
func (s *shape) read(r *reader, v reflect.Value) error {
	switch s.kind {
	case textKind, idKind, dateKind:
		text, err := r.text()
		if err != nil {
			return err
		}
		return r.at(s.setText(v, text))
	case boolKind:
		b, err := r.bool()
		v.SetBool(b)
		return err
	case intKind:
		n, err := r.number("leave out fractions and exponents")
		if err != nil {
			return err
		}
		if int64(int32(n)) != n {
			return r.failf("%d is too large", n)
		}
		v.SetInt(n)
		return nil
	case centsKind:
		n, err := r.number("amounts are in cents: 30000 is $300.00")
		if err != nil {
			return err
		}
		v.SetInt(n)
		return r.at(checkCents(n))
	case whenKind:
		w, err := r.when()
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(w))
		return nil
	case valueKind:
		value, err := r.value()
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(value))
		return nil
	case listKind:
		return s.readList(r, v)
	case tableKind:
		return s.readTable(r, v)
	case pointerKind:
		to := reflect.New(s.elem.typ)
		if err := s.elem.read(r, to.Elem()); err != nil {
			return err
		}
		v.Set(to)
		return nil
	case objectKind:
		return s.readObject(r, v)
	}
	panic("bad math in codec: " + s.typ.String()) // unreachable: the kinds are listed above
}

// setText sets a text, an identifier or a date.
func (s *shape) setText(v reflect.Value, text string) error {
	switch {
	case s.kind == idKind:
		if err := domain.CheckID(text); err != nil {
			return err
		}
		v.SetString(text)
		return nil
	case s.kind == dateKind:
		return v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text))
	case s.codes != nil && !contains(s.codes, text):
		return fmt.Errorf("unknown code %q%s; the codes are %s", text, domain.DidYouMean(text, s.codes), strings.Join(s.codes, ", "))
	default:
		v.SetString(text)
		return nil
	}
}

var errEmptyElement = errors.New("an empty text in a list says nothing: leave it out")

func (s *shape) readList(r *reader, v reflect.Value) error {
	if r.dec.PeekKind() != '[' {
		return r.want(s.what())
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return syntaxError(r.prefix, err)
	}
	for n := 0; r.dec.PeekKind() != ']'; n++ {
		v.Grow(1)
		v.SetLen(n + 1)
		if err := s.elem.read(r, v.Index(n)); err != nil {
			return err
		}
		if v.Index(n).Len() == 0 {
			return r.at(errEmptyElement)
		}
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return syntaxError(r.prefix, err)
	}
	return nil
}

func (s *shape) readTable(r *reader, v reflect.Value) error {
	return r.object(nil, func(name string) error {
		if v.IsNil() {
			v.Set(reflect.MakeMap(s.typ))
		}
		key, elem := reflect.New(s.key.typ).Elem(), reflect.New(s.elem.typ).Elem()
		if name == "" {
			return r.failf("an empty key names nothing")
		}
		if err := s.key.setText(key, name); err != nil {
			return r.at(err)
		}
		if err := s.elem.read(r, elem); err != nil {
			return err
		}
		v.SetMapIndex(key, elem)
		return nil
	})
}

func (s *shape) readObject(r *reader, v reflect.Value) error {
	truths := make([]string, 0, 1) // that were given
	err := r.object(s.names, func(key string) error {
		f, _ := s.field(key)
		if f.shape.kind == boolKind {
			truths = append(truths, key)
		}
		value := v.Field(f.index)
		if err := f.shape.read(r, value); err != nil {
			return err
		}
		if f.required && f.shape.kind != boolKind && f.shape.empty(value) {
			return r.failf("this is required: write %s", f.shape.some())
		}
		if r.door {
			return r.at(s.checkZero(f, value))
		}
		return nil
	})
	if err != nil {
		return err
	}
	if names := s.lacks(v, func(name string) bool { return contains(truths, name) }); len(names) > 0 {
		return r.at(missingKeys(names))
	}
	if r.door && s.check != nil {
		return r.at(s.check(v))
	}
	return nil
}

func missingKeys(names []string) error {
	if len(names) == 1 {
		return fmt.Errorf("the key %s is missing", quoted(names))
	}
	return fmt.Errorf("the keys %s are missing", quoted(names))
}

// value reads a parameter.
func (r *reader) value() (domain.Value, error) {
	switch r.dec.PeekKind() {
	case 't', 'f':
		b, err := r.bool()
		return domain.Bool(b), err
	case '0':
		n, err := r.number(`write decimals as text, such as "8.25"`)
		return domain.Int(n), err
	case '"':
		text, err := r.text()
		return domain.Text(text), err
	case '[':
		list := []string{}
		if _, err := r.dec.ReadToken(); err != nil {
			return domain.Value{}, syntaxError(r.prefix, err)
		}
		for r.dec.PeekKind() != ']' {
			text, err := r.text()
			if err != nil {
				return domain.Value{}, err
			}
			list = append(list, text)
		}
		_, err := r.dec.ReadToken()
		if err != nil {
			return domain.Value{}, syntaxError(r.prefix, err)
		}
		return domain.List(list), nil
	default:
		return domain.Value{}, r.want("true, false, a whole number, a text or a list of texts")
	}
}

// checkUTF8 finds the first byte that is not UTF-8.
func checkUTF8(data []byte) error {
	if utf8.Valid(data) {
		return nil
	}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size <= 1 {
			return &Error{Err: fmt.Errorf("byte %d is not UTF-8: save the file as UTF-8", i+1)}
		}
		i += size
	}
	return nil // unreachable: Valid has found a bad byte
}

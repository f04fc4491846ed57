package codec

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// A Field is one word of a payload as typed on a command line or in a
// scenario: mission=arandia-embassy.
type Field struct{ Key, Value string }

// ParseFields makes the payload of an event of a type from words:
//
//	mission=arandia-embassy nationalities=arandia,borvia families=true
//	raises.imm.criminal=allowed period.until="2025-06-30T24:00 America/Chicago"
//	params.radius=25 params.places=a,b scope.family=true personal.birth=2001-02-28
//
// Lists are separated by commas; what lies inside something else is named with
// a dot. A parameter is a truth value or a whole number if it looks like one, an
// amount in cents if it begins as dollars do, $300, a list if it has a comma, and a
// text otherwise. Any other amount is in cents, or in
// dollars if it shows so: 30000, 300.00 and $300 are the same. A correction takes its body's
// type as type=... and the body's words with body. before them.
//
// The error lists every mistake: keys that are unknown, twice or missing, and
// values that cannot be read.
func ParseFields(typ domain.Type, fields []Field, office calendar.Zone) (domain.Event, error) {
	return known.parseFields(typ, fields, office)
}

// Keys lists the keys that [ParseFields] knows for a type, in the order of the
// documentation. A part in capitals stands for any name: params.NAME.
// It returns nil if there is no such type.
func Keys(typ domain.Type) []string {
	v, found := known[typ]
	if !found {
		return nil
	}
	keys := v.last().shape.keys([]string{}, "")
	if typ == correctedType {
		keys = append(keys, "type", "body.KEY")
	}
	return keys
}

var correctedType = domain.EventCorrected{}.Type()

func (v *versions) last() version { return v.each[len(v.each)-1] }

func (k registry) parseFields(typ domain.Type, fields []Field, office calendar.Zone) (domain.Event, error) {
	v, err := k.find(typ)
	if err != nil {
		return nil, err
	}
	if typ == correctedType {
		return k.parseCorrected(fields, office)
	}
	value := reflect.New(v.last().shape.typ).Elem()
	if err := v.last().shape.parse(value, fields, office, typ); err != nil {
		return nil, err
	}
	return value.Interface().(domain.Event), nil
}

func (k registry) parseCorrected(fields []Field, office calendar.Zone) (domain.Event, error) {
	var (
		own, inner []Field
		typ        string
	)
	for _, f := range fields {
		key, inside := strings.CutPrefix(f.Key, "body.")
		switch {
		case inside:
			inner = append(inner, Field{Key: key, Value: f.Value})
		case f.Key == "type" && typ == "":
			typ = f.Value
		default:
			own = append(own, f)
		}
	}
	var c correction
	err := known[correctedType].last().shape.parse(reflect.ValueOf(&c).Elem(), own, office, correctedType)
	if typ == "" {
		return nil, errors.Join(err, errors.New("type is missing: write type= and the type of the event that is corrected"))
	}
	body, bodyErr := k.parseBody(domain.Type(typ), inner, office)
	if err := errors.Join(err, bodyErr); err != nil {
		return nil, err
	}
	return domain.EventCorrected{Reason: c.Reason, Body: body}, nil
}

func (k registry) parseBody(typ domain.Type, fields []Field, office calendar.Zone) (domain.Event, error) {
	v, err := k.find(typ)
	if err != nil {
		return nil, err
	}
	if zero, ok := reflect.Zero(v.last().shape.typ).Interface().(domain.Event); !ok || checkBody(zero) != nil {
		return nil, fmt.Errorf("the body of a correction is what the event should have said, not %s", typ)
	}
	body, err := k.parseFields(typ, fields, office)
	if err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	return body, nil
}

// keys appends the keys of a shape, each with a prefix.
func (s *shape) keys(dst []string, prefix string) []string {
	switch s.kind {
	case objectKind:
		if prefix != "" {
			prefix += "."
		}
		for _, f := range s.fields {
			dst = f.shape.keys(dst, prefix+f.name)
		}
		return dst
	case pointerKind:
		return s.elem.keys(dst, prefix)
	case tableKind:
		if s.key.typ == reflect.TypeFor[domain.Privilege]() {
			return append(dst, prefix+".PRIVILEGE")
		}
		return append(dst, prefix+".NAME")
	default:
		return append(dst, prefix)
	}
}

// errUnknownKey is how parseWord says that there is no such key.
var errUnknownKey = errors.New("unknown key")

// parse reads words into an object.
func (s *shape) parse(v reflect.Value, fields []Field, office calendar.Zone, typ domain.Type) error {
	var (
		mistakes []error
		seen     = map[string]bool{}
	)
	for _, f := range fields {
		var err error
		switch {
		case seen[f.Key]:
			err = errors.New("this key is there twice: keep one")
		case f.Value == "":
			err = errors.New("no value is given: leave the key out")
		case !utf8.ValidString(f.Key) || !utf8.ValidString(f.Value):
			err = fmt.Errorf("%q is not UTF-8", f.Value)
		default:
			err = s.parseWord(v, f.Key, f.Value, office)
		}
		seen[f.Key] = true
		if errors.Is(err, errUnknownKey) {
			err = unknownWord(f.Key, s.keys(nil, ""), typ)
		}
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s: %w", f.Key, err))
		}
	}
	if len(mistakes) == 0 {
		mistakes = s.doubts(nil, v, "", seen, typ)
	}
	return errors.Join(mistakes...)
}

func unknownWord(key string, keys []string, typ domain.Type) error {
	if len(keys) == 0 {
		return fmt.Errorf("unknown key: %s takes none", typ)
	}
	return fmt.Errorf("unknown key%s; the keys of %s are %s", domain.DidYouMean(key, keys), typ, strings.Join(keys, ", "))
}

// parseWord reads the value of a key into what the key names inside v.
func (s *shape) parseWord(v reflect.Value, key, value string, office calendar.Zone) error {
	if s.kind == pointerKind {
		if v.IsNil() {
			v.Set(reflect.New(s.elem.typ))
		}
		return s.elem.parseWord(v.Elem(), key, value, office)
	}
	switch {
	case s.kind == objectKind && key == "":
		return fmt.Errorf("this has parts: write one of %s after a dot", strings.Join(s.keys(nil, ""), ", "))
	case s.kind == objectKind:
		name, rest, dotted := strings.Cut(key, ".")
		f, found := s.field(name)
		if !found || dotted && rest == "" {
			return errUnknownKey
		}
		if err := f.shape.parseWord(v.Field(f.index), rest, value, office); err != nil {
			return err
		}
		return s.checkZero(f, v.Field(f.index))
	case s.kind == tableKind && key == "":
		return errors.New("this has parts: write a name after a dot")
	case s.kind == tableKind:
		return s.parseEntry(v, key, value, office)
	case key != "":
		return errUnknownKey
	}
	return s.parseValue(v, value, office)
}

func (s *shape) parseEntry(v reflect.Value, key, value string, office calendar.Zone) error {
	if v.IsNil() {
		v.Set(reflect.MakeMap(s.typ))
	}
	name, elem := reflect.New(s.key.typ).Elem(), reflect.New(s.elem.typ).Elem()
	if err := s.key.setText(name, key); err != nil {
		return err
	}
	if err := s.elem.parseValue(elem, value, office); err != nil {
		return err
	}
	v.SetMapIndex(name, elem)
	return nil
}

func (s *shape) parseValue(v reflect.Value, value string, office calendar.Zone) error {
	switch s.kind {
	case boolKind:
		if value != "true" && value != "false" {
			return fmt.Errorf("%q is neither true nor false", value)
		}
		v.SetBool(value == "true")
	case intKind:
		n, err := strconv.ParseInt(value, 10, 32)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", value)
		}
		v.SetInt(n)
	case centsKind:
		n, err := domain.ParseCents(value)
		if err != nil {
			return err
		}
		v.SetInt(int64(n))
	case whenKind:
		w, err := calendar.ParseWhen(value, office)
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(w))
	case valueKind:
		param, err := parseParam(value)
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(param))
	case listKind:
		parts, err := splitList(value)
		if err != nil {
			return err
		}
		for i, part := range parts {
			v.Grow(1)
			v.SetLen(i + 1)
			if err := s.elem.setText(v.Index(i), part); err != nil {
				return err
			}
		}
	default:
		return s.setText(v, value)
	}
	return nil
}

// parseParam reads a parameter: a text, unless it looks like something else.
func parseParam(value string) (domain.Value, error) {
	if n, err := strconv.ParseInt(value, 10, 64); err == nil && strconv.FormatInt(n, 10) == value {
		return domain.Int(n), nil
	}
	if strings.HasPrefix(value, "$") {
		if n, err := domain.ParseCents(value); err == nil {
			return domain.Int(int64(n)), nil
		}
	}
	switch {
	case value == "true" || value == "false":
		return domain.Bool(value == "true"), nil
	case strings.Contains(value, ","):
		parts, err := splitList(value)
		return domain.List(parts), err
	default:
		return domain.Text(value), nil
	}
}

func splitList(value string) ([]string, error) {
	parts := strings.Split(value, ",")
	for i := range parts {
		if parts[i] = strings.TrimSpace(parts[i]); parts[i] == "" {
			return nil, fmt.Errorf("%q: there is nothing before or after a comma", value)
		}
	}
	return parts, nil
}

// doubts appends what is wrong with an object as a whole: required keys that
// are missing, and what nobody can mean.
func (s *shape) doubts(dst []error, v reflect.Value, prefix string, seen map[string]bool, typ domain.Type) []error {
	for _, name := range s.lacks(v, func(name string) bool { return seen[prefix+name] }) {
		dst = append(dst, fmt.Errorf("%s%s is missing: %s needs it", prefix, name, typ))
	}
	if s.check != nil {
		if err := s.check(v); err != nil {
			dst = append(dst, fmt.Errorf("%s: %w", strings.TrimSuffix(prefix, "."), err))
		}
	}
	for _, f := range s.fields {
		inner, value := f.shape, v.Field(f.index)
		if inner.kind == pointerKind && !value.IsNil() {
			inner, value = inner.elem, value.Elem()
		}
		if inner.kind == objectKind && !inner.empty(value) {
			dst = inner.doubts(dst, value, prefix+f.name+".", seen, typ)
		}
	}
	return dst
}

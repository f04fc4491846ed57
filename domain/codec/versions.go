package codec

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/comity-project/comity/domain"
)

// A registry holds every version of every type of event.
type registry map[domain.Type]*versions

// versions are those of one type, oldest first: each[0] is version 1.
type versions struct {
	typ  domain.Type
	each []version
}

// A version reads what was written under one number. The newest makes a
// domain.Event and is written too; an older one makes the struct of its time,
// which up turns into that of the next.
type version struct {
	shape *shape
	up    func(any) any
}

// newest is a version that reads and writes E itself.
func newest[E domain.Event]() version {
	return version{shape: shapeOf(reflect.TypeFor[E]())}
}

// older is a version that reads an Old, which up turns into the next version.
// It makes up what Old did not say, and loses nothing that it did.
func older[Old, Next any](up func(Old) Next) version {
	return version{shape: shapeOf(reflect.TypeFor[Old]()), up: func(old any) any { return up(old.(Old)) }}
}

// known holds the events of package domain.
var known = makeRegistry()

// history holds the types that have more than one version. The others are at
// version 1, which is their struct in package domain.
var history = map[domain.Type][]version{}

func makeRegistry() registry {
	r := registry{}
	for _, e := range domain.Events() {
		v := &versions{typ: e.Type(), each: history[e.Type()]}
		t := reflect.TypeOf(e)
		if _, corrected := e.(domain.EventCorrected); corrected {
			t = reflect.TypeFor[correction]()
		}
		v.each = append(slices.Clip(v.each), version{shape: shapeOf(t)})
		r[e.Type()] = v
	}
	return r
}

// A correction is the part of an [domain.EventCorrected] that has a shape. The
// body's type, version and payload follow it.
type correction struct {
	Reason string `json:"reason"`
}

// Types lists the types of event in alphabetical order.
func Types() []domain.Type { return slices.Sorted(maps.Keys(known)) }

// Newest returns the number of the newest version of a type, and 0 if there is
// no such type.
func Newest(typ domain.Type) int { return known.newest(typ) }

func (k registry) newest(typ domain.Type) int {
	if v, found := k[typ]; found {
		return len(v.each)
	}
	return 0
}

// find returns the versions of a type.
func (k registry) find(typ domain.Type) (*versions, error) {
	v, found := k[typ]
	if !found {
		names := texts(slices.Sorted(maps.Keys(k)))
		return nil, fmt.Errorf("unknown event type %q%s", typ, domain.DidYouMean(string(typ), names))
	}
	return v, nil
}

// has refuses a version that was never written.
func (v *versions) has(n int64) error {
	switch {
	case n < 1:
		return fmt.Errorf("%s has no version %d: versions count from 1", v.typ, n)
	case n > int64(len(v.each)):
		return fmt.Errorf("%s has no version %d; the newest known here is %d: use a newer comity to read it", v.typ, n, len(v.each))
	default:
		return nil
	}
}

// readPayload reads the payload of one version and brings it up to the newest.
func (k registry) readPayload(r *reader, v *versions, n int64) (domain.Event, error) {
	if v.typ == (domain.EventCorrected{}).Type() {
		return k.readCorrected(r)
	}
	value := reflect.New(v.each[n-1].shape.typ).Elem()
	if err := v.each[n-1].shape.read(r, value); err != nil {
		return nil, err
	}
	made := value.Interface()
	for _, step := range v.each[n-1:] {
		if step.up != nil {
			made = step.up(made)
		}
	}
	return made.(domain.Event), nil
}

// appendPayload writes the payload of the newest version.
func (k registry) appendPayload(dst []byte, e domain.Event) ([]byte, error) {
	if corrected, ok := e.(domain.EventCorrected); ok {
		return k.appendCorrected(dst, corrected)
	}
	v, err := k.find(e.Type())
	if err != nil {
		return nil, err
	}
	s := v.each[len(v.each)-1].shape
	if reflect.TypeOf(e) != s.typ {
		return nil, fmt.Errorf("the event is a %T: use a %s", e, s.typ)
	}
	return s.write(dst, reflect.ValueOf(e))
}

var correctedKeys = []string{"reason", "type", "version", "body"}

// readCorrected reads {"reason":...,"type":...,"version":...,"body":{...}}. At
// the doors the version may be left out, and a body that would be empty.
func (k registry) readCorrected(r *reader) (domain.Event, error) {
	var (
		e     domain.EventCorrected
		b     body
		given []string
	)
	err := r.object(correctedKeys, func(key string) (err error) {
		given = append(given, key)
		if key == "reason" {
			e.Reason, err = r.text()
			return err
		}
		return b.read(k, r, key)
	})
	if err != nil {
		return nil, err
	}
	required := correctedKeys
	if r.door {
		required = []string{"reason", "type"}
	}
	if e.Reason == "" {
		given = slices.DeleteFunc(given, func(key string) bool { return key == "reason" })
	}
	if missing := without(required, given); len(missing) > 0 {
		return nil, r.at(missingKeys(missing))
	}
	place := r.place()
	e.Body, err = b.finish(k, r, place+"/body")
	if err != nil {
		return nil, err
	}
	if err := checkBody(e.Body); err != nil {
		return nil, &Error{Pointer: place + "/type", Err: err}
	}
	return e, nil
}

func (k registry) appendCorrected(dst []byte, e domain.EventCorrected) ([]byte, error) {
	if e.Reason == "" {
		return nil, missingKeys([]string{"reason"})
	}
	if e.Body == nil {
		return nil, missingKeys([]string{"body"})
	}
	if err := checkBody(e.Body); err != nil {
		return nil, under("type", err)
	}
	dst = append(dst, `{"reason":`...)
	dst, err := appendText(dst, e.Reason)
	if err != nil {
		return nil, under("reason", err)
	}
	dst = fmt.Appendf(dst, `,"type":"%s","version":%d,"body":`, e.Body.Type(), k.newest(e.Body.Type()))
	if dst, err = k.appendPayload(dst, e.Body); err != nil {
		return nil, under("body", err)
	}
	return append(dst, '}'), nil
}

// checkBody refuses a correction to a correction.
func checkBody(e domain.Event) error {
	switch e.(type) {
	case domain.EventCorrected, domain.EventRetracted, domain.ViolationDismissed,
		*domain.EventCorrected, *domain.EventRetracted, *domain.ViolationDismissed:
		return fmt.Errorf("the body of a correction is what the event should have said, not %s", e.Type())
	default:
		return nil
	}
}

// without returns the names of all that are not among some.
func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(some, name) })
}

package codec

import (
	"reflect"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// A scanner reads what Encode wrote, several times faster than a reader reads
// any JSON, because replay reads all of it. It knows one way to write an
// envelope: keys in declared order, no white space, texts of plain ASCII
// without escapes, ordinary dates. Whenever the bytes are otherwise it gives up,
// and a reader begins again, which also finds the words for what is wrong. What
// a scanner accepts a reader accepts with the same result; a fuzz test says so.
type scanner struct {
	data []byte
	at   int
}

// lit skips a literal, if it comes next.
func (s *scanner) lit(text string) bool {
	if end := s.at + len(text); end <= len(s.data) && string(s.data[s.at:end]) == text {
		s.at = end
		return true
	}
	return false
}

// text reads the rest of a string, of which the opening quote has been read.
func (s *scanner) text() ([]byte, bool) {
	for i := s.at; i < len(s.data); i++ {
		switch c := s.data[i]; {
		case c == '"':
			text := s.data[s.at:i]
			s.at = i + 1
			return text, true
		case c < ' ' || c == '\\' || c >= 0x7f:
			return nil, false
		}
	}
	return nil, false
}

// quoted reads a string.
func (s *scanner) quoted() ([]byte, bool) {
	if !s.lit(`"`) {
		return nil, false
	}
	return s.text()
}

// number reads a whole number of ordinary size.
func (s *scanner) number() (int64, bool) {
	from := s.at
	s.lit("-")
	first := s.at
	for s.at < len(s.data) && s.data[s.at] >= '0' && s.data[s.at] <= '9' {
		s.at++
	}
	digits := s.at - first
	if digits == 0 || digits > 18 || digits > 1 && s.data[first] == '0' || s.at == len(s.data) || s.data[s.at] == '.' || s.data[s.at] == 'e' || s.data[s.at] == 'E' {
		return 0, false
	}
	n, err := strconv.ParseInt(string(s.data[from:s.at]), 10, 64)
	return n, err == nil
}

// when reads a moment.
func (s *scanner) when() (w calendar.When, ok bool) {
	if !s.lit(`{"at":"`) {
		return w, false
	}
	text, ok := s.text()
	if !ok {
		return w, false
	}
	if w.At, ok = parsePlain(string(text)); !ok {
		return w, false
	}
	if s.lit(`,"date":"`) {
		if text, ok = s.text(); !ok {
			return w, false
		}
		if w.Date, ok = plainDate(text); !ok {
			return w, false
		}
		w.HasDate = true
	}
	if s.lit(`,"zone":"`) {
		if text, ok = s.text(); !ok {
			return w, false
		}
		if w.Zone, ok = zoneName(text); !ok {
			return w, false
		}
	}
	return w, s.lit(`}`) && checkWhen(w, drift) == nil
}

// plainDate reads a date of our times.
func plainDate(text []byte) (d calendar.Date, ok bool) {
	if len(text) != len("2006-01-02") || text[4] != '-' || text[7] != '-' {
		return d, false
	}
	n := 0
	for i, c := range text {
		if i == 4 || i == 7 {
			continue
		}
		if c < '0' || c > '9' {
			return d, false
		}
		n = n*10 + int(c-'0')
	}
	d = calendar.Date{Year: n / 10000, Month: time.Month(n / 100 % 100), Day: n % 100}
	return d, plainDay(d.Year, int(d.Month), d.Day)
}

// plainDay reports whether there is such a day, in our times.
func plainDay(year, month, day int) bool {
	if year < 1900 || year >= 2200 || month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	return day <= 28 || time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() == day
}

// zones holds the names of the zones that were read, each once.
var zones atomic.Pointer[map[string]string]

// zoneName returns the name of a zone that exists, without making a new string
// every time.
func zoneName(text []byte) (string, bool) {
	known := zones.Load()
	if known != nil {
		if name, found := (*known)[string(text)]; found {
			return name, true
		}
	}
	name := string(text)
	if _, err := calendar.LoadZone(name); err != nil {
		return "", false
	}
	grown := map[string]string{name: name}
	if known != nil {
		for k := range *known {
			grown[k] = k
		}
	}
	zones.CompareAndSwap(known, &grown) // whoever loses learns the name the next time
	return name, true
}

// scan reads an envelope in the stored form.
func (k registry) scan(data []byte) (e domain.Envelope, ok bool) {
	s := scanner{data: data}
	var text []byte
	if !s.lit(`{"id":"`) {
		return e, false
	}
	if text, ok = s.text(); !ok || !scanULID(text, (*[16]byte)(&e.ID)) {
		return e, false
	}
	if !s.lit(`,"subject":"`) {
		return e, false
	}
	if text, ok = s.text(); !ok || e.Subject.UnmarshalText(text) != nil {
		return e, false
	}
	if !s.lit(`,"type":"`) {
		return e, false
	}
	if text, ok = s.text(); !ok {
		return e, false
	}
	v, found := k[domain.Type(text)]
	if !found || !s.lit(`,"version":`) {
		return e, false
	}
	n, ok := s.number()
	if !ok || v.has(n) != nil || !s.lit(`,"effective":`) {
		return e, false
	}
	if e.Effective, ok = s.when(); !ok || !s.lit(`,"recorded":"`) {
		return e, false
	}
	if text, ok = s.text(); !ok {
		return e, false
	}
	if e.Recorded, ok = parsePlain(string(text)); !ok || !s.header(&e) || !s.lit(`,"payload":`) {
		return e, false
	}
	if e.Event, ok = v.scan(&s, n); !ok || !s.lit(`}`) || s.at != len(data) {
		return e, false
	}
	return e, checkAbout(e) == nil
}

// header reads the keys that may be left out.
func (s *scanner) header(e *domain.Envelope) bool {
	words := []struct {
		key string
		to  *string
		id  *[16]byte
	}{
		{`,"actor":"`, &e.Actor, nil}, {`,"authority":"`, &e.Authority, nil}, {`,"command":"`, nil, (*[16]byte)(&e.Command)},
		{`,"correlation":"`, &e.Correlation, nil}, {`,"target":"`, nil, (*[16]byte)(&e.Target)},
	}
	for _, word := range words {
		if !s.lit(word.key) {
			continue
		}
		text, ok := s.text()
		if !ok {
			return false
		}
		if word.id == nil {
			*word.to = string(text)
		} else if !scanULID(text, word.id) {
			return false
		}
	}
	return true
}

// scanULID reads 26 characters in their one spelling, and not the id of none.
func scanULID(text []byte, to *[16]byte) bool {
	for _, c := range text {
		if c >= 'a' {
			return false // a small letter
		}
	}
	id, err := domain.ParseEventID(string(text))
	*to = id
	return err == nil && !id.IsZero()
}

// scan reads the payload of a version.
func (v *versions) scan(s *scanner, n int64) (domain.Event, bool) {
	if v.typ == correctedType {
		return nil, false
	}
	value := reflect.New(v.each[n-1].shape.typ).Elem()
	if !v.each[n-1].shape.scan(s, value) {
		return nil, false
	}
	made := value.Interface()
	for _, step := range v.each[n-1:] {
		if step.up != nil {
			made = step.up(made)
		}
	}
	return made.(domain.Event), true
}

// scan reads a value of the shape into v.
func (s *shape) scan(in *scanner, v reflect.Value) bool {
	switch s.kind {
	case textKind, idKind:
		text, ok := in.quoted()
		if !ok || len(text) == 0 {
			return false
		}
		word := string(text)
		if s.kind == idKind && domain.CheckID(word) != nil || s.codes != nil && !contains(s.codes, word) {
			return false
		}
		v.SetString(word)
		return true
	case dateKind:
		text, ok := in.quoted()
		if !ok {
			return false
		}
		d, ok := plainDate(text)
		v.Set(reflect.ValueOf(d))
		return ok
	case boolKind:
		v.SetBool(in.lit("true"))
		return v.Bool() || in.lit("false")
	case intKind:
		n, ok := in.number()
		v.SetInt(n)
		return ok && int64(int32(n)) == n
	case centsKind:
		n, ok := in.number()
		v.SetInt(n)
		return ok && checkCents(n) == nil
	case whenKind:
		w, ok := in.when()
		v.Set(reflect.ValueOf(w))
		return ok
	case valueKind:
		value, ok := in.value()
		v.Set(reflect.ValueOf(value))
		return ok
	case listKind:
		return s.scanList(in, v)
	case tableKind:
		return s.scanTable(in, v)
	case pointerKind:
		v.Set(reflect.New(s.elem.typ))
		return s.elem.scan(in, v.Elem())
	default:
		return s.scanObject(in, v)
	}
}

func (s *shape) scanObject(in *scanner, v reflect.Value) bool {
	if !in.lit("{") {
		return false
	}
	first := true
	for i := range s.fields {
		f := &s.fields[i]
		literal := f.next
		if first {
			literal = f.first
		}
		if !in.lit(literal) {
			if f.required {
				return false
			}
			continue
		}
		first = false
		value := v.Field(f.index)
		if !f.shape.scan(in, value) || f.required && f.shape.kind != boolKind && f.shape.empty(value) {
			return false
		}
	}
	return in.lit("}")
}

// scanList reads a list that is not empty.
func (s *shape) scanList(in *scanner, v reflect.Value) bool {
	if !in.lit("[") {
		return false
	}
	for n := 0; ; n++ {
		v.Grow(1)
		v.SetLen(n + 1)
		if !s.elem.scan(in, v.Index(n)) {
			return false
		}
		if !in.lit(",") {
			return in.lit("]")
		}
	}
}

// scanTable reads a table that is not empty, in order, so that no key comes twice.
func (s *shape) scanTable(in *scanner, v reflect.Value) bool {
	if !in.lit("{") {
		return false
	}
	v.Set(reflect.MakeMap(s.typ))
	for last := ""; ; {
		text, ok := in.quoted()
		name := string(text)
		if !ok || name <= last || !in.lit(":") {
			return false
		}
		last = name
		key, elem := reflect.New(s.key.typ).Elem(), reflect.New(s.elem.typ).Elem()
		if s.key.setText(key, name) != nil || !s.elem.scan(in, elem) {
			return false
		}
		v.SetMapIndex(key, elem)
		if !in.lit(",") {
			return in.lit("}")
		}
	}
}

// value reads a parameter; lists are left to a reader.
func (s *scanner) value() (domain.Value, bool) {
	switch {
	case s.lit("true"):
		return domain.Bool(true), true
	case s.lit("false"):
		return domain.Bool(false), true
	case s.lit(`"`):
		text, ok := s.text()
		return domain.Text(string(text)), ok
	default:
		n, ok := s.number()
		return domain.Int(n), ok
	}
}

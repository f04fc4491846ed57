package facts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

var errPacked = errors.New("this is not a packed event")

// unpack returns what was packed: an envelope without Subject, Recorded and
// Target. Any number of goroutines may call it.
func (d *dictionary) unpack(data []byte) (domain.Envelope, error) {
	end := len(data) - packTail
	if end < 0 {
		return domain.Envelope{}, errPacked
	}
	e := domain.Envelope{ID: packedID(data)}
	about := data[end]
	if same := int(about >> aboutShift); same != aboutNoCommand {
		rest := len(e.Command) - same
		if rest < 0 || rest > end {
			return domain.Envelope{}, errPacked
		}
		end -= rest
		e.Command = domain.CommandID(e.ID)
		copy(e.Command[same:], data[end:])
	}
	u := unpacker{dict: d, data: data[:end]}
	e.Event = u.event(packDepth)
	e.Effective = u.when()
	if about&aboutActor != 0 {
		e.Actor = u.text()
	}
	if about&aboutAuthority != 0 {
		e.Authority = u.text()
	}
	if about&aboutCorrelation != 0 {
		e.Correlation = u.text()
	}
	if !u.bad && u.at != len(u.data) {
		u.spoil()
	}
	if u.bad {
		return domain.Envelope{}, u.err()
	}
	return e, nil
}

// unpackEvent returns what happened and when it took effect, and leaves the
// rest alone.
func (d *dictionary) unpackEvent(data []byte) (domain.Event, calendar.When, error) {
	u := unpacker{dict: d, data: data}
	e := u.event(packDepth)
	w := u.when()
	if u.bad {
		return nil, calendar.When{}, u.err()
	}
	return e, w, nil
}

// packedID returns the id of a packed event without unpacking it.
func packedID(data []byte) (id domain.EventID) {
	if len(data) >= len(id) {
		copy(id[:], data[len(data)-len(id):])
	}
	return id
}

// packedZero returns the event of the type of a packed one that says nothing,
// to ask about its type without unpacking it; nil if there is no such type.
func packedZero(data []byte) domain.Event {
	if n, size := binary.Uvarint(data); size > 0 && n < uint64(len(packedTypes)) {
		return packedTypes[n].zero
	}
	return nil
}

// An unpacker reads packed bytes from the front. After the first thing that
// cannot be, it is bad, and all that it reads is empty.
type unpacker struct {
	dict *dictionary
	data []byte
	at   int
	// words is data as a text, made once it is needed: one copy serves all texts.
	words string
	bad   bool
	where int // the place of what was bad
}

func (u *unpacker) spoil() {
	if !u.bad {
		u.bad, u.where = true, u.at
		u.at = len(u.data)
	}
}

func (u *unpacker) err() error {
	return fmt.Errorf("byte %d of %d: %w", u.where, len(u.data), errPacked)
}

func (u *unpacker) uint() uint64 {
	var n uint64
	for i, b := range u.data[u.at:] {
		if b < 1<<7 {
			if i == binary.MaxVarintLen64-1 && b > 1 {
				break // more than 64 bits
			}
			u.at += i + 1
			return n | uint64(b)<<(7*i)
		}
		if i == binary.MaxVarintLen64-1 {
			break
		}
		n |= uint64(b&(1<<7-1)) << (7 * i)
	}
	u.spoil()
	return 0
}

func (u *unpacker) int() int64 {
	n := u.uint()
	return int64(n>>1) ^ -int64(n&1)
}

func (u *unpacker) byte() byte {
	if u.at >= len(u.data) {
		u.spoil()
		return 0
	}
	b := u.data[u.at]
	u.at++
	return b
}

func (u *unpacker) truth() bool {
	b := u.byte()
	if b > 1 {
		u.spoil()
	}
	return b == 1
}

// count reads how many there are of what takes a byte at least.
func (u *unpacker) count() int {
	n := u.uint()
	if n > uint64(len(u.data)-u.at) {
		u.spoil()
		return 0
	}
	return int(n)
}

func (u *unpacker) text() string {
	n := u.uint()
	if n&1 != 0 {
		text, found := u.dict.lookup(n >> 1)
		if !found {
			u.spoil()
		}
		return text
	}
	n >>= 1
	if n > uint64(len(u.data)-u.at) {
		u.spoil()
		return ""
	}
	if n > 0 && u.words == "" {
		u.words = string(u.data)
	}
	from := u.at
	u.at += int(n)
	if n == 0 {
		return ""
	}
	return u.words[from:u.at]
}

func (u *unpacker) days() int64 {
	n := u.int()
	if n <= -packDaysMax || n >= packDaysMax {
		u.spoil()
		return 0
	}
	return n
}

func (u *unpacker) when() calendar.When {
	form, found := u.dict.lookup(u.uint())
	if !found || len(form) < 2 || u.bad {
		u.spoil()
		return calendar.When{}
	}
	w := calendar.When{Zone: form[2:]}
	switch form[0] {
	case formMicros:
		w.At = time.UnixMicro(u.int()).UTC()
	case formSeconds:
		w.At = time.Unix(u.int(), 0).UTC()
	case formDay:
		days := u.days()
		w.HasDate, w.Date = true, dayOf(days)
		w.At = time.Unix(days*daySeconds+int64(int8(form[1]))*(quarter/1_000_000), 0).UTC()
	case formDayMicros:
		days := u.days()
		w.HasDate, w.Date = true, dayOf(days)
		w.At = time.UnixMicro(days*dayMicros + u.int()).UTC()
	default:
		u.spoil()
	}
	return w
}

func (u *unpacker) event(depth int) domain.Event {
	n := u.uint()
	if depth--; depth < 0 || n >= uint64(len(packedTypes)) || u.bad {
		u.spoil()
		return nil
	}
	one := packedTypes[n]
	if len(one.shape.fields) == 0 {
		return one.zero
	}
	room := one.spare.Get().(*spareEvent)
	u.fields(one.shape, room.v, depth)
	e := room.v.Interface().(domain.Event) // a copy
	room.v.SetZero()
	one.spare.Put(room)
	return e
}

func (u *unpacker) fields(s *packShape, v reflect.Value, depth int) {
	if len(s.fields) == 0 {
		return
	}
	held := u.uint()
	if held>>len(s.fields) != 0 {
		u.spoil()
	}
	for i := 0; held != 0 && !u.bad; i, held = i+1, held>>1 {
		if held&1 == 0 {
			continue
		}
		if f := s.fields[i]; f.kind == packBool {
			v.Field(i).SetBool(true)
		} else {
			u.value(f, v.Field(i), depth)
		}
	}
}

// value reads into a value that has an address and is zero.
func (u *unpacker) value(s *packShape, v reflect.Value, depth int) {
	switch s.kind {
	case packText:
		v.SetString(u.text())
	case packDate:
		*v.Addr().Interface().(*calendar.Date) = dayOf(u.days())
	case packBool:
		v.SetBool(u.truth())
	case packNumber:
		v.SetInt(u.int())
	case packWhen:
		*v.Addr().Interface().(*calendar.When) = u.when()
	case packValue:
		*v.Addr().Interface().(*domain.Value) = u.parameter()
	case packList:
		n := u.count()
		v.Grow(n)
		v.SetLen(n)
		for i := 0; i < n && !u.bad; i++ {
			u.value(s.elem, v.Index(i), depth)
		}
	case packTable:
		n := u.count()
		v.Set(reflect.MakeMapWithSize(s.typ, n))
		key, elem := reflect.New(s.key.typ).Elem(), reflect.New(s.elem.typ).Elem()
		for i := 0; i < n && !u.bad; i++ {
			elem.SetZero()
			u.value(s.key, key, depth)
			u.value(s.elem, elem, depth)
			v.SetMapIndex(key, elem)
		}
	case packTo:
		to := reflect.New(s.elem.typ)
		u.value(s.elem, to.Elem(), depth)
		v.Set(to)
	case packStruct:
		u.fields(s, v, depth)
	case packEvent:
		if e := u.event(depth); e != nil {
			v.Set(reflect.ValueOf(e))
		}
	}
}

func (u *unpacker) parameter() domain.Value {
	switch kind := domain.ValueKind(u.byte()); kind {
	case domain.NoValue:
		return domain.Value{}
	case domain.BoolValue:
		return domain.Bool(u.truth())
	case domain.IntValue:
		return domain.Int(u.int())
	case domain.TextValue:
		return domain.Text(u.text())
	case domain.ListValue:
		list := make([]string, u.count())
		for i := range list {
			list[i] = u.text()
		}
		return domain.List(list)
	default:
		u.spoil()
		return domain.Value{}
	}
}

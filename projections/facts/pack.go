package facts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// The packed form of an event is for memory: bytes without pointers, a fraction
// of the size of the stored form. It is no format: another version of the
// program may pack otherwise. [packedAs] tells one way from another.
//
// An envelope is packed without its subject, its target and the time of its
// recording, as follows. Numbers are varints; those that may be negative are
// zigzagged first.
//
//	event        as below
//	effective    a moment, as below
//	actor        a text, if there is one
//	authority    likewise
//	correlation  likewise
//	command      what of its 16 bytes is not as in the id
//	about        a byte: 1 there is an actor, 2 an authority, 4 a correlation; and
//	             8 times how many bytes the command begins with as the id does, or
//	             8 times 31 if there is no command
//	id           16 bytes
//
// What is asked of an event most often stands at the beginning, and who it was
// at the end, so that either is read without the rest.
//
//	event        the number of its type in the order of names, then a struct
//	struct       if it has fields, a number with a bit for each of them, from the
//	             lowest, that says whether it holds anything; then those that do
//	truth        nothing, since the bit says it; on its own a byte, 0 or 1
//	number       itself
//	date         days since 1970-01-01
//	text         twice its length and itself, or twice its number in the
//	             dictionary and one
//	list, table  how many there are, and each; a table by its keys in order
//	pointer      what it points to
//	value        a byte with its kind, then a truth, a number, a text or a list
//	moment       the number of its form in the dictionary, then what the form says
//
// The form of a moment is a text of two bytes and the zone. The first says how
// the instant is given: 0 as microseconds since 1970, 1 as seconds, 2 as the date
// alone, with the second byte saying how many quarters of an hour the instant is
// after 00:00 of that date in UTC, or 3 as the date and the microseconds since then.
type packer struct {
	dict *dictionary
	// seen counts texts without a number, by hash; it forgets the rare ones. Each
	// holds some bits of the hash and, in the lowest eight, the count.
	seen  []uint32
	form  []byte                      // scratch
	spare map[*packedType]*spareEvent // scratch
}

// packLayout changes whenever the same bytes come to mean something else.
const packLayout = 1

const (
	packSeen  = 1 << 16 // texts without a number that are counted
	packMost  = 1 << 20 // texts in the dictionary besides codes and forms
	packDepth = 4       // corrections of corrections
	packTail  = 1 + 16  // bytes: about and id
)

// The forms of a moment.
const (
	formMicros = iota
	formSeconds
	formDay
	formDayMicros
)

const (
	aboutActor = 1 << iota
	aboutAuthority
	aboutCorrelation
	aboutShift     = 3
	aboutNoCommand = 31
)

const (
	daySeconds  = 24 * 60 * 60
	dayMicros   = daySeconds * 1_000_000
	quarter     = 15 * 60 * 1_000_000 // microseconds
	packDaysMax = 1 << 26             // days before or after 1970, more than any date
)

// newPacker returns a packer that adds to the dictionary. It belongs to one
// goroutine. From the same beginning the same events in the same order make the
// same bytes; a packer that goes on with a dictionary that was read back has
// forgotten what it counted, so that its bytes may differ, but not their meaning.
func newPacker(d *dictionary) *packer {
	return &packer{dict: d, seen: make([]uint32, packSeen), spare: map[*packedType]*spareEvent{}}
}

// pack appends an envelope without its Subject, Recorded and Target. It refuses
// what it could not give back as it was, except that an empty list or table
// comes back as none.
func (p *packer) pack(dst []byte, e domain.Envelope) ([]byte, error) {
	out, err := p.event(dst, e.Event, packDepth)
	if err != nil {
		return dst, fmt.Errorf("pack event %s: %w", e.ID, err)
	}
	if out, err = p.when(out, e.Effective); err != nil {
		return dst, fmt.Errorf("pack event %s: effective: %w", e.ID, err)
	}
	about := byte(0)
	for i, text := range []string{e.Actor, e.Authority, e.Correlation} {
		if text != "" {
			about |= 1 << i
			out = p.text(out, text, textOften)
		}
	}
	if e.Command.IsZero() {
		about |= aboutNoCommand << aboutShift
	} else {
		same := 0
		for same < len(e.ID) && e.Command[same] == e.ID[same] {
			same++
		}
		about |= byte(same) << aboutShift
		out = append(out, e.Command[same:]...)
	}
	return append(append(out, about), e.ID[:]...), nil
}

func (p *packer) event(dst []byte, e domain.Event, depth int) ([]byte, error) {
	one, known := packedTypeOf[reflect.TypeOf(e)]
	if !known {
		return nil, fmt.Errorf("there is no type of event %T", e)
	}
	if depth--; depth < 0 {
		return nil, errors.New("it corrects a correction of a correction")
	}
	dst = binary.AppendUvarint(dst, one.number)
	room := p.spare[one]
	if room == nil {
		room = one.spare.Get().(*spareEvent)
	}
	p.spare[one] = nil // another may stand inside this one
	// In a place that has an address fields are read without copying them.
	room.v.Set(reflect.ValueOf(e))
	dst, err := p.value(dst, one.shape, room.v, depth)
	room.v.SetZero()
	p.spare[one] = room
	return dst, err
}

// value appends a value that has an address, or lies in a table.
func (p *packer) value(dst []byte, s *packShape, v reflect.Value, depth int) ([]byte, error) {
	switch s.kind {
	case packText:
		return p.text(dst, v.String(), s.sort), nil
	case packDate:
		return packDay(dst, v.Interface().(calendar.Date))
	case packBool:
		if v.Bool() {
			return append(dst, 1), nil
		}
		return append(dst, 0), nil
	case packNumber:
		return binary.AppendVarint(dst, v.Int()), nil
	case packWhen:
		return p.when(dst, *v.Addr().Interface().(*calendar.When))
	case packValue:
		return p.parameter(dst, v.Interface().(domain.Value)), nil
	case packList:
		dst = binary.AppendUvarint(dst, uint64(v.Len()))
		for i := range v.Len() {
			var err error
			if dst, err = p.value(dst, s.elem, v.Index(i), depth); err != nil {
				return nil, err
			}
		}
		return dst, nil
	case packTable:
		return p.table(dst, s, v, depth)
	case packTo:
		return p.value(dst, s.elem, v.Elem(), depth)
	case packStruct:
		return p.fields(dst, s, v, depth)
	case packEvent:
		return p.event(dst, v.Interface().(domain.Event), depth)
	}
	panic("bad math in facts: " + s.typ.String()) // unreachable: the kinds are listed above
}

func (p *packer) fields(dst []byte, s *packShape, v reflect.Value, depth int) ([]byte, error) {
	if len(s.fields) == 0 {
		return dst, nil
	}
	held := uint64(0)
	for i, f := range s.fields {
		if !f.empty(v.Field(i)) {
			held |= 1 << i
		}
	}
	dst = binary.AppendUvarint(dst, held)
	for i, f := range s.fields {
		if held&(1<<i) == 0 || f.kind == packBool {
			continue
		}
		var err error
		if dst, err = p.value(dst, f, v.Field(i), depth); err != nil {
			return nil, fmt.Errorf("%s: %w", s.typ.Field(i).Name, err)
		}
	}
	return dst, nil
}

func (p *packer) table(dst []byte, s *packShape, v reflect.Value, depth int) ([]byte, error) {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		switch {
		case a.String() < b.String():
			return -1
		case a.String() > b.String():
			return +1
		default:
			return 0
		}
	})
	dst = binary.AppendUvarint(dst, uint64(len(keys)))
	for _, key := range keys {
		dst = p.text(dst, key.String(), s.key.sort)
		var err error
		if dst, err = p.value(dst, s.elem, v.MapIndex(key), depth); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

func (p *packer) parameter(dst []byte, v domain.Value) []byte {
	dst = append(dst, byte(v.Kind()))
	switch v.Kind() {
	case domain.NoValue:
	case domain.BoolValue:
		if v.Bool() {
			return append(dst, 1)
		}
		return append(dst, 0)
	case domain.IntValue:
		return binary.AppendVarint(dst, v.Int())
	case domain.TextValue:
		return p.text(dst, v.Text(), textOften)
	case domain.ListValue:
		dst = binary.AppendUvarint(dst, uint64(len(v.List())))
		for _, text := range v.List() {
			dst = p.text(dst, text, textOften)
		}
	}
	return dst
}

// text appends a text, or its number if it has one or is to get one.
func (p *packer) text(dst []byte, text string, sort textSort) []byte {
	if sort != textPrivate {
		hash := hashOf(text)
		n, found := find(p.dict, hash, text)
		if !found && (sort == textCode || p.worthy(hash, len(text))) {
			n, found = p.dict.add(hash, text), true
		}
		if found {
			return binary.AppendUvarint(dst, uint64(n)<<1|1)
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(text))<<1)
	return append(dst, text...)
}

// worthy counts a text that has no number, and reports whether to give it one:
// as soon as all its copies take more room than it would take in the dictionary.
// Whatever comes after, that costs at most about twice what foresight would.
func (p *packer) worthy(hash uint64, length int) bool {
	const (
		entry  = 16 + 8 + 8 // bytes: of a string, its place in the table, and what is lost to rounding
		number = 3 - 1      // bytes that a number takes beyond those of a length
		counts = 1<<8 - 1
	)
	saved := length - number
	if saved <= 0 || p.dict.len() >= packMost {
		return false
	}
	slot, tag := &p.seen[hash>>32%packSeen], uint32(hash)&^counts
	count := *slot & counts
	switch {
	case count == 0:
		*slot, count = tag|1, 1
	case *slot&^counts != tag: // the place is another's, until that has not been seen for long enough
		*slot--
		return false
	case count < counts:
		*slot, count = *slot+1, count+1
	}
	if int(count)*saved < entry+length {
		return false
	}
	*slot = 0
	return true
}

func (p *packer) when(dst []byte, w calendar.When) ([]byte, error) {
	micros := w.At.UnixMicro()
	if time.UnixMicro(micros).UTC() != w.At {
		return nil, fmt.Errorf("%s is not in UTC to the microsecond: use calendar.Instant", w.At)
	}
	days, off := int64(0), int64(0)
	form, quarters := byte(formMicros), byte(0)
	switch {
	case w.HasDate:
		var err error
		if days, err = daysOf(w.Date); err != nil {
			return nil, err
		}
		off = micros - days*dayMicros
		form = formDayMicros
		if n := off / quarter; off%quarter == 0 && int64(int8(n)) == n {
			form, quarters = formDay, byte(int8(n))
		}
	case w.Date != calendar.Date{}:
		return nil, fmt.Errorf("the date %s is not said to be there", w.Date)
	case micros%1_000_000 == 0:
		form = formSeconds
	}

	p.form = append(append(p.form[:0], form, quarters), w.Zone...)
	hash := hashOf(p.form)
	n, found := find(p.dict, hash, p.form)
	if !found {
		n = p.dict.add(hash, string(p.form))
	}
	dst = binary.AppendUvarint(dst, uint64(n))
	switch form {
	case formMicros:
		return binary.AppendVarint(dst, micros), nil
	case formSeconds:
		return binary.AppendVarint(dst, micros/1_000_000), nil
	case formDay:
		return binary.AppendVarint(dst, days), nil
	default:
		return binary.AppendVarint(binary.AppendVarint(dst, days), off), nil
	}
}

func packDay(dst []byte, d calendar.Date) ([]byte, error) {
	days, err := daysOf(d)
	if err != nil {
		return nil, err
	}
	return binary.AppendVarint(dst, days), nil
}

// daysOf counts the days from 1970-01-01 to a date that there is.
func daysOf(d calendar.Date) (int64, error) {
	days := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / daySeconds
	if days <= -packDaysMax || days >= packDaysMax || dayOf(days) != d {
		return 0, fmt.Errorf("%d-%02d-%02d is not a date", d.Year, int(d.Month), d.Day)
	}
	return days, nil
}

// dayOf is the date so many days after 1970-01-01.
func dayOf(days int64) calendar.Date {
	year, month, day := time.Unix(days*daySeconds, 0).UTC().Date()
	return calendar.Date{Year: year, Month: month, Day: day}
}

package facts

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/domain/domaintest"
)

// Dictionary is what benchmarks outside the package measure, with these.
type Dictionary = dictionary

var (
	NewDictionary  = newDictionary
	NewPacker      = newPacker
	Pack           = (*packer).pack
	Unpack         = (*dictionary).unpack
	UnpackEvent    = (*dictionary).unpackEvent
	DictionaryLen  = (*dictionary).len
	DictionarySize = func(d *dictionary) int { return d.bytes }
)

// tb is what checks need of tests of either sort.
type tb interface {
	assert.TestingT
	require.TestingT
	Helper()
}

// packed packs an envelope and checks that it comes back as it was: the same
// values, and the same stored form.
func packed(t tb, p *packer, e domain.Envelope) []byte {
	t.Helper()
	data, err := p.pack(nil, e)
	require.NoError(t, err)
	got, err := p.dict.unpack(data)
	require.NoError(t, err)
	got.Subject, got.Recorded, got.Target = e.Subject, e.Recorded, e.Target
	require.Equal(t, stored(t, e), stored(t, got))

	event, effective, err := p.dict.unpackEvent(data)
	require.NoError(t, err)
	assert.Equal(t, got.Event, event)
	assert.Equal(t, e.Effective, effective)
	assert.Equal(t, e.Effective, got.Effective)
	assert.Equal(t, e.ID, packedID(data))
	assert.Equal(t, e.Command, packedCommand(data))
	assert.Equal(t, e.Type(), packedZero(data).Type())
	return data
}

func stored(t tb, e domain.Envelope) string {
	t.Helper()
	data, err := codec.Encode(e)
	require.NoError(t, err)
	return string(data)
}

func goldens(t testing.TB) []domain.Envelope {
	t.Helper()
	names, err := filepath.Glob("../../domain/codec/testdata/*.json")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(names), len(domain.Events()))
	var all []domain.Envelope
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		e, err := codec.Decode(data)
		require.NoError(t, err, name)
		all = append(all, e)
	}
	return all
}

// Every type of event comes back as the codec reads it, first in full and later
// with its texts as numbers.
func TestPackGolden(t *testing.T) {
	p := newPacker(newDictionary())
	for range 40 {
		for _, e := range goldens(t) {
			data := packed(t, p, e)
			got, err := p.dict.unpack(data)
			require.NoError(t, err)
			got.Subject, got.Recorded, got.Target = e.Subject, e.Recorded, e.Target
			require.Equal(t, e, got)
		}
	}
	for _, e := range goldens(t) {
		data, err := p.pack(nil, e)
		require.NoError(t, err)
		if e.Actor != "" {
			assert.NotContains(t, string(data), e.Actor, "what comes with every event has a number")
		}
	}
}

func TestPackRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPacker(newDictionary())
		var all [][]byte
		var envelopes []domain.Envelope
		for _, e := range rapid.SliceOfN(domaintest.Envelopes(), 1, 4).Draw(t, "events") {
			for range rapid.SampledFrom([]int{1, 2, 40}).Draw(t, "times") {
				all, envelopes = append(all, packed(t, p, e)), append(envelopes, e)
			}
		}

		// The same events in the same order make the same bytes.
		again := newPacker(newDictionary())
		for i, e := range envelopes {
			data, err := again.pack(nil, e)
			require.NoError(t, err)
			require.Equal(t, all[i], data)
		}
		// And with the dictionary read back they say the same.
		d, rest, err := readDictionary(append(p.dict.append(nil), "rest"...))
		require.NoError(t, err)
		require.Equal(t, "rest", string(rest))
		for i, data := range all {
			want, err := p.dict.unpack(data)
			require.NoError(t, err)
			got, err := d.unpack(data)
			require.NoError(t, err)
			require.Equal(t, want, got, envelopes[i].ID)
		}
	})
}

// Every field of every event is packed: without it the event comes back otherwise.
func TestPackFields(t *testing.T) {
	for _, example := range goldens(t) {
		for i := range reflect.TypeOf(example.Event).NumField() {
			without := reflect.New(reflect.TypeOf(example.Event)).Elem()
			without.Set(reflect.ValueOf(example.Event))
			without.Field(i).SetZero()
			e := example
			e.Event = without.Interface().(domain.Event)
			p := newPacker(newDictionary())
			data, err := p.pack(nil, e)
			require.NoError(t, err)
			got, _, err := p.dict.unpackEvent(data)
			require.NoError(t, err)
			assert.Equal(t, e.Event, got)
		}
	}
}

func TestPackMoments(t *testing.T) {
	utc := func(text string) time.Time {
		at, err := calendar.ParseInstant(text, calendar.UTC)
		require.NoError(t, err)
		return at
	}
	day := calendar.Date{Year: 2025, Month: 3, Day: 9}
	for _, tt := range []struct {
		name string
		when calendar.When
		size int // bytes
	}{
		{"none", calendar.When{}, 10},
		{"a date", domaintest.When("2025-03-09"), 4},
		{"a date long ago", domaintest.When("1701-01-01"), 0},
		{"a date to come", domaintest.When("2299-12-31"), 0},
		{"a date in another zone", domaintest.When("2025-03-09 Asia/Kathmandu"), 4},
		{"a date far from its instant", calendar.When{At: utc("2025-03-19T00:00Z"), Date: day, HasDate: true, Zone: "UTC"}, 0},
		{"a date and an odd instant", calendar.When{At: utc("2025-03-09T00:00:00.000001Z"), Date: day, HasDate: true, Zone: "UTC"}, 0},
		{"a date without a zone", calendar.When{At: utc("2025-03-09T05:00Z"), Date: day, HasDate: true}, 4},
		{"a second", calendar.When{At: utc("2025-03-09T05:00:07Z")}, 6},
		{"a microsecond", calendar.When{At: utc("2025-03-09T05:00:07.000001Z")}, 9},
		{"before 1970", calendar.When{At: utc("1969-12-31T23:59:59.999999Z")}, 2},
		{"a local time", domaintest.When("2025-07-24T16:00 America/Chicago"), 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPacker(newDictionary())
			data, err := p.when(nil, tt.when)
			require.NoError(t, err)
			if tt.size != 0 {
				assert.LessOrEqual(t, len(data), tt.size)
			}
			u := unpacker{dict: p.dict, data: data}
			assert.Equal(t, tt.when, u.when())
			assert.False(t, u.bad)
			assert.Equal(t, len(data), u.at)
		})
	}
}

// What could not be given back is refused, and the packer is as good as before.
func TestPackRefuses(t *testing.T) {
	fine := domaintest.Accredited("ana", "arandia-embassy", "dip.agent", "2024-01-01")
	withEffective := func(w calendar.When) domain.Envelope { e := fine; e.Effective = w; return e }
	withEvent := func(event domain.Event) domain.Envelope { e := fine; e.Event = event; return e }
	deep := domain.Event(domain.MemberDied{})
	for range packDepth {
		deep = domain.EventCorrected{Reason: "again", Body: deep}
	}
	for _, tt := range []struct {
		name string
		e    domain.Envelope
		want string
	}{
		{"nothing happened", withEvent(nil), "there is no type of event <nil>"},
		{"a pointer", withEvent(&domain.MemberDied{}), "there is no type of event *domain.MemberDied"},
		{"corrections without end", withEvent(deep), "it corrects a correction of a correction"},
		{"nanoseconds", withEffective(calendar.When{At: fine.Effective.At.Add(1)}), "is not in UTC to the microsecond"},
		{"local", withEffective(calendar.When{At: fine.Effective.At.In(time.FixedZone("x", 60))}), "is not in UTC to the microsecond"},
		{"a date not said", withEffective(calendar.When{At: fine.Effective.At, Date: fine.Effective.Date}), "the date 2024-01-01 is not said to be there"},
		{"no date", withEffective(calendar.When{At: fine.Effective.At, HasDate: true}), "0-00-00 is not a date"},
		{"no such date", withEffective(calendar.When{At: fine.Effective.At, HasDate: true, Date: calendar.Date{Year: 2025, Month: 2, Day: 30}}), "2025-02-30 is not a date"},
		{"a bad until", withEvent(domain.VehicleRegistered{Until: calendar.When{At: fine.Effective.At.Add(1)}}), "Until: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPacker(newDictionary())
			got, err := p.pack([]byte("before"), tt.e)
			require.ErrorContains(t, err, tt.want)
			assert.ErrorContains(t, err, fine.ID.String())
			assert.Equal(t, "before", string(got))
			packed(t, p, fine)
		})
	}
}

// Lists without elements come back as none, which the codec writes alike.
func TestPackEmptyLists(t *testing.T) {
	family := false
	p := newPacker(newDictionary())
	for _, event := range []domain.Event{
		domain.MeasureLifted{Scope: domain.Scope{Missions: []domain.MissionID{}}},
		domain.MeasureLifted{Scope: domain.Scope{Family: &family}},
		domain.PracticeObserved{Privileges: []domain.Privilege{"imm.arrest"}, Level: "full", Params: domain.Params{}},
		domain.PracticeObserved{Privileges: []domain.Privilege{"imm.arrest"}, Level: "full", Params: domain.Params{"a": domain.List([]string{}), "b": domain.Bool(false), "c": domain.Int(-1)}},
		domain.BirthRecorded{Personal: &domain.Personal{}},
	} {
		subject := string(domain.Kinds(event)[0]) + "/arandia-1"
		if _, ok := event.(domain.BirthRecorded); ok {
			data, err := p.pack(nil, domaintest.Event(subject, "2024-01-01", event))
			require.NoError(t, err)
			got, _, err := p.dict.unpackEvent(data)
			require.NoError(t, err)
			assert.Equal(t, event, got)
			continue
		}
		packed(t, p, domaintest.Event(subject, "2024-01-01", event))
	}
}

// A command is told from the id as far as they agree.
func TestPackCommand(t *testing.T) {
	id := domain.EventID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	e := domaintest.Event("member/ana", "2024-01-01", domain.MemberDied{}, domaintest.ID(id))
	e.Actor = ""
	p := newPacker(newDictionary())
	size := func(c domain.CommandID) int {
		e.Command = c
		data := packed(t, p, e)
		return len(data)
	}
	none := size(domain.CommandID{})
	assert.Equal(t, none, size(domain.CommandID(id)))
	assert.Equal(t, none+10, size(domain.CommandID{1, 2, 3, 4, 5, 6, 99}))
	assert.Equal(t, none+16, size(domain.CommandID{99}))
	assert.Equal(t, none+1, size(domain.CommandID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17}))
}

// Names and births never come into the dictionary: what has to be forgotten is
// kept in one place.
func TestPackPersonal(t *testing.T) {
	p := newPacker(newDictionary())
	for range 300 {
		packed(t, p, domaintest.Event("member/ana", "2024-01-01", domain.BirthRecorded{
			Personal: &domain.Personal{Name: "Ana of the Long Name", Birth: calendar.Date{Year: 1960, Month: 2, Day: 29}},
		}))
	}
	assert.NotContains(t, string(p.dict.append(nil)), "Ana of the Long Name")
}

// A text gets a number once its copies took more room than an entry would.
func TestPackWorth(t *testing.T) {
	for _, tt := range []struct{ length, times int }{{1, 0}, {2, 0}, {3, 35}, {10, 6}, {40, 2}, {100, 2}} {
		p := newPacker(newDictionary())
		text, got := strings.Repeat("x", tt.length), 0
		for n := 1; n <= 1000 && got == 0; n++ {
			if data := p.text(nil, text, textOften); data[0]&1 != 0 {
				got = n
			}
		}
		assert.Equal(t, tt.times, got, "%d characters", tt.length)
	}

	// Many that come once do not keep out one that comes often, and do not get in.
	p := newPacker(newDictionary())
	for n := range 3 * packSeen {
		p.text(nil, fmt.Sprintf("once-%d", n), textOften)
		if n%100 == 0 {
			p.text(nil, "desk/arandia", textOften)
		}
	}
	_, found := find(p.dict, hashOf("desk/arandia"), "desk/arandia")
	assert.True(t, found)
	assert.Less(t, p.dict.len(), 10)
}

func TestDictionary(t *testing.T) {
	const texts = 5*chunkLen + 7
	d := newDictionary()
	for n := range uint32(texts) {
		require.Equal(t, n, d.intern(fmt.Sprint("text ", n)))
	}
	for n := range uint32(texts) {
		require.Equal(t, n, d.intern(fmt.Sprint("text ", n)))
		require.Equal(t, fmt.Sprint("text ", n), d.text(n))
	}
	assert.Equal(t, texts, d.len())
	assert.Empty(t, d.text(texts))
	assert.Equal(t, uint32(texts), d.intern(""))

	data := d.append([]byte("before"))
	again, rest, err := readDictionary(append(data[len("before"):], "after"...))
	require.NoError(t, err)
	assert.Equal(t, "after", string(rest))
	assert.Equal(t, data, again.append([]byte("before")))
	for cut := range 300 {
		_, _, err := readDictionary(data[len("before") : len("before")+cut])
		require.ErrorIs(t, err, errDictionary)
	}
	head := binary.BigEndian.AppendUint64(nil, packedAs)
	_, _, err = readDictionary(append(head, "\x02\x01a\x01a"...))
	require.EqualError(t, err, "text 1 of 2 is that of 0: this is not a dictionary: build the snapshot again from the log")
	head[7]++
	_, _, err = readDictionary(append(head, 0))
	require.ErrorIs(t, err, errPackedAs)
}

// Readers find the text of every number that they learned of while one writes.
func TestDictionaryWhileWriting(t *testing.T) {
	d := newDictionary()
	numbers := make(chan uint32, 64)
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for n := range numbers {
				assert.Equal(t, fmt.Sprint("text ", n), d.text(n))
				assert.Equal(t, fmt.Sprint("text ", n/2), d.text(n/2))
			}
		})
	}
	for n := range uint32(20 * chunkLen) {
		numbers <- d.intern(fmt.Sprint("text ", n))
	}
	close(numbers)
	readers.Wait()
}

// Many goroutines unpack the same events.
func TestUnpackTogether(t *testing.T) {
	p := newPacker(newDictionary())
	all := goldens(t)
	var data [][]byte
	for _, e := range all {
		data = append(data, packed(t, p, e))
	}
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for i, e := range all {
				got, _, err := p.dict.unpackEvent(data[i])
				assert.NoError(t, err)
				assert.Equal(t, e.Event, got)
			}
		})
	}
	readers.Wait()
}

// FuzzUnpack says that bytes that were never packed are refused or say
// something, in no more room than they take themselves, times a constant.
func FuzzUnpack(f *testing.F) {
	p := newPacker(newDictionary())
	for range 3 {
		for _, e := range goldens(f) {
			data, err := p.pack(nil, e)
			require.NoError(f, err)
			f.Add(data)
		}
	}
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 64))
	f.Fuzz(func(t *testing.T, data []byte) {
		event, effective, err := p.dict.unpackEvent(data)
		if err != nil {
			assert.ErrorIs(t, err, errPacked)
			assert.Nil(t, event)
		} else {
			require.NotNil(t, event)
			assert.Equal(t, event.Type(), packedZero(data).Type())
		}
		e, err := p.dict.unpack(data)
		if err != nil {
			assert.ErrorIs(t, err, errPacked)
			return
		}
		assert.Equal(t, event, e.Event)
		assert.Equal(t, effective, e.Effective)
		assert.LessOrEqual(t, room(reflect.ValueOf(event)), 1000+200*len(data))

		// What came out can be packed, and then says the same, unless no codec
		// would have read it.
		again, err := newPacker(p.dict).pack(nil, e)
		if err != nil {
			return
		}
		same, err := p.dict.unpack(again)
		require.NoError(t, err)
		once, err := newPacker(p.dict).pack(nil, same)
		require.NoError(t, err)
		assert.Equal(t, again, once)
	})
}

// room is about how many bytes a value takes besides texts.
func room(v reflect.Value) int {
	n := int(v.Type().Size())
	switch v.Kind() {
	case reflect.Slice:
		n += v.Len() * int(v.Type().Elem().Size())
	case reflect.Map:
		n += v.Len() * 100
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			n += room(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			n += room(v.Field(i))
		}
	}
	return n
}

func FuzzReadDictionary(f *testing.F) {
	d := newDictionary()
	for _, text := range []string{"desk/1", "", "member/ana"} {
		d.intern(text)
	}
	f.Add(d.append(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, rest, err := readDictionary(data)
		if err != nil {
			assert.True(t, errors.Is(err, errDictionary) || errors.Is(err, errPackedAs), err)
			return
		}
		again, _, err := readDictionary(d.append(nil))
		require.NoError(t, err)
		assert.Equal(t, d.append(nil), again.append(nil))
		assert.LessOrEqual(t, len(rest), len(data))
	})
}

// Numbers are read as package binary reads them.
func TestUnpackNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.OneOf(
			rapid.SliceOfN(rapid.Byte(), 0, 12),
			rapid.Map(rapid.SliceOfN(rapid.ByteMin(0x7e), 0, 12), func(b []byte) []byte { return append(b, 1) }),
			rapid.Map(rapid.Uint64(), func(n uint64) []byte { return binary.AppendUvarint(nil, n) }),
		).Draw(t, "data")
		want, size := binary.Uvarint(data)
		u := unpacker{data: data}
		got := u.uint()
		if size <= 0 {
			assert.True(t, u.bad)
			return
		}
		assert.False(t, u.bad)
		assert.Equal(t, want, got)
		assert.Equal(t, size, u.at)
	})
}

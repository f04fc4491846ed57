package calendar_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain/calendar"
)

func TestParseWhen(t *testing.T) {
	for _, c := range []struct {
		text string
		at   string
		want string // as String writes it, if not as text
	}{
		{"2025-01-10", "2025-01-10T05:00:00Z", "2025-01-10 America/New_York"},
		{"2025-01-10 America/Chicago", "2025-01-10T06:00:00Z", ""},
		{"2025-01-10 UTC", "2025-01-10T00:00:00Z", ""},
		{"2025-01-10T16:00 America/Chicago", "2025-01-10T22:00:00Z", ""},
		{"2025-01-10T16:00:00 America/Chicago", "2025-01-10T22:00:00Z", "2025-01-10T16:00 America/Chicago"},
		{"2025-01-10T16:00:07 America/Chicago", "2025-01-10T22:00:07Z", ""},
		{"2025-01-10T16:00:07.25 America/Chicago", "2025-01-10T22:00:07.25Z", ""},
		{"2025-01-10T16:00:07.000001 America/Chicago", "2025-01-10T22:00:07.000001Z", ""},
		{"2025-01-10T24:00 America/Chicago", "2025-01-11T06:00:00Z", "2025-01-11T00:00 America/Chicago"},
		{"2025-01-10T16:00 UTC", "2025-01-10T16:00:00Z", ""},
		{"2025-01-10T16:00:00Z", "2025-01-10T16:00:00Z", ""},
		{"2025-01-10T16:00Z", "2025-01-10T16:00:00Z", "2025-01-10T16:00:00Z"},
		{"2025-01-10T16:00:00-06:00", "2025-01-10T22:00:00Z", "2025-01-10T22:00:00Z"},
		{"2025-01-10T16:00-06:00", "2025-01-10T22:00:00Z", "2025-01-10T22:00:00Z"},
		{"2025-01-10T16:00:00.500+05:45", "2025-01-10T10:15:00.5Z", "2025-01-10T10:15:00.5Z"},
		{"2025-01-10T24:00Z", "2025-01-11T00:00:00Z", "2025-01-11T00:00:00Z"},
		{"2025-01-10T00:00-00:00", "2025-01-10T00:00:00Z", "2025-01-10T00:00:00Z"},
		// a date has a first instant even if 00:00 was skipped; so has the day after 24:00
		{"2018-11-04 America/Sao_Paulo", "2018-11-04T03:00:00Z", ""},
		{"2018-11-03T24:00 America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-04T01:00 America/Sao_Paulo"},
		{"2011-12-30 Pacific/Apia", "2011-12-30T10:00:00Z", ""},
		{"1990-10-27T24:00 America/St_Johns", "1990-10-28T02:30:00Z", ""},
		{"1700-01-01", "1700-01-01T04:56:02Z", "1700-01-01 America/New_York"},
		{"2300-12-31T23:59:59.999999Z", "2300-12-31T23:59:59.999999Z", ""},
	} {
		when, err := calendar.ParseWhen(c.text, zone(t, "America/New_York"))
		if !assert.NoError(t, err) {
			continue
		}
		want := c.want
		if want == "" {
			want = c.text
		}
		assert.Equal(t, want, when.String(), c.text)
		assert.Equal(t, c.at, calendar.FormatInstant(when.At), c.text)
		assert.Equal(t, !strings.Contains(c.text[:min(11, len(c.text))], "T"), when.HasDate, c.text)
	}
}

func TestParseWhenFields(t *testing.T) {
	office := zone(t, "America/New_York")
	for text, want := range map[string]calendar.When{
		"2025-01-10":                       {At: time.Date(2025, 1, 10, 5, 0, 0, 0, time.UTC), Date: date(t, "2025-01-10"), HasDate: true, Zone: "America/New_York"},
		"2025-01-10 Asia/Tokyo":            {At: time.Date(2025, 1, 9, 15, 0, 0, 0, time.UTC), Date: date(t, "2025-01-10"), HasDate: true, Zone: "Asia/Tokyo"},
		"2025-01-10T16:00 America/Chicago": {At: time.Date(2025, 1, 10, 22, 0, 0, 0, time.UTC), Zone: "America/Chicago"},
		"2025-01-10T16:00-06:00":           {At: time.Date(2025, 1, 10, 22, 0, 0, 0, time.UTC)},
	} {
		got, err := calendar.ParseWhen(text, office)
		require.NoError(t, err)
		assert.True(t, got == want, "%s: got %+v, want %+v", text, got, want)
	}
}

func TestParseWhenErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `no date or time given: write a date as in 2025-05-31 or a time as in 2025-05-31T16:00Z`},
		{"now", `"now" is not a date: write year, month and day as in 2025-05-31`},
		{"2025-01-10T16:00", `"2025-01-10T16:00": a time of day needs an offset or a zone: write 2025-01-10T16:00Z for UTC, 2025-01-10T16:00-05:00 with an offset, or "2025-01-10T16:00 America/New_York" with a zone`},
		{"2025-07-10T16:00", `"2025-07-10T16:00": a time of day needs an offset or a zone: write 2025-07-10T16:00Z for UTC, 2025-07-10T16:00-04:00 with an offset, or "2025-07-10T16:00 America/New_York" with a zone`},
		{"2025-01-10 16:00", `"2025-01-10 16:00": write a T, not a space, between date and time`},
		{"2025-01-10t16:00z", `"2025-01-10t16:00z" is not a date: write year, month and day as in 2025-05-31`},
		{"2025-01-10 ", `"2025-01-10 " ends in a space: leave it out, or write a zone after it`},
		{" 2025-01-10", `"" is not a date: write year, month and day as in 2025-05-31`},
		{"2025-01-10  America/Chicago", `"2025-01-10  America/Chicago": there is no time zone " America/Chicago": did you mean America/Chicago?`},
		{"2025-01-10 America/Chicgo", `"2025-01-10 America/Chicgo": there is no time zone "America/Chicgo": did you mean America/Chicago?`},
		{"2025-01-10Z", `"2025-01-10Z" is not a date: write year, month and day as in 2025-05-31`},
		{"2025-01-10T", `"2025-01-10T": "" is not a time of day: write hours and minutes as in 16:00`},
		{"2025-01-10T16Z", `"2025-01-10T16Z": "16" is not a time of day: write hours and minutes as in 16:00`},
		{"2025-01-10T1600Z", `"2025-01-10T1600Z": "1600" is not a time of day: write hours and minutes as in 16:00`},
		{"2025-01-10T16:00Z America/Chicago", `"2025-01-10T16:00Z America/Chicago" has both an offset and a zone: write one of them`},
		{"2025-01-10T16:00Zulu", `"2025-01-10T16:00Zulu": "Zulu" is not an offset: write Z, or hours and minutes as in -06:00`},
		{"2025-01-10T16:00-0600", `"2025-01-10T16:00-0600": "-0600" is not an offset: write Z, or hours and minutes as in -06:00`},
		{"2025-01-10T16:00-6", `"2025-01-10T16:00-6": "-6" is not an offset: write Z, or hours and minutes as in -06:00`},
		{"2025-01-10T16:00-24:00", `"2025-01-10T16:00-24:00": no clock is -24:00 away from UTC`},
		{"2025-01-10T16:00:00.1234567Z", `"2025-01-10T16:00:00.1234567Z": ":00.1234567" is finer than a microsecond: write at most six digits`},
		{"2025-01-10T16:00:00.Z", `"2025-01-10T16:00:00.Z": ":00." after the minutes is not understood: write seconds as in :30 or :30.25, then Z, an offset or a space and a zone`},
		{"2025-01-10T16:00pm", `"2025-01-10T16:00pm": "pm" after the minutes is not understood: write seconds as in :30 or :30.25, then Z, an offset or a space and a zone`},
		{"2025-01-10T24:01Z", `"2025-01-10T24:01Z": the day ends at 24:00, and there is no 24:01`},
		{"2025-01-10T25:00Z", `"2025-01-10T25:00Z": there is no hour 25`},
		{"2025-01-10T16:60Z", `"2025-01-10T16:60Z": there is no minute 60`},
		{"2025-01-10T16:00:61Z", `"2025-01-10T16:00:61Z": there is no second 61`},
		{"2016-12-31T23:59:60Z", `"2016-12-31T23:59:60Z": leap seconds are not kept: write the second before or after`},
		{"1600-01-01", `"1600-01-01": the year 1600 is not between 1700 and 2300`},
		{"1700-01-01T00:00+05:00", `"1700-01-01T00:00+05:00": the year is not between 1700 and 2300`},
		{"2300-12-31T24:00Z", `"2300-12-31T24:00Z": the year is not between 1700 and 2300`},
		{"2300-12-31T24:00 Asia/Tokyo", `"2300-12-31T24:00 Asia/Tokyo": the year is not between 1700 and 2300`},
		{"2018-11-04T00:00 America/Sao_Paulo", `2018-11-04T00:00 does not exist in America/Sao_Paulo, where the clock was put forward over it from UTC-03:00 to UTC-02:00: write 2018-11-04T00:00-03:00 or 2018-11-04T00:00-02:00`},
	} {
		when, err := calendar.ParseWhen(c.text, zone(t, "America/New_York"))
		assert.EqualError(t, err, c.want, c.text)
		assert.Zero(t, when)
	}
}

func TestParseWhenErrorKinds(t *testing.T) {
	_, err := calendar.ParseWhen("2025-01-10T16:00", calendar.UTC)
	assert.ErrorIs(t, err, calendar.ErrNoZone)
	_, err = calendar.ParseWhen("2025-01-10 Chicago", calendar.UTC)
	zoneErr, ok := errors.AsType[*calendar.ZoneError](err)
	require.True(t, ok)
	assert.Equal(t, []string{"America/Chicago"}, zoneErr.Near)
	_, err = calendar.ParseWhen("2025-03-09T02:30 America/New_York", calendar.UTC)
	_, ok = errors.AsType[*calendar.GapError](err)
	assert.True(t, ok)
	_, err = calendar.ParseWhen("2025-11-02T01:30 America/New_York", calendar.UTC)
	_, ok = errors.AsType[*calendar.FoldError](err)
	assert.True(t, ok)
}

// What a FoldError and a GapError tell people to write is understood.
func TestRemedies(t *testing.T) {
	for _, text := range []string{
		"2025-03-09T02:30 America/New_York", "2025-11-02T01:30:07.5 America/New_York", "2025-01-10T16:00",
		"1883-11-18T12:01 America/New_York", "2011-12-30T12:00 Pacific/Apia", "1800-01-10T16:00",
	} {
		_, err := calendar.ParseWhen(text, zone(t, "America/New_York"))
		require.Error(t, err)
		_, remedy, _ := strings.Cut(err.Error(), "write ")
		n := 0
		for word := range strings.FieldsSeq(remedy) {
			word = strings.Trim(word, `,"`)
			if strings.HasPrefix(word, text[:4]) && len(word) > len("2025-01-10T16:00") {
				_, err := calendar.ParseWhen(word, calendar.UTC)
				assert.NoError(t, err)
				n++
			}
		}
		assert.Equal(t, 2, n, remedy)
	}
}

func TestWhenString(t *testing.T) {
	// No text makes this one: 01:30 happened twice, and a zone cannot tell which.
	twice := calendar.When{At: time.Date(2025, 11, 2, 5, 30, 0, 0, time.UTC), Zone: "America/New_York"}
	assert.Equal(t, "2025-11-02T05:30:00Z", twice.String())
	assert.Equal(t, "0001-01-01T00:00:00Z", calendar.When{}.String())
	assert.Equal(t, "2025-11-02T05:30:00Z", calendar.When{At: twice.At, Zone: "Nowhere"}.String())
}

func TestWhenRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z, office, other := zones.Draw(t, "zone"), zones.Draw(t, "office"), zones.Draw(t, "other office")
		text := dates.Draw(t, "date").String()
		if rapid.Bool().Draw(t, "has time") {
			text += "T" + rapid.SampledFrom([]string{"00:00", "00:30", "01:00", "02:30", "16:00", "23:30", "24:00", "24:00", "23:59:59", "16:00:00.5", "16:00:07.000001"}).Draw(t, "time")
			text += rapid.SampledFrom([]string{"", "Z", "-06:00", "+05:45", " " + z.String(), " " + z.String()}).Draw(t, "suffix")
		} else if rapid.Bool().Draw(t, "has zone") {
			text += " " + z.String()
		}
		requireRoundTrip(t, text, office, other)
	})
}

// requireRoundTrip checks that whatever text means in one office, its String
// means in any other.
func requireRoundTrip(t require.TestingT, text string, office, other calendar.Zone) {
	when, err := calendar.ParseWhen(text, office)
	if err != nil {
		require.Zero(t, when)
		require.NotEmpty(t, err.Error())
		return
	}
	again, err := calendar.ParseWhen(when.String(), other)
	require.NoError(t, err)
	require.True(t, when == again, "%s: %+v became %s: %+v", text, when, when, again)
	require.Equal(t, calendar.Instant(when.At), when.At)
}

func FuzzParseWhen(f *testing.F) {
	for _, text := range []string{
		"2025-01-10", "2025-01-10 America/Chicago", "2025-01-10T16:00 America/Chicago", "2025-01-10T16:00:00.123456Z",
		"2025-01-10T16:00:00-06:00", "2025-01-10T24:00Z", "1990-10-27T24:00 America/St_Johns", "2018-11-04T00:00 America/Sao_Paulo",
		"2011-12-30T12:00 Pacific/Apia", "2300-12-31T24:00Z", "2025-01-10T16:00", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		requireRoundTrip(t, text, zone(t, "America/New_York"), zone(t, "Pacific/Apia"))
		if known, err := calendar.ParseKnown(text, calendar.UTC); err == nil {
			require.Equal(t, !known.Exclusive, known.Includes(known.Bound))
		}
	})
}

func TestParseInstant(t *testing.T) {
	at, err := calendar.ParseInstant("2025-01-10", zone(t, "Asia/Tokyo"))
	require.NoError(t, err)
	assert.Equal(t, "2025-01-09T15:00:00Z", calendar.FormatInstant(at))
	_, err = calendar.ParseInstant("2025-01-10T00:00", calendar.UTC)
	assert.ErrorIs(t, err, calendar.ErrNoZone)
}

func TestInstant(t *testing.T) {
	at := time.Date(2025, 1, 10, 16, 0, 0, 120_000_999, zone(t, "America/Chicago").Location())
	assert.Equal(t, "2025-01-10T22:00:00.12Z", calendar.FormatInstant(at))
	assert.True(t, calendar.Instant(at) == time.Date(2025, 1, 10, 22, 0, 0, 120_000_000, time.UTC))
	before1970 := time.Date(1950, 1, 1, 0, 0, 0, 1_999, time.UTC)
	assert.Equal(t, "1950-01-01T00:00:00.000001Z", calendar.FormatInstant(before1970))
	assert.Equal(t, "2025-01-10T22:00:00Z", calendar.FormatInstant(time.Date(2025, 1, 10, 22, 0, 0, 999, time.UTC)))
}

func TestParseKnown(t *testing.T) {
	office := zone(t, "America/New_York")
	for _, c := range []struct {
		text, bound string
		exclusive   bool
	}{
		{"2025-01-10", "2025-01-11T05:00:00Z", true},
		{"2025-11-02", "2025-11-03T05:00:00Z", true}, // 25 hours long
		{"2025-01-10 Asia/Tokyo", "2025-01-10T15:00:00Z", true},
		{"2018-11-03 America/Sao_Paulo", "2018-11-04T03:00:00Z", true},
		{"2025-01-10T16:00Z", "2025-01-10T16:00:00Z", false},
		{"2025-01-10T24:00Z", "2025-01-11T00:00:00Z", false},
	} {
		known, err := calendar.ParseKnown(c.text, office)
		require.NoError(t, err)
		assert.Equal(t, c.bound, calendar.FormatInstant(known.Bound), c.text)
		assert.Equal(t, c.exclusive, known.Exclusive, c.text)
		assert.True(t, known.Includes(known.Bound.Add(-time.Microsecond)))
		assert.Equal(t, !c.exclusive, known.Includes(known.Bound))
		assert.False(t, known.Includes(known.Bound.Add(time.Microsecond)))
	}
	_, err := calendar.ParseKnown("yesterday", office)
	assert.Error(t, err)
}

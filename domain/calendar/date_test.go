package calendar_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain/calendar"
)

func date(t require.TestingT, text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	require.NoError(t, err)
	return d
}

// dates are biased: ends of months, leap days and the days around them come often.
var dates = rapid.Custom(func(t *rapid.T) calendar.Date {
	year := rapid.OneOf(rapid.IntRange(1700, 2300), rapid.SampledFrom([]int{1844, 1900, 1970, 2000, 2011, 2018, 2024, 2025, 2100})).Draw(t, "year")
	d := calendar.Date{Year: year, Month: time.Month(rapid.IntRange(1, 12).Draw(t, "month")), Day: 1}
	if rapid.Bool().Draw(t, "end of month") {
		return d.AddMonths(1).AddDays(-1)
	}
	return d.AddMonths(1).AddDays(-rapid.IntRange(1, 28).Draw(t, "days before the end"))
})

func TestParseDate(t *testing.T) {
	got := date(t, "2025-05-31")
	assert.Equal(t, calendar.Date{Year: 2025, Month: time.May, Day: 31}, got)
	assert.Equal(t, "2025-05-31", got.String())

	for text, want := range map[string]string{
		"":              `"" is not a date: write year, month and day as in 2025-05-31`,
		"2025-5-31":     `"2025-5-31" is not a date: write year, month and day as in 2025-05-31`,
		"2025/05/31":    `"2025/05/31" is not a date: write year, month and day as in 2025-05-31`,
		"31-05-2025":    `"31-05-2025" is not a date: write year, month and day as in 2025-05-31`,
		"2025-05-31 ":   `"2025-05-31 " is not a date: write year, month and day as in 2025-05-31`,
		"2025-+5-31":    `"2025-+5-31" is not a date: write year, month and day as in 2025-05-31`,
		"2025-00-10":    `"2025-00-10": there is no month 00`,
		"2025-13-10":    `"2025-13-10": there is no month 13`,
		"2025-02-29":    `"2025-02-29": February 2025 has days 01 to 28`,
		"2024-02-30":    `"2024-02-30": February 2024 has days 01 to 29`,
		"1900-02-29":    `"1900-02-29": February 1900 has days 01 to 28`,
		"2025-04-00":    `"2025-04-00": April 2025 has days 01 to 30`,
		"1699-12-31":    `"1699-12-31": the year 1699 is not between 1700 and 2300`,
		"2301-01-01":    `"2301-01-01": the year 2301 is not between 1700 and 2300`,
		"٢٠٢٥-05":       `"٢٠٢٥-05" is not a date: write year, month and day as in 2025-05-31`,
		"\x002025-5-31": `"\x002025-5-31" is not a date: write year, month and day as in 2025-05-31`,
	} {
		_, err := calendar.ParseDate(text)
		assert.EqualError(t, err, want)
	}
}

func TestDateArithmetic(t *testing.T) {
	for _, c := range []struct {
		from          string
		years, months int
		want          string
	}{
		{"2024-02-29", 0, 24, "2026-02-28"},
		{"2024-02-29", 2, 0, "2026-02-28"},
		{"2024-02-29", 4, 0, "2028-02-29"},
		{"2096-02-29", 4, 0, "2100-02-28"},
		{"2024-01-31", 0, 1, "2024-02-29"},
		{"2025-01-31", 0, 1, "2025-02-28"},
		{"2025-01-31", 0, 3, "2025-04-30"},
		{"2025-12-31", 0, 2, "2026-02-28"},
		{"2025-03-31", 0, -1, "2025-02-28"},
		{"2025-01-31", 0, -2, "2024-11-30"},
		{"2025-01-15", 0, -1, "2024-12-15"},
		{"2025-01-15", 0, -13, "2023-12-15"},
		{"2025-06-15", 0, 0, "2025-06-15"},
	} {
		assert.Equal(t, c.want, date(t, c.from).AddYears(c.years).AddMonths(c.months).String(), "%+v", c)
	}
	assert.Equal(t, "2024-02-29", date(t, "2024-02-28").AddDays(1).String())
	assert.Equal(t, "2025-03-01", date(t, "2025-02-28").AddDays(1).String())
	assert.Equal(t, "2024-12-31", date(t, "2025-01-01").AddDays(-1).String())
	assert.Equal(t, 366, date(t, "2025-01-01").DaysSince(date(t, "2024-01-01")))
}

func TestAge(t *testing.T) {
	for _, c := range []struct {
		born, on string
		want     int
	}{
		{"2004-05-31", "2025-05-30", 20},
		{"2004-05-31", "2025-05-31", 21},
		{"2004-02-29", "2025-02-27", 20},
		{"2004-02-29", "2025-02-28", 21},
		{"2004-02-29", "2024-02-28", 19},
		{"2004-02-29", "2024-02-29", 20},
		{"2025-05-31", "2025-05-31", 0},
		{"2025-05-31", "2025-05-30", -1},
		{"2025-12-31", "2026-01-01", 0},
	} {
		assert.Equal(t, c.want, calendar.Age(date(t, c.born), date(t, c.on)), "%+v", c)
	}
}

func TestDateText(t *testing.T) {
	type doc struct {
		Born  calendar.Date `json:"born"`
		Ended calendar.Date `json:"ended,omitzero"`
		Due   calendar.Date `json:"due"`
	}
	in := doc{Born: date(t, "2004-02-29")}
	text, err := json.Marshal(in)
	require.NoError(t, err)
	assert.JSONEq(t, `{"born":"2004-02-29","due":""}`, string(text))
	var out doc
	require.NoError(t, json.Unmarshal(text, &out))
	assert.Equal(t, in, out)

	_, err = json.Marshal(calendar.Date{Year: 2025, Month: 2, Day: 30})
	assert.Error(t, err)
	assert.Error(t, json.Unmarshal([]byte(`{"born":"2025-02-30"}`), &out))
}

func TestDateProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, e := dates.Draw(t, "d"), dates.Draw(t, "e")
		n := rapid.IntRange(-2000, 2000).Draw(t, "n")

		require.Equal(t, d, date(t, d.String()))
		require.Equal(t, d, d.AddDays(n).AddDays(-n))
		require.Equal(t, n, d.AddDays(n).DaysSince(d))
		require.Equal(t, d, e.AddDays(d.DaysSince(e)))
		require.Equal(t, d.DaysSince(e) < 0, d.Before(e))
		require.Equal(t, d.DaysSince(e) > 0, d.After(e))
		require.Equal(t, d == e, d.Compare(e) == 0)

		later := d.AddMonths(n)
		require.Equal(t, n, (later.Year-d.Year)*12+int(later.Month-d.Month), "clamping stays in the month")
		require.LessOrEqual(t, later.Day, d.Day)
		if later.Day < d.Day {
			require.Equal(t, 1, later.AddDays(1).Day, "only to the last of the month")
		}
		if !d.After(e) {
			require.False(t, d.AddMonths(n).After(e.AddMonths(n)), "adding months keeps the order")
		}
	})
}

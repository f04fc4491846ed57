package calendar_test

import (
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain/calendar"
)

func zone(t require.TestingT, name string) calendar.Zone {
	z, err := calendar.LoadZone(name)
	require.NoError(t, err)
	return z
}

// zones are biased to those with changes at midnight, skipped days and odd offsets.
var zones = rapid.Custom(func(t *rapid.T) calendar.Zone {
	name := rapid.OneOf(
		rapid.SampledFrom(calendar.Zones()),
		rapid.SampledFrom([]string{
			"UTC", "America/New_York", "America/Sao_Paulo", "Africa/Cairo", "Pacific/Apia", "America/St_Johns",
			"Asia/Manila", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu", "Europe/Dublin", "Africa/Casablanca",
		}),
	).Draw(t, "zone")
	return zone(t, name)
})

func TestLoadZone(t *testing.T) {
	z := zone(t, "America/Chicago")
	assert.Equal(t, "America/Chicago", z.String())
	assert.Equal(t, z, zone(t, "America/Chicago"))
	assert.True(t, z == zone(t, "America/Chicago"))
	assert.True(t, calendar.UTC == zone(t, "UTC"))
	assert.Equal(t, "UTC", calendar.Zone{}.String())

	for name, want := range map[string]string{
		"":                `no time zone given: name one, such as "America/New_York" or "UTC"`,
		"Local":           `"Local" is a different zone on every machine: name one, such as "America/New_York" or "UTC"`,
		"america/chicago": `there is no time zone "america/chicago": did you mean America/Chicago?`,
		"America/NewYork": `there is no time zone "America/NewYork": did you mean America/New_York?`,
		"Amerca/Chicgo":   `there is no time zone "Amerca/Chicgo": did you mean America/Chicago?`,
		"Chicago":         `there is no time zone "Chicago": did you mean America/Chicago?`,
		"utc":             `there is no time zone "utc": did you mean UTC?`,
		"Europe/Pariss":   `there is no time zone "Europe/Pariss": did you mean Europe/Paris?`,
		"XXQ":             `there is no time zone "XXQ": names are like America/New_York or UTC`,
		"../etc/passwd":   `there is no time zone "../etc/passwd": names are like America/New_York or UTC`,
	} {
		_, err := calendar.LoadZone(name)
		assert.EqualError(t, err, want)
		assert.IsType(t, &calendar.ZoneError{}, err)
	}
}

func TestLoadZoneTogether(t *testing.T) {
	var wg sync.WaitGroup
	got := make([]calendar.Zone, 64)
	for i := range got {
		wg.Go(func() { got[i], _ = calendar.LoadZone([]string{"Europe/Oslo", "Asia/Tokyo"}[i%2]) })
	}
	wg.Wait()
	for i, z := range got {
		assert.True(t, z == got[i%2])
	}
}

func TestEveryZoneLoads(t *testing.T) {
	names := calendar.Zones()
	assert.True(t, slices.IsSorted(names))
	assert.Greater(t, len(names), 500)
	names[0] = "changed" // the caller's copy
	assert.NotEqual(t, "changed", calendar.Zones()[0])
	for _, name := range calendar.Zones() {
		assert.Equal(t, name, zone(t, name).String())
	}
}

func TestZoneText(t *testing.T) {
	var z calendar.Zone
	require.NoError(t, json.Unmarshal([]byte(`"Asia/Tokyo"`), &z))
	text, err := json.Marshal(z)
	require.NoError(t, err)
	assert.Equal(t, `"Asia/Tokyo"`, string(text))
	assert.Error(t, json.Unmarshal([]byte(`"Asia/Tokio"`), &z))
}

func TestMidnight(t *testing.T) {
	for _, c := range []struct {
		zone, date string
		want       string
		hours      float64 // length of the day
	}{
		{"UTC", "2025-01-10", "2025-01-10T00:00:00Z", 24},
		{"America/New_York", "2025-01-10", "2025-01-10T05:00:00Z", 24},
		{"America/New_York", "2025-03-09", "2025-03-09T05:00:00Z", 23},
		{"America/New_York", "2025-11-02", "2025-11-02T04:00:00Z", 25},
		{"America/New_York", "2250-07-01", "2250-07-01T04:00:00Z", 24}, // by the rule, past the table
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", 23},
		{"America/Sao_Paulo", "2019-02-16", "2019-02-16T02:00:00Z", 25},
		{"Africa/Cairo", "2023-04-28", "2023-04-27T22:00:00Z", 23},
		{"America/Havana", "2024-11-03", "2024-11-03T04:00:00Z", 25},   // 00:00 twice: the earlier
		{"America/St_Johns", "1990-10-28", "1990-10-28T02:30:00Z", 25}, // 00:01 became 23:01 of the 27th
		{"Australia/Lord_Howe", "2025-10-05", "2025-10-04T13:30:00Z", 23.5},
		{"Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z", 24},
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", 0}, // there was no such day
		{"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z", 24},
		{"America/New_York", "2024-12-31", "2024-12-31T05:00:00Z", 24}, // where Time.ZoneBounds errs
		{"America/New_York", "2025-01-01", "2025-01-01T05:00:00Z", 24},
		{"Asia/Kathmandu", "2025-06-01", "2025-05-31T18:15:00Z", 24},
	} {
		z, d := zone(t, c.zone), date(t, c.date)
		got := z.Midnight(d)
		assert.Equal(t, c.want, calendar.FormatInstant(got), "%+v", c)
		assert.Equal(t, c.hours, z.Midnight(d.AddDays(1)).Sub(got).Hours(), "%+v", c)
		assert.Equal(t, time.UTC, got.Location())
	}
}

func TestMidnightProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z, d := zones.Draw(t, "zone"), dates.Draw(t, "date")
		midnight := z.Midnight(d)
		require.False(t, z.DateOf(midnight).Before(d), "it has begun")
		require.False(t, z.Midnight(d.AddDays(1)).Before(midnight), "midnights keep their order")
		require.True(t, z.DateOf(midnight.Add(-1)).Before(d), "it had not begun a moment before")
		for range 20 {
			ago := time.Duration(rapid.Int64Range(1, int64(60*time.Hour)).Draw(t, "ago"))
			require.True(t, z.DateOf(midnight.Add(-ago)).Before(d), "nor %s before", ago)
		}
	})
}

func TestAt(t *testing.T) {
	for _, c := range []struct {
		zone, date   string
		hour, minute int
		want         string
	}{
		{"America/New_York", "2025-03-09", 1, 59, "2025-03-09T06:59:00Z"},
		{"America/New_York", "2025-03-09", 3, 0, "2025-03-09T07:00:00Z"},
		{"America/New_York", "2025-03-09", 2, 30, "2025-03-09T02:30 does not exist in America/New_York, where the clock was put forward over it from UTC-05:00 to UTC-04:00: write 2025-03-09T02:30-05:00 or 2025-03-09T02:30-04:00"},
		{"America/New_York", "2025-11-02", 0, 59, "2025-11-02T04:59:00Z"},
		{"America/New_York", "2025-11-02", 2, 0, "2025-11-02T07:00:00Z"},
		{"America/New_York", "2025-11-02", 1, 0, "2025-11-02T01:00 happened twice in America/New_York, where the clock was put back over it from UTC-04:00 to UTC-05:00: write 2025-11-02T01:00-04:00 for the first or 2025-11-02T01:00-05:00 for the second"},
		{"Pacific/Apia", "2011-12-30", 12, 0, "2011-12-30T12:00 does not exist in Pacific/Apia, where the clock was put forward over it from UTC-10:00 to UTC+14:00: write 2011-12-30T12:00-10:00 or 2011-12-30T12:00+14:00"},
		{"America/New_York", "1883-11-18", 12, 1, "1883-11-18T12:01 happened twice in America/New_York, where the clock was put back over it from UTC-04:56:02 to UTC-05:00: write 1883-11-18T16:57:02Z for the first or 1883-11-18T12:01-05:00 for the second"},
		{"UTC", "2025-01-10", 24, 0, "there is no time of day 24:00:00 and 0 ns"},
		{"UTC", "2025-01-10", -1, 0, "there is no time of day -1:00:00 and 0 ns"},
	} {
		at, err := zone(t, c.zone).At(date(t, c.date), c.hour, c.minute, 0, 0)
		if err != nil {
			assert.EqualError(t, err, c.want)
			continue
		}
		assert.Equal(t, c.want, calendar.FormatInstant(at), "%+v", c)
	}
}

// Whatever At says about a local time, walking through the zone's clock agrees.
func TestAtProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z, d := zones.Draw(t, "zone"), dates.Draw(t, "date")
		hour, minute := rapid.SampledFrom([]int{0, 0, 1, 2, 3, 12, 23}).Draw(t, "hour"), rapid.SampledFrom([]int{0, 1, 30, 59}).Draw(t, "minute")
		shows := func(at time.Time) bool {
			local := at.In(z.Location())
			return z.DateOf(at) == d && local.Hour() == hour && local.Minute() == minute && local.Second() == 0
		}
		var want []time.Time
		noon := time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC)
		offsets := map[int]bool{}
		for h := -48; h <= 48; h++ {
			_, offset := noon.Add(time.Duration(h) * time.Hour).In(z.Location()).Zone()
			if offsets[offset] {
				continue
			}
			offsets[offset] = true
			at := time.Date(d.Year, d.Month, d.Day, hour, minute, -offset, 0, time.UTC)
			if shows(at) {
				want = append(want, at)
			}
		}
		slices.SortFunc(want, time.Time.Compare)

		at, err := z.At(d, hour, minute, 0, 0)
		if err == nil {
			require.Equal(t, want, []time.Time{at})
		} else if fold, ok := errors.AsType[*calendar.FoldError](err); ok {
			first, second := fold.Instants()
			require.Equal(t, want, []time.Time{first, second})
		} else if gap, ok := errors.AsType[*calendar.GapError](err); ok {
			require.Empty(t, want)
			require.Greater(t, gap.After, gap.Before, "the clock was put forward")
		} else {
			t.Fatal(err)
		}
	})
}

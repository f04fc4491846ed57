package calendar_test

import (
	"fmt"

	"github.com/comity-project/comity/domain/calendar"
)

// A stay of 24 months, and a day of 23 hours.
func Example() {
	office, _ := calendar.LoadZone("America/New_York")

	start, _ := calendar.ParseDate("2024-02-29")
	end := start.AddMonths(24)
	fmt.Println(end, "begins at", calendar.FormatInstant(office.Midnight(end)))

	change, _ := calendar.ParseDate("2025-03-09")
	fmt.Println(change, "lasts", office.Midnight(change.AddDays(1)).Sub(office.Midnight(change)))
	// Output:
	// 2026-02-28 begins at 2026-02-28T05:00:00Z
	// 2025-03-09 lasts 23h0m0s
}

func ExampleParseWhen() {
	office, _ := calendar.LoadZone("America/New_York")
	for _, text := range []string{
		"2025-01-10",
		"2025-01-10T16:00 America/Chicago",
		"2025-01-10T16:00-06:00",
		"2025-01-10T16:00",
	} {
		when, err := calendar.ParseWhen(text, office)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(calendar.FormatInstant(when.At), "from", when)
	}
	// Output:
	// 2025-01-10T05:00:00Z from 2025-01-10 America/New_York
	// 2025-01-10T22:00:00Z from 2025-01-10T16:00 America/Chicago
	// 2025-01-10T22:00:00Z from 2025-01-10T22:00:00Z
	// "2025-01-10T16:00": a time of day needs an offset or a zone: write 2025-01-10T16:00Z for UTC, 2025-01-10T16:00-05:00 with an offset, or "2025-01-10T16:00 America/New_York" with a zone
}

// Package calendar knows dates, time zones and the few ways in which comity
// lets people write a moment down.
//
// It has four nouns. A [Date] is a square on a wall calendar and has no zone.
// A [Zone] says when such a square begins and ends on the world's clock. A
// [When] is a moment as somebody wrote it: an instant, and, if they wrote a
// legal date, that date and its zone. A [Known] is the edge of what had been
// recorded by some time.
//
// Law counts in dates. A stay of 24 months that begins on 29 February 2024
// ends on 28 February 2026, and a day in Washington may last 23 or 25 hours.
// So months and years are clamped to the last day of a shorter month, and a
// day is whatever lies between two midnights of its zone:
//
//	office, _ := calendar.LoadZone("America/New_York")
//	start, _ := calendar.ParseDate("2024-02-29")
//	end := office.Midnight(start.AddMonths(24)) // 2026-02-28T05:00:00Z
//
// # Writing a moment
//
// [ParseWhen] reads one of these forms and nothing else:
//
//	2025-01-10                         00:00 in the office's zone; the date is kept
//	2025-01-10 America/Chicago         00:00 in that zone; the date is kept
//	2025-01-10T16:00 America/Chicago   a local time; the zone is kept
//	2025-01-10T16:00:00Z               RFC 3339, seconds optional; an instant
//	2025-01-10T16:00:00-06:00          the same instant in another dress
//
// Seconds may carry up to six digits of fraction, because comity's instants
// are whole microseconds. The time 24:00 is the end of the day. A local time
// that a change of the clock skipped or repeated is refused with the two ways
// to say what was meant ([GapError], [FoldError]); a date alone is never
// refused for that reason, since every day has a first instant.
//
// # Zone data
//
// Old answers must not change because a machine was updated, so the package
// carries its own copy of the tz database, zoneinfo.zip, and reads no other:
// neither the system's nor one named by the ZONEINFO variable. [Version] says
// which edition it is. To take a newer one, replace zoneinfo.zip by the one
// in a Go distribution's lib/time, and zoneinfo.txt by its version and sum.
package calendar

// Package scenario reads and runs scenarios: texts that say what an office
// learned, in which order, and what it must then answer.
//
//	scenario "an ordinary end of a tour"
//	cite VCDR 39(2); VCDR 43
//
//	state   arandia
//	mission arandia-embassy embassy of arandia
//	member  ana dip.agent at arandia-embassy
//
//	at 2025-05-20
//	when member.functions_ended ana effective=2025-05-31T24:00
//
//	ask ana imm.arrest as_of=2025-06-20 → allowed until=2025-07-01
//	ask ana imm.arrest as_of=2025-07-10 → denied
//
// An analyst writes them, and docs/format/scenario.md is all there is to know
// for it. [Parse] reads a [File] and lists every mistake in it, with its place.
// [Run] founds a history office for each scenario of the file, under the law that
// ships with the program, records what is given line by line, asks, and compares;
// the [Report] lists every answer that was not as expected, beside what it was.
//
// A run touches no clock: the line at sets the time by which events are
// recorded, and ids are made from the text. The same file gives the same answers,
// byte for byte.
package scenario

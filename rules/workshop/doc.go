// Package workshop is the bench at which rulesets are written: it formats their
// files, says what is untidy or dangerous in them though it is no mistake, writes
// what was found in the forms that people and programs read, makes the schema by
// which editors complete, and begins the ruleset of another State.
//
//   - [Format] lays a file out. It keeps every comment and every word; what it
//     can't lay out without losing one is an error.
//   - [Lint] finds what is worth a second look. Each finding has a code, W001 and
//     so on, and each code a page: see [Help].
//   - [Findings] are what any check of rulesets comes to, as text, JSON, SARIF,
//     annotations of GitHub, or JUnit.
//   - [Schema] is the JSON Schema of a file.
//   - [Begin] writes the files of a new ruleset.
//
// Nothing here reads or writes files, or the clock.
package workshop

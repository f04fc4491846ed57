// Package rules is the law: it reads rulesets, checks them, and resolves what
// their rules say of one question into one answer.
//
// # From YAML to an answer
//
// [Bundle] makes one text of a ruleset's files, and [LoadCommon] and [LoadState]
// make an [Edition] of it: strict YAML, expressions checked in a typed
// environment, every mistake reported with its place, every rule tried against
// the floors. An edition is immutable.
//
// A [Situation] is what may be read about one question: the capacities of a
// person as objects with typed facts, the request, and the measures, agreements
// and waivers on record. [Resolve] evaluates every rule that speaks of the
// privilege and combines them by tier:
//
//	baseline, status, agreement    what each capacity is entitled to
//	reciprocity, individual        what the office determined
//	programme                      what a programme asks for
//	waiver                         what the sending State gave up
//
// docs/format/ruleset.md describes the format, docs/design/0002-resolution.md the
// resolution with worked examples.
//
// # Errors never allow
//
// A rule that lacks a fact is taken both ways. Only if the outcome and its
// conditions come out the same is there an answer; otherwise the [Answer] has no
// outcome, and names the fact.
//
// # What is not here
//
// Where facts come from is not known here: an [Object] is filled through [Read] by
// whoever asks. No clock is read, and expressions can't read one either.
package rules

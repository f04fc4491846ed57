// Package domain is the language of an office of foreign missions: members and
// missions, privileges, events, questions and decisions. Everything else in the
// house speaks it.
//
// # The nouns
//
// An [Event] is a fact, in the past tense: a member was accredited, a measure
// determined, an earlier event corrected. The set of events is closed. An
// [Envelope] says of an event whom it is about, when it took effect, when the
// office learned of it, who said so and on what authority.
//
// A [Command] asks that events be recorded, all or none; [Decide] says why they
// may not be, against a [View] of the office.
//
// A [Question] asks whether a [Subject] enjoys a [Privilege] as of an effective
// time, as known at a [Position] of the log. A [Decision] answers with one of five
// outcomes, its conditions, and the [Reason] for every step.
//
//	allowed < allowed_with_conditions < notification_required < permission_required < denied
//
// # Codes are data
//
// Which privileges, categories, mission kinds and statuses there are is written
// in the common ruleset, since the law may add to them. This package gives them
// types, so that the compiler keeps them apart, and checks them against the
// vocabulary in force when an event is recorded. The law itself is nowhere here.
//
// # Time
//
// Time is an argument: nothing here reads a clock. Intervals are half-open.
package domain

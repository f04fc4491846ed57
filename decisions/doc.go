// Package decisions keeps the answers that an office gave: each with its
// question, as bytes, in a log of its own, so that an auditor can have all of
// them decided again and compare.
//
// # The nouns
//
// A [Record] is one thing in that log: that the log is of this office
// ([Bound]), that a program began and ended to record ([Opened], [Closed]), an
// [Answer], or a [Gap], which says how many answers are missing.
// docs/format/decisions.md has their bytes.
//
// A [Recorder] writes them. In the mode [Strict] an answer is given only after
// its record is durable: without a record there is an error and no answer. In
// the mode [BestEffort] recording neither delays an answer nor makes it fail;
// what could not be kept is counted, and the count is recorded.
//
//	recorder, err := decisions.Open(ctx, decisions.Config{Log: log, Office: binding, Mode: decisions.Strict, ...})
//	err = recorder.Record(ctx, answer) // before it is given
//	err = recorder.Close(ctx)
//
// [Read] yields the records, [Holes] what may be missing among them, and an
// [Index] finds what was answered about somebody. Deciding again is the engine's;
// [Compare] says in which fields two answers differ.
//
// Nothing here asks a clock or makes up ids: the recorder is given both.
package decisions

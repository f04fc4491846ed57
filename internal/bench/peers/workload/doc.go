// Package workload is one law, its people and their questions, made from a seed,
// on which engines are compared: 190 invented States, each with reciprocity rules
// of its own above a common part. It decides every question twice: Naive as the
// law reads, and Floor as fast as it can be written by hand. Engines are timed
// only after they agreed with Naive on outcome and deciding rule.
//
// # The law
//
// A question is decided by the rules that fire, in four steps:
//
//	baseline     by category, kind of mission and privilege: always one rule
//	status       the strictest cut replaces what is at most as strict
//	reciprocity  of the member's State: the strictest replaces what is less strict
//	programme    the same, of the common law
//
// The deciding rule is the one that set the outcome; of several in one step with
// the same outcome, that with the lowest id.
package workload

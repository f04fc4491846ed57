// Package analysis proves things of rulesets without trying them on anybody: that a
// rule can never fire, that a part of a condition says nothing, that a rule changes no
// answer, and whether two editions give everybody the same answers.
//
// What rules look at is divided into the values that make a difference (a [space]),
// and what a rule says of each of their combinations is a decision diagram. A part of
// a condition that is not looked into may come to anything; so what is proved holds
// whatever it comes to, and what would depend on it is listed as not analysed. Whoever
// is named as a witness was put to the engine before.
//
// docs/design/0009-analysis.md says what is looked into, and why it is sound.
package analysis

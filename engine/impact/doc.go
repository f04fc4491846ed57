// Package impact says what a draft of a ruleset would do to everybody, before it is
// published: who gains by it, who loses, for whom only conditions change, and of whom it
// can't be told, now and at every later moment that is on record.
//
//	report, err := impact.Preview(ctx, office, engine.Draft{Bundle: text}, impact.Options{})
//	for _, p := range report.Privileges { ... p.Now.Loses ... }
//	for row := range report.Affected() { ... row.Before, row.After ... }
//
// The difference is that after publication: the same questions are asked under the law
// in force and under that law with the draft in it, on the same knowledge, and nothing
// is recorded. Facts, measures and agreements are the same on both sides.
//
// Only what may differ is asked. Privileges about which both editions say the same
// (rules.Changed) are left alone, and a State's edition concerns only those who may be
// of that State. Whom the law reads the same is asked once for all of them
// (standing.Cohorts). A [Session] keeps what it found of the living side, so that the
// next draft costs what differs in it.
package impact

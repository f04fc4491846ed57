// Package plan decides many questions under one law, fast.
//
// A resolution ([rules.Resolve]) evaluates every rule that speaks of a privilege, for
// every capacity and measure, and combines what they come to. All that it makes of a
// situation depends on the situation's shape, and on what it asks on the way: codes,
// truths, comparisons. So a plan is a decision diagram, with a root for each shape. A
// node asks one step, a branch is what the step came to, a leaf is the answer:
//
//	shape: tax.sales, an agent at an embassy of XA, measure m-3 covers him
//	   |
//	   member.status ── none ── has(request.amount)? ── no ── conditional [open]
//	                │                     └─ yes ── request.amount >= 300.00? ─ no ── denied
//	                │                                        └─ yes ── allowed
//	                └── permanent resident ── denied
//
// No rule is evaluated on the way down, and none is combined. The diagram is learned:
// where a branch is missing the law is asked, and what it asked from there on becomes
// the branch. Nothing is approximated, and nothing has to be translated twice: the
// atoms are those of the rules' one form ([rules.Form]); what is outside of its
// fragment is asked of cel-go, and its value branches too.
//
// # What is known of somebody
//
// A [Seat] is a question of which all is known but the request: where the walk
// stands after everything that can be asked without it. Nine seats in ten are a leaf.
// A seat is good for as long as the facts of which it was made; whoever keeps it has to
// know that.
//
// # Many people at one instant
//
// A [Machine] decides by the names of people, for lists of everybody and for systems
// that hold their people themselves. It has rows of numbers in the place of
// situations and runs the rules' forms as instructions; what it can't say for certain
// it leaves to the law.
//
// # What is not here
//
// Explanations: they name events, which are each one's own. Times: a plan is of the
// rules in force in the situation, and so are its shapes.
package plan

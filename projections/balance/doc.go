// Package balance is the ledger of reciprocity: what each State extends to our
// missions, and what is extended to its own in answer.
//
// A [Ledger] is of one office as known at one position. A [Cell] is one line of
// it: one State, one privilege, and a stretch of effective time in which nothing
// on that line changes.
//
//	what they give   the practice observed last
//	what we give     the measures in force for somebody, the rules of the State's
//	                 own edition that answer a practice, and the agreements in
//	                 force that raise the privilege
//	the ground       whether what we give still answers what they give
//
// An observation changes nothing by itself; only a determination does. So a
// measure outlives the practice that it answers, and no answer shows that: the
// ledger alone does. A [Ground] that was lost is a reason to look at the measure
// again, and nothing more.
//
// # Grounds
//
// A level is restrictive if some rule that restricts may fire for a measure of it.
// A restrictive measure that names no persons answers, of its State and privilege,
// the practice that it records itself; else the practice at its start, if that is restrictive; else
// the first restrictive one observed after its start. Its ground is lost while
// the practice observed last has another level or other parameters than the one
// answered, and stands again when that returns. The same said in other words is
// the same: parameters are compared by what the law of that time reads in them.
//
// A measure against persons by name is about what they did, and answers no State:
// it needs no ground, and leaves a practice unanswered.
//
// A rule of the State's own edition answers whatever the practice is. Its ground
// is lost while the practice is not restrictive.
//
// # Parts
//
// A measure that was lifted or displaced for some stays in the cell, with what it
// no longer reaches as [Part] values. One displaced by a single measure for
// everybody whom it reached is out of force from then on; whether several
// measures together displace it is not worked out.
package balance

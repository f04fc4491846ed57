// Package timeline keeps the history of one subject along two axes of time:
// when something held in the world, and when it became known.
//
// A [History] grows by entries. Each has a [Position], which says when it became
// known, and is one of three acts:
//
//	Record   something happened; a list of operations says what
//	Retract  an earlier entry never was
//	Correct  an earlier entry was otherwise; other operations stand in its place
//
// There are three operations:
//
//	Set(attr, value, from)         a register changes
//	Span(attr, value, from, to)    something holds for a while
//	End(target, at)                what the target said to hold stopped at that instant
//
// [History.At] gives the history as known at a position k: a [View], which has
// seen the entries before k and no other. In a view,
//
//   - an entry is live unless a live Retract or Correct points at it. Retracting
//     a correction therefore brings back what it corrected. Correcting a
//     correction does not: the second stands in the place of the first, and so
//     against what the first corrected.
//   - operations have a rank: their instant, then the position of their root, then
//     their own. The root of an entry is itself; that of a correction is the root
//     of what it corrects. So a correction learnt today does not overtake what was
//     decided in between, and the order of learning decides only between equals.
//   - a register holds the value of the last live Set at or before an instant, by
//     rank. Neighbours that hold the same are one transition: saying a second time
//     that something ended does not make it end later.
//   - a span holds from its start, included, until its end, excluded: its own or
//     the earliest live End that points at its root. An End survives a correction
//     of the span.
//
// The package knows nothing of offices and missions, and reads no clock. [Naive]
// says the same in the fewest words, and tests hold History to it.
package timeline

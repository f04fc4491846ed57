// Package projections holds everything that is computed from the log: the root.
//
// A [Root] is all projections at one position. One writer advances it; any
// number of readers use it without locks, each holding one root for a whole
// request. Underneath, everything is append-only and every read is filtered by a
// position, so that a root is no more than a position over a growing store, and
// an older root never sees what came later.
package projections

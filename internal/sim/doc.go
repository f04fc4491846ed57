// Package sim runs an office against everything that goes wrong, from a seed.
//
// Three engines write to one simulated log, and two of them follow it. Writers submit
// biased commands and repeat those of which they did not learn the outcome, at any
// engine; readers ask, with tokens and without. Meanwhile the log is slow, loses answers,
// is full, drops connections, can't be reached by one of them, breaks off while it is
// read; clocks stop, jump and go back; followers are paused; engines crash, lose
// what was not durable, and begin again from a snapshot or from nothing. After every step the invariants are checked against
// a [spec], a list of the durable events that is read from one end to the other.
//
// One scheduler takes one step at a time and chooses it with a generator of random
// numbers made from the seed, so that a seed always tells the same story. What
// the goroutines of an engine do in between, they do in a bubble of
// testing/synctest until all of them wait: for the log, for a root, or for their
// turn.
//
// A failure prints the invariant, the last steps and the command that runs
// it again:
//
//	go test ./internal/sim -run TestSeed -sim.seed=42
package sim

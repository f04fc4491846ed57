// Package sim runs an office against everything that goes wrong, from a seed.
//
// Two engines write to one simulated log and a third follows it. Writers submit
// biased commands and repeat those of which they did not learn the outcome;
// readers ask, with tokens and without. Meanwhile the log is slow, loses answers,
// is full, drops connections; clocks stop, jump and go back; engines crash and
// lose what was not durable. After every step the invariants are checked against
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

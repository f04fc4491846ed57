package rules

import "time"

// LongestLoad is how long loading may take in the tests of this package at most: so
// long that what a ruleset is refused for is what is wrong with it, and not that other
// processes kept the machine busy.
const LongestLoad = 3 * time.Minute

func init() { timeToLoad, grace = LongestLoad-time.Minute, time.Minute }

// OnFault has f called with every fault of the loader itself, which people are
// told of in plain words.
func OnFault(f func(any)) { onFault = f }

// Raced says that the race detector is on.
const Raced = raced

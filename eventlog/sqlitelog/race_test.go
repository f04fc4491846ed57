//go:build race

package sqlitelog_test

// stride is between the bytes that TestBreakTheLog flips. The race detector
// makes SQLite ten times slower and has nothing to find there.
const stride = 29

//go:build !race

package sqlitelog_test

// stride is between the bytes that TestBreakTheLog flips.
const stride = 1

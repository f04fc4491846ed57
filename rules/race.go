//go:build race

package rules

// slower is by how much the race detector slows everything.
const slower = 8

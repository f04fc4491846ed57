//go:build !race

package rules

// slower is by how much the build slows everything.
const slower = 1

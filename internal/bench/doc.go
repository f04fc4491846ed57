// Package bench holds the benchmarks of the whole: an office of a size that is
// stated, and the questions that it must answer fast. docs/performance.md says how
// they are run and what they came to. It has no code but its tests.
package bench

// Package mutant names faults that can be planted in the program on purpose, so
// that the tests can prove that they would notice them.
//
// In a program built without the tag mutants, [On] is constantly false and the
// compiler leaves the fault out. Built with it, the environment variable
// COMITY_MUTANT, or [Plant], chooses one fault for a run. No release is built
// with the tag.
package mutant

// A Fault is one planted bug.
type Fault string

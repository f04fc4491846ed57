//go:build race

package main

// raced says that the race detector is on.
const raced = true

// scripts are those that are run under the race detector: those in which
// something happens at the same time. A script starts a process for every
// command, and each loads the law, which takes the detector a second; without
// it all of them are run.
var scripts = []string{
	"testdata/script/ask.txtar",
	"testdata/script/immunity.txtar",
	"testdata/script/log-check.txtar",
	"testdata/script/record-file.txtar",
	"testdata/script/two-writers.txtar",
}

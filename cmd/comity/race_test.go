//go:build race

package main

// raced says that the race detector is on.
const raced = true

// scripts are those that are run under the race detector: those in which
// something happens at the same time. All that a command does takes the detector
// ten times as long; without it all of them are run.
var scripts = []string{
	"testdata/script/ask.txtar",
	"testdata/script/immunity.txtar",
	"testdata/script/log-check.txtar",
	"testdata/script/record-file.txtar",
	"testdata/script/two-writers.txtar",
}

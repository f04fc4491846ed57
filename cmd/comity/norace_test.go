//go:build !race

package main

// raced says that the race detector is on.
const raced = false

// scripts are those that are run: nil means all.
var scripts []string

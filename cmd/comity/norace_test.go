//go:build !race

package main

// scripts are those that are run: nil means all.
var scripts []string

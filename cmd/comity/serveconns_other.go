//go:build !unix

package main

// mostFiles is how many descriptors the process may have open; 0 if that is not known.
func mostFiles() uint64 { return 0 }

//go:build unix

package main

import "syscall"

// mostFiles is how many descriptors the process may have open; 0 if that is not known.
func mostFiles() uint64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return uint64(limit.Cur) //nolint:unconvert // it is signed on other systems
}

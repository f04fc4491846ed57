//go:build unix

package main

import (
	"os"
	"syscall"
	"time"
)

// own is the processor time that this process has had.
func own() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// term asks a process to end in order.
func term(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

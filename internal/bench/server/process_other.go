//go:build !unix

package main

import (
	"os"
	"time"
)

func own() time.Duration { return 0 }

func term(p *os.Process) error { return p.Kill() }

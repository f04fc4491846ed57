// Command comity keeps the record of an office of foreign missions and answers,
// with reasons, what a member of a mission may do: today or on any other day, as
// it is known now or as it was known at any time.
//
//	comity init
//	comity record state.registered arandia name=Arandia
//	comity ask ana imm.criminal --as-of 2025-01-10
//
// Each subcommand is a file of this package, named for it. What they share is in
// program.go (one run), office.go (the log, its seal and the engine), exit.go
// (what the exit code says) and page.go (text for people).
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// version is set by the linker; see the Makefile.
var version = ""

func main() {
	// A reader that has seen enough, such as head, is no reason to complain.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the program at once
	}()
	code := run(ctx, machine{
		args: os.Args[1:], stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		getenv: os.Getenv, clock: time.Now,
	})
	stop()
	os.Exit(code)
}

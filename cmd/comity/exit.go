package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/bulk"
	"github.com/comity-project/comity/engine/intake"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/seal"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// The exit codes. Scripts rely on them; see also topics.go.
const (
	exitAnswered     = 0   // also if the answer is denied
	exitInternal     = 1   // the machine or the program is at fault
	exitInput        = 2   // the command line or what it was given is at fault
	exitRules        = 3   // a ruleset is invalid
	exitTests        = 4   // tests or checks of rules failed
	exitNotPermitted = 5   // with --exit-code: the answer permits nothing
	exitCannotTell   = 6   // with --exit-code: there is no answer
	exitVerification = 7   // the log is not what was recorded
	exitInterrupted  = 130 // as shells say it
)

// A coded error carries its exit code.
type coded struct {
	error
	code int
}

func (c *coded) Unwrap() error { return c.error }

// badInput marks an error as the fault of what was given.
func badInput(err error) error {
	if err == nil {
		return nil
	}
	return &coded{err, exitInput}
}

// unverified marks an error as a fault of the log.
func unverified(err error) error { return &coded{err, exitVerification} }

// exits says which errors have which exit code; the first that matches counts.
var exits = []struct {
	code    int
	matches func(error) bool
}{
	{exitInterrupted, is(context.Canceled)},
	{exitRules, as[rules.Diagnostics]},
	{exitInput, is(decisions.ErrOtherOffice, decisions.ErrNotDecisions, decisions.ErrNewer)},
	{exitVerification, is(eventlog.ErrCorrupt, decisions.ErrRecord, seal.ErrMismatch, seal.ErrDamaged, seal.ErrNotASeal)},
	{exitInput, is(
		engine.ErrUnknown, engine.ErrRequest, engine.ErrKnown, engine.ErrMode, engine.ErrRepeated, engine.ErrSemantics, engine.ErrNotFounded, engine.ErrFounded,
		projections.ErrNoLaw, rulesets.ErrUnknown, fs.ErrNotExist, fs.ErrExist, fs.ErrPermission,
		eventlog.ErrLocked, eventlog.ErrNotALog, eventlog.ErrNewer, eventlog.ErrReadOnly, eventlog.ErrTooLarge, eventlog.ErrNoBody, eventlog.ErrDenied,
	)},
	{exitInput, as[domain.Refusals]},
	{exitInput, as[intake.Mistakes]},
	{exitInput, as[*bulk.Mistakes]},
	{exitInput, as[*codec.Error]},
	{exitInput, as[*standing.WrongSubject]},
}

func is(targets ...error) func(error) bool {
	return func(err error) bool {
		for _, target := range targets {
			if errors.Is(err, target) {
				return true
			}
		}
		return false
	}
}

func as[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// exitCode returns the exit code of an error.
func exitCode(err error) int {
	if c, ok := errors.AsType[*coded](err); ok {
		return c.code
	}
	for _, e := range exits {
		if e.matches(err) {
			return e.code
		}
	}
	return exitInternal
}

// complain says on standard error what went wrong.
func (p *program) complain(err error) {
	code := exitCode(err)
	switch {
	case errors.Is(err, engine.ErrUncertain):
		err = fmt.Errorf("%w; comity log list shows what was, and the same --command again records it once", err)
	case as[*engine.Interrupted](err), as[*brokenOff](err):
		// it says how far it came
	case code == exitInterrupted:
		err = errors.New("interrupted")
	case errors.Is(err, engine.ErrRequest) && strings.Contains(err.Error(), "a question can't bring"):
		err = fmt.Errorf("%w; comity help facts lists what it can", err)
	}
	if !p.json() {
		text := err.Error()
		if (as[intake.Mistakes](err) || as[*bulk.Mistakes](err)) && strings.Contains(text, "\n") {
			text = "nothing was recorded\n  " + strings.ReplaceAll(text, "\n", "\n  ")
		}
		fmt.Fprintf(p.stderr, "error: %s\n", shown(p.hush(text)))
		if found, ok := errors.AsType[rules.Diagnostics](err); ok {
			fmt.Fprintf(p.stderr, "comity rules help %s explains what that code means, with examples\n", found[0].Code)
		}
		return
	}
	type line struct {
		Line    int    `json:"line"`
		Message string `json:"message"`
	}
	type mistake struct {
		File    string `json:"file"`
		Line    int    `json:"line"`
		Column  int    `json:"column"`
		Code    string `json:"code"`
		Message string `json:"message"`
		Hint    string `json:"hint,omitempty"`
	}
	type refused struct {
		Event   int         `json:"event"` // from 1
		Type    domain.Type `json:"type"`
		Field   string      `json:"field,omitempty"`
		Message string      `json:"message"`
	}
	var say struct {
		Error struct {
			ExitCode int       `json:"exit_code"`
			Message  string    `json:"message"`
			Lines    []line    `json:"lines,omitempty"`
			Mistakes []mistake `json:"mistakes,omitempty"`
			Refusals []refused `json:"refusals,omitempty"`
		} `json:"error"`
	}
	say.Error.ExitCode, say.Error.Message = code, p.hush(err.Error())
	if mistakes, ok := errors.AsType[intake.Mistakes](err); ok {
		for _, m := range mistakes {
			say.Error.Lines = append(say.Error.Lines, line{m.Line, m.Err.Error()})
		}
	}
	if mistakes, ok := errors.AsType[*bulk.Mistakes](err); ok {
		for _, m := range mistakes.List {
			text := m.Text
			if m.Column != "" {
				text = m.Column + ": " + text
			}
			say.Error.Lines = append(say.Error.Lines, line{m.Line, text})
		}
	}
	if found, ok := errors.AsType[rules.Diagnostics](err); ok {
		for _, d := range found {
			say.Error.Mistakes = append(say.Error.Mistakes, mistake{d.Pos.File, d.Pos.Line, d.Pos.Column, d.Code, d.Message, d.Hint})
		}
	}
	if found, ok := errors.AsType[domain.Refusals](err); ok {
		for _, r := range found {
			say.Error.Refusals = append(say.Error.Refusals, refused{r.Index + 1, r.Type, r.Field, r.Text})
		}
	}
	text, _ := json.Marshal(say) // texts and numbers can always be written
	fmt.Fprintf(p.stderr, "%s\n", text)
}

package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/bulk"
	"github.com/comity-project/comity/engine/intake"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/rules"
)

// A Problem says what was wrong with a call, as RFC 9457 has it. It never is an answer to
// what was asked: a denial is an answer, and has status 200.
type Problem struct {
	Type   string `json:"type"` // urn:comity:problem:CODE
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
	// Instance is the id of the request, as in the operator's log.
	Instance string `json:"instance,omitzero"`
	// Position is where the log is, for whoever waits for it or ran into it.
	Position domain.Position `json:"position,omitzero"`
	// Pointer is where in the body it is, as a JSON pointer (RFC 6901).
	Pointer  string    `json:"pointer,omitzero"`
	Lines    []Line    `json:"lines,omitzero"`
	Mistakes []Mistake `json:"mistakes,omitzero"`
	Refusals []Refused `json:"refusals,omitzero"`
	// RetryAfter is when it is worth another try; 0: not known, or never.
	RetryAfter time.Duration `json:"-"`

	cause error // for the operator's log
}

// A Line says what is wrong with a line of a file, from 1.
type Line struct {
	Line    int    `json:"line"`
	Message string `json:"message"`
}

// A Mistake says what is wrong with a ruleset, and where.
type Mistake struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitzero"`
}

// A Refused says why one event of a request, from 1, was not recorded.
type Refused struct {
	Event int `json:"event"`
	// Command is that of several in which it is, from 1.
	Command int         `json:"command,omitzero"`
	Type    domain.Type `json:"type"`
	Field   string      `json:"field,omitzero"`
	Message string      `json:"message"`
}

func (p *Problem) Error() string { return p.Detail }

func (p *Problem) Unwrap() error { return p.cause }

// Bad is a problem with the call.
func Bad(code, format string, args ...any) *Problem {
	return newProblem(http.StatusBadRequest, code, format, args...)
}

// Forbidden is a caller who may not.
func Forbidden(format string, args ...any) *Problem {
	return newProblem(http.StatusForbidden, "forbidden", format, args...)
}

// NotFound is a path that names nothing.
func NotFound(format string, args ...any) *Problem {
	return newProblem(http.StatusNotFound, "not_found", format, args...)
}

// NewProblem is a problem with a status of its own.
func NewProblem(status int, code, format string, args ...any) *Problem {
	return newProblem(status, code, format, args...)
}

func newProblem(status int, code, format string, args ...any) *Problem {
	return &Problem{Type: "urn:comity:problem:" + code, Title: http.StatusText(status), Status: status, Code: code, Detail: short(fmt.Sprintf(format, args...))}
}

// mostDetail is how many bytes the text of a problem may have: it repeats what was sent.
const mostDetail = 8 << 10

// short breaks off a text that is too long to be told.
func short(text string) string {
	if len(text) <= mostDetail {
		return text
	}
	return strings.ToValidUTF8(text[:mostDetail], "") + " ..."
}

// kinds says what errors mean on the other side; the first that matches counts.
var kinds = []struct {
	status  int
	code    string
	matches func(error) bool
}{
	{http.StatusServiceUnavailable, "halted", is(engine.ErrHalted)},
	{http.StatusServiceUnavailable, "contended", is(engine.ErrContended)},
	{http.StatusServiceUnavailable, "log_unreachable", is(engine.ErrUnreachable, eventlog.ErrUnavailable)},
	{http.StatusUnprocessableEntity, "ruleset_invalid", as[rules.Diagnostics]},
	{http.StatusUnprocessableEntity, "refused", as[domain.Refusals]},
	{http.StatusUnprocessableEntity, "events_invalid", as[intake.Mistakes]},
	{http.StatusUnprocessableEntity, "list_invalid", as[*bulk.Mistakes]},
	{http.StatusBadRequest, "event_invalid", as[*codec.Error]},
	{http.StatusBadRequest, "wrong_subject", as[*standing.WrongSubject]},
	{http.StatusNotFound, "unknown", is(engine.ErrUnknown)},
	{http.StatusBadRequest, "request_does_not_fit", is(engine.ErrRequest)},
	{http.StatusBadRequest, "as_known", is(engine.ErrKnown)},
	{http.StatusConflict, "repeated_id", is(engine.ErrRepeated)},
	{http.StatusConflict, "recorded_stated", is(engine.ErrMode)},
	{http.StatusConflict, "newer_semantics", is(engine.ErrSemantics)},
	{http.StatusServiceUnavailable, "uncertain", is(engine.ErrUncertain)},
	{http.StatusServiceUnavailable, "not_recorded", is(decisions.ErrNotRecorded, decisions.ErrClosed)},
	{http.StatusServiceUnavailable, "no_law", is(projections.ErrNoLaw)},
	{http.StatusInsufficientStorage, "full", is(eventlog.ErrFull, syscall.ENOSPC)},
	{http.StatusServiceUnavailable, "read_only", is(eventlog.ErrReadOnly, eventlog.ErrClosed)},
	{http.StatusRequestEntityTooLarge, "too_large", is(eventlog.ErrTooLarge, codec.ErrTooLong)},
	{http.StatusConflict, "conflict", is(eventlog.ErrConflict)},
	{http.StatusNotFound, "not_found", is(eventlog.ErrNoBody, eventlog.ErrPastEnd)},
	{http.StatusServiceUnavailable, "log_gone", is(eventlog.ErrGone)},
	{http.StatusInternalServerError, "corrupt", is(eventlog.ErrCorrupt)},
	{http.StatusGatewayTimeout, "deadline", is(context.DeadlineExceeded)},
	{statusGone, "canceled", is(context.Canceled)},
}

// statusGone is a caller who has left. It is written all the same: should somebody read
// it, nothing was answered.
const statusGone = 499

func is(targets ...error) func(error) bool {
	return func(err error) bool {
		return slices.ContainsFunc(targets, func(target error) bool { return errors.Is(err, target) })
	}
}

func as[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// ProblemOf says what an error means to the caller. What only concerns the operator is
// not told: the request id finds it in the operator's log.
func ProblemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	for _, k := range kinds {
		if !k.matches(err) {
			continue
		}
		p := newProblem(k.status, k.code, "%s", err.Error())
		p.cause = err
		p.detail(err)
		if k.status >= http.StatusInternalServerError && k.code == "corrupt" {
			p.Detail = "the log is not what was recorded; nothing is answered from it"
		}
		switch k.code { // why is for the operator
		case "halted":
			p.Detail = "this server has halted: what it holds is not what others hold; ask another"
		case "log_unreachable":
			p.Detail = "the log can't be reached, or not be read to its end; nothing was recorded by this request: send it again a little later"
		}
		if k.status == http.StatusServiceUnavailable || k.status == http.StatusGatewayTimeout {
			p.RetryAfter = time.Second
		}
		return p
	}
	p := newProblem(http.StatusInternalServerError, "internal", "the server could not answer; its log says why")
	p.cause = err
	return p
}

// detail adds all that is wrong, each with its place.
func (p *Problem) detail(err error) {
	if list, ok := errors.AsType[intake.Mistakes](err); ok {
		for _, m := range list {
			p.Lines = append(p.Lines, Line{m.Line, m.Err.Error()})
		}
	}
	if list, ok := errors.AsType[*bulk.Mistakes](err); ok {
		for _, m := range list.List {
			text := m.Text
			if m.Column != "" {
				text = m.Column + ": " + text
			}
			p.Lines = append(p.Lines, Line{m.Line, text})
		}
	}
	if list, ok := errors.AsType[rules.Diagnostics](err); ok {
		for _, d := range list {
			p.Mistakes = append(p.Mistakes, Mistake{d.Pos.File, d.Pos.Line, d.Pos.Column, d.Code, d.Message, d.Hint})
		}
	}
	if moved, ok := errors.AsType[*engine.PositionError](err); ok {
		p.Position = moved.At
	}
	if behind, ok := errors.AsType[*engine.BehindError](err); ok {
		p.Position = behind.At
	}
	if list, ok := errors.AsType[domain.Refusals](err); ok {
		for _, r := range list {
			p.Refusals = append(p.Refusals, Refused{Event: r.Index + 1, Type: r.Type, Field: r.Field, Message: r.Text})
		}
	}
}

// write answers with a problem: as JSON (RFC 9457), or as plain text if that is what the
// caller prefers or the route is of a standard that wants it.
func (p *Problem) write(w http.ResponseWriter, accept string, plain bool) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(max(p.RetryAfter.Round(time.Second), time.Second)/time.Second)))
	}
	if plain && !strings.Contains(accept, "application/problem+json") || !plain && strings.HasPrefix(accept, "text/plain") {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(p.Status)
		_, _ = fmt.Fprintln(w, p.Detail) // a caller who is gone is not told
		return
	}
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	_ = out.Encode(p)
}

package api

import (
	"fmt"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
)

// An Entry is an event of a subject's history, for programs.
type Entry struct {
	Position  domain.Position   `json:"position"`
	ID        domain.EventID    `json:"id"`
	Subject   domain.Subject    `json:"subject"`
	Type      domain.Type       `json:"type"`
	Effective Stated            `json:"effective"`
	Recorded  time.Time         `json:"recorded"`
	Actor     string            `json:"actor,omitempty"`
	Authority string            `json:"authority,omitempty"`
	Command   domain.CommandID  `json:"command"`
	Target    *domain.EventID   `json:"target,omitempty"`
	Live      bool              `json:"live"`
	By        []domain.Position `json:"by"`
	Said      string            `json:"said"`
}

// Stated is a moment as it was stated.
type Stated struct {
	At   time.Time `json:"at"`
	Date string    `json:"date,omitempty"`
	Zone string    `json:"zone,omitempty"`
}

// EntryOf writes an event of a history. Plates are whole only if restricted data may be
// seen.
func EntryOf(e engine.Entry, restricted bool) Entry {
	env := e.Envelope
	out := Entry{
		Position: e.Position, ID: env.ID, Subject: env.Subject, Type: env.Type(), Recorded: env.Recorded,
		Effective: Stated{At: env.Effective.At, Zone: env.Effective.Zone},
		Actor:     env.Actor, Authority: env.Authority, Command: env.Command, Live: e.Live, By: e.By, Said: Described(env, restricted),
	}
	if env.Effective.HasDate {
		out.Effective.Date = env.Effective.Date.String()
	}
	if !env.Target.IsZero() {
		out.Target = &env.Target
	}
	if out.By == nil {
		out.By = []domain.Position{}
	}
	return out
}

// StatedAt writes a moment as it was stated, or nil if there is none.
func StatedAt(w calendar.When) *Stated {
	if w.At.IsZero() {
		return nil
	}
	out := Stated{At: w.At, Zone: w.Zone}
	if w.HasDate {
		out.Date = w.Date.String()
	}
	return &out
}

// ListOf writes a list that may be empty as one.
func ListOf[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}

// Became says what became of an event.
func Became(of *engine.Engine, e engine.Entry) string {
	if e.Live {
		return "yes"
	}
	view := of.Root().View()
	for i := len(e.By) - 1; i >= 0; i-- {
		by, found := view.Envelope(e.By[i])
		if !found {
			continue
		}
		switch by.Event.(type) {
		case domain.EventRetracted:
			return fmt.Sprintf("no: retracted by @%d", e.By[i])
		case domain.ViolationDismissed:
			return fmt.Sprintf("no: dismissed by @%d", e.By[i])
		case domain.EventCorrected:
			return fmt.Sprintf("no: corrected by @%d", e.By[i])
		default:
			// other events that act on it end what it began, and leave it standing
		}
	}
	return "no"
}

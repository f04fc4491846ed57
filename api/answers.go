package api

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/eventlog"
)

// A GivenAnswer is an answer that was given, for programs: docs/format/decisions.md.
type GivenAnswer struct {
	Position  eventlog.Position `json:"position"`
	ID        domain.EventID    `json:"id"`
	Recorded  time.Time         `json:"recorded"`
	By        string            `json:"by,omitempty"`
	Call      decisions.Call    `json:"call"`
	Subject   domain.Subject    `json:"subject"`
	Privilege domain.Privilege  `json:"privilege,omitempty"`
	View      string            `json:"view,omitempty"`
	AsOf      time.Time         `json:"as_of"`
	AsKnown   domain.Position   `json:"as_known"`
	Request   map[string]string `json:"request,omitempty"`
	Semantics int               `json:"semantics"`
}

// GivenAnswerOf writes an answer that was given.
func GivenAnswerOf(e decisions.Entry, a decisions.Answer) GivenAnswer {
	q := a.Question
	return GivenAnswer{e.Position, e.ID, e.Recorded, a.By, a.Call, q.Subject, q.Privilege, q.View, q.AsOf, q.AsKnown, q.Request, a.Semantics}
}

// A Hole is a missing stretch of answers, for programs.
type Hole struct {
	Position eventlog.Position `json:"position"`
	Session  domain.EventID    `json:"session"`
	From     time.Time         `json:"from"`
	To       *time.Time        `json:"to"`
	Count    *int              `json:"count"` // null if nobody knows
	Certain  bool              `json:"certain"`
	Text     string            `json:"text"`
}

// HolesOf writes where answers are missing, or may be.
func HolesOf(holes *decisions.Holes) []Hole {
	out := []Hole{}
	for _, h := range holes.Found() {
		line := Hole{Position: h.At, Session: h.Session, From: h.From, Certain: h.Certain, Text: h.Text}
		if !h.To.IsZero() {
			line.To = &h.To
		}
		if h.Count > 0 {
			line.Count = &h.Count
		}
		out = append(out, line)
	}
	return out
}

// A ListedAnswer is an answer of a list, with what was answered.
type ListedAnswer struct {
	GivenAnswer
	Outcome string          `json:"outcome,omitempty"` // of a decision
	Permits *bool           `json:"permits,omitempty"`
	Answer  json.RawMessage `json:"answer,omitempty"`
}

// Unreadable stands for the outcome of an answer that can't be read: its record was
// altered, or is of a later program.
const Unreadable = "unreadable"

// ListedAnswerOf writes an answer of a list: whole, or its outcome alone.
func ListedAnswerOf(e decisions.Entry, a decisions.Answer, whole bool) ListedAnswer {
	out := ListedAnswer{GivenAnswer: GivenAnswerOf(e, a)}
	if a.Question.Privilege != "" {
		d, err := codec.DecodeDecision(a.Bytes)
		if out.Outcome = OutcomeWord(d.Outcome); err != nil || !slices.Contains(OutcomeOrder, d.Outcome) {
			out.Outcome = Unreadable
		} else {
			permits := d.Permits()
			out.Permits = &permits
		}
	}
	if whole {
		out.Answer = a.Bytes
	}
	return out
}

// A Redecided is an answer that came out otherwise, or could not be decided, for programs.
type Redecided struct {
	GivenAnswer
	Differences []decisions.Difference `json:"differences,omitempty"`
	Problem     string                 `json:"problem,omitempty"`
}

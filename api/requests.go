package api

import (
	"fmt"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// A Requested is a request, for programs: docs/format/requests.md.
type Requested struct {
	ID          domain.RequestID   `json:"id"`
	AsOf        time.Time          `json:"as_of"`
	AsKnown     domain.Position    `json:"as_known"`
	Kind        domain.RequestKind `json:"kind"`
	Term        string             `json:"term"`
	State       facts.FilingState  `json:"state"`
	Clearance   facts.Clearance    `json:"clearance"`
	Applicant   domain.MemberID    `json:"applicant,omitempty"`
	Mission     domain.MissionID   `json:"mission,omitempty"`
	Members     []domain.MemberID  `json:"members"`
	Privileges  []domain.Privilege `json:"privileges"`
	Object      string             `json:"object,omitempty"`
	Place       string             `json:"place,omitempty"`
	Amount      domain.Cents       `json:"amount,omitempty"`
	Description string             `json:"description,omitempty"`
	Filed       Stated             `json:"filed"`
	FiledOn     calendar.Date      `json:"filed_on"`
	Zone        string             `json:"zone"`
	From        *Stated            `json:"from,omitempty"`
	Until       *Stated            `json:"until,omitempty"`
	Clock       *RequestClock      `json:"clock,omitempty"`
	Due         *time.Time         `json:"due,omitempty"`
	DueBy       string             `json:"due_by,omitempty"`
	DaysLeft    *int               `json:"days_left,omitempty"`
	Overdue     bool               `json:"overdue"`
	Decided     *Stated            `json:"decided,omitempty"`
	Terms       []string           `json:"terms,omitempty"`
	HoldsUntil  *Stated            `json:"holds_until,omitempty"`
	Reason      string             `json:"reason,omitempty"`
	Remedy      string             `json:"remedy,omitempty"`
	Cite        []string           `json:"cite"`
	Events      []domain.Position  `json:"events"`
	History     []RequestStep      `json:"history,omitempty"`
}

// A RequestClock is the waiting period that runs for a request.
type RequestClock struct {
	Days   int       `json:"days,omitempty"`
	Months int       `json:"months,omitempty"`
	Free   bool      `json:"free"`
	Ends   time.Time `json:"ends"`
}

// A RequestStep is an event of a request's history, and what it means.
type RequestStep struct {
	Entry
	Means string `json:"means"`
}

// RequestedOf writes a request as it stands at the time of a query.
func RequestedOf(item engine.RequestItem, q engine.RequestsQuery) Requested {
	out := Requested{
		ID: item.ID, AsOf: q.AsOf, AsKnown: q.AsKnown.Position, Kind: item.Kind, Term: item.Term, State: item.State, Clearance: item.Clearance,
		Applicant: item.Applicant, Mission: item.Mission, Members: ListOf(item.Members), Privileges: ListOf(item.Privileges),
		Object: item.Object, Place: item.Place, Amount: item.Amount, Description: item.Description,
		Filed: *StatedAt(item.Filed), FiledOn: item.On, Zone: item.Zone.String(), From: StatedAt(item.From), Until: StatedAt(item.Until),
		DueBy: item.DueBy, Overdue: item.Overdue, Decided: StatedAt(item.Decided), Terms: item.Terms, HoldsUntil: StatedAt(item.ApprovedUntil),
		Reason: item.Reason, Remedy: item.Remedy, Cite: ListOf(item.Clock.Cite), Events: item.Events,
	}
	if item.PeriodEnds != timeline.Never {
		out.Clock = &RequestClock{Days: item.Clock.Days, Months: item.Clock.Months, Free: item.Clock.Free, Ends: item.PeriodEnds.Time()}
	}
	if item.Due != timeline.Never {
		due, left := item.Due.Time(), item.DaysLeft
		out.Due, out.DaysLeft = &due, &left
	}
	return out
}

// Means says what an event means for the request, as it stands.
func Means(of *engine.Engine, item engine.RequestItem, e engine.Entry) string {
	if became := Became(of, e); !e.Live {
		return "nothing: " + strings.TrimPrefix(became, "no: ")
	}
	for i, s := range item.Steps {
		if s.Pos == e.Position {
			before := timeline.Never
			if i > 0 {
				before = item.Steps[i-1].PeriodEnds
			}
			return stepMeans(item, s, before)
		}
	}
	switch e.Envelope.Event.(type) {
	case domain.EventRetracted:
		return "what it names never was"
	default:
		return "not yet in effect"
	}
}

// stepMeans says what a step means; before is when the period ended until then.
func stepMeans(item engine.RequestItem, s facts.FilingStep, before timeline.Instant) string {
	ends := func(t timeline.Instant) string { return LocalTime(t.Time(), item.Zone) }
	clocked := s.PeriodEnds != timeline.Never
	switch e := s.Event.(type) {
	case domain.RequestFiled:
		switch {
		case clocked && item.Clock.Free:
			return fmt.Sprintf("the Office has until %s; what it does not disapprove by then may be done", ends(s.PeriodEnds))
		case clocked:
			return fmt.Sprintf("the Office has until %s; until it decides, nothing may be done", ends(s.PeriodEnds))
		default:
			return "notice is given; no clock runs"
		}
	case domain.RequestAcknowledged:
		switch {
		case s.Void:
			return "nothing: it had been withdrawn"
		case s.PeriodEnds < before:
			return fmt.Sprintf("the Office takes it up and makes its time shorter: until %s", ends(s.PeriodEnds))
		case e.Days > 0 && clocked:
			return "the Office takes it up; the period stays, since it can only be made shorter"
		default:
			return "the Office takes it up; no clock changes"
		}
	case domain.RequestApproved:
		switch {
		case s.Void:
			return "nothing: it had been withdrawn"
		case len(e.Terms) > 0:
			return "it may be done on these terms"
		default:
			return "it may be done"
		}
	case domain.RequestDisapproved:
		switch {
		case s.Void && clocked && timeline.Of(s.When.At) >= s.PeriodEnds:
			return fmt.Sprintf("nothing: the period was over on %s, and what had not been disapproved by then may be done", ends(s.PeriodEnds))
		case s.Void:
			return "nothing: it had been withdrawn"
		case e.Remedy != "":
			return "it may not be done, unless remedied: " + e.Remedy
		default:
			return "it may not be done"
		}
	case domain.RequestWithdrawn:
		return "from then on it is as if nothing had been filed"
	default:
		return "" // unreachable: no other event handles a request
	}
}

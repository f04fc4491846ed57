package httpapi

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
)

// A reach finds out whom commands reach: the States whose members and missions they may
// concern, and the privileges. It knows what is on record and what earlier events of the
// same request say.
//
// The answers about somebody rest on what hangs together with them: see
// [facts.View.Relevant]. So an event changes only answers about members of whom one
// State at least is among those that are found here; and nobody can record about a
// subject who has no right about one of its States.
type reach struct {
	view    facts.View
	root    *projections.Root
	earlier map[domain.Subject][]domain.Envelope // of the same request
	rests   map[domain.Subject][]domain.StateID  // on which answers rest, by what is on record
}

func reachOf(root *projections.Root) *reach {
	return &reach{view: root.View(), root: root, earlier: map[domain.Subject][]domain.Envelope{}, rests: map[domain.Subject][]domain.StateID{}}
}

// may refuses commands that reach further than the caller was granted. Of what is not the
// caller's they are told the same as of what is not on record.
func (r *reach) may(c *api.Call, commands ...domain.Command) error {
	n := 0
	for _, command := range commands {
		for _, e := range command.Drafts {
			n++
			if err := r.mayRecord(c, e); err != nil {
				return api.Forbidden("event %d: %v", n, err)
			}
			r.earlier[e.Subject] = append(r.earlier[e.Subject], e)
		}
	}
	return nil
}

func (r *reach) mayRecord(c *api.Call, e domain.Envelope) error {
	right := rightTo(e)
	if !c.Caller.May(right, c.Office.ID) {
		return fmt.Errorf("%s needs the right %q, which was not granted", e.Type(), right)
	}
	if c.Caller.Whole(right, c.Office.ID) {
		return nil
	}
	refused := fmt.Errorf("the right %q was not granted for all that %s of %s is about, or it is not on record", right, e.Type(), e.Subject)
	states, everybody := r.statesOf(e)
	for _, p := range r.privilegesOf(e) {
		if c.Caller.Over(right, c.Office.ID, "", p) {
			continue
		}
		if everybody || len(states) == 0 {
			return refused
		}
		for _, state := range states {
			if !c.Caller.Over(right, c.Office.ID, state, p) {
				return refused
			}
		}
	}
	return nil
}

// rightTo is the right that it takes to record an event: the steps in the life of a
// ruleset have rights of their own.
func rightTo(e domain.Envelope) auth.Right {
	if e.Subject.Kind != domain.KindRuleset {
		return auth.Record
	}
	switch e.Event.(type) {
	case domain.RulesetDraftSaved, domain.RulesetProposed:
		return auth.Draft
	case domain.RulesetApproved, domain.RulesetReturned:
		return auth.Approve
	default:
		return auth.Publish
	}
}

// statesOf lists the States that an event reaches. None are known if it may reach
// everybody, or if something that it names is not on record.
func (r *reach) statesOf(e domain.Envelope) (states []domain.StateID, everybody bool) {
	all := map[domain.StateID]bool{}
	add := func(s domain.Subject) (known bool) {
		one := r.states(s, map[domain.Subject]bool{})
		for _, state := range one {
			all[state] = true
		}
		return len(one) > 0
	}
	if !add(e.Subject) && (r.view.Mentioned(e.Subject) || concernsAll(e.Subject)) {
		return nil, true
	}
	about := names(e.Event)
	if !e.Target.IsZero() {
		targets := r.acted(e.Target)
		if len(targets) == 0 {
			return nil, true
		}
		for _, target := range targets {
			about = append(append(about, target.Subject), names(target.Event)...)
		}
	}
	for _, s := range about {
		if !add(s) {
			return nil, true
		}
	}
	return slices.Sorted(maps.Keys(all)), false
}

// concernsAll reports whether a subject is of no State, but of the whole office.
func concernsAll(s domain.Subject) bool {
	return s.Kind == domain.KindOffice || s.Kind == domain.KindRate || s == domain.Of(domain.KindRuleset, domain.CommonRuleset)
}

// states lists the States of a subject: on record, and by what the request said of it
// before.
func (r *reach) states(s domain.Subject, seen map[domain.Subject]bool) []domain.StateID {
	if seen[s] || concernsAll(s) {
		return nil
	}
	seen[s] = true
	var out []domain.StateID
	switch s.Kind {
	case domain.KindRuleset:
		out = append(out, domain.StateID(s.ID))
	case domain.KindState:
		out = append(append(out, domain.StateID(s.ID)), r.restsOn(s)...)
	case domain.KindMission, domain.KindMember:
		out = append(out, r.restsOn(s)...)
	default: // a card, a vehicle, a property, a request, a measure, an agreement: of whom its events name
		for _, at := range r.view.Events(s) {
			if e, known := r.view.Envelope(at); known {
				out = append(out, r.statesNamed(e, seen)...)
			}
		}
	}
	for _, e := range r.earlier[s] {
		out = append(out, r.statesNamed(e, seen)...)
	}
	return out
}

func (r *reach) statesNamed(e domain.Envelope, seen map[domain.Subject]bool) (out []domain.StateID) {
	for _, to := range names(e.Event) {
		out = append(out, r.states(to, seen)...)
	}
	return out
}

// restsOn lists the States on whose events answers about a subject rest.
func (r *reach) restsOn(s domain.Subject) []domain.StateID {
	if states, known := r.rests[s]; known {
		return states
	}
	var out []domain.StateID
	for _, on := range r.view.Relevant(s) {
		if on.Kind == domain.KindState && on != s {
			out = append(out, domain.StateID(on.ID))
		}
	}
	r.rests[s] = out
	return out
}

// names lists whom and what an event names, but for nationalities, which are no more than
// a word about somebody.
func names(e domain.Event) []domain.Subject {
	var out []domain.Subject
	for _, to := range domain.Named(e) {
		if !strings.HasSuffix(to.Field, "nationalities") {
			out = append(out, to.Subject)
		}
	}
	return out
}

// acted finds an event that another acts on, and what revises it.
func (r *reach) acted(id domain.EventID) (out []domain.Envelope) {
	for _, some := range r.earlier {
		for _, e := range some {
			if e.ID == id || e.Target == id && domain.Revises(e.Event) {
				out = append(out, e)
			}
		}
	}
	if at, _, found := r.view.EventByID(id); found {
		for _, pos := range append(r.view.Lineage(at), at) {
			if e, known := r.view.Envelope(pos); known {
				out = append(out, e)
			}
		}
	}
	return out
}

// privilegesOf lists the privileges that an event is about; "" alone is all of them.
func (r *reach) privilegesOf(e domain.Envelope) []domain.Privilege {
	all := map[domain.Privilege]bool{}
	r.addPrivileges(all, e)
	if len(all) == 0 {
		all[""] = true
	}
	return slices.Sorted(maps.Keys(all))
}

func (r *reach) addPrivileges(all map[domain.Privilege]bool, e domain.Envelope) {
	body := e.Event
	if corrects, ok := body.(domain.EventCorrected); ok {
		r.addPrivileges(all, domain.Envelope{Subject: e.Subject, Effective: e.Effective, Event: corrects.Body})
	}
	if !e.Target.IsZero() {
		targets := r.acted(e.Target)
		for _, target := range targets {
			if _, retracts := target.Event.(domain.EventRetracted); retracts {
				continue // it says nothing of its own
			}
			if domain.Revises(target.Event) {
				target.Target = domain.EventID{}
			}
			target.Event = said(target.Event)
			r.addPrivileges(all, target)
		}
		if len(targets) == 0 {
			all[""] = true
		}
	}
	switch body := body.(type) {
	case domain.EventCorrected, domain.EventRetracted, domain.RestrictionLifted, domain.PrivilegeReinstated:
		if e.Target.IsZero() {
			all[""] = true
		}
	case domain.PrivilegeGranted:
		some(all, body.Privileges)
	case domain.PrivilegeRestricted:
		some(all, body.Privileges)
	case domain.PrivilegeRevoked:
		if len(body.Privileges) > 0 || e.Target.IsZero() {
			some(all, body.Privileges)
		}
	case domain.WaiverRequested:
		some(all, body.Immunities)
	case domain.WaiverGranted:
		some(all, body.Immunities)
	case domain.WaiverRefused:
		some(all, body.Immunities)
	case domain.PracticeObserved:
		some(all, body.Privileges)
	case domain.MeasureDetermined:
		some(all, body.Privileges)
		for _, id := range body.Replaces {
			r.before(all, domain.Of(domain.KindMeasure, id))
		}
	case domain.BenefitUsed:
		some(all, []domain.Privilege{body.Privilege})
	case domain.RequestFiled:
		some(all, r.filedFor(e, body))
	case domain.MeasureLifted, domain.RequestAcknowledged, domain.RequestApproved, domain.RequestDisapproved, domain.RequestWithdrawn:
		r.before(all, e.Subject)
	default:
		all[""] = true
	}
}

// said is what an event says happened, also in place of another.
func said(e domain.Event) domain.Event {
	if corrects, ok := e.(domain.EventCorrected); ok {
		return corrects.Body
	}
	return e
}

// before adds the privileges of what was said of a measure or a request when it began.
func (r *reach) before(all map[domain.Privilege]bool, s domain.Subject) {
	begun := false
	look := func(e domain.Envelope) {
		switch body := said(e.Event).(type) {
		case domain.MeasureDetermined:
			begun = true
			some(all, body.Privileges)
		case domain.RequestFiled:
			begun = true
			some(all, r.filedFor(e, body))
		default:
			// it came later
		}
	}
	for _, at := range r.view.Events(s) {
		if e, known := r.view.Envelope(at); known {
			look(e)
		}
	}
	for _, e := range r.earlier[s] {
		look(e)
	}
	if !begun {
		all[""] = true
	}
}

// filedFor lists the privileges that a request is for: those it names, or by the law in
// force those of its kind.
func (r *reach) filedFor(e domain.Envelope, body domain.RequestFiled) []domain.Privilege {
	if len(body.Privileges) > 0 {
		return body.Privileges
	}
	at := e.Effective.At
	if at.IsZero() {
		at = r.root.Last()
	}
	law, err := r.root.CommonFor(at)
	if err != nil {
		return nil
	}
	kind, _ := law.Language.RequestKind(body.Kind)
	return kind.Privileges
}

// some adds privileges; none are all of them.
func some(all map[domain.Privilege]bool, privileges []domain.Privilege) {
	for _, p := range privileges {
		all[p] = true
	}
	if len(privileges) == 0 {
		all[""] = true
	}
}

package engine

import (
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// decideMeasures refuses measures and restrictions that would lower an answer
// below its floor (R19). They are tried on every kind of person that they
// reach, under the law in force when they take effect.
func (v *overlay) decideMeasures(c domain.Command) error {
	var refusals domain.Refusals
	v.now = c.Drafts
	defer func() { v.now = nil }()
	for i, d := range c.Drafts {
		body := d.Event
		if correction, corrects := body.(domain.EventCorrected); corrects {
			body = correction.Body
		}
		candidate, at, found := v.candidate(d, body)
		if !found {
			continue
		}
		law, err := v.lawFor(candidate.State, at)
		if err != nil {
			return err
		}
		for _, breach := range rules.CheckMeasure(law, candidate, at) {
			refusals = append(refusals, domain.Refusal{Index: i, Type: d.Type(), Field: "payload.privileges", Text: breach.Error()})
		}
	}
	if len(refusals) > 0 {
		return refusals
	}
	return nil
}

func (v *overlay) lawFor(state domain.StateID, at timeline.Instant) (rules.Law, error) {
	common, err := v.root.CommonFor(at.Time())
	if err != nil {
		return rules.Law{}, err
	}
	law := rules.Law{Common: common, States: map[domain.StateID]*rules.Edition{}}
	k := v.root.Position()
	if _, name, err := v.root.LawAt(at, k); err == nil && state != "" {
		own, _, err := v.root.StateLawAt(state, at, k, name.Hash)
		if err != nil {
			return rules.Law{}, err
		}
		if own != nil {
			law.States[state] = own
		}
	}
	return law, nil
}

// candidate describes the draft as a measure to be tried, if it is one.
func (v *overlay) candidate(d domain.Envelope, body domain.Event) (rules.Candidate, timeline.Instant, bool) {
	at := timeline.Of(d.Effective.At)
	span := &facts.Span{Subject: d.Subject, ID: d.Subject.ID, Event: body, From: at, To: timeline.Never}
	common, err := v.root.CommonFor(d.Effective.At)
	if err != nil {
		return rules.Candidate{}, 0, false // Decide refused it for want of a vocabulary
	}
	switch body := body.(type) {
	case domain.MeasureDetermined:
		span.Scope, span.Individual = body.Scope, len(body.Scope.Members) > 0
		c := rules.Candidate{
			State: body.State, Bound: standing.Bound(common.Language, span, body.State, at),
			Finding: body.Finding(),
		}
		c.Practised = func(p domain.Privilege) bool { return v.practised(common, body, p, at) }
		if span.Individual {
			c.Bound.Covers = v.likeAny(body.Scope.Members, at)
		}
		return c, at, true
	case domain.PrivilegeRestricted, domain.PrivilegeRevoked:
		if r, revokes := body.(domain.PrivilegeRevoked); revokes && (!d.Target.IsZero() && !isCorrection(d) || len(r.Privileges) == 0) {
			return rules.Candidate{}, 0, false // it ends a grant
		}
		span.Individual = true
		c := rules.Candidate{State: "some-state", Bound: standing.Bound(common.Language, span, "", at)}
		if d.Subject.Kind == domain.KindMember {
			c.Bound.Covers = v.likeAny([]domain.MemberID{domain.MemberID(d.Subject.ID)}, at)
		} else {
			reach := v.root.View().MissionReach(domain.MissionID(d.Subject.ID), at)
			c.Bound.Covers = func(r domain.Reach) bool { return r.Member == "" && r.MissionKind == reach.MissionKind }
		}
		c.Called = "the restriction of " + d.Subject.ID
		if _, revokes := body.(domain.PrivilegeRevoked); revokes {
			c.Called = "the revocation of what " + d.Subject.ID + " has"
		}
		c.Practised = func(domain.Privilege) bool { return false }
		return c, at, true
	default:
		return rules.Candidate{}, 0, false
	}
}

func isCorrection(d domain.Envelope) bool {
	_, corrects := d.Event.(domain.EventCorrected)
	return corrects
}

// likeAny covers every kind of person that one of the persons is at any time
// from t on. Somebody of whom no capacity is known may be of any kind.
func (v *overlay) likeAny(members []domain.MemberID, t timeline.Instant) func(domain.Reach) bool {
	var like []domain.Reach
	for _, id := range members {
		person := v.root.View().Person(id, v.root.Law(v.root.Position()))
		if len(person.Capacities) == 0 {
			return func(domain.Reach) bool { return true }
		}
		for i := range person.Capacities {
			c := &person.Capacities[i]
			if c.Ended > t {
				like = append(like, person.Reach(c, max(t, c.Start)))
			}
		}
	}
	return func(r domain.Reach) bool {
		return slices.ContainsFunc(like, func(l domain.Reach) bool {
			return l.Category == r.Category && l.MissionKind == r.MissionKind && l.Family == r.Family
		})
	}
}

// practice returns the practice of a State for a privilege at t: as this command
// or an earlier one of the submission observes it, or as it is on record.
func (v *overlay) practice(state domain.StateID, p domain.Privilege, t timeline.Instant) (domain.Observation, bool) {
	var latest timeline.Instant
	var found *domain.PracticeObserved
	look := func(d domain.Envelope) {
		o, observes := d.Event.(domain.PracticeObserved)
		at := timeline.Of(d.Effective.At)
		if observes && d.Subject == domain.State(state) && slices.Contains(o.Privileges, p) && at <= t && (found == nil || at >= latest) {
			latest, found = at, &o
		}
	}
	if v.pending != nil {
		for _, d := range v.pending.practices[state] {
			look(d)
		}
	}
	for _, d := range v.now {
		look(d)
	}
	if found != nil {
		return domain.Observation{Level: found.Level, Params: found.Params, Source: found.Source}, true
	}
	observed, _, known := v.root.View().Practice(state, p, t)
	return observed, known
}

// practised reports whether a restrictive practice of the State for the
// privilege is on record at t, or comes with the measure. A practice is
// restrictive if, mirrored, it would lower an answer.
func (v *overlay) practised(common *rules.Edition, m domain.MeasureDetermined, p domain.Privilege, t timeline.Instant) bool {
	observed, found := v.practice(m.State, p, t)
	if m.Observed != nil {
		observed, found = *m.Observed, true
	}
	if !found {
		return false
	}
	mirrored := domain.MeasureDetermined{State: m.State, Privileges: []domain.Privilege{p}, Level: observed.Level, Params: observed.Params}
	span := &facts.Span{Subject: domain.Of(domain.KindMeasure, "mirrored"), ID: "mirrored", Event: mirrored, From: t, To: timeline.Never}
	candidate := rules.Candidate{State: m.State, Bound: standing.Bound(common.Language, span, m.State, t), Practised: func(domain.Privilege) bool { return false }}
	return len(rules.CheckMeasure(rules.Law{Common: common}, candidate, t)) > 0
}

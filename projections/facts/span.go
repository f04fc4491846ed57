package facts

import (
	"cmp"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/internal/mutant"
	"github.com/comity-project/comity/projections/timeline"
)

// A Span is something that rules are evaluated for while it holds: a measure,
// an agreement, a grant, a restriction, or an act on a waiver.
type Span struct {
	Subject domain.Subject
	ID      string // of the subject; of a grant, restriction or waiver, the event's id
	// Event is what stands now: MeasureDetermined, AgreementConcluded,
	// PrivilegeGranted, PrivilegeRestricted, PrivilegeRevoked (without a grant
	// to end, a denial), WaiverRequested, WaiverGranted or WaiverRefused.
	Event    domain.Event
	From, To timeline.Instant // half-open; To counts every end without a scope
	Pos      domain.Position  // of the event that stands
	Root     domain.Position  // of the first event of its lineage
	Ends     []domain.Position
	Scope    domain.Scope
	// Individual says that it is about persons by name, or about one mission.
	Individual bool

	lifts      []lift
	displacers []*Span
}

// A lift ends a span for those inside its scope only.
type lift struct {
	at    timeline.Instant
	scope domain.Scope
	pos   domain.Position
}

// Holds reports whether t lies in the span.
func (s *Span) Holds(t timeline.Instant) bool {
	return s.From <= t && (t < s.To || mutant.On(mutant.EndHolds) && t == s.To)
}

// LiveFor reports whether the span holds at t for somebody: it has begun and
// not ended, also for the part of its scope that they are in, and no measure
// that reaches them has taken its place.
func (s *Span) LiveFor(r domain.Reach, t timeline.Instant) bool {
	if !s.Holds(t) || !s.Scope.Covers(r) || s.lifted(r, t) {
		return false
	}
	return !slices.ContainsFunc(s.displacers, func(d *Span) bool {
		// For good: it does not matter whether the other still holds at t, only
		// that it came into force for r.
		return d.From <= t && d.Scope.Covers(r) && !d.lifted(r, d.From)
	})
}

func (s *Span) lifted(r domain.Reach, t timeline.Instant) bool {
	return slices.ContainsFunc(s.lifts, func(l lift) bool { return l.at <= t && l.scope.Covers(r) })
}

// KeptFor reports whether somebody accredited since an instant keeps at t what
// an agreement gave, although it has ended.
func (s *Span) KeptFor(r domain.Reach, since, t timeline.Instant) bool {
	a, ok := s.Event.(domain.AgreementConcluded)
	return ok && a.KeepsAtEnd && t >= s.To && since < s.To && s.Scope.Covers(r)
}

// Privileges are those that the span names. For an agreement they are those
// that it raises one by one, sorted.
func (s *Span) Privileges() []domain.Privilege { return domain.PrivilegesOf(s.Event) }

func byRank(a, b *Span) int {
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Root, b.Root), cmp.Compare(a.Pos, b.Pos))
}

// positionsOf are those of the events that stand behind the spans.
func positionsOf(spans []*Span) []domain.Position {
	var out []domain.Position
	for _, s := range spans {
		out = append(out, s.Pos)
	}
	return out
}

// spans returns the spans of one attribute of a subject.
func (v View) spans(of domain.Subject, a attribute) []*Span {
	var out []*Span
	p := told
	if a == attrBenefit {
		p = uses
	}
	n, found := v.store.subjects.find(of)
	if !found {
		return nil
	}
	folio, view := v.folio(n, p), v.unfold(n, p).view
	for _, i := range view.Spans(a) {
		e := folio.at(uint32(i.Pos)).body()
		out = append(out, &Span{
			Subject: of, ID: of.ID, Event: e,
			From: i.From, To: i.To, Pos: domain.Position(i.Pos), Root: domain.Position(i.Root), Ends: positions(i.Ends),
		})
	}
	return out
}

// lift applies what ends spans of the subject without naming an event: it ends
// what had been recorded by then, and what had begun by then.
func (v View) lift(of domain.Subject, spans []*Span) []*Span {
	for _, mark := range v.history(of).Spans(attrLift) {
		e, _ := v.said(mark.Pos)
		for _, s := range spans {
			if s.From > mark.From && s.Root > domain.Position(mark.Root) {
				continue
			}
			if lifted, ok := e.(domain.MeasureLifted); ok && !lifted.Scope.IsZero() {
				s.lifts = append(s.lifts, lift{at: mark.From, scope: lifted.Scope, pos: domain.Position(mark.Pos)})
				continue
			}
			s.To = min(s.To, mark.From)
			s.Ends = append(s.Ends, domain.Position(mark.Pos))
		}
	}
	return slices.DeleteFunc(spans, func(s *Span) bool { return s.From >= s.To })
}

// Measures returns all measures towards a State that hold at any time, by rank.
func (v View) Measures(state domain.StateID) []*Span {
	var out []*Span
	for _, id := range named[domain.MeasureID](v, domain.State(state), domain.KindMeasure) {
		of := domain.Of(domain.KindMeasure, id)
		for _, s := range v.lift(of, v.spans(of, attrMeasure)) {
			m, ok := s.Event.(domain.MeasureDetermined)
			if !ok || m.State != state {
				continue
			}
			s.Scope, s.Individual = m.Scope, len(m.Scope.Members) > 0
			out = append(out, s)
		}
	}
	slices.SortFunc(out, byRank)
	for _, s := range out {
		for _, by := range out {
			if m := by.Event.(domain.MeasureDetermined); by.Subject != s.Subject && slices.Contains(m.Replaces, domain.MeasureID(s.ID)) {
				s.displacers = append(s.displacers, by)
			}
		}
	}
	return out
}

// Personal returns the grants, restrictions and denials of one member or
// mission that hold at any time, by rank.
func (v View) Personal(of domain.Subject) []*Span {
	out := append(v.spans(of, attrGrant), v.spans(of, attrRestriction)...)
	for _, s := range out {
		s.ID, s.Individual = v.store.idAt(uint32(s.Pos)).String(), true
	}
	if mutant.On(mutant.GeneralLiftsPersonal) {
		v.liftPersonal(out)
	}
	slices.SortFunc(out, byRank)
	return out
}

// liftPersonal is what a planted fault does: the end of any measure ends these.
func (v View) liftPersonal(spans []*Span) {
	for _, id := range v.Subjects(domain.KindMeasure) {
		for _, mark := range v.history(domain.Subject{Kind: domain.KindMeasure, ID: id}).Spans(attrLift) {
			for _, s := range spans {
				s.To = min(s.To, mark.From)
			}
		}
	}
}

// Waivers returns what was done about waiving a member's immunities, by rank:
// requested, granted, refused.
func (v View) Waivers(id domain.MemberID) []*Span {
	out := v.spans(domain.Member(id), attrWaiver)
	for _, s := range out {
		s.ID, s.Individual = v.store.idAt(uint32(s.Pos)).String(), true
	}
	return out
}

// Agreements returns the agreements of a State that hold at any time, by rank.
// A State that succeeded to another has that one's too, from the succession on.
// Nationality and personal status are left to the rules.
func (v View) Agreements(state domain.StateID) []*Span {
	out := v.agreements(state, timeline.Always, nil)
	slices.SortFunc(out, byRank)
	return slices.CompactFunc(out, func(a, b *Span) bool { return a.Pos == b.Pos }) // had in two ways
}

func (v View) agreements(state domain.StateID, since timeline.Instant, through []domain.StateID) []*Span {
	var out []*Span
	for _, id := range named[domain.AgreementID](v, domain.State(state), domain.KindAgreement) {
		of := domain.Of(domain.KindAgreement, id)
		for _, s := range v.lift(of, v.spans(of, attrAgreement)) {
			a, ok := s.Event.(domain.AgreementConcluded)
			s.From = max(s.From, since)
			if !ok || !slices.Contains(a.States, state) || s.From >= s.To {
				continue
			}
			s.Scope = domain.Scope{MissionKinds: a.MissionKinds, Categories: a.Categories, Family: &a.Families}
			out = append(out, s)
		}
	}
	through = append(through, state)
	for _, mark := range v.history(domain.State(state)).Spans(attrSuccession) {
		e, _ := v.said(mark.Pos)
		if s, ok := e.(domain.StateSucceeded); ok && !slices.Contains(through, s.Predecessor) {
			out = append(out, v.agreements(s.Predecessor, max(since, mark.From), slices.Clone(through))...)
		}
	}
	return out
}

// Practice returns how a State treats our missions in one matter, as observed
// by t, and the event that says so.
func (v View) Practice(state domain.StateID, privilege domain.Privilege, t timeline.Instant) (domain.Observation, domain.Position, bool) {
	last, found := timeline.Last(v.Practices(state, privilege), t)
	return last.Value, domain.Position(last.Pos), found
}

// Practices returns all that was observed of a State's practice in one matter,
// by itself or as what a measure answers, in order of time. What a measure
// observed outlives the measure.
func (v View) Practices(state domain.StateID, privilege domain.Privilege) []timeline.Transition[domain.Observation] {
	marks := v.practiceMarks(state)
	var out []timeline.Transition[domain.Observation]
	for _, m := range marks {
		next := timeline.Transition[domain.Observation]{From: m.From, Pos: m.Pos, Root: m.Root}
		e, _ := v.said(m.Pos)
		switch e := e.(type) {
		case domain.PracticeObserved:
			if !slices.Contains(e.Privileges, privilege) {
				continue
			}
			next.Value = domain.Observation{Level: e.Level, Params: e.Params, Source: e.Source}
		case domain.MeasureDetermined:
			if e.State != state || !slices.Contains(e.Privileges, privilege) {
				continue
			}
			next.Value = *e.Observed
		}
		if n := len(out); n > 0 && out[n-1].From == next.From {
			out[n-1] = next
			continue
		}
		out = append(out, next)
	}
	return out
}

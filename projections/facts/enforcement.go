package facts

import (
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/internal/mutant"
	"github.com/comity-project/comity/projections/timeline"
)

// A Violation is one that stands, with what was done about it.
type Violation struct {
	Subject domain.Subject
	Event   domain.ViolationRecorded
	When    calendar.When
	Pos     domain.Position // of the event that stands
	Root    domain.Position // of the first of its lineage: when the Office learned of it
	// Assessed are the points entered for it later, and Decided what people
	// made of the consequences proposed; both by rank.
	Assessed []Answer[domain.PointsAssessed]
	Decided  []Answer[domain.ConsequenceDecided]
}

// An Answer is an event that acts on a violation.
type Answer[E domain.Event] struct {
	Event     E
	When      calendar.When
	Pos, Root domain.Position
}

// Violations returns the violations of a member or mission that stand, by rank.
// One that was dismissed does not, nor does what was entered for it.
func (v View) Violations(of domain.Subject) []Violation {
	var out []Violation
	marks := v.spans(of, attrViolation)
	for _, s := range marks {
		if e, ok := s.Event.(domain.ViolationRecorded); ok {
			_, when := v.said(timeline.Position(s.Pos))
			out = append(out, Violation{Subject: of, Event: e, When: when, Pos: s.Pos, Root: s.Root})
		}
	}
	for _, s := range marks {
		about, found := v.actsOn(s)
		if !found {
			continue
		}
		for i := range out {
			one := &out[i]
			if one.Root != about {
				continue
			}
			_, when := v.said(timeline.Position(s.Pos))
			switch e := s.Event.(type) {
			case domain.PointsAssessed:
				one.Assessed = append(one.Assessed, Answer[domain.PointsAssessed]{Event: e, When: when, Pos: s.Pos, Root: s.Root})
			case domain.ConsequenceDecided:
				one.Decided = append(one.Decided, Answer[domain.ConsequenceDecided]{Event: e, When: when, Pos: s.Pos, Root: s.Root})
			}
		}
	}
	return out
}

// Violators returns the members and missions of whom a violation is on record,
// members first, each by id.
func (v View) Violators() []domain.Subject {
	var out []domain.Subject
	for _, kind := range []domain.SubjectKind{domain.KindMember, domain.KindMission} {
		for _, id := range v.Subjects(kind) {
			of := domain.Subject{Kind: kind, ID: id}
			if len(v.history(of).Spans(attrViolation)) > 0 {
				out = append(out, of)
			}
		}
	}
	return out
}

// actsOn is the root of the event that the event behind the span names.
func (v View) actsOn(s *Span) (domain.Position, bool) {
	_, _, target := v.store.said(uint32(s.Root))
	if target == 0 {
		return 0, false
	}
	root, found := v.history(s.Subject).Root(timeline.Position(target) - 1)
	return domain.Position(root), found
}

// A tally is a number of points, and from when until when they count.
type tally struct {
	from, to timeline.Instant
	points   int
	pos      []domain.Position
}

// tallies returns what the violations come to over a window of months. Points
// age by the date of the violation, but never count before the Office had
// recorded them (R22).
func (v View) tallies(violations []Violation, months int) []tally {
	z := v.Zone()
	var out []tally
	add := func(own calendar.Date, root domain.Position, points int, pos ...domain.Position) {
		learned := today(z, timeline.Of(v.Recorded(root)))
		begin := own
		if learned.After(own) {
			begin = learned
		}
		if mutant.On(mutant.PointsFromViolation) {
			begin = own
		}
		if mutant.On(mutant.PointsFromRecording) {
			own = learned
		}
		t := tally{midnight(z, begin), midnight(z, own.AddMonths(months)), points, pos}
		if points != 0 && t.from < t.to {
			out = append(out, t)
		}
	}
	for _, one := range violations {
		own := dated(one.When, z)
		add(own, one.Root, one.Event.Points, one.Pos)
		for _, a := range one.Assessed {
			add(own, a.Root, a.Event.Points, one.Pos, a.Pos)
		}
	}
	return out
}

func (v View) points(of domain.Subject, months int, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	sum := 0
	var from []domain.Position
	for _, one := range v.tallies(v.Violations(of), months) {
		if one.from <= t && t < one.to {
			sum += one.points
			from = append(from, one.pos...)
		}
	}
	slices.Sort(from)
	return domain.Int(int64(sum)), slices.Compact(from), true
}

// licenses returns what was done to a person's license of the Office, each for as
// long as it runs.
func (v View) licenses(of domain.Subject) []*Span {
	spans := v.spans(of, attrLicense)
	for _, s := range spans {
		if e, ok := s.Event.(domain.LicenseSuspended); ok {
			_, when := v.said(timeline.Position(s.Pos))
			s.To = min(s.To, v.runs(e.Term, when))
		}
	}
	return slices.DeleteFunc(spans, func(s *Span) bool { return s.From >= s.To })
}

// runs is the end of a term that begins at a moment, of which the local date is
// the first day (R4, R5).
func (v View) runs(term domain.Term, begin calendar.When) timeline.Instant {
	if !term.Until.At.IsZero() {
		return timeline.Of(term.Until.At)
	}
	if term.Days == 0 && term.Months == 0 {
		return timeline.Never
	}
	local := v.Zone()
	if begin.Zone != "" {
		local = zone(begin.Zone)
	}
	return midnight(local, dated(begin, local).AddMonths(term.Months).AddDays(term.Days))
}

// license says what was done to a person's license. A revocation outweighs a suspension.
func (v View) license(of domain.Subject, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	state := "none"
	var from []domain.Position
	for _, s := range v.licenses(of) {
		if !s.Holds(t) {
			continue
		}
		from = append(from, s.Pos)
		if _, revoked := s.Event.(domain.LicenseRevoked); revoked {
			state = "revoked"
		} else if state == "none" {
			state = "suspended"
		}
	}
	return domain.Text(state), from, true
}

// charges sums what is not settled at t, in cents.
func (v View) charges(of domain.Subject, kind string, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	var sum domain.Cents
	var from []domain.Position
	for _, s := range v.spans(of, attrCharge) {
		amount, is := charged(s.Event, kind)
		if is && s.Holds(t) {
			sum += amount
			from = append(from, s.Pos)
		}
	}
	return domain.Int(int64(sum)), from, true
}

func charged(e domain.Event, kind string) (domain.Cents, bool) {
	switch e := e.(type) {
	case domain.FeeImposed:
		return e.Amount, kind == "fee"
	case domain.SurchargeImposed:
		return e.Amount, kind == "surcharge"
	case domain.DutyAssessed:
		return e.Amount, kind == "duty"
	default:
		return 0, false
	}
}

// noted says whether a warrant or a bar to visas was noted by t.
func (v View) noted(of domain.Subject, what string, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	var from []domain.Position
	for _, s := range v.spans(of, attrNoted) {
		_, warrant := s.Event.(domain.WarrantRecorded)
		_, bar := s.Event.(domain.VisaBarred)
		if s.Holds(t) && (warrant && what == "warrant" || bar && what == "visa_bar") {
			from = append(from, s.Pos)
		}
	}
	return domain.Bool(len(from) > 0), from, true
}

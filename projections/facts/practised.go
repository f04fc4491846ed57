package facts

import (
	"cmp"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// practiceMarks are the observations of a State's practice by rank, whatever
// they are about.
func (v View) practiceMarks(state domain.StateID) []interval {
	marks := slices.Clone(v.history(domain.State(state)).Spans(attrPractice))
	for _, id := range named[domain.MeasureID](v, domain.State(state), domain.KindMeasure) {
		marks = append(marks, v.history(domain.Of(domain.KindMeasure, id)).Spans(attrPractice)...)
	}
	slices.SortFunc(marks, func(a, b interval) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Root, b.Root), cmp.Compare(a.Pos, b.Pos))
	})
	return marks
}

// Practised returns the privileges of which a practice of the State was
// observed at any time, sorted.
func (v View) Practised(state domain.StateID) []domain.Privilege {
	var out []domain.Privilege
	for _, m := range v.practiceMarks(state) {
		switch e, _ := v.said(m.Pos); e := e.(type) {
		case domain.PracticeObserved:
			out = append(out, e.Privileges...)
		case domain.MeasureDetermined:
			if e.State == state {
				out = append(out, e.Privileges...)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// RulesetChanges lists the instants at which the edition of a ruleset that is in
// force changes, in order.
func (v View) RulesetChanges(id domain.RulesetID) []timeline.Instant {
	var out []timeline.Instant
	for _, change := range v.editions(id) {
		out = append(out, change.From)
	}
	return out
}

// A Lift ended a measure or agreement for those inside a scope.
type Lift struct {
	At    timeline.Instant
	Scope domain.Scope
	Pos   domain.Position // of the event that lifted it
}

// Lifts returns what ended the span for some only. What ended it for all is
// counted in To.
func (s *Span) Lifts() []Lift {
	var out []Lift
	for _, l := range s.lifts {
		out = append(out, Lift{At: l.at, Scope: l.scope, Pos: l.pos})
	}
	return out
}

// Displacers returns the measures that take the place of this one for whoever
// they reach, each from its start and for good.
func (s *Span) Displacers() []*Span { return s.displacers }

package facts

import (
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/timeline"
)

// A View is the office as known at one position. It is a small value; making
// one costs nothing.
type View struct {
	store *Store
	k     domain.Position
}

// At returns the office as known at k: after the events 0 to k-1.
func (s *Store) At(k domain.Position) View { return View{store: s, k: min(k, s.Position())} }

// Position is the k of the view.
func (v View) Position() domain.Position { return v.k }

// nothing is the history of whom nothing is known.
var nothing = timeline.New[attribute](domain.Value.Equal)

func (v View) history(of domain.Subject) historyView {
	if found, ok := v.store.subjects.Load(of); ok {
		return found.(*subject).history.At(timeline.Position(v.k))
	}
	return nothing.At(0)
}

// Office returns the founding of the office, and false before it.
func (v View) Office() (domain.OfficeID, domain.OfficeFounded, bool) {
	if e, found := v.Envelope(0); found {
		if founded, ok := e.Event.(domain.OfficeFounded); ok {
			return domain.OfficeID(e.Subject.ID), founded, true
		}
	}
	return "", domain.OfficeFounded{}, false
}

// Zone is the office's time zone.
func (v View) Zone() calendar.Zone {
	_, founded, _ := v.Office()
	return zone(founded.Zone)
}

// zone returns a zone that was checked when its event was applied; no name is UTC.
func zone(name string) calendar.Zone {
	z, err := calendar.LoadZone(name)
	if err != nil {
		return calendar.UTC
	}
	return z
}

// Known reports whether something that still stands was recorded about the subject.
func (v View) Known(s domain.Subject) bool {
	h := v.history(s)
	return slices.ContainsFunc(h.Positions(), func(p timeline.Position) bool {
		return !domain.Retracts(v.store.events.all()[p].Event) && h.Live(p)
	})
}

// Subjects returns the ids of all known subjects of a kind, sorted.
func (v View) Subjects(kind domain.SubjectKind) []string {
	var ids []string
	if of := v.store.kinds[kind]; of != nil {
		for _, s := range of.all() {
			if v.Known(s.Subject) {
				ids = append(ids, s.ID)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// Envelope returns the event at a position, and false if it is not known.
func (v View) Envelope(pos domain.Position) (domain.Envelope, bool) {
	if pos >= v.k {
		return domain.Envelope{}, false
	}
	return v.store.events.all()[pos], true
}

// EventByID finds an event by its id.
func (v View) EventByID(id domain.EventID) (domain.Position, domain.Envelope, bool) {
	found, ok := v.store.ids.Load(id)
	if !ok {
		return 0, domain.Envelope{}, false
	}
	pos := found.(domain.Position)
	e, known := v.Envelope(pos)
	if !known {
		return 0, domain.Envelope{}, false
	}
	return pos, e, true
}

// Live reports whether the event at a position is known and stands: nothing
// live retracts or corrects it.
func (v View) Live(pos domain.Position) bool {
	e, known := v.Envelope(pos)
	return known && v.history(e.Subject).Live(timeline.Position(pos))
}

// Lineage returns all that was recorded on the matter of the event at a
// position: the first event, and what retracts and corrects it.
func (v View) Lineage(pos domain.Position) []domain.Position {
	e, known := v.Envelope(pos)
	if !known {
		return nil
	}
	return positions(v.history(e.Subject).Lineage(timeline.Position(pos)))
}

// Events returns the positions of all events about a subject in order of
// recording, whether they stand or not.
func (v View) Events(s domain.Subject) []domain.Position {
	return positions(v.history(s).Positions())
}

// Command returns the positions of the events that a command caused.
func (v View) Command(id domain.CommandID) []domain.Position {
	found, ok := v.store.commands.Load(id)
	if !ok {
		return nil
	}
	var out []domain.Position
	for _, pos := range found.(*list[domain.Position]).all() {
		if pos < v.k {
			out = append(out, pos)
		}
	}
	return out
}

// Missions returns the missions of a State, sorted.
func (v View) Missions(id domain.StateID) []domain.MissionID {
	return named[domain.MissionID](v, domain.State(id), domain.KindMission)
}

// Members returns everybody who was ever accredited to, assigned to or recorded
// as a visitor of a mission, sorted.
func (v View) Members(id domain.MissionID) []domain.MemberID {
	return named[domain.MemberID](v, domain.Mission(id), domain.KindMember)
}

// Family returns everybody who was ever of a member's household, sorted.
func (v View) Family(sponsor domain.MemberID) []domain.MemberID {
	return named[domain.MemberID](v, domain.Member(sponsor), domain.KindMember)
}

// Cards returns the cards issued to a person, sorted.
func (v View) Cards(holder domain.MemberID) []domain.CardID {
	return named[domain.CardID](v, domain.Member(holder), domain.KindCard)
}

// named returns the subjects of a kind of which some live event names to.
func named[T ~string](v View, to domain.Subject, kind domain.SubjectKind) []T {
	found, ok := v.store.refs.Load(refKey{to, kind})
	if !ok {
		return nil
	}
	var out []T
	for _, from := range found.(*list[*subject]).all() {
		h := from.history.At(timeline.Position(v.k))
		if slices.ContainsFunc(h.Positions(), func(p timeline.Position) bool {
			return h.Live(p) && slices.Contains(domain.References(v.store.events.all()[p].Event), to)
		}) {
			out = append(out, T(from.ID))
		}
	}
	slices.Sort(out)
	return out
}

// said is what the event at a position says happened, and when: for a
// correction, what it puts in place of what it corrects.
func (v View) said(pos timeline.Position) (domain.Event, calendar.When) {
	e := v.store.events.all()[pos]
	if c, corrects := e.Event.(domain.EventCorrected); corrects {
		return c.Body, e.Effective
	}
	return e.Event, e.Effective
}

// Ruleset returns the hash of the edition of a ruleset in force at t and the
// event that put it there; false if none is.
func (v View) Ruleset(id domain.RulesetID, t timeline.Instant) (string, domain.Position, bool) {
	last, found := timeline.Last(v.editions(id), t)
	return last.Value, domain.Position(last.Pos), found && last.Value != ""
}

// Rulesets returns the ids of all rulesets of which an edition was published, sorted.
func (v View) Rulesets() []domain.RulesetID {
	var out []domain.RulesetID
	for _, id := range v.Subjects(domain.KindRuleset) {
		out = append(out, domain.RulesetID(id))
	}
	return out
}

// editions returns the changes of the edition in force; no edition is "".
// Superseding and withdrawing act on the edition that they name, and do
// nothing while another is in force.
func (v View) editions(id domain.RulesetID) []timeline.Transition[string] {
	var out []timeline.Transition[string]
	hash := ""
	for _, m := range v.history(domain.Of(domain.KindRuleset, id)).Spans(attrEdition) {
		switch e, _ := v.said(m.Pos); e := e.(type) {
		case domain.RulesetPublished:
			hash = e.Hash
		case domain.RulesetSuperseded:
			if hash == e.Hash {
				hash = e.By
			}
		case domain.RulesetWithdrawn:
			if hash == e.Hash {
				hash = ""
			}
		}
		next := timeline.Transition[string]{From: m.From, Value: hash, Pos: m.Pos, Root: m.Root}
		if n := len(out); n > 0 && out[n-1].From == m.From {
			out = out[:n-1] // what held for no time did not hold
		}
		if n := len(out); n == 0 || out[n-1].Value != hash {
			out = append(out, next)
		}
	}
	return out
}

func positions(in []timeline.Position) []domain.Position {
	out := make([]domain.Position, len(in))
	for i, p := range in {
		out[i] = domain.Position(p)
	}
	return out
}

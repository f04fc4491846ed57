package facts

import (
	"slices"
	"time"

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
	if n, found := v.store.subjects.find(of); found {
		return v.unfold(n, told).view
	}
	return nothing.At(0)
}

// A founding is the first event of an office.
type founding struct {
	id      domain.OfficeID
	founded domain.OfficeFounded
	zone    calendar.Zone
}

// founding returns the founding of the office, looked up once; nil before it.
func (v View) founding() *founding {
	if v.k == 0 {
		return nil
	}
	if f := v.store.founding.Load(); f != nil {
		return f
	}
	e := v.store.envelope(0)
	founded, ok := e.Event.(domain.OfficeFounded)
	if !ok {
		return nil
	}
	f := &founding{domain.OfficeID(e.Subject.ID), founded, zone(founded.Zone)}
	v.store.founding.Store(f)
	return f
}

// Office returns the founding of the office, and false before it.
func (v View) Office() (domain.OfficeID, domain.OfficeFounded, bool) {
	if f := v.founding(); f != nil {
		return f.id, f.founded, true
	}
	return "", domain.OfficeFounded{}, false
}

// Semantics is the greatest semantics version that the office has adopted; 1 if
// it has adopted none. None is ever taken back.
func (v View) Semantics() int {
	version := 1
	id, _, founded := v.Office()
	if !founded {
		return version
	}
	for _, at := range v.Events(domain.Of(domain.KindOffice, id)) {
		e, _ := v.Envelope(at)
		if adopted, ok := e.Event.(domain.SemanticsAdopted); ok {
			version = max(version, adopted.Version)
		}
	}
	return version
}

// Zone is the office's time zone.
func (v View) Zone() calendar.Zone {
	if f := v.founding(); f != nil {
		return f.zone
	}
	return calendar.UTC
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
	n, found := v.store.subjects.find(s)
	return found && v.known(n)
}

func (v View) known(n uint32) bool {
	m := v.store.subjects.at(n)
	if first := m.first.Load(); first == 0 || domain.Position(first) > v.k {
		return false
	} else if !m.revised.Load() {
		return true
	}
	return slices.ContainsFunc([]part{told, uses}, func(p part) bool {
		known := v.unfold(n, p)
		return slices.ContainsFunc(known.said, func(s said) bool {
			return !domain.Retracts(s.event) && known.view.Live(timeline.Position(s.pos))
		})
	})
}

// Mentioned reports whether any event about the subject is known, whether it stands
// or not.
func (v View) Mentioned(s domain.Subject) bool {
	n, found := v.store.subjects.find(s)
	if !found {
		return false
	}
	first := v.store.subjects.at(n).first.Load()
	return first != 0 && domain.Position(first) <= v.k
}

// Subjects returns the ids of all known subjects of a kind, sorted.
func (v View) Subjects(kind domain.SubjectKind) []string {
	var ids []string
	if of := v.store.subjects.kinds[kind]; of != nil {
		for _, n := range of.all() {
			if v.known(n) {
				ids = append(ids, v.store.subjects.name(n).ID)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// OnRecord returns the ids of all subjects of a kind about whom something was
// recorded, whether it stands or not, sorted.
func (v View) OnRecord(kind domain.SubjectKind) []string {
	var ids []string
	if of := v.store.subjects.kinds[kind]; of != nil {
		for _, n := range of.all() {
			if first := v.store.subjects.at(n).first.Load(); first != 0 && domain.Position(first) <= v.k {
				ids = append(ids, v.store.subjects.name(n).ID)
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
	return v.store.envelope(uint32(pos)), true
}

// Recorded returns when the event at a position, which is known, was recorded.
func (v View) Recorded(pos domain.Position) time.Time { return v.store.recordedAt(uint32(pos)) }

// CommandAt returns which command caused the event at a position, which is known.
func (v View) CommandAt(pos domain.Position) domain.CommandID { return v.store.commandAt(uint32(pos)) }

// SubjectAt returns whom the event at a position, which is known, is about.
func (v View) SubjectAt(pos domain.Position) domain.Subject {
	return v.store.subjects.name(v.store.subjectAt(uint32(pos)))
}

// EventByID finds an event by its id.
func (v View) EventByID(id domain.EventID) (domain.Position, domain.Envelope, bool) {
	pos, found := v.store.find(id, uint32(v.k))
	if !found {
		return 0, domain.Envelope{}, false
	}
	return domain.Position(pos), v.store.envelope(pos), true
}

// Live reports whether the event at a position is known and stands: nothing
// live retracts or corrects it.
func (v View) Live(pos domain.Position) bool {
	return pos < v.k && v.around(pos).Live(timeline.Position(pos))
}

// Lineage returns all that was recorded on the matter of the event at a
// position: the first event, and what retracts and corrects it.
func (v View) Lineage(pos domain.Position) []domain.Position {
	if pos >= v.k {
		return nil
	}
	return positions(v.around(pos).Lineage(timeline.Position(pos)))
}

// around is the part of a subject's history in which the event at a position is.
func (v View) around(pos domain.Position) historyView {
	return v.unfold(v.store.subjectAt(uint32(pos)), v.store.partOf(uint32(pos))).view
}

// Events returns the positions of all events about a subject in order of
// recording, whether they stand or not.
func (v View) Events(s domain.Subject) []domain.Position {
	n, found := v.store.subjects.find(s)
	if !found {
		return nil
	}
	var out []domain.Position
	for last := v.store.subjects.at(n).last.Load(); last != 0; last = v.store.before(last - 1) {
		if domain.Position(last) <= v.k {
			out = append(out, domain.Position(last)-1)
		}
	}
	slices.Reverse(out)
	return out
}

// EventsSince is Events without those before a position. It takes as long as there are
// events since.
func (v View) EventsSince(s domain.Subject, from domain.Position) []domain.Position {
	n, found := v.store.subjects.find(s)
	if !found {
		return nil
	}
	var out []domain.Position
	for last := v.store.subjects.at(n).last.Load(); domain.Position(last) > from; last = v.store.before(last - 1) {
		if domain.Position(last) <= v.k {
			out = append(out, domain.Position(last)-1)
		}
	}
	slices.Reverse(out)
	return out
}

// Command returns the positions of the events that a command caused: they lie
// together.
func (v View) Command(id domain.CommandID) []domain.Position {
	first, found := v.store.command(id, uint32(v.k))
	if !found {
		return nil
	}
	var out []domain.Position
	for pos := first; pos < uint32(v.k) && v.store.commandAt(pos) == id; pos++ {
		out = append(out, domain.Position(pos))
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

// said is what the event at a position says happened, and when: for a
// correction, what it puts in place of what it corrects.
func (v View) said(pos timeline.Position) (domain.Event, calendar.When) {
	s := v.folio(v.store.subjectAt(uint32(pos)), v.store.partOf(uint32(pos))).at(uint32(pos))
	return s.body(), s.when
}

// Ruleset returns the hash of the edition of a ruleset in force at t and the
// event that put it there; false if none is.
func (v View) Ruleset(id domain.RulesetID, t timeline.Instant) (string, domain.Position, bool) {
	last, found := timeline.Last(v.editions(id), t)
	return last.Value, domain.Position(last.Pos), found && last.Value != ""
}

// Rulesets returns the ids of all rulesets of which an edition was published or a
// draft saved, sorted.
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

package engine

import (
	"fmt"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// An overlay is what a command is decided against: the state at the head, and
// what earlier commands of the same submission would add. It is a [domain.View].
type overlay struct {
	root     *projections.Root
	founded  bool
	subjects map[domain.Subject]bool
	events   map[domain.EventID]domain.Envelope
	pending  []domain.Envelope // of earlier commands, in order
	now      []domain.Envelope // of the command that is being decided
}

func newOverlay(root *projections.Root) *overlay {
	return &overlay{root: root, founded: root.Position() > 0, subjects: map[domain.Subject]bool{}, events: map[domain.EventID]domain.Envelope{}}
}

// decide says whether a command may be recorded: whether its events are well
// formed and fit what is on record, and whether they stay above the floors.
func (v *overlay) decide(c domain.Command) error {
	if err := domain.Decide(c, v); err != nil {
		return err
	}
	var refusals domain.Refusals
	for _, two := range facts.Contradictions(c.Drafts) {
		refusals = append(refusals, domain.Refusal{Index: two.Second, Type: c.Drafts[two.Second].Type(),
			Text: fmt.Sprintf("event %d of the same command says something else of the %s of %s at the same instant: leave one of them out, or record them one after the other", two.First+1, two.Attribute, c.Drafts[two.Second].Subject)})
	}
	if len(refusals) > 0 {
		return refusals
	}
	return v.decideMeasures(c)
}

// add makes a decided command part of what the next is decided against.
func (v *overlay) add(c domain.Command) {
	for _, e := range c.Drafts {
		v.founded = true
		v.pending = append(v.pending, e)
		v.subjects[e.Subject] = true
		v.events[e.ID] = e
	}
}

func (v *overlay) Founded() bool { return v.founded }

func (v *overlay) Known(s domain.Subject) bool { return v.subjects[s] || v.root.View().Known(s) }

func (v *overlay) NearSubject(kind domain.SubjectKind, id string) string {
	known := v.root.View().Subjects(kind)
	for s := range v.subjects {
		if s.Kind == kind {
			known = append(known, s.ID)
		}
	}
	return domain.Nearest(id, known)
}

func (v *overlay) EventByID(id domain.EventID) (domain.Envelope, bool) {
	if e, own := v.events[id]; own {
		return e, true
	}
	_, e, found := v.root.View().EventByID(id)
	return e, found
}

// ActsOn returns what names the event and revises it, on record or pending.
func (v *overlay) ActsOn(id domain.EventID) []domain.Envelope {
	var out []domain.Envelope
	look := func(e domain.Envelope) {
		if e.Target == id && domain.Revises(e.Event) {
			out = append(out, e)
		}
	}
	if _, target, found := v.root.View().EventByID(id); found {
		for _, at := range v.root.View().Events(target.Subject) {
			e, _ := v.root.View().Envelope(at)
			look(e)
		}
	}
	for _, e := range v.pending {
		look(e)
	}
	return out
}

func (v *overlay) MissionState(id domain.MissionID) domain.StateID {
	for _, e := range v.pending {
		if opened, ok := e.Event.(domain.MissionOpened); ok && e.Subject == domain.Mission(id) {
			return opened.State
		}
	}
	return v.root.View().MissionReach(id, timeline.Never).State
}

func (v *overlay) SendingStates(id domain.MemberID) []domain.StateID {
	var out []domain.StateID
	for _, e := range v.pending {
		if accredited, ok := e.Event.(domain.MemberAccredited); ok && e.Subject == domain.Member(id) {
			out = append(out, v.MissionState(accredited.Mission))
		}
	}
	person := v.root.View().Person(id, v.root.Law(v.root.Position()))
	for i := range person.Capacities {
		if c := &person.Capacities[i]; c.Kind == facts.Accredited {
			out = append(out, c.State)
		}
	}
	return out
}

func (v *overlay) Vocabulary(at time.Time) domain.Vocabulary {
	edition, err := v.root.CommonFor(at)
	if err != nil {
		return nil
	}
	return edition.Language
}

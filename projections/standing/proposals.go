package standing

import (
	"errors"
	"fmt"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// Proposed are the consequences that the law in force when a member or a mission
// committed an offence calls for, given how they stood at t. Nothing is decided
// by it.
func (m *Moment) Proposed(subject domain.Subject, offence domain.Offence, committed, t timeline.Instant) ([]*rules.Consequence, error) {
	in, err := m.inquire(subject, nil)
	if err != nil {
		return nil, err
	}
	common, _, err := m.root.LawAt(committed, m.k)
	if err != nil {
		return nil, err
	}
	if later, _, err := m.root.LawAt(t, m.k); err != nil || later != common {
		t = committed // another edition tells of people in a language of its own
	}
	want := rules.OfPerson
	if subject.Kind == domain.KindMission {
		want = rules.OfMission
	}
	for _, p := range common.Language.PrivilegeOrder {
		if common.Language.Privileges[p].Of&want == 0 {
			continue // who they are is the same for every privilege
		}
		r, err := in.at(p, t)
		if err != nil {
			return nil, err
		}
		c := &r.situation.Nobody
		if subject.Kind == domain.KindMember {
			c = m.speaking(r.situation)
		} else if len(r.situation.Capacities) > 0 {
			c = &r.situation.Capacities[0]
		}
		return common.Called(string(offence), rules.FrameOf(c, r.situation.Request, nil)), nil
	}
	return nil, fmt.Errorf("the law in force on %s knows no privilege of a %s", committed, subject.Kind)
}

// Points is what the violations of a member come to at t by the law in force
// then, the months that it counts back, and the events.
func (m *Moment) Points(subject domain.Subject, t timeline.Instant) (points, months int, from []domain.Position, err error) {
	if subject.Kind != domain.KindMember {
		return 0, 0, nil, nil
	}
	common, _, err := m.root.LawAt(t, m.k)
	if errors.Is(err, projections.ErrNoLaw) {
		return 0, 0, nil, nil
	}
	if err != nil {
		return 0, 0, nil, err
	}
	person := m.view.Person(domain.MemberID(subject.ID), m.law)
	for _, decl := range common.Language.Facts["member"] {
		if decl.From.Constructor != "points" {
			continue
		}
		v, from, _ := person.Read(nil, t)(decl)
		return int(v.Int()), decl.From.Months, from, nil
	}
	return 0, 0, nil, nil
}

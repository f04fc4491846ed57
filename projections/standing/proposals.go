package standing

import (
	"fmt"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// Proposed are the consequences that the law in force at t calls for when a
// member or a mission commits an offence. Nothing is decided by it.
func (m *Moment) Proposed(subject domain.Subject, offence domain.Offence, t timeline.Instant) ([]*rules.Consequence, error) {
	in, err := m.inquire(subject, nil)
	if err != nil {
		return nil, err
	}
	common, _, err := m.root.LawAt(t, m.k)
	if err != nil {
		return nil, err
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
	return nil, fmt.Errorf("the law in force on %s knows no privilege of a %s", t, subject.Kind)
}

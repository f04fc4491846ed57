package generate

import (
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// tellLives records the moments of people's lives of which the office learns
// today. A household that comes together is recorded together.
func (t *telling) tellLives() {
	household := int32(nobody)
	for ; t.moment < len(t.moments) && int(t.moments[t.moment].known) == t.today; t.moment++ {
		m := t.moments[t.moment]
		e := t.about(member(m.person), int(m.from), t.life(m))
		e.Effective = t.days.on(t.where(m.person), int(m.from))
		if m.step == expelled {
			e.Authority = "VCDR 9, VCCR 23"
		}
		switch head := t.people[m.person].sponsor; {
		case m.step == joins && head == household && len(t.commands[len(t.commands)-1].Drafts) < 20:
			t.join(e)
		default:
			id := t.tell(e)
			if household = nobody; m.step == arrives {
				household = m.person
				if t.dice.chance(20) {
					t.mayRevise(id, e)
				}
			}
		}
		switch m.step {
		case arrives:
			t.comes(m.person)
		case joins:
			if t.place[t.people[m.person].sponsor] != nobody {
				t.comes(m.person)
			}
		case separates, ends, expelled, dies, departs:
			t.goes(m.person)
			t.familyGoes(m.person)
		default:
			// the others go on
		}
	}
}

// familyGoes takes the family out with its sponsor: nobody tells stories of them
// any more.
func (t *telling) familyGoes(sponsor int32) {
	for n := sponsor + 1; int(n) < len(t.people) && t.people[n].sponsor == sponsor; n++ {
		t.goes(n)
	}
}

// life is the event of a moment.
func (t *telling) life(m moment) domain.Event {
	p := &t.people[m.person]
	switch m.step {
	case arrives:
		return domain.MemberAccredited{Mission: t.missions[p.mission].id, Category: p.rank, Rank: t.rank(m.person), Nationalities: t.nationalities(m.person), Status: statusOf(p), Personal: t.personal(m.person)}
	case joins:
		relation := domain.Relation("spouse")
		if p.child {
			relation = "child"
		}
		return domain.FamilyJoined{Sponsor: memberID(p.sponsor), Relation: relation, Status: statusOf(p), Personal: t.personal(m.person)}
	case moves:
		return t.move(m.person)
	case rises:
		return domain.CategoryChanged{Category: risen(p.rank), Rank: t.rank(m.person)}
	case studies:
		return domain.StudentChanged{Student: true}
	case separates:
		return domain.FamilyLeft{Reason: pick(t.dice, []string{"moved out", "marriage dissolved", "lives abroad"})}
	case ends:
		return domain.FunctionsEnded{Reason: pick(t.dice, []string{"end of tour", "end of tour", "end of tour", "recalled", "resigned"})}
	case expelled:
		as := domain.ExpulsionAs("not_acceptable")
		if p.rank == "dip.agent" || p.rank == "con.officer" {
			as = "persona_non_grata"
		}
		return domain.PersonaNonGrata{As: as, Period: domain.Period{Hours: pick(t.dice, []int{48, 72, 168})}}
	case dies:
		return domain.MemberDied{}
	default:
		return domain.MemberDeparted{}
	}
}

// statusOf is the personal status as it is written: most have none.
func statusOf(p *person) domain.Status {
	if p.status == "none" {
		return ""
	}
	return p.status
}

// nationalities are stated where they are not those of the sending State alone.
func (t *telling) nationalities(n int32) []domain.StateID {
	own := &t.states[t.missions[t.people[n].mission].state]
	other := t.states[t.dice.below(len(t.states))]
	switch {
	case other.entity || other.id == own.id:
		return nil
	case own.entity: // an organization has no nationals
		return []domain.StateID{other.id}
	case t.dice.chance(3):
		return []domain.StateID{own.id, other.id}
	}
	return nil
}

// personal makes a name, the same whenever it is asked for.
func (t *telling) personal(n int32) *domain.Personal {
	birth := t.days.date(int(t.people[n].birth))
	return &domain.Personal{Name: personName(newDice(t.Seed, streamNames+uint64(n))), Birth: birth}
}

// move goes on at another mission of the same State or, where there is none, in
// another rank.
func (t *telling) move(n int32) domain.Event {
	from := &t.missions[t.posts[n]]
	for range 8 {
		to := pick(t.dice, t.states[from.state].missions)
		m := &t.missions[to]
		if m.id == from.id || m.opens > t.today || m.closes < t.days.count || len(staff[m.kind]) == 0 || m.kind == "honorary_post" {
			continue
		}
		t.posts[n] = int32(to)
		moved := domain.MemberReassigned{Mission: m.id}
		if m.kind != from.kind {
			moved.Category = draw(t.dice, staff[m.kind])
		}
		return moved
	}
	return domain.CategoryChanged{Category: t.people[n].rank, Rank: t.rank(n)}
}

// risen is the category to which people of another rise.
func risen(c domain.Category) domain.Category {
	switch c {
	case "dip.at":
		return "dip.agent"
	case "dip.service":
		return "dip.at"
	case "con.employee":
		return "con.officer"
	case "con.service":
		return "con.employee"
	case "iom.support":
		return "iom.diplomatic"
	case "io.staff":
		return "io.senior"
	case "teco.designated":
		return "teco.head"
	default:
		return c
	}
}

// rank is a rank that goes with the category.
func (t *telling) rank(n int32) string {
	switch t.people[n].rank {
	case "dip.agent", "iom.diplomatic":
		return draw(t.dice, []lot[string]{{2, "minister"}, {10, "counselor"}, {20, "first secretary"}, {25, "second secretary"}, {25, "third secretary"}, {18, "attache"}})
	case "con.officer":
		return draw(t.dice, []lot[string]{{10, "consul general"}, {40, "consul"}, {50, "vice consul"}})
	default:
		return ""
	}
}

// until is the end of something that lasts some months from a day on.
func (t *telling) until(day, months int) calendar.When {
	date := t.days.date(day).AddMonths(months)
	return t.days.on(eastern, date.DaysSince(t.days.first))
}

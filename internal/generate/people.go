package generate

import (
	"cmp"
	"slices"

	"github.com/comity-project/comity/domain"
)

// A person is whom the office will have on record. Days may lie before the
// first one: who serves when the office begins came earlier.
type person struct {
	mission int32
	sponsor int32 // of a relative; nobody's otherwise
	rank    domain.Category
	status  domain.Status
	child   bool
	birth   int32
	arrives int32
	leaves  int32
	known   int32 // when the office learns of the arrival
}

const nobody = -1

// A step is something that happens in the life of a person.
type step uint8

// The steps, in the order in which those of one day are recorded.
const (
	arrives step = iota
	joins
	moves
	rises
	studies
	separates
	ends
	expelled
	dies
	departs
)

// A moment is when the office learns of a step, and since when it holds.
type moment struct {
	known, from int32
	person      int32
	step        step
}

// staff says in which categories people serve at a kind of mission.
var staff = map[domain.MissionKind][]lot[domain.Category]{
	"embassy":       {{45, "dip.agent"}, {35, "dip.at"}, {10, "dip.service"}, {10, "dip.private_servant"}},
	"consular_post": {{40, "con.officer"}, {45, "con.employee"}, {10, "con.service"}, {5, "con.private_staff"}},
	"honorary_post": {{100, "con.honorary"}},
	"un_mission":    {{60, "iom.diplomatic"}, {40, "iom.support"}},
	"oas_mission":   {{60, "iom.diplomatic"}, {40, "iom.support"}},
	"io":            {{95, "io.staff"}, {5, "io.senior"}},
	"tecro":         {{100, "tecro.designated"}},
	"teco":          {{15, "teco.head"}, {85, "teco.designated"}},
	"hketo":         {{100, "hketo.staff"}},
}

// populate makes the people, household by household, and the moments of their lives.
func (o *Office) populate() {
	d := newDice(o.Seed, streamPeople)
	total := 0
	reach := make([]int, len(o.missions)) // sums of the weights
	for i, m := range o.missions {
		total += m.weight
		reach[i] = total
	}
	o.people = make([]person, 0, o.Members)
	for len(o.people) < o.Members {
		throw := d.below(total)
		m, _ := slices.BinarySearch(reach, throw+1)
		o.addHousehold(d, m)
	}
	slices.SortFunc(o.moments, func(a, b moment) int {
		return cmp.Or(cmp.Compare(a.known, b.known), cmp.Compare(a.person, b.person), cmp.Compare(a.step, b.step))
	})
}

// addHousehold adds somebody who serves at a mission, with a family.
func (o *Office) addHousehold(d *dice, at int) {
	m := &o.missions[at]
	p := person{mission: int32(at), sponsor: nobody, rank: draw(d, staff[m.kind]), status: "none", leaves: never}
	tour := o.tour(d, p.rank)
	// As many serve when the office begins as at any other time.
	if d.below(o.days.count+1200) < 1200 && m.opens == 0 {
		p.arrives = int32(-d.below(tour))
	} else {
		p.arrives = int32(m.opens + d.below(min(m.closes, o.days.count)-m.opens))
	}
	if end := int(p.arrives) + tour; end < o.days.count {
		p.leaves = int32(end)
	}
	if m.closes < int(p.leaves) {
		p.leaves = int32(max(m.closes, int(p.arrives)+1))
	}
	p.birth = p.arrives - int32(d.between(25*365, 60*365))
	switch {
	case p.rank == "con.honorary":
		p.status = draw(d, []lot[domain.Status]{{50, "us_national"}, {45, "lpr"}, {5, "none"}})
	case d.chance(3):
		p.status = draw(d, []lot[domain.Status]{{60, "lpr"}, {25, "us_national"}, {15, "permanently_resident"}})
	}
	p.known = o.learns(d, p.arrives, 0)
	sponsor := o.addPerson(p, arrives, p.arrives)
	if !d.chance(28) && p.rank != "con.honorary" && p.rank != "dip.private_servant" && p.rank != "con.private_staff" {
		o.addFamily(d, sponsor)
	}
	o.live(d, sponsor)
}

// tour is for how many days people of a category stay.
func (o *Office) tour(d *dice, c domain.Category) int {
	switch c {
	case "con.honorary":
		return d.between(3000, 7000)
	case "io.staff", "io.senior":
		return d.between(3*365, 9*365)
	default:
		return d.between(2*365, 5*365)
	}
}

// learns is when the office learns of something: mostly within days, sometimes
// only after weeks.
func (o *Office) learns(d *dice, from int32, least int32) int32 {
	late := d.between(1, 10)
	switch {
	case d.chance(5):
		late = d.between(30, 90)
	case d.chance(15):
		late = d.between(11, 30)
	}
	return int32(o.days.office(max(int(from)+late, int(least))))
}

func (o *Office) addPerson(p person, s step, from int32) int32 {
	o.people = append(o.people, p)
	n := int32(len(o.people) - 1)
	o.moments = append(o.moments, moment{p.known, from, n, s})
	return n
}

// addFamily adds a spouse and children, as far as there is room for members.
func (o *Office) addFamily(d *dice, sponsor int32) {
	head := o.people[sponsor]
	relative := func(child bool, birth int32) {
		if len(o.people) == o.Members {
			return
		}
		p := person{mission: head.mission, sponsor: sponsor, rank: head.rank, status: "none", child: child, birth: birth, arrives: head.arrives, leaves: head.leaves}
		last := min(head.leaves, int32(o.days.count)) - 1
		if d.chance(30) { // comes later
			p.arrives += int32(d.between(20, 300))
		}
		if p.birth > p.arrives { // is born here
			p.arrives = p.birth
		}
		p.arrives = max(min(p.arrives, last), head.arrives)
		p.birth = min(p.birth, p.arrives)
		if d.chance(4) {
			p.status = draw(d, []lot[domain.Status]{{50, "us_national"}, {50, "lpr"}})
		}
		p.known = head.known
		if p.arrives != head.arrives {
			p.known = o.learns(d, p.arrives, head.known)
		}
		n := o.addPerson(p, joins, p.arrives)
		grown := p.birth + 21*365 + 6
		switch {
		case child && grown > p.arrives && grown < min(p.leaves, int32(o.days.count)) && d.chance(50):
			o.happens(d, n, studies, grown-int32(d.between(5, 60)))
		case d.chance(2):
			o.happens(d, n, separates, p.arrives+int32(d.between(100, 900)))
		}
	}
	if d.chance(90) {
		relative(false, head.birth+int32(d.between(-6*365, 8*365)))
	}
	for range draw(d, []lot[int]{{35, 0}, {27, 1}, {24, 2}, {14, 3}}) {
		relative(true, head.arrives-int32(d.between(-500, 20*365)))
	}
}

// live gives somebody a career, and an end of it.
func (o *Office) live(d *dice, n int32) {
	p := &o.people[n]
	stay := int(min(p.leaves, int32(o.days.count)) - p.arrives)
	if stay > 300 && d.chance(4) {
		o.happens(d, n, moves, p.arrives+int32(d.between(100, stay-100)))
	}
	if stay > 300 && d.chance(3) {
		o.happens(d, n, rises, p.arrives+int32(d.between(100, stay-100)))
	}
	if p.leaves == never {
		return
	}
	switch throw := d.below(1000); {
	case throw < 4:
		o.happens(d, n, expelled, p.leaves)
	case throw < 8:
		o.happens(d, n, dies, p.leaves)
		return
	default:
		o.happens(d, n, ends, p.leaves)
	}
	if d.chance(85) {
		o.happens(d, n, departs, p.leaves+int32(d.between(0, 28)))
	}
}

// happens makes a moment of a step, if the office learns of it in its time.
func (o *Office) happens(d *dice, n int32, s step, from int32) {
	p := &o.people[n]
	from = max(from, p.arrives)
	known := o.learns(d, from, p.known)
	if int(from) < o.days.count && known >= from && known > p.known {
		o.moments = append(o.moments, moment{known, from, n, s})
	}
}

package generate

import (
	"fmt"

	"github.com/comity-project/comity/domain"
)

// A state is a sending State, or an entity treated like one.
type state struct {
	id       domain.StateID
	name     string
	size     int // how many it sends, beside others
	missions []int
	entity   bool // no State: its missions are of kinds of their own
}

// A mission is a mission, post, office or organization.
type mission struct {
	id     domain.MissionID
	state  int
	kind   domain.MissionKind
	city   string
	zone   int
	opens  int // the day on which it is entered
	closes int // the day on which its members' functions end at the latest
	weight int // how many serve there, beside others
}

// A city is where posts are.
type city struct {
	id, name string
	zone     int
}

var (
	washington = city{"washington", "Washington", eastern}
	newYork    = city{"new-york", "New York", eastern}
	cities     = []city{
		newYork, {"los-angeles", "Los Angeles", pacific}, {"chicago", "Chicago", central}, {"houston", "Houston", central},
		{"miami", "Miami", eastern}, {"san-francisco", "San Francisco", pacific}, {"atlanta", "Atlanta", eastern},
		{"boston", "Boston", eastern}, {"denver", "Denver", mountain}, {"seattle", "Seattle", pacific},
		{"dallas", "Dallas", central}, {"philadelphia", "Philadelphia", eastern}, {"new-orleans", "New Orleans", central},
	}
)

// mostStates is how many sending States there are in a large office.
const mostStates = 190

// build makes the States and their missions.
func (o *Office) build() {
	d := newDice(o.Seed, streamWorld)
	taken := map[string]bool{}
	states := min(max(o.Members/12, 1), mostStates)
	for range states {
		s := o.addState(d, taken, "Republic of %s")
		s.size = 1 + d.below(6)
		if d.chance(20) {
			s.size += d.below(20)
		}
		if d.chance(5) {
			s.size += d.below(60)
		}
		o.buildState(d)
	}
	if states < 5 {
		return
	}
	for _, entity := range []struct {
		name             string
		main, branch     domain.MissionKind
		weight, branches int
	}{
		{"%s Representative Office", "tecro", "teco", 60, 5},
		{"%s Trade Office", "hketo", "hketo", 6, 2},
	} {
		s := o.addState(d, taken, entity.name)
		s.entity = true
		o.addMission("main", entity.main, washington, entity.weight)
		for _, c := range cities[:entity.branches] {
			o.addMission(c.id, entity.branch, c, entity.weight/6)
		}
	}
	for range 1 + states/20 {
		s := o.addState(d, taken, "%s Organization")
		s.entity = true
		place := washington
		if d.chance(30) {
			place = newYork
		}
		o.addMission("headquarters", "io", place, 20+d.below(120))
	}
}

func (o *Office) addState(d *dice, taken map[string]bool, form string) *state {
	name := stateName(d, taken)
	o.states = append(o.states, state{id: domain.StateID(name), name: fmt.Sprintf(form, capital(name))})
	return &o.states[len(o.states)-1]
}

// addMission makes a mission of the State that was added last.
func (o *Office) addMission(suffix string, kind domain.MissionKind, where city, weight int) *mission {
	n := len(o.states) - 1
	s := &o.states[n]
	s.missions = append(s.missions, len(o.missions))
	o.missions = append(o.missions, mission{
		id: domain.MissionID(string(s.id) + "-" + suffix), state: n, kind: kind,
		city: where.name, zone: where.zone, closes: never, weight: weight,
	})
	return &o.missions[len(o.missions)-1]
}

// buildState gives a State its missions: an embassy, posts by its size, and
// missions to organizations.
func (o *Office) buildState(d *dice) {
	size := o.states[len(o.states)-1].size
	o.addMission("embassy", "embassy", washington, 4+6*size)
	if d.chance(95) {
		o.addMission("un", "un_mission", newYork, 2+3*size)
	}
	if d.chance(20) {
		o.addMission("oas", "oas_mission", washington, 1+size)
	}
	posts := min(size/6+d.below(2), len(cities))
	for _, c := range cities[:posts] {
		m := o.addMission(c.id, "consular_post", c, 1+2*size)
		switch {
		case d.chance(5):
			m.opens = o.days.office(d.below(o.days.count/2 + 1))
		case d.chance(4):
			m.closes = o.days.count/3 + d.below(o.days.count/2+1)
		}
	}
	for _, c := range cities[posts:min(posts+d.below(3), len(cities))] {
		o.addMission(c.id+"-honorary", "honorary_post", c, 1)
	}
	// Few break off relations: then embassy and posts have nobody any more.
	if d.below(60) == 0 {
		o.severed = append(o.severed, len(o.states)-1)
		day := o.days.count/4 + d.below(o.days.count/2+1)
		for _, m := range o.states[len(o.states)-1].missions {
			if k := o.missions[m].kind; k != "un_mission" && k != "oas_mission" {
				o.missions[m].opens, o.missions[m].closes = 0, day
			}
		}
	}
}

package facts

import (
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// Breakpoints returns the instants at which anything changes that an answer
// about a member, mission, State, vehicle or property may depend on, in order and
// without repetition. Between two neighbours every fact is the same.
func (v View) Breakpoints(of domain.Subject, law Law) []timeline.Instant {
	return v.BreakpointsOf(of, law, nil)
}

// Reads are the facts on which some answers depend.
type Reads struct {
	Constructors map[string]bool // of the facts, by name
	// Ages are those that matter; AllAges says that any may.
	Ages    []int64
	AllAges bool
}

// BreakpointsOf is Breakpoints for answers that depend on some facts only; nil is
// all. What capacities, measures, agreements, grants, restrictions and waivers there
// are, and what registers hold, always counts.
func (v View) BreakpointsOf(of domain.Subject, law Law, reads *Reads) []timeline.Instant {
	b := breakpoints{view: v, law: law, wanted: reads, done: map[domain.Subject]bool{}}
	switch of.Kind {
	case domain.KindMember:
		b.member(domain.MemberID(of.ID))
	case domain.KindMission:
		b.mission(domain.MissionID(of.ID))
	case domain.KindState:
		b.state(domain.StateID(of.ID))
	case domain.KindVehicle:
		b.vehicle(domain.VehicleID(of.ID))
	case domain.KindProperty:
		b.property(domain.PropertyID(of.ID))
	default:
		// nobody asks about the others
	}
	b.editions(commonLaw)
	for _, user := range b.users {
		b.benefits(user)
	}
	slices.Sort(b.points)
	b.points = slices.Compact(b.points)
	return slices.DeleteFunc(b.points, func(t timeline.Instant) bool { return t == timeline.Always || t == timeline.Never })
}

type breakpoints struct {
	view   View
	law    Law
	wanted *Reads // nil: all
	done   map[domain.Subject]bool
	points []timeline.Instant

	pers  []string         // the calendar periods of the measures seen that bound a quantity
	users []domain.Subject // whose uses count
}

// reads reports whether answers depend on facts of one of the constructors.
func (b *breakpoints) reads(of ...constructor) bool {
	return b.wanted == nil || slices.ContainsFunc(of, func(c constructor) bool { return b.wanted.Constructors[string(c)] })
}

func (b *breakpoints) add(points ...timeline.Instant) { b.points = append(b.points, points...) }

// begin reports whether the subject's own points are still to be added.
func (b *breakpoints) begin(s domain.Subject) bool {
	before := b.done[s]
	b.done[s] = true
	return !before
}

func (b *breakpoints) registers(s domain.Subject) {
	h := b.view.history(s)
	for _, r := range registers {
		for _, change := range h.Register(r) {
			b.add(change.From)
		}
	}
}

func (b *breakpoints) spans(spans []*Span) {
	for _, s := range spans {
		b.add(s.From, s.To)
		for _, l := range s.lifts {
			b.add(l.at)
		}
	}
}

func (b *breakpoints) member(id domain.MemberID) {
	if !b.begin(domain.Member(id)) {
		return
	}
	b.registers(domain.Member(id))
	personal := b.view.Personal(domain.Member(id))
	b.spans(personal)
	b.rates(personal)
	b.spans(b.view.Waivers(id))
	if b.reads(ofIdentityCard, ofDocument) {
		b.spans(b.view.cards(id, ""))
	}
	if b.reads(ofFiling) {
		b.filings(domain.Member(id))
	}
	b.programme(domain.Member(id))
	p := b.view.Person(id, b.law)
	if birth, known := p.history.Value(attrBirth, timeline.Never); known && b.reads(ofAge) {
		if b.wanted == nil || b.wanted.AllAges {
			for age := range oldest + 1 {
				b.add(p.birthday(birth.Value, age))
			}
		} else {
			b.add(p.birthday(birth.Value, 0)) // before that there is no age
			for _, age := range b.wanted.Ages {
				b.add(p.birthday(birth.Value, int(min(max(age, 0), oldest))))
			}
		}
	}
	for i := range p.Capacities {
		c := &p.Capacities[i]
		b.add(c.Start, c.Ended)
		for _, p := range c.periods { // the first begins at the end of functions
			b.add(p.from, p.end)
		}
		for _, m := range c.Missing {
			b.add(m.From, m.To)
		}
		b.mission(c.Mission)
		if c.Kind == Family {
			b.member(c.Sponsor)
		}
	}
}

func (b *breakpoints) mission(id domain.MissionID) {
	if !b.begin(domain.Mission(id)) {
		return
	}
	b.registers(domain.Mission(id))
	personal := b.view.Personal(domain.Mission(id))
	b.spans(personal)
	b.rates(personal)
	if b.reads(ofFiling) {
		b.filings(domain.Mission(id))
	}
	b.programme(domain.Mission(id))
	if b.reads(ofIdentityCard, ofDocument) {
		b.spans(b.view.missionCards(id, ""))
	}
	if b.reads(ofCustody) {
		b.outages(id)
	}
	if b.reads(ofPremises, ofProperty, ofProtection) {
		for _, property := range b.view.Properties(id) {
			b.property(property)
		}
	}
	b.state(b.view.sendingState(id))
}

func (b *breakpoints) state(id domain.StateID) {
	if !b.begin(domain.State(id)) {
		return
	}
	b.registers(domain.State(id))
	measures := b.view.Measures(id)
	b.spans(measures)
	b.rates(measures)
	b.spans(b.view.Agreements(id))
	b.editions(domain.RulesetID(id))
}

func (b *breakpoints) editions(id domain.RulesetID) {
	for _, change := range b.view.editions(id) {
		b.add(change.From)
	}
}

// programme adds what the programmes of the Office say of a member or a mission.
func (b *breakpoints) programme(of domain.Subject) {
	for a, c := range map[attribute]constructor{attrWithheld: ofWithheld, attrCharge: ofCharges, attrNoted: ofNoted} {
		if b.reads(c) {
			b.spans(b.view.spans(of, a))
		}
	}
	if b.reads(ofProtection) {
		b.protection(of)
	}
	if b.reads(ofLicense) {
		b.spans(b.view.licenses(of))
	}
	if b.reads(ofUsed, ofInstallation) {
		b.users = append(b.users, of)
	}
	if b.reads(ofPoints) {
		b.violations(b.view.Violations(of))
	}
	if b.reads(ofOverdue, ofWithheld, ofVehicle) {
		for _, id := range b.view.Vehicles(of) {
			b.vehicle(id)
		}
	}
}

func (b *breakpoints) violations(violations []Violation) {
	if len(violations) > 0 {
		for _, law := range b.sources(ofPoints) {
			for _, one := range b.view.tallies(violations, law.Months) {
				b.add(one.from, one.to)
			}
		}
	}
}

// sources are the ways in which the law has facts of one sort computed.
func (b *breakpoints) sources(of constructor) []domain.FactSource {
	if b.law == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(b.law.Sources()), func(s domain.FactSource) bool { return s.Constructor != string(of) })
}

func (b *breakpoints) protection(of domain.Subject) {
	b.spans(b.view.spans(of, attrThreat))
	b.spans(b.view.spans(of, attrProtection))
}

// benefits adds when each use begins to count, and the edges of the calendar
// periods in which a measure counts it.
func (b *breakpoints) benefits(of domain.Subject) {
	z := b.view.Zone()
	for _, s := range b.view.benefits(of) {
		use, _ := s.Event.(domain.BenefitUsed)
		if use.FirstInstallation {
			b.add(s.From, s.From+1) // what was used before an instant is so from the next on
		}
		for _, per := range b.pers {
			begin, end, _ := periodOf(per, b.view.dateOf(s))
			b.add(s.From, s.From+1, midnight(z, begin), midnight(z, end))
		}
	}
}

// rates adds the changes of the rates by which amounts of the spans are converted.
func (b *breakpoints) rates(spans []*Span) {
	for _, s := range spans {
		per := domain.Fold(s.params()[paramPer].Text())
		if _, known := periods[per]; known && !slices.Contains(b.pers, per) {
			b.pers = append(b.pers, per)
		}
		rate, foreign := rateOf(s.params())
		if !foreign || !b.reads(ofThreshold) {
			continue
		}
		for _, change := range b.view.history(rate).Register(attrDollars) {
			b.add(change.From)
		}
	}
}

func (b *breakpoints) outages(id domain.MissionID) {
	for _, o := range b.view.outages(id) {
		b.add(o.from, o.to)
		for _, law := range b.sources(ofCustody) {
			b.add(o.over(law.Months))
		}
	}
}

func (b *breakpoints) vehicle(id domain.VehicleID) {
	of := domain.Of(domain.KindVehicle, id)
	if !b.begin(of) {
		return
	}
	b.registers(of)
	for _, a := range []attribute{attrVehicle, attrRegistered, attrLift, attrOwner, attrPlates, attrInsurance, attrLien, attrTicket, attrWithheld} {
		b.spans(b.view.spans(of, a))
	}
	for _, s := range b.view.spans(of, attrInsurance) {
		if e, ok := s.Event.(domain.InsuranceRecorded); ok && !e.Until.At.IsZero() {
			b.add(timeline.Of(e.Until.At))
		}
	}
	for _, s := range b.view.spans(of, attrPlates) {
		if e, ok := s.Event.(domain.VehicleRegistered); ok && !e.Until.At.IsZero() {
			b.add(timeline.Of(e.Until.At))
		}
	}
	for _, law := range b.sources(ofOverdue) {
		for _, s := range b.view.Tickets(id) {
			b.add(b.view.late(s, law))
		}
	}
}

func (b *breakpoints) property(id domain.PropertyID) {
	of := domain.Of(domain.KindProperty, id)
	if !b.begin(of) {
		return
	}
	b.registers(of)
	b.protection(of)
	b.spans(b.view.spans(of, attrLift))
	b.spans(b.view.records(of))
	b.spans(b.view.divestitures(of))
}

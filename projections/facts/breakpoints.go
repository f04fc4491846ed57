package facts

import (
	"cmp"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// Breakpoints returns the instants at which anything changes that an answer
// about a member, mission, State, vehicle or property may depend on, in order and
// without repetition. Between two neighbours every fact is the same.
func (v View) Breakpoints(of domain.Subject, law Law) []timeline.Instant {
	return Instants(v.BreakpointsOf(of, law, nil, nil))
}

// A Breakpoint is an instant, with the topics of what changes at it, or may.
type Breakpoint struct {
	At timeline.Instant
	Of Topics
}

// Instants are those of the breakpoints.
func Instants(of []Breakpoint) []timeline.Instant {
	out := make([]timeline.Instant, len(of))
	for i, b := range of {
		out[i] = b.At
	}
	return out
}

// Ordered sorts breakpoints by time, each instant once, in place.
func Ordered(of []Breakpoint) []Breakpoint {
	slices.SortFunc(of, func(a, b Breakpoint) int { return cmp.Compare(a.At, b.At) })
	out := of[:0]
	for _, b := range of {
		if n := len(out); n > 0 && out[n-1].At == b.At {
			out[n-1].Of |= b.Of
			continue
		}
		out = append(out, b)
	}
	return out
}

// Reads are the facts on which some answers depend.
type Reads struct {
	Constructors map[string]bool // of the facts, by name
	// Ages are those that matter; AllAges says that any may.
	Ages    []int64
	AllAges bool
	// Privilege is the one that the answers are about: what is on record about others
	// by name does not bind; empty is any.
	Privilege domain.Privilege
}

// BreakpointsOf is Breakpoints for answers that depend on some facts only; nil is
// all. What capacities, measures, agreements, grants, restrictions and waivers there
// are, and what registers hold, always counts. Persons has those whose capacities are
// known already; nil if none are.
func (v View) BreakpointsOf(of domain.Subject, law Law, reads *Reads, persons func(domain.MemberID) *Person) []Breakpoint {
	b := breakpoints{view: v, law: law, wanted: reads, persons: persons, done: map[domain.Subject]bool{}}
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
	return Ordered(b.points)
}

type breakpoints struct {
	view    View
	law     Law
	wanted  *Reads                        // nil: all
	persons func(domain.MemberID) *Person // nil: they are to be worked out
	done    map[domain.Subject]bool
	points  []Breakpoint

	pers  []string         // the calendar periods of the measures seen that bound a quantity
	users []domain.Subject // whose uses count
}

// reads reports whether answers depend on facts of one of the constructors.
func (b *breakpoints) reads(of ...constructor) bool {
	return b.wanted == nil || slices.ContainsFunc(of, func(c constructor) bool { return b.wanted.Constructors[string(c)] })
}

// add adds instants at which something of the topics changes.
func (b *breakpoints) add(of Topics, points ...timeline.Instant) {
	for _, at := range points {
		if at != timeline.Always && at != timeline.Never {
			b.points = append(b.points, Breakpoint{at, of})
		}
	}
}

// begin reports whether the subject's own points are still to be added.
func (b *breakpoints) begin(s domain.Subject) bool {
	before := b.done[s]
	b.done[s] = true
	return !before
}

// registers adds the changes of the registers of a subject. Their topics are their own
// but for a vehicle or property, where all have one.
func (b *breakpoints) registers(s domain.Subject, all Topics) {
	h := b.view.history(s)
	for _, r := range registers {
		of := all
		if of == 0 {
			of = registerTopics(r)
		}
		for _, change := range h.Register(r) {
			b.add(of, change.From)
		}
	}
}

func (b *breakpoints) spans(of Topics, spans []*Span) {
	for _, s := range spans {
		b.add(of, s.From, s.To)
		for _, l := range s.lifts {
			b.add(of, l.at)
		}
	}
}

// bonds adds measures, agreements, grants, restrictions and waivers, unless they are
// about other privileges.
func (b *breakpoints) bonds(spans []*Span) {
	for _, s := range spans {
		if !b.binds(s) {
			continue
		}
		b.spans(Standing, []*Span{s})
		for _, d := range s.displacers { // whatever they are about
			b.add(Standing, d.From)
		}
	}
}

func (b *breakpoints) binds(s *Span) bool {
	if b.wanted == nil || b.wanted.Privilege == "" {
		return true
	}
	named := s.Privileges()
	return len(named) == 0 || slices.Contains(named, b.wanted.Privilege)
}

func (b *breakpoints) member(id domain.MemberID) {
	if !b.begin(domain.Member(id)) {
		return
	}
	b.registers(domain.Member(id), 0)
	personal := b.view.Personal(domain.Member(id))
	b.bonds(personal)
	b.rates(personal)
	b.bonds(b.view.Waivers(id))
	if b.reads(ofIdentityCard, ofDocument) {
		b.spans(topicsOf(ofIdentityCard, ofDocument), b.view.cards(id, ""))
	}
	if b.reads(ofFiling) {
		b.filings(domain.Member(id))
	}
	b.programme(domain.Member(id))
	p := b.person(id)
	if birth, known := p.history.Value(attrBirth, timeline.Never); known && b.reads(ofAge) {
		if b.wanted == nil || b.wanted.AllAges {
			for age := range oldest + 1 {
				b.add(topicsOf(ofAge), p.birthday(birth.Value, age))
			}
		} else {
			b.add(topicsOf(ofAge), p.birthday(birth.Value, 0)) // before that there is no age
			for _, age := range b.wanted.Ages {
				b.add(topicsOf(ofAge), p.birthday(birth.Value, int(min(max(age, 0), oldest))))
			}
		}
	}
	for i := range p.Capacities {
		c := &p.Capacities[i]
		b.add(Standing, c.Start, c.Ended)
		for _, p := range c.periods { // the first begins at the end of functions
			b.add(Standing, p.from, p.end)
		}
		for _, m := range c.Missing {
			b.add(Standing, m.From, m.To)
		}
		b.mission(c.Mission)
		if c.Kind == Family {
			b.member(c.Sponsor)
		}
	}
}

func (b *breakpoints) person(id domain.MemberID) *Person {
	if b.persons != nil {
		return b.persons(id)
	}
	p := b.view.Person(id, b.law)
	return &p
}

func (b *breakpoints) mission(id domain.MissionID) {
	if !b.begin(domain.Mission(id)) {
		return
	}
	b.registers(domain.Mission(id), 0)
	personal := b.view.Personal(domain.Mission(id))
	b.bonds(personal)
	b.rates(personal)
	if b.reads(ofFiling) {
		b.filings(domain.Mission(id))
	}
	b.programme(domain.Mission(id))
	if b.reads(ofIdentityCard, ofDocument) {
		b.spans(topicsOf(ofIdentityCard, ofDocument), b.view.missionCards(id, ""))
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
	b.registers(domain.State(id), 0)
	measures := b.view.Measures(id)
	b.bonds(measures)
	b.rates(measures)
	b.bonds(b.view.Agreements(id))
	b.editions(domain.RulesetID(id))
}

func (b *breakpoints) editions(id domain.RulesetID) {
	for _, change := range b.view.editions(id) {
		b.add(Standing, change.From)
	}
}

// programme adds what the programmes of the Office say of a member or a mission.
func (b *breakpoints) programme(of domain.Subject) {
	for a, c := range map[attribute]constructor{attrWithheld: ofWithheld, attrCharge: ofCharges, attrNoted: ofNoted} {
		if b.reads(c) {
			b.spans(topicsOf(c), b.view.spans(of, a))
		}
	}
	if b.reads(ofProtection) {
		b.protection(of, topicsOf(ofProtection))
	}
	if b.reads(ofLicense) {
		b.spans(topicsOf(ofLicense), b.view.licenses(of))
	}
	if b.reads(ofUsed, ofInstallation) {
		b.users = append(b.users, of)
	}
	if b.reads(ofPoints) {
		b.violations(b.view.Violations(of))
	}
	if b.reads(ofOverdue) {
		for _, id := range b.view.Vehicles(of) {
			if b.wanted == nil {
				b.vehicle(id)
			} else {
				b.tickets(id) // the rest is of a vehicle that is asked about
			}
		}
	}
}

func (b *breakpoints) violations(violations []Violation) {
	if len(violations) > 0 {
		for _, law := range b.sources(ofPoints) {
			for _, one := range b.view.tallies(violations, law.Months) {
				b.add(topicsOf(ofPoints), one.from, one.to)
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

func (b *breakpoints) protection(of domain.Subject, topics Topics) {
	b.spans(topics, b.view.spans(of, attrThreat))
	b.spans(topics, b.view.spans(of, attrProtection))
}

// benefits adds when each use begins to count, and the edges of the calendar
// periods in which a measure counts it.
func (b *breakpoints) benefits(of domain.Subject) {
	if len(b.pers) == 0 && !b.reads(ofInstallation) {
		return
	}
	z := b.view.Zone()
	for _, s := range b.view.benefits(of) {
		use, _ := s.Event.(domain.BenefitUsed)
		if use.FirstInstallation {
			b.add(topicsOf(ofInstallation), s.From, s.From+1) // what was used before an instant is so from the next on
		}
		if b.wanted != nil && b.wanted.Privilege != "" && use.Privilege != b.wanted.Privilege {
			continue
		}
		for _, per := range b.pers {
			begin, end, _ := periodOf(per, b.view.dateOf(s))
			b.add(topicsOf(ofUsed), s.From, s.From+1, midnight(z, begin), midnight(z, end))
		}
	}
}

// rates adds the changes of the rates by which amounts of the spans are converted.
func (b *breakpoints) rates(spans []*Span) {
	for _, s := range spans {
		if !b.binds(s) {
			continue
		}
		per := domain.Fold(s.params()[paramPer].Text())
		if _, known := periods[per]; known && !slices.Contains(b.pers, per) {
			b.pers = append(b.pers, per)
		}
		rate, foreign := rateOf(s.params())
		if !foreign || !b.reads(ofThreshold) {
			continue
		}
		for _, change := range b.view.history(rate).Register(attrDollars) {
			b.add(topicsOf(ofThreshold), change.From)
		}
	}
}

func (b *breakpoints) outages(id domain.MissionID) {
	for _, o := range b.view.outages(id) {
		b.add(topicsOf(ofCustody), o.from, o.to)
		for _, law := range b.sources(ofCustody) {
			b.add(topicsOf(ofCustody), o.over(law.Months))
		}
	}
}

func (b *breakpoints) vehicle(id domain.VehicleID) {
	of := domain.Of(domain.KindVehicle, id)
	if !b.begin(of) {
		return
	}
	b.registers(of, topicsOf(ofVehicle))
	for _, a := range []attribute{attrVehicle, attrRegistered, attrLift, attrOwner, attrPlates, attrInsurance, attrLien} {
		b.spans(topicsOf(ofVehicle), b.view.spans(of, a))
	}
	b.spans(topicsOf(ofWithheld), b.view.spans(of, attrWithheld))
	for _, s := range b.view.spans(of, attrInsurance) {
		if e, ok := s.Event.(domain.InsuranceRecorded); ok && !e.Until.At.IsZero() {
			b.add(topicsOf(ofVehicle), timeline.Of(e.Until.At))
		}
	}
	for _, s := range b.view.spans(of, attrPlates) {
		if e, ok := s.Event.(domain.VehicleRegistered); ok && !e.Until.At.IsZero() {
			b.add(topicsOf(ofVehicle), timeline.Of(e.Until.At))
		}
	}
	b.tickets(id)
}

// tickets adds when tickets come to be overdue and when they are cleared. Nothing is
// made of one that is cleared before.
func (b *breakpoints) tickets(id domain.VehicleID) {
	tickets := b.view.Tickets(id)
	if b.wanted == nil {
		b.spans(topicsOf(ofOverdue), tickets)
	}
	for _, law := range b.sources(ofOverdue) {
		for _, s := range tickets {
			e, ok := s.Event.(domain.TicketIssued)
			if late := b.view.late(s, law); ok && string(e.Place) == law.Attr && late < s.To {
				b.add(topicsOf(ofOverdue), late, s.To)
			}
		}
	}
}

func (b *breakpoints) property(id domain.PropertyID) {
	of := domain.Of(domain.KindProperty, id)
	if !b.begin(of) {
		return
	}
	topics := topicsOf(ofPremises, ofProperty, ofProtection)
	b.registers(of, topics)
	b.protection(of, topics)
	b.spans(topics, b.view.spans(of, attrLift))
	b.spans(topics, b.view.records(of))
	b.spans(topics, b.view.divestitures(of))
}

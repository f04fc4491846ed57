package standing

import (
	"fmt"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// An instant is what an inquiry finds at one effective time whatever the
// privilege: the law, the request as that law reads it, and whom it is asked of.
// Facts are found out when a rule first reads them.
type instant struct {
	in   *inquiry
	t    timeline.Instant
	err  error // there is no law
	law  *rules.Edition
	name domain.Edition

	request *rules.Object
	wrong   error // of the request

	vehicle, property *rules.Object
	sides             [2]*side // of persons, and of missions

	// Whose objects are being made, and those made of capacities.
	making role
	made   []*finding
	// The facts that were read, in that order.
	readings []noted
	alone    bool    // the law is to be asked, and no class
	keys     [2]*key // of the classes, once they were asked for
}

// A side is what an instant is like for the privileges of persons, or for those
// of missions: the editions that count, and the capacities.
type side struct {
	err        error
	law        rules.Law
	editions   []domain.Edition
	nobody     rules.Capacity
	capacities []rules.Capacity
	// sources are what the capacities are described from, each with its principal's
	// after it; none of a visitor, who is described at once.
	sources [][]source
	made    bool // the capacities have their objects
}

// A source is what one capacity is described from.
type source struct {
	person   *facts.Person // nil: of a mission itself
	capacity *facts.Capacity
	mission  domain.MissionID
	state    domain.StateID
}

func (in *inquiry) instant(t timeline.Instant) *instant {
	if now := in.instants[t]; now != nil {
		return now
	}
	now := &instant{in: in, t: t}
	in.settle(now)
	in.instants[t] = now
	return now
}

// settle finds the law of an instant, and reads the request by it.
func (in *inquiry) settle(now *instant) {
	now.law, now.name, now.err = in.root.LawAt(now.t, in.k)
	if now.err != nil {
		now.err = in.root.Lawless(now.err, now.t, in.k)
	} else {
		now.request, now.wrong = now.law.Language.Request(in.words)
	}
}

// moved is the instant t as the rules about one privilege see it, if of all that they
// look at only some topics changed in between: most is as it was. It is good for that
// privilege alone.
func (now *instant) moved(t timeline.Instant, changed facts.Topics) *instant {
	if now.err != nil || changed&facts.Standing != 0 {
		return now.in.instant(t)
	}
	then := &instant{in: now.in, t: t, law: now.law, name: now.name, request: now.request, wrong: now.wrong, keys: now.keys}
	for i, s := range now.sides {
		if s != nil && now.in.host == "" { // a visitor is described at once, by objects
			then.sides[i] = s.bare()
		}
	}
	for _, one := range now.readings {
		if facts.TopicsOf(one.role.kind, one.decl.From)&changed == 0 {
			then.readings = append(then.readings, one)
		}
	}
	return then
}

// bare is the side without the objects of its capacities.
func (s *side) bare() *side {
	out := *s
	out.made = false
	out.capacities = slices.Clone(s.capacities)
	for i := range out.capacities {
		for c := &out.capacities[i]; c.Principal != nil; c = c.Principal {
			principal := *c.Principal
			c.Principal = &principal
		}
	}
	return &out
}

// A finding is something that is described to the rules. What it takes to know
// its facts is found out when the first is read.
type finding struct {
	now  *instant
	kind string
	id   string         // of a mission, State, vehicle or property
	of   domain.Subject // of protection

	person   *facts.Person // with the capacity, of a member
	capacity *facts.Capacity
	asked    *rules.Situation
	through  *rules.Capacity // in which it is asked
	span     *facts.Span
	about    **facts.Asked // shared by the measures of one question

	role role
	read facts.Read
}

func (now *instant) object(f finding) *rules.Object {
	f.now = now
	return now.law.Language.Lazy(f.kind, &f)
}

// make makes an object of the capacity that is being described.
func (now *instant) make(f finding) *rules.Object {
	f.now, f.role = now, now.making
	f.role.kind = f.kind
	now.made = append(now.made, &f)
	return now.law.Language.Lazy(f.kind, &f)
}

// Fact finds out one fact.
func (f *finding) Fact(decl *domain.FactDecl) (domain.Value, []domain.Position, bool) {
	v, events, known := f.fact(decl)
	f.now.note(f.role, decl, v, known)
	return v, events, known
}

func (f *finding) fact(decl *domain.FactDecl) (domain.Value, []domain.Position, bool) {
	if f.read == nil {
		f.read = f.find()
	}
	return f.read(*decl)
}

func (f *finding) find() facts.Read {
	view, t := f.now.in.view, f.now.t
	switch f.kind {
	case "member":
		return f.person.Read(f.capacity, t)
	case "mission":
		return view.ReadMission(domain.MissionID(f.id), t)
	case "state":
		return view.ReadState(domain.StateID(f.id), t)
	case "vehicle":
		return view.ReadVehicle(domain.VehicleID(f.id), t)
	case "property":
		return view.ReadProperty(domain.PropertyID(f.id), t)
	case "protection":
		return view.ReadProtection(f.of, t)
	case "filing":
		return view.ReadFiling(asked(f.asked, f.through), f.now.in.law)
	case string(rules.EachWaiver):
		return f.span.Read()
	default:
		if *f.about == nil {
			*f.about = f.now.in.about(f.asked, t)
		}
		return view.ReadBound(f.span, **f.about)
	}
}

// named is the vehicle or property that the request names.
func (now *instant) named(kind string) *rules.Object {
	v, _ := now.request.Value("object")
	return now.object(finding{kind: kind, id: v.Text(), role: role{kind: kind}})
}

// side returns what the instant is like for a privilege.
func (now *instant) side(decl *rules.PrivilegeDecl) *side {
	return now.sideAt(now.sideOf(decl), decl)
}

// sideOf says whether a privilege is asked of persons (0) or of missions (1).
func (now *instant) sideOf(decl *rules.PrivilegeDecl) uint8 {
	if now.in.subject.Kind == domain.KindMission || decl.Of&rules.OfPerson == 0 {
		return 1
	}
	return 0
}

// sideAt returns a side, perhaps without the objects of its capacities.
func (now *instant) sideAt(i uint8, decl *rules.PrivilegeDecl) *side {
	if now.sides[i] == nil {
		now.making = role{side: i}
		now.sides[i] = now.look(decl, i == 1)
	}
	return now.sides[i]
}

// furnish makes the objects of the capacities of a side.
func (now *instant) furnish(i uint8) {
	s := now.sides[i]
	if s.made {
		return
	}
	s.made = true
	for n, sources := range s.sources {
		c := &s.capacities[n]
		for depth, from := range sources {
			now.making = role{side: i, capacity: uint8(n), depth: uint8(depth)}
			if from.person != nil {
				c.Member = now.make(finding{kind: "member", person: from.person, capacity: from.capacity})
				c.Sponsor = c.Member
			}
			c.Mission, c.State = now.mission(from.mission), now.state(from.state)
			if c.Principal != nil {
				c = c.Principal
			}
		}
		if c := &s.capacities[n]; c.Principal != nil {
			c.Sponsor = c.Principal.Member
		}
	}
}

// describe makes what a role of a capacity stands for.
func (now *instant) describe(r role) *finding {
	s := now.sides[r.side]
	if s == nil || int(r.capacity) >= len(s.sources) || int(r.depth) >= len(s.sources[r.capacity]) {
		return nil
	}
	from := s.sources[r.capacity][r.depth]
	f := &finding{now: now, kind: r.kind, role: r}
	switch r.kind {
	case "member":
		f.person, f.capacity = from.person, from.capacity
	case "mission":
		f.id = string(from.mission)
	default:
		f.id = string(from.state)
	}
	return f
}

func (now *instant) look(decl *rules.PrivilegeDecl, ofMission bool) *side {
	in, lang := now.in, now.law.Language
	s := &side{law: rules.Law{Common: now.law}, editions: []domain.Edition{now.name}}
	for _, state := range in.statesFor(decl, now.t) {
		own, name, err := in.root.StateLawAt(state, now.t, in.k, now.name.Hash)
		if err != nil {
			s.err = err
			return s
		}
		if own != nil {
			if s.law.States == nil {
				s.law.States = map[domain.StateID]*rules.Edition{}
			}
			s.law.States[state] = own
			s.editions = append(s.editions, name)
		}
	}
	s.editions = slices.Clip(s.editions)
	switch {
	case in.subject.Kind == domain.KindMission:
		s.nobody = lang.Capacity(rules.Hypothetical{OfMission: true})
		s.nobody.Reach = domain.Reach{Mission: domain.MissionID(in.subject.ID)}
		if c, from, known := now.missionCapacity(domain.MissionID(in.subject.ID)); known {
			s.capacities, s.sources = []rules.Capacity{c}, [][]source{from}
		}
	case ofMission:
		s.nobody = lang.Capacity(rules.Hypothetical{OfMission: true})
		s.nobody.Reach = domain.Reach{}
		for _, id := range in.missionsOf(now.t) {
			if c, from, known := now.missionCapacity(id); known {
				s.capacities, s.sources = append(s.capacities, c), append(s.sources, from)
			}
		}
	default:
		s.nobody = lang.Nobody(domain.MemberID(in.subject.ID))
		s.capacities, s.sources = now.capacities()
	}
	return s
}

func (now *instant) mission(id domain.MissionID) *rules.Object {
	return now.make(finding{kind: "mission", id: string(id)})
}

func (now *instant) state(id domain.StateID) *rules.Object {
	return now.make(finding{kind: "state", id: string(id)})
}

func (now *instant) missionCapacity(id domain.MissionID) (rules.Capacity, []source, bool) {
	if !now.in.view.Known(domain.Mission(id)) {
		return rules.Capacity{}, nil, false
	}
	reach := now.in.view.MissionReach(id, now.t)
	c := now.law.Language.Capacity(rules.Hypothetical{OfMission: true})
	c.Label, c.Reach = string(id), reach
	return c, []source{{mission: id, state: reach.State}}, true
}

// capacities describes what the person is to the rules: ended capacities too, for
// what remains of them.
func (now *instant) capacities() ([]rules.Capacity, [][]source) {
	in := now.in
	if in.host != "" {
		return []rules.Capacity{now.visitor()}, nil
	}
	began := in.person.At(now.t)
	if len(began) == 0 {
		return nil, nil
	}
	out, from := make([]rules.Capacity, len(began)), make([][]source, len(began))
	for i, c := range began {
		out[i] = now.capacity(&in.person, c, &from[i])
		if len(began) > 1 && c.Kind == facts.Accredited {
			out[i].Label = fmt.Sprintf("%s, %s at %s", c.Label, c.Category, c.Mission)
		}
	}
	return out, from
}

func (now *instant) capacity(person *facts.Person, c *facts.Capacity, from *[]source) rules.Capacity {
	out := rules.Capacity{Label: c.Label, Ended: c.Phase(now.t) == facts.Ended, Missing: c.MissingAt(now.t), Reach: person.Reach(c, now.t)}
	*from = append(*from, source{person: person, capacity: c, mission: c.Mission, state: c.State})
	out.Reach.Since = c.Start.Time()
	if c.Kind == facts.Family {
		out.Label = "family of " + string(c.Sponsor)
		sponsor := now.in.sponsor(c.Sponsor)
		if own := sponsorCapacity(sponsor, c); own != nil {
			principal := now.capacity(sponsor, own, from)
			out.Principal = &principal
		}
	}
	return out
}

// visitor describes an unrecorded visitor of a mission to the rules.
func (now *instant) visitor() rules.Capacity {
	in := now.in
	reach := in.view.MissionReach(in.host, now.t)
	c := now.law.Language.Capacity(rules.Hypothetical{State: reach.State, MissionKind: reach.MissionKind})
	c.Label = "visitor at " + string(in.host)
	c.Member = c.Member.With("category", domain.Text("")).With("capacity", domain.Text(string(facts.Visitor)))
	c.Sponsor = c.Member
	c.Mission, c.State = now.mission(in.host), now.state(reach.State)
	reach.Member, reach.Status, reach.Visitor = domain.MemberID(in.subject.ID), c.Reach.Status, true
	c.Reach = reach
	return c
}

// situation puts the question of one privilege, and leaves it open.
func (in *inquiry) situation(p domain.Privilege, t timeline.Instant) (resolved, error) {
	return in.instant(t).situation(p)
}

func (now *instant) situation(p domain.Privilege) (resolved, error) {
	in := now.in
	if now.err != nil {
		return resolved{}, now.err
	}
	lang := now.law.Language
	decl := lang.Privileges[p]
	if decl == nil {
		return resolved{}, &Unknown{What: "privilege", Name: string(p), Near: lang.Near("privilege", string(p))}
	}
	if now.wrong != nil {
		return resolved{}, now.wrong
	}
	side := now.side(decl)
	if side.err != nil {
		return resolved{}, side.err
	}
	if in.subject.Kind == domain.KindMission && decl.Of&rules.OfMission == 0 {
		return resolved{}, &WrongSubject{Privilege: p, Subject: in.subject}
	}
	now.furnish(now.sideOf(decl))
	s := &rules.Situation{
		Privilege: p, At: now.t, Request: now.request, Nobody: side.nobody,
		Capacities: slices.Clone(side.capacities),
	}
	for i := range s.Capacities {
		for c := &s.Capacities[i]; c != nil; c = c.Principal {
			c.Reach.Liberty = decl.Liberty
		}
	}
	s.Nobody.Reach.Liberty = decl.Liberty
	now.find(s, &side.law)
	s.Bounds = in.bounds(now, s)
	return resolved{situation: s, law: side.law, editions: side.editions}, nil
}

// find looks up what the request is about, as far as the law reads it: the
// vehicle or property named, the requests on record, and what was done for
// security.
func (now *instant) find(s *rules.Situation, law *rules.Law) {
	reads := func(object string) bool {
		if law.Common.Reads(s.Privilege, object) {
			return true
		}
		for _, own := range law.States {
			if own.Reads(s.Privilege, object) {
				return true
			}
		}
		return false
	}
	if reads("vehicle") {
		if now.vehicle == nil {
			now.vehicle = now.named("vehicle")
		}
		s.Vehicle = now.vehicle
	}
	if reads("property") {
		if now.property == nil {
			now.property = now.named("property")
		}
		s.Property = now.property
	}
	filing, protection := reads("filing"), reads("protection")
	for i := range s.Capacities {
		c := &s.Capacities[i]
		if filing {
			c.Filing = now.object(finding{kind: "filing", asked: s, through: c, role: role{kind: "filing", privilege: s.Privilege, capacity: uint8(min(i, 255))}})
		}
		if protection {
			c.Protection = now.object(finding{kind: "protection", of: asker(c), role: role{kind: "protection", privilege: s.Privilege, capacity: uint8(min(i, 255))}})
		}
	}
	if filing && len(s.Capacities) == 0 {
		s.Nobody.Filing = now.object(finding{kind: "filing", asked: s, through: &s.Nobody, role: role{kind: "filing", privilege: s.Privilege, nobody: true}})
	}
}

package standing

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// An inquiry is one subject with what does not depend on the effective time.
type inquiry struct {
	*Moment
	subject domain.Subject
	stated  map[string]string // the facts of the request, as typed
	words   map[string]string // those that rules read
	person  facts.Person
	act     timeline.Instant   // when the act is done, if the request says so; else Never
	host    domain.MissionID   // of a visitor who is not on record; else empty
	breaks  []timeline.Instant // nil until asked for
	spans   map[spanKey][]*facts.Span
	all     bool // every fact is found out, since views look at more than one privilege
}

// A spanKey is whose measures, agreements or waivers are kept while questions
// are answered; they do not depend on the effective time.
type spanKey struct {
	each rules.Each
	of   domain.Subject
}

// of returns the spans of a kind, found once.
func (in *inquiry) of(each rules.Each, s domain.Subject, find func() []*facts.Span) []*facts.Span {
	k := spanKey{each, s}
	spans, found := in.spans[k]
	if !found {
		spans = find()
		in.spans[k] = spans
	}
	return spans
}

// A lens sees of the facts those that the rules in force read for one
// privilege: what nobody reads need not be found out.
type lens struct {
	lang      *rules.Language
	privilege domain.Privilege
	law       rules.Law
	all       bool
}

func (l lens) reads(object string) bool {
	if l.law.Common.Reads(l.privilege, object) {
		return true
	}
	for _, own := range l.law.States {
		if own.Reads(l.privilege, object) {
			return true
		}
	}
	return false
}

func (l lens) readsFact(object, name string) bool {
	if l.law.Common.ReadsFact(l.privilege, object, name) {
		return true
	}
	for _, own := range l.law.States {
		if own.ReadsFact(l.privilege, object, name) {
			return true
		}
	}
	return false
}

// kept are facts of which the resolution itself, or an explanation, makes use.
var kept = []string{"id", "category", "rank", "phase", "capacity", "status", "kind"}

func (l lens) object(kind string, read facts.Read) *rules.Object {
	return l.lang.Object(kind, func(d domain.FactDecl) (domain.Value, []domain.Position, bool) {
		if !l.all && !slices.Contains(kept, d.Name) && !l.readsFact(kind, d.Name) {
			return domain.Value{}, nil, false
		}
		return read(d)
	})
}

func (m *Moment) inquire(subject domain.Subject, words map[string]string) (*inquiry, error) {
	in := &inquiry{Moment: m, subject: subject, stated: words, words: words, act: timeline.Never, spans: map[spanKey][]*facts.Span{}}
	if text, stated := words[atWord]; stated {
		when, err := calendar.ParseInstant(text, m.root.Zone())
		if err != nil {
			return nil, &rules.RequestError{Wrong: []string{"request.at: " + err.Error()}}
		}
		in.act = timeline.Of(when)
		in.words = maps.Clone(words)
		delete(in.words, atWord)
	}
	switch subject.Kind {
	case domain.KindMember:
		if mission, visits := VisitorAt(subject); visits {
			in.host = mission
		}
		in.person = m.view.Person(domain.MemberID(subject.ID), m.law)
	case domain.KindMission:
	default:
		return nil, fmt.Errorf("questions are about a member or a mission, not about %s", subject)
	}
	return in, nil
}

// atWord is the fact of a request that says when the act is done. It is no fact
// that rules read: it takes the place of the effective time of the question.
const atWord = "at"

// time is when the question is answered for: when the act is done, if the
// request says so.
func (in *inquiry) time(t timeline.Instant) timeline.Instant {
	if in.act != timeline.Never {
		return in.act
	}
	return t
}

// A resolved answer with what it was resolved from.
type resolved struct {
	rules.Answer
	situation *rules.Situation
	law       rules.Law
	editions  []domain.Edition
}

func (in *inquiry) at(p domain.Privilege, t timeline.Instant) (resolved, error) {
	common, name, err := in.root.LawAt(t, in.k)
	if err != nil {
		return resolved{}, fmt.Errorf("%w on %s, as known at %d", err, t, in.k)
	}
	lang := common.Language
	decl := lang.Privileges[p]
	if decl == nil {
		return resolved{}, &Unknown{What: "privilege", Name: string(p), Near: lang.Near("privilege", string(p))}
	}
	request, err := lang.Request(in.words)
	if err != nil {
		return resolved{}, err
	}
	r := resolved{law: rules.Law{Common: common, States: map[domain.StateID]*rules.Edition{}}, editions: []domain.Edition{name}}
	for _, state := range in.statesFor(decl, t) {
		own, name, err := in.root.StateLawAt(state, t, in.k, name.Hash)
		if err != nil {
			return resolved{}, err
		}
		if own != nil {
			r.law.States[state] = own
			r.editions = append(r.editions, name)
		}
	}
	l := lens{lang, p, r.law, in.all}
	s := &rules.Situation{Privilege: p, At: t, Request: request, Nobody: lang.Nobody("")}
	switch {
	case in.subject.Kind == domain.KindMission && decl.Of&rules.OfMission == 0:
		return resolved{}, &WrongSubject{Privilege: p, Subject: in.subject}
	case in.subject.Kind == domain.KindMission:
		s.Nobody = lang.Capacity(rules.Hypothetical{OfMission: true})
		s.Nobody.Reach = domain.Reach{Mission: domain.MissionID(in.subject.ID)}
		if c, known := in.missionCapacity(l, domain.MissionID(in.subject.ID), t); known {
			s.Capacities = []rules.Capacity{c}
		}
	case decl.Of&rules.OfPerson == 0:
		s.Nobody = lang.Capacity(rules.Hypothetical{OfMission: true})
		s.Nobody.Reach = domain.Reach{}
		for _, id := range in.missionsOf(t) {
			if c, known := in.missionCapacity(l, id, t); known {
				s.Capacities = append(s.Capacities, c)
			}
		}
	default:
		s.Nobody = lang.Nobody(domain.MemberID(in.subject.ID))
		s.Capacities = in.capacities(l, t)
	}
	for i := range s.Capacities {
		for c := &s.Capacities[i]; c != nil; c = c.Principal {
			c.Reach.Liberty = decl.Liberty
		}
	}
	s.Nobody.Reach.Liberty = decl.Liberty
	in.find(s, l)
	s.Bounds = in.bounds(l, s, t)
	r.situation = s
	r.Answer = rules.Resolve(r.law, s)
	r.Notes = append(r.Notes, in.differences(r.Reasons)...)
	return r, nil
}

// find looks up what the request is about, as far as the law reads it: the
// vehicle or property named, the requests on record, and what was done for
// security.
func (in *inquiry) find(s *rules.Situation, l lens) {
	object, _ := s.Request.Value("object")
	if l.reads("vehicle") {
		s.Vehicle = l.object("vehicle", in.view.ReadVehicle(domain.VehicleID(object.Text()), s.At))
	}
	if l.reads("property") {
		s.Property = l.object("property", in.view.ReadProperty(domain.PropertyID(object.Text()), s.At))
	}
	filing, protection := l.reads("filing"), l.reads("protection")
	for i := range s.Capacities {
		c := &s.Capacities[i]
		if filing {
			c.Filing = l.object("filing", in.view.ReadFiling(asked(s, c), in.law))
		}
		if protection {
			c.Protection = l.object("protection", in.view.ReadProtection(asker(c), s.At))
		}
	}
	if filing && len(s.Capacities) == 0 {
		s.Nobody.Filing = l.object("filing", in.view.ReadFiling(asked(s, &s.Nobody), in.law))
	}
}

// asker is whose request, use or protection counts in a capacity: the person,
// or the mission when it is asked of.
func asker(c *rules.Capacity) domain.Subject {
	if c.Reach.Member != "" {
		return domain.Member(c.Reach.Member)
	}
	return domain.Mission(c.Reach.Mission)
}

func asked(s *rules.Situation, c *rules.Capacity) facts.Asked {
	text := func(name string) string {
		v, _ := s.Request.Value(name)
		return v.Text()
	}
	return facts.Asked{
		Subject: asker(c), Privilege: s.Privilege, Object: text("object"), Goods: text("goods"), At: s.At,
		Distance: text("distance"), Centre: text("centre"),
	}
}

// statesFor returns the States whose own editions count at t for a privilege.
func (in *inquiry) statesFor(decl *rules.PrivilegeDecl, t timeline.Instant) []domain.StateID {
	var out []domain.StateID
	add := func(state domain.StateID) {
		if state != "" && !slices.Contains(out, state) {
			out = append(out, state)
		}
	}
	switch {
	case in.subject.Kind == domain.KindMission:
		add(in.stateOf(domain.MissionID(in.subject.ID), t))
	case decl.Of&rules.OfPerson == 0:
		for _, id := range in.missionsOf(t) {
			add(in.stateOf(id, t))
		}
	case in.host != "":
		add(in.stateOf(in.host, t))
	default:
		for _, c := range in.person.At(t) {
			add(c.State)
		}
	}
	slices.Sort(out)
	return out
}

func (in *inquiry) stateOf(id domain.MissionID, t timeline.Instant) domain.StateID {
	return in.view.MissionReach(id, t).State
}

func statesOf(capacities []rules.Capacity) []domain.StateID {
	var out []domain.StateID
	for _, c := range capacities {
		if c.Reach.State != "" && !slices.Contains(out, c.Reach.State) {
			out = append(out, c.Reach.State)
		}
	}
	slices.Sort(out)
	return out
}

// missionsOf returns the missions of the person's capacities that go on at t.
func (in *inquiry) missionsOf(t timeline.Instant) []domain.MissionID {
	var out []domain.MissionID
	if in.host != "" {
		return nil // a visitor has no mission of his own
	}
	for _, c := range in.person.At(t) {
		if c.Phase(t) != facts.Ended && !slices.Contains(out, c.Mission) {
			out = append(out, c.Mission)
		}
	}
	return out
}

func (in *inquiry) missionCapacity(l lens, id domain.MissionID, t timeline.Instant) (rules.Capacity, bool) {
	if !in.view.Known(domain.Mission(id)) {
		return rules.Capacity{}, false
	}
	reach := in.view.MissionReach(id, t)
	c := l.lang.Capacity(rules.Hypothetical{OfMission: true})
	c.Label, c.Reach = string(id), reach
	c.Mission = l.object("mission", in.view.ReadMission(id, t))
	c.State = l.object("state", in.view.ReadState(reach.State, t))
	return c, true
}

// capacities describes what the person is at t to the rules: ended capacities
// too, for what remains of them.
func (in *inquiry) capacities(l lens, t timeline.Instant) []rules.Capacity {
	var out []rules.Capacity
	if in.host != "" {
		return []rules.Capacity{in.visitor(l, t)}
	}
	began := in.person.At(t)
	for _, c := range began {
		one := in.capacity(l, &in.person, c, t)
		if len(began) > 1 && c.Kind == facts.Accredited {
			one.Label = fmt.Sprintf("%s, %s at %s", c.Label, c.Category, c.Mission)
		}
		out = append(out, one)
	}
	return out
}

func (in *inquiry) capacity(l lens, person *facts.Person, c *facts.Capacity, t timeline.Instant) rules.Capacity {
	out := rules.Capacity{
		Label: c.Label, Ended: c.Phase(t) == facts.Ended, Missing: c.MissingAt(t), Reach: person.Reach(c, t),
		Member:  l.object("member", person.Read(c, t)),
		Mission: l.object("mission", in.view.ReadMission(c.Mission, t)),
		State:   l.object("state", in.view.ReadState(c.State, t)),
	}
	out.Reach.Since = c.Start.Time()
	out.Sponsor = out.Member
	if c.Kind == facts.Family {
		out.Label = "family of " + string(c.Sponsor)
		sponsor := in.view.Person(c.Sponsor, in.law)
		if own := sponsorCapacity(&sponsor, c); own != nil {
			principal := in.capacity(l, &sponsor, own, t)
			out.Principal, out.Sponsor = &principal, principal.Member
		}
	}
	return out
}

// VisitorAt returns the mission that a subject of the form visitor@MISSION
// visits: somebody who is not on record, and of whom no more is known.
func VisitorAt(s domain.Subject) (domain.MissionID, bool) {
	mission, visits := strings.CutPrefix(s.ID, "visitor@")
	return domain.MissionID(mission), visits && s.Kind == domain.KindMember
}

// visitor describes an unrecorded visitor of a mission to the rules.
func (in *inquiry) visitor(l lens, t timeline.Instant) rules.Capacity {
	reach := in.view.MissionReach(in.host, t)
	c := l.lang.Capacity(rules.Hypothetical{State: reach.State, MissionKind: reach.MissionKind})
	c.Label = "visitor at " + string(in.host)
	c.Member = c.Member.With("category", domain.Text("")).With("capacity", domain.Text(string(facts.Visitor)))
	c.Sponsor = c.Member
	c.Mission = l.object("mission", in.view.ReadMission(in.host, t))
	c.State = l.object("state", in.view.ReadState(reach.State, t))
	reach.Member, reach.Status, reach.Visitor = domain.MemberID(in.subject.ID), c.Reach.Status, true
	c.Reach = reach
	return c
}

// sponsorCapacity returns the sponsor's own capacity from which a family
// capacity derives.
func sponsorCapacity(sponsor *facts.Person, family *facts.Capacity) *facts.Capacity {
	var found *facts.Capacity
	for i := range sponsor.Capacities {
		c := &sponsor.Capacities[i]
		if c.Kind == facts.Accredited && c.Label == family.SponsorLabel && c.Mission == family.Mission &&
			c.Category == family.SponsorCategory && c.Rank == family.SponsorRank && c.Start <= family.Start {
			found = c
		}
	}
	return found
}

// bounds lists the measures, agreements and waivers on record for the subject
// and its States.
func (in *inquiry) bounds(l lens, s *rules.Situation, t timeline.Instant) []rules.Bound {
	var out []rules.Bound
	c := &s.Nobody
	if len(s.Capacities) > 0 {
		c = &s.Capacities[0]
	}
	about := asked(s, c)
	about.Subject, about.Centres = in.subject, in.centres(s, t)
	if len(s.Capacities) > 0 {
		about.Subject = asker(c)
	}
	add := func(each rules.Each, spans []*facts.Span, state domain.StateID) {
		for _, span := range spans {
			out = append(out, bound(l.object(string(each), in.view.ReadBound(span, about)), each, span, state, t))
		}
	}
	for _, state := range statesOf(s.Capacities) {
		of := domain.State(state)
		add(rules.EachMeasure, in.of(rules.EachMeasure, of, func() []*facts.Span { return in.view.Measures(state) }), state)
		add(rules.EachAgreement, in.of(rules.EachAgreement, of, func() []*facts.Span { return in.view.Agreements(state) }), state)
	}
	for _, of := range in.askers(s) {
		for _, span := range in.personal(of) {
			b := bound(l.object(string(rules.EachMeasure), in.view.ReadBound(span, about)), rules.EachMeasure, span, "", t)
			if of != in.subject { // of one of the missions, and of no other
				covers := b.Covers
				b.Covers = func(r domain.Reach) bool { return string(r.Mission) == of.ID && covers(r) }
			}
			out = append(out, b)
		}
	}
	if in.subject.Kind == domain.KindMember {
		for _, span := range in.of(rules.EachWaiver, in.subject, func() []*facts.Span { return in.view.Waivers(domain.MemberID(in.subject.ID)) }) {
			if _, granted := span.Event.(domain.WaiverGranted); granted {
				out = append(out, bound(l.object(string(rules.EachWaiver), span.Read()), rules.EachWaiver, span, "", t))
			}
		}
	}
	return out
}

// askers are whose own grants and restrictions count: the subject's, and where a
// privilege of missions is asked through a member those of the missions.
func (in *inquiry) askers(s *rules.Situation) []domain.Subject {
	out := []domain.Subject{in.subject}
	for i := range s.Capacities {
		if of := asker(&s.Capacities[i]); !slices.Contains(out, of) {
			out = append(out, of)
		}
	}
	return out
}

func (in *inquiry) personal(of domain.Subject) []*facts.Span {
	return in.of(rules.EachMeasure, of, func() []*facts.Span { return in.view.Personal(of) })
}

// centres counts the places from which the measures in play count distance.
func (in *inquiry) centres(s *rules.Situation, t timeline.Instant) int {
	var found []string
	look := func(spans []*facts.Span) {
		for _, span := range spans {
			centre := span.Centre()
			if centre == "" || slices.Contains(found, centre) || !slices.Contains(span.Privileges(), s.Privilege) {
				continue
			}
			if slices.ContainsFunc(s.Capacities, func(c rules.Capacity) bool { return span.LiveFor(c.Reach, t) }) {
				found = append(found, centre)
			}
		}
	}
	for _, state := range statesOf(s.Capacities) {
		look(in.of(rules.EachMeasure, domain.State(state), func() []*facts.Span { return in.view.Measures(state) }))
	}
	for _, of := range in.askers(s) {
		look(in.personal(of))
	}
	return len(found)
}

// Bound describes a measure to the rules, as it is at t, with every fact of its
// own. A state that is not empty narrows it to that State's missions and members.
func Bound(lang *rules.Language, span *facts.Span, state domain.StateID, t timeline.Instant) rules.Bound {
	return bound(lang.Object(string(rules.EachMeasure), rules.Read(span.Read())), rules.EachMeasure, span, state, t)
}

func bound(o *rules.Object, each rules.Each, span *facts.Span, state domain.StateID, t timeline.Instant) rules.Bound {
	id := span.ID
	if w, waives := span.Event.(domain.WaiverGranted); waives {
		id = string(w.Matter) // an event's own id tells people nothing
	}
	return rules.Bound{
		Each: each, ID: id, Object: o, Privileges: span.Privileges(),
		Individual:    span.Individual,
		NamesStatus:   len(span.Scope.Statuses) > 0,
		NamesVisitors: span.Scope.Visitors != nil && *span.Scope.Visitors,
		Covers: func(reach domain.Reach) bool {
			return (state == "" || reach.State == state) && (span.LiveFor(reach, t) || span.KeptFor(reach, timeline.Of(reach.Since), t))
		},
		Events: []domain.Position{span.Pos},
	}
}

package standing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// An inquiry is one subject with what does not depend on the effective time.
type inquiry struct {
	*Moment
	subject domain.Subject
	words   map[string]string
	person  facts.Person
	host    domain.MissionID   // of a visitor who is not on record; else empty
	breaks  []timeline.Instant // nil until asked for
}

func (m *Moment) inquire(subject domain.Subject, words map[string]string) (*inquiry, error) {
	in := &inquiry{Moment: m, subject: subject, words: words}
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
	s := &rules.Situation{Privilege: p, At: t, Request: request, Nobody: lang.Nobody("")}
	switch {
	case in.subject.Kind == domain.KindMission && decl.Of&rules.OfMission == 0:
		return resolved{}, &WrongSubject{Privilege: p, Subject: in.subject}
	case in.subject.Kind == domain.KindMission:
		s.Nobody = lang.Capacity(rules.Hypothetical{OfMission: true})
		s.Nobody.Reach = domain.Reach{Mission: domain.MissionID(in.subject.ID)}
		if c, known := in.missionCapacity(lang, domain.MissionID(in.subject.ID), t); known {
			s.Capacities = []rules.Capacity{c}
		}
	case decl.Of&rules.OfPerson == 0:
		s.Nobody = lang.Capacity(rules.Hypothetical{OfMission: true})
		s.Nobody.Reach = domain.Reach{}
		for _, id := range in.missionsOf(t) {
			if c, known := in.missionCapacity(lang, id, t); known {
				s.Capacities = append(s.Capacities, c)
			}
		}
	default:
		s.Nobody = lang.Nobody(domain.MemberID(in.subject.ID))
		s.Capacities = in.capacities(lang, t)
	}
	for i := range s.Capacities {
		for c := &s.Capacities[i]; c != nil; c = c.Principal {
			c.Reach.Liberty = decl.Liberty
		}
	}
	s.Nobody.Reach.Liberty = decl.Liberty
	s.Bounds = in.bounds(lang, s.Capacities, t)
	for _, state := range statesOf(s.Capacities) {
		own, name, err := in.root.StateLawAt(state, t, in.k, r.editions[0].Hash)
		if err != nil {
			return resolved{}, err
		}
		if own != nil {
			r.law.States[state] = own
			r.editions = append(r.editions, name)
		}
	}
	r.situation = s
	r.Answer = rules.Resolve(r.law, s)
	return r, nil
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

func (in *inquiry) missionCapacity(lang *rules.Language, id domain.MissionID, t timeline.Instant) (rules.Capacity, bool) {
	if !in.view.Known(domain.Mission(id)) {
		return rules.Capacity{}, false
	}
	reach := in.view.MissionReach(id, t)
	c := lang.Capacity(rules.Hypothetical{OfMission: true})
	c.Label, c.Reach = string(id), reach
	c.Mission = lang.Object("mission", rules.Read(in.view.ReadMission(id, t)))
	c.State = lang.Object("state", rules.Read(in.view.ReadState(reach.State, t)))
	return c, true
}

// capacities describes what the person is at t to the rules: ended capacities
// too, for what remains of them.
func (in *inquiry) capacities(lang *rules.Language, t timeline.Instant) []rules.Capacity {
	var out []rules.Capacity
	if in.host != "" {
		return []rules.Capacity{in.visitor(lang, t)}
	}
	began := in.person.At(t)
	for _, c := range began {
		one := in.capacity(lang, &in.person, c, t)
		if len(began) > 1 && c.Kind == facts.Accredited {
			one.Label = fmt.Sprintf("%s, %s at %s", c.Label, c.Category, c.Mission)
		}
		out = append(out, one)
	}
	return out
}

func (in *inquiry) capacity(lang *rules.Language, person *facts.Person, c *facts.Capacity, t timeline.Instant) rules.Capacity {
	out := rules.Capacity{
		Label: c.Label, Ended: c.Phase(t) == facts.Ended, Missing: c.MissingAt(t), Reach: person.Reach(c, t),
		Member:  lang.Object("member", rules.Read(person.Read(c, t))),
		Mission: lang.Object("mission", rules.Read(in.view.ReadMission(c.Mission, t))),
		State:   lang.Object("state", rules.Read(in.view.ReadState(c.State, t))),
	}
	out.Reach.Since = c.Start.Time()
	out.Sponsor = out.Member
	if c.Kind == facts.Family {
		out.Label = "family of " + string(c.Sponsor)
		sponsor := in.view.Person(c.Sponsor, in.law)
		if own := sponsorCapacity(&sponsor, c); own != nil {
			principal := in.capacity(lang, &sponsor, own, t)
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
func (in *inquiry) visitor(lang *rules.Language, t timeline.Instant) rules.Capacity {
	reach := in.view.MissionReach(in.host, t)
	c := lang.Capacity(rules.Hypothetical{State: reach.State, MissionKind: reach.MissionKind})
	c.Label = "visitor at " + string(in.host)
	c.Member = c.Member.With("category", domain.Text("")).With("capacity", domain.Text(string(facts.Visitor)))
	c.Sponsor = c.Member
	c.Mission = lang.Object("mission", rules.Read(in.view.ReadMission(in.host, t)))
	c.State = lang.Object("state", rules.Read(in.view.ReadState(reach.State, t)))
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
func (in *inquiry) bounds(lang *rules.Language, capacities []rules.Capacity, t timeline.Instant) []rules.Bound {
	var out []rules.Bound
	add := func(each rules.Each, spans []*facts.Span, state domain.StateID) {
		for _, span := range spans {
			out = append(out, Bound(lang, each, span, state, t))
		}
	}
	for _, state := range statesOf(capacities) {
		add(rules.EachMeasure, in.view.Measures(state), state)
		add(rules.EachAgreement, in.view.Agreements(state), state)
	}
	add(rules.EachMeasure, in.view.Personal(in.subject), "")
	if in.subject.Kind == domain.KindMember {
		for _, span := range in.view.Waivers(domain.MemberID(in.subject.ID)) {
			if _, granted := span.Event.(domain.WaiverGranted); granted {
				out = append(out, Bound(lang, rules.EachWaiver, span, "", t))
			}
		}
	}
	return out
}

// Bound describes a span to the rules, as it is at t. A state that is not empty
// narrows it to that State's missions and members.
func Bound(lang *rules.Language, each rules.Each, span *facts.Span, state domain.StateID, t timeline.Instant) rules.Bound {
	id := span.ID
	if w, waives := span.Event.(domain.WaiverGranted); waives {
		id = string(w.Matter) // an event's own id tells people nothing
	}
	return rules.Bound{
		Each: each, ID: id, Object: lang.Object(string(each), rules.Read(span.Read())), Privileges: span.Privileges(),
		Individual:    span.Individual,
		NamesStatus:   len(span.Scope.Statuses) > 0,
		NamesVisitors: span.Scope.Visitors != nil && *span.Scope.Visitors,
		Covers: func(reach domain.Reach) bool {
			return (state == "" || reach.State == state) && (span.LiveFor(reach, t) || span.KeptFor(reach, timeline.Of(reach.Since), t))
		},
		Events: []domain.Position{span.Pos},
	}
}

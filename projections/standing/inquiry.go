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
	act     timeline.Instant              // when the act is done, if the request says so; else Never
	host    domain.MissionID              // of a visitor who is not on record; else empty
	breaks  map[string][]facts.Breakpoint // by the name of a reading
	spans   map[spanKey][]*facts.Span
	all     bool // measures that name other privileges are described too, since views look at several

	instants map[timeline.Instant]*instant
	sponsors map[domain.MemberID]*facts.Person
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
	if s.Kind == domain.KindState { // many have the same
		if spans, found := in.shared.Load(k); found {
			return spans.([]*facts.Span)
		}
		spans := find()
		in.shared.Store(k, spans)
		return spans
	}
	spans, found := in.spans[k]
	if !found {
		spans = find()
		in.spans[k] = spans
	}
	return spans
}

func (m *Moment) inquire(subject domain.Subject, words map[string]string) (*inquiry, error) {
	in := &inquiry{Moment: m, subject: subject, stated: words, words: words, act: timeline.Never, spans: map[spanKey][]*facts.Span{}, instants: map[timeline.Instant]*instant{}}
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

// at answers with reasons.
func (in *inquiry) at(p domain.Privilege, t timeline.Instant) (resolved, error) {
	r, err := in.situation(p, t)
	if err != nil {
		return r, err
	}
	r.Answer = rules.Resolve(r.law, r.situation)
	r.Notes = append(r.Notes, in.differences(r.Reasons)...)
	return r, nil
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

// VisitorAt returns the mission that a subject of the form visitor@MISSION
// visits: somebody who is not on record, and of whom no more is known.
func VisitorAt(s domain.Subject) (domain.MissionID, bool) {
	mission, visits := strings.CutPrefix(s.ID, "visitor@")
	return domain.MissionID(mission), visits && s.Kind == domain.KindMember
}

// sponsor computes a sponsor's capacities once.
func (in *inquiry) sponsor(id domain.MemberID) *facts.Person {
	if found := in.sponsors[id]; found != nil {
		return found
	}
	if in.sponsors == nil {
		in.sponsors = map[domain.MemberID]*facts.Person{}
	}
	person := in.view.Person(id, in.law)
	in.sponsors[id] = &person
	return &person
}

// somebody is the person who is asked about, or a sponsor.
func (in *inquiry) somebody(id domain.MemberID) *facts.Person {
	if id == in.person.ID {
		return &in.person
	}
	return in.sponsor(id)
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
// and its States, unless they name other privileges.
func (in *inquiry) bounds(now *instant, s *rules.Situation) []rules.Bound {
	var out []rules.Bound
	var about *facts.Asked // found out when a rule reads what depends on it
	side := now.sideOf(now.law.Language.Privileges[s.Privilege])
	for i, span := range in.binding(s.Capacities) {
		privileges := span.Privileges()
		if !in.all && len(privileges) > 0 && !slices.Contains(privileges, s.Privilege) {
			continue
		}
		o := now.object(finding{kind: string(span.each), asked: s, span: span.Span, about: &about, role: role{kind: string(span.each), privilege: s.Privilege, side: side, bound: i}})
		b := bound(o, span.each, span.Span, privileges, span.state, now.t)
		if of := span.of; of != in.subject { // of one of the missions, and of no other
			covers := b.Covers
			b.Covers = func(r domain.Reach) bool { return string(r.Mission) == of.ID && covers(r) }
		}
		out = append(out, b)
	}
	return out
}

// A binding is a measure, agreement or waiver on record: of a State, or for one
// subject.
type binding struct {
	*facts.Span
	each  rules.Each
	state domain.StateID // not empty: that of the missions and members whom it is for
	of    domain.Subject
}

// covers reports whether it is live for somebody.
func (b *binding) covers(in *inquiry, r *domain.Reach, t timeline.Instant) bool {
	return (b.of == in.subject || string(r.Mission) == b.of.ID) && (b.state == "" || r.State == b.state) &&
		(b.LiveFor(*r, t) || b.KeptFor(*r, timeline.Of(r.Since), t))
}

// binding lists what is on record for the capacities, always in the same order.
func (in *inquiry) binding(capacities []rules.Capacity) []binding {
	var out []binding
	add := func(each rules.Each, spans []*facts.Span, state domain.StateID, of domain.Subject) {
		for _, span := range spans {
			if each == rules.EachWaiver {
				if _, granted := span.Event.(domain.WaiverGranted); !granted {
					continue
				}
			}
			out = append(out, binding{span, each, state, of})
		}
	}
	for _, state := range statesOf(capacities) {
		of := domain.State(state)
		add(rules.EachMeasure, in.of(rules.EachMeasure, of, func() []*facts.Span { return in.view.Measures(state) }), state, in.subject)
		add(rules.EachAgreement, in.of(rules.EachAgreement, of, func() []*facts.Span { return in.view.Agreements(state) }), state, in.subject)
	}
	for _, of := range in.askers(capacities) {
		add(rules.EachMeasure, in.personal(of), "", of)
	}
	if in.subject.Kind == domain.KindMember {
		add(rules.EachWaiver, in.waivers(), "", in.subject)
	}
	return out
}

// about is what of the question decides how much of a measure was used, and how
// far from its centre the act is.
func (in *inquiry) about(s *rules.Situation, t timeline.Instant) *facts.Asked {
	c := &s.Nobody
	if len(s.Capacities) > 0 {
		c = &s.Capacities[0]
	}
	about := asked(s, c)
	about.Subject, about.Centres = in.subject, in.centres(s, t)
	if len(s.Capacities) > 0 {
		about.Subject = asker(c)
	}
	return &about
}

// askers are whose own grants and restrictions count: the subject's, and where a
// privilege of missions is asked through a member those of the missions.
func (in *inquiry) askers(capacities []rules.Capacity) []domain.Subject {
	out := []domain.Subject{in.subject}
	for i := range capacities {
		if of := asker(&capacities[i]); !slices.Contains(out, of) {
			out = append(out, of)
		}
	}
	return out
}

func (in *inquiry) waivers() []*facts.Span {
	return in.of(rules.EachWaiver, in.subject, func() []*facts.Span { return in.view.Waivers(domain.MemberID(in.subject.ID)) })
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
	for _, of := range in.askers(s.Capacities) {
		look(in.personal(of))
	}
	return len(found)
}

// Bound describes a measure to the rules, as it is at t, with every fact of its
// own. A state that is not empty narrows it to that State's missions and members.
func Bound(lang *rules.Language, span *facts.Span, state domain.StateID, t timeline.Instant) rules.Bound {
	return bound(lang.Object(string(rules.EachMeasure), rules.Read(span.Read())), rules.EachMeasure, span, span.Privileges(), state, t)
}

func bound(o *rules.Object, each rules.Each, span *facts.Span, privileges []domain.Privilege, state domain.StateID, t timeline.Instant) rules.Bound {
	id := span.ID
	if w, waives := span.Event.(domain.WaiverGranted); waives {
		id = string(w.Matter) // an event's own id tells people nothing
	}
	return rules.Bound{
		Each: each, ID: id, Object: o, Privileges: privileges,
		Individual:    span.Individual,
		NamesStatus:   len(span.Scope.Statuses) > 0,
		NamesVisitors: span.Scope.Visitors != nil && *span.Scope.Visitors,
		Covers: func(reach domain.Reach) bool {
			return (state == "" || reach.State == state) && (span.LiveFor(reach, t) || span.KeptFor(reach, timeline.Of(reach.Since), t))
		},
		Events: []domain.Position{span.Pos},
	}
}

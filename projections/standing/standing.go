// Package standing says what a member or a mission may do: as of any time, as
// known at any position of the log.
//
// It introduces the two halves that do not know each other. The facts
// (projections/facts) are what the log says of a person; the rules are what the
// law in force says of such facts. A [Moment] is one state of knowledge, from
// which any number of questions are answered at any effective time.
package standing

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A Moment is the office as known at one position.
type Moment struct {
	root *projections.Root
	k    domain.Position
	view facts.View
	law  projections.Law
}

// At returns the moment of a root at which k events were known.
func At(root *projections.Root, k domain.Position) *Moment {
	return &Moment{root: root, k: k, view: root.ViewAt(k), law: root.Law(k)}
}

// An Unknown says that a question names something that the law in force does not.
type Unknown struct{ What, Name, Near string }

func (u *Unknown) Error() string {
	text := fmt.Sprintf("unknown %s %q", u.What, u.Name)
	if u.Near != "" {
		text += fmt.Sprintf(" (did you mean %q?)", u.Near)
	}
	return text
}

// A WrongSubject says that a privilege of persons was asked of a mission.
type WrongSubject struct {
	Privilege domain.Privilege
	Subject   domain.Subject
}

func (w *WrongSubject) Error() string {
	return fmt.Sprintf("%s is a privilege of persons, and %s is not one: ask about a member", w.Privilege, w.Subject)
}

// Decide answers one question.
func (m *Moment) Decide(subject domain.Subject, p domain.Privilege, t timeline.Instant, request map[string]string) (domain.Decision, error) {
	in, err := m.inquire(subject, request)
	if err != nil {
		return domain.Decision{}, err
	}
	r, err := in.at(p, t)
	if err != nil {
		return domain.Decision{}, err
	}
	d := in.decision(p, t, r)
	d.Holds = in.holds(p, t, r)
	return d, nil
}

// All answers every privilege that can be asked of the subject, in the order in
// which the law declares them.
func (m *Moment) All(subject domain.Subject, t timeline.Instant, request map[string]string) ([]domain.Decision, error) {
	in, err := m.inquire(subject, request)
	if err != nil {
		return nil, err
	}
	edition, _, err := m.root.LawAt(t, m.k)
	if err != nil {
		return nil, err
	}
	var out []domain.Decision
	for _, p := range edition.Language.PrivilegeOrder {
		r, err := in.at(p, t)
		if _, wrong := errors.AsType[*WrongSubject](err); wrong {
			continue
		}
		if err != nil {
			return nil, err
		}
		d := in.decision(p, t, r)
		d.Holds = in.holds(p, t, r)
		out = append(out, d)
	}
	return out, nil
}

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

func (in *inquiry) decision(p domain.Privilege, t timeline.Instant, r resolved) domain.Decision {
	office := in.root.Office()
	return domain.Decision{
		Subject: in.subject, Privilege: p, Outcome: r.Outcome, Conditions: r.Conditions, Obligations: r.Obligations,
		Limits: r.Limits, Notes: r.Notes, Routes: r.Routes, Proposals: r.Proposals, Reasons: r.Reasons, Cite: r.Cite,
		Facts: in.factsUsed(t, r), AsOf: t.Time(), AsKnown: in.k, Request: in.words, Editions: r.editions, Errors: r.Errors,
		Office: office.ID, Mode: office.Mode, ZoneData: calendar.Version(),
	}
}

// factsUsed puts the capacities before the values that rules read.
func (in *inquiry) factsUsed(t timeline.Instant, r resolved) []domain.FactUsed {
	var out []domain.FactUsed
	for _, c := range in.person.At(t) {
		name, what := "capacity "+c.Label, fmt.Sprintf("%s at %s", c.Category, c.Mission)
		switch c.Kind {
		case facts.Family:
			name = "capacity family of " + string(c.Sponsor)
			what = fmt.Sprintf("%s of %s (%s at %s)", c.Relation, c.Sponsor, c.SponsorCategory, c.Mission)
		case facts.Visitor:
			what = fmt.Sprintf("visitor at %s", c.Mission)
		case facts.Accredited, facts.Courier:
		}
		words := []string{what, "from " + in.local(c.Start)}
		if c.EndOfFunctions <= t {
			words = append(words, "functions ended "+in.local(c.EndOfFunctions))
		}
		if end, runs := c.Period(t); runs {
			words = append(words, "period to leave until "+in.local(end))
		}
		words = append(words, "phase "+string(c.Phase(t)))
		out = append(out, domain.FactUsed{Name: name, Value: strings.Join(words, ", "), Events: c.Basis(t)})
	}
	return append(out, r.Facts...)
}

// local writes an instant as people in the office's zone would.
func (in *inquiry) local(i timeline.Instant) string {
	if i == timeline.Always || i == timeline.Never {
		return i.String()
	}
	return i.Time().In(in.root.Zone().Location()).Format("2006-01-02 15:04 MST")
}

// holds finds between which instants the answer stays as it is at t. Facts only
// change at the breakpoints, so it is enough to ask there.
func (in *inquiry) holds(p domain.Privilege, t timeline.Instant, now resolved) domain.Holds {
	breaks := in.breakpoints()
	var h domain.Holds
	next, _ := slices.BinarySearch(breaks, t+1)
	for i := next; i < len(breaks); i++ {
		then, err := in.at(p, breaks[i])
		if err == nil && same(now.Answer, then.Answer) {
			continue
		}
		h.Until = breaks[i].Time()
		h.Ends = in.describe(breaks[i], then.Answer, err)
		break
	}
	for i := next - 1; i >= 0; i-- {
		before, err := in.at(p, breaks[i]-1)
		if err == nil && same(now.Answer, before.Answer) {
			continue
		}
		h.From = breaks[i].Time()
		h.Begins = in.why(breaks[i], now.Answer) + "; before: " + outcomeOf(before.Answer, err)
		break
	}
	return h
}

func (in *inquiry) breakpoints() []timeline.Instant {
	if in.breaks == nil {
		about := in.subject
		if in.host != "" {
			about = domain.Mission(in.host)
		}
		breaks := slices.Concat(in.view.Breakpoints(about, in.law), in.root.RuleEdges(in.k))
		slices.Sort(breaks)
		in.breaks = slices.Compact(breaks)
	}
	return in.breaks
}

func same(a, b rules.Answer) bool {
	return a.Outcome == b.Outcome && slices.EqualFunc(a.Conditions, b.Conditions, func(x, y domain.Condition) bool {
		return x.Code == y.Code && x.State == y.State && slices.Equal(x.Params, y.Params)
	})
}

// describe says what the answer becomes at an instant, and why.
func (in *inquiry) describe(at timeline.Instant, a rules.Answer, err error) string {
	outcome := outcomeOf(a, err)
	if err != nil || a.Outcome == "" {
		return outcome
	}
	return outcome + ": " + in.why(at, a)
}

// why says in a few words what makes an answer what it is from an instant on.
func (in *inquiry) why(at timeline.Instant, a rules.Answer) string {
	if turn := in.turn(at); turn != "" {
		return turn
	}
	for _, r := range a.Reasons {
		switch {
		case r.Decisive && r.By != "":
			return fmt.Sprintf("%s (%s)", r.Code.Words(), r.By)
		case r.Decisive:
			return r.Code.Words()
		}
	}
	return "not certain"
}

func outcomeOf(a rules.Answer, err error) string {
	switch {
	case errors.Is(err, projections.ErrNoLaw):
		return "no law in force"
	case err != nil:
		return err.Error()
	case a.Outcome == "":
		return "cannot tell"
	default:
		return string(a.Outcome)
	}
}

// turn says what becomes of the person's capacities at an instant.
func (in *inquiry) turn(at timeline.Instant) string {
	for i := range in.person.Capacities {
		c := &in.person.Capacities[i]
		switch {
		case c.Start == at:
			return "the capacity begins"
		case c.Ended == at && c.EndOfPeriod == at && c.EndOfFunctions < at:
			return "the period to leave ends"
		case c.Ended == at && c.EndOfFunctions == timeline.Never:
			return "the capacity gives way to the next"
		case c.Ended == at:
			return "the capacity ends"
		case c.EndOfFunctions == at:
			return "functions end"
		}
	}
	return ""
}

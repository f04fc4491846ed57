package cases

import (
	"fmt"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// The persons and missions of cases have no names.
const (
	theMember  domain.MemberID  = "the-member"
	theSponsor domain.MemberID  = "the-sponsor"
	theMission domain.MissionID = "the-mission"
	someState  domain.StateID   = "some-state"
)

// Situate makes the situation of a case; key is the code for which a repeated
// case is run.
func Situate(law rules.Law, edition *rules.Edition, c *rules.Case, key string) (*rules.Situation, error) {
	lang := law.Common.Language
	request, err := lang.Request(c.Request)
	if err != nil {
		return nil, fmt.Errorf("the request: %w", err)
	}
	b := builder{law: law, lang: lang, edition: edition, c: c, key: key, decl: lang.Privileges[c.Ask]}
	s := &rules.Situation{Privilege: c.Ask, At: c.At, Request: request}
	b.state = b.text(c.State, "id", string(b.home()))
	// A privilege of missions alone is asked of the person's mission.
	switch mission := c.OfMission || b.decl.Of&rules.OfPerson == 0; {
	case c.Nobody:
		s.Nobody = lang.Nobody(theMember)
		s.Nobody.Reach.Liberty = b.decl.Liberty
	case mission:
		s.Capacities = []rules.Capacity{b.mission()}
		s.Nobody = lang.Nobody("")
	default:
		s.Capacities = []rules.Capacity{b.person()}
		s.Nobody = lang.Nobody(theMember)
		s.Nobody.Reach.Liberty = b.decl.Liberty
	}
	if c.Vehicle != nil {
		s.Vehicle = b.object("vehicle", c.Vehicle, rules.CaseFacts{"known": domain.Bool(true)})
	}
	if c.Property != nil {
		s.Property = b.object("property", c.Property, rules.CaseFacts{"known": domain.Bool(true)})
	}
	for i, given := range c.Bounds {
		s.Bounds = append(s.Bounds, b.bound(i, given))
	}
	return s, nil
}

type builder struct {
	law     rules.Law
	lang    *rules.Language
	edition *rules.Edition
	c       *rules.Case
	key     string
	decl    *rules.PrivilegeDecl
	state   string
}

// home is the State of a case that names none.
func (b *builder) home() domain.StateID {
	if b.edition.Code != b.law.Common.Code {
		return domain.StateID(b.edition.Code)
	}
	return someState
}

func (b *builder) text(facts rules.CaseFacts, name, otherwise string) string {
	if v, given := facts[name]; given {
		return v.Text()
	}
	return otherwise
}

// object makes an object of the facts that are given or, after them, supposed.
func (b *builder) object(kind string, given, supposed rules.CaseFacts) *rules.Object {
	return b.lang.Object(kind, func(d domain.FactDecl) (domain.Value, []domain.Position, bool) {
		if v, ok := given[d.Name]; ok {
			return v, nil, true
		}
		v, ok := supposed[d.Name]
		if !ok && d.From.Constructor == "distance" {
			return domain.Text("request.distance"), nil, false // it is the request that lacks it
		}
		if ok && d.Type == domain.EnumFact && !b.lang.Has(d.Enum, v.Text()) {
			return domain.Value{}, nil, false
		}
		return v, nil, ok
	})
}

// common fills in the mission and the State of a capacity.
func (b *builder) common(category string) rules.Capacity {
	kind := "embassy"
	if kinds := b.edition.Kinds[domain.Category(category)]; len(kinds) > 0 {
		kind = string(kinds[0])
	}
	kind = b.text(b.c.Mission, "kind", kind)
	mission := rules.CaseFacts{"id": domain.Text(theMission)}
	if b.c.By == "mission_kind" {
		kind = b.key
	}
	for name, v := range b.c.Mission {
		mission[name] = v
	}
	mission["kind"] = domain.Text(kind)
	c := rules.Capacity{Label: "main"}
	if b.c.Filing != nil {
		c.Filing = b.object("filing", b.c.Filing, nil)
	}
	if b.c.Protection != nil {
		c.Protection = b.object("protection", b.c.Protection, nil)
	}
	c.Mission = b.object("mission", mission, rules.CaseFacts{"status": domain.Text("open")})
	c.State = b.object("state", b.c.State, rules.CaseFacts{"id": domain.Text(b.state), "relations": domain.Text("normal")})
	c.Reach = domain.Reach{
		State: domain.StateID(b.state), MissionKind: domain.MissionKind(kind),
		Mission: domain.MissionID(b.text(mission, "id", string(theMission))), Liberty: b.decl.Liberty,
	}
	return c
}

func (b *builder) mission() rules.Capacity {
	principal := b.c.Member
	if b.c.Sponsor != nil {
		principal = b.c.Sponsor
	}
	category := b.text(principal, "category", "")
	if b.c.By == "category" {
		category = b.key
	}
	c := b.common(category)
	c.Label = "mission"
	nobody := b.lang.Nobody("")
	c.Member, c.Sponsor = nobody.Member, nobody.Sponsor
	return c
}

// supposed are the facts of a person of whom the case does not say otherwise.
func (b *builder) supposed(capacity string) rules.CaseFacts {
	return rules.CaseFacts{
		"phase": domain.Text("current"), "capacity": domain.Text(capacity), "status": domain.Text("none"),
		"nationalities": domain.List([]string{b.state}), "id": domain.Text(theMember), "mission": domain.Text(theMission), "state": domain.Text(b.state),
	}
}

func (b *builder) person() rules.Capacity {
	principal := b.c.Member
	if b.c.Sponsor != nil {
		principal = b.c.Sponsor
	}
	facts := rules.CaseFacts{}
	for name, v := range principal {
		facts[name] = v
	}
	if b.c.By == "category" {
		facts["category"] = domain.Text(b.key)
	}
	category := b.text(facts, "category", "")
	c := b.common(category)
	c.Reach.Category = domain.Category(category)
	c.Reach.Rank = b.text(facts, "rank", "")
	capacity := "accredited"
	if b.lang.Has("capacity", category) { // courier, visitor
		capacity = category
	}
	c.Member = b.object("member", facts, b.supposed(capacity))
	c.Sponsor = c.Member
	own := b.settle(&c, theMember)
	if b.c.Sponsor == nil {
		return own
	}
	sponsor := b.settle(&c, theSponsor)
	relative := c
	relative.Label, relative.Principal = "family", &sponsor
	given := rules.CaseFacts{"category": domain.Text(domain.FamilyCategory)}
	for name, v := range b.c.Member {
		given[name] = v
	}
	relative.Member = b.object("member", given, b.supposed("family"))
	relative.Reach.Family = true
	return b.settle(&relative, theMember)
}

// settle takes what reaches compare from the member's facts.
func (b *builder) settle(c *rules.Capacity, id domain.MemberID) rules.Capacity {
	out := *c
	out.Reach.Member = id
	read := func(name string) string {
		v, _ := out.Member.Value(name)
		return v.Text()
	}
	out.Reach.Status = domain.Status(read("status"))
	out.Reach.Visitor = read("capacity") == "visitor"
	out.Ended = read("phase") == "ended"
	return out
}

func (b *builder) bound(i int, given rules.CaseBound) rules.Bound {
	facts := given.Facts
	id := b.text(facts, "id", fmt.Sprintf("%s-%d", given.Each, i+1))
	if given.Each == rules.EachWaiver {
		id = b.text(facts, "matter", id)
	}
	scope := given.Scope
	if given.Individual { // an order against one person reaches that person whatever else it is silent on
		scope.Members = []domain.MemberID{theMember, ""}
	}
	supposed := rules.CaseFacts{
		"id": domain.Text(id), "individual": domain.Bool(given.Individual), "states": domain.List([]string{b.state}),
	}
	// An amount in dollars is its own threshold; another one takes a rate, which a case states by threshold.
	if amount, stated := facts["amount"]; stated && b.text(facts, "currency", "USD") == "USD" {
		supposed["threshold"] = amount
	}
	if distance, stated := b.c.Request["distance"]; stated {
		supposed["distance"] = domain.Text(distance)
	}
	return rules.Bound{
		Each: given.Each, ID: id, Privileges: given.Privileges, Individual: given.Individual,
		Object:        b.object(string(given.Each), facts, supposed),
		NamesStatus:   len(scope.Statuses) > 0,
		NamesVisitors: scope.Visitors != nil && *scope.Visitors,
		Covers:        func(r domain.Reach) bool { return given.Each != rules.EachMeasure || scope.Covers(r) },
	}
}

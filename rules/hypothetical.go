package rules

import (
	"github.com/comity-project/comity/domain"
)

// A Hypothetical person or mission is one of whom only the kind is known: a row
// of a printed table, or a witness against a ruleset.
type Hypothetical struct {
	State       domain.StateID
	MissionKind domain.MissionKind
	Category    domain.Category // of the person or, for family, of the sponsor
	Status      domain.Status   // the person's own; empty: none
	Phase       string          // current unless stated
	Family      bool
	Relation    domain.Relation
	// OfMission asks of the mission itself; then there is no person.
	OfMission bool
}

// Names that the witness bears in explanations.
const (
	someMission domain.MissionID = "some-mission"
	somebody    domain.MemberID  = "somebody"
)

// reach is the hypothetical as scopes see it.
func (h Hypothetical) reach() domain.Reach {
	r := domain.Reach{State: h.State, MissionKind: h.MissionKind, Mission: someMission}
	if !h.OfMission {
		r.Member, r.Category, r.Status, r.Family = somebody, h.Category, status(h.Status), h.Family
	}
	return r
}

// Capacity makes the capacity of the hypothetical. Facts that it does not state
// have their defaults, or are missing.
func (l *Language) Capacity(h Hypothetical) Capacity {
	if h == (Hypothetical{OfMission: true}) {
		return l.constants().ofMission
	}
	return l.capacity(h)
}

func (l *Language) capacity(h Hypothetical) Capacity {
	state := l.object("state", map[string]domain.Value{"id": domain.Text(h.State)})
	mission := l.object("mission", map[string]domain.Value{"id": domain.Text(someMission), "kind": domain.Text(h.MissionKind), "status": domain.Text("open")})
	c := Capacity{Label: "main", Mission: mission, State: state, Reach: h.reach()}
	if h.OfMission {
		c.Label = "mission"
		nobody := l.object("member", map[string]domain.Value{"phase": domain.Text("none")})
		c.Member, c.Sponsor = nobody, nobody
		return c
	}
	phase := h.Phase
	if phase == "" {
		phase = "current"
	}
	c.Ended = phase == "ended"
	facts := map[string]domain.Value{
		"category": domain.Text(h.Category), "phase": domain.Text(phase), "capacity": domain.Text("accredited"),
		"status": domain.Text(status(h.Status)), "nationalities": domain.List([]domain.StateID{h.State}),
	}
	if !h.Family {
		c.Member = l.object("member", facts)
		c.Sponsor = c.Member
		return c
	}
	sponsor := h
	sponsor.Family, sponsor.Status = false, ""
	principal := l.Capacity(sponsor)
	principal.Reach.Member = "some-sponsor"
	facts["category"], facts["capacity"] = domain.Text(domain.FamilyCategory), domain.Text("family")
	if h.Relation != "" {
		facts["relation"] = domain.Text(h.Relation)
	}
	c.Label, c.Principal = "family", &principal
	c.Member, c.Sponsor = l.object("member", facts), principal.Member
	return c
}

func status(s domain.Status) domain.Status {
	if s == "" {
		return "none"
	}
	return s
}

func (l *Language) object(kind string, facts map[string]domain.Value) *Object {
	return l.Object(kind, func(decl domain.FactDecl) (domain.Value, []domain.Position, bool) {
		v, stated := facts[decl.Name]
		return v, nil, stated
	})
}

// Nobody is the capacity of a person without any.
func (l *Language) Nobody(id domain.MemberID) Capacity {
	c := l.constants()
	return Capacity{Label: "nobody", Reach: domain.Reach{Member: id, Status: status("")}, Member: c.nobody, Sponsor: c.nobody,
		Mission: c.mission, State: c.state}
}

// constants are the objects of a language that are the same for everybody. They
// are never changed, and shared.
type constants struct {
	nobody         *Object // the member that nobody is
	mission, state *Object // of which nothing is known
	request        *Object // that brings nothing
	ofMission      Capacity
}

// constants makes them on first use; of several made at once any will do.
func (l *Language) constants() *constants {
	if c := l.fixed.Load(); c != nil {
		return c
	}
	c := &constants{
		nobody:  l.object("member", map[string]domain.Value{"phase": domain.Text("none"), "capacity": domain.Text("none")}),
		mission: l.object("mission", nil), state: l.object("state", nil),
		request:   &Object{kind: "request", layout: l.env.layouts["request"]},
		ofMission: l.capacity(Hypothetical{OfMission: true}),
	}
	l.fixed.Store(c)
	return c
}

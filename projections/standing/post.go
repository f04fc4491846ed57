package standing

import (
	"context"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// A Post is what somebody is at a moment, as far as people are chosen and counted
// by it: one capacity of a member, or a mission itself.
type Post struct {
	Kind     facts.Kind       `json:"kind,omitzero"` // empty for a mission
	Category domain.Category  `json:"category,omitzero"`
	Mission  domain.MissionID `json:"mission,omitzero"`
	State    domain.StateID   `json:"state,omitzero"`
	Phase    facts.Phase      `json:"phase,omitzero"` // empty for a mission
}

// A Choice says who is meant of everybody. The zero Choice is every member who has
// a capacity that has begun and not ended.
type Choice struct {
	// NoMembers leaves the members out, and Missions asks for missions, too.
	NoMembers, Missions bool
	// All asks also for members whose capacities have all ended or not begun yet,
	// and for missions that are closed or not opened yet.
	All bool
	// Those who have a post of one of these; an empty list is no matter. It is one
	// post that must be of all the kinds that are named.
	States     []domain.StateID
	At         []domain.MissionID
	Categories []domain.Category
}

// picks reports whether a post is one of those that are meant.
func (c *Choice) picks(p Post) bool {
	return among(c.States, p.State) && among(c.At, p.Mission) && among(c.Categories, p.Category)
}

func among[T comparable](list []T, one T) bool { return len(list) == 0 || slices.Contains(list, one) }

// narrow reports whether somebody without any post is left out.
func (c *Choice) narrow() bool { return len(c.States)+len(c.At)+len(c.Categories) > 0 }

// Somebody is a member or a mission that was chosen, with the posts for which it
// was, the oldest first.
type Somebody struct {
	Subject domain.Subject
	Posts   []Post
}

// Choose returns the members and missions that are meant as of t, members first,
// in the order of their ids. The error is the context's.
func (m *Moment) Choose(ctx context.Context, t timeline.Instant, c Choice) ([]Somebody, error) {
	var subjects []domain.Subject
	if !c.NoMembers {
		for _, id := range m.view.Subjects(domain.KindMember) {
			subjects = append(subjects, domain.Member(domain.MemberID(id)))
		}
	}
	if c.Missions {
		for _, id := range m.view.Subjects(domain.KindMission) {
			subjects = append(subjects, domain.Mission(domain.MissionID(id)))
		}
	}
	var out []Somebody
	for one, err := range inOrder(ctx, len(subjects), nil, func(i int) (Somebody, error) {
		posts := slices.DeleteFunc(m.posts(subjects[i], t, c.All), func(p Post) bool { return !c.picks(p) })
		return Somebody{Subject: subjects[i], Posts: posts}, nil
	}) {
		if err != nil {
			return nil, err
		}
		if len(one.Posts) > 0 || c.All && !c.narrow() {
			out = append(out, one)
		}
	}
	return out, nil
}

// posts returns what a subject is as of t.
func (m *Moment) posts(s domain.Subject, t timeline.Instant, ended bool) []Post {
	if s.Kind == domain.KindMission {
		id := domain.MissionID(s.ID)
		reach := m.view.MissionReach(id, t)
		if !ended && !m.open(id, t) {
			return nil
		}
		return []Post{{Mission: id, State: reach.State}}
	}
	if mission, visits := VisitorAt(s); visits {
		return []Post{{Kind: facts.Visitor, Mission: mission, State: m.view.MissionReach(mission, t).State, Phase: facts.Current}}
	}
	var out []Post
	person := m.view.Person(domain.MemberID(s.ID), m.law)
	for _, c := range person.At(t) {
		if phase := c.Phase(t); ended || phase != facts.Ended {
			out = append(out, Post{Kind: c.Kind, Category: c.Category, Mission: c.Mission, State: c.State, Phase: phase})
		}
	}
	return out
}

// missionStatus is how the status of a mission is read, whatever the law calls it.
var missionStatus = domain.FactDecl{Object: "mission", Name: "status", From: domain.FactSource{Constructor: "register", Attr: "status"}}

// open reports whether a mission has been opened as of t and is not closed.
func (m *Moment) open(id domain.MissionID, t timeline.Instant) bool {
	status, _, opened := m.view.ReadMission(id, t)(missionStatus)
	return opened && status.Text() != "closed"
}

package standing

import (
	"context"
	"iter"
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
	// Also says that somebody was not chosen for this post but for another. An
	// answer may rest on it all the same.
	Also bool `json:"also,omitzero"`

	over bool // the capacity has ended, or the mission is closed or not opened yet
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
	// After leaves out everybody as far as this one, in the order in which they are
	// asked, so that a list can be gone on with. The zero subject leaves out nobody.
	After domain.Subject
}

// picks reports whether a post is one of those that are meant.
func (c *Choice) picks(p Post) bool {
	return among(c.States, p.State) && among(c.At, p.Mission) && among(c.Categories, p.Category)
}

func among[T comparable](list []T, one T) bool { return len(list) == 0 || slices.Contains(list, one) }

// narrow reports whether somebody without any post is left out.
func (c *Choice) narrow() bool { return len(c.States)+len(c.At)+len(c.Categories) > 0 }

// Somebody is a member or a mission that was chosen, with the posts for which it
// was and then the others, each the oldest first. Those that are over are left out
// unless the choice is of all.
type Somebody struct {
	Subject domain.Subject
	Posts   []Post
}

// Choose returns the members and missions that are meant as of t, members first,
// in the order of their ids. The error is the context's.
func (m *Moment) Choose(ctx context.Context, t timeline.Instant, c Choice) ([]Somebody, error) {
	var out []Somebody
	for one, err := range m.Chosen(ctx, t, c) {
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// Chosen yields those whom Choose returns, one by one, and looks no further than the
// loop over it goes.
func (m *Moment) Chosen(ctx context.Context, t timeline.Instant, c Choice) iter.Seq2[Somebody, error] {
	return func(yield func(Somebody, error) bool) {
		subjects := m.candidates(c)
		for one, err := range inOrder(ctx, len(subjects), nil, func(i int) (Somebody, error) {
			in, err := m.inquire(subjects[i], nil)
			if err != nil {
				return Somebody{}, err
			}
			return Somebody{Subject: subjects[i], Posts: c.pick(in.posts(t))}, nil
		}) {
			if err != nil {
				yield(Somebody{}, err)
				return
			}
			if c.means(one.Posts) && !yield(one, nil) {
				return
			}
		}
	}
}

// candidates lists those of whom the choice may mean some, in order.
func (m *Moment) candidates(c Choice) []domain.Subject {
	var subjects []domain.Subject
	if !c.NoMembers && c.After.Kind != domain.KindMission {
		for _, id := range m.view.Subjects(domain.KindMember) {
			subjects = append(subjects, domain.Member(domain.MemberID(id)))
		}
	}
	if c.Missions {
		for _, id := range m.view.Subjects(domain.KindMission) {
			subjects = append(subjects, domain.Mission(domain.MissionID(id)))
		}
	}
	if !c.After.IsZero() {
		subjects = slices.DeleteFunc(subjects, func(s domain.Subject) bool { return s.Kind == c.After.Kind && s.ID <= c.After.ID })
	}
	return subjects
}

// pick returns the posts that are meant, and the others after them, if any is.
func (c *Choice) pick(posts []Post) []Post {
	wanted := func(p Post) bool { return (c.All || !p.over) && c.picks(p) }
	if !slices.ContainsFunc(posts, func(p Post) bool { return !wanted(p) }) {
		return posts
	}
	var meant, others []Post
	for _, p := range posts {
		switch {
		case wanted(p):
			meant = append(meant, p)
		case c.All || !p.over:
			p.Also = true
			others = append(others, p)
		}
	}
	if len(meant) == 0 {
		return nil
	}
	return append(meant, others...)
}

// means reports whether somebody with these posts, those that were picked, is meant.
func (c *Choice) means(picked []Post) bool { return len(picked) > 0 || c.All && !c.narrow() }

// posts returns what the subject is as of t, also what it is no more.
func (in *inquiry) posts(t timeline.Instant) []Post {
	if in.subject.Kind == domain.KindMission {
		id := domain.MissionID(in.subject.ID)
		return []Post{{Mission: id, State: in.stateOf(id, t), over: !in.view.Open(id, t)}}
	}
	if in.host != "" {
		return []Post{{Kind: facts.Visitor, Mission: in.host, State: in.stateOf(in.host, t), Phase: facts.Current}}
	}
	began := in.person.At(t)
	if len(began) == 0 {
		return nil
	}
	out := make([]Post, len(began))
	for i, c := range began {
		phase := c.Phase(t)
		out[i] = Post{Kind: c.Kind, Category: c.Category, Mission: c.Mission, State: c.State, Phase: phase, over: phase == facts.Ended}
	}
	return out
}

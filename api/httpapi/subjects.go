package httpapi

import (
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

func subjectsRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodGet, Path: "/v1/subjects", ID: "listSubjects", Need: auth.Read, Do: listSubjects},
	}
}

// A subjectsPage is a page of those on record.
type subjectsPage struct {
	AsOf     time.Time       `json:"as_of"`
	AsKnown  domain.Position `json:"as_known"`
	Subjects []onRecord      `json:"subjects"`
	Next     string          `json:"next_page,omitzero"`
}

// An onRecord is somebody or something on record. Members and missions have posts.
type onRecord struct {
	Subject domain.Subject  `json:"subject"`
	Posts   []standing.Post `json:"posts,omitzero"`
}

// listSubjects lists the ids on record of a kind, members unless another is named, with
// the posts that they have at the time asked about.
func listSubjects(c *api.Call) error {
	r, err := read(c, "kind", "state", "mission", "category", "all", "prefix", "limit", "page")
	if err != nil {
		return err
	}
	kind := domain.SubjectKind(r.text("kind"))
	if kind == "" {
		kind = domain.KindMember
	}
	if err := oneOf("kind", string(kind), kinds()...); err != nil {
		return err
	}
	choice, err := r.choice(nil)
	if err != nil {
		return err
	}
	choice.NoMembers, choice.Missions = kind != domain.KindMember, kind == domain.KindMission
	posted := kind == domain.KindMember || kind == domain.KindMission
	if !posted && (len(choice.At)+len(choice.Categories) > 0 || choice.All) {
		return api.Bad("query", "mission, category and all are of members and missions: leave them out, or name another kind")
	}
	p, err := r.page()
	if err != nil {
		return err
	}
	if err := r.settle(); err != nil {
		return err
	}
	p.pin(r.AsOf, r.AsKnown.Position)
	m, _, err := c.Office.Moment(c.Context(), engine.When{AsOf: r.AsOf, AsKnown: r.AsKnown})
	if err != nil {
		return err
	}
	prefix := r.text("prefix")
	var found iter.Seq2[standing.Somebody, error]
	if posted {
		choice.After = p.After
		if err := r.known(choice); err != nil {
			return err
		}
		found = m.Chosen(c.Context(), timeline.Of(r.AsOf), choice)
	} else {
		found = r.unposted(m, kind, choice.States, p.After)
	}
	out := subjectsPage{AsOf: r.AsOf, AsKnown: r.AsKnown.Position}
	out.Subjects, out.Next, err = bySubject(p, found, func(s standing.Somebody) domain.Subject { return s.Subject },
		func(s standing.Somebody) bool {
			return strings.HasPrefix(s.Subject.ID, prefix) && r.reaches(auth.Read, s.Posts, "")
		},
		func(s standing.Somebody) onRecord { return onRecord{s.Subject, s.Posts} })
	if err != nil {
		return err
	}
	c.Seen(r.AsKnown.Position)
	return c.JSON(http.StatusOK, out)
}

func kinds() []string {
	out := make([]string, len(domain.SubjectKinds()))
	for i, k := range domain.SubjectKinds() {
		out[i] = string(k)
	}
	return out
}

// known refuses States and missions that there are not.
func (r *reading) known(c standing.Choice) error {
	for _, id := range c.States {
		if _, err := r.Office.Find(string(id), domain.KindState); err != nil {
			return err
		}
	}
	for _, id := range c.At {
		if _, err := r.Office.Find(string(id), domain.KindMission); err != nil {
			return err
		}
	}
	return nil
}

// unposted yields what is on record of a kind that has no posts: of the States that are
// named, as far as the caller may read about it.
func (r *reading) unposted(m *standing.Moment, kind domain.SubjectKind, of []domain.StateID, after domain.Subject) iter.Seq2[standing.Somebody, error] {
	return func(yield func(standing.Somebody, error) bool) {
		whole := r.Caller.Whole(auth.Read, r.Office.ID)
		for _, id := range m.Root().ViewAt(m.Known()).OnRecord(kind) {
			s := domain.Subject{Kind: kind, ID: id}
			if id <= after.ID || len(of) > 0 && !among(r.Office.States(s), of) || !whole && r.NeedAbout(auth.Read, s, "") != nil {
				continue
			}
			if err := r.Context().Err(); err != nil {
				yield(standing.Somebody{}, err)
				return
			}
			if !yield(standing.Somebody{Subject: s}, nil) {
				return
			}
		}
	}
}

// among reports whether two lists have something in common.
func among[T comparable](a, b []T) bool {
	for _, one := range a {
		for _, other := range b {
			if one == other {
				return true
			}
		}
	}
	return false
}

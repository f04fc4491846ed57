package standing

import (
	"fmt"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A Card is a view answered for one person: what an officer at the roadside
// needs to know.
type Card struct {
	Subject   domain.Subject   `json:"subject"`
	View      string           `json:"view"`
	Title     string           `json:"title"`
	AsOf      string           `json:"as_of"`
	AsKnown   domain.Position  `json:"as_known"`
	Said      []rules.Said     `json:"said"`
	Footnotes []Note           `json:"footnotes"`
	Guidance  []domain.Remark  `json:"guidance"`
	Proposals []domain.Remark  `json:"proposals"`
	Capacity  string           `json:"capacity"`
	Cite      []string         `json:"cite"`
	Editions  []domain.Edition `json:"editions"`
}

// A Note is a footnote that an answer refers to.
type Note struct {
	Mark string `json:"mark"`
	Text string `json:"text"`
}

// A Table is a view answered for every kind of person that it has a row for.
type Table struct {
	View      string           `json:"view"`
	Title     string           `json:"title"`
	AsOf      string           `json:"as_of"`
	AsKnown   domain.Position  `json:"as_known"`
	Rows      []Row            `json:"rows"`
	Footnotes []Note           `json:"footnotes"`
	Guidance  []domain.Remark  `json:"guidance"` // that holds for everybody
	Cite      []string         `json:"cite"`
	Editions  []domain.Edition `json:"editions"`
}

// A Row is one kind of person in a table.
type Row struct {
	ID          string             `json:"id"`
	Group       string             `json:"group"`
	Term        string             `json:"term"`
	Category    domain.Category    `json:"category"`
	MissionKind domain.MissionKind `json:"mission_kind"`
	Notes       []string           `json:"notes,omitzero"`
	Said        []rules.Said       `json:"said"`
	Guidance    []domain.Remark    `json:"guidance"` // that holds for this kind of person
}

// Card answers a view for one member at t.
func (m *Moment) Card(name string, subject domain.Subject, t timeline.Instant, words map[string]string) (Card, error) {
	if subject.Kind != domain.KindMember {
		return Card{}, fmt.Errorf("the view %s is of persons, and %s is not one", name, subject)
	}
	in, err := m.inquire(subject, words)
	if err != nil {
		return Card{}, err
	}
	in.all = true
	t = in.time(t)
	common, edition, err := m.root.LawAt(t, m.k)
	if err != nil {
		return Card{}, err
	}
	view, err := common.ViewAt(name, t)
	if err != nil {
		return Card{}, err
	}
	card := Card{Subject: subject, View: name, Title: view.Title, AsOf: t.String(), AsKnown: m.k, Cite: view.Cite, Editions: []domain.Edition{edition}, Proposals: []domain.Remark{}}
	answers := map[domain.Privilege]rules.Answer{}
	var best resolved
	for _, p := range common.Language.PrivilegeOrder {
		if common.Language.Privileges[p].Of&rules.OfPerson == 0 {
			continue
		}
		r, err := in.at(p, t)
		if err != nil {
			return Card{}, err
		}
		answers[p] = r.Answer
		best = r
		if len(card.Proposals) == 0 && len(r.Proposals) > 0 {
			card.Proposals = r.Proposals
		}
	}
	own := m.speaking(best.situation)
	card.Capacity = own.Label
	frame := rules.FrameOf(own, best.situation.Request, answers)
	family := in.familyFrame(common.Language, own, best)
	used := map[string]bool{}
	for i := range view.Questions {
		q := &view.Questions[i]
		f := frame
		if q.Family {
			if own.Reach.Family || own.Reach.Category == "" {
				continue // a relative has no family of its own here
			}
			f = family
		}
		said := q.Say(f)
		mark(used, said.Notes)
		card.Said = append(card.Said, said)
	}
	card.Footnotes = notesOf(view, used)
	card.Guidance = view.Advise(frame)
	return card, nil
}

// speaking returns the capacity that a view speaks of: the newest that goes on,
// else the newest, else nobody.
func (m *Moment) speaking(s *rules.Situation) *rules.Capacity {
	var found *rules.Capacity
	for i := range s.Capacities {
		c := &s.Capacities[i]
		if found == nil || !c.Ended || found.Ended {
			found = c
		}
	}
	if found == nil {
		return &s.Nobody
	}
	return found
}

// familyFrame answers for a recognized family member of the person, who is
// neither a national nor a resident: under the same law, measures and agreements
// as the person.
func (in *inquiry) familyFrame(lang *rules.Language, own *rules.Capacity, from resolved) *rules.Frame {
	c := lang.Capacity(rules.Hypothetical{State: own.Reach.State, MissionKind: own.Reach.MissionKind, Category: own.Reach.Category, Family: true, Relation: "spouse", Phase: phaseOf(own)})
	c.Principal, c.Sponsor, c.Mission, c.State = own, own.Member, own.Mission, own.State
	member := c.Reach.Member
	c.Reach = own.Reach
	c.Reach.Member, c.Reach.Family, c.Reach.Status = member, true, "none"
	s := *from.situation
	s.Nobody = lang.Nobody(member)
	s.Bounds = slices.DeleteFunc(slices.Clone(s.Bounds), func(b rules.Bound) bool { return b.Individual || b.Each == rules.EachWaiver })
	answers := map[domain.Privilege]rules.Answer{}
	for _, p := range lang.PrivilegeOrder {
		decl := lang.Privileges[p]
		if decl.Of&rules.OfPerson == 0 {
			continue
		}
		s.Privilege, c.Reach.Liberty = p, decl.Liberty
		s.Capacities = []rules.Capacity{c}
		answers[p] = rules.Resolve(from.law, &s)
	}
	return rules.FrameOf(&c, s.Request, answers)
}

func phaseOf(c *rules.Capacity) string {
	phase, _ := c.Member.Value("phase")
	return phase.Text()
}

// hypothetical answers all personal privileges for a kind of person, under the
// general law alone.
func (m *Moment) hypothetical(common *rules.Edition, h rules.Hypothetical, t timeline.Instant, words map[string]string) (*rules.Frame, error) {
	request, err := common.Language.Request(words)
	if err != nil {
		return nil, err
	}
	c := common.Language.Capacity(h)
	answers := map[domain.Privilege]rules.Answer{}
	for _, p := range common.Language.PrivilegeOrder {
		decl := common.Language.Privileges[p]
		if decl.Of&rules.OfPerson == 0 {
			continue
		}
		c.Reach.Liberty = decl.Liberty
		answers[p] = rules.Resolve(rules.Law{Common: common}, &rules.Situation{Privilege: p, At: t, Request: request, Capacities: []rules.Capacity{c}, Nobody: common.Language.Nobody(c.Reach.Member)})
	}
	return rules.FrameOf(&c, request, answers), nil
}

// Table answers a view for every row that it has, as of t.
func (m *Moment) Table(name string, t timeline.Instant, words map[string]string) (Table, error) {
	common, edition, err := m.root.LawAt(t, m.k)
	if err != nil {
		return Table{}, err
	}
	view, err := common.ViewAt(name, t)
	if err != nil {
		return Table{}, err
	}
	table := Table{View: name, Title: view.Title, AsOf: t.String(), AsKnown: m.k, Guidance: view.General(), Cite: view.Cite, Editions: []domain.Edition{edition}}
	used := map[string]bool{}
	for _, r := range view.Rows {
		row := Row{ID: r.ID, Group: r.Group, Term: r.Term, Category: r.Category, MissionKind: r.MissionKind, Notes: r.Notes}
		mark(used, r.Notes)
		h := rules.Hypothetical{State: "some-state", MissionKind: r.MissionKind, Category: r.Category}
		own, err := m.hypothetical(common, h, t, words)
		if err != nil {
			return Table{}, err
		}
		row.Guidance = view.Particular(own)
		h.Family, h.Relation = true, "spouse"
		family, err := m.hypothetical(common, h, t, words)
		if err != nil {
			return Table{}, err
		}
		for i := range view.Questions {
			q := &view.Questions[i]
			f := own
			if q.Family {
				f = family
			}
			said := q.Say(f)
			mark(used, said.Notes)
			row.Said = append(row.Said, said)
		}
		table.Rows = append(table.Rows, row)
	}
	table.Footnotes = notesOf(view, used)
	return table, nil
}

func mark(used map[string]bool, notes []string) {
	for _, n := range notes {
		used[n] = true
	}
}

func notesOf(view *rules.View, used map[string]bool) []Note {
	out := []Note{}
	for _, f := range view.Footnotes {
		if used[f.Mark] {
			out = append(out, Note{Mark: f.Mark, Text: f.Text})
		}
	}
	return out
}

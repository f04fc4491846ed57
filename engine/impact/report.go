package impact

import (
	"cmp"
	"iter"
	"slices"
	"sync"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
)

// A Report is what a draft would do to everybody.
type Report struct {
	// Draft is the edition that was tried, and Effective when it was taken to come into
	// force.
	Draft     domain.Edition
	Effective timeline.Instant
	// Before and After are the editions of its ruleset in force under both laws when
	// the time that is looked at begins; without a hash there is none.
	Before, After domain.Edition
	// From and To bound the time that is looked at, half-open; Never is an open end.
	From, To timeline.Instant
	// AsKnown is what was known, Position up to where the log had been read, and
	// Semantics the version of what a log means.
	AsKnown, Position domain.Position
	Semantics         int
	// Request holds the facts of the request that everybody was asked with.
	Request map[string]string
	// Subjects is how many members and missions were looked at: those whose answers
	// may differ, and of them only those who are meant.
	Subjects int
	// Privileges has a tally for each privilege about which the editions say different
	// things, and Same those about which they say the same, so that nobody was asked.
	Privileges []Tally
	Same       []domain.Privilege
	// People counts members and missions by the gravest of all that happens to them;
	// those of [Report.Asked], and in Now those who can be asked at the first moment.
	People Tally
	// Needs names the facts for want of which something can't be told, sorted.
	Needs []string
	// Unsupported are editions of States that can't be applied any more under the
	// draft: whoever is of these States gets no answer.
	Unsupported []projections.Unsupported
	// Failures are why the law could not be applied to somebody, each once.
	Failures []string

	privileges    []domain.Privilege
	before, after *standing.Moment
	lore          lore
	cohorts       *standing.Cohorts
	pairs         []standing.Pair
	rows          []row
	sorted        sync.Once
	now, over     [][]Kind // by privilege, then by subject
	chosen        [][]standing.Post
}

// Counts are how many there are of each kind.
type Counts [kinds]int

// Of returns how many are of a kind.
func (c Counts) Of(k Kind) int { return c[k] }

// Asked is how many could be asked under one law at least.
func (c Counts) Asked() int {
	n := 0
	for _, one := range c[Unchanged:] {
		n += one
	}
	return n
}

// Affected is how many are affected: who gains, loses, or has other conditions.
func (c Counts) Affected() int { return c[Gains] + c[Loses] + c[Conditions] }

// A Tally counts members and missions by what happens to them: Now at the first moment
// that is looked at, Over at any, each once by the gravest.
type Tally struct {
	// Group is that of which those who are counted are; empty if they are not grouped.
	Group string
	// Privilege is what was asked about; empty if all were.
	Privilege domain.Privilege
	Now, Over Counts
}

// A row is a pair for one subject over a time.
type row struct {
	whom      int32
	privilege int32
	pair      int32
	kind      Kind
	from, to  timeline.Instant
	posts     []standing.Post
}

// count goes through all pairs.
func (r *Report) count(cohorts *standing.Cohorts, pairs iter.Seq2[[]standing.Pair, error], o Options) error {
	r.cohorts = cohorts
	n := len(cohorts.Subjects)
	r.now, r.over = make([][]Kind, len(r.privileges)), make([][]Kind, len(r.privileges))
	place := map[domain.Privilege]int{}
	for i, p := range r.privileges {
		place[p] = i
		r.now[i], r.over[i] = make([]Kind, n), make([]Kind, n)
	}
	meant, narrow := r.meant(o)
	looked := map[int]bool{} // at whom, of all who are concerned
	for list, err := range pairs {
		if err != nil {
			return err
		}
		for i := range list {
			p := &list[i]
			kind := kindOf(p.Before, p.After, p.BeforeErr != nil || p.AfterErr != nil)
			if narrow {
				for s := range p.Spells {
					if meant(s.Posts) {
						looked[s.Whom] = true
					}
				}
			}
			if kind == NotAsked {
				continue
			}
			if kind == CannotTell {
				r.lacking(p)
			}
			told := kind >= Conditions && !p.Same()
			if told {
				r.pairs = append(r.pairs, *p)
			}
			at := place[p.Privilege]
			now, over := r.now[at], r.over[at]
			for s := range p.Spells {
				if narrow && !meant(s.Posts) {
					continue
				}
				if s.From == r.From {
					now[s.Whom] = max(now[s.Whom], kind)
				}
				over[s.Whom] = max(over[s.Whom], kind)
				if told {
					r.rows = append(r.rows, row{int32(s.Whom), int32(at), int32(len(r.pairs) - 1), kind, s.From, s.To, s.Posts}) //nolint:gosec // as many as can be held
				}
			}
		}
	}
	r.tally(n)
	if r.Subjects = n; narrow {
		r.Subjects = len(looked)
	}
	slices.Sort(r.Needs)
	slices.Sort(r.Failures)
	return nil
}

// meant says who is meant by their posts.
func (r *Report) meant(o Options) (meant func([]standing.Post) bool, narrow bool) {
	return func(posts []standing.Post) bool {
		return slices.ContainsFunc(posts, func(p standing.Post) bool {
			return (len(o.States) == 0 || slices.Contains(o.States, p.State)) && (len(o.Missions) == 0 || slices.Contains(o.Missions, p.Mission))
		})
	}, len(o.States)+len(o.Missions) > 0
}

func (r *Report) lacking(p *standing.Pair) {
	for _, v := range []*standing.Verdict{p.Before, p.After} {
		if v == nil {
			continue
		}
		for _, fact := range v.Lacks {
			if !slices.Contains(r.Needs, fact) {
				r.Needs = append(r.Needs, fact)
			}
		}
	}
	for _, err := range []error{p.BeforeErr, p.AfterErr} {
		const most = 20
		if err != nil && len(r.Failures) < most && !slices.Contains(r.Failures, err.Error()) {
			r.Failures = append(r.Failures, err.Error())
		}
	}
}

func (r *Report) tally(n int) {
	now, over := make([]Kind, n), make([]Kind, n)
	for i, p := range r.privileges {
		t := Tally{Privilege: p}
		for whom := range n {
			t.Now[r.now[i][whom]]++
			t.Over[r.over[i][whom]]++
			now[whom], over[whom] = max(now[whom], r.now[i][whom]), max(over[whom], r.over[i][whom])
		}
		r.Privileges = append(r.Privileges, t)
	}
	for whom := range n {
		r.People.Now[now[whom]]++
		r.People.Over[over[whom]]++
	}
}

// Asked is how many of those who were looked at can be asked about any of the
// privileges, under one law at least and at any time: a mission can't about those of
// persons.
func (r *Report) Asked() int { return r.People.Over.Asked() }

// Loses reports whether anybody loses anything at any time that is looked at.
func (r *Report) Loses() bool { return r.People.Over[Loses] > 0 }

// By counts members and missions by group and privilege: by group, then in the order of
// the privileges. A group is one of those of the posts that somebody holds when the time
// begins, or else when he first holds one; with posts in two groups he counts in each.
func (r *Report) By(by engine.By) []Tally {
	if by == engine.ByNothing {
		return r.Privileges
	}
	groupOf := engine.GroupOf(r.before, by, r.From)
	groups := r.groups(groupOf)
	tallies := map[string][]Tally{}
	for i, p := range r.privileges {
		for whom, names := range groups {
			for _, name := range names {
				if tallies[name] == nil {
					tallies[name] = make([]Tally, len(r.privileges))
				}
				t := &tallies[name][i]
				t.Group, t.Privilege = name, p
				t.Now[r.now[i][whom]]++
				t.Over[r.over[i][whom]]++
			}
		}
	}
	var names []string
	for name := range tallies {
		names = append(names, name)
	}
	slices.Sort(names)
	var out []Tally
	for _, name := range names {
		out = append(out, tallies[name]...)
	}
	return out
}

// groups are those of each subject.
func (r *Report) groups(of func(standing.Post) string) [][]string {
	if r.chosen == nil {
		r.chosen = make([][]standing.Post, len(r.cohorts.Subjects))
		for whom, posts := range r.cohorts.Posts {
			if r.chosen[whom] == nil {
				r.chosen[whom] = posts
			}
		}
	}
	out := make([][]string, len(r.chosen))
	for whom, posts := range r.chosen {
		for _, p := range posts {
			if name := of(p); !slices.Contains(out[whom], name) {
				out[whom] = append(out[whom], name)
			}
		}
		if len(posts) == 0 {
			out[whom] = []string{""}
		}
	}
	return out
}

// An Affected is one answer that would be another, for as long as it is the same other.
type Affected struct {
	Subject   domain.Subject
	Posts     []standing.Post // at the beginning
	Privilege domain.Privilege
	Kind      Kind
	// From and To bound the time, half-open, within that which is looked at; Never is an
	// open end.
	From, To      timeline.Instant
	Before, After Said
}

// A Said is an answer in short, and why.
type Said struct {
	Verdict *standing.Verdict // nil: it can't be asked
	Failure string            // why there is none
	// Ruleset, Cite and Because are of the rule that decides.
	Ruleset domain.RulesetID
	Cite    []string
	Because string
}

// Affected yields every answer that would be another, by subject, members first, then by
// privilege and time.
func (r *Report) Affected(yield func(Affected) bool) {
	r.sorted.Do(r.merge)
	for i := range r.rows {
		one := &r.rows[i]
		p := &r.pairs[one.pair]
		a := Affected{
			Subject: r.cohorts.Subjects[one.whom], Posts: one.posts, Privilege: p.Privilege, Kind: one.kind, From: one.from, To: one.to,
			Before: r.lore.said(r.before, r.own(r.before, p.Before, one), p.BeforeErr, one), After: r.lore.said(r.after, r.own(r.after, p.After, one), p.AfterErr, one),
		}
		if !yield(a) {
			return
		}
	}
}

// own is a verdict with the measure that decides for this subject: that of a pair is of
// one of those who are answered alike.
func (r *Report) own(m *standing.Moment, v *standing.Verdict, one *row) *standing.Verdict {
	if v == nil || v.By == "" {
		return v
	}
	found, err := m.Verdict(r.cohorts.Subjects[one.whom], r.privileges[one.privilege], one.from, r.Request)
	if err != nil {
		return v // unreachable: it was answered
	}
	return &found
}

// Rows is how many answers would be others.
func (r *Report) Rows() int {
	r.sorted.Do(r.merge)
	return len(r.rows)
}

// merge puts the rows in order, and makes one of those that follow each other and say
// the same.
func (r *Report) merge() {
	slices.SortFunc(r.rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.whom, b.whom), cmp.Compare(a.privilege, b.privilege), cmp.Compare(a.from, b.from))
	})
	var out []row
	for _, one := range r.rows {
		if n := len(out); n > 0 {
			last := &out[n-1]
			if last.whom == one.whom && last.privilege == one.privilege && last.to == one.from && last.kind == one.kind && r.saySame(last, &one) {
				last.to = one.to
				continue
			}
		}
		out = append(out, one)
	}
	r.rows = out
}

func (r *Report) saySame(a, b *row) bool {
	p, q := &r.pairs[a.pair], &r.pairs[b.pair]
	if (p.BeforeErr == nil) != (q.BeforeErr == nil) || (p.AfterErr == nil) != (q.AfterErr == nil) {
		return false
	}
	return same(r.own(r.before, p.Before, a), r.own(r.before, q.Before, b)) && same(r.own(r.after, p.After, a), r.own(r.after, q.After, b))
}

// same reports whether two verdicts are the same for the same reason.
func same(a, b *standing.Verdict) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Same(*b) && a.Rule == b.Rule && a.By == b.By && a.Code == b.Code && a.Detail == b.Detail
}

package standing

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A Point is a moment in the world as known at a position: the two times of a
// question.
type Point struct {
	*Moment
	At timeline.Instant
}

// A Comparison says of whom and of what two points are compared. The zero
// Comparison is of every member who has a capacity at either point, and of every
// privilege of the law in force at either.
type Comparison struct {
	Choice
	Privileges []domain.Privilege
	Request    map[string]string // it may not say when the act is done: the points do
	Progress   func(done, of int)
}

// A Difference is a verdict that differs between two points. There are three verdicts,
// each nil where the privilege could not be asked:
//
//	Before    as of the first time, as known first
//	Between   as of the second time, still as known first
//	After     as of the second time, as known then
//
// ByTime says that Before and Between differ: time alone would have changed the
// answer, on what was known first. ByKnowledge says that Between and After differ:
// what was learnt changed it. Both may be so. Where Before and After are alike,
// nothing changed, even if Between is otherwise.
type Difference struct {
	Somebody  // with the posts at the second point, or at the first if there are none
	Privilege domain.Privilege

	Before, Between, After *Verdict
	ByTime, ByKnowledge    bool
	// Learnt are the positions of the events between the two positions that concern
	// the subject, if it is ByKnowledge: learnt since, or not known any more if the
	// second point knows less.
	Learnt []domain.Position
}

// Diff compares everybody at two points of one root and yields what differs: by
// subject, members first, and for each in the order of the law in force at the
// second point. Between equal points nothing does.
func Diff(ctx context.Context, from, to Point, c Comparison) (iter.Seq2[Difference, error], error) {
	if _, says := c.Request[atWord]; says {
		return nil, &rules.RequestError{Wrong: []string{"request.at: two moments are compared, and the points say which: leave it out"}}
	}
	privileges, err := askBoth(c.Privileges, c.Request, to, from, Point{from.Moment, to.At})
	if err != nil {
		return nil, err
	}
	return func(yield func(Difference, error) bool) {
		if from.k == to.k && from.At == to.At {
			return
		}
		people, err := chooseBoth(ctx, from, to, c.Choice)
		if err != nil {
			yield(Difference{}, err)
			return
		}
		d := differ{from: from, to: to, privileges: privileges, learnt: learntBetween(from.Moment, to.Moment)}
		for sheets, err := range d.sheets(ctx, people, c) {
			if err != nil {
				yield(Difference{}, err)
				return
			}
			if !d.changes(sheets, yield) {
				return
			}
		}
	}, nil
}

// askBoth returns the privileges that are asked about at any of several points, in
// the order of the law at the first that has it. A point without law has none; if
// no point has any, that is the error.
func askBoth(named []domain.Privilege, request map[string]string, points ...Point) ([]domain.Privilege, error) {
	var out []domain.Privilege
	var without error
	law := false
	for _, p := range points {
		have, err := p.ask(nil, request, p.At)
		if errors.Is(err, projections.ErrNoLaw) {
			without = err
			continue
		}
		if err != nil {
			return nil, err
		}
		law = true
		for _, privilege := range have {
			if !slices.Contains(out, privilege) {
				out = append(out, privilege)
			}
		}
	}
	if !law {
		return nil, without
	}
	return only(out, named)
}

// only returns those of a list that are named, in the order of the list; all of
// it if none is. It refuses a name that is not on it.
func only(list, named []domain.Privilege) ([]domain.Privilege, error) {
	if len(named) == 0 {
		return list, nil
	}
	for _, p := range named {
		if !slices.Contains(list, p) {
			return nil, &Unknown{What: "privilege", Name: string(p), Near: domain.Nearest(string(p), words(list))}
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(p domain.Privilege) bool { return !slices.Contains(named, p) }), nil
}

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}

// chooseBoth returns those who are meant at either of two points.
func chooseBoth(ctx context.Context, from, to Point, c Choice) ([]Somebody, error) {
	before, err := from.Choose(ctx, from.At, c)
	if err != nil {
		return nil, err
	}
	out, err := to.Choose(ctx, to.At, c)
	if err != nil {
		return nil, err
	}
	return merged(out, before), nil
}

// bySubject orders members before missions, and those of a kind by id.
func bySubject(a, b domain.Subject) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
}

// merged returns two lists of people as one, in order; who is in both is as in the first.
func merged(first, second []Somebody) []Somebody {
	have := map[domain.Subject]bool{}
	for _, one := range first {
		have[one.Subject] = true
	}
	out := slices.Clone(first)
	for _, one := range second {
		if !have[one.Subject] {
			out = append(out, one)
		}
	}
	slices.SortFunc(out, func(a, b Somebody) int { return bySubject(a.Subject, b.Subject) })
	return out
}

// A differ compares two points.
type differ struct {
	from, to   Point
	privileges []domain.Privilege
	learnt     map[domain.Subject][]domain.Position
}

// Sheets of one subject at the three corners of a comparison.
type corners struct {
	one                    Somebody
	before, between, after Sheet
}

// sheets asks everybody at the corners that differ: a corner that is another is
// not asked again.
func (d *differ) sheets(ctx context.Context, people []Somebody, c Comparison) iter.Seq2[corners, error] {
	return func(yield func(corners, error) bool) {
		ask := func(p Point, progress func(done, of int)) (func() (Sheet, error, bool), func()) {
			return iter.Pull2(p.Verdicts(ctx, p.At, subjectsOf(people), d.privileges, c.Request, progress))
		}
		before, stop := ask(d.from, c.Progress)
		defer stop()
		between, after := before, before
		if d.from.At != d.to.At {
			between, stop = ask(Point{d.from.Moment, d.to.At}, nil)
			defer stop()
		}
		if d.from.k != d.to.k {
			after, stop = ask(d.to, nil)
			defer stop()
		}
		for _, one := range people {
			var of corners
			var err error
			if of.before, err, _ = before(); err != nil {
				yield(of, err)
				return
			}
			if of.between = of.before; d.from.At != d.to.At {
				if of.between, err, _ = between(); err != nil {
					yield(of, err)
					return
				}
			}
			if of.after = of.between; d.from.k != d.to.k {
				if of.after, err, _ = after(); err != nil {
					yield(of, err)
					return
				}
			}
			if of.one = one; !yield(of, nil) {
				return
			}
		}
		if _, err, more := before(); more && err != nil { // and progress is told of the last
			yield(corners{}, err)
		}
	}
}

// changes yields what differs for one subject.
func (d *differ) changes(of corners, yield func(Difference, error) bool) bool {
	var learnt []domain.Position
	looked := false
	for i, p := range d.privileges {
		c := Difference{Somebody: of.one, Privilege: p, Before: of.before.Verdicts[i], Between: of.between.Verdicts[i], After: of.after.Verdicts[i]}
		if alike(c.Before, c.After) {
			continue
		}
		c.ByTime, c.ByKnowledge = !alike(c.Before, c.Between), !alike(c.Between, c.After)
		if c.ByKnowledge {
			if !looked {
				learnt, looked = d.concern(of.one.Subject), true
			}
			c.Learnt = learnt
		}
		if !yield(c, nil) {
			return false
		}
	}
	return true
}

// concern returns the events learnt between the two points that concern a subject.
func (d *differ) concern(s domain.Subject) []domain.Position {
	view := d.to.view
	if d.from.k > d.to.k {
		view = d.from.view
	}
	var out []domain.Position
	for _, on := range view.Relevant(s) {
		out = append(out, d.learnt[on]...)
	}
	slices.Sort(out)
	return out
}

// learntBetween returns the events between the positions of two moments, by whom
// they are about.
func learntBetween(a, b *Moment) map[domain.Subject][]domain.Position {
	view := a.view
	if b.k > a.k {
		view = b.view
	}
	out := map[domain.Subject][]domain.Position{}
	for pos := min(a.k, b.k); pos < max(a.k, b.k); pos++ {
		if e, known := view.Envelope(pos); known {
			out[e.Subject] = append(out[e.Subject], pos)
		}
	}
	return out
}

// A DiffCount says how many verdicts on one privilege changed, and by what.
type DiffCount struct {
	Privilege domain.Privilege
	Changed   int // members and missions
	// Of these: by time alone, by what was learnt alone, and by both.
	ByTime, ByKnowledge, ByBoth int
	// Learnt are the events that concern any of those whom it is ByKnowledge, sorted.
	Learnt []domain.Position
	// Turns say what became of what, the most frequent first.
	Turns []Turn
}

// A Turn is from one outcome to another. "Not asked" stands where a privilege
// could not be asked; the same words twice are of an outcome whose conditions
// changed.
type Turn struct {
	From, To string
	Count    int
}

// CountDiff counts changes by privilege, in the order in which privileges come
// first; the changes need not be kept.
type CountDiff struct {
	counts []*DiffCount
	learnt []map[domain.Position]bool
}

// Add counts a change.
func (d *CountDiff) Add(c Difference) {
	i := slices.IndexFunc(d.counts, func(have *DiffCount) bool { return have.Privilege == c.Privilege })
	if i < 0 {
		i = len(d.counts)
		d.counts, d.learnt = append(d.counts, &DiffCount{Privilege: c.Privilege}), append(d.learnt, map[domain.Position]bool{})
	}
	n := d.counts[i]
	n.Changed++
	switch {
	case c.ByTime && c.ByKnowledge:
		n.ByBoth++
	case c.ByTime:
		n.ByTime++
	default:
		n.ByKnowledge++
	}
	for _, pos := range c.Learnt {
		d.learnt[i][pos] = true
	}
	turn := Turn{From: WordsOf(c.Before), To: WordsOf(c.After)}
	for j := range n.Turns {
		if have := &n.Turns[j]; have.From == turn.From && have.To == turn.To {
			have.Count++
			return
		}
	}
	turn.Count = 1
	n.Turns = append(n.Turns, turn)
}

// Counts returns what was counted.
func (d *CountDiff) Counts() []DiffCount {
	out := make([]DiffCount, len(d.counts))
	for i, n := range d.counts {
		out[i] = *n
		for pos := range d.learnt[i] {
			out[i].Learnt = append(out[i].Learnt, pos)
		}
		slices.Sort(out[i].Learnt)
		out[i].Turns = slices.Clone(n.Turns)
		slices.SortStableFunc(out[i].Turns, func(a, b Turn) int { return b.Count - a.Count })
	}
	return out
}

// WordsOf names the outcome of a verdict, or of none, for people.
func WordsOf(v *Verdict) string {
	if v == nil {
		return "not asked"
	}
	return v.Words()
}

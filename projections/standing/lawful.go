package standing

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// A Pair is what two laws come to on one privilege, for some people who are all
// answered alike by each of them. A verdict is nil where the law does not have the
// question asked; an error is why there is no verdict. Where measures decide, they may
// be other ones of each of these people: By names that of one of them.
type Pair struct {
	Privilege           domain.Privilege
	Before, After       *Verdict
	BeforeErr, AfterErr error

	of       *Cohorts
	at       *cohort
	from, to timeline.Instant
}

// A Spell is one subject over a time in which the pair stands, half-open. Whom is its
// place among the subjects of the cohorts.
type Spell struct {
	Whom     int
	Posts    []Post // at the beginning
	From, To timeline.Instant
}

// Same reports whether both laws come to the same.
func (p *Pair) Same() bool {
	return p.BeforeErr == nil && p.AfterErr == nil && alike(p.Before, p.After)
}

// Spells yields for whom the pair stands, and when.
func (p *Pair) Spells(yield func(Spell) bool) {
	for _, i := range p.at.cases {
		one := &p.of.cases[i]
		from, to := max(one.from, p.from), min(one.to, p.to)
		if from < to && !yield(Spell{int(one.subject), p.of.posts[one.posts], from, to}) {
			return
		}
	}
}

// Posts yields what each subject is from each of its breakpoints on, in order.
func (c *Cohorts) Posts(yield func(whom int, posts []Post) bool) {
	for i := range c.cases {
		one := &c.cases[i]
		if posts := c.posts[one.posts]; len(posts) > 0 && !yield(int(one.subject), posts) {
			return
		}
	}
}

// Under compares the law of the cohorts with that of another moment of the same log,
// under which facts are computed alike. It yields lists of pairs, which have every
// subject at every instant once for each privilege. Progress, if not nil, is told of
// how much. The error is the context's.
func (c *Cohorts) Under(ctx context.Context, after *Moment, privileges []domain.Privilege, progress func(done, of int)) iter.Seq2[[]Pair, error] {
	w := &weigher{Cohorts: c, after: after}
	w.live = epochs(c.from, c.to, c.moment.root.RuleEdges(c.moment.k))
	w.both = epochs(c.from, c.to, slices.Concat(c.moment.root.RuleEdges(c.moment.k), after.root.RuleEdges(after.k)))
	type unit struct {
		privilege domain.Privilege
		top       *cohort
	}
	var units []unit
	apart := c.apart(after, privileges)
	w.ages = map[*Moment]map[domain.Privilege]*ages{c.moment: {}, after: {}}
	for i, p := range privileges {
		for m, of := range w.ages {
			of[p] = agesOf(m, p)
		}
		for _, top := range c.group(p, &apart[i]).tops {
			units = append(units, unit{p, top})
		}
	}
	return inOrder(ctx, len(units), progress, func(i int) ([]Pair, error) { return w.weigh(ctx, units[i].top, units[i].privilege) })
}

// epochs cuts a time at instants.
func epochs(from, to timeline.Instant, at []timeline.Instant) []putKey {
	at = slices.Clone(at)
	slices.Sort(at)
	var out []putKey
	for _, t := range slices.Compact(at) {
		if from < t && t < to {
			out = append(out, putKey{from: from, to: t})
			from = t
		}
	}
	return append(out, putKey{from: from, to: to})
}

type weigher struct {
	*Cohorts
	after      *Moment
	live, both []putKey
	decls      sync.Map // *domain.FactDecl to string
	ages       map[*Moment]map[domain.Privilege]*ages
}

// weigh compares both laws for one cohort of those that were there at first.
func (w *weigher) weigh(ctx context.Context, top *cohort, p domain.Privilege) ([]Pair, error) {
	var out []Pair
	for _, live := range w.live {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		live.privilege = p
		for _, before := range w.before(leaf{at: top}, live) {
			for _, both := range w.both {
				if both.from < live.from || both.to > live.to {
					continue
				}
				both.privilege = p
				for _, after := range w.leaves(before, w.after, both) {
					out = append(out, Pair{p, before.verdict, after.verdict, before.err, after.err, w.Cohorts, after.at, both.from, both.to})
				}
			}
		}
	}
	return out, nil
}

// before answers by the law of the cohorts, once for good.
func (w *weigher) before(start leaf, q putKey) []leaf {
	if kept, found := start.at.live[q]; found {
		return kept
	}
	out := w.leaves(start, w.moment, q)
	if start.at.live == nil {
		start.at.live = map[putKey][]leaf{}
	}
	start.at.live[q] = out
	return out
}

// leaves splits a cohort until everybody in a part is answered alike, and answers.
func (w *weigher) leaves(start leaf, by *Moment, q putKey) []leaf {
	var out []leaf
	old := w.ages[by][q.privilege]
	todo := []leaf{start}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		one, t := w.representative(at.at, q)
		if one < 0 {
			continue
		}
		in, err := w.inquire(at.at, by, one)
		if err != nil {
			out = append(out, leaf{at: at.at, known: at.known, err: err})
			continue
		}
		v, read, err := in.noting(q.privilege, t)
		for i := range read {
			read[i].role = w.placed(read[i].role, one)
		}
		done, others := w.along(at, by, old, one, read)
		if by == w.moment && done.at.asked == nil {
			in.instants = nil
			done.at.asked, done.at.one = in, one
		}
		done.verdict, done.err = v, err
		out, todo = append(out, done), append(todo, others...)
	}
	return out
}

// inquire asks for one case of a cohort by some law. What was found when it was asked
// by another is used again: facts are computed alike.
func (w *weigher) inquire(h *cohort, by *Moment, one int32) (*inquiry, error) {
	if h.asked == nil || h.one != one {
		return by.inquire(w.Subjects[w.cases[one].subject], w.request)
	}
	in := *h.asked
	in.Moment, in.spans, in.breaks, in.sponsors = by, maps.Clone(in.spans), nil, maps.Clone(in.sponsors)
	in.instants = map[timeline.Instant]*instant{}
	return &in, nil
}

// representative is a case of a cohort that lasts into an epoch, and an instant in both.
func (c *Cohorts) representative(h *cohort, q putKey) (one int32, at timeline.Instant) {
	for _, i := range h.cases {
		if one := &c.cases[i]; one.from < q.to && q.from < one.to {
			return i, max(one.from, q.from)
		}
	}
	return -1, 0
}

// noting asks the law and notes what it reads.
func (in *inquiry) noting(p domain.Privilege, t timeline.Instant) (*Verdict, []noted, error) {
	fresh := &instant{in: in, t: t, alone: true}
	in.settle(fresh)
	in.instants[t] = fresh
	v, err := in.askedIfFit(p, t)
	if err != nil {
		err = fmt.Errorf("%s of %s: %w", p, in.subject, err)
	}
	return v, fresh.readings, err
}

// along goes the way of one case through the facts that were read of it, splitting
// where nobody did. It returns where that ends, and what was left on the way.
func (w *weigher) along(at leaf, by *Moment, old *ages, one int32, read []noted) (end leaf, others []leaf) {
	for len(read) > 0 {
		key := w.factKey(&read[0], old)
		if slices.Contains(at.known, key) {
			read = read[1:]
			continue
		}
		if at.at.splits[key] == nil {
			w.split(at, by, old, one, read)
		}
		known := append(slices.Clip(at.known), key)
		next := at
		for _, kid := range at.at.splits[key] {
			if _, found := slices.BinarySearch(kid.cases, one); found {
				next = leaf{at: kid, known: known}
			} else {
				others = append(others, leaf{at: kid, known: known})
			}
		}
		at, read = next, read[1:]
	}
	return at, others
}

func (w *weigher) factKey(n *noted, old *ages) factKey {
	text, found := w.decls.Load(n.decl)
	if !found {
		d := *n.decl
		d.Doc, d.Unit = "", ""
		text, _ = w.decls.LoadOrStore(n.decl, fmt.Sprintf("%+v", d))
	}
	key := factKey{role: n.role, decl: text.(string)}
	if old.counts(n.decl) {
		key.decl += old.name
	}
	return key
}

// split splits a cohort by facts that were read of one case, one after the other: those
// who have the same value of the first by the second, and so on. Everybody is asked
// once.
func (w *weigher) split(at leaf, by *Moment, old *ages, one int32, read []noted) {
	var way []noted
	for i := range read {
		key := w.factKey(&read[i], old)
		if slices.Contains(at.known, key) || slices.ContainsFunc(way, func(n noted) bool { return w.factKey(&n, old) == key }) {
			continue
		}
		way = append(way, read[i])
	}
	mine := w.read(by, old, one, way, nil)
	level := make([]*cohort, len(way)+1)
	level[0] = at.at
	for i := range way {
		level[i+1] = &cohort{}
		if level[i].splits == nil {
			level[i].splits = map[factKey]map[reading]*cohort{}
		}
		level[i].splits[w.factKey(&way[i], old)] = map[reading]*cohort{mine[i]: level[i+1]}
	}
	for _, i := range at.at.cases {
		for depth, r := range w.read(by, old, i, way, mine) {
			kids := level[depth].splits[w.factKey(&way[depth], old)]
			kid := kids[r]
			if kid == nil {
				kid = &cohort{}
				kids[r] = kid
			}
			kid.cases = append(kid.cases, i)
		}
	}
}

// read reads facts of one case, as long as they are as they should be; nil is whatever
// they are. The last may be another.
func (w *weigher) read(by *Moment, old *ages, i int32, way []noted, should []reading) []reading {
	one := &w.cases[i]
	in, err := by.inquire(w.Subjects[one.subject], w.request)
	if err != nil {
		return nil // unreachable: it was asked when the cohorts were sorted
	}
	now := in.instant(one.from)
	for side := range now.sides {
		if now.err == nil && (side == 1 || in.subject.Kind != domain.KindMission) {
			now.sideAt(uint8(side), sideDecl[side]) //nolint:gosec // one of two
		}
	}
	out := make([]reading, 0, len(way))
	for n := range way {
		r := reading{text: "\x00none"}
		if role, binds := w.found(way[n].role, i); binds {
			if found, has := now.reading(role, way[n].decl); has {
				r = found
				if old.counts(way[n].decl) {
					r = old.since(r)
				}
			}
		}
		out = append(out, r)
		if should != nil && r != should[n] {
			break
		}
	}
	return out
}

// Between compares the laws of two moments one subject at a time, whatever they make of
// the facts. It yields what [Cohorts.Under] does, more slowly.
func Between(ctx context.Context, before, after *Moment, who []domain.Subject, from, to timeline.Instant, privileges []domain.Privilege, request map[string]string, progress func(done, of int)) (*Cohorts, iter.Seq2[[]Pair, error]) {
	c := &Cohorts{moment: before, from: from, to: to, request: request, Subjects: who}
	cut := &projections.Reading{Facts: Reads(privileges, before, after), Name: "between"}
	edges := slices.Concat(before.root.RuleEdges(before.k), after.root.RuleEdges(after.k))
	return c, func(yield func([]Pair, error) bool) {
		i := int32(0)
		for found, err := range inOrder(ctx, len(who), progress, func(i int) (subjectPairs, error) {
			return c.between(who[i], after, privileges, cut, edges)
		}) {
			if err != nil {
				yield(nil, err)
				return
			}
			for n := range found.cases {
				one := found.cases[n]
				one.subject, one.posts = i, int32(len(c.posts)) //nolint:gosec // cases are few enough to be held
				c.posts = append(c.posts, found.posts[n])
				at := &cohort{cases: []int32{int32(len(c.cases))}} //nolint:gosec // as above
				c.cases = append(c.cases, one)
				for p := range privileges {
					found.pairs[n*len(privileges)+p].at = at
				}
			}
			i++
			if !yield(found.pairs, nil) {
				return
			}
		}
	}
}

type subjectPairs struct {
	cases []caseOf
	posts [][]Post
	pairs []Pair // of each case, one for each privilege
}

func (c *Cohorts) between(s domain.Subject, law *Moment, privileges []domain.Privilege, cut *projections.Reading, edges []timeline.Instant) (subjectPairs, error) {
	var out subjectPairs
	before, err := c.moment.inquire(s, c.request)
	if err != nil {
		return out, err
	}
	after, err := law.inquire(s, c.request)
	if err != nil {
		return out, err
	}
	breaks := slices.Concat([]timeline.Instant{c.from}, facts.Instants(before.breakpointsFor(cut)), facts.Instants(after.breakpointsFor(cut)), edges)
	slices.Sort(breaks)
	breaks = slices.DeleteFunc(slices.Compact(breaks), func(t timeline.Instant) bool { return t < c.from || t >= c.to })
	for i, from := range breaks {
		to := c.to
		if i+1 < len(breaks) {
			to = breaks[i+1]
		}
		out.cases = append(out.cases, caseOf{from: from, to: to})
		posts := after.posts(from)
		if len(posts) == 0 {
			posts = before.posts(from)
		}
		out.posts = append(out.posts, posts)
		for _, p := range privileges {
			pair := Pair{Privilege: p, of: c, from: from, to: to}
			pair.Before, pair.BeforeErr = before.askedIfFit(p, from)
			pair.After, pair.AfterErr = after.askedIfFit(p, from)
			out.pairs = append(out.pairs, pair)
		}
		delete(before.instants, from)
		delete(after.instants, from)
	}
	return out, nil
}

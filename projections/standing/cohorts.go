package standing

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// Cohorts are people over a time, sorted by what the law reads of them, so that two
// laws can be compared by asking one of each cohort.
//
// Each subject's time is cut where facts about it change. A piece of it is a case.
// Cases of which the law is told the same at once (capacities, phases, what binds
// them) begin in one cohort. When a question reads a fact, the cohort is split by the
// values of that fact, and so on, until nothing more is read: whoever is in the same
// cohort then is answered the same. The splits are by facts alone and are kept, so that
// the next law that reads the same facts finds them made.
//
// Cases begin in one cohort for each privilege by itself: only what binds them there
// counts, and of whom no rule about it makes a difference by name is not told apart (see
// grouping). Measures are not told apart either, but by what they say: who decides a
// [Pair] is that of one of the cases.
//
// A Cohorts is of one moment and one request. It is good for every law under which
// facts are computed alike (see rules.Change), and may be used by one goroutine at a
// time.
type Cohorts struct {
	moment   *Moment
	from, to timeline.Instant
	request  map[string]string
	reads    *facts.Reads
	// Subjects are those that are sorted, members first, by id.
	Subjects []domain.Subject

	cases []caseOf
	posts [][]Post // by number
	// What cases are told apart by, each by number.
	bases numbers
	lands listed[land]
	names listed[name]
	bonds listed[bondOf]
	// Texts of each capacity.
	ranks, kinds, statuses numbers
	// grouped are the cases in their first cohorts.
	grouped map[domain.Privilege]*grouping
}

// A caseOf is one subject between two breakpoints.
type caseOf struct {
	subject  int32
	from, to timeline.Instant
	posts    int32
	sides    [2]atOnce // as a person, and as a mission or through it
}

// atOnce is what the law is told at once, by number.
type atOnce struct{ base, lands, ranks, kinds, statuses, names, bonds int32 }

// A land is the State of a capacity and the edition of its own in force; a name those
// of member and mission.
type (
	land struct {
		state domain.StateID
		hash  string
	}
	name struct {
		member  domain.MemberID
		mission domain.MissionID
	}
)

// A bondOf is what binds somebody, and whom of his capacities it covers.
type bondOf struct {
	privileges []domain.Privilege // nil: all
	index      int                // among all that is on record for him
	pos        domain.Position
	id         string
	key        string // what the law is told of it at once, but for its name
}

// numbers give short names to texts.
type numbers map[string]int32

func (n *numbers) of(text string) int32 {
	if *n == nil {
		*n = numbers{}
	}
	id, found := (*n)[text]
	if !found {
		id = int32(len(*n)) //nolint:gosec // fewer than there are cases
		(*n)[text] = id
	}
	return id
}

// listed are lists by number.
type listed[T any] struct {
	numbers numbers
	lists   [][]T
}

func (l *listed[T]) of(text string, list []T) int32 {
	id := l.numbers.of(text)
	if int(id) == len(l.lists) {
		l.lists = append(l.lists, list)
	}
	return id
}

// A cohort is some cases, in order, with how it was split so far.
type cohort struct {
	cases  []int32
	splits map[factKey]map[reading]*cohort
	live   map[putKey][]leaf
	// asked is what was found of one of the cases when it was asked by the law of the
	// cohorts: the next law asks the same case, and needs not find it out again.
	asked *inquiry
	one   int32
}

// A factKey names a fact whatever the edition that declares it.
type factKey struct {
	role role // with what is bound by its place among what concerns the privilege
	decl string
}

// A putKey is a question over a time in which no law changes.
type putKey struct {
	privilege domain.Privilege
	from, to  timeline.Instant
}

// A leaf is a cohort that is answered alike, with the facts that are the same in it.
type leaf struct {
	at      *cohort
	known   []factKey
	verdict *Verdict
	err     error
}

// Reads returns the facts on which answers about some privileges may depend under the
// law of a moment, or of any of several.
func Reads(privileges []domain.Privilege, moments ...*Moment) *facts.Reads {
	out := &facts.Reads{Constructors: map[string]bool{}}
	for _, m := range moments {
		for _, p := range privileges {
			of := m.root.Reading(p, m.k, rules.EachMeasure, rules.EachAgreement, rules.EachWaiver).Facts
			join(out, of)
		}
	}
	return out
}

// join adds what other reads.
func join(to, of *facts.Reads) {
	maps.Copy(to.Constructors, of.Constructors)
	to.Ages, to.AllAges = append(to.Ages, of.Ages...), to.AllAges || of.AllAges
	slices.Sort(to.Ages)
	to.Ages = slices.Compact(to.Ages)
}

// Covers reports whether a time cut by what the cohorts were sorted by is also cut by
// other facts.
func (c *Cohorts) Covers(of *facts.Reads) bool {
	if c.instant() {
		return true
	}
	for name := range of.Constructors {
		if !c.reads.Constructors[name] {
			return false
		}
	}
	if c.reads.AllAges {
		return true
	}
	return !of.AllAges && !slices.ContainsFunc(of.Ages, func(age int64) bool { return !slices.Contains(c.reads.Ages, age) })
}

// instant reports whether the time is so short that nothing changes in it.
func (c *Cohorts) instant() bool { return c.to <= c.from+1 }

// Joined returns the facts by which the cohorts were sorted, and others.
func (c *Cohorts) Joined(of *facts.Reads) *facts.Reads {
	out := &facts.Reads{Constructors: map[string]bool{}}
	join(out, c.reads)
	join(out, of)
	return out
}

// Cohorts sorts people from an instant until another, cutting time where one of some
// facts changes. Progress, if not nil, is told how many were sorted. The error is the
// context's, or of a request that can't be read.
func (m *Moment) Cohorts(ctx context.Context, who []domain.Subject, from, to timeline.Instant, reads *facts.Reads, request map[string]string, progress func(done, of int)) (*Cohorts, error) {
	c := &Cohorts{moment: m, from: from, to: to, request: request, reads: reads, Subjects: who}
	cut := &projections.Reading{Facts: reads, Name: "cohorts"}
	posts := map[string]int32{}
	i := int32(0)
	for sorted, err := range inOrder(ctx, len(who), progress, func(i int) ([]sortedCase, error) { return c.sort(who[i], cut) }) {
		if err != nil {
			return nil, err
		}
		for n := range sorted {
			s := &sorted[n]
			one := caseOf{subject: i, from: s.from, to: s.to}
			name := fmt.Sprint(s.posts)
			id, seen := posts[name]
			if !seen {
				id = int32(len(c.posts)) //nolint:gosec // fewer than there are cases
				posts[name] = id
				c.posts = append(c.posts, s.posts)
			}
			one.posts = id
			for side := range s.sides {
				one.sides[side] = c.number(&s.sides[side])
			}
			c.cases = append(c.cases, one)
		}
		i++
	}
	return c, nil
}

func (c *Cohorts) number(s *sortedSide) atOnce {
	return atOnce{
		base: c.bases.of(string(s.base.b)), lands: c.lands.of(string(s.byLand.b), s.lands), names: c.names.of(string(s.byName.b), s.names), bonds: c.bonds.of(string(s.byBond.b), s.bonds),
		ranks: c.ranks.of(string(s.ranks.b)), kinds: c.kinds.of(string(s.kinds.b)), statuses: c.statuses.of(string(s.statuses.b)),
	}
}

// A sortedCase is a case with all that is told of it at once.
type sortedCase struct {
	from, to timeline.Instant
	sides    [2]sortedSide
	posts    []Post
}

// A sortedSide is what is told of one side; base is empty of missions as persons.
type sortedSide struct {
	base, byLand, ranks, kinds, statuses, byName, byBond keys

	lands []land
	names []name
	bonds []bondOf
}

func (c *Cohorts) sort(s domain.Subject, cut *projections.Reading) ([]sortedCase, error) {
	in, err := c.moment.inquire(s, c.request)
	if err != nil {
		return nil, err
	}
	var breaks []timeline.Instant
	if !c.instant() {
		breaks = facts.Instants(in.breakpointsFor(cut))
	}
	first, _ := slices.BinarySearch(breaks, c.from+1)
	var out []sortedCase
	for from := c.from; from < c.to; first++ {
		to := c.to
		if first < len(breaks) {
			to = min(to, breaks[first])
		}
		one := sortedCase{from: from, to: to, posts: in.posts(from)}
		if !in.sortAt(from, &one) { // told what can't be shared
			one.sides = [2]sortedSide{}
			one.sides[0].base.text(fmt.Sprintf("\x00%s %d", s, from))
			one.sides[1] = one.sides[0]
		}
		out = append(out, one)
		from = to
		delete(in.instants, one.from)
	}
	return out, nil
}

// sortAt writes down what is told at once as of an instant, whatever the privilege. It
// returns false if that can't be shared.
func (in *inquiry) sortAt(t timeline.Instant, to *sortedCase) bool {
	now := in.instant(t)
	if now.err != nil || now.wrong != nil {
		return false
	}
	for i := range now.sides {
		if i == 0 && in.subject.Kind == domain.KindMission {
			continue
		}
		s := now.sideAt(uint8(i), sideDecl[i]) //nolint:gosec // one of two
		if s.err != nil || len(s.capacities) > 200 {
			return false
		}
		one := &to.sides[i]
		one.base.text(string(in.subject.Kind))
		one.base.flag(in.host != "")
		one.base.text(now.name.Hash)
		one.base.n(uint64(len(s.capacities)))
		for n := range s.capacities {
			one.add(&s.capacities[n], s.editions)
		}
		one.add(&s.nobody, s.editions)
		in.covering(s, t, one)
	}
	return true
}

// add writes down a capacity.
func (to *sortedSide) add(c *rules.Capacity, editions []domain.Edition) {
	for ; c != nil; c = c.Principal {
		to.base.flag(c.Ended)
		to.base.text(c.Missing)
		to.base.text(string(c.Reach.Category))
		for _, yes := range [...]bool{c.Reach.State != "", c.Reach.Family, c.Reach.Visitor, c.Reach.Member != "", c.Reach.Mission != "", c.Principal != nil} {
			to.base.flag(yes)
		}
		to.kinds.text(string(c.Reach.MissionKind))
		to.statuses.text(string(c.Reach.Status))
		l := land{state: c.Reach.State}
		for _, e := range editions {
			if e.Ruleset == domain.RulesetID(l.state) {
				l.hash = e.Hash
			}
		}
		to.lands = append(to.lands, l)
		to.byLand.text(string(l.state))
		to.byLand.text(l.hash)
		to.ranks.text(c.Reach.Rank)
		to.names = append(to.names, name{c.Reach.Member, c.Reach.Mission})
		to.byName.text(string(c.Reach.Member))
		to.byName.text(string(c.Reach.Mission))
	}
}

// covering writes down what binds the capacities of a side: measures, agreements and
// waivers that cover none of them are read by nobody.
func (in *inquiry) covering(s *side, t timeline.Instant, to *sortedSide) {
	bindings := in.binding(s.capacities)
	for i := range bindings {
		b := &bindings[i]
		k := keys{b: make([]byte, 0, 32)}
		for j := range s.capacities {
			for c := &s.capacities[j]; c != nil; c = c.Principal {
				k.covered(b, in, c.Reach, t)
			}
		}
		k.covered(b, in, s.nobody.Reach, t)
		if !slices.Contains(k.b, 1) {
			continue
		}
		told := bound(nil, b.each, b.Span, b.Privileges(), b.state, t)
		k.text(string(b.each))
		k.flag(told.Individual)
		k.flag(told.NamesStatus)
		k.flag(told.NamesVisitors)
		to.bonds = append(to.bonds, bondOf{privileges: told.Privileges, index: i, pos: b.Pos, id: told.ID, key: string(k.b)})
		to.byBond.n(uint64(i))
		to.byBond.n(uint64(b.Pos))
		to.byBond.text(string(k.b))
	}
}

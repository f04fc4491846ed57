package workload

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// The sizes of the workload.
const (
	States  = 190
	Members = 128_000
)

// The streams of the seed, so that neither law, people nor questions depend on how
// many there are of the others.
const (
	lawStream = iota + 1
	peopleStream
	requestStream
)

// NewLaw makes the law of a seed.
func NewLaw(seed uint64) *Law {
	l := &Law{
		Privileges: []string{
			"tax.sales", "tax.fuel", "tax.vehicle", "tax.hotel", "tax.utilities", "tax.property",
			"customs.personal", "customs.mission", "customs.vehicle", "customs.alcohol",
			"dmv.registration", "dmv.license", "dmv.plates", "travel.move", "travel.air",
			"property.lease", "property.alter", "staff.hire", "staff.domestic", "work.family",
			"comm.radio", "port.courtesy", "port.parking", "visa.renewal",
		},
		Categories: []string{"dip.agent", "dip.at", "dip.service", "con.officer", "con.employee", "con.honorary", "io.senior", "io.staff"},
		Kinds:      []string{"embassy", "consular_post", "honorary_post", "io_mission"},
		Statuses:   []string{"none", "us_national", "lpr", "permanently_resident", "foreign_resident"},
		Goods:      []string{"furniture", "fuel", "tobacco", "alcohol", "vehicle", "electronics", "food", "books"},
	}
	for i := range States {
		l.States = append(l.States, fmt.Sprintf("state-%03d", i))
	}
	d := dice{rand.New(rand.NewPCG(seed, lawStream))}
	l.Rules = slices.Concat(l.baseline(d), l.cuts(d), l.reciprocity(d), l.programme(d))
	return l
}

// NewMembers makes people of a law; their number may be any.
func NewMembers(l *Law, seed uint64, n int) []Member {
	d := dice{rand.New(rand.NewPCG(seed, peopleStream))}
	out := make([]Member, n)
	for i := range out {
		m := Member{ID: fmt.Sprintf("member-%06d", i), State: one(d, l.States), Category: one(d, l.Categories), Kind: one(d, l.Kinds), Status: "none"}
		if d.IntN(100) < 25 {
			m.Status = one(d, l.Statuses)
		}
		m.Age = 16 + d.Int64N(60)
		if d.IntN(100) < 20 {
			m.Points = 1 + d.Int64N(12)
		}
		m.LocalHire = d.IntN(100) < 15
		out[i] = m
	}
	return out
}

// NewRequests makes questions about the first of some members.
func NewRequests(l *Law, members []Member, seed uint64, n int) []Request {
	d := dice{rand.New(rand.NewPCG(seed, requestStream))}
	out := make([]Request, n)
	for i := range out {
		out[i] = Request{
			Member: members[d.IntN(len(members))].ID, Privilege: one(d, l.Privileges),
			Amount: d.Int64N(2_000_00), Distance: d.Int64N(200), Goods: one(d, l.Goods), InPerson: d.IntN(2) == 0,
		}
	}
	return out
}

type dice struct{ *rand.Rand }

func one(d dice, of []string) string { return of[d.IntN(len(of))] }

// some picks between least and most of a list, in its order.
func some(d dice, of []string, least, most int) []string {
	n := least + d.IntN(most-least+1)
	picked := d.Perm(len(of))[:n]
	slices.Sort(picked)
	out := make([]string, n)
	for i, at := range picked {
		out[i] = of[at]
	}
	return out
}

// BaselineID names the baseline rule of a cell as the ruleset format does.
func BaselineID(kind, privilege, category string) string {
	return "B-" + Dashed(kind) + "/" + privilege + "/" + Dashed(category)
}

// Dashed writes a code so that it may be part of any engine's names.
func Dashed(code string) string { return strings.NewReplacer(".", "-", "_", "-").Replace(code) }

func (l *Law) baseline(d dice) []Rule {
	weighted := []Outcome{Allowed, Allowed, Allowed, Allowed, Allowed, Allowed, Allowed, Conditional, Conditional, Notification, Permission, Denied}
	var out []Rule
	for _, kind := range l.Kinds {
		for _, p := range l.Privileges {
			for _, category := range l.Categories {
				out = append(out, Rule{
					ID: BaselineID(kind, p, category), Tier: Baseline, Privileges: []string{p},
					Categories: []string{category}, Kinds: []string{kind}, Outcome: weighted[d.IntN(len(weighted))],
				})
			}
		}
	}
	return out
}

func (l *Law) cuts(d dice) []Rule {
	var out []Rule
	for i := range 10 {
		out = append(out, Rule{
			ID: fmt.Sprintf("S-%02d", i), Tier: Status, Privileges: some(d, l.Privileges, 4, 9),
			Categories: some(d, l.Categories, 2, 5), Statuses: some(d, l.Statuses[1:], 1, 3),
			Outcome: []Outcome{Conditional, Permission, Denied, Denied}[d.IntN(4)],
		})
	}
	return out
}

func (l *Law) reciprocity(d dice) []Rule {
	var out []Rule
	for i, state := range l.States {
		for j, p := range l.Privileges {
			n := []int{0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3}[d.IntN(16)]
			for k := range n {
				r := Rule{ID: fmt.Sprintf("R-%03d-%02d-%d", i, j, k), Tier: Reciprocity, State: state, Privileges: []string{p}}
				l.shape(d, &r, []Shape{Always, AmountBelow, AmountUpTo, Beyond, GoodsIn, Younger, RemoteUpTo, EitherOver, LocalPoints, BelowUnless})
				l.narrow(d, &r)
				out = append(out, r)
			}
		}
	}
	return out
}

func (l *Law) programme(d dice) []Rule {
	var out []Rule
	for i, shape := range []Shape{AmountUpTo, Beyond, GoodsIn, Younger, Remote, RemoteUpTo, Points, Points, EitherOver, LocalPoints, AmountBelow, BelowUnless} {
		r := Rule{ID: fmt.Sprintf("P-%02d", i), Tier: Programme, Privileges: some(d, l.Privileges, 3, 8)}
		l.shape(d, &r, []Shape{shape})
		l.narrow(d, &r)
		out = append(out, r)
	}
	return out
}

// shape gives a rule one of the shapes, with numbers of its own, and an outcome.
func (l *Law) shape(d dice, r *Rule, of []Shape) {
	r.Shape = of[d.IntN(len(of))]
	r.Outcome = []Outcome{Conditional, Notification, Permission, Denied, Denied}[d.IntN(5)]
	switch r.Shape {
	case AmountBelow:
		r.A = 100_00 + d.Int64N(900)*100
	case AmountUpTo, RemoteUpTo:
		r.A = 1_000_00 + d.Int64N(900)*100
	case Beyond:
		r.A = 25 + d.Int64N(150)
	case EitherOver:
		r.A, r.B = 1_000_00+d.Int64N(900)*100, 25+d.Int64N(150)
	case Younger:
		r.A = 18 + d.Int64N(10)
	case Points, LocalPoints:
		r.A = 1 + d.Int64N(8)
	case GoodsIn:
		r.Set = some(d, l.Goods, 1, 3)
	case BelowUnless:
		r.A, r.Set = 100_00+d.Int64N(900)*100, some(d, l.Goods, 1, 3)
	case Always, Remote:
	}
}

// narrow says whom a rule reaches.
func (l *Law) narrow(d dice, r *Rule) {
	if d.IntN(100) < 60 {
		r.Categories = some(d, l.Categories, 3, 6)
	}
	if d.IntN(100) < 30 {
		r.Kinds = some(d, l.Kinds, 2, 3)
	}
	if d.IntN(100) < 10 {
		r.Statuses = some(d, l.Statuses, 1, 3)
	}
}

// Strictest orders rules so that the first that fires is the one that counts in
// its step: the strictest, and of these that with the lowest id.
func Strictest(rules []Rule) []Rule {
	out := slices.Clone(rules)
	slices.SortFunc(out, func(a, b Rule) int {
		return cmp.Or(cmp.Compare(b.Outcome, a.Outcome), strings.Compare(a.ID, b.ID))
	})
	return out
}

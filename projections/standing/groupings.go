package standing

import (
	"cmp"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// A grouping is how cases begin for one privilege: in one cohort are those of which the
// law is told the same at once, as far as the rules about the privilege can tell.
type grouping struct {
	apart apart
	tops  []*cohort // in order of their first cases
}

// apart is by what the rules about a privilege tell people apart under some laws.
type apart struct {
	rules.Apart
	// own are the States of which an edition of their own speaks of the privilege, or
	// might: one of those has a draft.
	own []domain.StateID
	// sides says as what persons are asked: see inquiry.sideOf.
	sides [2]bool
}

// apart says by what people are told apart under the laws of two moments.
func (c *Cohorts) apart(after *Moment, privileges []domain.Privilege) []apart {
	out := make([]apart, len(privileges))
	for _, m := range []*Moment{c.moment, after} {
		m.root.TryEditions(m.k, func(code domain.RulesetID, e *rules.Edition, err error) {
			for i, p := range privileges {
				if err != nil { // whoever is of the State gets no answer
					out[i].own = append(out[i].own, domain.StateID(code))
					continue
				}
				a := &out[i]
				some := e.Apart(p, &a.Apart)
				switch decl := e.Language.Privileges[p]; {
				case e.Code != commonRuleset:
					if some {
						a.own = append(a.own, domain.StateID(e.Code))
					}
				case decl != nil && decl.Of&rules.OfPerson == 0:
					a.sides[1] = true
				case decl != nil:
					a.sides[0] = true
				}
			}
		})
		for _, d := range m.root.Drafts() {
			if d.Ruleset == commonRuleset {
				continue
			}
			for i := range out {
				out[i].own = append(out[i].own, domain.StateID(d.Ruleset))
			}
		}
	}
	for i := range out {
		a := &out[i]
		slices.Sort(a.own)
		a.own = slices.Compact(a.own)
		slices.Sort(a.States)
		slices.Sort(a.Members)
		slices.Sort(a.Missions)
	}
	return out
}

// within reports whether whoever is told apart is so by another, too.
func (a *apart) within(b *apart) bool {
	return allIn(a.States, b.States) && allIn(a.own, b.own) && allIn(a.Members, b.Members) && allIn(a.Missions, b.Missions) &&
		(!a.Ranks || b.Ranks) && (!a.Kinds || b.Kinds) && (!a.Statuses || b.Statuses) && (!a.Each || b.Each) && (!a.sides[0] || b.sides[0]) && (!a.sides[1] || b.sides[1])
}

// allIn reports whether all of one sorted list are on another.
func allIn[T cmp.Ordered](some, all []T) bool {
	for _, one := range some {
		if _, found := slices.BinarySearch(all, one); !found {
			return false
		}
	}
	return true
}

// group returns the first cohorts of a privilege, which are kept for the next law.
func (c *Cohorts) group(p domain.Privilege, by *apart) *grouping {
	if kept := c.grouped[p]; kept != nil && by.within(&kept.apart) {
		return kept
	}
	made := &grouping{apart: *by}
	lands, names, bonds := by.lands(c.lands.lists), by.names(c.names.lists), by.bonds(c.bonds.lists, p)
	tops := map[[2]atOnce]*cohort{}
	for i := range c.cases {
		one := &c.cases[i]
		var key [2]atOnce
		for side := range one.sides {
			// Missions are asked as missions whatever the privilege.
			if c.Subjects[one.subject].Kind != domain.KindMission && !by.sides[side] {
				continue
			}
			s := &one.sides[side]
			key[side] = atOnce{base: s.base, lands: lands[s.lands], names: names[s.names], bonds: bonds[s.bonds]}
			if by.Ranks {
				key[side].ranks = s.ranks
			}
			if by.Kinds {
				key[side].kinds = s.kinds
			}
			if by.Statuses {
				key[side].statuses = s.statuses
			}
		}
		if key == ([2]atOnce{}) { // asked under no law
			key[0].base, key[1].base = one.sides[0].base, one.sides[1].base
		}
		top := tops[key]
		if top == nil {
			top = &cohort{}
			tops[key] = top
			made.tops = append(made.tops, top)
		}
		top.cases = append(top.cases, int32(i)) //nolint:gosec // cases are few enough to be held
	}
	if c.grouped == nil {
		c.grouped = map[domain.Privilege]*grouping{}
	}
	c.grouped[p] = made
	return made
}

// renumber gives the same number to those lists that come to the same text.
func renumber[T any](lists [][]T, text func(k *keys, list []T)) []int32 {
	out := make([]int32, len(lists))
	var same numbers
	var k keys
	for i, list := range lists {
		k.b = k.b[:0]
		text(&k, list)
		out[i] = same.of(string(k.b))
	}
	return out
}

// lands tells States apart that some rule names, or that have rules of their own.
func (a *apart) lands(lists [][]land) []int32 {
	return renumber(lists, func(k *keys, list []land) {
		for _, l := range list {
			_, named := slices.BinarySearch(a.States, l.state)
			_, own := slices.BinarySearch(a.own, l.state)
			if !named && !own {
				l.state = ""
			}
			k.text(string(l.state))
			if own {
				k.text(l.hash)
			}
		}
	})
}

// names tells members and missions apart that some rule names.
func (a *apart) names(lists [][]name) []int32 {
	return renumber(lists, func(k *keys, list []name) {
		for _, n := range list {
			if _, named := slices.BinarySearch(a.Members, n.member); !named {
				n.member = ""
			}
			if _, named := slices.BinarySearch(a.Missions, n.mission); !named {
				n.mission = ""
			}
			k.text(string(n.member))
			k.text(string(n.mission))
		}
	})
}

// bonds tells apart what binds by whom it covers, not by name. What binds is put in the
// order of its names when reasons are told: that order counts, and which are alike.
func (a *apart) bonds(lists [][]bondOf, p domain.Privilege) []int32 {
	var ids []string
	return renumber(lists, func(k *keys, list []bondOf) {
		ids = ids[:0]
		for i := range list {
			if list[i].concerns(p) {
				ids = append(ids, list[i].id)
			}
		}
		slices.Sort(ids)
		ids = slices.Compact(ids)
		for i := range list {
			b := &list[i]
			if !b.concerns(p) {
				continue
			}
			k.text(b.key)
			at, _ := slices.BinarySearch(ids, b.id)
			k.n(uint64(at))
			if a.Each {
				k.n(uint64(b.pos))
			}
		}
	})
}

func (b *bondOf) concerns(p domain.Privilege) bool {
	return len(b.privileges) == 0 || slices.Contains(b.privileges, p)
}

// placed returns the role with what is bound by its place among what concerns the
// privilege and covers somebody, so that it means the same of everybody in a cohort.
func (c *Cohorts) placed(r role, one int32) role {
	if !r.binds() {
		return r
	}
	place := 0
	for _, b := range c.bonds.lists[c.cases[one].sides[r.side].bonds] {
		if !b.concerns(r.privilege) {
			continue
		}
		if b.index == r.bound {
			r.bound = place
			return r
		}
		place++
	}
	r.bound = -1 // unreachable: what covers nobody is not read
	return r
}

// found is the reverse of placed for one case.
func (c *Cohorts) found(r role, one int32) (role, bool) {
	if !r.binds() {
		return r, true
	}
	place := r.bound
	for _, b := range c.bonds.lists[c.cases[one].sides[r.side].bonds] {
		if !b.concerns(r.privilege) {
			continue
		}
		if place == 0 {
			r.bound = b.index
			return r, true
		}
		place--
	}
	return r, false
}

func (r *role) binds() bool {
	switch rules.Each(r.kind) {
	case rules.EachMeasure, rules.EachAgreement, rules.EachWaiver:
		return true
	default:
		return false
	}
}

package rules

import (
	"encoding/binary"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// Shape writes down all of a situation that a resolution sees without asking, as
// what a [Trace] notes: the privilege, which rules are in force, the capacities with
// their reach, and which measures, agreements and waivers cover them. Situations of
// one law and of equal shaping differ in nothing but what steps ask.
//
// Members and missions are told apart by name only where a rule names some.
func (s *Situation) Shape(law Law) []byte {
	w := shaping{b: make([]byte, 0, 256), law: law, s: s}
	w.text(string(s.Privilege))
	w.edges(law.Common)
	w.n(len(s.Capacities))
	for i := range s.Capacities {
		w.capacity(&s.Capacities[i])
	}
	w.capacity(&s.Nobody)
	for i := range s.Bounds {
		b := &s.Bounds[i]
		if len(b.Privileges) > 0 && !slices.Contains(b.Privileges, s.Privilege) {
			continue
		}
		w.n(i + 1)
		w.text(string(b.Each))
		w.text(b.ID)
		w.flag(b.Individual)
		w.flag(b.NamesStatus)
		w.flag(b.NamesVisitors)
		for j := range s.Capacities {
			for c := &s.Capacities[j]; c != nil; c = c.Principal {
				w.covered(b, c)
			}
		}
		w.covered(b, &s.Nobody)
	}
	return w.b
}

// shaping writes a shape in which no two lists of things look the same.
type shaping struct {
	b   []byte
	law Law
	s   *Situation
}

func (w *shaping) n(v int) { w.b = binary.AppendVarint(w.b, int64(v)) }

func (w *shaping) text(s string) {
	w.n(len(s))
	w.b = append(w.b, s...)
}

func (w *shaping) flag(yes bool) {
	if yes {
		w.b = append(w.b, 1)
	} else {
		w.b = append(w.b, 0)
	}
}

// edges writes which of the rules about the privilege are in force.
func (w *shaping) edges(e *Edition) {
	if e == nil {
		w.n(0)
		return
	}
	w.n(1)
	for _, tier := range e.aboutOf(w.s.Privilege).tiers {
		for _, rule := range tier {
			if rule.InForceFrom != timeline.Always || rule.InForceTo != timeline.Never {
				w.flag(rule.InForceFrom <= w.s.At && w.s.At < rule.InForceTo)
			}
		}
	}
}

func (w *shaping) capacity(c *Capacity) {
	reach := &c.Reach
	var all parts
	for _, e := range []*Edition{w.law.Common, w.law.States[reach.State]} {
		if e == nil {
			w.n(0)
			continue
		}
		by := e.aboutOf(w.s.Privilege).by
		all.states, all.kinds, all.ranks = all.states || by.states, all.kinds || by.kinds, all.ranks || by.ranks
		all.statuses, all.names = all.statuses || by.statuses, all.names || by.names
		w.n(1)
		if e != w.law.Common {
			w.text(e.Hash)
			w.edges(e)
		}
	}
	w.flag(c.Ended)
	w.text(c.Missing)
	w.flag(reach.Member == "" && reach.Mission != "")
	w.text(string(reach.Category))
	w.flag(reach.Family)
	w.flag(reach.Visitor)
	w.flag(reach.Liberty)
	if all.states {
		w.text(string(reach.State))
	}
	if all.kinds {
		w.text(string(reach.MissionKind))
	}
	if all.ranks {
		w.text(reach.Rank)
	}
	if all.statuses {
		w.text(string(reach.Status))
	}
	if all.names {
		w.text(string(reach.Member))
		w.text(string(reach.Mission))
	}
	if c.Missing != "" {
		w.text(c.Label) // the answer names it
	}
	w.flag(c.Principal != nil)
	if c.Principal != nil {
		w.capacity(c.Principal)
	}
}

// covered writes whether the bound covers the capacity; also if it were of another
// category, where a rule of the baseline might ask.
func (w *shaping) covered(b *Bound, c *Capacity) {
	w.flag(b.Covers(c.Reach))
	if !w.likes(w.law.Common) && !w.likes(w.law.States[c.Reach.State]) {
		return
	}
	reach := c.Reach
	for _, category := range w.law.Common.Language.Lists["category"].Codes {
		reach.Category = domain.Category(category.Code)
		w.flag(b.Covers(reach))
	}
}

// likes reports whether a rule of the baseline is evaluated for measures or the
// like. Such rules alone are asked of somebody as if of another category.
func (w *shaping) likes(e *Edition) bool {
	return e != nil && slices.ContainsFunc(e.aboutOf(w.s.Privilege).tiers[0], func(r *Rule) bool { return r.Each != EachNothing })
}

package rules

import (
	"slices"
	"sync"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// An index finds the rules of an edition that speak of a privilege, by tier. It
// is made on first use and never changed.
type index struct {
	once    sync.Once
	buckets map[bucketKey][]*Rule
	reads   map[readKey]bool // by object, with an empty fact, and by fact
	always  map[FactRef]bool // read whatever the privilege
}

type readKey struct {
	privilege domain.Privilege
	FactRef
}

type bucketKey struct {
	privilege domain.Privilege
	tier      domain.Tier
}

// Reads reports whether a rule about the privilege reads a fact of an object,
// such as filing: what nobody reads need not be found out.
func (e *Edition) Reads(p domain.Privilege, object string) bool {
	e.index.make(e)
	return e.index.reads[readKey{p, FactRef{Object: object}}]
}

// ReadsFact reports whether a rule about the privilege, or anything that is said
// whatever the privilege, reads a fact. Of a relative's sponsor it is asked as
// of the member.
func (e *Edition) ReadsFact(p domain.Privilege, object, name string) bool {
	e.index.make(e)
	ref := FactRef{object, name}
	return e.index.reads[readKey{p, ref}] || e.index.always[ref]
}

// Proposing lists the privileges about which some rule proposes consequences, in
// order of declaration.
func (e *Edition) Proposing() []domain.Privilege {
	var out []domain.Privilege
	for _, p := range e.Language.PrivilegeOrder {
		if slices.ContainsFunc(e.Rules, func(r *Rule) bool { return len(r.Propose) > 0 && slices.Contains(r.Privileges, p) }) {
			out = append(out, p)
		}
	}
	return out
}

// bucket returns the rules of one tier that speak of the privilege, in order of
// declaration. A rule that names no privilege speaks of all of them: what it is
// evaluated for narrows it.
func (e *Edition) bucket(p domain.Privilege, tier domain.Tier) []*Rule {
	e.index.make(e)
	return e.index.buckets[bucketKey{p, tier}]
}

func (i *index) make(e *Edition) {
	i.once.Do(func() {
		i.buckets, i.reads, i.always = map[bucketKey][]*Rule{}, map[readKey]bool{}, map[FactRef]bool{}
		for _, ref := range e.commonReads() {
			i.always[FactRef{e.Language.kindOf(ref.Object), ref.Name}] = true
		}
		for _, p := range e.Language.PrivilegeOrder {
			for _, rule := range e.Rules {
				if len(rule.Privileges) > 0 && !slices.Contains(rule.Privileges, p) {
					continue
				}
				k := bucketKey{p, rule.Tier}
				i.buckets[k] = append(i.buckets[k], rule)
				for _, ref := range rule.Reads {
					i.reads[readKey{p, FactRef{Object: ref.Object}}] = true
					i.reads[readKey{p, FactRef{e.Language.kindOf(ref.Object), ref.Name}}] = true
				}
			}
		}
	})
}

// commonReads lists what floors, consequences and views read.
func (e *Edition) commonReads() []FactRef {
	var exprs []*Expr
	for _, f := range e.Floors {
		exprs = append(exprs, f.When)
	}
	for _, list := range e.Consequences {
		for _, c := range list {
			exprs = append(exprs, c.When)
		}
	}
	for _, v := range e.Views {
		for i := range v.Questions {
			for j := range v.Questions[i].Says {
				exprs = append(exprs, v.Questions[i].Says[j].When)
			}
		}
		for i := range v.Guidance {
			exprs = append(exprs, v.Guidance[i].When)
		}
	}
	return joinReads(exprs...)
}

// Edges lists the instants at which a rule of the edition comes into force or
// goes out of it by its own dates.
func (e *Edition) Edges() []timeline.Instant {
	var out []timeline.Instant
	for _, rule := range e.Rules {
		if rule.InForceFrom != timeline.Always {
			out = append(out, rule.InForceFrom)
		}
		if rule.InForceTo != timeline.Never {
			out = append(out, rule.InForceTo)
		}
	}
	return out
}

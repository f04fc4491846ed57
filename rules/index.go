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
	reads   map[readKey]bool
}

type readKey struct {
	privilege domain.Privilege
	object    string
}

type bucketKey struct {
	privilege domain.Privilege
	tier      domain.Tier
}

// Reads reports whether a rule about the privilege reads a fact of an object,
// such as filing: what nobody reads need not be found out.
func (e *Edition) Reads(p domain.Privilege, object string) bool {
	e.index.make(e)
	return e.index.reads[readKey{p, object}]
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
		i.buckets, i.reads = map[bucketKey][]*Rule{}, map[readKey]bool{}
		for _, p := range e.Language.PrivilegeOrder {
			for _, rule := range e.Rules {
				if len(rule.Privileges) > 0 && !slices.Contains(rule.Privileges, p) {
					continue
				}
				k := bucketKey{p, rule.Tier}
				i.buckets[k] = append(i.buckets[k], rule)
				for _, ref := range rule.Reads {
					i.reads[readKey{p, ref.Object}] = true
				}
			}
		}
	})
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

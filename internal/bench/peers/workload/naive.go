package workload

import "slices"

// Naive decides as the law reads: it goes through all rules of each step, and does
// nothing to be fast. What it says is right.
type Naive struct {
	common  [4][]Rule         // by tier
	own     map[string][]Rule // by State
	members map[string]*Member
}

// NewNaive makes the reference.
func NewNaive(l *Law, members []Member) *Naive {
	n := &Naive{own: make(map[string][]Rule), members: make(map[string]*Member, len(members))}
	for _, r := range l.Rules {
		if r.Tier == Reciprocity {
			n.own[r.State] = append(n.own[r.State], r)
		} else {
			n.common[r.Tier] = append(n.common[r.Tier], r)
		}
	}
	for i := range members {
		n.members[members[i].ID] = &members[i]
	}
	return n
}

// Decide answers a question about a member that there is.
func (n *Naive) Decide(q Request) Decision {
	m := n.members[q.Member]
	d := strictest(n.common[Baseline], m, q)
	if cut := strictest(n.common[Status], m, q); cut.Rule != "" && cut.Outcome >= d.Outcome {
		d = cut
	}
	if r := strictest(n.own[m.State], m, q); r.Rule != "" && r.Outcome > d.Outcome {
		d = r
	}
	if p := strictest(n.common[Programme], m, q); p.Rule != "" && p.Outcome > d.Outcome {
		d = p
	}
	return d
}

// strictest is what the rules of one step come to; without a rule if none fires.
func strictest(rules []Rule, m *Member, q Request) Decision {
	var d Decision
	for i := range rules {
		r := &rules[i]
		if !fires(r, m, q) {
			continue
		}
		if d.Rule == "" || r.Outcome > d.Outcome || r.Outcome == d.Outcome && r.ID < d.Rule {
			d = Decision{Outcome: r.Outcome, Rule: r.ID}
		}
	}
	return d
}

func fires(r *Rule, m *Member, q Request) bool {
	return slices.Contains(r.Privileges, q.Privilege) && (r.State == "" || r.State == m.State) &&
		among(r.Categories, m.Category) && among(r.Kinds, m.Kind) && among(r.Statuses, m.Status) && holds(r, m, q)
}

func among(list []string, code string) bool { return len(list) == 0 || slices.Contains(list, code) }

func holds(r *Rule, m *Member, q Request) bool {
	switch r.Shape {
	case Always:
		return true
	case AmountBelow:
		return q.Amount < r.A
	case AmountUpTo:
		return q.Amount >= r.A
	case Beyond:
		return q.Distance > r.A
	case GoodsIn:
		return slices.Contains(r.Set, q.Goods)
	case Younger:
		return m.Age < r.A
	case Remote:
		return !q.InPerson
	case RemoteUpTo:
		return !q.InPerson && q.Amount >= r.A
	case EitherOver:
		return q.Amount >= r.A || q.Distance > r.B
	case Points:
		return m.Points >= r.A
	case LocalPoints:
		return m.LocalHire && m.Points >= r.A
	case BelowUnless:
		return q.Amount < r.A && !slices.Contains(r.Set, q.Goods)
	}
	return false
}

package workload

// An Op is how a condition compares a fact.
type Op uint8

// The comparisons.
const (
	In Op = iota
	NotIn
	Less
	AtLeast
	More
	Is
	IsNot
)

// A Condition is one part of a rule, from which the languages of engines are
// written: a fact, and what it is compared with. Where Or is given, either will do.
type Condition struct {
	Fact string
	Of   Of
	Op   Op
	N    int64    // of Less, AtLeast and More
	Set  []string // of In and NotIn
	Or   *Condition
}

// Of says whose fact it is.
type Of uint8

// Facts are of the member or of the request.
const (
	OfMember Of = iota
	OfRequest
)

// Conditions are what must hold for the rule to fire, beside that it is about the
// State and privilege in question: those of whom it reaches first.
func (r *Rule) Conditions() []Condition {
	var out []Condition
	reach := func(fact string, codes []string) {
		if len(codes) > 0 {
			out = append(out, Condition{Fact: fact, Op: In, Set: codes})
		}
	}
	reach("category", r.Categories)
	reach("kind", r.Kinds)
	reach("status", r.Statuses)
	amount := func(op Op) Condition { return Condition{Fact: "amount", Of: OfRequest, Op: op, N: r.A} }
	goods := func(op Op) Condition { return Condition{Fact: "goods", Of: OfRequest, Op: op, Set: r.Set} }
	remote := Condition{Fact: "in_person", Of: OfRequest, Op: IsNot}
	points := Condition{Fact: "points", Op: AtLeast, N: r.A}
	switch r.Shape {
	case Always:
	case AmountBelow:
		out = append(out, amount(Less))
	case AmountUpTo:
		out = append(out, amount(AtLeast))
	case Beyond:
		out = append(out, Condition{Fact: "distance", Of: OfRequest, Op: More, N: r.A})
	case GoodsIn:
		out = append(out, goods(In))
	case Younger:
		out = append(out, Condition{Fact: "age", Op: Less, N: r.A})
	case Remote:
		out = append(out, remote)
	case RemoteUpTo:
		out = append(out, remote, amount(AtLeast))
	case EitherOver:
		either := amount(AtLeast)
		either.Or = &Condition{Fact: "distance", Of: OfRequest, Op: More, N: r.B}
		out = append(out, either)
	case Points:
		out = append(out, points)
	case LocalPoints:
		out = append(out, Condition{Fact: "local_hire", Op: Is}, points)
	case BelowUnless:
		out = append(out, amount(Less), goods(NotIn))
	}
	return out
}

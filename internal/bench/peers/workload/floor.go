package workload

import "slices"

// Floor decides as fast as could be written by hand in Go: codes are numbers,
// sets of codes bits, and the rules of each step are picked by State and privilege
// before one is looked at, the strictest first. Members, privileges and goods are
// looked up by their names for every question, and no decision is kept.
type Floor struct {
	members    map[string]int32
	rows       []row
	privileges map[string]uint8
	goods      map[string]uint8
	ids        []string // of the rules by number

	baseline    []cell // by privilege, kind, category
	cuts        [][]test
	reciprocity [][]test // by State, privilege
	programme   [][]test // by privilege
	width       struct{ privileges, kinds, categories, statuses int }
}

// A row is a member.
type row struct {
	age, points                   int32
	state                         uint8
	category, kind, status, local uint8
}

// A cell is the baseline of one category at one kind of mission.
type cell struct {
	rule    uint16
	outcome Outcome
}

// A test is a rule.
type test struct {
	a, b                       int64
	rule                       uint16
	categories                 uint8
	kinds, statuses, goods, by uint8 // by is the shape
	outcome                    Outcome
}

// NewFloor makes the tables of a law and its people.
func NewFloor(l *Law, members []Member) *Floor {
	f := &Floor{
		members: make(map[string]int32, len(members)), rows: make([]row, len(members)),
		privileges: numbers(l.Privileges), goods: numbers(l.Goods),
	}
	f.width.privileges, f.width.kinds, f.width.categories, f.width.statuses = len(l.Privileges), len(l.Kinds), len(l.Categories), len(l.Statuses)
	states, categories, kinds, statuses := numbers(l.States), numbers(l.Categories), numbers(l.Kinds), numbers(l.Statuses)
	for i, m := range members {
		f.members[m.ID] = int32(i)
		f.rows[i] = row{age: int32(m.Age), points: int32(m.Points), state: states[m.State], category: categories[m.Category], kind: kinds[m.Kind], status: statuses[m.Status]}
		if m.LocalHire {
			f.rows[i].local = 1
		}
	}
	f.baseline = make([]cell, len(l.Privileges)*len(l.Kinds)*len(l.Categories))
	f.cuts = make([][]test, len(l.Privileges)*len(l.Statuses))
	f.reciprocity = make([][]test, len(l.States)*len(l.Privileges))
	f.programme = make([][]test, len(l.Privileges))
	for _, r := range Strictest(l.Rules) {
		number := uint16(len(f.ids))
		f.ids = append(f.ids, r.ID)
		t := test{
			a: r.A, b: r.B, rule: number, by: uint8(r.Shape), outcome: r.Outcome,
			categories: bits(categories, r.Categories), kinds: bits(kinds, r.Kinds), statuses: bits(statuses, r.Statuses), goods: bits(f.goods, r.Set),
		}
		for _, name := range r.Privileges {
			p := int(f.privileges[name])
			switch r.Tier {
			case Baseline:
				f.baseline[f.at(p, int(kinds[r.Kinds[0]]), int(categories[r.Categories[0]]))] = cell{rule: number, outcome: r.Outcome}
			case Status:
				for _, status := range l.Statuses {
					if slices.Contains(r.Statuses, status) {
						at := p*f.width.statuses + int(statuses[status])
						f.cuts[at] = append(f.cuts[at], t)
					}
				}
			case Reciprocity:
				at := int(states[r.State])*f.width.privileges + p
				f.reciprocity[at] = append(f.reciprocity[at], t)
			case Programme:
				f.programme[p] = append(f.programme[p], t)
			}
		}
	}
	return f
}

func (f *Floor) at(privilege, kind, category int) int {
	return (privilege*f.width.kinds+kind)*f.width.categories + category
}

func numbers(codes []string) map[string]uint8 {
	out := make(map[string]uint8, len(codes))
	for i, code := range codes {
		out[code] = uint8(i)
	}
	return out
}

// bits is the set of some codes; of all if none is named.
func bits(numbers map[string]uint8, codes []string) uint8 {
	if len(codes) == 0 {
		return 0xff
	}
	var out uint8
	for _, code := range codes {
		out |= 1 << numbers[code]
	}
	return out
}

// Decide answers a question about a member that there is.
func (f *Floor) Decide(q *Request) Decision {
	return f.decide(&f.rows[f.members[q.Member]], int(f.privileges[q.Privilege]), q.Amount, q.Distance, f.goods[q.Goods], q.InPerson)
}

// All decides every privilege of every member, with the facts of one request, and
// hands each decision over.
func (f *Floor) All(q *Request, each func(member, privilege int, d Decision)) {
	goods := f.goods[q.Goods]
	for i := range f.rows {
		for p := range f.width.privileges {
			each(i, p, f.decide(&f.rows[i], p, q.Amount, q.Distance, goods, q.InPerson))
		}
	}
}

func (f *Floor) decide(m *row, p int, amount, distance int64, goods uint8, inPerson bool) Decision {
	now := f.baseline[f.at(p, int(m.kind), int(m.category))]
	if m.status != 0 {
		for i := range f.cuts[p*f.width.statuses+int(m.status)] {
			t := &f.cuts[p*f.width.statuses+int(m.status)][i]
			if t.outcome < now.outcome {
				break
			}
			if t.reaches(m) {
				now = cell{rule: t.rule, outcome: t.outcome}
				break
			}
		}
	}
	now = first(f.reciprocity[int(m.state)*f.width.privileges+p], now, m, amount, distance, goods, inPerson)
	now = first(f.programme[p], now, m, amount, distance, goods, inPerson)
	return Decision{Outcome: now.outcome, Rule: f.ids[now.rule]}
}

// first is the first rule that fires, if it is stricter than what there is.
func first(tests []test, now cell, m *row, amount, distance int64, goods uint8, inPerson bool) cell {
	for i := range tests {
		t := &tests[i]
		if t.outcome <= now.outcome {
			return now
		}
		if t.reaches(m) && t.holds(m, amount, distance, goods, inPerson) {
			return cell{rule: t.rule, outcome: t.outcome}
		}
	}
	return now
}

func (t *test) reaches(m *row) bool {
	return t.categories>>m.category&(t.kinds>>m.kind)&(t.statuses>>m.status)&1 != 0
}

func (t *test) holds(m *row, amount, distance int64, goods uint8, inPerson bool) bool {
	switch Shape(t.by) {
	case Always:
		return true
	case AmountBelow:
		return amount < t.a
	case AmountUpTo:
		return amount >= t.a
	case Beyond:
		return distance > t.a
	case GoodsIn:
		return t.goods>>goods&1 != 0
	case Younger:
		return int64(m.age) < t.a
	case Remote:
		return !inPerson
	case RemoteUpTo:
		return !inPerson && amount >= t.a
	case EitherOver:
		return amount >= t.a || distance > t.b
	case Points:
		return int64(m.points) >= t.a
	case LocalPoints:
		return m.local != 0 && int64(m.points) >= t.a
	case BelowUnless:
		return amount < t.a && t.goods>>goods&1 == 0
	}
	return false
}

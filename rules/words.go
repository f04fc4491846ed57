package rules

import (
	"strings"

	"github.com/google/cel-go/common/types/ref"

	"github.com/comity-project/comity/domain"
)

// Words says a condition in plain words, codes by their terms:
//
//	member.category in [DIP_AGENT, DIP_AT] && member.age >= 21
//
//	the category of the member is one of: diplomatic agent, administrative and
//	technical staff; and the age of the member is at least 21 years
//
// Joined are the words of its parts; an atom or a part outside of the language of
// forms is said whole.
type Words struct {
	// Text says an atom, and of a join how its parts are joined: all of these, any of
	// these, the second if the first, otherwise the third.
	Text  string
	Parts []Words
	// Source is the part as it is written, names of let substituted.
	Source string
}

// Words says the form in plain words.
func (f Form) Words() Words { return f.words(false) }

// words says the form, or its opposite.
func (f Form) words(negated bool) Words {
	w := Words{Source: f.Source()}
	op := f.Op()
	switch op {
	case OpNot:
		return f.Parts()[0].words(!negated)
	case OpAnd, OpOr:
		w.Text = "all of these"
		if (op == OpOr) != negated { // of an opposite, the other join of the opposites
			w.Text = "any of these"
		}
		for _, part := range f.Parts() {
			w.Parts = append(w.Parts, part.words(negated))
		}
		return w
	case OpChoice:
		parts := f.Parts()
		w.Text = "if the first is so the second, otherwise the third"
		w.Parts = []Words{parts[0].words(false), parts[1].words(negated), parts[2].words(negated)}
		return w
	default:
		w.Text = f.atom(negated)
		return w
	}
}

// verbs say an atom that compares, and its opposite.
var verbs = map[Op][2]string{
	OpTrue: {"is true", "is not true"}, OpHas: {"is known", "is not known"},
	OpEqual: {"is", "is not"}, OpDiffers: {"is not", "is"}, OpOneOf: {"is one of:", "is none of:"}, OpIn: {"is among", "is not among"},
	OpLess: {"is less than", "is at least"}, OpAtMost: {"is at most", "is more than"}, OpMore: {"is more than", "is at most"}, OpAtLeast: {"is at least", "is less than"},
}

func (f Form) atom(negated bool) string {
	side := 0
	if negated {
		side = 1
	}
	op := f.Op()
	switch {
	case op == OpConst && f.Held() != negated:
		return "always"
	case op == OpConst:
		return "never"
	case op == OpOpaque && negated:
		return "it is not so that " + f.Source()
	case op == OpOpaque:
		return f.Source()
	}
	words := []string{f.operand(f.t.a, nil), verbs[op][side]}
	switch {
	case f.t.set != nil:
		var listed []string
		for _, v := range f.t.set.elems {
			listed = append(listed, f.constant(v, &f.t.a))
		}
		words = append(words, strings.Join(listed, ", "))
	case op != OpTrue && op != OpHas:
		words = append(words, f.operand(f.t.b, &f.t.a))
	}
	return strings.Join(words, " ")
}

// operand says what is compared; a constant in the way of what it is compared with.
func (f Form) operand(o operand, with *operand) string {
	switch {
	case o.constant != nil:
		return f.constant(o.constant, with)
	case o.privilege:
		return "what is asked"
	case o.layout == nil:
		return ""
	}
	name, of := strings.ReplaceAll(o.layout.facts[o.slot].decl.Name, "_", " "), o.kind()
	if o.size {
		name = "number of the " + name
	}
	if of == "condition" {
		return "the " + name + " that the condition states"
	}
	return "the " + name + " of the " + of
}

func (f Form) constant(v ref.Val, with *operand) string {
	if e, ok := v.(*enumVal); ok {
		return f.e.lang.Term(e.enum.list.Name, e.code)
	}
	value, err := toValue(v)
	if err != nil {
		return f.Source() // unreachable: constants have values
	}
	if with != nil && with.layout != nil && !with.size {
		if text := with.layout.facts[with.slot].format(value); text != value.String() {
			return text
		}
	}
	if value.Kind() == domain.TextValue {
		return `"` + value.Text() + `"`
	}
	return value.String()
}

// FloorOf lists the floors that mark a privilege, the hard ones first.
func (e *Edition) FloorOf(p domain.Privilege) []*Floor { return e.floorsOf(p) }

// Meets reports whether two rules speak of one privilege at one tier, and may reach the
// same person or mission.
func (rule *Rule) Meets(other *Rule) bool {
	if rule == other || rule.Tier != other.Tier || rule.Of&other.Of == 0 || rule.Each != other.Each ||
		rule.InForceFrom >= other.InForceTo || other.InForceFrom >= rule.InForceTo {
		return false
	}
	speaks := len(rule.Privileges) == 0 || len(other.Privileges) == 0
	for _, p := range rule.Privileges {
		speaks = speaks || other.SpeaksOf(p)
	}
	a, b := &rule.Applies, &other.Applies
	apart := a.Family == FamilyOnly && b.Family == FamilyNo || a.Family == FamilyNo && b.Family == FamilyOnly
	return speaks && !apart && share(a.States, b.States) && share(a.Scope.MissionKinds, b.Scope.MissionKinds) && share(a.Scope.Missions, b.Scope.Missions) &&
		share(a.Scope.Categories, b.Scope.Categories) && share(a.Scope.Ranks, b.Scope.Ranks) && share(a.Scope.Statuses, b.Scope.Statuses) && share(a.Scope.Members, b.Scope.Members)
}

// share reports whether two lists have a value in common; an empty one has all.
func share[T comparable](a, b []T) bool {
	for _, v := range a {
		if among(b, v) {
			return true
		}
	}
	return len(a) == 0
}

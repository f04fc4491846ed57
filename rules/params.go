package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
)

// param is the fact of measures that reads a parameter, or nil.
func (l *Language) param(name string) *factType {
	lay := l.env.layouts["measure"]
	for i := range lay.facts {
		if from := lay.facts[i].decl.From; from.Constructor == "param" && from.Attr == name {
			return &lay.facts[i]
		}
	}
	return nil
}

// Params names the parameters of a treatment that rules can read, in order of
// declaration.
func (l *Language) Params() []string {
	var names []string
	for _, d := range l.Facts["measure"] {
		if d.From.Constructor == "param" {
			names = append(names, d.From.Attr)
		}
	}
	return names
}

// CheckParam says what is wrong with a parameter of a treatment: no rule can read
// one of that name, or it does not hold what is declared.
func (l *Language) CheckParam(name string, v domain.Value) error {
	t := l.param(name)
	if t == nil {
		if near := domain.Nearest(name, l.Params()); near != "" {
			return fmt.Errorf("no rule reads %q; did you mean %q?", name, near)
		}
		return fmt.Errorf("no rule reads %q; known are %s. What is for people to read goes into the source, the ground or the authority", name, strings.Join(l.Params(), ", "))
	}
	_, err := t.box(v)
	switch {
	case err != nil && t.decl.Type == domain.MoneyFact:
		return fmt.Errorf("%q is no amount: write whole cents, such as 30000 for $300.00, or on a command line $300", clip(v.String()))
	case err != nil && t.enum != nil:
		return fmt.Errorf("%q is not %s%s", clip(v.String()), t.describe(), hinted(domain.Fold(v.Text()), t.enum.list.names()))
	case err != nil:
		return fmt.Errorf("%q is not %s", clip(v.String()), t.describe())
	case t.negative(v):
		return fmt.Errorf("%q can't be negative: write %s that is zero or more", clip(v.String()), t.describe())
	case t.decl.Type == domain.MoneyFact && v.Int() > domain.MaxCents:
		return fmt.Errorf("%q is too large: nobody pays more than %s", clip(v.String()), domain.Cents(domain.MaxCents).Dollars())
	case t.decl.Type == domain.TextFact && !t.spelled(v.Text()):
		return fmt.Errorf("%q is not %s", clip(v.String()), t.describe())
	case t.decl.Type == domain.WordFact && domain.Fold(v.Text()) == "":
		return fmt.Errorf("%q is no word: name one, or leave the parameter out", clip(v.String()))
	case t.decl.Words:
		words := v.List()
		if v.Kind() == domain.TextValue {
			words = []string{v.Text()}
		}
		for _, word := range words {
			if domain.Fold(word) == "" {
				return fmt.Errorf("%q is no word: name one, or leave it out", clip(word))
			}
		}
	}
	return nil
}

// Shown writes a constant that the condition is given for people: money in dollars,
// lengths in their unit; of an expression nothing.
func (d *ConditionDecl) Shown(p ParamUse) string {
	if p.Expr != nil {
		return ""
	}
	for _, decl := range d.Params {
		if decl.Name == p.Name {
			return (&factType{decl: decl}).format(p.Const)
		}
	}
	return p.Const.String()
}

// CheckLevel returns what the parameters of a treatment lack: what one of them
// says nothing without, and what the level needs. Without a level it is only the
// former.
func (l *Language) CheckLevel(level domain.Level, params domain.Params) []domain.ParamError {
	var out []domain.ParamError
	for _, name := range l.Params() {
		with := l.param(name).decl.With
		if given(params, name) && with != "" && !given(params, with) {
			out = append(out, domain.ParamError{Name: name, Text: fmt.Sprintf("says nothing without %s: state %s, or leave %s out", with, with, name)})
		}
	}
	levels := l.Lists["level"]
	i, known := levels.index[string(level)]
	if !known {
		return out
	}
	for _, need := range levels.Codes[i].Needs {
		stated := false
		for _, name := range need {
			stated = stated || given(params, name)
		}
		if !stated {
			out = append(out, domain.ParamError{Name: need[0], Text: fmt.Sprintf("the level %s says nothing without %s: state it", level, strings.Join(need, " or "))})
		}
	}
	return out
}

// Meant returns what the parameters of a treatment mean, so that treatment said
// in other words has equal parameters: numbers without needless zeros, words and
// codes as the vocabulary spells them, lists sorted and without repetition, and
// in place of what was left out its default, if it has one. What no rule reads,
// or doesn't hold what is declared, stays as it is.
func (l *Language) Meant(params domain.Params) domain.Params {
	out := domain.Params{}
	for name, v := range params {
		if t := l.param(name); t != nil && given(params, name) {
			out[name] = t.meant(v)
		} else if given(params, name) {
			out[name] = v
		}
	}
	for _, name := range l.Params() {
		if t := l.param(name); t.decl.HasDefault && !given(out, name) {
			out[name] = t.meant(t.decl.Default)
		}
	}
	return out
}

// meant is the one value for all that mean the same.
func (t *factType) meant(v domain.Value) domain.Value {
	boxed, err := t.box(v)
	if err != nil {
		return v
	}
	one, err := toValue(boxed)
	switch {
	case err != nil:
		return v // unreachable: what is boxed is of a type that facts have
	case one.Kind() == domain.ListValue:
		sorted := slices.Clone(one.List())
		slices.Sort(sorted)
		return domain.List(slices.Compact(sorted))
	case t.decl.Letters > 0:
		return domain.Text(strings.ToUpper(one.Text()))
	default:
		return one
	}
}

// given reports whether a parameter is stated. An empty list states nothing.
func given(params domain.Params, name string) bool {
	v := params[name]
	return !v.IsZero() && (v.Kind() != domain.ListValue || len(v.List()) > 0)
}

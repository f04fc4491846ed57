package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/comity-project/comity/domain"
)

// A factType turns the words, values and CEL values of one declared fact into
// each other.
//
//	type           word           domain.Value                   CEL
//	bool           true           Bool                           bool
//	int            21             Int                            int
//	decimal 3      25.001         Text "25.001" (or a whole Int) decimal
//	money          30000, $300    Int, in cents                  int
//	text           capital        Text                           string
//	word           Gas oil        Text, folded                   string
//	<list>         dip.agent      Text, the code                 the list's type
//	set of text    a, b           List                           list(string)
//	set of word    Wine, Gas oil  List, folded                   list(string)
//	set of <list>  lpr, none      List of codes                  list(the list's type)
//	map            p=outcome, ... List of privilege=outcome      map(privilege, outcome)
type factType struct {
	decl     domain.FactDecl
	enum     *enum // of EnumFact, and of SetFact unless of text
	keys     *enum // of MapFact: privileges
	outcomes *enum
}

func (t *factType) cel() *cel.Type {
	switch t.decl.Type {
	case domain.BoolFact:
		return cel.BoolType
	case domain.IntFact, domain.MoneyFact:
		return cel.IntType
	case domain.DecimalFact:
		return decimalType
	case domain.EnumFact:
		return t.enum.typ
	case domain.SetFact:
		if t.enum != nil {
			return cel.ListType(t.enum.typ)
		}
		return cel.ListType(cel.StringType)
	case domain.MapFact:
		return cel.MapType(t.keys.typ, t.outcomes.typ)
	default:
		return cel.StringType
	}
}

// describe says for people what is expected.
func (t *factType) describe() string {
	switch t.decl.Type {
	case domain.BoolFact:
		return "true or false"
	case domain.IntFact:
		return "a whole number" + t.unit()
	case domain.DecimalFact:
		return fmt.Sprintf("a number with at most %d decimal places%s", t.decl.Scale, t.unit())
	case domain.MoneyFact:
		return "an amount of money: cents such as 30000, or dollars such as $300 or 300.00"
	case domain.EnumFact:
		return "one of " + t.enum.some()
	case domain.SetFact:
		if t.enum != nil {
			return "a list of " + t.enum.some()
		}
		if t.decl.Words {
			return "a list of words"
		}
		return "a list of texts"
	case domain.MapFact:
		return "a map from privileges to outcomes"
	case domain.WordFact:
		return "a word"
	default:
		if t.decl.Letters > 0 {
			return fmt.Sprintf("%d letters", t.decl.Letters)
		}
		return "a text"
	}
}

func (t *factType) unit() string {
	if t.decl.Unit == "" {
		return ""
	}
	return " in " + t.decl.Unit
}

// some lists the codes, if they are few.
func (e *enum) some() string {
	const few = 12
	names := e.list.names()
	if len(names) > few {
		return fmt.Sprintf("the %d codes of %s", len(names), e.list.Name)
	}
	return strings.Join(names, ", ")
}

// parse reads a word.
func (t *factType) parse(word string) (domain.Value, error) {
	wrong := func(detail string) error {
		if detail != "" {
			return fmt.Errorf("%q is not %s; %s", clip(word), t.describe(), detail)
		}
		return fmt.Errorf("%q is not %s", clip(word), t.describe())
	}
	switch t.decl.Type {
	case domain.BoolFact:
		switch word {
		case "true":
			return domain.Bool(true), nil
		case "false":
			return domain.Bool(false), nil
		}
		return domain.Value{}, wrong("")
	case domain.IntFact:
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil {
			return domain.Value{}, wrong("")
		}
		return domain.Int(n), nil
	case domain.MoneyFact:
		n, err := domain.ParseCents(word)
		if err != nil {
			return domain.Value{}, wrong("")
		}
		return domain.Int(int64(n)), nil
	case domain.DecimalFact:
		d, err := parseDecimal(word, t.decl.Scale)
		if err != nil {
			return domain.Value{}, wrong(err.Error())
		}
		return domain.Text(d.String()), nil
	case domain.EnumFact:
		code, found := t.enum.read(word)
		if !found {
			return domain.Value{}, wrong(suggest(domain.Fold(word), t.enum.list.names()))
		}
		return domain.Text(code.code), nil
	case domain.WordFact:
		if domain.Fold(word) == "" && word != "" {
			return domain.Value{}, wrong("")
		}
		return domain.Text(domain.Fold(word)), nil
	case domain.SetFact, domain.MapFact:
		var words []string
		for w := range strings.SplitSeq(word, ",") {
			if w = strings.TrimSpace(w); w != "" {
				words = append(words, w)
			}
		}
		return t.parseList(words)
	default:
		if !t.spelled(word) {
			return domain.Value{}, wrong("")
		}
		return domain.Text(word), nil
	}
}

// parseList reads the elements of a set, or the entries key=value of a map.
func (t *factType) parseList(words []string) (domain.Value, error) {
	sorted := make([]string, len(words))
	for i, w := range words {
		sorted[i] = w
		if t.decl.Type == domain.MapFact {
			key, outcome, _ := strings.Cut(w, "=")
			if _, found := t.keys.value(key); !found {
				return domain.Value{}, fmt.Errorf("%q is not a privilege%s", clip(key), hinted(key, t.keys.list.names()))
			}
			if _, found := t.outcomes.value(outcome); !found {
				return domain.Value{}, fmt.Errorf("%q is not an outcome%s", clip(outcome), hinted(outcome, t.outcomes.list.names()))
			}
			continue
		}
		if t.decl.Words {
			sorted[i] = domain.Fold(w)
		}
		if t.enum == nil {
			continue
		}
		code, found := t.enum.read(w)
		if !found {
			return domain.Value{}, fmt.Errorf("%q is not in the list %s%s", clip(w), t.enum.list.Name, hinted(w, t.enum.list.names()))
		}
		sorted[i] = code.code
	}
	slices.Sort(sorted)
	return domain.List(slices.Compact(sorted)), nil
}

func hinted(word string, known []string) string {
	if s := suggest(word, known); s != "" {
		return "; " + s
	}
	return ""
}

// box makes a value into what expressions read.
func (t *factType) box(v domain.Value) (ref.Val, error) {
	wrong := func() error { return fmt.Errorf("holds %q, which is not %s", clip(v.String()), t.describe()) }
	switch t.decl.Type {
	case domain.BoolFact:
		if v.Kind() == domain.BoolValue {
			return types.Bool(v.Bool()), nil
		}
	case domain.IntFact, domain.MoneyFact:
		if v.Kind() == domain.IntValue {
			return types.Int(v.Int()), nil
		}
	case domain.DecimalFact:
		if v.Kind() == domain.IntValue || v.Kind() == domain.TextValue {
			if d, err := parseDecimal(v.String(), t.decl.Scale); err == nil {
				return d, nil
			}
		}
	case domain.EnumFact:
		if code, found := t.enum.read(v.Text()); v.Kind() == domain.TextValue && found {
			return code, nil
		}
	case domain.WordFact:
		if v.Kind() == domain.TextValue {
			return types.String(domain.Fold(v.Text())), nil
		}
	case domain.TextFact:
		if v.Kind() == domain.TextValue {
			return types.String(v.Text()), nil
		}
	case domain.SetFact:
		return t.boxSet(v, wrong)
	case domain.MapFact:
		return t.boxMap(v, wrong)
	}
	return nil, wrong()
}

func (t *factType) boxSet(v domain.Value, wrong func() error) (ref.Val, error) {
	if v.Kind() == domain.TextValue {
		v = domain.List([]string{v.Text()}) // one element needs no list around it
	}
	if v.Kind() != domain.ListValue {
		return nil, wrong()
	}
	elems := make([]ref.Val, 0, len(v.List()))
	for _, text := range v.List() {
		if t.enum == nil {
			if t.decl.Words {
				text = domain.Fold(text)
			}
			elems = append(elems, types.String(text))
			continue
		}
		code, found := t.enum.read(text)
		if !found {
			return nil, wrong()
		}
		elems = append(elems, code)
	}
	return newSet(elems), nil
}

// canonical is the value as expressions read it: words are folded, and codes as
// the vocabulary spells them.
func (t *factType) canonical(v domain.Value, boxed ref.Val) domain.Value {
	switch {
	case t.decl.Type == domain.WordFact:
		return domain.Text(domain.Fold(v.Text()))
	case t.decl.Type == domain.SetFact && t.decl.Words:
		words := v.List()
		if v.Kind() == domain.TextValue {
			words = []string{v.Text()}
		}
		folded := make([]string, len(words))
		for i, word := range words {
			folded[i] = domain.Fold(word)
		}
		return domain.List(folded)
	}
	if code, isCode := boxed.(*enumVal); isCode && code.code != v.Text() {
		return domain.Text(code.code)
	}
	return v
}

// spelled reports whether the text has the letters that are declared, if any.
func (t *factType) spelled(text string) bool {
	if t.decl.Letters == 0 {
		return true
	}
	for _, c := range text {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return len(text) == t.decl.Letters
}

// negative reports whether the value is a number below zero.
func (t *factType) negative(v domain.Value) bool {
	switch t.decl.Type {
	case domain.IntFact, domain.MoneyFact:
		return v.Int() < 0
	case domain.DecimalFact:
		return strings.HasPrefix(v.String(), "-")
	default:
		return false
	}
}

func (t *factType) boxMap(v domain.Value, wrong func() error) (ref.Val, error) {
	if v.Kind() != domain.ListValue {
		return nil, wrong()
	}
	m := &mapping{}
	for _, entry := range v.List() {
		key, value, _ := strings.Cut(entry, "=")
		k, known := t.keys.value(key)
		o, outcome := t.outcomes.value(value)
		if !known || !outcome {
			return nil, wrong()
		}
		m.keys = append(m.keys, k)
		m.values = append(m.values, o)
	}
	return m, nil
}

// format writes a value for people.
func (t *factType) format(v domain.Value) string {
	if t.decl.Type == domain.MoneyFact && v.Kind() == domain.IntValue {
		return domain.Cents(v.Int()).Dollars()
	}
	if t.decl.Unit != "" && (t.decl.Type == domain.DecimalFact || t.decl.Type == domain.IntFact) {
		return v.String() + " " + t.decl.Unit
	}
	return v.String()
}

package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
)

// What follows describes the language of expressions to people who write in it.

// A Word is a name that every expression knows.
type Word struct {
	Name string
	Form string // how it is written: size(list)
	Doc  string // what it is, in a line
}

// Functions describes what expressions may call, in order of name.
func Functions() []Word {
	return []Word{
		{"all", "list.all(x, condition)", "whether the condition is true of every element"},
		{"contains", "text.contains(part)", "whether the text has the part in it"},
		{"endsWith", "text.endsWith(end)", "whether the text ends so"},
		{"exists", "list.exists(x, condition)", "whether the condition is true of any element"},
		{"exists_one", "list.exists_one(x, condition)", "whether the condition is true of exactly one element"},
		{"has", "has(object.fact)", "whether the fact is known"},
		{"percent", "percent(amount, rate)", "the share of an amount of money, in whole cents, rounded half up"},
		{"size", "size(list)", "how many elements a list or map has, or a text characters"},
		{"startsWith", "text.startsWith(beginning)", "whether the text begins so"},
		{"string", "string(number)", "a whole number as a text"},
	}
}

// Objects describes the objects that every expression may read, in order of name.
func Objects() []Word {
	return []Word{
		{"filing", "filing", "the latest request on record that serves for what is asked"},
		{"member", "member", "the person asked about"},
		{"mission", "mission", "the mission of the capacity in question, or the one asked about"},
		{"property", "property", "what request.object names, if it is a property on record"},
		{"protection", "protection", "what was done for the security of whom the question is about"},
		{"request", "request", "what the question brings"},
		{"sponsor", "sponsor", "the sponsor of a family member; for anybody else the member again"},
		{"state", "state", "the sending State"},
		{"vehicle", "vehicle", "what request.object names, if it is a vehicle on record"},
	}
}

// Constant is how expressions write a code: dip.agent is DIP_AGENT.
func Constant(code string) string { return constantOf(code) }

// CheckName says why a name can't be one that let gives to an expression, whatever
// the vocabulary is: it is malformed, or has a meaning already. Names of lists and
// constants are taken as well.
func CheckName(name string) error {
	switch {
	case !isName(name):
		return fmt.Errorf("%q is no name: use letters, digits and _, beginning with a letter", clip(name))
	case fixedName(name):
		return fmt.Errorf("%s already means something in expressions", name)
	}
	return nil
}

// BoundObjects are the objects that a rule is evaluated for, by the letter under
// which expressions read it.
func BoundObjects() map[string]Each {
	out := map[string]Each{}
	for each, letter := range boundNames {
		out[letter] = each
	}
	return out
}

// FactObjects are the objects of which the block facts declares facts.
func FactObjects() []string { return slices.Clone(factObjects) }

// FactTypes are the types of facts beside the lists of the vocabulary.
func FactTypes() []string {
	return []string{
		string(domain.BoolFact), string(domain.IntFact), "decimal 3", string(domain.MoneyFact), string(domain.TextFact),
		string(domain.WordFact), "set of text", "set of word", string(domain.MapFact),
	}
}

// ConstructorsOf names the constructors of the facts of an object, with what each
// may be applied to: `capacity category`.
func ConstructorsOf(object string) []string {
	var out []string
	for _, name := range sortedKeys(constructors) {
		c := constructors[name]
		switch {
		case !slices.Contains(c.objects, object):
		case len(c.attrs) == 0:
			out = append(out, strings.TrimSpace(name))
		default:
			for _, attr := range c.attrs {
				out = append(out, name+" "+attr)
			}
		}
	}
	return out
}

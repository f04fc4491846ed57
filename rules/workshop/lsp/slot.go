package lsp

import (
	"github.com/comity-project/comity/rules"
)

// A slot is what may stand at a place of a file. A place has several where the
// format leaves a choice, such as an outcome or an expression of one.
type slot struct {
	is rules.Type
	// facts is the object whose facts are the keys of the map; of a bound, beside
	// those of its shape.
	facts string
	// fact is the fact of which the value is.
	fact *fact
	// declares says what the keys of the map declare: "list", "object", "let",
	// "letter", "code:<list>" or "fact:<object>".
	declares string
	// met is the condition whose expression this is.
	met string
	// within is the shape and key under which it stands: case.code.
	within string
	view   bool
}

var shapes = func() map[string]rules.Shape {
	out := map[string]rules.Shape{}
	for _, s := range rules.Shapes() {
		out[s.Name] = s
	}
	return out
}()

// choices writes out the alternatives of a slot.
func (s slot) choices() []slot {
	if s.is.Kind != rules.EitherType {
		return []slot{s}
	}
	var out []slot
	for _, t := range s.is.Either {
		one := s
		one.is = t
		out = append(out, one.choices()...)
	}
	return out
}

func choicesOf(slots []slot) []slot {
	var out []slot
	for _, s := range slots {
		out = append(out, s.choices()...)
	}
	return out
}

// rootSlots are those of a whole file.
var rootSlots = []slot{{is: rules.Type{Kind: rules.ShapeType, Shape: "file"}}}

// slots returns what may stand where a node stands. Of a key it is what may stand
// under it.
func (w *words) slots(n *node) []slot {
	if n.parent == nil {
		return rootSlots
	}
	around := w.slots(n.parent)
	if n.parent.kind == listNode {
		return w.inList(around)
	}
	key := n.keyAbove()
	if key == nil {
		key = n
	}
	return w.under(n.parent, around, key.word())
}

// inList returns what the items of a list are.
func (w *words) inList(around []slot) []slot {
	var out []slot
	for _, s := range choicesOf(around) {
		switch {
		case s.is.Kind == rules.ListType:
			one := s
			one.is = *s.is.Of
			out = append(out, one)
		case s.fact != nil && s.fact.isSet:
			out = append(out, s)
		}
	}
	return out
}

// under returns what may stand under a key of a map.
func (w *words) under(n *node, around []slot, key string) []slot {
	var out []slot
	for _, s := range choicesOf(around) {
		switch s.is.Kind {
		case rules.ShapeType:
			out = append(out, w.underShape(n, s, key)...)
		case rules.EntriesType:
			out = append(out, w.underEntries(s, key))
		default: // no map stands there
		}
	}
	return out
}

func (w *words) underEntries(s slot, key string) slot {
	one := slot{is: *s.is.Of, within: s.within}
	switch {
	case s.facts != "":
		one.fact = w.fact(s.facts, key)
	case s.is.List == "condition" && s.is.Of.Kind == rules.AnyType: // {code: {param: value}}
		one.is = rules.Type{Kind: rules.EntriesType, Of: s.is.Of}
		one.facts = "condition " + key
	case s.declares == "list":
		one.declares = "code:" + key
		if key == "level" {
			level := *s.is.Of
			level.Of = &rules.Type{Kind: rules.ShapeType, Shape: "level"}
			one.is = level
		}
	case s.declares == "object":
		one.declares = "fact:" + key
	case s.declares == "code:condition":
		one.met = key
	}
	return one
}

func (w *words) underShape(n *node, s slot, key string) []slot {
	for _, k := range shapes[s.is.Shape].Keys {
		if k.Name != key {
			continue
		}
		one := slot{is: k.Is, met: s.met, view: s.view || s.is.Shape == "says" || s.is.Shape == "guidance", within: s.is.Shape + "." + key}
		switch one.within {
		case "file.vocabulary":
			one.declares = "list"
		case "file.privileges":
			one.declares = "code:privilege"
		case "file.conditions":
			one.declares = "code:condition"
		case "file.facts":
			one.declares = "object"
		case "file.request":
			one.declares = "fact:request"
		case "file.let":
			one.declares = "let"
		case "condition.params":
			one.declares = "fact:condition " + s.met
		case "table.codes":
			one.declares = "letter"
		case "case.request", "floor.witness":
			one.facts = "request"
		case "given.member", "given.sponsor", "given.mission", "given.state", "given.vehicle", "given.property", "given.filing", "given.protection":
			one.facts = key
		case "given.measures", "given.grants", "given.restrictions":
			one.facts = string(rules.EachMeasure)
		case "given.agreements":
			one.facts = string(rules.EachAgreement)
		case "given.waivers":
			one.facts = string(rules.EachWaiver)
		case "column.keys":
			if table := n.mapAbove("by"); table != nil {
				one.is = rules.Type{Kind: rules.ListType, Of: &rules.Type{Kind: rules.CodeType, List: table.get("by").word()}}
			}
		case "case.expect":
			if by := n.get("by"); by != nil {
				one.is = rules.Type{Kind: rules.EntriesType, List: by.word(), Of: &rules.Type{Kind: rules.TextType}}
			}
		case "fact.default", "asked.default":
			d := factOf(nil, "", entry{key: n, value: n})
			one.fact = d
		}
		return []slot{one}
	}
	if f := w.fact(s.facts, key); s.facts != "" && f != nil {
		return []slot{{fact: f, within: s.within}}
	}
	return nil
}

// expression reports whether a scalar with these slots is an expression, and from
// which code point of its value on.
func expression(n *node, slots []slot) (s slot, from int, is bool) {
	for _, c := range choicesOf(slots) {
		switch {
		case c.is.Kind == rules.ExpressionType:
			return c, 0, true
		case len(n.value) > 0 && n.value[0] == '=' && (c.is.Kind == rules.ValueType || c.fact != nil):
			return c, 1, true
		}
	}
	return slot{}, 0, false
}

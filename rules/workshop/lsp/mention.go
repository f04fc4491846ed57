package lsp

import (
	"slices"
	"strings"

	"github.com/comity-project/comity/rules"
)

// What a mention may name.
const (
	ofCode     = "code"     // name: list/code
	ofFact     = "fact"     // name: object.fact
	ofLet      = "let"      // name
	ofRule     = "rule"     // id
	ofList     = "list"     // of the vocabulary
	ofObject   = "object"   // member
	ofFunction = "function" // size
	ofPattern  = "pattern"  // imm.*
	ofReason   = "reason"   // the code of a rule, which cases expect
	ofLetter   = "letter"   // of a table: B-PERSON/A
	ofNumber   = "number"   // of an expression
	ofText     = "text"     // of an expression
	ofSign     = "sign"     // of an expression
)

// A mention is a place where something is named.
type mention struct {
	kind, name string
	file       *file
	from, to   int
	declares   bool // it is its declaration
	expression bool // it stands in an expression
}

func (m mention) same(o mention) bool { return m.kind == o.kind && m.name == o.name }

// mentions returns every mention in a file, in order. Numbers, texts and signs of
// expressions are among them if signs is set.
func (w *words) mentions(f *file, signs bool) []mention {
	v := &visitor{w: w, file: f, signs: signs}
	if f.root != nil {
		v.visit(f.root, rootSlots)
	}
	slices.SortStableFunc(v.found, func(a, b mention) int { return a.from - b.from })
	return v.found
}

// mentionAt returns the mention at an offset, its end included.
func (w *words) mentionAt(f *file, offset int) (mention, bool) {
	var best mention
	found := false
	for _, m := range w.mentions(f, false) {
		if m.from <= offset && offset <= m.to && (!found || m.to-m.from < best.to-best.from || best.to == offset && m.from == offset) {
			best, found = m, true
		}
	}
	return best, found
}

type visitor struct {
	w     *words
	file  *file
	signs bool
	found []mention
}

func (v *visitor) add(kind, name string, from, to int, declares bool) {
	v.found = append(v.found, mention{kind: kind, name: name, file: v.file, from: from, to: to, declares: declares})
}

func (v *visitor) visit(n *node, slots []slot) {
	switch n.kind {
	case scalarNode:
		v.scalar(n, slots)
	case listNode:
		inside := v.w.inList(slots)
		for _, i := range n.items {
			if i != nil {
				v.visit(i, inside)
			}
		}
	case mapNode:
		for _, e := range n.entries {
			if e.key != nil {
				v.key(n, e.key, slots)
			}
			if e.value != nil {
				key := ""
				if e.key != nil {
					key = e.key.word()
				}
				v.visit(e.value, v.w.under(n, slots, key))
			}
		}
	}
}

// key notes what a key declares or names.
func (v *visitor) key(n, key *node, slots []slot) {
	word := key.word()
	for _, s := range choicesOf(slots) {
		list, isCode := strings.CutPrefix(s.declares, "code:")
		object, isFact := strings.CutPrefix(s.declares, "fact:")
		switch {
		case isCode:
			v.add(ofCode, list+"/"+word, key.from, key.to, true)
		case isFact:
			v.add(ofFact, object+"."+word, key.from, key.to, true)
		case s.declares == "list":
			v.add(ofList, word, key.from, key.to, true)
		case s.declares == "object":
			v.add(ofObject, word, key.from, key.to, false)
		case s.declares == "let":
			v.add(ofLet, word, key.from, key.to, true)
		case s.declares == "letter":
			v.add(ofLetter, n.tableID()+"/"+word, key.from, key.to, true)
		case s.facts != "":
			if f := v.w.fact(s.facts, word); f != nil {
				v.add(ofFact, f.object+"."+word, key.from, key.to, false)
			}
		case s.is.Kind == rules.EntriesType && s.is.List != "":
			v.code(s.is.List, word, key.from, key.to)
		}
	}
}

// tableID is the id of the table around a node.
func (n *node) tableID() string {
	for p := n; p != nil; p = p.parent {
		if p.kind == mapNode && p.get("rows") != nil && p.get("id") != nil {
			return p.get("id").word()
		}
	}
	return ""
}

func (v *visitor) code(list, word string, from, to int) {
	if v.w.codes[list+"/"+word] != nil {
		v.add(ofCode, list+"/"+word, from, to, false)
	}
}

func (v *visitor) scalar(n *node, slots []slot) {
	if s, from, is := expression(n, slots); is {
		v.expression(n, from, s)
		return
	}
	word := n.word()
	for _, s := range choicesOf(slots) {
		switch {
		case s.fact != nil && s.fact.list != "":
			v.code(s.fact.list, word, n.from, n.to)
		case s.is.Kind == rules.CodeType:
			v.code(s.is.List, word, n.from, n.to)
		case s.is.Kind == rules.PatternType && strings.HasSuffix(word, "*"):
			v.add(ofPattern, word, n.from, n.to, false)
		case s.is.Kind == rules.PatternType:
			v.code("privilege", word, n.from, n.to)
		case s.is.Kind == rules.TextType:
			v.text(n, s)
		}
	}
}

// text notes what texts of a fixed form name.
func (v *visitor) text(n *node, s slot) {
	word := n.word()
	switch s.within {
	case "rule.id", "table.id":
		v.add(ofRule, word, n.from, n.to, true)
	case "rule.code", "cell.code", "row.code":
		v.add(ofReason, word, n.from, n.to, true)
	case "case.code":
		v.add(ofReason, word, n.from, n.to, false)
	case "fact.type", "asked.type":
		list := strings.TrimPrefix(word, "set of ")
		if len(v.w.lists[list]) > 0 {
			v.add(ofList, list, n.to-len(list), n.to, false)
		}
	case "capacities.severed":
		v.code("mission_kind", word, n.from, n.to)
	case "row.cells":
		v.pieces(n, func(piece string, from, to int) { v.add(ofLetter, n.tableID()+"/"+piece, from, to, false) })
	case "case.expect":
		v.pieces(n, func(piece string, from, to int) {
			v.code("outcome", piece, from, to)
			v.code("condition", piece, from, to)
		})
	default:
		v.pieces(n, func(piece string, from, to int) {
			if strings.Contains(piece, "-") && v.w.ruleIDs[piece] != nil {
				v.add(ofRule, piece, from, to, false)
			}
		})
	}
}

// pieces calls do with every word of a scalar that could be an identifier.
func (v *visitor) pieces(n *node, do func(piece string, from, to int)) {
	start := -1
	for i := 0; i <= len(n.value); i++ {
		inside := i < len(n.value) && (isNameStart(n.value[i]) || isDigit(n.value[i]) || strings.ContainsRune("-./", n.value[i]))
		if inside && start < 0 {
			start = i
		}
		if !inside && start >= 0 {
			end := i
			for end > start+1 && n.value[end-1] == '.' { // a full stop
				end--
			}
			do(string(n.value[start:end]), n.places[start], n.places[end-1]+1)
			start = -1
		}
	}
}

// expression notes what an expression names.
func (v *visitor) expression(n *node, skip int, s slot) {
	t := tokensOf(n.value[skip:])
	for i, tok := range t.list {
		from, to := n.places[skip+tok.from], n.places[skip+tok.to-1]+1
		before := len(v.found)
		switch {
		case tok.kind == nameToken:
			v.name(t, i, s, from, to)
		case v.signs:
			v.add(map[tokenKind]string{numberToken: ofNumber, textToken: ofText, signToken: ofSign}[tok.kind], t.word(i), from, to, false)
		}
		for j := before; j < len(v.found); j++ {
			v.found[j].expression = true
		}
	}
}

func (v *visitor) name(t tokens, i int, s slot, from, to int) {
	word := t.word(i)
	switch {
	case t.word(i-1) == "." && t.isName(i-2):
		if object := v.w.object(t.word(i-2), s.met); object != "" {
			if f := v.w.fact(object, word); f != nil {
				v.add(ofFact, f.object+"."+word, from, to, false)
			}
		} else if c := v.w.coded(t.word(i-2), word); c != nil {
			v.add(ofCode, c.list+"/"+c.code, from, to, false)
		} else if t.word(i+1) == "(" {
			v.add(ofFunction, word, from, to, false)
		}
	case t.word(i+1) == "(" || t.word(i-1) == ".":
		v.add(ofFunction, word, from, to, false)
	case word == "in" || word == "true" || word == "false":
		if v.signs {
			v.add(ofSign, word, from, to, false)
		}
	case v.w.lets[word] != nil:
		v.add(ofLet, word, from, to, false)
	case v.w.object(word, s.met) != "":
		v.add(ofObject, word, from, to, false)
	case v.w.named(word) != nil:
		c := v.w.named(word)
		v.add(ofCode, c.list+"/"+c.code, from, to, false)
	case len(v.w.lists[word]) > 0 && t.word(i+1) == ".":
		v.add(ofList, word, from, to, false)
	}
}

// object returns the object whose facts a name of an expression has: the name
// itself, what a letter of each stands for, or the parameters of a condition.
func (w *words) object(name, met string) string {
	if each := rules.BoundObjects()[name]; each != "" {
		return string(each)
	}
	if name == "c" && met != "" {
		return "condition " + met
	}
	if slices.ContainsFunc(rules.Objects(), func(o rules.Word) bool { return o.Name == name }) {
		return name
	}
	return ""
}

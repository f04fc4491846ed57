package lsp

import (
	"maps"
	"slices"

	"github.com/comity-project/comity/rules"
)

// expression offers what can be written at a code point of an expression, which
// begins at the code point skip of a scalar's value.
func (c *completer) expression(n *node, skip, at int, s slot) {
	t := tokensOf(n.value[skip:])
	k := slices.IndexFunc(t.list, func(tok token) bool { return tok.from <= at-skip && at-skip < tok.to })
	if k < 0 || t.list[k].kind != nameToken {
		return // inside of a text or a number
	}
	c.start(n, skip+t.list[k].from, at)
	switch before := t.word(k - 1); {
	case before == ".":
		c.afterDot(t, k, s)
	case before == "==" || before == "!=":
		c.compared(t, k-2, s, false)
		c.operands(s)
	case before == "<" || before == ">" || before == "<=" || before == ">=":
		c.operands(s)
	case before == "in":
		c.compared(t, k-2, s, true)
		c.operands(s)
	case before == "[" || before == ",":
		c.inBrackets(t, k, s)
	case t.ends(k - 1):
		for _, sign := range []string{"==", "!=", "in", "&&", "||", "<", "<=", ">", ">="} {
			c.offer(completionItem{Label: sign, Kind: itemKeyword}, sign+" ", sign+" ", "", "")
		}
	default:
		c.operands(s)
	}
}

// ends reports whether an operand ends with a token.
func (t tokens) ends(i int) bool {
	if i < 0 {
		return false
	}
	word := t.word(i)
	return word == ")" || word == "]" || t.list[i].kind != signToken && word != "in"
}

// afterDot offers the facts of an object, the codes of a list, or what can be
// called on a fact.
func (c *completer) afterDot(t tokens, k int, s slot) {
	base := t.word(k - 2)
	if t.word(k-3) == "." {
		c.methods(t, k-2, s)
		return
	}
	if object := c.w.object(base, s.met); object != "" {
		for _, f := range c.w.factsOf(object) {
			c.offer(completionItem{Label: f.name, Kind: itemField, Detail: f.typ}, f.name, f.name, c.w.aboutFact(f), "")
		}
		return
	}
	for _, code := range c.w.lists[base] {
		constant := rules.Constant(code.code)
		c.offer(completionItem{Label: constant, Kind: itemEnumMember, Detail: code.term}, constant, constant, c.w.aboutCode(code), "")
	}
}

// methods offers what can be called on the fact that ends with a token.
func (c *completer) methods(t tokens, last int, s slot) {
	object, name := t.operand(last)
	f := c.w.fact(c.w.object(object, s.met), name)
	if f == nil {
		return
	}
	names := []string{"startsWith", "endsWith", "contains", "size"}
	switch {
	case f.isSet:
		names = []string{"exists", "all", "exists_one", "size"}
	case f.typ != "text" && f.typ != "word":
		return
	}
	for _, w := range rules.Functions() {
		if slices.Contains(names, w.Name) {
			c.call(w)
		}
	}
}

func (c *completer) call(w rules.Word) {
	insert := w.Name + "($0)"
	switch w.Name {
	case "exists", "all", "exists_one":
		insert = w.Name + "(${1:x}, $0)"
	}
	c.offer(completionItem{Label: w.Name, Kind: itemFunction, Detail: w.Form}, insert, w.Name, w.Doc, "7")
}

// compared offers the constants of what a token ends: the fact compared. List is
// set behind `in`, where a list of them stands.
func (c *completer) compared(t tokens, last int, s slot, list bool) {
	object, name := t.operand(last)
	of := ""
	switch {
	case object != "":
		f := c.w.fact(c.w.object(object, s.met), name)
		if f == nil {
			return
		}
		if f.isTrue && !list {
			c.truths()
		}
		of = f.list
	case name == "privilege":
		of = "privilege"
	case name == "answers[]":
		of = "outcome"
	}
	open, closed := "", ""
	if list {
		open, closed = "[", "]"
	}
	for _, code := range c.w.lists[of] {
		constant := c.w.constant(code)
		c.offer(completionItem{Label: open + constant + closed, FilterText: constant, Kind: itemEnumMember, Detail: code.term},
			open+constant+"$0"+closed, open+constant+closed, c.w.aboutCode(code), "0")
	}
}

func (c *completer) truths() {
	for _, word := range []string{"true", "false"} {
		c.offer(completionItem{Label: word, Kind: itemKeyword}, word, word, "", "0")
	}
}

// inBrackets offers what can stand in a list or as a key.
func (c *completer) inBrackets(t tokens, k int, s slot) {
	depth := 0
	for i := k - 1; i >= 0; i-- {
		switch t.word(i) {
		case "]", ")":
			depth++
		case "(":
			if depth--; depth < 0 { // the argument of a function
				c.operands(s)
				return
			}
		case "[":
			if depth--; depth >= 0 {
				continue
			}
			if t.word(i-1) == "in" {
				c.compared(t, i-2, s, false)
				return
			}
			if t.isName(i - 1) { // a key of a map: answers[IMM_ARREST], a.raises[privilege]
				for _, code := range c.w.lists["privilege"] {
					constant := c.w.constant(code)
					c.offer(completionItem{Label: constant, Kind: itemEnumMember, Detail: code.term}, constant, constant, c.w.aboutCode(code), "0")
				}
				c.offer(completionItem{Label: "privilege", Kind: itemVariable, Detail: "the privilege asked about"}, "privilege", "privilege", "", "1")
				return
			}
			c.operands(s)
			return
		}
	}
	c.operands(s)
}

// operands offers what an operand can begin with.
func (c *completer) operands(s slot) {
	for _, name := range slices.Sorted(maps.Keys(c.w.lets)) {
		l := c.w.lets[name]
		c.offer(completionItem{Label: l.name, Kind: itemVariable, Detail: "let"}, l.name, l.name, c.w.aboutLet(l), "5")
	}
	for _, o := range rules.Objects() {
		c.offer(completionItem{Label: o.Name, Kind: itemStruct, Detail: o.Doc}, o.Name, o.Name, c.w.aboutObject(o.Name), "6")
	}
	if s.met != "" {
		c.offer(completionItem{Label: "c", Kind: itemStruct, Detail: "the parameters of the condition"}, "c", "c", "", "5")
	} else {
		bound := rules.BoundObjects()
		for _, letter := range slices.Sorted(maps.Keys(bound)) {
			each := bound[letter]
			c.offer(completionItem{Label: letter, Kind: itemStruct, Detail: "in a rule with `each: " + string(each) + " " + letter + "`"}, letter, letter, "", "8")
		}
	}
	if s.view {
		for _, word := range []string{"answers", "conditions"} {
			c.offer(completionItem{Label: word, Kind: itemStruct, Detail: "by privilege"}, word+"[$0]", word, "", "5")
		}
	}
	c.offer(completionItem{Label: "privilege", Kind: itemVariable, Detail: "the privilege asked about"}, "privilege", "privilege", "", "7")
	for _, f := range rules.Functions() {
		switch f.Name {
		case "has", "size", "percent", "string":
			c.call(f)
		}
	}
	if c.prefix == "" {
		return
	}
	for _, list := range slices.Sorted(maps.Keys(c.w.lists)) {
		for _, code := range c.w.lists[list] {
			constant := c.w.constant(code)
			c.offer(completionItem{Label: constant, Kind: itemEnumMember, Detail: list + ": " + code.term}, constant, constant, "", "9")
		}
	}
}

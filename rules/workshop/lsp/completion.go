package lsp

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/comity-project/comity/rules"
)

// mostItems is how many completions are offered at most.
const mostItems = 500

// A completer gathers what can be written at one place.
type completer struct {
	s        *Server
	w        *words
	text     *text
	offset   int // of the place
	from     int // where the word begins that is being written
	prefix   string
	after    string // what follows on the line
	snippets bool
	markdown bool
	items    []completionItem
	seen     map[string]bool
	cut      bool // there were more
}

func (s *Server) completion(p *placeParams) (any, *rpcError) {
	doc := s.document(p.TextDocument.URI)
	if doc == nil {
		return nil, nil
	}
	t := doc.file.text
	offset := t.offset(p.Position, s.enc)
	c := &completer{
		s: s, w: s.viewOf(doc.dir).words, text: t, offset: offset, from: offset, seen: map[string]bool{}, items: []completionItem{},
		snippets: s.client.TextDocument.Completion.CompletionItem.SnippetSupport,
		markdown: slices.Contains(s.client.TextDocument.Completion.CompletionItem.DocumentationFormat, "markdown"),
	}
	_, end := t.line(t.lineOf(offset))
	c.after = strings.TrimLeft(t.all[offset:max(offset, end)], " ")
	c.complete()
	return completionList{IsIncomplete: c.cut, Items: c.items}, nil
}

// complete reads the text with a mark at the place, and offers what can stand where
// the mark is.
func (c *completer) complete() {
	root := readTree(c.text.all[:c.offset] + string(mark) + c.text.all[c.offset:])
	n := root.at(c.offset + 1)
	if n == nil {
		return // in a comment
	}
	at := slices.Index(n.places, c.offset)
	if at < 0 || at >= len(n.value) {
		return // in what does not belong to the value, such as the | of a block
	}
	c.start(n, 0, at)
	if e, is := n.isKey(); is {
		c.keys(n.parent, c.w.slots(n.parent), !e.colon, "")
		return
	}
	slots := c.w.slots(n)
	if len(n.value) > 1 && n.value[0] == '=' || isExpression(slots) {
		if s, from, is := expression(n, slots); is {
			c.expression(n, from, at, s)
			return
		}
	}
	c.values(n, slots, at)
}

func isExpression(slots []slot) bool {
	return slices.ContainsFunc(choicesOf(slots), func(s slot) bool { return s.is.Kind == rules.ExpressionType })
}

// start says that the word which is being written begins at a code point of a
// scalar's value.
func (c *completer) start(n *node, from, at int) {
	c.from, c.prefix = n.places[from], string(n.value[from:at])
}

// offer adds an item that replaces the word with a text: insert, which is a snippet
// if it is not the plain text. Order, from ! over 0 to 9, says how far ahead it
// stands; of one order, the first offered does.
func (c *completer) offer(i completionItem, insert, plain, doc, order string) {
	if c.seen[i.Label] || !fits(c.prefix, i.Label) {
		return
	}
	if len(c.items) >= mostItems {
		c.cut = true
		return
	}
	c.seen[i.Label] = true
	if insert != plain && c.snippets {
		i.InsertTextFormat = 2
	} else {
		insert = plain
	}
	i.TextEdit = textEdit{c.text.span(c.from, c.offset, c.s.enc), insert}
	i.SortText = fmt.Sprintf("%s%03d", cmp.Or(order, "3"), len(c.items))
	if doc != "" {
		i.Documentation = c.s.markup(doc, c.markdown)
	}
	c.items = append(c.items, i)
}

// fits reports whether the characters of a prefix stand in a label, in their order.
func fits(prefix, label string) bool {
	label = strings.ToLower(label)
	for _, r := range strings.ToLower(strings.TrimLeft(prefix, "[ ")) {
		i := strings.IndexRune(label, r)
		if i < 0 {
			return false
		}
		label = label[i+len(string(r)):]
	}
	return true
}

// keys offers the keys that a map may have and has not. They are written with a
// colon unless one stands there. Lead is what has to stand before the key.
func (c *completer) keys(n *node, slots []slot, colon bool, lead string) {
	have := map[string]bool{}
	if n != nil {
		for _, k := range n.keys() {
			have[k] = true
		}
	}
	add := func(name, detail, doc string, kind int, is rules.Type, order string) {
		if have[name] && colon {
			return
		}
		plain, insert := lead+name, lead+name
		if colon && !strings.HasPrefix(c.after, ":") {
			plain += ": "
			insert = plain + c.hole(is)
		}
		c.offer(completionItem{Label: name, Kind: kind, Detail: detail}, insert, plain, doc, order)
	}
	for _, s := range choicesOf(slots) {
		switch {
		case s.is.Kind == rules.ShapeType:
			for _, k := range shapes[s.is.Shape].Keys {
				order := "1"
				if k.Required {
					order = "0"
				}
				add(k.Name, describeType(k.Is), aboutKey([]slot{s}, k.Name), itemProperty, k.Is, order)
			}
			for _, f := range c.w.factsOf(s.facts) {
				add(f.name, f.typ, c.w.aboutFact(f), itemField, rules.Type{}, "2")
			}
		case s.facts != "":
			for _, f := range c.w.factsOf(s.facts) {
				add(f.name, f.typ, c.w.aboutFact(f), itemField, rules.Type{}, "0")
			}
		case s.declares == "object":
			for _, name := range rules.FactObjects() {
				add(name, "an object", c.w.aboutObject(name), itemStruct, rules.Type{}, "0")
			}
		case s.is.Kind == rules.EntriesType && s.is.List != "":
			for _, code := range c.w.lists[s.is.List] {
				add(code.code, code.term, c.w.aboutCode(code), itemEnumMember, rules.Type{}, "0")
			}
		}
	}
}

// hole is where the value of a key is written, as a snippet.
func (c *completer) hole(is rules.Type) string {
	switch is.Kind {
	case rules.ListType:
		if is.Of.Kind == rules.ShapeType || is.Of.Kind == rules.ListType {
			return "$0"
		}
		return "[$0]"
	case rules.ShapeType:
		return "{$0}"
	case rules.WordType:
		return "${0|" + strings.Join(is.Words, ",") + "|}"
	case rules.BoolType:
		return "${0|true,false|}"
	case rules.AnyType, rules.TextType, rules.CountType, rules.DateType, rules.InstantType, rules.ExpressionType, rules.ValueType,
		rules.CodeType, rules.PatternType, rules.EntriesType, rules.EitherType:
	}
	return "$0"
}

// describeType says in a few words what stands under a key.
func describeType(is rules.Type) string {
	switch is.Kind {
	case rules.TextType:
		return "a text"
	case rules.BoolType:
		return "true or false"
	case rules.CountType:
		return "a number"
	case rules.DateType, rules.InstantType:
		return "a date"
	case rules.ExpressionType:
		return "a condition"
	case rules.ValueType:
		return "= and an expression"
	case rules.WordType:
		return strings.Join(is.Words, ", ")
	case rules.CodeType:
		return "a code of " + is.List
	case rules.PatternType:
		return "a privilege or pattern"
	case rules.ListType:
		return "a list"
	case rules.EntriesType, rules.ShapeType:
		return "a map"
	case rules.EitherType:
		return describeType(is.Either[0])
	case rules.AnyType:
	}
	return ""
}

// values offers what can stand as a value.
func (c *completer) values(n *node, slots []slot, at int) {
	key := n.keyAbove()
	beside := key != nil && c.text.lineOf(min(key.from, len(c.text.all))) == c.text.lineOf(c.offset)
	inFlow := n.parent != nil && n.parent.flow
	inList := n.parent != nil && n.parent.kind == listNode
	for _, s := range choicesOf(slots) {
		c.value(n, s, at)
		switch {
		case n.style != plainStyle:
		case s.is.Kind == rules.ShapeType || s.is.Kind == rules.EntriesType:
			if beside && !inFlow {
				continue // a map begins on the next line
			}
			if inFlow && beside {
				c.keys(nil, []slot{s}, true, "{")
				continue
			}
			c.keys(nil, []slot{s}, true, "")
			if inList {
				c.skeleton(s, "")
			}
		case s.is.Kind == rules.ListType && !beside:
			c.listItems(s)
		case s.is.Kind == rules.ListType || s.fact != nil && s.fact.isSet && !inList:
			c.bracketed(n, s, at)
		}
	}
}

// listItems offers the first item of a list below its key.
func (c *completer) listItems(s slot) {
	for _, inside := range choicesOf(c.w.inList([]slot{s})) {
		if inside.is.Kind == rules.ShapeType {
			c.keys(nil, []slot{inside}, true, "- ")
			c.skeleton(inside, "- ")
		}
	}
}

// bracketed offers lists of one item, with its brackets.
func (c *completer) bracketed(n *node, s slot, at int) {
	inner := &completer{
		s: c.s, w: c.w, text: c.text, offset: c.offset, from: c.from, prefix: c.prefix, seen: map[string]bool{}, snippets: c.snippets, markdown: c.markdown,
	}
	for _, inside := range choicesOf(c.w.inList([]slot{s})) {
		inner.value(n, inside, at)
	}
	for _, i := range inner.items {
		word := i.TextEdit.NewText
		doc := ""
		if i.Documentation != nil {
			doc = i.Documentation.Value
		}
		i.Documentation = nil
		c.offer(i, "["+word+"$0]", "["+word+"]", doc, "")
	}
}

// value offers the values of one slot.
func (c *completer) value(n *node, s slot, at int) {
	switch {
	case s.fact != nil:
		c.factValue(s.fact)
		return
	case s.within == "case.expect" && s.is.Kind == rules.TextType:
		c.expectation(n, at)
		return
	}
	switch s.is.Kind {
	case rules.WordType:
		for _, word := range s.is.Words {
			c.offer(completionItem{Label: word, Kind: itemKeyword}, word, word, "", "")
		}
	case rules.BoolType:
		for _, word := range []string{"true", "false"} {
			c.offer(completionItem{Label: word, Kind: itemKeyword}, word, word, "", "")
		}
	case rules.CodeType:
		c.codes(s.is.List)
	case rules.PatternType:
		c.codes("privilege")
		groups := map[string]bool{}
		for _, p := range c.w.lists["privilege"] {
			if group, _, found := strings.Cut(p.code, "."); found && !groups[group] {
				groups[group] = true
				pattern := group + ".*"
				c.offer(completionItem{Label: pattern, Kind: itemEnum, Detail: "a pattern"}, pattern, pattern, c.w.aboutPattern(pattern), "5")
			}
		}
	case rules.TextType:
		c.prose(n, s, at)
	case rules.AnyType, rules.CountType, rules.DateType, rules.InstantType, rules.ExpressionType, rules.ValueType,
		rules.ListType, rules.EntriesType, rules.ShapeType, rules.EitherType:
	}
}

func (c *completer) codes(list string) {
	for _, code := range c.w.lists[list] {
		c.offer(completionItem{Label: code.code, Kind: itemEnumMember, Detail: code.term}, code.code, code.code, c.w.aboutCode(code), "")
	}
}

// factValue offers the values of a fact.
func (c *completer) factValue(f *fact) {
	switch {
	case f.list != "":
		c.codes(f.list)
	case f.isTrue:
		for _, word := range []string{"true", "false"} {
			c.offer(completionItem{Label: word, Kind: itemKeyword}, word, word, "", "")
		}
	}
}

// expectation offers an outcome or, behind a bracket, conditions.
func (c *completer) expectation(n *node, at int) {
	before := string(n.value[:at])
	if open := strings.LastIndexByte(before, '['); open >= 0 && n.style == plainStyle || open >= 0 {
		from := at
		for from > 0 && n.value[from-1] != '[' && n.value[from-1] != ',' && n.value[from-1] != ' ' {
			from--
		}
		c.start(n, from, at)
		c.codes("condition")
		return
	}
	if fact, none := strings.CutPrefix(before, "no answer:"); none {
		c.start(n, at-len([]rune(strings.TrimLeft(fact, " "))), at)
		for _, object := range append([]string{"request"}, rules.FactObjects()...) {
			for _, f := range c.w.factsOf(object) {
				name := f.object + "." + f.name
				c.offer(completionItem{Label: name, Kind: itemField, Detail: f.typ}, name, name, c.w.aboutFact(f), "")
			}
		}
		return
	}
	for _, code := range c.w.lists["outcome"] {
		insert := code.code
		if code.code == "allowed_with_conditions" {
			insert += " [$0]"
		}
		c.offer(completionItem{Label: code.code, Kind: itemEnumMember}, insert, code.code, "", "")
	}
	c.offer(completionItem{Label: "no answer:", Kind: itemKeyword, Detail: "for want of a fact"}, "no answer: ", "no answer: ", "", "9")
}

// prose offers texts of which there is something to know.
func (c *completer) prose(n *node, s slot, at int) {
	_, key, _ := strings.Cut(s.within, ".")
	switch {
	case key == "type" && strings.HasPrefix(s.within, "fact.") || s.within == "asked.type":
		for _, t := range rules.FactTypes() {
			c.offer(completionItem{Label: t, Kind: itemKeyword}, t, t, "", "0")
		}
		for _, list := range slices.Sorted(maps.Keys(c.w.lists)) {
			c.offer(completionItem{Label: list, Kind: itemEnum, Detail: "a list of the vocabulary"}, list, list, c.w.some(list), "1")
			c.offer(completionItem{Label: "set of " + list, Kind: itemEnum}, "set of "+list, "set of "+list, c.w.some(list), "2")
		}
	case s.within == "fact.from":
		object := ""
		if decl := n.parent; decl != nil && decl.parent != nil {
			if k := decl.parent.keyAbove(); k != nil {
				object = k.word()
			}
		}
		for _, from := range rules.ConstructorsOf(object) {
			c.offer(completionItem{Label: from, Kind: itemFunction, Detail: "a constructor"}, from, from, "", "")
		}
	case s.within == "row.cells":
		c.letters(n, at)
	case s.within == "case.code" || s.within == "rule.code" || s.within == "row.code" || s.within == "cell.code":
		for _, reason := range slices.Sorted(maps.Keys(c.w.reasons)) {
			c.offer(completionItem{Label: reason, Kind: itemConstant}, reason, reason, "", "0")
		}
	case s.within == "capacities.severed":
		c.codes("mission_kind")
	case key == "cite":
		for _, cite := range c.w.citesByUse() {
			c.offer(completionItem{Label: cite, Kind: itemConstant, Detail: fmt.Sprintf("cited %d times", c.w.cites[cite])}, cite, cite, "", "")
		}
	}
}

// letters offers the codes of the table around a row.
func (c *completer) letters(n *node, at int) {
	table := n.mapAbove("codes")
	if table == nil {
		return
	}
	from := at
	for from > 0 && n.value[from-1] != ' ' {
		from--
	}
	c.start(n, from, at)
	for _, e := range entriesIn(table.get("codes")) {
		detail := e.value.get("outcome").word()
		if e.value != nil && e.value.kind == scalarNode {
			detail = e.value.word()
		}
		c.offer(completionItem{Label: e.key.word(), Kind: itemEnumMember, Detail: detail}, e.key.word(), e.key.word(), "", "")
	}
}

// skeletons are the keys of what is begun anew, beside those that are required.
var skeletons = map[string][]string{
	"rule": {"id", "tier", "privilege", "when", "outcome", "cite", "because"}, "case": {"name", "given", "ask", "expect"},
	"table": nil, "floor": nil, "row": nil, "consequence": nil, "office": nil, "view": nil,
}

// skeleton offers a whole item with its keys, behind what leads it. The lines after
// the first stand under the first key.
func (c *completer) skeleton(s slot, lead string) {
	names, known := skeletons[s.is.Shape]
	if !known || !c.snippets {
		return
	}
	line, _ := c.text.line(c.text.lineOf(c.from))
	indent := strings.Repeat(" ", c.from-line+len(lead))
	var lines []string
	for _, k := range shapes[s.is.Shape].Keys {
		if !slices.Contains(names, k.Name) && (names != nil || !k.Required) {
			continue
		}
		hole := strings.Replace(c.hole(k.Is), "0", fmt.Sprint(len(lines)+1), 1)
		lines = append(lines, k.Name+": "+hole)
	}
	insert := lead + strings.Join(lines, "\n"+indent)
	c.offer(completionItem{Label: "new " + s.is.Shape, Kind: itemSnippet, Detail: "with the keys that it needs", InsertTextMode: 1}, insert, "", "", "!")
}

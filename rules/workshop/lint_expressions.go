package workshop

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"

	"github.com/comity-project/comity/domain"
)

// mostAtoms is how many atoms a condition may weigh before it is hard to read.
const mostAtoms = 12

// decl finds the declaration of a fact by the name of its object in expressions.
func (l *linter) decl(object, name string) (domain.FactDecl, bool) {
	if object == "sponsor" {
		object = "member"
	}
	if full := map[string]string{"m": "measure", "a": "agreement", "w": "waiver"}[object]; full != "" {
		object = full
	}
	for _, d := range l.edition.Language.Facts[object] {
		if d.Name == name {
			return d, true
		}
	}
	return domain.FactDecl{}, false
}

// unguarded finds facts of the request that may be missing and are read as if they
// were there. If a case shows that there is no answer without it, it is meant so.
func (l *linter) unguarded() {
	meant := map[string]bool{}
	for _, c := range l.edition.Cases {
		for _, e := range c.Expect {
			meant[e.Missing] = true
		}
	}
	for _, w := range l.exprs {
		if w.let != "" || !slices.ContainsFunc(w.visit.within, func(s string) bool { return s == "rule" || s == "table" }) {
			continue
		}
		asked, reported := map[string]bool{}, map[string]bool{}
		l.unfold(w.ast.Expr(), 0, func(e, _ ast.Expr) {
			if e.Kind() == ast.SelectKind && e.AsSelect().IsTestOnly() {
				asked[spell(e.AsSelect().Operand())+"."+e.AsSelect().FieldName()] = true
			}
		})
		l.unfold(w.ast.Expr(), 0, func(e, _ ast.Expr) {
			if e.Kind() != ast.CallKind || len(e.AsCall().Args()) != 2 {
				return
			}
			for i, a := range e.AsCall().Args() { // what a measure limits has to be stated
				if object, _, ok := factOf(e.AsCall().Args()[1-i]); ok && (object == "m" || object == "a" || object == "w") {
					asked[spell(a)] = true
				}
			}
		})
		l.unfold(w.ast.Expr(), 0, func(e, at ast.Expr) {
			object, name, ok := factOf(e)
			fact := object + "." + name
			d, declared := l.decl(object, name)
			if !ok || object != "request" || !declared || d.HasDefault || asked[fact] || meant[fact] || reported[fact] {
				return
			}
			reported[fact] = true
			l.part(w, at, "ask has("+fact+") first, or show in a case that there is no answer without it",
				"%s may be missing, and then there is no answer at all", fact)
		})
	}
}

// unfold visits all parts of an expression and of the names of let in it. at is the
// part of the expression itself by which a visited one comes in.
func (l *linter) unfold(e ast.Expr, depth int, do func(e, at ast.Expr)) {
	every(e, func(x ast.Expr) {
		do(x, x)
		if x.Kind() != ast.IdentKind || depth > 20 {
			return
		}
		if let := l.lets[x.AsIdent()]; let != nil {
			l.unfold(let.ast.Expr(), depth+1, func(inner, _ ast.Expr) { do(inner, x) })
		}
	})
}

func (l *linter) repeatedParts() {
	for _, w := range l.exprs {
		every(w.ast.Expr(), func(e ast.Expr) {
			for _, operator := range []string{operators.LogicalAnd, operators.LogicalOr} {
				if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != operator {
					continue
				}
				seen := map[string]bool{}
				for _, p := range parts(e, operator) {
					text := spell(p)
					if seen[text] {
						l.part(w, p, "leave it out", "this part is there twice")
					}
					seen[text] = true
				}
			}
			if e.Kind() == ast.ListKind {
				seen := map[string]bool{}
				for _, p := range e.AsList().Elements() {
					if seen[spell(p)] {
						l.part(w, p, "leave it out", "%s is there twice", spell(p))
					}
					seen[spell(p)] = true
				}
			}
		})
	}
	l.once()
}

// once keeps a finding of several walks over the same place only once.
func (l *linter) once() { l.found = l.found.Sorted() }

func (l *linter) constantParts() {
	for _, w := range l.exprs {
		if w.visit.typ.Kind == anyType.Kind || w.skip > 0 {
			continue
		}
		whole := w.ast.Expr()
		every(whole, func(e ast.Expr) {
			if truth := l.constant(e, e == whole); truth != "" {
				l.part(w, e, "", "this is always %s", truth)
			}
			for _, operator := range []string{operators.LogicalAnd, operators.LogicalOr} {
				if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != operator {
					continue
				}
				list := parts(e, operator)
				said := map[string]bool{}
				for _, text := range spellAll(list) {
					said[text] = true
				}
				for _, p := range list {
					if p.Kind() == ast.CallKind && p.AsCall().FunctionName() == operators.LogicalNot {
						if said[spell(p.AsCall().Args()[0])] {
							l.part(w, p, "", "this and its opposite are joined, so that the whole is always %s", map[bool]string{true: "true", false: "false"}[operator == operators.LogicalOr])
						}
					}
				}
			}
		})
	}
	l.once()
}

// constant says what a part always is; "" if that depends.
func (l *linter) constant(e ast.Expr, whole bool) string {
	if e.Kind() == ast.LiteralKind {
		if b, ok := e.AsLiteral().(types.Bool); ok && whole {
			return fmt.Sprint(bool(b))
		}
		return ""
	}
	if e.Kind() != ast.CallKind {
		return ""
	}
	c := e.AsCall()
	args := c.Args()
	switch name := c.FunctionName(); name {
	case operators.LogicalAnd, operators.LogicalOr:
		for _, a := range args {
			if b, ok := boolOf(a); ok && b == (name == operators.LogicalOr) {
				return fmt.Sprint(b)
			}
		}
	case operators.Equals, operators.LessEquals, operators.GreaterEquals:
		if spell(args[0]) == spell(args[1]) {
			return "true, or an error"
		}
	case operators.NotEquals, operators.Less, operators.Greater:
		if spell(args[0]) == spell(args[1]) {
			return "false, or an error"
		}
	case operators.In:
		if args[1].Kind() == ast.ListKind && args[1].AsList().Size() == 0 {
			return "false"
		}
	}
	return ""
}

func boolOf(e ast.Expr) (value, ok bool) {
	if e.Kind() != ast.LiteralKind {
		return false, false
	}
	b, ok := e.AsLiteral().(types.Bool)
	return bool(b), ok
}

func (l *linter) unusedLets() {
	used := map[string]bool{}
	for _, w := range l.exprs {
		for i, x := range w.words {
			if x.kind == 'n' && (i == 0 || w.words[i-1].text != ".") {
				used[x.text] = true
			}
		}
	}
	for _, s := range l.sheets {
		lets := get(s.root, "let")
		for i := 0; lets != nil && i+1 < len(lets.Content); i += 2 {
			if name := lets.Content[i]; !used[name.Value] {
				l.at(s, name, "leave it out, or use it", "nothing uses the name %s", name.Value)
			}
		}
	}
}

func (l *linter) noWords() {
	for _, w := range l.exprs {
		compared(w.ast.Expr(), func(object, fact string, with ast.Expr) {
			d, declared := l.decl(object, fact)
			text, isText := textOf(with)
			if !declared || !isText || d.Type != domain.WordFact && !d.Words {
				return
			}
			if folded := domain.Fold(text); folded != text {
				l.part(w, with, fmt.Sprintf("write %q", folded), "%s.%s is a word in lower case with underscores, so that it is never %q", object, fact, text)
			}
		})
	}
}

// misspelled finds texts that are used once and are nearly one that is used elsewhere for the same fact.
func (l *linter) misspelled() {
	type use struct {
		w    *written
		with ast.Expr
		text string
	}
	uses := map[string][]use{}
	count := map[string]map[string]int{}
	note := func(fact, text string) {
		if count[fact] == nil {
			count[fact] = map[string]int{}
		}
		count[fact][text]++
	}
	for _, w := range l.exprs {
		compared(w.ast.Expr(), func(object, fact string, with ast.Expr) {
			d, declared := l.decl(object, fact)
			if text, ok := textOf(with); ok && declared && d.Enum == "" {
				name := d.Object + "." + fact
				uses[name] = append(uses[name], use{w, with, text})
				note(name, text)
			}
		})
	}
	for _, c := range l.edition.Cases {
		for name, text := range c.Request {
			note("request."+name, text)
		}
		for name, v := range c.Member {
			note("member."+name, v.String())
		}
	}
	for fact, list := range uses {
		near := neighboursOf(count[fact])
		for _, u := range list {
			if other := near.of(u.text); other != "" {
				l.part(u.w, u.with, fmt.Sprintf("did you mean %q?", other), "%q is compared with %s here and nowhere else", u.text, fact)
			}
		}
	}
	l.once()
}

func (l *linter) complicated() {
	for _, w := range l.exprs {
		if n := atoms(w.ast.Expr()); n > mostAtoms {
			l.at(w.sheet, w.node, "give its parts names in let", "the expression weighs %d things, and people follow no more than %d", n, mostAtoms)
		}
	}
}

// numbers finds numbers that have a name: of a let, or of a parameter of the measure.
func (l *linter) numbers() {
	named := map[int64]string{}
	for name, w := range l.lets {
		if n, ok := numberOf(w.ast.Expr()); ok && n > 1 {
			if other, twice := named[n]; !twice || name < other {
				named[n] = name
			}
		}
	}
	for _, w := range l.exprs {
		each := get(w.visit.item, "each")
		every(w.ast.Expr(), func(e ast.Expr) {
			if e.Kind() != ast.CallKind || len(e.AsCall().Args()) != 2 || infix[e.AsCall().FunctionName()] == "" {
				return
			}
			args := e.AsCall().Args()
			for i, a := range args {
				n, ok := numberOf(a)
				if !ok || n < 2 {
					continue
				}
				if name := named[n]; name != "" && w.let == "" {
					l.part(w, a, "write "+name, "%d has the name %s in let", n, name)
				}
				object, fact, reads := factOf(args[1-i])
				if d, declared := l.decl("measure", fact); reads && object == "request" && declared && each != nil && each.Value == "measure m" && d.From.Constructor == "param" {
					l.part(w, a, "compare with m."+fact, "the measure says itself what %s is, and %d may be another's", fact, n)
				}
			}
		})
	}
	l.once()
}

func numberOf(e ast.Expr) (int64, bool) {
	if e.Kind() != ast.LiteralKind {
		return 0, false
	}
	n, ok := e.AsLiteral().(types.Int)
	return int64(n), ok
}

func (l *linter) otherStates() {
	own := string(l.edition.Code)
	if l.edition.Code == l.law.Common.Code {
		return
	}
	for _, w := range l.exprs {
		compared(w.ast.Expr(), func(object, fact string, with ast.Expr) {
			if text, ok := textOf(with); ok && object == "state" && fact == "id" && text != own {
				l.part(w, with, "write "+own+", or move the rule to the ruleset of "+text, "the ruleset of %s is asked about %s alone, never about %s", own, own, text)
			}
		})
	}
	l.each(func(s *sheet, v visit) {
		if v.key == "state" && len(v.within) > 0 && v.within[len(v.within)-1] == "applies" && v.typ.Kind == shapeTypes["rule"]["id"].Kind && v.node.Value != own {
			l.at(s, v.node, "leave state out", "the ruleset of %s is asked about %s alone, never about %s", own, own, v.node.Value)
		}
	})
}

// confusing finds names of let that differ from what already means something by
// upper and lower case alone.
func (l *linter) confusing() {
	means := map[string]string{}
	for _, list := range l.edition.Language.Lists {
		for _, c := range list.Codes {
			constant := strings.Map(func(r rune) rune {
				if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
					return r
				}
				return '_'
			}, strings.ToLower(c.Code))
			means[constant] = strings.ToUpper(constant)
		}
	}
	for _, s := range l.sheets {
		lets := get(s.root, "let")
		for i := 0; lets != nil && i+1 < len(lets.Content); i += 2 {
			name := lets.Content[i]
			if other := means[strings.ToLower(name.Value)]; other != "" && other != name.Value {
				l.at(s, name, "choose another name", "%s differs from %s by upper and lower case alone", name.Value, other)
			}
			means[strings.ToLower(name.Value)] = name.Value
		}
	}
}

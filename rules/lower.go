package rules

import (
	"cmp"
	"slices"
	"strings"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// A lowering turns a checked expression into a test or a choice. Each of its
// methods returns nil, or false, for what has none.
type lowering struct {
	env *environment
	ast *ast.AST
	// plan makes a program of a part of the expression.
	plan   func(ast.Expr) *opaque
	tokens []token // of the text
	text   []rune
	// slots are the tokens of the constants, in the order in which they are met; -1 for
	// one that is not written as one.
	slots []int
}

// test returns the form of an expression that is true or false. What has none by
// itself is left to cel-go, so that the parts around it have theirs.
func (w *lowering) test(e ast.Expr) *test {
	t := w.known(e)
	if t == nil {
		part := w.plan(e)
		if part == nil {
			return nil
		}
		t = &test{op: foreign, cel: part}
	}
	t.from, t.to = w.extent(e)
	return t
}

func (w *lowering) known(e ast.Expr) *test {
	switch e.Kind() {
	case ast.SelectKind:
		if w.ast.ReferenceMap()[e.ID()] != nil {
			return nil
		}
		s := e.AsSelect()
		of, ok := w.fact(s)
		switch {
		case !ok:
			return nil
		case s.IsTestOnly():
			return &test{op: there, a: of}
		}
		return &test{op: isTrue, a: of}
	case ast.LiteralKind:
		if b, ok := e.AsLiteral().(types.Bool); ok {
			return &test{op: always, held: bool(b)}
		}
		return nil
	case ast.CallKind:
		return w.call(e.AsCall())
	default:
		return nil
	}
}

func (w *lowering) call(c ast.CallExpr) *test {
	args := c.Args()
	switch c.FunctionName() {
	case operators.LogicalAnd:
		return w.join(both, args)
	case operators.LogicalOr:
		return w.join(either, args)
	case operators.LogicalNot:
		return w.join(not, args)
	case operators.Conditional:
		return w.join(which, args)
	case operators.Equals:
		return w.compare(equal, args)
	case operators.NotEquals:
		return w.compare(differs, args)
	case operators.Less:
		return w.compare(less, args)
	case operators.LessEquals:
		return w.compare(atMost, args)
	case operators.Greater:
		return w.compare(more, args)
	case operators.GreaterEquals:
		return w.compare(atLeast, args)
	case operators.In:
		return w.in(args[0], args[1])
	default:
		return nil
	}
}

func (w *lowering) join(op testOp, args []ast.Expr) *test {
	out := &test{op: op}
	for _, arg := range args {
		kid := w.test(arg)
		if kid == nil {
			return nil
		}
		if kid.op == op && (op == both || op == either) {
			out.kids = append(out.kids, kid.kids...)
			continue
		}
		out.kids = append(out.kids, kid)
	}
	return out
}

func (w *lowering) compare(op testOp, args []ast.Expr) *test {
	a, okA := w.operand(args[0])
	b, okB := w.operand(args[1])
	if !okA || !okB || !w.scalar(args[0]) || !w.scalar(args[1]) {
		return nil
	}
	return &test{op: op, a: a, b: b}
}

// in looks into a list of constants, or into a fact.
func (w *lowering) in(what, where ast.Expr) *test {
	a, ok := w.operand(what)
	if !ok || !w.named(what) {
		return nil
	}
	if where.Kind() != ast.ListKind {
		if b, ok := w.operand(where); ok && where.Kind() == ast.SelectKind {
			return &test{op: within, a: a, b: b}
		}
		return nil
	}
	var elems []ref.Val
	for _, elem := range where.AsList().Elements() {
		v, ok := w.constant(elem)
		if !ok {
			return nil
		}
		elems = append(elems, v)
	}
	return &test{op: oneOf, a: a, set: newSet(elems)}
}

// scalar reports whether values of the expression's type can be compared here.
func (w *lowering) scalar(e ast.Expr) bool {
	switch w.ast.GetType(e.ID()).Kind() {
	case types.BoolKind, types.IntKind, types.StringKind, types.OpaqueKind:
		return true
	default:
		return false
	}
}

// named reports whether the expression is a code, a text, or a whole number: what
// may be one of a list.
func (w *lowering) named(e ast.Expr) bool {
	t := w.ast.GetType(e.ID())
	return t.Kind() == types.StringKind || t.Kind() == types.IntKind || w.env.enums[t.TypeName()] != nil
}

func (w *lowering) operand(e ast.Expr) (operand, bool) {
	if v, ok := w.constant(e); ok {
		return operand{constant: v}, true
	}
	switch e.Kind() {
	case ast.IdentKind:
		return operand{privilege: true}, e.AsIdent() == "privilege"
	case ast.SelectKind:
		s := e.AsSelect()
		if w.ast.ReferenceMap()[e.ID()] != nil || s.IsTestOnly() {
			return operand{}, false
		}
		return w.fact(s)
	case ast.CallKind:
		c := e.AsCall()
		if c.FunctionName() != overloads.Size {
			return operand{}, false
		}
		of := c.Target()
		if !c.IsMemberFunction() {
			of = c.Args()[0]
		}
		if of.Kind() != ast.SelectKind || w.ast.GetType(of.ID()).Kind() == types.StringKind {
			return operand{}, false
		}
		o, ok := w.operand(of)
		o.size = true
		return o, ok && o.layout != nil
	default:
		return operand{}, false
	}
}

func (w *lowering) constant(e ast.Expr) (ref.Val, bool) {
	if e.Kind() == ast.LiteralKind {
		switch v := e.AsLiteral().(type) {
		case types.Bool, types.Int, types.String:
			w.note(e)
			return v, true
		}
		return nil, false
	}
	if r := w.ast.ReferenceMap()[e.ID()]; r != nil && (e.Kind() == ast.IdentKind || e.Kind() == ast.SelectKind) {
		if v, found := w.env.constants[r.Name]; found {
			w.note(e)
			return v, true
		}
	}
	return nil, false
}

// note keeps where a constant stands.
func (w *lowering) note(e ast.Expr) {
	slot := -1
	if at, known := w.ast.SourceInfo().GetOffsetRange(e.ID()); known && e.Kind() != ast.SelectKind {
		slot = w.tokenAt(int(at.Start))
	}
	w.slots = append(w.slots, slot)
}

// fact returns the place of a fact of one of the objects of a frame.
func (w *lowering) fact(s ast.SelectExpr) (operand, bool) {
	if s.Operand().Kind() != ast.IdentKind {
		return operand{}, false
	}
	at, known := spotsOf[s.Operand().AsIdent()]
	name := w.ast.GetType(s.Operand().ID()).TypeName()
	lay := w.env.layouts[name]
	if !known || lay == nil {
		return operand{}, false
	}
	slot, declared := lay.index[s.FieldName()]
	if !declared {
		return operand{}, false
	}
	kind, _, _ := strings.Cut(name, " ") // "condition minimum_purchase"
	return operand{object: at, layout: lay, slot: slot, missing: &MissingFact{Fact: kind + "." + s.FieldName()}}, true
}

// choice returns the form of an expression that is neither true nor false.
func (w *lowering) choice(e ast.Expr) *choice {
	if o, ok := w.operand(e); ok {
		return &choice{operand: o}
	}
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != operators.Conditional {
		return nil
	}
	args := e.AsCall().Args()
	c := &choice{when: w.test(args[0]), chosen: w.choice(args[1]), otherwise: w.choice(args[2])}
	if c.when == nil || c.chosen == nil || c.otherwise == nil {
		return nil
	}
	return c
}

// extent is where an expression stands in the text, in code points: from its first
// token to its last, with the brackets that it opens.
func (w *lowering) extent(e ast.Expr) (from, to int) {
	first, last := w.span(e)
	depth := 0 // of brackets, which may open before the first token and close after the last
	for i := first; i < len(w.tokens) && (i <= last || depth > 0); i++ {
		depth += w.bracket(i)
		last = max(last, i)
		for depth < 0 && first > 0 {
			first--
			depth += w.bracket(first)
		}
	}
	if first >= len(w.tokens) {
		return 0, len(w.text)
	}
	return w.tokens[first].from, w.tokens[last].to
}

// bracket is 1 for a token that opens a bracket, -1 for one that closes it.
func (w *lowering) bracket(i int) int {
	if w.tokens[i].kind == tokenSign {
		switch w.text[w.tokens[i].from] {
		case '(', '[':
			return 1
		case ')', ']':
			return -1
		}
	}
	return 0
}

// span is the first and the last token of which an expression's parts know the place.
func (w *lowering) span(e ast.Expr) (first, last int) {
	first, last = len(w.tokens), 0
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(part ast.Expr) {
		start, known := w.ast.SourceInfo().GetOffsetRange(part.ID())
		if !known {
			return
		}
		at := w.tokenAt(int(start.Start))
		from, to := at, at
		if at < len(w.tokens) && w.tokens[at].kind == tokenSign {
			switch sign := w.text[w.tokens[at].from]; {
			case sign == '.': // a fact, or a code with the name of its list, is placed at its dot
				from, to = at-1, at+1
			case sign == '(' && at > 0 && w.tokens[at-1].kind == tokenName: // a call is placed at its bracket
				from = at - 1
			}
		}
		first, last = min(first, max(0, from)), max(last, min(to, len(w.tokens)-1))
	}))
	return first, max(first, last)
}

// tokenAt is the token at a code point, or the next.
func (w *lowering) tokenAt(at int) int {
	i, _ := slices.BinarySearchFunc(w.tokens, at, func(t token, at int) int { return cmp.Compare(t.to, at+1) })
	return min(i, max(0, len(w.tokens)-1))
}

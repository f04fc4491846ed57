package workshop

import (
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"go.yaml.in/yaml/v3"
)

// A written expression is one as it stands in a file, names of let not substituted.
type written struct {
	sheet *sheet
	node  *yaml.Node
	visit visit
	let   string // the name it has, if it stands in let
	skip  int    // the = before it
	ast   *ast.AST
	words []word
}

// readExpressions reads all expressions of the files.
func (l *linter) readExpressions() {
	env, err := cel.NewEnv()
	if err != nil {
		return // unreachable: an environment without anything in it can be made
	}
	l.each(func(s *sheet, v visit) {
		if v.node.Kind != yaml.ScalarNode || v.node.Tag != "!!str" && v.node.Tag != "!!bool" && v.node.Tag != "!!int" || !isExpression(v.typ, v.node.Value) {
			return
		}
		w := &written{sheet: s, node: v.node, visit: v}
		text := v.node.Value
		if strings.HasPrefix(text, "=") {
			w.skip = 1
		}
		parsed, issues := env.Parse(text[w.skip:])
		if issues.Err() != nil {
			return
		}
		w.ast = parsed.NativeRep()
		w.words, _ = wordsOf(text[w.skip:])
		if len(v.within) == 1 && v.typ.Kind != anyType.Kind && get(get(s.root, "let"), v.key) == v.node {
			w.let = v.key
			l.lets[v.key] = w
		}
		l.exprs = append(l.exprs, w)
	})
}

// begin is the node with which an expression begins.
func begin(e ast.Expr) ast.Expr {
	switch e.Kind() { //nolint:exhaustive // the others begin with themselves
	case ast.SelectKind:
		if !e.AsSelect().IsTestOnly() {
			return begin(e.AsSelect().Operand())
		}
	case ast.CallKind:
		c := e.AsCall()
		if c.IsMemberFunction() {
			return begin(c.Target())
		}
		if infix[c.FunctionName()] != "" && len(c.Args()) == 2 || c.FunctionName() == operators.Conditional {
			return begin(c.Args()[0])
		}
	}
	return e
}

// add reports a finding at a part of an expression.
func (l *linter) part(w *written, e ast.Expr, hint, format string, args ...any) {
	at := 0
	if r, found := w.ast.SourceInfo().GetOffsetRange(begin(e).ID()); found {
		at = int(r.Start)
	}
	line, column := w.sheet.within(w.node, at+w.skip)
	l.add(w.sheet, line, column, hint, format, args...)
}

// signs that stand between two sides.
var infix = map[string]string{
	operators.LogicalAnd: "&&", operators.LogicalOr: "||", operators.Equals: "==", operators.NotEquals: "!=", operators.Less: "<",
	operators.LessEquals: "<=", operators.Greater: ">", operators.GreaterEquals: ">=", operators.In: "in", operators.Add: "+",
	operators.Subtract: "-", operators.Multiply: "*", operators.Divide: "/", operators.Modulo: "%", operators.Index: "[]",
}

// spell writes an expression in one way.
func spell(e ast.Expr) string {
	switch e.Kind() { //nolint:exhaustive // maps and objects can't be made
	case ast.IdentKind:
		return e.AsIdent()
	case ast.LiteralKind:
		if text, ok := e.AsLiteral().(types.String); ok {
			return `"` + string(text) + `"`
		}
		return spellValue(e)
	case ast.SelectKind:
		s := e.AsSelect()
		text := spell(s.Operand()) + "." + s.FieldName()
		if s.IsTestOnly() {
			return "has(" + text + ")"
		}
		return text
	case ast.ListKind:
		return "[" + strings.Join(spellAll(e.AsList().Elements()), ", ") + "]"
	case ast.CallKind:
		c := e.AsCall()
		args := spellAll(c.Args())
		if sign := infix[c.FunctionName()]; sign != "" && len(args) == 2 {
			return "(" + args[0] + " " + sign + " " + args[1] + ")"
		}
		if c.IsMemberFunction() {
			return spell(c.Target()) + "." + c.FunctionName() + "(" + strings.Join(args, ", ") + ")"
		}
		return strings.Trim(c.FunctionName(), "_") + "(" + strings.Join(args, ", ") + ")"
	case ast.ComprehensionKind:
		c := e.AsComprehension()
		return "each " + c.IterVar() + " of " + spell(c.IterRange()) + ": " + spell(c.LoopStep()) + spell(c.Result())
	}
	return "?"
}

func spellValue(e ast.Expr) string {
	v := e.AsLiteral()
	if t, ok := v.ConvertToType(types.StringType).(types.String); ok {
		return string(t)
	}
	return "?"
}

func spellAll(list []ast.Expr) []string {
	var out []string
	for _, e := range list {
		out = append(out, spell(e))
	}
	return out
}

// parts takes a chain of && or || apart.
func parts(e ast.Expr, operator string) []ast.Expr {
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != operator {
		return []ast.Expr{e}
	}
	var out []ast.Expr
	for _, a := range e.AsCall().Args() {
		out = append(out, parts(a, operator)...)
	}
	return out
}

// every visits all parts of an expression, the whole first.
func every(e ast.Expr, do func(ast.Expr)) {
	do(e)
	switch e.Kind() { //nolint:exhaustive // the others hold nothing
	case ast.SelectKind:
		every(e.AsSelect().Operand(), do)
	case ast.CallKind:
		if e.AsCall().IsMemberFunction() {
			every(e.AsCall().Target(), do)
		}
		for _, a := range e.AsCall().Args() {
			every(a, do)
		}
	case ast.ListKind:
		for _, a := range e.AsList().Elements() {
			every(a, do)
		}
	case ast.ComprehensionKind:
		every(e.AsComprehension().IterRange(), do)
		every(e.AsComprehension().LoopStep(), do)
	}
}

// atoms counts what an expression weighs: whatever && and || join.
func atoms(e ast.Expr) int {
	if e.Kind() == ast.CallKind {
		switch c := e.AsCall(); c.FunctionName() {
		case operators.LogicalAnd, operators.LogicalOr, operators.Conditional, operators.LogicalNot:
			n := 0
			for _, a := range c.Args() {
				n += atoms(a)
			}
			return n
		}
	}
	return 1
}

// factOf is the fact that a part reads: "member", "status". A has() reads none.
func factOf(e ast.Expr) (object, name string, ok bool) {
	if e.Kind() != ast.SelectKind || e.AsSelect().Operand().Kind() != ast.IdentKind {
		return "", "", false
	}
	return e.AsSelect().Operand().AsIdent(), e.AsSelect().FieldName(), !e.AsSelect().IsTestOnly()
}

// compared finds what facts are compared with: the sides of == and !=, and lists of in.
func compared(e ast.Expr, do func(object, fact string, with ast.Expr)) {
	every(e, func(x ast.Expr) {
		if x.Kind() != ast.CallKind || len(x.AsCall().Args()) != 2 {
			return
		}
		a, b := x.AsCall().Args()[0], x.AsCall().Args()[1]
		switch x.AsCall().FunctionName() {
		case operators.Equals, operators.NotEquals:
			if object, fact, ok := factOf(a); ok {
				do(object, fact, b)
			} else if object, fact, ok := factOf(b); ok {
				do(object, fact, a)
			}
		case operators.In:
			if object, fact, ok := factOf(a); ok && b.Kind() == ast.ListKind {
				for _, item := range b.AsList().Elements() {
					do(object, fact, item)
				}
			} else if object, fact, ok := factOf(b); ok {
				do(object, fact, a)
			}
		}
	})
}

func textOf(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	t, ok := e.AsLiteral().(types.String)
	return string(t), ok
}

package rules

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/google/cel-go/cel"

	"github.com/comity-project/comity/domain"
)

// Conditions lists the conditions on which the value of an expression turns that
// is not true or false: those of its ?:, in the order in which they are written.
func (e *Expr) Conditions() []Form {
	if e == nil || e.value == nil {
		return nil
	}
	var out []Form
	var walk func(*choice)
	walk = func(c *choice) {
		if c.when != nil {
			out = append(out, Form{e, c.when})
			walk(c.chosen)
			walk(c.otherwise)
		}
	}
	walk(e.value)
	return out
}

// Gives lists the constants of which the expression gives one; false if what it
// gives is looked up, so that it may be anything.
func (e *Expr) Gives() ([]domain.Value, bool) {
	if e == nil || e.value == nil {
		return nil, false
	}
	var out []domain.Value
	var walk func(*choice) bool
	walk = func(c *choice) bool {
		if c.when != nil {
			return walk(c.chosen) && walk(c.otherwise)
		}
		v := operandOf(c.operand)
		if v.Fact.Name != "" || v.Privilege || v.IsZero() {
			return false
		}
		if !slices.ContainsFunc(out, func(have domain.Value) bool { return have.String() == v.Const.String() }) {
			out = append(out, v.Const)
		}
		return true
	}
	if !walk(e.value) {
		return nil, false
	}
	return out, true
}

// IsTest reports whether the expression is true or false.
func (e *Expr) IsTest() bool {
	return e.typ == cel.BoolType || e.typ != nil && e.typ.IsExactType(cel.BoolType)
}

// Type says in words what the expression comes to: true or false, a code of
// category.
func (e *Expr) Type() string { return typeWords(e.typ) }

// Frame returns what rules read of the situation in one capacity, for a measure,
// agreement or waiver; nil is for none.
func (s *Situation) Frame(l *Language, c *Capacity, b *Bound) *Frame {
	f := s.frame(l, c)
	if b != nil {
		f.Bound = b.Object
	}
	return f
}

// Fact returns a fact of the frame as explanations show it, with the events that
// it comes from; false if it is not known.
func (f *Frame) Fact(ref FactRef) (domain.FactUsed, bool) {
	return f.used(&implied{ref, ref.String()})
}

// Name is how an expression calls what a rule is evaluated for: m, a or w; empty of
// nothing.
func (e Each) Name() string { return boundNames[e] }

// AsksPrivilege reports whether an expression reads which privilege is asked about.
func AsksPrivilege(e *Expr) bool {
	tokens, _ := tokenize(e.text)
	for i, t := range tokens {
		selected := i > 0 && e.text[tokens[i-1].from] == '.' && tokens[i-1].kind == tokenSign
		if t.kind == tokenName && string(e.text[t.from:t.to]) == "privilege" && !selected {
			qualified := i+1 < len(tokens) && tokens[i+1].kind == tokenSign && e.text[tokens[i+1].from] == '.' // privilege.TAX_SALES
			if !qualified {
				return true
			}
		}
	}
	return false
}

// expressionFile is what the text of a single expression is called in mistakes.
const expressionFile = "expression"

// ParseExpr checks an expression that stands by itself, in the language of the
// common edition: what may be said in the `when` of a rule that is evaluated for
// each of a kind. It may come to anything. The error is [Diagnostics]. A hostile
// text takes bounded time and memory.
func ParseExpr(common *Edition, text string, each Each) (*Expr, error) {
	type result struct {
		expr  *Expr
		wrong Diagnostics
	}
	src := &source{name: expressionFile}
	src.setText(text)
	first := Pos{File: expressionFile, Line: 1, Column: 1}
	r, inTime := bounded(func() (r result) {
		defer func() {
			if p := recover(); p != nil {
				r = result{wrong: Diagnostics{{Pos: first, Code: codeBundle, Message: fmt.Sprintf("the expression can't be read: %v", p)}}}
			}
		}()
		l := newLoader(common)
		l.files = []*source{src}
		r.expr = l.single(item{&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Line: 1, Column: 1}, src}, scope{each: each})
		r.wrong = l.wrong.sorted()
		return r
	})
	switch {
	case !inTime:
		return nil, Diagnostics{{Pos: first, Code: codeTime, Message: "the expression takes too long to check"}}
	case len(r.wrong) > 0:
		return nil, r.wrong
	case r.expr == nil:
		return nil, Diagnostics{outOfTime}
	}
	return r.expr, nil
}

// single compiles an expression whatever it comes to.
func (l *loader) single(n item, s scope) *Expr {
	e, sound, readable := l.expand(written(n, 0))
	if !readable {
		return nil
	}
	want := cel.BoolType
	if c := l.compileNew(string(e.text), s, want); c.typ != nil && !c.typ.IsExactType(want) && len(c.wrong) == 1 && c.wrong[0].code == codeResult {
		want = c.typ
	}
	if !l.compile(e, s, want) || !sound {
		return nil
	}
	return l.expr(e, s, want, n.pos(), n.Value)
}

// A File is one file of a bundle.
type File struct {
	Name string
	Text []byte
}

// Files takes a bundle apart; nil if it is none.
func Files(bundle []byte) []File {
	files, bad := unbundle(bundle)
	if bad != nil {
		return nil
	}
	var out []File
	for _, f := range files {
		out = append(out, File{f.name, []byte(f.text)})
	}
	return out
}

// LineOf returns the line of a bundle at which a place stands.
func LineOf(bundle []byte, pos Pos) string {
	files, bad := unbundle(bundle)
	if bad != nil {
		return ""
	}
	for _, f := range files {
		if f.name == pos.File {
			return f.line(pos.Line)
		}
	}
	return ""
}

// Pointed shows a line with carets from one column to another, which is not
// included: two lines without indentation. Columns count code points from 1.
func Pointed(line string, from, to int) string {
	line = strings.TrimRight(strings.ReplaceAll(line, "\t", " "), " \r\n")
	n := len([]rune(line))
	from = max(1, min(from, n+1))
	return line + "\n" + strings.Repeat(" ", from-1) + strings.Repeat("^", max(1, min(to, n+1)-from))
}

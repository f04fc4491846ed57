package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"

	"github.com/comity-project/comity/domain"
)

// How an expression becomes a program:
//
//	the scalar's text, each code point with its place in the file
//	   | tokenize: mistakes people make most, nesting, length
//	   | substitute the names of let
//	   | parse and check by cel-go, in the environment of the scope
//	   | translate: cel-go's complaints into words of the field
//	   | inspect: refuse what is left of CEL that rules don't have
//	   v plan
//	an Expr
//
// What was compiled is kept by its text and scope: the cells of a table mostly
// say the same.

// A compiled expression, or what is wrong with it.
type compiled struct {
	prog  program
	test  *test
	value *choice
	reads []FactRef
	tests []FactRef
	typ   *cel.Type
	wrong []problem
}

// when compiles the conjunction of conditions; no items is nil. Each is checked
// by itself first, so that a mistake is reported where it stands.
func (l *loader) when(s scope, items ...item) *Expr {
	var parts []expression
	ok := true
	for _, n := range items {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
			l.add(n, codeShape, "", "a condition is an expression, and this is %s", n.describe())
			ok = false
			continue
		}
		e, readable := l.expand(written(n, 0))
		if !readable || !l.compile(e, s, cel.BoolType) {
			ok = false
			continue
		}
		parts = append(parts, e)
	}
	if !ok || len(parts) == 0 {
		return nil
	}
	whole := parts[0]
	source := items[0].Value
	if len(parts) > 1 {
		whole = expression{}
		for i, p := range parts {
			if i > 0 {
				whole.add(" && ", p.places[0])
			}
			whole.add("(", p.places[0])
			whole.append(p)
			whole.add(")", p.places[0])
		}
		whole.places = append(whole.places, parts[len(parts)-1].places[len(parts[len(parts)-1].text)])
		texts := make([]string, len(items))
		for i, n := range items {
			texts[i] = "(" + strings.TrimSpace(n.Value) + ")"
		}
		source = strings.Join(texts, " && ")
		if !l.compile(whole, s, cel.BoolType) {
			return nil
		}
	}
	return l.expr(whole, s, cel.BoolType, items[0].pos(), source)
}

// value compiles the expression after the = of a scalar, which is to be of a type.
func (l *loader) value(n item, s scope, want *cel.Type) *Expr {
	e, readable := l.expand(written(n, 1))
	if !readable || !l.compile(e, s, want) {
		return nil
	}
	return l.expr(e, s, want, n.pos(), string([]rune(n.Value)[1:]))
}

// isExpr reports whether a scalar is an expression: it begins with =.
func isExpr(n item) bool { return n.Kind == yaml.ScalarNode && strings.HasPrefix(n.Value, "=") }

func (l *loader) expand(e expression) (expression, bool) {
	tokens, wrong := tokenize(e.text)
	l.report(e, wrong)
	if len(wrong) > 0 {
		return e, false
	}
	full, ok := l.substitute(e, tokens, nil)
	if !ok {
		return e, false
	}
	if _, wrong = tokenize(full.text); len(wrong) > 0 {
		l.report(full, wrong[:1])
		return e, false
	}
	return full, true
}

func (l *loader) key(e expression, s scope, want *cel.Type) string {
	return s.key() + "\x00" + want.String() + "\x00" + string(e.text)
}

// compile compiles an expression, once for each text, and reports what is wrong.
func (l *loader) compile(e expression, s scope, want *cel.Type) bool {
	k := l.key(e, s, want)
	c := l.compiled[k]
	if c == nil {
		if l.late() {
			return false
		}
		c = l.compileNew(string(e.text), s, want)
		l.compiled[k] = c
	}
	l.report(e, c.wrong)
	return len(c.wrong) == 0
}

func (l *loader) expr(e expression, s scope, want *cel.Type, pos Pos, source string) *Expr {
	c := l.compiled[l.key(e, s, want)]
	return &Expr{Pos: pos, source: strings.TrimSpace(source), reads: c.reads, tests: c.tests, lang: l.lang, typ: c.typ, prog: c.prog, test: c.test, value: c.value}
}

// late reports whether the time for checking the ruleset has run out.
func (l *loader) late() bool {
	if l.tooLate || time.Now().After(l.deadline) {
		l.tooLate = true
	}
	return l.tooLate
}

func (l *loader) compileNew(text string, s scope, want *cel.Type) *compiled {
	c := &compiled{}
	fail := func(code, hint, format string, args ...any) *compiled {
		c.wrong = append(c.wrong, problem{0, code, fmt.Sprintf(format, args...), hint})
		return c
	}
	base, err := l.env().base(s)
	if err != nil {
		return fail(codeUnavailable, "", "%v", err)
	}
	parsed, issues := base.Parse(text)
	if issues.Err() != nil {
		c.wrong = []problem{parseProblem([]rune(text), issues.Errors()[0])}
		return c
	}
	checked, issues := base.Check(parsed)
	if issues.Err() != nil {
		x := translator{l: l, scope: s, text: []rune(text), ast: parsed.NativeRep()}
		for _, e := range issues.Errors() {
			c.wrong = append(c.wrong, x.translate(e)...)
		}
		if len(c.wrong) == 0 {
			c.wrong = []problem{{code: ""}} // it only names what was reported where it is declared
		}
		return c
	}
	i := inspector{l: l, ast: checked.NativeRep(), scope: s}
	i.inspect(i.ast.Expr(), 0, nil)
	if len(i.wrong) > 0 {
		c.wrong = i.wrong
		return c
	}
	c.typ = checked.OutputType()
	if !c.typ.IsExactType(want) {
		return fail(codeResult, resultHint(want), "this is to be %s, and it is %s", typeWords(want), typeWords(c.typ))
	}
	cost, err := base.EstimateCost(checked, sizes{})
	if err != nil || cost.Max > maxCost {
		return fail(codeLimit, "", "the expression may take too long to evaluate")
	}
	opts := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if i.folds {
		opts = append(opts, cel.CostLimit(maxCost))
	}
	p, err := base.Program(checked, opts...)
	if err != nil {
		return fail(codeUnavailable, "", "the expression can't be evaluated: %v", err)
	}
	c.prog = celProgram{p}
	c.tests = i.tests
	low := lowering{env: l.env(), ast: i.ast}
	if want == cel.BoolType {
		c.test = low.test(i.ast.Expr())
	} else {
		c.value = low.choice(i.ast.Expr())
	}
	slices.SortFunc(i.reads, func(a, b FactRef) int { return strings.Compare(a.String(), b.String()) })
	c.reads = slices.Compact(i.reads)
	return c
}

func resultHint(want *cel.Type) string {
	if want == cel.BoolType {
		return "compare it with something"
	}
	return ""
}

// typeWords names a type in the words of the field.
func typeWords(t *cel.Type) string {
	switch t.Kind() {
	case types.BoolKind:
		return "true or false"
	case types.IntKind:
		return "a whole number"
	case types.StringKind:
		return "a text"
	case types.OpaqueKind:
		if t.TypeName() == decimalType.TypeName() {
			return "a decimal"
		}
		return "a code of " + t.TypeName()
	case types.ListKind:
		if len(t.Parameters()) == 1 {
			return "a list, of which each is " + typeWords(t.Parameters()[0])
		}
		return "a list"
	case types.MapKind:
		return "a map"
	case types.StructKind:
		return "the whole " + t.TypeName()
	case types.NullTypeKind:
		return "nothing"
	}
	return "of no known type"
}

// An inspector walks a checked expression, gathers what it reads and refuses
// what rules don't have.
type inspector struct {
	l     *loader
	scope scope
	ast   *ast.AST
	reads []FactRef
	tests []FactRef // of which it is only asked whether they are there
	wrong []problem
	folds bool
}

func (i *inspector) bad(e ast.Expr, code, hint, format string, args ...any) {
	i.wrong = append(i.wrong, problem{startOf(i.ast, e), code, fmt.Sprintf(format, args...), hint})
}

func startOf(a *ast.AST, e ast.Expr) int {
	return max(0, a.SourceInfo().GetStartLocation(e.ID()).Column())
}

func (i *inspector) inspect(e ast.Expr, folds int, bound []string) {
	switch e.Kind() {
	case ast.LiteralKind:
		switch e.AsLiteral().(type) {
		case types.Bool, types.Int, types.String:
		default:
			i.bad(e, codeUnavailable, "", "this kind of value is not available in expressions")
		}
	case ast.MapKind, ast.StructKind:
		i.bad(e, codeUnavailable, "", "maps and objects can't be made in expressions")
	case ast.IdentKind:
		t := i.ast.GetType(e.ID())
		if t.Kind() == types.StructKind && !slices.Contains(bound, e.AsIdent()) {
			i.bad(e, codeUnavailable, "name one of its facts", "%s can't be used as a whole", e.AsIdent())
		}
	case ast.SelectKind:
		if i.ast.ReferenceMap()[e.ID()] != nil {
			return // a qualified constant
		}
		s := e.AsSelect()
		t := i.ast.GetType(s.Operand().ID())
		if t.Kind() != types.StructKind {
			i.bad(e, codeUnavailable, "write map[KEY]", "a map is not read with a dot")
			return
		}
		object, _, _ := strings.Cut(t.TypeName(), " ")
		if s.Operand().Kind() == ast.IdentKind && s.Operand().AsIdent() == "sponsor" {
			object = "sponsor"
		}
		i.reads = append(i.reads, FactRef{object, s.FieldName()})
		if s.IsTestOnly() {
			i.tests = append(i.tests, FactRef{object, s.FieldName()})
		}
		if s.Operand().Kind() != ast.IdentKind {
			i.inspect(s.Operand(), folds, bound)
		}
	case ast.CallKind:
		c := e.AsCall()
		if c.IsMemberFunction() {
			i.inspect(c.Target(), folds, bound)
		}
		for _, arg := range c.Args() {
			i.inspect(arg, folds, bound)
		}
		if c.FunctionName() == operators.Equals || c.FunctionName() == operators.NotEquals {
			if t := i.ast.GetType(c.Args()[0].ID()); t.Kind() == types.MapKind {
				i.bad(e, codeTypes, "", "maps can't be compared")
			}
		}
	case ast.ListKind:
		for _, elem := range e.AsList().Elements() {
			i.inspect(elem, folds, bound)
		}
	case ast.ComprehensionKind:
		i.folds = true
		if folds > 0 {
			i.bad(e, codeNested, "", "exists and all can't be nested")
			return
		}
		c := e.AsComprehension()
		if _, constant := i.l.env().constants[c.IterVar()]; constant || i.l.takenName(c.IterVar()) {
			i.bad(e, codeName, "choose another name", "%s already means something in expressions", c.IterVar())
		}
		i.inspect(c.IterRange(), folds, bound)
		bound = append(bound, c.IterVar(), c.AccuVar())
		for _, part := range []ast.Expr{c.AccuInit(), c.LoopCondition(), c.LoopStep(), c.Result()} {
			i.inspect(part, folds+1, bound)
		}
	}
	if len(i.wrong) == 0 && dynamic(i.ast.GetType(e.ID())) {
		i.bad(e, codeUnavailable, "", "the elements of a list are all of one type, and an empty list has none")
	}
}

// dynamic reports whether a type leaves anything open.
func dynamic(t *cel.Type) bool {
	if t == nil {
		return false
	}
	switch t.Kind() {
	case types.DynKind, types.AnyKind, types.ErrorKind, types.TypeParamKind, types.DoubleKind, types.UintKind, types.BytesKind, types.TimestampKind, types.DurationKind:
		return true
	}
	return slices.ContainsFunc(t.Parameters(), dynamic)
}

// parseProblem says in plain words why an expression can't be read.
func parseProblem(text []rune, e *cel.Error) problem {
	at := max(0, min(e.Location.Column(), len(text)))
	p := problem{at: at, code: codeParse}
	m := e.Message
	switch {
	case strings.Contains(m, "recursion") || strings.Contains(m, "nesting") || strings.Contains(m, "node"):
		p.code, p.message = codeLimit, fmt.Sprintf("the expression is nested more than %d deep or has more than %d parts", maxNesting, maxNodes)
	case strings.Contains(m, "code point size"):
		p.code, p.message = codeLimit, fmt.Sprintf("an expression has at most %d characters", maxCharacters)
	case strings.Contains(m, "reserved identifier"):
		p.message, p.hint = "this word is reserved", "use another name"
	case strings.Contains(m, "argument must be a simple name") || strings.Contains(m, "argument is not an identifier"):
		p.message, p.hint = "the first argument of exists and all is a new name", "write list.exists(x, x == ...)"
	case strings.Contains(m, "has() macro"):
		p.message, p.hint = "has asks for one fact", "write has(member.age)"
	case strings.Contains(m, "int literal") || strings.Contains(m, "invalid int"):
		p.message = "the number is too large"
	case strings.Contains(m, "input '<EOF>'") || at >= len(text):
		p.at, p.message = len(text), "the expression ends too early"
	default:
		p.message = "this can't stand here"
		if t := tokenAt(text, at); t != "" {
			p.message = t + " can't stand here"
		}
	}
	return p
}

func tokenAt(text []rune, at int) string {
	tokens, _ := tokenize(text)
	for _, t := range tokens {
		if t.from <= at && at < t.to {
			return clip(string(text[t.from:t.to]))
		}
	}
	return ""
}

// A translator turns cel-go's complaints about types into words of the field.
type translator struct {
	l     *loader
	scope scope
	text  []rune
	ast   *ast.AST
}

var (
	undeclared = regexp.MustCompile(`^undeclared reference to '(.*)' \(in container`)
	undefined  = regexp.MustCompile(`^undefined field '(.*)'$`)
	noOverload = regexp.MustCompile(`^found no matching overload for '(.*)' applied to '(.*)'$`)
	mismatch   = regexp.MustCompile(`^expected type '(.*)' but found '(.*)'$`)
	notRange   = regexp.MustCompile(`^expression of type '(.*)' cannot be range`)
	notSelect  = regexp.MustCompile(`^type '(.*)' does not support field selection`)
)

func (x *translator) translate(e *cel.Error) []problem {
	at := max(0, min(e.Location.Column(), len(x.text)))
	one := func(code, format string, args ...any) []problem {
		return []problem{{at: at, code: code, message: fmt.Sprintf(format, args...)}}
	}
	if m := undeclared.FindStringSubmatch(e.Message); m != nil {
		return x.unknownName(at, e.ExprID, m[1])
	}
	if m := undefined.FindStringSubmatch(e.Message); m != nil {
		return x.unknownFact(at, e.ExprID, m[1])
	}
	if m := noOverload.FindStringSubmatch(e.Message); m != nil {
		return x.noOverload(at, m[1], splitTypes(m[2]))
	}
	if m := mismatch.FindStringSubmatch(e.Message); m != nil {
		return one(codeTypes, "this is to be %s, and it is %s", x.typeName(m[1]), x.typeName(m[2]))
	}
	if m := notRange.FindStringSubmatch(e.Message); m != nil {
		return one(codeTypes, "exists and all look through a list, and this is %s", x.typeName(m[1]))
	}
	if m := notSelect.FindStringSubmatch(e.Message); m != nil {
		return one(codeField, "%s has no facts", x.typeName(m[1]))
	}
	return one(codeTypes, "this does not fit together")
}

// notOurs explains what of CEL is left out.
var notOurs = map[string]string{
	"matches": "regular expressions are not available", "now": "rules don't read a clock: declare a fact instead",
	"timestamp": "rules don't compute with time: declare a fact instead", "duration": "rules don't compute with time: declare a fact instead",
	"double": "there are no floating point numbers", "dyn": "there are no dynamic types", "type": "there are no dynamic types",
	"int": "there are no conversions to numbers", "uint": "there are no conversions to numbers", "bytes": "there are no bytes",
	"map": "lists can't be made into others: use exists or all", "filter": "lists can't be made into others: use exists or all",
}

func (x *translator) unknownName(at int, id int64, name string) []problem {
	one := func(code, hint, format string, args ...any) []problem {
		return []problem{{at, code, fmt.Sprintf(format, args...), hint}}
	}
	env := x.l.env()
	node, parent := x.find(id)
	if node != nil && node.Kind() == ast.CallKind {
		if why := notOurs[name]; why != "" {
			return one(codeUnavailable, "", "%s", why)
		}
		return one(codeName, orList(name, ourFunctions), "there is no function %s", clip(name))
	}
	if e := env.enums[name]; e != nil {
		if parent == nil || parent.Kind() != ast.SelectKind {
			return one(codeName, "write "+name+".CODE", "%s is a list of codes", name)
		}
		if x.l.brokenLists[name] {
			return nil
		}
		field := parent.AsSelect().FieldName()
		at = max(0, x.fieldAt(at, field))
		return []problem{{at, codeName, fmt.Sprintf("the list %s has no code %s", name, clip(field)), suggest(field, e.constantNames())}}
	}
	if longer := env.homonyms[name]; longer != nil {
		return one(codeName, "write "+strings.Join(longer, " or "), "%s is in several lists", name)
	}
	switch name {
	case "m", "a", "w":
		each := map[string]Each{"m": EachMeasure, "a": EachAgreement, "w": EachWaiver}[name]
		return one(codeName, fmt.Sprintf("write `each: %s %s`", each, name), "the rule is not evaluated for each %s, so there is no %s", each, name)
	case "c":
		return one(codeName, "", "only the met expression of a condition with parameters knows c")
	case "answers", "conditions":
		return one(codeName, "", "only views know %s", name)
	}
	if why := notOurs[name]; why != "" {
		return one(codeUnavailable, "", "%s", why)
	}
	if hint := x.codeHint(name, parent); hint != "" {
		return one(codeName, hint, "nothing is called %s here", clip(name))
	}
	vars := env.variables(x.scope)
	for _, object := range sortedKeys(vars) {
		if lay := env.layouts[vars[object].TypeName()]; lay != nil {
			if _, found := lay.index[name]; found {
				return one(codeName, "write "+object+"."+name, "nothing is called %s here", clip(name))
			}
		}
	}
	if len(x.l.brokenLists) > 0 && name == constantOf(name) {
		return nil // perhaps of a list that was not understood
	}
	known := append(sortedKeys(vars), sortedKeys(x.l.lets)...)
	if name == constantOf(name) {
		known = append(sortedKeys(env.constants), sortedKeys(env.homonyms)...)
	}
	hint := suggest(name, known)
	if hint == "" {
		hint = suggest(constantOf(name), append(sortedKeys(env.constants), sortedKeys(env.homonyms)...))
	}
	return one(codeName, hint, "nothing is called %s here", clip(name))
}

// codeHint recognizes a code written as in YAML, dip.agent, instead of as the
// constant DIP_AGENT.
func (x *translator) codeHint(name string, parent ast.Expr) string {
	word := name
	if parent != nil && parent.Kind() == ast.SelectKind {
		word += "." + parent.AsSelect().FieldName()
	}
	for _, w := range []string{word, name} {
		for _, list := range sortedKeys(x.l.env().enums) {
			if v, found := x.l.env().enums[list].value(w); found {
				return "write " + x.l.env().constantFor(v)
			}
		}
	}
	return ""
}

// constantFor writes a code as expressions do.
func (env *environment) constantFor(v *enumVal) string {
	c := constantOf(v.code)
	if env.constants[c] == v {
		return c
	}
	return v.enum.list.Name + "." + c
}

func (e *enum) constantNames() []string {
	out := make([]string, len(e.values))
	for i, v := range e.values {
		out[i] = constantOf(v.code)
	}
	return out
}

func (x *translator) unknownFact(at int, id int64, field string) []problem {
	node, _ := x.find(id)
	if node == nil || node.Kind() != ast.SelectKind {
		return []problem{{at, codeField, fmt.Sprintf("there is no fact %s", clip(field)), ""}}
	}
	at = x.fieldAt(at, field)
	operand := node.AsSelect().Operand()
	if operand.Kind() != ast.IdentKind {
		return []problem{{at, codeField, fmt.Sprintf("there is no fact %s", clip(field)), ""}}
	}
	object := operand.AsIdent()
	t := x.l.env().variables(x.scope)[object]
	if t == nil {
		return []problem{{at, codeField, fmt.Sprintf("there is no fact %s", clip(field)), ""}}
	}
	lay := x.l.env().layouts[t.TypeName()]
	if lay == nil || x.l.brokenFacts[lay.object+"."+field] {
		return nil
	}
	of := object
	if word, _, _ := strings.Cut(lay.object, " "); object != word && object != "sponsor" {
		of = lay.object
	}
	return []problem{{at, codeField, fmt.Sprintf("%s has no fact %s", of, clip(field)), orList(field, lay.names())}}
}

// fieldAt finds the name of a fact after the place of its dot.
func (x *translator) fieldAt(at int, field string) int {
	want := []rune(field)
	for i := at; i+len(want) <= len(x.text); i++ {
		if slices.Equal(x.text[i:i+len(want)], want) {
			return i
		}
	}
	return at
}

// find returns a node of the expression and what it is a part of.
func (x *translator) find(id int64) (node, parent ast.Expr) {
	var walk func(e, p ast.Expr)
	walk = func(e, p ast.Expr) {
		if node != nil {
			return
		}
		if e.ID() == id {
			node, parent = e, p
			return
		}
		switch e.Kind() {
		case ast.CallKind:
			if e.AsCall().IsMemberFunction() {
				walk(e.AsCall().Target(), e)
			}
			for _, a := range e.AsCall().Args() {
				walk(a, e)
			}
		case ast.SelectKind:
			walk(e.AsSelect().Operand(), e)
		case ast.ListKind:
			for _, elem := range e.AsList().Elements() {
				walk(elem, e)
			}
		case ast.ComprehensionKind:
			c := e.AsComprehension()
			for _, part := range []ast.Expr{c.IterRange(), c.AccuInit(), c.LoopCondition(), c.LoopStep(), c.Result()} {
				walk(part, e)
			}
		}
	}
	walk(x.ast.Expr(), nil)
	return node, parent
}

// splitTypes splits "(category, list(status))".
func splitTypes(text string) []string {
	target, text, member := strings.Cut(text, ".(")
	var out []string
	if member {
		out = append(out, target)
	} else {
		text = strings.TrimPrefix(target, "(")
	}
	text = strings.TrimSuffix(text, ")")
	depth, from := 0, 0
	for i, c := range text {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, strings.TrimSpace(text[from:i]))
				from = i + 1
			}
		}
	}
	return append(out, strings.TrimSpace(text[from:]))
}

// typeName puts a type that cel-go printed in the words of the field.
func (x *translator) typeName(printed string) string {
	switch {
	case printed == "bool":
		return "true or false"
	case printed == "int":
		return "a whole number"
	case printed == "string":
		return "a text"
	case printed == "decimal":
		return "a decimal"
	case strings.HasPrefix(printed, "list("):
		return "a list"
	case strings.HasPrefix(printed, "map("):
		return "a map"
	case x.l.env().enums[printed] != nil:
		return "a code of " + printed
	case x.l.env().layouts[printed] != nil:
		return "the whole " + printed
	}
	return "something else"
}

func (x *translator) noOverload(at int, function string, of []string) []problem {
	one := func(hint, format string, args ...any) []problem {
		return []problem{{at, codeTypes, fmt.Sprintf(format, args...), hint}}
	}
	sign := strings.ReplaceAll(strings.Trim(function, "_@"), "_", "")
	if len(of) == 2 {
		a, b := of[0], of[1]
		enums := x.l.env().enums
		switch function {
		case operators.Equals, operators.NotEquals:
			switch {
			case enums[a] != nil && enums[b] != nil:
				return one("", "a code of %s is compared with a code of %s: they are different lists", a, b)
			case enums[a] != nil && b == "string" || a == "string" && enums[b] != nil:
				list := a
				if enums[a] == nil {
					list = b
				}
				return one(x.constantHint(list), "a code of %s is compared with a text", list)
			case strings.HasPrefix(a, "list(") != strings.HasPrefix(b, "list("):
				return one("write in", "%s is compared with %s", x.typeName(a), x.typeName(b))
			case a == "decimal" && b == "int" || a == "int" && b == "decimal":
				return one("write >= and <=", "a decimal and a whole number are compared by <, <=, > and >= only")
			}
			return one("", "%s is compared with %s", x.typeName(a), x.typeName(b))
		case operators.In:
			if elem, found := strings.CutPrefix(b, "list("); found {
				elem = strings.TrimSuffix(elem, ")")
				if enums[a] != nil && enums[elem] != nil {
					return one("", "a code of %s is looked for among codes of %s: they are different lists", a, elem)
				}
				if enums[a] != nil && elem == "string" {
					return one(x.constantHint(a), "a code of %s is looked for among texts", a)
				}
				return one("", "%s is looked for in a list of another type", x.typeName(a))
			}
			if key, found := strings.CutPrefix(b, "map("); found {
				key, _, _ = strings.Cut(key, ",")
				return one("", "%s is looked for among keys of which each is %s", x.typeName(a), x.typeName(key))
			}
			return one("write a list in [brackets]", "in looks into a list, and this is %s", x.typeName(b))
		case operators.LogicalAnd, operators.LogicalOr:
			wrong := a
			if a == "bool" {
				wrong = b
			}
			return one("", "%s joins conditions, and this is %s", sign, x.typeName(wrong))
		case operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
			return one("", "%s orders whole numbers, decimals and texts, not %s and %s", sign, x.typeName(a), x.typeName(b))
		}
		return one("", "%s does not take %s and %s", sign, x.typeName(a), x.typeName(b))
	}
	if function == operators.LogicalNot {
		return one("", "! turns a condition round, and this is %s", x.typeName(of[0]))
	}
	names := make([]string, len(of))
	for i, t := range of {
		names[i] = x.typeName(t)
	}
	return one("", "%s does not take %s", sign, strings.Join(names, ", "))
}

// constantHint finds a text in the expression that is a code of the list.
func (x *translator) constantHint(list string) string {
	tokens, _ := tokenize(x.text)
	e := x.l.env().enums[list]
	for _, t := range tokens {
		if t.kind != tokenText {
			continue
		}
		word := strings.Trim(string(x.text[t.from:t.to]), `"'`)
		if v, found := e.value(word); found {
			return "write " + x.l.env().constantFor(v)
		}
		if near := domain.Nearest(word, e.list.names()); near != "" {
			if v, found := e.value(near); found {
				return "did you mean " + x.l.env().constantFor(v) + "?"
			}
		}
	}
	return ""
}

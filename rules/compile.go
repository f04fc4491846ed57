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
	key := whenKey{scope: s}
	if len(items) > len(key.nodes) {
		return l.newWhen(s, items) // unreachable: a table, a code and a row have one each
	}
	for i, n := range items {
		key.nodes[i] = n.Node
	}
	if have, found := l.whens[key]; found && l.substituted+have.substituted <= mostSubstituted {
		l.substituted += have.substituted
		again := *have.expr
		return &again
	}
	before := l.substituted
	e := l.newWhen(s, items)
	if e != nil {
		l.whens[key] = madeWhen{e, l.substituted - before}
	}
	return e
}

// A whenKey is where conditions are written: the cells of a table mostly have the same.
type whenKey struct {
	scope scope
	nodes [3]*yaml.Node
}

type madeWhen struct {
	expr        *Expr
	substituted int // characters that names of let stood for
}

func (l *loader) newWhen(s scope, items []item) *Expr {
	var parts []expression
	ok := true
	for _, n := range items {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
			l.add(n, codeShape, "", "a condition is an expression, and this is %s", n.describe())
			ok = false
			continue
		}
		e, sound, readable := l.expand(written(n, 0))
		if !readable || !l.compile(e, s, cel.BoolType) || !sound {
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
	e, sound, readable := l.expand(written(n, 1))
	if !readable || !l.compile(e, s, want) || !sound {
		return nil
	}
	return l.expr(e, s, want, n.pos(), string([]rune(n.Value)[1:]))
}

// isExpr reports whether a scalar is an expression: it begins with =.
func isExpr(n item) bool { return n.Kind == yaml.ScalarNode && strings.HasPrefix(n.Value, "=") }

// expand reads an expression and substitutes the names of let. If it can't be
// read, ok is false; sound is false also if it was read as what was meant.
func (l *loader) expand(e expression) (full expression, sound, ok bool) {
	tokens, wrong := tokenize(e.text)
	l.report(e, wrong)
	sound = len(wrong) == 0
	if !sound {
		if e, ok = mend(e, wrong); !ok {
			return e, false, false
		}
		if tokens, wrong = tokenize(e.text); len(wrong) > 0 {
			l.report(e, wrong)
			return e, false, false
		}
	}
	if !l.names(e, tokens) {
		return e, sound, true
	}
	if full, ok = l.substitute(e, tokens, nil); !ok {
		return e, false, false
	}
	if _, wrong = tokenize(full.text); len(wrong) > 0 {
		l.report(full, wrong[:1])
		return e, false, false
	}
	return full, sound, true
}

func (l *loader) key(e expression, s scope, want *cel.Type) string {
	return s.key() + "\x00" + want.String() + "\x00" + string(e.text)
}

// compile compiles an expression, once for each text, and reports what is wrong.
func (l *loader) compile(e expression, s scope, want *cel.Type) bool {
	k := l.key(e, s, want)
	c := l.compiled[k]
	if c == nil && l.shared {
		if c = l.before.compiled[k]; c != nil {
			l.compiled[k] = c
		}
	}
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
	return &Expr{Pos: pos, source: strings.TrimSpace(source), reads: c.reads, tests: c.tests, places: e.places, text: e.text, lang: l.lang, typ: c.typ, prog: c.prog, test: c.test, value: c.value}
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
		c.wrong = append(c.wrong, found(0, code, fmt.Sprintf(format, args...), hint))
		return c
	}
	runes := []rune(text)
	tokens, strange := tokenize(runes)
	form, castable := cast{}, false
	if len(strange) == 0 {
		if form, castable = l.env().castOf(runes, tokens, s, want); castable {
			if made := l.env().moulded(&form); made != nil {
				made.prog = &laterProgram{env: l.env(), scope: s, text: text, opts: planned}
				return made
			}
		}
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
		if i := slices.IndexFunc(c.wrong, func(p problem) bool { return p.alone }); i >= 0 {
			c.wrong = c.wrong[i : i+1]
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
	opts := planned
	if i.folds {
		opts = counted
	}
	c.prog = &laterProgram{env: l.env(), scope: s, text: text, opts: opts}
	c.tests = i.tests
	low := lowering{env: l.env(), ast: i.ast, tokens: tokens, text: runes, plan: func(part ast.Expr) *opaque {
		return l.opaque(base, i.ast, part, s, c, opts)
	}}
	if want == cel.BoolType {
		c.test = low.test(i.ast.Expr())
	} else {
		c.value = low.choice(i.ast.Expr())
	}
	slices.SortFunc(i.reads, func(a, b FactRef) int { return strings.Compare(a.String(), b.String()) })
	c.reads = slices.Compact(i.reads)
	if castable {
		l.env().mould(&form, c, low.slots)
	}
	return c
}

// opaque makes a program of a part of an expression that was checked.
func (l *loader) opaque(base *cel.Env, whole *ast.AST, part ast.Expr, s scope, of *compiled, opts []cel.ProgramOption) *opaque {
	i := inspector{l: l, ast: whole, scope: s}
	i.inspect(part, 0, nil)
	out := &opaque{reads: i.reads}
	out.ages = slices.ContainsFunc(i.reads, (&Edition{Language: l.lang}).isAge)
	if part == whole.Expr() {
		out.prog = of.prog
		return out
	}
	if !i.folds {
		opts = planned // a part that goes through no list takes no longer than it is long
	}
	checked := ast.NewCheckedAST(ast.NewAST(part, whole.SourceInfo()), whole.TypeMap(), whole.ReferenceMap())
	p, err := base.PlanProgram(checked, opts...)
	if err != nil {
		return nil // unreachable: the whole has a program
	}
	out.prog = celProgram{p}
	return out
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
	i.wrong = append(i.wrong, found(startOf(i.ast, e), code, fmt.Sprintf(format, args...), hint))
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
	case strings.Contains(m, "unexpected character escape") || strings.Contains(m, "unable to unescape"):
		p.message = "an escape in this text is no character"
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
		if strings.Count(string(text), "?") > 1 {
			p.hint = "put a choice within a choice in brackets: A ? B : (C ? D : E)"
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
	// lambda are names that a function which there is not would have given a meaning.
	lambda map[string]bool
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
		wrong := x.noOverload(at, m[1], splitTypes(m[2]))
		if wrong[0].hint == "" {
			wrong[0].hint = x.remedy(e.ExprID, m[1], splitTypes(m[2]))
		}
		return wrong
	}
	if m := mismatch.FindStringSubmatch(e.Message); m != nil {
		wrong := one(codeTypes, "this is to be %s, and it is %s", x.typeName(m[1]), x.typeName(m[2]))
		wrong[0].hint = x.another(e.ExprID, m[2])
		return wrong
	}
	if m := notRange.FindStringSubmatch(e.Message); m != nil {
		return one(codeTypes, "exists and all look through a list, and this is %s", x.typeName(m[1]))
	}
	if m := notSelect.FindStringSubmatch(e.Message); m != nil {
		return x.noFacts(at, e.ExprID, m[1])
	}
	return one(codeTypes, "this does not fit together")
}

// notOurs explains what of CEL, and of other languages, is left out.
var notOurs = map[string]string{
	"matches": "regular expressions are not available", "now": "rules don't read a clock: declare a fact instead",
	"timestamp": "rules don't compute with time: declare a fact instead", "duration": "rules don't compute with time: declare a fact instead",
	"double": "there are no floating point numbers", "dyn": "there are no dynamic types", "type": "there are no dynamic types",
	"int": "there are no conversions to numbers", "uint": "there are no conversions to numbers", "bytes": "there are no bytes",
	"map": "lists can't be made into others: use exists or all", "filter": "lists can't be made into others: use exists or all",
	"today": "rules don't read a clock: declare a fact instead", "date": "expressions have no dates: say with in_force when a rule holds, or declare a fact",
	"lower": "letters can't be changed: declare the fact as a word, which is in lower case", "upper": "letters can't be changed: declare the fact as a word, which is in lower case",
	"toLowerCase": "letters can't be changed: declare the fact as a word, which is in lower case", "toUpperCase": "letters can't be changed: declare the fact as a word, which is in lower case",
	"lowerAscii": "letters can't be changed: declare the fact as a word, which is in lower case", "upperAscii": "letters can't be changed: declare the fact as a word, which is in lower case",
	"sum": "lists are not added up: declare a fact instead", "max": "there are no functions of numbers: write a > b ? a : b", "min": "there are no functions of numbers: write a < b ? a : b",
	"abs": "there are no functions of numbers", "round": "there are no functions of numbers: percent rounds to whole cents",
}

// inPlaceOf names what rules have in the place of functions of other languages.
var inPlaceOf = map[string]string{
	"len": "write size(...)", "length": "write size(...)", "count": "write size(...)", "any": "write list.exists(x, x == ...)", "some": "write list.exists(x, x == ...)",
	"every": "write list.all(x, x == ...)", "includes": "write item in list", "isEmpty": "write size(...) == 0", "empty": "write size(...) == 0", "defined": "write has(member.age)",
	"isset": "write has(member.age)", "exist": "write has(member.age)", "isNull": "write !has(member.age)", "str": "write string(...)", "toString": "write string(...)",
	"starts_with": "write startsWith", "ends_with": "write endsWith", "contain": "write contains", "indexOf": "write contains",
}

// truths are other words for true and false.
var truths = map[string]string{"yes": "true", "on": "true", "no": "false", "off": "false", "true": "true", "false": "false", "y": "true", "n": "false"}

func (x *translator) unknownName(at int, id int64, name string) []problem {
	one := func(code, hint, format string, args ...any) []problem {
		return []problem{found(at, code, fmt.Sprintf(format, args...), hint)}
	}
	env := x.l.env()
	node, parent := x.find(id)
	if node != nil && node.Kind() == ast.CallKind {
		return x.unknownFunction(at, node, name)
	}
	if x.lambda[name] {
		return nil // it belongs to what is not understood itself
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
		return []problem{found(at, codeName, fmt.Sprintf("the list %s has no code %s", name, clip(field)), suggest(field, e.constantNames()))}
	}
	if longer := env.homonyms[name]; longer != nil {
		return one(codeName, x.meantOf(longer, node, parent), "%s is in several lists", name)
	}
	if truth := truths[strings.ToLower(name)]; truth != "" && len(name) > 1 {
		return one(codeName, "write "+truth, "nothing is called %s", quote(name))
	}
	switch strings.ToLower(name) {
	case "null", "nil", "missing", "empty", "undefined", "nothing":
		hint := "ask with has(), as in has(member.age)"
		return one(codeName, hint, "nothing is called %s", quote(name))
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
	if joined := x.joined(at); joined != "" {
		wrong := one(codeName, "write "+constantOf(joined), "nothing is called %s", quote(joined))
		wrong[0].alone = true
		return wrong
	}
	if hint := x.codeHint(name, node, parent); hint != "" {
		return one(codeName, hint, "nothing is called %s", quote(name))
	}
	vars := env.variables(x.scope)
	for _, object := range sortedKeys(vars) {
		if lay := env.layouts[vars[object].TypeName()]; lay != nil {
			if _, found := lay.index[name]; found {
				return one(codeName, "write "+object+"."+name, "nothing is called %s", quote(name))
			}
		}
	}
	if len(x.l.brokenLists) > 0 && name == constantOf(name) {
		return nil // perhaps of a list that was not understood
	}
	known := append(sortedKeys(vars), sortedKeys(x.l.lets)...)
	if parent != nil && parent.Kind() == ast.SelectKind {
		known = append(known, sortedKeys(env.enums)...)
	}
	if name == constantOf(name) {
		known = append(sortedKeys(env.constants), sortedKeys(env.homonyms)...)
	}
	hint := suggest(name, known)
	if hint == "" {
		hint = suggest(constantOf(name), append(sortedKeys(env.constants), sortedKeys(env.homonyms)...))
	}
	return one(codeName, hint, "nothing is called %s", quote(name))
}

// codeHint recognizes a code written as in YAML, dip.agent, instead of as the
// constant DIP_AGENT.
func (x *translator) codeHint(name string, node, parent ast.Expr) string {
	word, whole, around := name, node, parent // of the code and what it is a part of
	if parent != nil && parent.Kind() == ast.SelectKind {
		word += "." + parent.AsSelect().FieldName()
		whole = parent
		_, around = x.find(parent.ID())
	}
	for _, w := range []string{word, name} {
		for _, list := range sortedKeys(x.l.env().enums) {
			if v, found := x.l.env().enums[list].value(w); found {
				if longer := x.l.env().homonyms[constantOf(w)]; longer != nil {
					return x.meantOf(longer, whole, around)
				}
				return "write " + x.l.env().constantFor(v)
			}
		}
	}
	return ""
}

// meantOf says which of the longer forms of a constant is meant, if it is compared
// with a fact that has codes of one of their lists, and otherwise names them all.
func (x *translator) meantOf(longer []string, node, parent ast.Expr) string {
	if parent != nil && parent.Kind() == ast.ListKind { // fact in [NONE]
		node = parent
		_, parent = x.find(parent.ID())
	}
	if node != nil && parent != nil && parent.Kind() == ast.CallKind {
		for _, other := range parent.AsCall().Args() {
			if list := x.listOf(other); other.ID() != node.ID() && list != "" {
				for _, form := range longer {
					if strings.HasPrefix(form, list+".") {
						return "did you mean " + form + "?"
					}
				}
			}
		}
	}
	return "write " + strings.Join(longer, " or ")
}

// listOf is the list of the codes that a fact has; "" for anything else.
func (x *translator) listOf(e ast.Expr) string {
	if e.Kind() != ast.SelectKind || e.AsSelect().IsTestOnly() || e.AsSelect().Operand().Kind() != ast.IdentKind {
		return ""
	}
	env := x.l.env()
	t := env.variables(x.scope)[e.AsSelect().Operand().AsIdent()]
	if t == nil {
		return ""
	}
	lay := env.layouts[t.TypeName()]
	if lay == nil {
		return ""
	}
	i, found := lay.index[e.AsSelect().FieldName()]
	if !found || lay.facts[i].enum == nil {
		return ""
	}
	return lay.facts[i].enum.list.Name
}

// joined returns a constant that is written with hyphens, DIP-AGENT.
func (x *translator) joined(at int) string {
	to := at
	for to < len(x.text) && (isNameStart(x.text[to]) || isDigit(x.text[to]) || x.text[to] == '-') {
		to++
	}
	word := string(x.text[at:to])
	if !strings.Contains(word, "-") || x.l.env().constants[constantOf(word)] == nil {
		return ""
	}
	return word
}

// walk calls f for a part of an expression and all of its parts.
func walk(e ast.Expr, f func(ast.Expr)) { ast.PostOrderVisit(e, ast.NewExprVisitor(f)) }

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
		return []problem{found(at, codeField, fmt.Sprintf("there is no fact %s", clip(field)), "")}
	}
	at = x.fieldAt(at, field)
	operand := node.AsSelect().Operand()
	if operand.Kind() != ast.IdentKind {
		return []problem{found(at, codeField, fmt.Sprintf("there is no fact %s", clip(field)), "")}
	}
	object := operand.AsIdent()
	t := x.l.env().variables(x.scope)[object]
	if t == nil {
		return []problem{found(at, codeField, fmt.Sprintf("there is no fact %s", clip(field)), "")}
	}
	lay := x.l.env().layouts[t.TypeName()]
	if lay == nil || x.l.brokenFacts[lay.object+"."+field] {
		return nil
	}
	of := object
	if word, _, _ := strings.Cut(lay.object, " "); object != word && object != "sponsor" {
		of = lay.object
	}
	return []problem{found(at, codeField, fmt.Sprintf("%s has no fact %s", of, clip(field)), orList(field, lay.names()))}
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

// unknownFunction explains a call of what there is not.
func (x *translator) unknownFunction(at int, node ast.Expr, name string) []problem {
	one := func(code, hint, format string, args ...any) []problem {
		return []problem{found(at, code, fmt.Sprintf(format, args...), hint)}
	}
	if x.lambda == nil {
		x.lambda = map[string]bool{}
	}
	vars := x.l.env().variables(x.scope)
	walk(node, func(e ast.Expr) { // n of list.any(n, n == 3)
		if e.Kind() == ast.IdentKind && vars[e.AsIdent()] == nil && len(e.AsIdent()) == 1 {
			x.lambda[e.AsIdent()] = true
		}
	})
	if args := node.AsCall().Args(); len(args) == 2 && args[0].Kind() == ast.IdentKind && vars[args[0].AsIdent()] == nil {
		x.lambda[args[0].AsIdent()] = true
	}
	if why := notOurs[name]; why != "" {
		return one(codeUnavailable, "", "%s", why)
	}
	switch {
	case name == "exists" && !node.AsCall().IsMemberFunction():
		return one(codeName, "write has(member.age), or list.exists(x, x == ...)", "exists looks through a list")
	case name == "exists" || name == "all" || name == "exists_one":
		return one(codeName, "write list."+name+"(x, x == ...)", "%s takes a new name and a condition", name)
	case name == "has":
		return one(codeName, "write has(member.age)", "has asks for one fact")
	case inPlaceOf[name] != "":
		return one(codeName, inPlaceOf[name], "there is no function %s", clip(name))
	}
	if node.AsCall().IsMemberFunction() {
		if of := node.AsCall().Target(); of.Kind() == ast.IdentKind {
			if t := x.l.env().variables(x.scope)[of.AsIdent()]; t != nil {
				if lay := x.l.env().layouts[t.TypeName()]; lay != nil {
					if _, fact := lay.index[name]; fact {
						return one(codeName, "write "+of.AsIdent()+"."+name+" without brackets", "%s is a fact, not a function", name)
					}
				}
			}
		}
	} else if x.l.env().variables(x.scope)[name] != nil || x.l.lets[name] != nil {
		return one(codeName, "write it without brackets", "%s is no function", clip(name))
	}
	return one(codeName, orList(name, ourFunctions), "there is no function %s", clip(name))
}

// noFacts explains a dot after what has no facts.
func (x *translator) noFacts(at int, id int64, printed string) []problem {
	wrong := []problem{found(at, codeField, x.typeName(printed)+" has no facts", "")}
	node, _ := x.find(id)
	if node == nil || node.Kind() != ast.SelectKind {
		return wrong
	}
	field, operand := node.AsSelect().FieldName(), node.AsSelect().Operand()
	if operand.Kind() == ast.IdentKind {
		for each, letter := range boundNames {
			if operand.AsIdent() == string(each) {
				return []problem{found(max(0, at-len(string(each))), codeName, fmt.Sprintf("nothing is called %s", quote(string(each))), fmt.Sprintf("write `each: %s %s` in the rule, and %s.%s", each, letter, letter, clip(field)))}
			}
		}
	}
	if strings.HasPrefix(printed, "list(") && slices.Contains([]string{"length", "size", "count", "len"}, field) {
		wrong[0].hint = "write size(...)"
	}
	return wrong
}

// plainly gives back a plain part of an expression as text: a name, a fact, a
// number or a text.
func plainly(e ast.Expr) string {
	switch e.Kind() {
	case ast.IdentKind:
		return e.AsIdent()
	case ast.SelectKind:
		if of := plainly(e.AsSelect().Operand()); of != "" && !e.AsSelect().IsTestOnly() {
			return of + "." + e.AsSelect().FieldName()
		}
	case ast.LiteralKind:
		switch v := e.AsLiteral().(type) {
		case types.Int:
			return fmt.Sprint(int64(v))
		case types.String:
			return fmt.Sprintf("%q", string(v))
		}
	}
	return ""
}

// another recognizes a == X || Y, which is to be a in [X, Y].
func (x *translator) another(id int64, printed string) string {
	node, parent := x.find(id)
	if node == nil {
		return ""
	}
	if parent == nil || parent.Kind() != ast.CallKind || parent.AsCall().FunctionName() != operators.LogicalOr || x.l.env().enums[printed] == nil {
		if parent != nil && printed != "bool" {
			return resultHint(cel.BoolType)
		}
		return ""
	}
	values := []string{plainly(node)}
	for _, arg := range parent.AsCall().Args() {
		if arg.Kind() != ast.CallKind || arg.AsCall().FunctionName() != operators.Equals {
			continue
		}
		left, right := plainly(arg.AsCall().Args()[0]), plainly(arg.AsCall().Args()[1])
		if left != "" && right != "" && values[0] != "" {
			return clip(fmt.Sprintf("write %s in [%s, %s]", left, right, values[0]))
		}
	}
	return resultHint(cel.BoolType)
}

// remedy finds what was meant by a sign that does not take what it was given.
func (x *translator) remedy(id int64, function string, of []string) string {
	node, _ := x.find(id)
	if node == nil || node.Kind() != ast.CallKind {
		return ""
	}
	c := node.AsCall()
	args := c.Args()
	switch function {
	case operators.LogicalNot:
		if e := x.l.env().enums[of[0]]; e != nil {
			return "write !(...) around the whole comparison"
		}
		return resultHint(cel.BoolType)
	case operators.Index:
		if len(args) == 2 && x.l.env().layouts[of[0]] != nil {
			if key, ok := literalText(args[1]); ok && isName(key) {
				return "write " + plainly(args[0]) + "." + key
			}
			return "write a dot and the name of a fact"
		}
	case operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals, operators.Equals, operators.NotEquals:
		if len(args) != 2 || len(of) != 2 {
			return ""
		}
		if inner := args[0]; of[0] == "bool" && inner.Kind() == ast.CallKind && len(inner.AsCall().Args()) == 2 && of[1] != "string" {
			if middle := plainly(inner.AsCall().Args()[1]); middle != "" && slices.Contains([]string{operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals}, inner.AsCall().FunctionName()) {
				return "write two comparisons, joined by &&"
			}
		}
		for i, arg := range args {
			other := of[1-i]
			text, ok := literalText(arg)
			switch {
			case !ok:
			case other == "bool" && truths[strings.ToLower(text)] != "":
				return "write " + truths[strings.ToLower(text)] + " without quotes"
			case other == "int" && text != "" && allDigits(text) || other == "decimal" && text != "" && allDigits(text):
				return "write " + text + " without quotes"
			case other == "int" && strings.HasPrefix(text, "$"):
				whole, cents, _ := strings.Cut(strings.ReplaceAll(text[1:], ",", ""), ".")
				if whole != "" && len(whole) < 12 && allDigits(whole) && len(cents) <= 2 && allDigits(cents) {
					return "write " + centsOf(whole, (cents + "00")[:2]) + ", the amount in cents, without quotes"
				}
			}
		}
		if of[0] == "bool" && of[1] == "int" || of[0] == "int" && of[1] == "bool" {
			return "write true or false"
		}
	case "contains", "startsWith", "endsWith":
		if strings.HasPrefix(of[0], "list(") && function == "contains" {
			return "write item in list"
		}
		if x.l.env().enums[of[0]] != nil {
			return "compare with codes, as in in [CODE, CODE]"
		}
	}
	return ""
}

func literalText(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	s, ok := e.AsLiteral().(types.String)
	return string(s), ok
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
	return "of another kind"
}

func (x *translator) noOverload(at int, function string, of []string) []problem {
	one := func(hint, format string, args ...any) []problem {
		return []problem{found(at, codeTypes, fmt.Sprintf(format, args...), hint)}
	}
	sign := strings.ReplaceAll(strings.Trim(function, "_@"), "_", "")
	if function == operators.Index {
		return one("", "[...] reads from a map or list, and this is %s", x.typeName(of[0]))
	}
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
	if function == operators.Conditional && len(of) == 3 {
		if of[0] != "bool" {
			return one("compare it with something", "? asks a condition, and this is %s", x.typeName(of[0]))
		}
		return one("", "? chooses between values of one type, and these are %s, and %s", x.typeName(of[1]), x.typeName(of[2]))
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
		for _, code := range e.list.Codes {
			if strings.EqualFold(code.Term, word) {
				if v, found := e.value(code.Code); found {
					return "write " + x.l.env().constantFor(v)
				}
			}
		}
		if near := domain.Nearest(word, e.list.names()); near != "" && alike(word, near) {
			if v, found := e.value(near); found {
				return "did you mean " + x.l.env().constantFor(v) + "?"
			}
		}
	}
	return ""
}

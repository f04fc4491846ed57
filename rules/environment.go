package rules

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/decls"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/stdlib"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/comity-project/comity/domain"
)

// An environment is what expressions of one language may name. There is one
// CEL environment for each scope.
type environment struct {
	enums   map[string]*enum
	layouts map[string]*layout // by object type
	// nothing holds, by kind, the object of which nothing is on record.
	nothing map[string]*Object
	// constants are the names of codes, qualified and, where they are
	// unique, bare.
	constants map[string]*enumVal
	// homonyms lists, for a bare constant of several lists, its longer forms.
	homonyms map[string][]string

	mu     sync.Mutex         // locks what is below
	bases  map[scope]*cel.Env // by scope
	root   *cel.Env           // that all have in common
	moulds map[string]*mould  // by cast
	held   int                // characters of their casts
}

// A scope says which names besides the common ones an expression may use.
type scope struct {
	each      Each
	condition string // of which the expression is `met`
	view      bool
}

func (s scope) key() string {
	key := string(s.each) + "/" + s.condition
	if s.view {
		key += "/view"
	}
	return key
}

// boundNames are the letters under which each is bound.
var boundNames = map[Each]string{EachMeasure: "m", EachAgreement: "a", EachWaiver: "w"}

// objectNames are the objects that every expression may read.
var objectNames = []string{"member", "sponsor", "mission", "state", "request", "vehicle", "property", "filing", "protection"}

// conditionLayout is the object type of the parameters of a condition.
func conditionLayout(code string) string { return "condition " + code }

// variables lists the names of a scope with their types.
func (env *environment) variables(s scope) map[string]*cel.Type {
	out := map[string]*cel.Type{}
	for _, name := range objectNames {
		out[name] = env.layouts[env.layoutOf(name)].typ
	}
	out["privilege"] = env.enums["privilege"].typ
	if s.each != EachNothing {
		out[boundNames[s.each]] = env.layouts[string(s.each)].typ
	}
	if s.condition != "" {
		out["c"] = env.layouts[conditionLayout(s.condition)].typ
	}
	if s.view {
		out["answers"] = cel.MapType(env.enums["privilege"].typ, env.enums["outcome"].typ)
		out["conditions"] = cel.MapType(env.enums["privilege"].typ, cel.ListType(env.enums["condition"].typ))
	}
	return out
}

func (env *environment) layoutOf(object string) string {
	if object == "sponsor" {
		return "member"
	}
	return object
}

// newEnvironment makes the environment of lists and layouts.
func newEnvironment(enums map[string]*enum, layouts map[string]*layout) *environment {
	env := &environment{enums: enums, layouts: layouts, constants: map[string]*enumVal{}, homonyms: map[string][]string{}, bases: map[scope]*cel.Env{}, moulds: map[string]*mould{}}
	bare := map[string][]*enumVal{}
	for _, name := range sortedKeys(enums) {
		seen := map[string]bool{}
		for _, v := range enums[name].values {
			c := constantOf(v.code)
			if seen[c] {
				continue // reported with the list
			}
			seen[c] = true
			env.constants[name+"."+c] = v
			bare[c] = append(bare[c], v)
		}
	}
	for c, values := range bare {
		if len(values) == 2 && values[0].enum.list.Name == "condition" {
			values = values[1:] // a condition is mostly called like the level that sets it
		} else if len(values) == 2 && values[1].enum.list.Name == "condition" {
			values = values[:1]
		}
		if len(values) == 1 {
			env.constants[c] = values[0]
			continue
		}
		for _, v := range values {
			env.homonyms[c] = append(env.homonyms[c], v.enum.list.Name+"."+c)
		}
	}
	return env
}

// constantOf is how expressions write a code: upper case, with _ for every
// character that is not a letter or digit.
func constantOf(code string) string {
	c := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, code)
	if c != "" && c[0] >= '0' && c[0] <= '9' {
		c = "_" + c
	}
	return c
}

// base returns the CEL environment of a scope.
func (env *environment) base(s scope) (*cel.Env, error) {
	env.mu.Lock()
	defer env.mu.Unlock()
	if have := env.bases[s]; have != nil {
		return have, nil
	}
	if env.root == nil {
		root, err := env.newRoot()
		if err != nil {
			return nil, err
		}
		env.root = root
	}
	vars := env.variables(s)
	var opts []cel.EnvOption
	for _, name := range sortedKeys(vars) {
		opts = append(opts, cel.Variable(name, vars[name]))
	}
	made, err := env.root.Extend(opts...)
	if err != nil {
		return nil, fmt.Errorf("set up the rules language: %w", err)
	}
	env.bases[s] = made
	return made, nil
}

// The bounds of an expression.
const (
	maxNesting    = 40
	maxCharacters = 4000
	maxNodes      = 2000
	maxCost       = 100_000
)

// newRoot makes what all scopes share: functions, macros, types and constants.
func (env *environment) newRoot() (*cel.Env, error) {
	p := &provider{env: env}
	opts := []cel.EnvOption{
		cel.CustomTypeAdapter(p), cel.CustomTypeProvider(p),
		cel.Macros(cel.HasMacro, cel.AllMacro, cel.ExistsMacro, cel.ExistsOneMacro),
		cel.ParserRecursionLimit(maxNesting), cel.ParserExpressionSizeLimit(maxCharacters), cel.ExpressionNodeLimit(maxNodes),
		cel.ParserErrorRecoveryLimit(4),
		cel.FunctionDecls(functions()...),
	}
	for _, name := range sortedKeys(env.constants) {
		v := env.constants[name]
		opts = append(opts, cel.Constant(name, v.enum.typ, v))
	}
	root, err := cel.NewCustomEnv(opts...)
	if err != nil {
		return nil, fmt.Errorf("set up the rules language: %w", err)
	}
	return root, nil
}

// ourFunctions names what expressions may call.
var ourFunctions = []string{"size", "string", "percent", "startsWith", "endsWith", "contains", "has", "all", "exists", "exists_one"}

// functions lists the operators and functions of expressions. Everything that is
// not here does not exist: no floating point numbers, no regular expressions, no
// time, no conversions but to text, nothing dynamic.
func functions() []*decls.FunctionDecl {
	keep := map[string][]string{
		operators.LogicalAnd:        nil,
		operators.LogicalOr:         nil,
		operators.LogicalNot:        nil,
		operators.Conditional:       nil,
		operators.NotStrictlyFalse:  nil,
		operators.Equals:            nil,
		operators.NotEquals:         nil,
		operators.In:                nil,
		operators.Index:             nil,
		operators.Add:               {overloads.AddInt64, overloads.AddString},
		operators.Subtract:          {overloads.SubtractInt64},
		operators.Multiply:          {overloads.MultiplyInt64},
		operators.Divide:            {overloads.DivideInt64},
		operators.Modulo:            {overloads.ModuloInt64},
		operators.Negate:            {overloads.NegateInt64},
		overloads.Size:              {overloads.SizeString, overloads.SizeList, overloads.SizeMap, overloads.SizeStringInst, overloads.SizeListInst, overloads.SizeMapInst},
		overloads.TypeConvertString: {overloads.IntToString},
		overloads.StartsWith:        nil,
		overloads.EndsWith:          nil,
		overloads.Contains:          nil,
	}
	var out []*decls.FunctionDecl
	for _, f := range stdlib.Functions() {
		ids, wanted := keep[f.Name()]
		if !wanted {
			continue
		}
		if ids != nil {
			f = f.Subset(decls.IncludeOverloads(ids...))
		}
		out = append(out, f)
	}
	out = append(out, percent())
	for name, holds := range map[string]func(int) bool{
		operators.Less:          func(c int) bool { return c < 0 },
		operators.LessEquals:    func(c int) bool { return c <= 0 },
		operators.Greater:       func(c int) bool { return c > 0 },
		operators.GreaterEquals: func(c int) bool { return c >= 0 },
	} {
		out = append(out, comparison(name, holds))
	}
	slices.SortFunc(out, func(a, b *decls.FunctionDecl) int { return strings.Compare(a.Name(), b.Name()) })
	return out
}

// percent declares percent(amount, rate): the share of an amount of money, in
// cents, rounded half up.
func percent() *decls.FunctionDecl {
	share := func(a, b ref.Val) ref.Val {
		amount, isAmount := a.(types.Int)
		rate, isRate := asDecimal(b)
		if !isAmount || !isRate {
			return types.MaybeNoSuchOverloadErr(b)
		}
		return rate.of(int64(amount))
	}
	f, err := decls.NewFunction("percent",
		decls.Overload("percent_int_decimal", []*types.Type{cel.IntType, decimalType}, cel.IntType),
		decls.Overload("percent_int_int", []*types.Type{cel.IntType, cel.IntType}, cel.IntType),
		decls.SingletonBinaryBinding(share))
	if err != nil {
		panic("bad declaration of percent: " + err.Error()) // unreachable: the overloads are distinct
	}
	return f
}

// comparison declares one of < <= > >= for whole numbers, texts and decimals.
// Decimals are compared exactly, also with whole numbers.
func comparison(name string, holds func(int) bool) *decls.FunctionDecl {
	pair := func(a, b *cel.Type) decls.FunctionOpt {
		id := strings.Trim(name, "_") + "_" + a.TypeName() + "_" + b.TypeName()
		return decls.Overload(id, []*types.Type{a, b}, types.BoolType)
	}
	f, err := decls.NewFunction(name,
		pair(cel.IntType, cel.IntType), pair(cel.StringType, cel.StringType),
		pair(decimalType, decimalType), pair(decimalType, cel.IntType), pair(cel.IntType, decimalType),
		decls.SingletonBinaryBinding(func(a, b ref.Val) ref.Val {
			switch x := a.(type) {
			case types.Int:
				if y, ok := b.(types.Int); ok {
					return types.Bool(holds(compareInts(int64(x), int64(y))))
				}
			case types.String:
				if y, ok := b.(types.String); ok {
					return types.Bool(holds(strings.Compare(string(x), string(y))))
				}
			}
			x, okX := asDecimal(a)
			y, okY := asDecimal(b)
			if !okX || !okY {
				return types.MaybeNoSuchOverloadErr(b)
			}
			return types.Bool(holds(x.compare(&y)))
		}))
	if err != nil {
		panic("bad declaration of " + name + ": " + err.Error()) // unreachable: the overloads are distinct
	}
	return f
}

func compareInts(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// A provider tells CEL of our types, and takes our values as they are.
type provider struct{ env *environment }

// layoutNamed finds the layout of an object type. Of a sponsor it is the member's.
func (p *provider) layoutNamed(name string) *layout { return p.env.layouts[name] }

func (p *provider) EnumValue(name string) ref.Val    { return types.NewErr("no enumeration %s", name) }
func (p *provider) FindIdent(string) (ref.Val, bool) { return nil, false }
func (p *provider) NewValue(t string, _ map[string]ref.Val) ref.Val {
	return types.NewErr("a %s can't be made in an expression", t)
}

func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if l := p.layoutNamed(name); l != nil {
		return types.NewTypeTypeWithParam(l.typ), true
	}
	return nil, false
}

func (p *provider) FindStructFieldNames(name string) ([]string, bool) {
	if l := p.layoutNamed(name); l != nil {
		return l.names(), true
	}
	return nil, false
}

func (p *provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	l := p.layoutNamed(name)
	if l == nil {
		return nil, false
	}
	i, found := l.index[field]
	if !found {
		return nil, false
	}
	kind, _, _ := strings.Cut(name, " ") // "condition minimum_purchase"
	return l.field(i, kind), true
}

func (p *provider) NativeToValue(v any) ref.Val {
	switch v := v.(type) {
	case ref.Val:
		return v
	case *Object:
		return objectVal{v}
	case bool:
		return types.Bool(v)
	case int64:
		return types.Int(v)
	case string:
		return types.String(v)
	}
	return types.NewErr("a value of type %T is no part of the rules language", v)
}

// An objectVal is an object used as a whole, which is good only to compare it.
type objectVal struct{ o *Object }

func (v objectVal) ConvertToNative(reflect.Type) (any, error) { return nil, errNotNative }
func (v objectVal) ConvertToType(ref.Type) ref.Val {
	return types.NewErr("an object can't be made into another type")
}

func (v objectVal) Equal(other ref.Val) ref.Val {
	w, ok := other.(objectVal)
	return types.Bool(ok && v.o == w.o)
}

func (v objectVal) Type() ref.Type {
	if v.o == nil {
		return types.NullType
	}
	return v.o.layout.typ
}

func (v objectVal) Value() any { return v.o }

// sizes tells the cost estimate how long lists and texts may be.
type sizes struct{}

// Sizes that no list or text of facts exceeds in practice.
const (
	likelyList = 64
	likelyText = 256
)

func (sizes) EstimateSize(n checker.AstNode) *checker.SizeEstimate {
	if n.Type().Kind() == types.StringKind {
		return &checker.SizeEstimate{Min: 0, Max: likelyText}
	}
	return &checker.SizeEstimate{Min: 0, Max: likelyList}
}

func (sizes) EstimateCallCost(string, string, *checker.AstNode, []checker.AstNode) *checker.CallEstimate {
	return nil
}

// names lists the codes of a list.
func (l *CodeList) names() []string {
	out := make([]string, len(l.Codes))
	for i := range l.Codes {
		out[i] = l.Codes[i].Code
	}
	return out
}

// Has reports whether a list of the vocabulary has a code.
func (l *Language) Has(list, code string) bool {
	have := l.Lists[list]
	if have == nil {
		return false
	}
	_, found := have.index[code]
	return found
}

// Codes returns the codes of a list, in order.
func (l *Language) Codes(list string) []string {
	have := l.Lists[list]
	if have == nil {
		return nil
	}
	return have.names()
}

// Near returns the code of a list that is most like the word, or "".
func (l *Language) Near(list, word string) string {
	have := l.Lists[list]
	if have == nil || len(word) > 100 {
		return ""
	}
	return domain.Nearest(word, have.names())
}

// Term returns what the field calls a code, or the code itself.
func (l *Language) Term(list, code string) string {
	have := l.Lists[list]
	if have == nil {
		return code
	}
	if i, found := have.index[code]; found && have.Codes[i].Term != "" {
		return have.Codes[i].Term
	}
	return code
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

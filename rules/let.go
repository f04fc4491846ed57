package rules

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A place is where a code point of an expression stands in a file. One that a
// name of let brought in also knows where the name is used.
type place struct {
	src *source
	off int
	via *place
}

func (p place) pos() Pos { return p.src.pos(p.off) }

// An expression is text of which each code point knows its place; there is one
// more place, for the end.
type expression struct {
	text   []rune
	places []place
}

// written takes the expression that stands in a scalar, from the code point skip on.
func written(n item, skip int) expression {
	e := expression{text: []rune(n.Value)[skip:]}
	at := n.src.scalarPlaces(n.Node)[skip:]
	e.places = make([]place, len(at))
	for i, off := range at {
		e.places[i] = place{src: n.src, off: off}
	}
	for i, c := range e.text {
		if c == '\n' || c == '\r' || c == '\t' {
			e.text[i] = ' '
		}
	}
	return e
}

// add appends other text of which every code point stands at one place.
func (e *expression) add(text string, at place) {
	for _, c := range text {
		e.text = append(e.text, c)
		e.places = append(e.places, at)
	}
}

// room makes room for more code points.
func (e *expression) room(more int) {
	e.text, e.places = slices.Grow(e.text, more), slices.Grow(e.places, more)
}

func (e *expression) append(o expression) {
	e.text = append(e.text, o.text...)
	e.places = append(e.places, o.places[:len(o.text)]...)
}

// A let is a name for an expression.
type let struct {
	name string
	at   item
	expr expression
	// tokens of expr; nil if it can't be read, which was reported.
	tokens []token
	ok     bool
	state  int8 // 0: not looked at; 1: being expanded; 2: done
	full   expression
}

// readLets reads the names of let and expands them, so that each is substituted
// only once and no name leads back to itself.
func (l *loader) readLets() {
	for _, b := range l.blocks["let"] {
		f := l.fields(b, "let")
		for _, k := range f.keys {
			v := f.values[k.Value]
			switch {
			case !isName(k.Value):
				l.add(k, codeLet, "", "%s is no name: use letters, digits and _, beginning with a letter", clip(k.Value))
			case l.takenName(k.Value):
				l.add(k, codeLet, "choose another name", "%s already means something in expressions", k.Value)
			case l.lets[k.Value] != nil:
				l.add(k, codeTwice, "", "the name %s is given twice in let", k.Value)
			case v.Kind != yaml.ScalarNode || v.Tag == "!!null":
				l.add(v, codeShape, "", "the name %s stands for an expression, and this is %s", k.Value, v.describe())
				l.lets[k.Value] = &let{name: k.Value, at: k}
			default:
				t := &let{name: k.Value, at: k, expr: written(v, 0)}
				var wrong []problem
				t.tokens, wrong = tokenize(t.expr.text)
				l.report(t.expr, wrong)
				if len(wrong) > 0 {
					var again []problem
					if t.expr, t.ok = mend(t.expr, wrong); t.ok {
						t.tokens, again = tokenize(t.expr.text)
						l.report(t.expr, again)
						t.ok = len(again) == 0
					}
				} else {
					t.ok = true
				}
				if t.ok {
					wrong = l.readable(t.expr)
					t.ok = len(wrong) == 0
					l.report(t.expr, wrong)
				}
				l.lets[k.Value] = t
			}
		}
	}
	for _, name := range sortedKeys(l.lets) {
		l.expandLet(l.lets[name], nil)
	}
}

// readable reports whether an expression can be read by itself.
func (l *loader) readable(e expression) []problem {
	base, err := l.env().base(scope{})
	if err != nil || l.late() {
		return nil // reported where it is used
	}
	if _, issues := base.Parse(string(e.text)); issues.Err() != nil {
		return []problem{parseProblem(e.text, issues.Errors()[0])}
	}
	return nil
}

func isName(s string) bool {
	for i, c := range s {
		if !isNameStart(c) && (i == 0 || !isDigit(c)) {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// reserved are words that CEL keeps for itself.
var reserved = []string{"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop", "namespace", "null", "package", "return", "true", "var", "void", "while"}

// takenName reports whether a name has another meaning.
func (l *loader) takenName(name string) bool {
	if fixedName(name) {
		return true
	}
	_, list := l.env().enums[name]
	_, constant := l.env().constants[name]
	return list || constant || len(l.env().homonyms[name]) > 0
}

// fixedName reports whether a name has a meaning whatever the vocabulary is.
func fixedName(name string) bool {
	if slices.Contains(reserved, name) || slices.Contains(objectNames, name) || slices.Contains(ourFunctions, name) {
		return true
	}
	switch name {
	case "privilege", "m", "a", "w", "c", "answers", "conditions", "measure", "agreement", "waiver":
		return true
	}
	return false
}

// expandLet substitutes the names in a name's own expression.
func (l *loader) expandLet(t *let, path []string) {
	switch t.state {
	case 2:
		return
	case 1:
		from := slices.Index(path, t.name)
		l.add(t.at, codeLet, "", "%s leads back to itself: %s", t.name, strings.Join(append(path[from:], t.name), " uses "))
		t.ok = false
		return
	}
	t.state = 1
	if t.ok {
		t.full, t.ok = l.substitute(t.expr, t.tokens, append(path, t.name))
	}
	t.state = 2
}

// mostSubstituted bounds the characters that names of let stand for, over a whole
// ruleset: a few thousand names that each double the one before would fill any
// memory.
const mostSubstituted = 1_000_000

// letAt returns what a token stands for; nil if it is no name of let.
func (l *loader) letAt(e expression, tokens []token, i int) *let {
	t := tokens[i]
	switch {
	case t.kind != tokenName || len(l.lets) == 0:
		return nil
	case i > 0 && tokens[i-1].kind == tokenSign && e.text[tokens[i-1].from] == '.':
		return nil // the name of a fact
	case i+1 < len(tokens) && tokens[i+1].kind == tokenSign && e.text[tokens[i+1].from] == '(':
		return nil // the name of a function
	default:
		return l.lets[string(e.text[t.from:t.to])]
	}
}

// names reports whether an expression has a name of let.
func (l *loader) names(e expression, tokens []token) bool {
	for i := range tokens {
		if l.letAt(e, tokens, i) != nil {
			return true
		}
	}
	return false
}

// substitute puts the expressions of let in the place of their names. It is
// false if one of them is unusable, which was reported, or the whole grows too long.
func (l *loader) substitute(e expression, tokens []token, path []string) (expression, bool) {
	if !l.names(e, tokens) {
		return e, true
	}
	out := expression{}
	last, ok := 0, true
	for i, t := range tokens {
		named := l.letAt(e, tokens, i)
		if named == nil {
			continue
		}
		l.expandLet(named, path)
		if !named.ok {
			ok = false
			continue
		}
		if l.substituted += len(named.full.text); l.substituted > mostSubstituted {
			if l.substituted -= len(named.full.text); !l.crowded {
				l.report(e, []problem{found(t.from, codeLimit, fmt.Sprintf("with the names of let substituted the ruleset has more than %d characters", mostSubstituted), "use the name less often, or write a table")})
			}
			l.crowded, ok = true, false
			continue
		}
		here := e.places[t.from]
		out.room(len(e.text) - last + len(named.full.text) + 3)
		out.append(expression{e.text[last:t.from], e.places[last:]})
		out.add("(", here)
		for j, c := range named.full.text {
			p := named.full.places[j]
			p.via = &here
			out.text, out.places = append(out.text, c), append(out.places, p)
		}
		out.add(")", here)
		last = t.to
		if len(out.text) > maxCharacters {
			l.report(e, []problem{found(t.from, codeLimit, fmt.Sprintf("with the names of let substituted the expression has more than %d characters", maxCharacters), "")})
			return out, false
		}
	}
	out.append(expression{e.text[last:], e.places[last:]})
	out.places = append(out.places, e.places[len(e.text)])
	return out, ok
}

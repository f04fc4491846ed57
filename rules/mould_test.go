package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// sketch writes down all of a compiled expression but the programs of cel-go.
func (c *compiled) sketch() string {
	var b strings.Builder
	operand := func(o operand) {
		fmt.Fprintf(&b, "[%T %v %d %p.%d %v %t %t]", o.constant, o.constant, o.object, o.layout, o.slot, o.missing, o.size, o.privilege)
	}
	var writeTest func(*test)
	writeTest = func(t *test) {
		if t == nil {
			return
		}
		fmt.Fprintf(&b, "%d %t %d-%d", t.op, t.held, t.from, t.to)
		operand(t.a)
		operand(t.b)
		if t.set != nil {
			fmt.Fprintf(&b, "%v %v %v", t.set.elems, t.set.codes, t.set.texts)
		}
		if t.cel != nil {
			fmt.Fprintf(&b, "%v %t", t.cel.reads, t.cel.ages)
		}
		b.WriteString("(")
		for _, kid := range t.kids {
			writeTest(kid)
		}
		b.WriteString(")")
	}
	var writeChoice func(*choice)
	writeChoice = func(c *choice) {
		if c == nil {
			return
		}
		operand(c.operand)
		writeTest(c.when)
		writeChoice(c.chosen)
		writeChoice(c.otherwise)
	}
	fmt.Fprintf(&b, "%v %v %v %+v\n", c.typ, c.reads, c.tests, c.wrong)
	writeTest(c.test)
	writeChoice(c.value)
	return b.String()
}

// forget drops all moulds.
func (env *environment) forget() {
	env.mu.Lock()
	defer env.mu.Unlock()
	clear(env.moulds)
	env.held = 0
}

// hostile are numbers and codes that are not what they look like, or too much.
var hostile = []string{
	"9223372036854775807", "9223372036854775808", "999999999999999999", "1000000000000000000", "99999999999999999999999", "0", "00", "007", "0x1F", "1_000", "1e5", "1.5", "5u", "-5", "- 5", "--5",
	"١٢", "１２", "NaN", "null", "true", "\"5\"", "'xa'", "DIP_AGENT", "category.DIP_AGENT", "LPR", "NONE", "DENIED", "IMM_ARREST", "dip_agent", "DIP_АGENT", "NOTHING", "m", "member.age", "size", "(3)", "[3]", "3 + 4", "", " ",
	strings.Repeat("9", 4000), strings.Repeat("A", 4000),
}

// another writes an expression again with other numbers, codes and texts.
func another(t *rapid.T, l *Language, text string) string {
	runes := []rune(text)
	tokens, _ := tokenize(runes)
	codes := sortedKeys(l.env.constants)
	var b strings.Builder
	last := 0
	for i, k := range tokens {
		if k.kind == tokenSign || rapid.IntRange(0, 2).Draw(t, "keep") == 0 {
			continue
		}
		word := string(runes[k.from:k.to])
		code := l.env.constants[word]
		put := ""
		switch how := rapid.IntRange(0, 39).Draw(t, "how"); {
		case how == 0 && (k.kind != tokenName || code != nil):
			put = rapid.SampledFrom(hostile).Draw(t, "hostile")
		case k.kind == tokenNumber:
			put = fmt.Sprint(rapid.Int64Range(0, 1<<62).Draw(t, "number"))
		case k.kind == tokenText:
			put = rapid.SampledFrom([]string{`"xa"`, `"a.b"`, `'é☕'`, `""`, `"\""`}).Draw(t, "text")
		case how == 1 && code != nil:
			put = rapid.SampledFrom(codes).Draw(t, "any code")
		case code != nil:
			put = constantOf(rapid.SampledFrom(code.enum.values).Draw(t, "code").code)
		case i > 1 && tokens[i-1].kind == tokenSign && l.env.enums[string(runes[tokens[i-2].from:tokens[i-2].to])] != nil:
			put = constantOf(rapid.SampledFrom(l.env.enums[string(runes[tokens[i-2].from:tokens[i-2].to])].values).Draw(t, "code of").code)
		default:
			continue
		}
		b.WriteString(string(runes[last:k.from]))
		b.WriteString(put)
		last = k.to
	}
	b.WriteString(string(runes[last:]))
	return b.String()
}

// bare writes codes without their list, where they are the only ones of that name.
func bare(l *Language, text string) string {
	for _, name := range sortedKeys(l.env.constants) {
		if list, code, found := strings.Cut(name, "."); found && l.env.constants[code] != nil && l.env.constants[code].enum.list.Name == list {
			text = strings.ReplaceAll(text, name, code)
		}
	}
	return text
}

// sameMoulded compiles a text when moulds of others were taken, and when there are none.
func sameMoulded(t require.TestingT, l *Language, text string, s scope, want *cel.Type) *compiled {
	loader := newLoader(&Edition{Language: l})
	warm := loader.compileNew(text, s, want)
	l.env.forget()
	cold := loader.compileNew(text, s, want)
	require.Equal(t, cold.sketch(), warm.sketch(), text)
	return warm
}

// An expression that is made from the mould of others is the one that would have been
// compiled, whatever its numbers and codes are: its form, where its parts stand, what it
// reads, and what is wrong with it. It means what cel-go says.
func TestMouldsChangeNothing(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	l := shipped(t)[0].Language
	made, wrong, seen := 0, 0, map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		for range 5 {
			c, moulded := compareMoulded(t, l, seen)
			switch {
			case len(c.wrong) > 0:
				wrong++
			case moulded:
				made++
			}
		}
	})
	t.Logf("%d of moulds, %d wrong, %d results", made, wrong, len(seen))
	assert.Greater(t, made, few(10))
	assert.Greater(t, wrong, few(10))
}

// few is how many of a kind there are at least: of a fifth of the cases, any.
func few(n int) int {
	if testing.Short() {
		return 0
	}
	return n
}

// compareMoulded writes an expression, and another of its mould if it can be.
func compareMoulded(t *rapid.T, l *Language, seen map[string]int) (c *compiled, moulded bool) {
	s := scope{each: rapid.SampledFrom([]Each{EachNothing, EachMeasure}).Draw(t, "each")}
	first := bare(l, newAuthor(t, l, s).truth(rapid.IntRange(0, 2).Draw(t, "depth")))
	l.env.forget()
	newLoader(&Edition{Language: l}).compileNew(first, s, cel.BoolType)
	text := another(t, l, first)
	runes := []rune(text)
	tokens, _ := tokenize(runes)
	form, castable := l.env.castOf(runes, tokens, s, cel.BoolType)
	moulded = castable && l.env.moulded(&form) != nil
	c = sameMoulded(t, l, text, s, cel.BoolType)
	if !moulded || text == first {
		return c, false
	}
	require.Empty(t, c.wrong, text)
	e := &Expr{source: text, text: runes, places: make([]place, len(runes)+1), reads: c.reads, tests: c.tests, lang: l, typ: c.typ, prog: c.prog, test: c.test, value: c.value}
	for i := range e.places {
		e.places[i] = place{src: &source{name: "x", starts: []int{0}, text: text}}
	}
	compareWithCEL(t, askedExpr{Expr: e, each: s.each}, seen)
	return c, true
}

// Numbers and codes that are none, or too much, are refused in the same words after
// sound ones of the same mould.
func TestHostileNumbersFillNoMould(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	l := shipped(t)[0].Language
	for _, want := range []*cel.Type{cel.BoolType, cel.IntType, l.env.enums["category"].typ} {
		for _, pattern := range []string{"member.age < %s && member.category in [%s, DIP_AT]", "member.age < %[1]s ? %[2]s : DIP_AT", "%s in [3, 4] || privilege == %s", "member.age < 21 ? %[2]s : %[1]s"} {
			for _, word := range hostile {
				for _, text := range []string{fmt.Sprintf(pattern, word, "DIP_AGENT"), fmt.Sprintf(pattern, "21", word)} {
					newLoader(&Edition{Language: l}).compileNew(fmt.Sprintf(pattern, "21", "DIP_AGENT"), scope{}, want)
					sameMoulded(t, l, text, scope{}, want)
				}
			}
		}
	}
}

// FuzzMoulds lets the fuzzer write the expressions.
func FuzzMoulds(f *testing.F) {
	l := shipped(f)[0].Language
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) { compareMoulded(t, l, map[string]int{}) }))
}

// Whole rulesets that are read after others are read as if they were the first: the same
// rules, or the same mistakes in the same words.
func TestRulesetsDoNotColourEachOther(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	common := shipped(t)[0]
	l := common.Language
	right, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		s := scope{each: EachMeasure}
		first := bare(l, newAuthor(t, l, s).truth(rapid.IntRange(0, 2).Draw(t, "depth")))
		l.env.forget()
		for n := range 4 {
			var b strings.Builder
			b.WriteString("-- a.yaml --\nruleset: xa\nedition: e\ntitle: t\nrules:\n")
			for i := range rapid.IntRange(1, 3).Draw(t, "rules") {
				text := first
				if n > 0 || i > 0 {
					text = another(t, l, first)
				}
				fmt.Fprintf(&b, "  - id: R%d\n    tier: duty\n    each: measure m\n    privilege: [tax.lodging]\n    oblige: o\n    cite: [a]\n    because: b\n    when: %q\n", i, text)
			}
			warm, warmErr := LoadState([]byte(b.String()), common)
			l.env.forget()
			cold, coldErr := LoadState([]byte(b.String()), common)
			require.Equal(t, coldErr, warmErr, b.String())
			if coldErr != nil {
				refused++
				continue
			}
			right++
			require.Equal(t, Change{}, Changed(cold, warm))
			for i, rule := range cold.Rules {
				want, got := rule.When, warm.Rules[i].When
				sketch := func(e *Expr) string {
					return (&compiled{reads: e.reads, tests: e.tests, typ: e.typ, test: e.test, value: e.value}).sketch()
				}
				require.Equal(t, sketch(want), sketch(got))
				require.Equal(t, want.Pos, got.Pos)
				require.Equal(t, want.Expanded(), got.Expanded())
				wantFrom, wantTo := want.Form().Extent()
				gotFrom, gotTo := got.Form().Extent()
				require.Equal(t, []Pos{wantFrom, wantTo}, []Pos{gotFrom, gotTo})
			}
		}
	})
	t.Logf("%d were right, %d refused", right, refused)
	assert.Greater(t, right, few(20))
	assert.Greater(t, refused, few(10))
}

// What moulds keep is bounded, whoever writes how many rulesets.
func TestMouldsAreBounded(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	l := shipped(t)[0].Language
	l.env.forget()
	loader := newLoader(&Edition{Language: l})
	most := 0
	for i := range 300 {
		text := "member.age < 3" + strings.Repeat(" && member.local_hire", 100) + strings.Repeat(" ", i)
		require.Empty(t, loader.compileNew(text, scope{}, cel.BoolType).wrong)
		kept := 0
		for key := range l.env.moulds {
			kept += len(key)
		}
		require.Equal(t, kept, l.env.held)
		require.LessOrEqual(t, kept, mostMoulded)
		most = max(most, kept)
	}
	assert.Greater(t, most, mostMoulded/2)
	assert.Less(t, l.env.held, 300*2000)
}

package rules_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/rules"
)

// What loading one bundle may allocate in all, whatever is in it: memory that is
// handed back counts as well, so that this is far above what is held at once.
const mostAllocated = 1500 << 20

const hostileHead = "-- a.yaml --\nruleset: xa\nedition: e\ntitle: t\n"

func hostileRule(when string) string {
	return "rules:\n  - id: X\n    tier: programme\n    privilege: [tax.sales]\n    outcome: denied\n    cite: [a]\n    because: b\n    when: |-\n      " + when + "\n"
}

func repeated(n int, format string) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, format, i)
	}
	return out.String()
}

// attacks are bundles made to take time or memory, or to show something else than
// is evaluated. Each names what is said about it, or "" if it is harmless.
func attacks() map[string]struct{ bundle, says string } {
	type attack = struct{ bundle, says string }
	in := func(when, says string) attack { return attack{hostileHead + hostileRule(when), says} }
	yaml := func(text, says string) attack { return attack{hostileHead + text, says} }
	wide := "true" + strings.Repeat(" && true", 480)
	double := "let:\n  a0: member.local_hire\n"
	for i := range 300 {
		double += fmt.Sprintf("  a%d: a%d && a%d\n", i+1, i, i)
	}
	long := "let:\n  b: " + strings.Repeat("member.local_hire && ", 180) + "true\n" + repeated(5_000, "  c%d: b\n")
	rule := "{id: R%d, tier: programme, privilege: [tax.sales], outcome: denied, cite: [a], because: b}"
	laughs := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c <= 'i'; c++ {
		laughs += fmt.Sprintf("%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
	}
	return map[string]attack{
		// YAML
		"a billion laughs":         yaml(laughs, "is an anchor"),
		"merge keys":               yaml("let:\n  <<: {a: 'true'}\n", "is a merge key"),
		"binary":                   yaml("note: !!binary aGVsbG8=\n", "is a tag"),
		"python":                   yaml("note: !!python/object/apply:os.system [x]\n", "is a tag"),
		"the same key twice":       yaml("let: {a: 'true', \"\\x61\": 'false'}\n", "given twice"),
		"1 and \"1\"":              yaml("kinds: {1: [embassy], \"1\": [embassy]}\n", "given twice"),
		"norway":                   yaml("rules:\n  - {id: no, tier: programme, privilege: [tax.sales], outcome: denied, cite: [no], because: no}\n", ""),
		"octal, hexadecimal, none": yaml("rules:\n  - {id: 010, tier: 0x1F, privilege: [.inf], outcome: .nan, cite: [1:30], because: ~}\n", "because is a text, and this is nothing"),
		"two documents":            yaml("---\nrules: []\n", "one YAML document"),
		"a directive":              yaml("%TAG ! tag:x,2000:\n---\nrules: []\n", "one YAML document"),
		"a long line":              yaml("note: "+strings.Repeat("x", 20_000)+"\n", "more than 10000 characters"),
		"a long key":               yaml(strings.Repeat("k", 9000)+": x\n", "a key has at most"),
		"10,000 names":             yaml("let:\n"+repeated(10_000, "  a%d: b\n"), ""),
		"100,000 wrong keys":       yaml("let:\n"+repeated(60_000, "  %d: b\n"), "many more mistakes"),
		"100,000 entries":          yaml("kinds:\n  con.officer:\n"+strings.Repeat("  - x\n", 100_000), "has no code"),
		"8,000 rules":              yaml("rules:\n"+repeated(8_000, "  - "+rule+"\n"), ""),
		"8,000 broken rules":       yaml("rules:\n"+repeated(8_000, "  - id: R%d\n    tier: @\n"), "can't begin with @"),
		"60,000 broken entries":    yaml("let:\n"+repeated(60_000, "  a%d: @\n"), "can't begin with @"),
		"60,000 broken keys":       yaml(repeated(60_000, "k%d: @\n"), "can't begin with @"),
		"60,000 loose lines":       yaml(repeated(60_000, "k%d\n"), "is expected here"),
		"deep indentation":         yaml("let:\n"+indented(9000), "E004"),
		"deep brackets":            yaml("note: "+strings.Repeat("[", 900)+strings.Repeat("]", 900)+"\n", "E004"),
		"deeper brackets":          yaml("note: "+strings.Repeat("[", 9_000)+"\n", "E004"),
		"dashes":                   yaml("rules:\n  "+strings.Repeat("- ", 4_000)+"\n", "E004"),
		"comments":                 yaml(strings.Repeat("# x\n", 200_000), ""),
		"blank lines":              yaml(strings.Repeat("\n", 800_000), ""),
		"a literal of blanks":      yaml("note: |\n"+strings.Repeat(" \n", 400_000), ""),
		"tabs":                     yaml(strings.Repeat("\t\n", 400_000)+"a: [\n", "is not closed"),
		"combining marks":          yaml("note: x"+strings.Repeat("\u0301", 4_900)+"\nbad: x\n", "has no key bad"),
		"marks before a mistake":   yaml("rules: [{"+strings.Repeat("\u0301", 400)+": x}]\n", "has no key"),
		// bytes
		"nul":                 yaml("note: a\x00b\n", "U+0000"),
		"800,000 nuls":        yaml("note: x\n"+strings.Repeat("\x00", 800_000)+"\n", "U+0000"),
		"overlong":            yaml("note: \xc0\xaf\n", "0xC0, is no character"),
		"a surrogate":         yaml("note: \xed\xa0\x80\n", "0xED, is no character"),
		"an escaped one":      yaml("note: \"\\uD800\"\n", `the escape \uD800 is no character`),
		"utf-16":              {"-- a.yaml --\n\xff\xfer\x00u\x00l\x00e\x00", "save the file as UTF-8"},
		"mac line ends":       {"-- a.yaml --\nruleset: xa\redition: e\rtitle: t\r", "U+000D"},
		"a line separator":    yaml("note: a\u2028rules: []\n", "U+2028"),
		"next line":           yaml("note: a\u0085rules: []\n", "U+0085"),
		"windows line ends":   {strings.ReplaceAll(hostileHead+hostileRule("member.age > 3"), "\n", "\r\n"), ""},
		"a byte order mark":   {strings.Replace(hostileHead, "ruleset", "\ufeffruleset", 1) + hostileRule("member.age > 3"), ""},
		"a mark further down": yaml("\ufeffnote: x\n", "U+FEFF"),
		// what is shown
		"turned":                  yaml("note: a\u202eb\n", "U+202E"),
		"isolated in a remark":    yaml("# \u2067 x\n", "U+2067"),
		"turned by an escape":     yaml("note: \"a\\u202eb\"\n", "U+202E"),
		"turned in an expression": in(`member.rank == "\u202e"`, "U+202E"),
		"a name without width":    in("mem\u200bber.age > 3", "U+200B"),
		"an invisible separator":  in("member\u2063.age > 3", "U+2063"),
		"a soft hyphen":           in("member.a\u00adge > 3", "U+00AD"),
		"a filler":                in("member.age\u3164> 3", "U+3164"),
		"a tag":                   yaml("note: x\U000e0061\n", "U+E0061"),
		"a cyrillic letter":       in("m\u0435mber.age > 3", "U+0435"),
		"a greek letter":          in("member.\u03bfge > 3", "U+03BF"),
		"a wide letter":           in("\uff4dember.age > 3", "U+FF4D"),
		"a cyrillic id":           yaml("rules:\n  - {id: \u0425\u0410, tier: programme, privilege: [tax.sales], outcome: denied, cite: [a], because: b}\n", "U+0425"),
		"a cyrillic code":         yaml("rules:\n  - {id: X, tier: programme, privilege: [t\u0430x.sales], outcome: denied, cite: [a], because: b}\n", "U+0430"),
		"a cyrillic key":          yaml("rul\u0435s: []\n", "U+0435"),
		"an accent apart":         in("member.rank == \"attache\u0301\"", "U+0301"),
		"another script":          yaml("note: Посол Арандии \u200f\n", "U+200F"),
		"texts in any script":     yaml("note: Посол, 大使, السفير, a\u00a0b, नमस्\u200dते\n# ελληνικά\n", ""),
		// expressions
		"1,100 operands":        in("true"+strings.Repeat(" && true", 1_100), "E036"),
		"490 operands":          in("true"+strings.Repeat(" && true", 490), ""),
		"parentheses":           in(strings.Repeat("(", 1900)+"true"+strings.Repeat(")", 1900), "E036"),
		"thirty parentheses":    in(strings.Repeat("(", 30)+"member.age > 3"+strings.Repeat(")", 30), ""),
		"conditionals":          in(strings.Repeat("true ? ", 190)+"true"+strings.Repeat(" : true", 190), "put a choice within a choice in brackets"),
		"choices":               in(strings.Repeat("true ? true : ", 250)+"true", "E036"),
		"brackets":              in(strings.Repeat("[", 240)+strings.Repeat("]", 240), "E036"),
		"negations":             in(strings.Repeat("!", 3_900)+"true", ""),
		"minus":                 in(strings.Repeat("-", 3_900)+"1 == 1", ""),
		"selections":            in("member"+strings.Repeat(".a", 1_900), "E036"),
		"indices":               in("member.nationalities"+strings.Repeat("[0]", 1_200), "E036"),
		"nested macros":         in("[1,2].all(a, [1,2].all(b, [1,2].all(c, [1,2].all(d, a == b))))", "can't be nested"),
		"a long list":           in("member.age in ["+strings.Repeat("1,", 1_500)+"1]", ""),
		"looking through it":    in("["+strings.Repeat("1,", 1_500)+"1].exists(x, x == member.age)", ""),
		"a longer list":         in("member.age in ["+strings.Repeat("1,", 1_980)+"1]", ""),
		"a long text":           in("member.rank == '"+strings.Repeat("x", 3_900)+"'", ""),
		"added texts":           in("'' "+strings.Repeat("+ 'xxxxxxxxxx'", 280)+" == member.rank", "E036"),
		"a large number":        in("member.age == 9223372036854775808", "too large"),
		"a larger number":       in("member.age == "+strings.Repeat("9", 3_000), "too large"),
		"the least number":      in("member.age == -9223372036854775808", ""),
		"an escape in a name":   in(`\u006dember.age > 3`, "means nothing"),
		"an open text":          in(`member.rank == "x`, "no closing"),
		"three quotes":          in(`member.rank == """x`, "three quotes"),
		"a lone escape":         in(`member.rank == "\`, "no closing"),
		"a list that doubles":   {hostileHead + double + hostileRule("a300"), "more than 4000 characters"},
		"thousands that double": {hostileHead + long + hostileRule("c3"), "more than 1000000 characters"},
		"a chain of names":      {hostileHead + "let:\n  a0: member.local_hire\n" + chain(500) + hostileRule("a499"), "E036"},
		"a circle of names":     {hostileHead + "let:\n  a0: a1999\n" + chain(2_000) + hostileRule("a1999"), "leads back to itself"},
		"100 wide conditions":   {hostileHead + "rules:\n" + repeated(100, "  - {id: R%d, tier: programme, privilege: [tax.sales], outcome: denied, cite: [a], because: b, when: '"+wide+"'}\n"), ""},
		"rules against floors":  {hostileHead + "rules:\n" + repeated(1_000, "  - {id: R%[1]d, tier: programme, privilege: [imm.*], outcome: denied, cite: [a], because: b, when: member.age > %[1]d}\n"), "E041"},
		"a table of cells": {hostileHead + "tables:\n  - id: T\n    tier: programme\n    by: category\n    codes: {D: {outcome: denied}}\n    columns: {" + repeated(3, "c%d: {keys: [dip.agent], cite: [a]}, ") +
			"}\n    rows:\n" + strings.Repeat("      - {privilege: ['*'], cells: D D D, cite: [a], because: b}\n", 10_000), "E0"},
		"repeated cases": {hostileHead + "cases:\n" + repeated(8_000, "  - {name: c%d, ask: tax.sales, by: category, expect: {dip.agent: denied, dip.at: denied, dip.service: denied}}\n"), ""},
	}
}

func chain(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, "  a%d: a%d\n", i+1, i)
	}
	return out.String()
}

// TestAttacks loads every attack: it is refused with a message that names what is
// wrong, or is harmless, and either way takes a bounded amount of memory and
// time. What it allocates is counted, not how long it takes on a busy machine.
func TestAttacks(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing here is concurrent, and the race detector makes it ten times as long")
	}
	common := mini(t)
	for name, a := range attacks() {
		t.Run(name, func(t *testing.T) {
			require.LessOrEqual(t, len(a.bundle), rules.MaxBundle)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			e, err := rules.LoadState([]byte(a.bundle), common)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			allocated := after.TotalAlloc - before.TotalAlloc
			assert.Less(t, allocated, uint64(mostAllocated), "bytes")
			assert.Less(t, took, rules.LongestLoad)
			if testing.Verbose() {
				t.Logf("%s: %d MiB, %v", name, allocated>>20, took.Round(time.Millisecond))
			}
			if a.says == "" {
				require.NoError(t, err)
				require.NotNil(t, e)
				return
			}
			require.Error(t, err)
			assert.Contains(t, err.Error(), a.says)
			assert.NotContains(t, err.Error(), "\u202e")
			assert.Less(t, len(err.Error()), 2<<20)
			check(t, e, err)
		})
	}
}

// commonAttacks are attacks by who writes the common ruleset.
func commonAttacks() map[string]string {
	return map[string]string{
		"privileges and patterns": "privileges:\n" + repeated(6_000, "  p.x%d: {term: x, of: [person], cite: [a]}\n") + "rules:\n" + repeated(5_000, "  - {id: R%d, tier: programme, privilege: ['*'], outcome: denied, cite: [a], because: b}\n"),
		"floors and patterns":     "privileges:\n" + repeated(3_000, "  p.x%d: {term: x, of: [person], cite: [a]}\n") + "floors:\n" + strings.Repeat("  - {privilege: ['*'], mark: R, cite: [a]}\n", 10_000),
		"a long list":             "vocabulary:\n  purpose:\n" + repeated(30_000, "    x%d: {term: x}\n"),
		"many lists":              "vocabulary:\n" + repeated(10_000, "  list%d: {a: {term: x}}\n"),
		"categories":              "vocabulary:\n  rank:\n    a: {term: x}\nkinds:\n" + repeated(30_000, "  x%d: [embassy]\n"),
		"conditions":              "conditions:\n" + repeated(10_000, "  x%d: {text: x, params: {a: {type: money}}, met: c.a > 3, denial: no}\n"),
		"conditions and codes":    "conditions:\n" + repeated(490, "  x%d: {text: x, params: {a: {type: money}}, met: c.a > 3, denial: no}\n") + "vocabulary:\n  purpose:\n" + repeated(28_000, "    x%d: {term: x}\n"),
		"facts":                   "facts:\n  vehicle:\n" + repeated(10_000, "    x%d: {type: bool, from: vehicle known, default: false}\n"),
		"requests":                "request:\n" + repeated(20_000, "  x%d: {type: bool}\n"),
		"views":                   "views:\n" + repeated(3_000, "  - {name: v%d, title: t, rows: [], questions: [{id: a, ask: b, says: [{when: 'answers[IMM_ARREST] == ALLOWED', code: a, text: b}]}]}\n"),
	}
}

// TestAttacksOnCommon loads the attacks together with a sound common ruleset.
func TestAttacksOnCommon(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing here is concurrent, and the race detector makes it ten times as long")
	}
	base := string(bundleOf(t, "testdata/mini"))
	for name, text := range commonAttacks() {
		t.Run(name, func(t *testing.T) {
			bundle := base + "-- zz.yaml --\n" + text
			require.LessOrEqual(t, len(bundle), rules.MaxBundle)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			e, err := rules.LoadCommon([]byte(bundle))
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(mostAllocated), "bytes")
			assert.Less(t, took, rules.LongestLoad)
			if testing.Verbose() {
				t.Logf("%s: %d MiB, %v, %.200v", name, (after.TotalAlloc-before.TotalAlloc)>>20, took.Round(time.Millisecond), err)
			}
			if err != nil {
				check(t, e, err)
			}
		})
	}
}

// A condition of a table is read once for all its cells, and counts for each of them.
func TestConditionsOfCellsAreCounted(t *testing.T) {
	if rules.Raced {
		t.Skip("nothing here is done at once")
	}
	common := mini(t)
	long := strings.Repeat("member.local_hire && ", 119) + "true"
	load := func(cells int) error {
		text := hostileHead + "let:\n  b: " + long + "\ntables:\n  - id: T\n    tier: programme\n    by: category\n    codes: {D: {outcome: denied, when: b}}\n    columns:\n" +
			repeated(cells, "      c%d: {keys: [dip.agent]}\n") + "    rows:\n      - {privilege: [tax.sales], cells: " + strings.Repeat("D ", cells) + ", cite: [a], because: b}\n"
		_, err := rules.LoadState([]byte(text), common)
		return err
	}
	most := 1_000_000 / len(long)
	require.NoError(t, load(most))
	assert.ErrorContains(t, load(most+1), "more than 1000000 characters")
}

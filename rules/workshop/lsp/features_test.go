package lsp

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// offered opens a document in which the cursor stands at ¦ and returns what is
// offered there, in order.
func (c *client) offered(name, marked string) (string, []completionItem) {
	c.t.Helper()
	all, at := cursor(c.t, marked)
	c.notify("textDocument/didOpen", fmt.Sprintf(`{"textDocument":{"uri":%q,"languageId":"yaml","version":1,"text":%s}}`, c.uri(name), quote(all)))
	var list completionList
	require.NoError(c.t, json.Unmarshal(c.request("textDocument/completion", c.at(name, at)), &list))
	require.NotNil(c.t, list.Items)
	items := list.Items
	slices.SortStableFunc(items, func(a, b completionItem) int { return strings.Compare(a.SortText, b.SortText) })
	return all, items
}

func labels(items []completionItem) []string {
	out := []string{}
	for _, i := range items {
		out = append(out, i.Label)
	}
	return out
}

const ruleHead = head + `
let:
  local: member.status == LPR

rules:
  - id: XA-1
    tier: programme
`

// completions are places, each with some that must be offered, in this order, and
// some that must not.
var completions = []struct {
	name, text string
	want, not  []string
}{
	{"keys of a file", head + "¦\n", []string{"let", "tables", "rules", "cases"}, []string{"ruleset", "outcome"}},
	{"a key of a file that is begun", head + "ru¦\n", []string{"rules"}, []string{"cases"}},
	{"keys of a rule", ruleHead + "    ¦\n", []string{"cite", "because", "of", "privilege", "outcome"}, []string{"id", "tier", "cells"}},
	{"keys of a rule before others", ruleHead + "    o¦\n    cite: [x]\n", []string{"of", "outcome"}, []string{"cite"}},
	{"a new rule", head + "rules:\n  - ¦", []string{"new rule", "id", "tier"}, nil},
	{"a new rule below its key", head + "rules:\n  ¦", []string{"new rule", "id"}, nil},
	{"keys of applies", ruleHead + "    applies:\n      ¦\n", []string{"state", "mission_kind", "category", "family"}, []string{"tier"}},
	{"keys of applies in braces", ruleHead + "    applies: {family: true, ¦}\n", []string{"mission_kind", "category"}, []string{"family"}},
	{"keys of applies in open braces", ruleHead + "    applies: {ca¦\n", []string{"category"}, []string{"state"}},
	{"tiers", head + "rules:\n  - id: X\n    tier: ¦\n", []string{"baseline", "status", "agreement", "reciprocity", "individual", "programme", "waiver", "duty"}, nil},
	{"outcomes", ruleHead + "    outcome: al¦", []string{"allowed", "allowed_with_conditions"}, []string{"denied"}},
	{"privileges", ruleHead + "    privilege: [imm.¦", []string{"imm.arrest", "imm.criminal", "imm.civil", "imm.*"}, []string{"tax.fuel"}},
	{"privileges without brackets", ruleHead + "    privilege: ¦", []string{"imm.arrest"}, nil},
	{"privileges of a list of lines", ruleHead + "    privilege:\n      - imm.arrest\n      - ta¦\n", []string{"tax.sales", "tax.fuel", "tax.*"}, nil},
	{"categories", ruleHead + "    applies: {category: [dip.agent, ¦]}", []string{"dip.at", "con.officer"}, []string{"embassy"}},
	{"kinds of mission", ruleHead + "    applies:\n      mission_kind: [¦", []string{"embassy"}, []string{"dip.agent"}},
	{"statuses", ruleHead + "    applies: {status: [¦", []string{"none", "us_national"}, nil},
	{"conditions", ruleHead + "    conditions: [¦]", []string{"official_acts_only", "minimum_purchase"}, nil},
	{"parameters", ruleHead + "    conditions: [{minimum_purchase: {¦}}]", []string{"amount"}, []string{"radius"}},
	{"each", ruleHead + "    each: ¦", []string{"measure m", "agreement a", "waiver w"}, nil},
	{"truths", ruleHead + "    reciprocal: ¦", []string{"true", "false"}, nil},
	{"citations", ruleHead + "    cite: [VCDR 3¦", []string{"VCDR 31(1)", "VCDR 34"}, []string{"OFM DMV5"}},

	{"an operand", ruleHead + "    when: ¦\n", []string{"local", "member", "mission", "has"}, []string{"DIP_AGENT"}},
	{"an operand that is begun", ruleHead + "    when: DIP¦\n", []string{"DIP_AGENT", "DIP_AT"}, []string{"member"}},
	{"facts", ruleHead + "    when: member.¦\n", []string{"category", "rank", "age"}, []string{"DIP_AGENT", "level"}},
	{"facts behind an operator", ruleHead + "    when: local && !(member.sta¦", []string{"status"}, []string{"rank"}},
	{"facts of the sponsor", ruleHead + "    when: 'sponsor.¦", []string{"category"}, nil},
	{"facts of a measure", ruleHead + "    each: measure m\n    when: m.¦", []string{"level", "amount"}, []string{"category"}},
	{"facts of the request in a block", ruleHead + "    when: >-\n      local &&\n      request.am¦\n", []string{"amount"}, nil},
	{"facts in double quotes", ruleHead + "    when: \"member.ag¦\"\n", []string{"age"}, nil},
	{"facts in has", ruleHead + "    when: has(member.ag¦", []string{"age"}, nil},
	{"constants", ruleHead + "    when: member.category == ¦\n", []string{"DIP_AGENT", "DIP_AT", "member"}, []string{"EMBASSY"}},
	{"a constant of several lists", ruleHead + "    when: member.status == ¦", []string{"status.NONE", "LPR"}, []string{"NONE"}},
	{"constants of a list", ruleHead + "    when: member.status in [LPR, ¦", []string{"US_NATIONAL"}, []string{"DIP_AGENT"}},
	{"a list of constants", ruleHead + "    when: member.status in ¦", []string{"[LPR]"}, nil},
	{"codes of a list", ruleHead + "    when: status.¦", []string{"NONE", "LPR"}, nil},
	{"privileges as constants", ruleHead + "    when: privilege == ¦", []string{"IMM_ARREST"}, nil},
	{"truths of a fact", ruleHead + "    when: member.local_hire == ¦", []string{"true", "false"}, nil},
	{"methods", ruleHead + "    when: member.nationalities.¦", []string{"all", "exists"}, []string{"startsWith"}},
	{"operators", ruleHead + "    when: member.status ¦", []string{"==", "in", "&&"}, []string{"member"}},
	{"an outcome that is computed", ruleHead + "    each: agreement a\n    outcome: =a.¦", []string{"raises"}, nil},
	{"names of let in let", head + "let:\n  one: 'true'\n  two: o¦\n", []string{"one"}, nil},

	{"keys of a case", head + "cases:\n  - name: x\n    ¦", []string{"ask", "expect", "given"}, []string{"name", "tier"}},
	{"facts of a case", head + "cases:\n  - given: {member: {¦}}", []string{"category", "age"}, []string{"level"}},
	{"values of a fact", head + "cases:\n  - given: {member: {category: dip.¦}}", []string{"dip.agent"}, nil},
	{"keys of a measure", head + "cases:\n  - given:\n      measures:\n        - ¦", []string{"privileges", "scope", "level"}, []string{"category"}},
	{"levels of a measure", head + "cases:\n  - given: {measures: [{level: wi¦", []string{"withdrawn"}, nil},
	{"facts of the request", head + "cases:\n  - request: {¦}", []string{"offence", "amount"}, nil},
	{"a question", head + "cases:\n  - ask: imm¦", []string{"imm.arrest"}, []string{"imm.*"}},
	{"an expectation", head + "cases:\n  - expect: ¦", []string{"allowed", "denied", "no answer:"}, nil},
	{"a condition that is expected", head + "cases:\n  - expect: allowed_with_conditions [off¦", []string{"official_acts_only"}, []string{"allowed"}},
	{"categories of a table of cases", head + "cases:\n  - by: category\n    expect: {¦}", []string{"dip.agent"}, []string{"embassy"}},

	{"by", head + "tables:\n  - by: ¦", []string{"category", "mission_kind"}, nil},
	{"keys of a column", head + "tables:\n  - by: mission_kind\n    columns:\n      a: {keys: [¦", []string{"embassy"}, []string{"dip.agent"}},
	{"cells", head + "tables:\n  - codes:\n      A: {outcome: allowed}\n      D: none\n    rows:\n      - cells: A ¦", []string{"A", "D"}, nil},
	{"nothing in a comment", head + "# ru¦\n", nil, []string{"rules"}},
	{"nothing in a text", ruleHead + "    when: member.rank == \"mem¦\"", nil, []string{"member"}},
}

func TestCompletion(t *testing.T) {
	c := start(t)
	for _, test := range completions {
		for _, ends := range []string{"\n", "\r\n"} {
			t.Run(test.name, func(t *testing.T) {
				c.t = t
				_, items := c.offered("xa/ruleset.yaml", strings.ReplaceAll(test.text, "\n", ends))
				have := labels(items)
				last := -1
				for _, want := range test.want {
					i := slices.Index(have, want)
					require.GreaterOrEqual(t, i, 0, "%s is not offered: %v", want, have)
					assert.Greater(t, i, last, "%s comes too early: %v", want, have)
					last = i
				}
				for _, not := range test.not {
					assert.NotContains(t, have, not)
				}
				if test.want == nil {
					assert.Empty(t, have)
				}
			})
		}
	}
}

// Taking what is offered writes what is meant.
func TestTaken(t *testing.T) {
	c := start(t)
	for _, test := range []struct{ text, label, want string }{
		{ruleHead + "    tie¦\n", "", ""},
		{ruleHead + "    outc¦\n", "outcome", ruleHead + "    outcome: $0\n"},
		{ruleHead + "    priv¦\n", "privilege", ruleHead + "    privilege: [$0]\n"},
		{ruleHead + "    outc¦: denied\n", "outcome", ruleHead + "    outcome: denied\n"},
		{ruleHead + "    outcome: den¦\n", "denied", ruleHead + "    outcome: denied\n"},
		{ruleHead + "    privilege: [imm.ar¦]\n", "imm.arrest", ruleHead + "    privilege: [imm.arrest]\n"},
		{ruleHead + "    privilege: imm¦\n", "imm.arrest", ruleHead + "    privilege: [imm.arrest$0]\n"},
		{ruleHead + "    applies: {cat¦}\n", "category", ruleHead + "    applies: {category: [$0]}\n"},
		{ruleHead + "    when: 'member.ca¦ == DIP_AGENT'\n", "category", ruleHead + "    when: 'member.category == DIP_AGENT'\n"},
		{ruleHead + "    when: member.status in ¦\n", "[LPR]", ruleHead + "    when: member.status in [LPR$0]\n"},
		{head + "rules:\n  - ¦\n", "new rule", head + `rules:
  - id: $1
    tier: ${2|baseline,status,agreement,reciprocity,individual,programme,waiver,duty|}
    privilege: [$3]
    when: $4
    outcome: $5
    cite: [$6]
    because: $7
`},
	} {
		all, items := c.offered("xa/ruleset.yaml", test.text)
		i := slices.IndexFunc(items, func(i completionItem) bool { return i.Label == test.label })
		if test.want == "" {
			assert.Less(t, i, 0)
			continue
		}
		require.GreaterOrEqual(t, i, 0, "%s in %v", test.label, labels(items))
		assert.Equal(t, test.want, apply(all, items[i].TextEdit))
	}
}

// An editor without snippets and Markdown gets neither.
func TestPlainCompletion(t *testing.T) {
	c := connect(t, Options{})
	c.dir = "/nowhere"
	c.request("initialize", `{"processId":null,"capabilities":{}}`)
	_, items := c.offered("xa/ruleset.yaml", head+"rules:\n  - ¦\n")
	require.NotEmpty(t, items)
	for _, i := range items {
		assert.NotContains(t, i.TextEdit.NewText, "$")
		assert.Zero(t, i.InsertTextFormat)
		if i.Documentation != nil {
			assert.Equal(t, "plaintext", i.Documentation.Kind)
			assert.NotContains(t, i.Documentation.Value, "**")
		}
	}
	// The common ruleset that ships is what it completes from.
	_, items = c.offered("xa/ruleset.yaml", head+"rules:\n  - when: member.¦\n")
	assert.Contains(t, labels(items), "license_state")
}

func TestHover(t *testing.T) {
	c := start(t)
	for _, test := range []struct{ text, on, want string }{
		{strings.Replace(whole, "member.age", "member.a¦ge", 1), "age", "**member.age** · int, in years\n\ncomputed from `age`\n\nno default"},
		{strings.Replace(whole, "tax.fuel", "tax.f¦uel", 1), "tax.fuel", "exemption from tax on fuel\n\nof person and mission\n\nno floor"},
		{strings.Replace(whole, "[tax.fuel]", "[imm.¦*]", 1), "imm.*", "matches 3 privileges\n\n- `imm.arrest` personal inviolability"},
		{strings.Replace(whole, "[tax.fuel]", "[imm.ar¦rest]", 1), "imm.arrest", "floor **H**: no rule and no measure may lower it (VCDR 29-32, VCCR 41-45)\n\ncites VCDR 29, VCCR 41"},
		{strings.Replace(whole, "== LPR", "== L¦PR", 1), "LPR", "**lpr** · status · `LPR` in expressions\n\nlawful permanent resident"},
		{strings.Replace(whole, "when: local &&", "when: lo¦cal &&", 1), "local", "member.status == LPR"},
		{strings.Replace(whole, "[dip.agent]", "[dip.ag¦ent]", 1), "dip.agent", "diplomatic agent\n\ncites VCDR 1(e)"},
		{strings.Replace(whole, "See XA-SALES", "See XA-¦SALES", 1), "XA-SALES", "tier programme · denied\n\nPurchases are not exempt."},
		{strings.Replace(whole, "    tier:", "    ti¦er:", 1), "tier", "**tier** · a key of rule · required"},
		{strings.Replace(whole, "member.age", "mem¦ber.age", 1), "member", "the person asked about"},
		{strings.Replace(whole, "member.age > 3", "ha¦s(member.age)", 1), "has", "`has(object.fact)`"},
		{strings.Replace(whole, "outcome: denied\n    code", "outcome: allowed_with_conditions\n    conditions: [{minimum_pur¦chase: {amount: 1}}]\n    code", 1), "minimum_purchase", "met if `request.amount >= c.amount`\n\nparameter `amount`: money"},
		{strings.Replace(whole, "status: lpr", "sta¦tus: lpr", 1), "status", "**member.status** · status\n\npersonal status\n\ncomputed from `status`\n\ndefault `none`\n\none of `none`"},
	} {
		t.Run(test.on, func(t *testing.T) {
			all, at := cursor(t, test.text)
			c.t = t
			c.open("xa/ruleset.yaml", all)
			var h hoverResult
			require.NoError(t, json.Unmarshal(c.request("textDocument/hover", c.at("xa/ruleset.yaml", at)), &h))
			assert.Equal(t, test.on, slice(all, h.Range))
			assert.Contains(t, h.Contents.Value, test.want)
			assert.Equal(t, "markdown", h.Contents.Kind)
		})
	}
}

// A mistake is explained where it is.
func TestHoverMistake(t *testing.T) {
	c := start(t)
	all, at := cursor(t, strings.Replace(whole, "id: XA-SALES", "id: XA-F¦UEL", 1))
	c.open("xa/ruleset.yaml", all)
	var h hoverResult
	require.NoError(t, json.Unmarshal(c.request("textDocument/hover", c.at("xa/ruleset.yaml", at)), &h))
	assert.Contains(t, h.Contents.Value, "**E012: an identifier is used twice**")
}

func TestNavigation(t *testing.T) {
	c := start(t)
	require.Empty(t, c.open("xa/ruleset.yaml", whole))
	where := func(part string) position {
		before, _, found := strings.Cut(whole, part)
		require.True(t, found)
		return newText(whole).position(len(before)+1, utf16Units)
	}
	defined := func(part string) []string {
		var at []location
		require.NoError(t, json.Unmarshal(c.request("textDocument/definition", c.at("xa/ruleset.yaml", where(part))), &at))
		var out []string
		for _, l := range at {
			out = append(out, fmt.Sprintf("%s:%d", strings.TrimPrefix(l.URI, uriOf(c.dir)+"/"), l.Range.Start.Line+1))
		}
		return out
	}
	assert.Equal(t, []string{"xa/ruleset.yaml:6"}, defined("local && member"))
	assert.Equal(t, []string{"common/00-language.yaml:10"}, defined("tax.sales]"))
	assert.Equal(t, []string{"common/00-language.yaml:25"}, defined("age > 3"))
	assert.Equal(t, []string{"common/01-vocabulary.yaml:3"}, defined("dip.agent]"))
	assert.Equal(t, []string{"xa/ruleset.yaml:18"}, defined("XA-SALES.\n"))
	assert.Nil(t, defined("Fuel is not"))

	named := func(part string, declaration bool) []string {
		params := fmt.Sprintf(`{"context":{"includeDeclaration":%t},%s`, declaration, c.at("xa/ruleset.yaml", where(part))[1:])
		var at []location
		require.NoError(t, json.Unmarshal(c.request("textDocument/references", params), &at))
		var out []string
		for _, l := range at {
			out = append(out, fmt.Sprintf("%s:%d", strings.TrimPrefix(l.URI, uriOf(c.dir)+"/"), l.Range.Start.Line+1))
		}
		return out
	}
	assert.Equal(t, []string{"xa/ruleset.yaml:6", "xa/ruleset.yaml:14", "xa/ruleset.yaml:22"}, named("local && member", true))
	assert.Equal(t, []string{"xa/ruleset.yaml:14", "xa/ruleset.yaml:22"}, named("local && member", false))
	assert.Equal(t, []string{"xa/ruleset.yaml:17", "xa/ruleset.yaml:18"}, named("XA-SALES.\n", true))
	facts := named("age > 3", true)
	assert.Contains(t, facts, "common/00-language.yaml:25")
	assert.Contains(t, facts, "xa/ruleset.yaml:14")
	assert.Contains(t, facts, "xa/ruleset.yaml:30")

	var marks []highlight
	require.NoError(t, json.Unmarshal(c.request("textDocument/documentHighlight", c.at("xa/ruleset.yaml", where("local && member"))), &marks))
	assert.Len(t, marks, 3)
}

func TestRename(t *testing.T) {
	c := start(t)
	other := "rules:\n  - {id: B-1, tier: programme, privilege: [tax.fuel], when: '!local', outcome: denied, cite: [x], because: local is no name here}\n"
	c.open("xa/other.yaml", other)
	require.Empty(t, c.open("xa/ruleset.yaml", whole))
	_, at := cursor(t, strings.Replace(whole, "when: local &&", "when: lo¦cal &&", 1))
	assert.NotEqual(t, "null", string(c.request("textDocument/prepareRename", c.at("xa/ruleset.yaml", at))))
	rename := func(at position, to string) incoming {
		return c.call("textDocument/rename", fmt.Sprintf(`{"newName":%q,%s`, to, c.at("xa/ruleset.yaml", at)[1:]))
	}
	m := rename(at, "resident")
	require.Nil(t, m.Error)
	var edit workspaceEdit
	require.NoError(t, json.Unmarshal(m.Result, &edit))
	require.Len(t, edit.DocumentChanges, 2)
	texts := map[string]string{}
	for _, d := range edit.DocumentChanges {
		require.NotNil(t, d.TextDocument.Version)
		before := map[string]string{c.uri("xa/other.yaml"): other, c.uri("xa/ruleset.yaml"): whole}[d.TextDocument.URI]
		texts[d.TextDocument.URI] = apply(before, d.Edits...)
	}
	assert.Equal(t, strings.Replace(other, "!local", "!resident", 1), texts[c.uri("xa/other.yaml")])
	assert.Equal(t, strings.NewReplacer("  local:", "  resident:", "when: local", "when: resident").Replace(whole), texts[c.uri("xa/ruleset.yaml")])

	for name, want := range map[string]string{
		"member": "already means something", "status": "already means something", "LPR": "already means something", "3x": "no name", "": "no name", "in": "already means",
	} {
		m := rename(at, name)
		require.NotNil(t, m.Error, name)
		assert.Contains(t, m.Error.Message, want)
	}
	_, at = cursor(t, strings.Replace(whole, "member.age", "member.a¦ge", 1))
	assert.Equal(t, "null", string(c.request("textDocument/prepareRename", c.at("xa/ruleset.yaml", at))))
	require.NotNil(t, rename(at, "years").Error)
}

// mended are mistakes with what the first fix makes of the line.
var mended = []struct{ old, new, title, want string }{
	{"tax.fuel]", "tax.fule]", "Write tax.fuel", "privilege: [tax.fuel]"},
	{"member.age > 3", "member.agee > 3", "Write age", "when: local && member.age > 3"},
	{"== LPR", "== LPRR", "Write LPR", "local: member.status == LPR"},
	{"member.age > 3", "member.age = 3", "Write ==", "when: local && member.age == 3"},
	{"outcome: denied\n    code", "outcome: 'allowd'\n    code", "Write allowed", "outcome: 'allowed'"},
	{"    because: Purchases are not exempt.\n", "", "Add the key because", "cite: [note 12]\n    because:\n"},
	{"    cite: [note 12]\n    because: Purch", "    because: Purch", "Add the key cite", "code: no_sales\n    cite: []\n    because: Purch"},
	{"tier: programme", "tier: programme\n    effect: lifts", "Leave effect away", "tier: programme\n    of"},
	{"expect: denied", "expect: denid", "Write denied", "expect: denied"},
}

func TestActions(t *testing.T) {
	c := start(t)
	c.open("xa/ruleset.yaml", whole)
	for i, test := range mended {
		t.Run(test.title, func(t *testing.T) {
			c.t = t
			text := strings.Replace(whole, test.old, test.new, 1)
			wrong := c.replace("xa/ruleset.yaml", i+2, text)
			require.NotEmpty(t, wrong)
			at, _ := json.Marshal(wrong[0].Range)
			params := fmt.Sprintf(`{"textDocument":{"uri":%q},"range":%s,"context":{"diagnostics":[]}}`, c.uri("xa/ruleset.yaml"), at)
			var found []codeAction
			require.NoError(t, json.Unmarshal(c.request("textDocument/codeAction", params), &found))
			require.NotEmpty(t, found, wrong[0].Message)
			assert.Equal(t, test.title, found[0].Title)
			assert.Equal(t, "quickfix", found[0].Kind)
			assert.Equal(t, wrong[0].Message, found[0].Diagnostics[0].Message)
			require.Len(t, found[0].Edit.DocumentChanges, 1)
			assert.Contains(t, apply(text, found[0].Edit.DocumentChanges[0].Edits...), test.want)
		})
	}
}

func TestSymbols(t *testing.T) {
	c := start(t)
	c.open("xa/ruleset.yaml", whole)
	params := fmt.Sprintf(`{"textDocument":{"uri":%q}}`, c.uri("xa/ruleset.yaml"))
	var found []documentSymbol
	require.NoError(t, json.Unmarshal(c.request("textDocument/documentSymbol", params), &found))
	var lines []string
	for _, o := range found {
		lines = append(lines, o.Name)
		for _, in := range o.Children {
			lines = append(lines, "  "+in.Name+": "+in.Detail)
		}
	}
	assert.Equal(t, []string{
		"ruleset", "edition", "title", "let", "  local: member.status == LPR",
		"rules", "  XA-FUEL: programme · denied", "  XA-SALES: programme · denied", "cases", "  an agent: tax.sales · denied",
	}, lines)
	assert.Equal(t, "XA-SALES", slice(whole, found[4].Children[1].SelectionRange))
	assert.True(t, strings.HasPrefix(slice(whole, found[4].Children[1].Range), "id: XA-SALES"))
	assert.True(t, strings.HasSuffix(slice(whole, found[4].Children[1].Range), "Purchases are not exempt."))

	var all []symbolInformation
	require.NoError(t, json.Unmarshal(c.request("workspace/symbol", `{"query":"xasal"}`), &all))
	require.Len(t, all, 1)
	assert.Equal(t, "XA-SALES", all[0].Name)

	var folds []foldingRange
	require.NoError(t, json.Unmarshal(c.request("textDocument/foldingRange", params), &folds))
	assert.Contains(t, folds, foldingRange{4, 5})
	assert.Contains(t, folds, foldingRange{7, 25})
	assert.Contains(t, folds, foldingRange{8, 16})
}

func TestSemantics(t *testing.T) {
	c := start(t)
	c.open("xa/ruleset.yaml", whole)
	var found semanticTokens
	require.NoError(t, json.Unmarshal(c.request("textDocument/semanticTokens/full", fmt.Sprintf(`{"textDocument":{"uri":%q}}`, c.uri("xa/ruleset.yaml"))), &found))
	var words []string
	at := position{}
	for d := found.Data; len(d) > 0; d = d[5:] {
		if d[0] > 0 {
			at = position{at.Line + d[0], d[1]}
		} else {
			at.Character += d[1]
		}
		words = append(words, semanticTypes[d[3]]+" "+slice(whole, span{at, position{at.Line, at.Character + d[2]}}))
	}
	assert.Equal(t, []string{
		"macro local", "variable member", "operator .", "property status", "operator ==", "enumMember LPR",
		"macro local", "operator &&", "variable member", "operator .", "property age", "operator >", "number 3", "macro local",
	}, words)
}

func TestFormatting(t *testing.T) {
	c := start(t)
	untidy := strings.Replace(whole, "    tier: programme", "    tier:   programme", 1)
	c.open("xa/ruleset.yaml", untidy)
	params := fmt.Sprintf(`{"textDocument":{"uri":%q},"options":{"tabSize":2,"insertSpaces":true}}`, c.uri("xa/ruleset.yaml"))
	var edits []textEdit
	require.NoError(t, json.Unmarshal(c.request("textDocument/formatting", params), &edits))
	require.Len(t, edits, 1)
	assert.Equal(t, "    tier:   programme\n", slice(untidy, edits[0].Range))
	assert.Equal(t, whole, apply(untidy, edits...))
	c.replace("xa/ruleset.yaml", 2, whole)
	require.NoError(t, json.Unmarshal(c.request("textDocument/formatting", params), &edits))
	assert.Empty(t, edits)
	c.replace("xa/ruleset.yaml", 3, "a: [")
	require.NotNil(t, c.call("textDocument/formatting", params).Error)
}

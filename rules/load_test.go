package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/internal/golden"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

func bundleOf(t testing.TB, dir string) []byte {
	t.Helper()
	bundle, err := rules.Bundle(os.DirFS(dir))
	require.NoError(t, err)
	return bundle
}

func mini(t testing.TB) *rules.Edition {
	t.Helper()
	e, err := rules.LoadCommon(bundleOf(t, "testdata/mini"))
	require.NoError(t, err)
	return e
}

func ruleOf(t testing.TB, e *rules.Edition, id string) *rules.Rule {
	t.Helper()
	for _, r := range e.Rules {
		if r.ID == id {
			return r
		}
	}
	t.Fatalf("there is no rule %s", id)
	return nil
}

func TestLoadCommon(t *testing.T) {
	e := mini(t)
	assert.Equal(t, domain.RulesetID("common"), e.Code)
	assert.Equal(t, "mini", e.Edition)
	assert.Equal(t, rules.Hash(bundleOf(t, "testdata/mini")), e.Hash)
	assert.Equal(t, timeline.Always, e.Effective)
	assert.Equal(t, domain.Privilege("imm.arrest"), e.Language.PrivilegeOrder[0])
	assert.True(t, e.Language.Privileges["travel.move"].Liberty)
	assert.Equal(t, "diplomatic agent", e.Language.Term("category", "dip.agent"))
	assert.True(t, e.Language.Has("condition", "official_acts_only"))
	assert.Equal(t, "dip.agent", e.Language.Near("category", "dip.agnet"))
	assert.Equal(t, domain.AgeLimit{Age: 18, StudentAge: 18}, e.Capacities.Relations["child"].Limits("con.officer"))
	assert.Equal(t, []domain.MissionKind{"consular_post"}, e.Kinds["con.officer"])
	assert.Len(t, e.Consequences["traffic.dui"], 1)
	assert.Len(t, e.Views, 1)
	assert.NotEmpty(t, e.Cases)

	national := ruleOf(t, e, "S-NATIONAL")
	assert.Equal(t, domain.Cuts, national.Effect)
	assert.Equal(t, "10-rules.yaml:85:9", national.Pos.String())
	assert.Equal(t, []rules.FactRef{{Object: "member", Name: "status"}}, national.Reads)
	assert.Equal(t, []domain.Privilege{"imm.criminal", "imm.civil"}, national.Privileges, "in order of declaration")

	approval := ruleOf(t, e, "C-APPROVAL")
	assert.Equal(t, rules.EachMeasure, approval.Each)
	assert.True(t, approval.Practice)
	assert.Equal(t, []rules.FactRef{{Object: "measure", Name: "level"}, {Object: "measure", Name: "radius"}, {Object: "request", Name: "distance"}}, approval.Reads)
	assert.Equal(t, "m.level == APPROVAL && request.distance > m.radius", approval.When.Source())
}

func TestTablesAreRules(t *testing.T) {
	e := mini(t)
	r := ruleOf(t, e, "B-PERSON/customs.personal/at")
	assert.Equal(t, domain.TierBaseline, r.Tier)
	assert.Equal(t, []domain.Category{"dip.at"}, r.Applies.Scope.Categories)
	assert.Equal(t, rules.FamilyNo, r.Applies.Family)
	assert.Equal(t, domain.Conditional, r.Outcome)
	assert.Equal(t, "first_installation", r.Conditions[0].Decl.Code)
	assert.Equal(t, []string{"VCDR 36(1)", "VCDR 37(2)"}, r.Cite)
	assert.Equal(t, "10-rules.yaml:42:18", r.Pos.String(), "the cell")
	archives := ruleOf(t, e, "B-MISSION/prem.archives/hon")
	assert.Equal(t, "mission.archives_separate", archives.When.Source())
	for _, r := range e.Rules {
		assert.NotEqual(t, "B-PERSON/imm.arrest/service", r.ID, "a cell of none makes no rule")
	}
}

func TestLoadState(t *testing.T) {
	common := mini(t)
	e, err := rules.LoadState(bundleOf(t, "testdata/arandia"), common)
	require.NoError(t, err)
	assert.Same(t, common.Language, e.Language)
	r := ruleOf(t, e, "XA-FUEL")
	assert.Equal(t, domain.RulesetID("xa"), r.Ruleset)
	assert.Equal(t, []rules.FactRef{{Object: "measure", Name: "amount"}, {Object: "measure", Name: "level"}, {Object: "member", Name: "category"}}, r.Reads,
		"names of let are looked through")
}

// TestSameEveryTime loads one bundle fifty times: nothing may depend on the
// order of a map.
func TestSameEveryTime(t *testing.T) {
	if rules.Raced {
		t.Skip("nothing here is done at once")
	}
	bundle := bundleOf(t, "testdata/mini")
	describe := func() string {
		e, err := rules.LoadCommon(bundle)
		require.NoError(t, err)
		var out strings.Builder
		for _, r := range e.Rules {
			fmt.Fprintln(&out, r.ID, r.Tier, r.Effect, r.Privileges, r.Of, r.Applies.Scope.Categories, r.Applies.Family, r.Each, r.Outcome, r.Code, r.Cite, r.Because, r.Reads, r.Pos)
			if r.When != nil {
				fmt.Fprintln(&out, r.When.Source(), r.When.Reads(), r.When.Pos)
			}
		}
		for _, c := range e.Cases {
			fmt.Fprintln(&out, c.Name, c.Ask, c.By, c.Expect, c.Member, c.Sponsor, c.Mission, c.Request)
		}
		fmt.Fprintln(&out, e.Language.PrivilegeOrder, e.Language.Facts, e.Capacities, e.Kinds, e.Code, e.Edition, e.Title, e.Hash)
		return out.String()
	}
	first := describe()
	for range 50 {
		require.Equal(t, first, describe())
	}
}

// TestErrors compares the whole text of what is said about broken rulesets.
func TestErrors(t *testing.T) {
	if rules.Raced {
		t.Skip("nothing here is done at once")
	}
	common := mini(t)
	files, err := filepath.Glob("testdata/errors/*.txt")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 30)
	seen := map[string]bool{}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			bundle, err := os.ReadFile(file)
			require.NoError(t, err)
			text := load(bundle, common)
			for code := range rules.DiagnosticCodes {
				if strings.Contains(text, " ["+code+"]") {
					seen[code] = true
				}
			}
			golden.Compare(t, strings.TrimSuffix(file, ".txt")+".golden", []byte(text+"\n"))
			for range 5 {
				require.Equal(t, text, load(bundle, common), "the same every time")
			}
		})
	}
	for code, meaning := range rules.DiagnosticCodes {
		if code != "E038" { // needs a slow machine: TestTimeRunsOut
			assert.True(t, seen[code], "no broken ruleset shows %s: %s", code, meaning)
		}
	}
}

// load loads a bundle as what its head says that it is. A common ruleset without
// a vocabulary is given that of mini.
func load(bundle []byte, common *rules.Edition) string {
	var err error
	if strings.Contains(string(bundle), "ruleset: common") {
		if !strings.Contains(string(bundle), "vocabulary:") {
			words, err := os.ReadFile("testdata/mini/01-vocabulary.yaml")
			if err != nil {
				return err.Error()
			}
			bundle = append(append(bundle, "-- zz.yaml --\n"...), words...)
		}
		_, err = rules.LoadCommon(bundle)
	} else {
		_, err = rules.LoadState(bundle, common)
	}
	if err == nil {
		return "no mistakes"
	}
	return err.Error()
}

func TestBundle(t *testing.T) {
	dir := t.TempDir()
	_, err := rules.Bundle(os.DirFS(dir))
	assert.ErrorContains(t, err, "no *.yaml file")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b.yaml"), []byte("rules: []"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.yaml"), []byte("ruleset: xa\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "README.md"), []byte("no rules"), 0o600))
	bundle, err := rules.Bundle(os.DirFS(dir))
	require.NoError(t, err)
	assert.Equal(t, "-- a.yaml --\nruleset: xa\n-- b.yaml --\nrules: []\n", string(bundle))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "c.yaml"), []byte("note: |\n-- d.yaml --\n"), 0o600))
	_, err = rules.Bundle(os.DirFS(dir))
	assert.ErrorContains(t, err, "would begin another file")
}

// TestHostile gives the loader what is made to hurt it. Each must be refused,
// and soon.
func TestHostile(t *testing.T) {
	if rules.Raced {
		t.Skip("nothing here is done at once")
	}
	common := mini(t)
	when := func(expr string) string {
		return "-- a.yaml --\nruleset: xa\nedition: e\ntitle: t\nrules:\n  - {id: X, tier: programme, privilege: [tax.sales], outcome: denied, cite: [a], because: b, when: '" + expr + "'}\n"
	}
	head := "-- a.yaml --\nruleset: xa\nedition: e\ntitle: t\n"
	lets := "let:\n  a0: true\n"
	for i := range 40 {
		lets += fmt.Sprintf("  a%d: a%d && a%d\n", i+1, i, i)
	}
	anchors := "note: &a0 [x, x]\n"
	for i := range 9 {
		anchors += fmt.Sprintf("n%d: &a%d [*a%d, *a%d, *a%d]\n", i, i+1, i, i, i)
	}
	for name, bundle := range map[string]string{
		"brackets of CEL":       when(strings.Repeat("[", 240) + strings.Repeat("]", 240)),
		"parentheses":           when(strings.Repeat("(", 1900) + "true" + strings.Repeat(")", 1900)),
		"harmless lists of CEL": when(strings.Repeat("[", 39) + "1" + strings.Repeat("]", 39) + " == []"),
		"lists in calls":        when(strings.Repeat("size([", 19) + "1" + strings.Repeat("])", 19) + " == true"),
		"maps of CEL":           when(strings.Repeat("{1:", 240) + "1" + strings.Repeat("}", 240)),
		"harmless negations":    when(strings.Repeat("!", 3990) + "true"),
		"harmless signs":        when(strings.Repeat("- ", 1990) + "1 == 1"),
		"conditionals":          when(strings.Repeat("true ? ", 300) + "true" + strings.Repeat(" : true", 300)),
		"nested all":            when(strings.Repeat("[1,2,3,4,5,6,7,8].all(x, ", 5) + "true" + strings.Repeat(")", 5)),
		"selections":            when("member" + strings.Repeat(".a", 1900)),
		"sums":                  when("1" + strings.Repeat("+1", 1999) + " == 1"),
		"harmless lists":        when("1 in [" + strings.Repeat("1,", 1990) + "1]"),
		"calls":                 when(strings.Repeat("size(", 35) + "1" + strings.Repeat(")", 35)),
		"texts":                 when(`size("` + strings.Repeat("x", 3000) + `" + "y") == 1 && 1`),
		"brackets of YAML":      head + "note: " + strings.Repeat("[", 100_000),
		"braces of YAML":        head + "note: " + strings.Repeat("{a: ", 100_000),
		"dashes of YAML":        head + "rules:\n  " + strings.Repeat("- ", 100_000),
		"questions of YAML":     head + "rules:\n  " + strings.Repeat("? ", 100_000),
		"indentation of YAML":   head + "rules:\n" + indented(9000),
		"quotes of YAML":        head + "note: \"" + strings.Repeat("\\\"", 200_000),
		"keys of YAML":          head + strings.Repeat("note: x\n", 100_000),
		"aliases":               head + anchors,
		"lets that double":      head + lets + "rules: []\n",
		"too large":             head + "note: " + strings.Repeat("x", rules.MaxBundle),
		"not text":              head + "note: \xff\xfe\x00\n",
		"no file":               "ruleset: xa\n",
		"nothing":               "",
		"files out of order":    "-- b.yaml --\n-- a.yaml --\n",
		"a path for a name":     "-- ../a.yaml --\n",
		"a private escape":      head + "note: \"\\uD800\"\n",
		"a byte order mark":     "-- a.yaml --\n\ufeffruleset: xa\nedition: [\n",
		"many rules in a line":  head + "rules: [" + strings.Repeat("{when: a}, ", 50_000) + "]\n",
		"many rules":            head + "rules: [" + strings.Repeat("{when: a},\n ", 50_000) + "]\n",
		"many long expressions": head + "rules:\n" + strings.Repeat("  - {when: '"+strings.Repeat("a && ", 300)+"b'}\n", 400),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := rules.LoadState([]byte(bundle), common)
			took := time.Since(start)
			assert.Less(t, took, rules.LongestLoad, "loading gives up before")
			if strings.HasPrefix(name, "harmless ") {
				require.NoError(t, err)
				return
			}
			var wrong rules.Diagnostics
			require.ErrorAs(t, err, &wrong)
			assert.LessOrEqual(t, len(wrong), 201)
			t.Logf("%v: %.160s", took.Round(time.Millisecond), err)
		})
	}
}

func indented(depth int) string {
	var out strings.Builder
	for i := range depth {
		if out.Len() > 800_000 {
			break
		}
		out.WriteString(strings.Repeat(" ", i%400) + "a:\n")
	}
	return out.String()
}

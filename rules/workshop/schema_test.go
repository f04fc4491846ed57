package workshop_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/workshop"
)

func compiled(t testing.TB, name string, language *rules.Language) *jsonschema.Schema {
	t.Helper()
	text, err := workshop.Schema(name, language)
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	require.NoError(t, c.AddResource("ruleset.json", doc))
	schema, err := c.Compile("ruleset.json")
	require.NoError(t, err)
	return schema
}

// value is what an editor makes of a node.
func value(n *yaml.Node) any {
	switch n.Kind { //nolint:exhaustive // aliases do not occur
	case yaml.DocumentNode:
		return value(n.Content[0])
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			out[n.Content[i].Value] = value(n.Content[i+1])
		}
		return out
	case yaml.SequenceNode:
		out := []any{}
		for _, c := range n.Content {
			out = append(out, value(c))
		}
		return out
	}
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true"
	case "!!int", "!!float":
		f, err := strconv.ParseFloat(n.Value, 64)
		if err == nil {
			return f
		}
	}
	return n.Value
}

func commonIn(t testing.TB, folder string) *rules.Edition {
	t.Helper()
	bundle, err := rules.Bundle(os.DirFS(folder))
	require.NoError(t, err)
	common, err := rules.LoadCommon(bundle)
	require.NoError(t, err)
	return common
}

// Every file of a ruleset that loads is as its schema says.
func TestSchemaFits(t *testing.T) {
	schemas := map[bool]*jsonschema.Schema{
		true:  compiled(t, "ruleset", commonIn(t, "../testdata/mini").Language),
		false: compiled(t, "ruleset", commonIn(t, "../../rulesets/common").Language),
	}
	n := 0
	for _, folder := range everyFolder(t) {
		for _, f := range filesIn(t, folder) {
			var doc yaml.Node
			require.NoError(t, yaml.Unmarshal(f.Text, &doc))
			require.NoError(t, schemas[strings.Contains(folder, "testdata")].Validate(value(&doc)), f.Path)
			n++
		}
	}
	require.Greater(t, n, 40)
}

// Typical mistakes are refused.
func TestSchemaRefuses(t *testing.T) {
	schema := compiled(t, "ruleset", commonIn(t, "../testdata/mini").Language)
	const rule = "rules:\n  - id: A-1\n    tier: programme\n    privilege: [tax.fuel]\n    applies: {category: [dip.agent]}\n    outcome: denied\n    cite: [note 1]\n    because: A sentence.\n"
	check := func(text string) error {
		var doc yaml.Node
		require.NoError(t, yaml.Unmarshal([]byte(text), &doc))
		return schema.Validate(value(&doc))
	}
	require.NoError(t, check(rule))
	for _, change := range [][2]string{
		{"rules:", "rulez:"}, {"tier: programme", "tier: program"}, {"tax.fuel", "tax.feul"}, {"dip.agent", "dip.agnet"}, {"denied", "refused"}, {"[note 1]", "note 1"},
		{"    because: A sentence.\n", ""}, {"  - id: A-1\n", "  - name: A-1\n"}, {"category:", "categories:"}, {"because: A sentence.", "because: true"},
		{"because:", "becuase:"}, {"outcome: denied", "outcome: denied\n    each: measures m"}, {"outcome: denied", "outcome: denied\n    in_force: {from: 1/1/2025}"},
		{"outcome: denied", "outcome: denied\n    conditions: [official_act_only]"}, {"outcome: denied", "outcome: denied\n    reciprocal: 1"}, {"outcome: denied", "as: a.as"},
	} {
		require.Contains(t, rule, change[0])
		assert.Error(t, check(strings.Replace(rule, change[0], change[1], 1)), change[1])
	}
	const cases = "cases:\n  - name: a case\n    given: {member: {category: dip.agent}}\n    ask: tax.fuel\n    request: {amount: 5}\n    expect: denied\n"
	require.NoError(t, check(cases))
	for _, change := range [][2]string{{"amount", "amuont"}, {"category", "categry"}, {"given", "gives"}, {"ask: tax.fuel", "ask: fuel"}, {"{amount: 5}", "[amount]"}} {
		assert.Error(t, check(strings.Replace(cases, change[0], change[1], 1)), change[1])
	}
	_, err := workshop.Schema("case", commonIn(t, "../testdata/mini").Language)
	require.ErrorContains(t, err, "did you mean")
	require.NoError(t, compiled(t, "cases", commonIn(t, "../testdata/mini").Language).Validate([]any{}))
	require.Error(t, compiled(t, "cases", commonIn(t, "../testdata/mini").Language).Validate(map[string]any{}))
}

// The shapes say which keys are required as the loader does: with any key left out
// of a ruleset, the loader complains of it if and only if the schema does. Where
// what is required depends on other keys, only the loader does.
func TestSchemaRequires(t *testing.T) {
	depends := []string{"privilege", "outcome", "denial", "conditions", "because"}
	schema := compiled(t, "ruleset", commonIn(t, "../testdata/mini").Language)
	names, err := filepath.Glob("../testdata/mini/*.yaml")
	require.NoError(t, err)
	files := map[string]*yaml.Node{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		var doc yaml.Node
		require.NoError(t, yaml.Unmarshal(text, &doc))
		files[filepath.Base(name)] = &doc
	}
	seen, named := map[string]bool{}, map[string]bool{}
	for _, s := range rules.Shapes() {
		for _, k := range s.Keys {
			named[k.Name] = true
		}
	}
	refused, tried := 0, 0
	var walk func(file string, n *yaml.Node, where string)
	try := func(file string, n *yaml.Node, i int, where string) {
		key := n.Content[i].Value
		id := where + " " + key
		if seen[id] || !named[key] {
			return
		}
		seen[id] = true
		was := n.Content
		n.Content = slices.Concat(was[:i], was[i+2:])
		defer func() { n.Content = was }()
		bad := schema.Validate(value(files[file])) != nil
		var bundle bytes.Buffer
		for _, name := range names {
			text, err := yaml.Marshal(files[filepath.Base(name)])
			require.NoError(t, err)
			bundle.WriteString("-- " + filepath.Base(name) + " --\n")
			bundle.Write(text)
		}
		_, err := rules.LoadCommon(bundle.Bytes())
		needs := err != nil && strings.Contains(err.Error(), "needs the key "+key+" ")
		tried++
		if bad {
			refused++
			assert.True(t, needs, "%s %s: the schema requires it, and the loader says %v", where, key, err)
		} else if !slices.Contains(depends, key) {
			assert.False(t, needs, "%s %s: the loader requires it", where, key)
		}
	}
	walk = func(file string, n *yaml.Node, where string) {
		for i := 0; i < len(n.Content); i++ {
			if n.Kind == yaml.MappingNode && i%2 == 0 {
				try(file, n, i, where)
				continue
			}
			next := where
			if n.Kind == yaml.MappingNode && len(strings.Split(where, "/")) < 3 && n.Content[i-1].Value != "" {
				next += "/" + n.Content[i-1].Value
			}
			walk(file, n.Content[i], next)
		}
	}
	for _, name := range names {
		walk(filepath.Base(name), files[filepath.Base(name)], "")
	}
	require.Greater(t, refused, 30)
	t.Logf("%d keys left out, %d of them required", tried, refused)
}

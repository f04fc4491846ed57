package workshop_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/workshop"
	"github.com/comity-project/comity/rulesets"
)

// filesIn reads the files of a folder.
func filesIn(t testing.TB, folder string) []workshop.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	require.NoError(t, err)
	var out []workshop.File
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		out = append(out, workshop.File{Path: strings.TrimPrefix(filepath.ToSlash(name), "../../"), Text: text})
	}
	return out
}

// What lint says of the rulesets that ship was looked at: cases that show the same
// twice, silence on the family that is meant, names like HELD and held, two long
// conditions, and files that are not laid out, since their bytes are published.
func TestLintShipped(t *testing.T) {
	bundle, err := rules.Bundle(rulesets.Common())
	require.NoError(t, err)
	common, err := rules.LoadCommon(bundle)
	require.NoError(t, err)
	law := rules.Law{Common: common, States: map[domain.StateID]*rules.Edition{}}
	for _, name := range rulesets.Names() {
		edition := common
		if name != rulesets.CommonName {
			files, err := rulesets.Of(name)
			require.NoError(t, err)
			bundle, err := rules.Bundle(files)
			require.NoError(t, err)
			edition, err = rules.LoadState(bundle, common)
			require.NoError(t, err)
		}
		for _, f := range workshop.Lint(law, edition, filesIn(t, "../../rulesets/"+name)) {
			t.Log(f.File, f.Line, f.Code, f.Message, f.Hint)
			require.Contains(t, []string{"W014", "W017", "W018", "W021", "W023"}, f.Code, "%s:%d: %s", f.File, f.Line, f.Message)
		}
	}
}

// Every code has a page, of which the wrong example gives exactly that finding and
// the right one none. The examples are short: that no case tries their rules is
// looked at only where it is the point.
func TestLintPages(t *testing.T) {
	severities := workshop.Lints()
	require.Len(t, workshop.Help().Pages(), len(severities))
	for _, page := range workshop.Help().Pages() {
		t.Run(page.Code, func(t *testing.T) {
			require.Contains(t, severities, page.Code)
			require.Equal(t, []string{page.Code}, codes(t, page.Code, page.Wrong))
			require.Empty(t, codes(t, page.Code, page.Right))
		})
	}
}

const exampleHead = "ruleset: arandia\nedition: \"2025-07\"\neffective: 2025-07-01\ntitle: Arandia\n\n"

// codes lists the codes of what lint finds in an example.
func codes(t *testing.T, about, example string) []string {
	t.Helper()
	found := lintExample(t, example)
	var out []string
	for _, f := range found {
		require.NotEmpty(t, f.Source)
		require.Equal(t, workshop.Lints()[f.Code], f.Severity)
		if f.Code != "W005" || about == "W005" {
			out = append(out, f.Code)
		}
	}
	return out
}

func lintExample(t *testing.T, example string) workshop.Findings {
	t.Helper()
	folder := t.TempDir()
	bundle := func() []byte {
		b, err := rules.Bundle(os.DirFS(folder))
		require.NoError(t, err)
		return b
	}
	require.NoError(t, os.CopyFS(folder, os.DirFS("../testdata/mini")))
	inCommon := strings.HasPrefix(example, "# in the common ruleset")
	if inCommon {
		require.NoError(t, os.WriteFile(filepath.Join(folder, "90-example.yaml"), []byte(example), 0o600))
	}
	common, err := rules.LoadCommon(bundle())
	require.NoError(t, err)
	law := rules.Law{Common: common, States: map[domain.StateID]*rules.Edition{}}
	if inCommon {
		return workshop.Lint(law, common, []workshop.File{{Path: "90-example.yaml", Text: []byte(example)}})
	}
	if !strings.Contains(example, "ruleset: ") {
		example = exampleHead + example
	}
	text := "-- a.yaml --\n" + example
	edition, err := rules.LoadState([]byte(text), common)
	require.NoError(t, err, example)
	return workshop.Lint(law, edition, []workshop.File{{Path: "arandia/a.yaml", Text: []byte(example)}})
}

// A reason silences a finding at its line, in the entry below it, or in the file.
func TestLintAllowed(t *testing.T) {
	const rule = "rules:\n%s  - id: A-1\n    tier: programme\n    privilege: [tax.fuel]\n    outcome: denied\n    cite: [note 1]\n    because: no sentence%s\n"
	for name, c := range map[string]struct {
		above, beside string
		want          []string
	}{
		"nothing":        {"", "", []string{"W005", "W006"}},
		"above":          {"  # lint: allow W006, W005 because it is quoted\n", "", nil},
		"beside":         {"", " # lint: allow W006 because it is quoted", []string{"W005"}},
		"another":        {"  # lint: allow W007 because it is quoted\n", "", []string{"W091", "W005", "W006"}},
		"without reason": {"  # lint: allow W006\n", "", []string{"W090", "W005", "W006"}},
		"no code":        {"  # lint: allow W666 because of this\n", "", []string{"W090", "W005", "W006"}},
		"no code at all": {"  # lint: allow because of this\n", "", []string{"W090", "W005", "W006"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, f := range lintExample(t, strings.Replace(strings.Replace(rule, "%s", c.above, 1), "%s", c.beside, 1)) {
				got = append(got, f.Code)
			}
			require.Equal(t, c.want, got)
		})
	}
	whole := "# lint: allow W005 because it is a sketch\n\n" + exampleHead + "rules:\n  - id: A-1\n    tier: programme\n    privilege: [tax.fuel]\n    outcome: denied\n    cite: [note 1]\n    because: A sentence.\n"
	require.Empty(t, lintExample(t, whole))
}

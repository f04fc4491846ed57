package scenario_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/engine/scenario"
	"github.com/comity-project/comity/internal/golden"
)

// Each file of testdata/mistakes has the whole text of its mistakes beside it.
func TestMistakes(t *testing.T) {
	for _, name := range []string{"words", "head", "records", "rulesets", "questions"} {
		t.Run(name, func(t *testing.T) {
			path := "testdata/mistakes/" + name + ".scenario"
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			_, err = scenario.Parse(name+".scenario", text)
			require.Error(t, err)
			golden.Compare(t, "testdata/mistakes/"+name+".golden", []byte(err.Error()+"\n"))
		})
	}
}

// The text of failures, for a file in which nothing comes true.
func TestFailures(t *testing.T) {
	file := read(t, "testdata/mistakes/failures.scenario")
	report, err := scenario.Run(t.Context(), file, inMemory)
	require.NoError(t, err)
	var texts []string
	for _, f := range report.Failures {
		texts = append(texts, f.String())
	}
	golden.Compare(t, "testdata/mistakes/failures.golden", []byte(strings.Join(texts, "\n")+"\n"))
}

func TestSizes(t *testing.T) {
	for name, text := range map[string]string{
		"the file has more than": strings.Repeat("#\n", 1<<20),
		"the line has more than": "scenario \"x\"\n# " + strings.Repeat("x", 20<<10),
		"not UTF-8":              "scenario \"\xff\"",
		"there is no scenario":   "# nothing\n",
	} {
		_, err := scenario.Parse("x.scenario", []byte(text))
		assert.ErrorContains(t, err, name)
	}
}

// What editors add and people forget does not matter.
func TestForms(t *testing.T) {
	for _, text := range []string{
		"\ufeffscenario x\r\nstate arandia\r\nat 2025-01-01\r\nask member/zoe travel.move -> allowed\r\n",
		"  scenario \"x\"  # a comment\n\n\tstate arandia\n at 2025-01-01T00:00 America/Chicago\n ask member/zoe travel.move→allowed # yes\n",
	} {
		file, err := scenario.Parse("x.scenario", []byte(text))
		require.NoError(t, err)
		run(t, file, inMemory)
	}
}

func FuzzParse(f *testing.F) {
	for _, path := range append(files(f), "testdata/mistakes/words.scenario", "testdata/mistakes/head.scenario", "testdata/mistakes/records.scenario", "testdata/mistakes/rulesets.scenario", "testdata/mistakes/questions.scenario") {
		text, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := scenario.Parse("fuzz.scenario", text)
		if err == nil {
			require.NotEmpty(t, file.Scenarios)
			return
		}
		var mistakes scenario.Mistakes
		require.ErrorAs(t, err, &mistakes)
		require.NotEmpty(t, mistakes.Error())
	})
}

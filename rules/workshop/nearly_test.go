package workshop_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/rules/workshop"
)

func TestNearly(t *testing.T) {
	for _, one := range []struct {
		a, b string
		want bool
	}{
		{"counsellor", "counselor", true},
		{"counselor", "counsellor", true},
		{"counselor", "counselar", true},
		{"counselor", "counsleor", true},
		{"counselor", "counselro", true},
		{"counselor", "counselors", false},  // a plural
		{"head-chef", "head_chef", false},   // other spaces
		{"counselor", "Counselor", false},   // other capitals
		{"counselor", "counselor", false},   // the same
		{"post", "most", false},             // too short to tell
		{"place1", "place2", false},         // of a series
		{"counselor", "conuseler", false},   // two mistakes
		{"counselor", "counsellour", false}, // two mistakes
	} {
		assert.Equal(t, one.want, workshop.Nearly(one.a, one.b), "%s %s", one.a, one.b)
	}
}

// Whatever the texts are, those that are found by what is left of them without a letter
// are those that comparing each with each finds.
func TestNeighboursAreFoundAsByComparingAll(t *testing.T) {
	found := 0
	rapid.Check(t, func(r *rapid.T) {
		texts := rapid.SliceOfDistinct(rapid.StringMatching(`[abé_]{4,7}`), func(s string) string { return s }).Draw(r, "texts")
		count := map[string]int{}
		for _, text := range texts {
			count[text] = rapid.IntRange(1, 3).Draw(r, "used")
		}
		for _, text := range texts {
			want := ""
			for _, other := range texts {
				better := func(a, b string) bool { return count[a] > count[b] || count[a] == count[b] && a < b }
				if other != text && workshop.Nearly(text, other) && better(other, text) && (want == "" || better(other, want)) {
					want = other
				}
			}
			require.Equal(r, want, workshop.Neighbour(count, text), "%q", text)
			if want != "" {
				found++
			}
		}
	})
	assert.Positive(t, found)
}

// However many texts a fact is compared with, a misspelled one is found: in a list that
// a program wrote, too.
func TestAMisspellingAmongThousands(t *testing.T) {
	const n = 3000
	count := map[string]int{"counsellor": 2, "counselor": 1}
	for i := range n {
		count[fmt.Sprintf("rank %d of the list", i)] = 1
	}
	assert.Equal(t, "counsellor", workshop.Neighbour(count, "counselor"))

	var text strings.Builder
	text.WriteString("rules:\n")
	ranks := []string{"counsellor", "counsellor", "counselor"}
	for i := range 1100 {
		ranks = append(ranks, fmt.Sprintf("r%d", i))
	}
	for i, rank := range ranks {
		fmt.Fprintf(&text, "  - {id: X%d, tier: programme, privilege: [tax.fuel], when: 'member.rank == %q', outcome: denied, cite: [a], because: So it is.}\n", i, rank)
	}
	var messages []string
	for _, f := range lintExample(t, text.String()) {
		if f.Code == "W012" {
			messages = append(messages, f.Message+"; "+f.Hint)
		}
	}
	assert.Equal(t, []string{`"counselor" is compared with member.rank here and nowhere else; did you mean "counsellor"?`}, messages)
}

// Of very many findings the gravest are written for people, and the others counted;
// for programs they are all there.
func TestVeryManyFindings(t *testing.T) {
	var many workshop.Findings
	for i := range 500 {
		many = append(many, workshop.Finding{File: "a.yaml", Line: i + 1, Column: 1, Code: "W005", Severity: workshop.Warning, Message: "w"})
		if i < 100 {
			many = append(many, workshop.Finding{File: "a.yaml", Line: i + 1, Column: 2, Code: "W017", Severity: workshop.Note, Message: "n"})
		}
	}
	many = append(many, workshop.Finding{File: "z.yaml", Line: 1, Column: 1, Code: "E001", Severity: workshop.Error, Message: "e"})
	text := written(t, workshop.AsText, many)
	assert.Equal(t, 199, strings.Count(text, "[W005]"))
	assert.Equal(t, 1, strings.Count(text, "[E001]"))
	assert.Contains(t, text, "\nand 301 more of W005, 100 more of W017; the other forms list them all\n")
	assert.Equal(t, 500, strings.Count(written(t, workshop.AsJSON, many), `"W005"`))
	assert.NotContains(t, written(t, workshop.AsText, many[:200]), "more of")
}

// An allowance above the number that is heeded is not dropped in silence.
func TestVeryManyAllowances(t *testing.T) {
	var text strings.Builder
	text.WriteString("rules:\n")
	for i := range 503 {
		fmt.Fprintf(&text, "  # lint: allow W005 because nobody tries it\n  - {id: X%d, tier: programme, privilege: [tax.fuel], when: member.private_work, outcome: denied, cite: [a, \"%d\"], because: So it is.}\n", i, i)
	}
	var messages []string
	for _, f := range lintExample(t, text.String()) {
		if f.Code == "W090" {
			messages = append(messages, f.Message)
		}
	}
	assert.Equal(t, []string{"no more than 500 comments of a file allow something, so that this one and 2 after it do not"}, messages)
}

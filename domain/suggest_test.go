package domain_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
)

func TestNearest(t *testing.T) {
	known := []string{"imm.criminal", "imm.civil", "imm.arrest", "tax.sales", "travel.move"}
	for word, want := range map[string]string{
		"imm.criminal":   "imm.criminal",
		"imm.crimnial":   "imm.criminal", // swapped
		"imm.crminal":    "imm.criminal", // left out
		"imm.crimminal":  "imm.criminal", // doubled
		"IMM.CIVIL":      "imm.civil",
		"criminal":       "imm.criminal", // a part
		"sales":          "tax.sales",
		"immunity":       "",
		"xyz":            "",
		"":               "",
		"m":              "",
		"travel.movment": "travel.move",
	} {
		assert.Equal(t, want, domain.Nearest(word, known), word)
	}
	assert.Equal(t, "aa", domain.Nearest("ab", []string{"ac", "aa"}), "ties go to the first in sorted order")
	assert.Equal(t, "", domain.Nearest("a", nil))
	assert.Equal(t, ` (did you mean "imm.civil"?)`, domain.DidYouMean("imm.cvil", known))
	assert.Equal(t, "", domain.DidYouMean("nothing like it", known))
	assert.Equal(t, []string{"imm.criminal", "imm.civil", "imm.arrest", "tax.sales", "travel.move"}, known, "the list is left as it was")
}

func TestNearestIsKnown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		known := rapid.SliceOfN(rapid.StringMatching(`[a-z.]{1,10}`), 0, 6).Draw(t, "known")
		word := rapid.OneOf(rapid.StringMatching(`[a-z.]{0,10}`), rapid.String()).Draw(t, "word")
		near := domain.Nearest(word, known)
		if near != "" && !slices.Contains(known, near) {
			t.Fatalf("Nearest(%q, %q) = %q", word, known, near)
		}
		if slices.Contains(known, word) && near != word {
			t.Fatalf("Nearest(%q, %q) = %q, not the word itself", word, known, near)
		}
	})
}

package rulesets_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/cases"
	"github.com/comity-project/comity/rulesets"
)

// state loads the ruleset of a State against the common one.
func state(t *testing.T, name string, common *rules.Edition) *rules.Edition {
	t.Helper()
	files, err := rulesets.Of(name)
	require.NoError(t, err)
	bundle, err := rules.Bundle(files)
	require.NoError(t, err)
	e, err := rules.LoadState(bundle, common)
	require.NoError(t, err)
	return e
}

func TestStates(t *testing.T) {
	names := rulesets.States()
	assert.NotContains(t, names, rulesets.CommonName)
	assert.Subset(t, names, []string{"cn", "er", "ge", "hketo", "in", "ir", "mw", "pk", "ru", "sy", "tecro"})
	common := common(t)
	for _, name := range names {
		e := state(t, name, common)
		assert.Equal(t, name, string(e.Code), "a folder bears the id of its State")
		text, err := os.ReadFile(filepath.Join(name, "ruleset.yaml"))
		require.NoError(t, err)
		assert.Contains(t, string(text), "Illustrative, not legal advice.", name)
		for _, rule := range e.Rules {
			assert.True(t, strings.HasPrefix(rule.ID, strings.ToUpper(name)+"-"), rule.ID)
			assert.False(t, rule.Practice, "%s: SOURCES.md of %s says that no rule needs a practice on record", rule.ID, name)
		}
	}
}

// Every tag that a rule of a State cites is explained in the sources beside it,
// and every tag explained there is cited.
func TestSourcesOfStates(t *testing.T) {
	common := common(t)
	for _, name := range rulesets.States() {
		text, err := os.ReadFile(filepath.Join(name, "SOURCES.md"))
		require.NoError(t, err)
		tags := explained(string(text))
		require.NotEmpty(t, tags, name)
		used := map[string]bool{}
		for _, rule := range state(t, name, common).Rules {
			for _, cite := range rule.Cite {
				i := slices.IndexFunc(tags, func(tag string) bool { return covers(tag, cite) })
				if assert.GreaterOrEqual(t, i, 0, "%s cites %q, which %s/SOURCES.md does not explain", rule.ID, cite, name) {
					used[tags[i]] = true
				}
			}
		}
		for _, tag := range tags {
			assert.True(t, used[tag], "%s/SOURCES.md explains %q, which no rule cites", name, tag)
		}
	}
}

// explained returns the first cells of the table of tags.
func explained(page string) []string {
	_, table, _ := strings.Cut(page, "| --- | --- | --- | --- |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var tags []string
	for line := range strings.SplitSeq(table, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) > 1 {
			tags = append(tags, strings.TrimSpace(cells[1]))
		}
	}
	return tags
}

// places are how a tag says that it stands for all articles, pages or notes.
var places = regexp.MustCompile(` (n|p\.n|n\.k)$`)

func covers(tag, cite string) bool {
	if at := places.FindStringIndex(tag); at != nil {
		return strings.HasPrefix(cite, tag[:at[0]]+" ")
	}
	return tag == cite
}

// What answers about States remark, which cases do not compare.
func TestRemarksOfStates(t *testing.T) {
	law := rules.Law{Common: common(t)}
	for _, c := range []struct{ state, name, remark string }{
		{"cn", "with whom is not stated", "state_the_counterpart"},
		{"cn", "a visit to a university on the first day of the notice", "notify"},
		{"cn", "a senior diplomat on the first day of the approval", "who_is_senior"},
		{"cn", "an event of 51 by a junior diplomat", "ask_about_the_event"},
		{"cn", "building at an embassy from the day of publication", "amount_from_the_office"},
		{"cn", "a senior diplomat who was refused", "travel.tightened"},
		{"ir", "a hotel, under the determination", "waiver_five_days"},
		{"ru", "a member on the way to a compound of which the use is forgone", "stay_out"},
		{"pk", "a journey once it is lifted", "lifted_by_august_2019"},
		{"pk", "the last second before it is known to be lifted, with no determination on record", "approval_of_2018"},
		{"in", "technical staff import after it, as before", "duty_free_six_months"},
		{"mw", "a member of the mission to the United Nations", "bilateral_mission_only"},
		{"sy", "a member of the mission to the United Nations", "un_mission_untouched"},
		{"tecro", "a designated employee of the primary office", "ask_ait"},
		{"hketo", "an officer prosecuted, who pleads an official act", "like_an_organization"},
		{"er", "the post in Oakland while it is closing", "oakland_2007"},
		{"ge", "an agent on the day of the waiver, in any other matter", "waived_in_1997"},
	} {
		var codes []string
		for _, r := range cases.Run(law, state(t, c.state, law.Common)).Results {
			if r.Case.Name != c.name {
				continue
			}
			a := r.Answer
			for _, list := range [][]domain.Remark{a.Obligations, a.Notes, a.Routes, a.Limits, a.Proposals} {
				for _, remark := range list {
					codes = append(codes, remark.Code)
				}
			}
		}
		assert.Contains(t, codes, c.remark, "%s: %s", c.state, c.name)
	}
}

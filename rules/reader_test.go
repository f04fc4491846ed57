package rules_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/rules"
)

// Steps of somebody who writes: what is replaced by what, in any file; not all of them
// leave a ruleset that can be read.
var steps = []string{
	"cells: A A D D D", "cells: A A A D D",
	"cells: A A D D D", "cells: A A X D D",
	"period: {days: 30}", "period: {days: 75}",
	"national: member.status in [US_NATIONAL, LPR, PERMANENTLY_RESIDENT]", "national: member.status in [US_NATIONAL]",
	"national: member.status in [US_NATIONAL, LPR, PERMANENTLY_RESIDENT]", "national: member.statu in [US_NATIONAL]",
	"local_hire: {type: bool, from: register local_hire, default: false}", "local_hire: {type: text, from: register local_hire, default: no}",
	"local_hire: {type: bool, from: register local_hire, default: false}", "local_hire: {type: bool, from: register local_hire, default: true}",
	"customs.personal: {term: customs franchise for personal articles, of: [person]", "customs.personal: {term: customs franchise for personal articles, of: [person, mission]",
	"id: C-WITHDRAWN", "id: C-GONE",
	"when: m.level == WITHDRAWN", "when: m.level == WITHDRAWN && member.age < 18",
	"when: m.level == WITHDRAWN", "when: m.level = WITHDRAWN",
	"when: m.level == WITHDRAWN", "when: m.level == WITHDRAWN && (member.",
	"\nviews:", "\n  - {id: N-1, tier: programme, of: person, privilege: [tax.sales], when: request.amount < 500, outcome: denied, cite: [a], because: So.}\n\nviews:",
	"\nviews:", "\n  - {id: N-1, tier: programme, of: person, privilege: [tax.sale], outcome: denied, cite: [a], because: So.}\n\nviews:",
	"\nviews:", "\n\t- nothing\nviews:",
	"title: A small language", "title: Another language",
	"\nrules:", "\nrules: &all",
}

func TestAReaderReadsAsIfForTheFirstTime(t *testing.T) {
	if rules.Raced {
		t.Skip("nothing here is done at once")
	}
	texts := map[string]string{}
	names, err := filepath.Glob("testdata/mini/*.yaml")
	require.NoError(t, err)
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		texts[filepath.Base(name)] = string(data)
	}
	others, err := filepath.Glob("testdata/errors/*.txt")
	require.NoError(t, err)
	read, refused, shared := 0, 0, 0
	rapid.Check(t, func(r *rapid.T) {
		var reader rules.Reader
		var last *rules.Edition
		for range rapid.IntRange(2, 5).Draw(r, "drafts") {
			var bundle []byte
			if rapid.IntRange(0, 5).Draw(r, "another") == 0 {
				bundle, err = os.ReadFile(rapid.SampledFrom(others).Draw(r, "other"))
			} else {
				var replace []string
				for range rapid.IntRange(0, 2).Draw(r, "steps") {
					i := 2 * rapid.IntRange(0, len(steps)/2-1).Draw(r, "step")
					replace = append(replace, steps[i], steps[i+1])
				}
				files := fstest.MapFS{}
				for name, text := range texts {
					files[name] = &fstest.MapFile{Data: []byte(strings.NewReplacer(replace...).Replace(text))}
				}
				bundle, err = rules.Bundle(files)
			}
			require.NoError(r, err)
			want, wantErr := rules.LoadCommon(bundle)
			got, gotErr := reader.LoadCommon(bundle, nil)
			require.Equal(r, wantErr, gotErr)
			if wantErr != nil {
				refused++
				continue
			}
			read++
			require.Equal(r, want.Hash, got.Hash)
			require.Equal(r, rules.Change{}, rules.Changed(want, got))
			require.Equal(r, want.Capacities, got.Capacities)
			require.Equal(r, want.Language.Clocks, got.Language.Clocks)
			for i, rule := range want.Rules {
				require.Equal(r, rule.Pos, got.Rules[i].Pos)
			}
			if last != nil && last.Language == got.Language {
				shared++
			}
			last = got
		}
	})
	t.Logf("%d were read, %d shared a language with the one before, %d were refused", read, shared, refused)
	assert.Positive(t, shared)
	assert.Positive(t, refused)
}

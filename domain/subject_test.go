package domain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
)

func TestSubject(t *testing.T) {
	for _, kind := range domain.SubjectKinds() {
		s, err := domain.ParseSubject(string(kind) + "/x-1")
		require.NoError(t, err)
		assert.Equal(t, domain.Subject{Kind: kind, ID: "x-1"}, s)
		assert.Equal(t, string(kind)+"/x-1", s.String())
	}
	assert.Equal(t, "member/ana", domain.Member("ana").String())
	assert.Equal(t, "mission/arandia-embassy", domain.Mission("arandia-embassy").String())
	assert.Equal(t, "state/arandia", domain.State("arandia").String())
	assert.Equal(t, "measure/m", domain.Of(domain.KindMeasure, domain.MeasureID("m")).String())
	assert.True(t, domain.Subject{}.IsZero())
	assert.False(t, domain.Member("").IsZero())

	for text, want := range map[string]string{
		"":             `subject "": write kind/id, for example member/ana`,
		"ana":          `subject "ana": write kind/id, for example member/ana`,
		"person/ana":   `subject "person/ana": unknown kind "person"; the kinds are office, ruleset, state, mission, member, measure, agreement, card, vehicle, property, request, rate`,
		"misson/x":     `subject "misson/x": unknown kind "misson" (did you mean "mission"?); the kinds are office, ruleset, state, mission, member, measure, agreement, card, vehicle, property, request, rate`,
		"member/":      `subject "member/": identifier is empty: use 1 to 64 of a-z, 0-9, '.', '_' and '-'`,
		"member/a/b":   `subject "member/a/b": identifier "a/b": character '/' at place 2 is not allowed: use a-z, 0-9, and after the first also '.', '_' and '-'`,
		"Member/ana":   `subject "Member/ana": unknown kind "Member" (did you mean "member"?); the kinds are office, ruleset, state, mission, member, measure, agreement, card, vehicle, property, request, rate`,
		"member/Ana":   `subject "member/Ana": identifier "Ana": character 'A' at place 1 is not allowed: use a-z, 0-9, and after the first also '.', '_' and '-' (did you mean "ana"?)`,
		" member/ana ": `subject " member/ana ": unknown kind " member" (did you mean "member"?); the kinds are office, ruleset, state, mission, member, measure, agreement, card, vehicle, property, request, rate`,
	} {
		_, err := domain.ParseSubject(text)
		assert.EqualError(t, err, want)
	}

	var s domain.Subject
	require.NoError(t, s.UnmarshalText([]byte("card/id-1001")))
	text, err := s.MarshalText()
	require.NoError(t, err)
	assert.Equal(t, "card/id-1001", string(text))
	assert.Error(t, s.UnmarshalText([]byte("card")))
}

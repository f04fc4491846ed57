package domain_test

import (
	"encoding"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
)

func TestCheckID(t *testing.T) {
	for _, id := range []string{"a", "0", "arandia-embassy", "note.114_b", strings.Repeat("x", 64)} {
		assert.NoError(t, domain.CheckID(id), id)
	}
	for id, want := range map[string]string{
		"":                       `identifier is empty: use 1 to 64 of a-z, 0-9, '.', '_' and '-'`,
		"Ana":                    `identifier "Ana": character 'A' at place 1 is not allowed: use a-z, 0-9, and after the first also '.', '_' and '-' (did you mean "ana"?)`,
		"-ana":                   `identifier "-ana": character '-' at place 1 is not allowed: use a-z, 0-9, and after the first also '.', '_' and '-'`,
		"ana maria":              `identifier "ana maria": character ' ' at place 4 is not allowed: use a-z, 0-9, and after the first also '.', '_' and '-'`,
		"a/b":                    `identifier "a/b": character '/' at place 2 is not allowed: use a-z, 0-9, and after the first also '.', '_' and '-'`,
		strings.Repeat("x", 65):  `identifier "xxxxxxxxxxxxxxxxxxxx"… has 65 characters: use at most 64`,
		strings.Repeat("X", 500): `identifier "XXXXXXXXXXXXXXXXXXXX"… has 500 characters: use at most 64`,
	} {
		assert.EqualError(t, domain.CheckID(id), want)
	}
}

// Every identifier is checked when it is read as text.
func TestIDsUnmarshal(t *testing.T) {
	var (
		office    domain.OfficeID
		ruleset   domain.RulesetID
		state     domain.StateID
		mission   domain.MissionID
		member    domain.MemberID
		measure   domain.MeasureID
		agreement domain.AgreementID
		card      domain.CardID
		matter    domain.MatterID
	)
	for _, id := range []encoding.TextUnmarshaler{&office, &ruleset, &state, &mission, &member, &measure, &agreement, &card, &matter} {
		require.NoError(t, id.UnmarshalText([]byte("x-1")))
		assert.Error(t, id.UnmarshalText([]byte("X 1")), "%T", id)
		assert.Error(t, id.UnmarshalText(nil), "%T", id)
	}
	assert.Equal(t, domain.OfficeID("x-1"), office, "a bad text leaves the old one")
	assert.Equal(t, domain.MatterID("x-1"), matter)
}

func TestULIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var event domain.EventID
		copy(event[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes"))
		text := event.String()
		require.Len(t, text, 26)
		back, err := domain.ParseEventID(text)
		require.NoError(t, err)
		require.Equal(t, event, back)
		require.Equal(t, event == domain.EventID{}, event.IsZero())

		command := domain.CommandID(event)
		require.Equal(t, text, command.String())
		parsed, err := domain.ParseCommandID(text)
		require.NoError(t, err)
		require.Equal(t, command, parsed)
	})

	for _, text := range []string{"", "01J", strings.Repeat("0", 27), strings.Repeat("U", 26), "8" + strings.Repeat("0", 25), "01JH00000000000000000000 1"} {
		_, err := domain.ParseEventID(text)
		assert.ErrorContains(t, err, "is not a ULID (26 characters of 0-9 A-Z)", text)
		_, err = domain.ParseCommandID(text)
		assert.ErrorContains(t, err, "is not a ULID", text)
	}

	var id domain.EventID
	require.NoError(t, id.UnmarshalText([]byte("01JH0000000000000000000001")))
	text, err := id.MarshalText()
	require.NoError(t, err)
	assert.Equal(t, "01JH0000000000000000000001", string(text))
	assert.Error(t, id.UnmarshalText([]byte("x")))
	var command domain.CommandID
	assert.True(t, command.IsZero())
	require.NoError(t, command.UnmarshalText(text))
	text, err = command.MarshalText()
	require.NoError(t, err)
	assert.Equal(t, "01JH0000000000000000000001", string(text))
}

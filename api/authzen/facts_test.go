package authzen

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
)

// Values of JSON are the words that people type.
func TestWords(t *testing.T) {
	for _, v := range []struct {
		value string
		of    domain.FactType
		want  string // "!" is refused
	}{
		{`"crime.felony"`, domain.EnumFact, "crime.felony"}, {`"a\u0042"`, domain.TextFact, "aB"}, {`""`, domain.TextFact, ""},
		{`true`, domain.BoolFact, "true"}, {`false`, domain.BoolFact, "false"},
		{`300`, domain.MoneyFact, "300"}, {`300.00`, domain.MoneyFact, "300"}, {`3e2`, domain.MoneyFact, "300"}, {`"300.00"`, domain.MoneyFact, "300.00"}, {`300.01`, domain.MoneyFact, "!"},
		{`0`, domain.IntFact, "0"}, {`-0`, domain.IntFact, "0"}, {`-0.0`, domain.IntFact, "0"}, {`-7`, domain.IntFact, "-7"}, {`2.50`, domain.DecimalFact, "2.5"}, {`1e-7`, domain.DecimalFact, "0.0000001"},
		{`9007199254740991`, domain.IntFact, "9007199254740991"}, {`9007199254740992`, domain.IntFact, "!"}, {`-9007199254740992`, domain.IntFact, "!"},
		{`1e400`, domain.IntFact, "!"}, {`99999999999999999999`, domain.IntFact, "!"}, {`1e17`, domain.DecimalFact, "!"},
		{`["a","b"]`, domain.SetFact, "a,b"}, {`[]`, domain.SetFact, ""}, {`[1,true]`, domain.SetFact, "1,true"}, {`["a,b"]`, domain.SetFact, "!"}, {`[["a"]]`, domain.SetFact, "!"}, {`[null]`, domain.SetFact, "!"},
		{`["a"]`, domain.TextFact, "!"}, {`{}`, domain.TextFact, "!"},
	} {
		got, err := wordOf(jsontext.Value(v.value), v.of)
		if v.want == "!" {
			assert.Error(t, err, v.value)
			continue
		}
		require.NoError(t, err, v.value)
		assert.Equal(t, v.want, got, v.value)
	}
}

// What is mapped is heard under its name here, and of subjects nothing else.
func TestWhatIsHeard(t *testing.T) {
	declared := map[string]domain.FactDecl{"owner": {Name: "owner"}, "place": {Name: "place"}, "object": {Name: "object"}}
	said := properties{"ownerID": jsontext.Value(`"x"`), "place": jsontext.Value(`"y"`), "owner": jsontext.Value(`"z"`), "object": jsontext.Value(`"car"`), "place2": jsontext.Value(`null`)}
	s := speech{declared: declared}
	require.NoError(t, s.hear("r", said, map[string]string{"ownerID": "owner", "owner": ""}, false))
	assert.Equal(t, map[string]string{"owner": "x", "place": "y"}, s.words)
	assert.Equal(t, []string{"r.object", "r.owner"}, s.passed)
	s = speech{declared: declared}
	require.NoError(t, s.hear("subject", said, map[string]string{"ownerID": "owner"}, true))
	assert.Equal(t, map[string]string{"owner": "x"}, s.words)
	s = speech{declared: declared}
	require.ErrorContains(t, s.hear("r", said, map[string]string{"ownerID": "owner"}, false), "r.owner and r.ownerID say different things of owner")
}

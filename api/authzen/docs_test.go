package authzen_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api/authzen"
	"github.com/comity-project/comity/internal/config"
)

// The examples of docs/format/authzen.md are what the office of the records answers.
func TestTheExamplesOfTheDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/format/authzen.md")
	require.NoError(t, err)
	s := records(t)
	parts := strings.Split(string(text), "```http\nPOST ")[1:]
	require.Len(t, parts, 5)
	for _, part := range parts {
		call, rest, found := strings.Cut(part, "\n```\n\n```json\n")
		require.True(t, found, part)
		want, _, found := strings.Cut(rest, "\n```")
		require.True(t, found)
		path, body, _ := strings.Cut(call, "\n")
		endpoint := ""
		for name, at := range paths {
			if at == path {
				endpoint = name
			}
		}
		assert.Equal(t, compact(t, want), compact(t, s.answer(t, endpoint, body)))
	}
}

func compact(t *testing.T, text string) string {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal([]byte(text), &v))
	out, err := json.Marshal(v)
	require.NoError(t, err)
	return string(out)
}

// The mapping of the records is that of the tests and of the document, and can be read
// from a configuration.
func TestTheMappingOfTheRecords(t *testing.T) {
	var m authzen.Mapping
	_, err := config.Load(&m, config.Sources{File: "testdata/records/mapping.yaml"})
	require.NoError(t, err)
	assert.Equal(t, mapped(), m)
	file, err := os.ReadFile("testdata/records/mapping.yaml")
	require.NoError(t, err)
	text, err := os.ReadFile("../../docs/format/authzen.md")
	require.NoError(t, err)
	_, list, _ := strings.Cut(string(file), "\n")
	assert.Contains(t, string(text), "```yaml\n"+list+"```")
}

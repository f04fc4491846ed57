package auth_test

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/internal/config"
)

func page(t *testing.T) string {
	text, err := os.ReadFile("../../docs/format/auth.md")
	require.NoError(t, err)
	return string(text)
}

// The configuration of the page is one.
func TestConfigurationOfTheDocs(t *testing.T) {
	_, text, found := strings.Cut(page(t), "```yaml\n")
	require.True(t, found)
	text, _, _ = strings.Cut(text, "```")
	var settings struct {
		Auth auth.Config `yaml:"auth" doc:"who may ask"`
	}
	_, err := config.Load(&settings, config.Sources{File: "comity.yaml", Text: []byte(text)})
	require.NoError(t, err)
	require.Empty(t, settings.Auth.Check())
	assert.Equal(t, []string{"tax", "travel"}, settings.Auth.Issuers[0].Roles["protocol-officers"][0].Programmes)
	assert.Equal(t, 2027, settings.Auth.Keys[0].NotAfter.Year())
	assert.Equal(t, "spiffe://ministry.example.org/customs", settings.Auth.Certificates[0].Name)
}

func TestRolesOfTheDocs(t *testing.T) {
	text := page(t)
	for _, r := range auth.Roles() {
		var rights []string
		for _, right := range r.Rights() {
			rights = append(rights, fmt.Sprintf("`%s`", right))
			assert.Contains(t, text, fmt.Sprintf("\n| `%s` | ", right))
		}
		assert.Regexp(t, regexp.MustCompile("\n\\| `"+string(r)+"` \\| [^|]* \\| "+strings.Join(rights, " ")+" \\|\n"), text)
	}
}

// Each error that a caller may be told is on the page.
func TestErrorsOfTheDocs(t *testing.T) {
	text, count := page(t), 0
	declared := regexp.MustCompile(`\n(?:\t|var )(?:err\w+|ErrUnavailable)\s+= (?:errors\.New|fmt\.Errorf)\(("(?:[^"\\]|\\.)*")`)
	for _, file := range []string{"identify.go", "claims.go", "keys.go", "certificates.go", "remote.go"} {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range declared.FindAllStringSubmatch(string(source), -1) {
			said, err := strconv.Unquote(m[1])
			require.NoError(t, err)
			count++
			assert.True(t, strings.Contains(text, " | "+strings.ReplaceAll(said, "%d", "16384")+" |\n"), "%s: the page lacks %q", file, said)
		}
	}
	assert.Greater(t, count, 40)
}

package arch

import (
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLicences says that THIRD_PARTY_LICENSES names every module that is linked into
// the program, in the version that is linked, and no other, each with a text.
func TestLicences(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("there is no go command to ask what is linked")
	}
	want := map[string]bool{}
	for _, platform := range []string{"darwin/amd64", "darwin/arm64", "linux/amd64", "linux/arm64", "windows/amd64", "windows/arm64"} {
		system, machine, _ := strings.Cut(platform, "/")
		list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "./cmd/comity")
		list.Dir = "../.."
		list.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+machine, "CGO_ENABLED=0")
		out, err := list.Output()
		require.NoError(t, err, platform)
		for line := range strings.Lines(string(out)) {
			if line = strings.TrimSpace(line); line != "" {
				want[line] = true
			}
		}
	}
	require.NotEmpty(t, want)
	text, err := os.ReadFile("../../THIRD_PARTY_LICENSES")
	require.NoError(t, err)
	parts := strings.Split(string(text), "\n"+strings.Repeat("=", 80)+"\n")
	var listed, told []string
	for _, m := range regexp.MustCompile(`(?m)^  (\S+ v\S+)$`).FindAllStringSubmatch(parts[0], -1) {
		listed = append(listed, m[1])
	}
	for _, part := range parts[1:] {
		title, rest, _ := strings.Cut(part, "\n")
		assert.Greater(t, len(rest), 400, "%s has a text", title)
		if title != "The Go standard library and runtime" {
			told = append(told, title)
		}
	}
	have := slices.Sorted(maps.Keys(want))
	assert.Equal(t, have, listed, "run make licences")
	assert.Equal(t, have, told, "run make licences")
	assert.Len(t, parts, len(have)+2, "and the standard library")
}

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/internal/golden"
)

// TestManPages says that every command and topic has a page, which a formatter takes
// without a warning where there is one.
func TestManPages(t *testing.T) {
	dir := t.TempDir()
	typed(t, "comity man "+dir)
	groff, noGroff := exec.LookPath("groff")
	root := (&program{machine: machine{getenv: func(string) string { return "" }}}).root()
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	n := 0
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		n++
		page := manPageOf(cmd)
		text, err := os.ReadFile(filepath.Join(dir, page.name))
		require.NoError(t, err)
		assert.True(t, bytes.Equal(page.text, text), page.name)
		if noGroff == nil {
			out, err := exec.CommandContext(t.Context(), groff, "-man", "-Tutf8", "-ww", "-z", filepath.Join(dir, page.name)).CombinedOutput()
			assert.NoError(t, err)
			assert.Empty(t, string(out), page.name)
		}
		for _, sub := range cmd.Commands() {
			if sub.CommandPath() != "comity help" { // which shows the help of others
				walk(sub)
			}
		}
	}
	walk(root)
	require.Greater(t, n, 60)
	if noGroff != nil {
		t.Log("there is no groff, so that nobody has formatted the pages")
	}
}

// TestManText says that text means itself, whatever signs are in it.
func TestManText(t *testing.T) {
	cmd := &cobra.Command{
		Use:     "odd -x",
		Short:   `A "quoted" \word and its 'end'`,
		Long:    ".so /etc/passwd\n'br is no request\n--flag a\\fBb ^~`\n\n    .SH literal\n      more\n\nthe end",
		Example: "  comity odd 'a b' --x=\"1\"\n    .next",
		Run:     func(*cobra.Command, []string) {},
	}
	cmd.Flags().StringP("out", "o", "-", "`FILE` to write;\n.not a request")
	kept := version
	defer func() { version = kept }()
	version = "v1.2-3"
	text := manPageOf(cmd).text
	golden.Compare(t, "testdata/odd.1", text)
	for line := range bytes.Lines(text) {
		if bytes.HasPrefix(line, []byte("'")) {
			t.Errorf("%q is taken for a request", line)
		}
	}
}

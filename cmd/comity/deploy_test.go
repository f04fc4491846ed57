package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/internal/config"
)

// understood says that a command line is one: there is such a command, with such flags.
func understood(t *testing.T, line []string) {
	t.Helper()
	root := (&program{machine: machine{getenv: func(string) string { return "" }}}).root()
	cmd, rest, err := root.Find(line)
	require.NoError(t, err, line)
	require.True(t, cmd.HasParent(), line)
	require.NoError(t, cmd.ParseFlags(rest), line)
	if cmd.Args != nil {
		require.NoError(t, cmd.ValidateArgs(cmd.Flags().Args()), line)
	}
}

// TestUnits says that what the units start is a command of this program.
func TestUnits(t *testing.T) {
	units, err := filepath.Glob("../../deploy/*.service")
	require.NoError(t, err)
	require.Len(t, units, 3)
	for _, unit := range units {
		text, err := os.ReadFile(unit)
		require.NoError(t, err)
		line := regexp.MustCompile(`(?m)^ExecStart=.*/usr/local/bin/comity ([^\n']*)'?$`).FindStringSubmatch(string(text))
		require.NotNil(t, line, unit)
		understood(t, words(line[1]))
		page := regexp.MustCompile(`(?m)^Documentation=man:comity-(\S+)\(1\)$`).FindStringSubmatch(string(text))
		require.NotNil(t, page, unit)
		understood(t, append([]string{page[1]}, map[string][]string{"backup": {"DIR"}}[page[1]]...))
	}
}

// TestDeployedSettings says that the settings beside the units can be read, and that the
// units and the settings mean the same files.
func TestDeployedSettings(t *testing.T) {
	p := &program{machine: machine{getenv: func(string) string { return "" }}}
	s, _, err := p.loadSettings("../../deploy/comity.yaml", nil)
	require.NoError(t, err)
	for _, unit := range []string{"comity-backup", "comity-check"} {
		text, err := os.ReadFile("../../deploy/" + unit + ".service")
		require.NoError(t, err)
		assert.Contains(t, string(text), "--log "+s.Log+" --decisions "+s.Decisions)
	}
}

// TestDockerfile says that what the image starts is a command, and what it sets is a
// setting, and that what it copies is there.
func TestDockerfile(t *testing.T) {
	text, err := os.ReadFile("../../deploy/Dockerfile")
	require.NoError(t, err)
	started := regexp.MustCompile(`(?m)CMD (\[.*\])$`).FindAllStringSubmatch(string(text), -1)
	require.Len(t, started, 2)
	for _, m := range started {
		var line []string
		require.NoError(t, json.Unmarshal([]byte(m[1]), &line))
		if line[0] == "/usr/bin/comity" {
			line = line[1:]
		}
		understood(t, line)
	}
	known := map[string]bool{}
	usual := usualSettings()
	for _, s := range config.Describe(&usual, "") {
		known[s.Variable] = true
	}
	set := regexp.MustCompile(`\b(COMITY_\w+)=`).FindAllStringSubmatch(string(text), -1)
	require.Len(t, set, 3)
	for _, m := range set {
		assert.True(t, known[m[1]], m[1])
	}
	copied := regexp.MustCompile(`(?m)^COPY ([^-\s].*) /$`).FindStringSubmatch(string(text))
	require.NotNil(t, copied)
	ignored, err := os.ReadFile("../../.dockerignore")
	require.NoError(t, err)
	for _, name := range strings.Fields(copied[1]) {
		_, err := os.Stat("../../" + name)
		require.NoError(t, err)
		assert.NotRegexp(t, `(?m)^`+name+`$`, string(ignored))
	}
	version, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	wants := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(version))
	require.Contains(t, string(text), "FROM golang:"+wants[1]+"-")
}

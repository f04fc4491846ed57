package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/rulesets"
)

// typed types a command line in the current folder and returns what was shown.
// Whether the cases of the law come true is for the tests of the rulesets to say.
func typed(t *testing.T, line string) string {
	t.Helper()
	line, from, redirected := strings.Cut(line, " < ")
	var in bytes.Buffer
	if redirected {
		data, err := os.ReadFile(strings.TrimSpace(from))
		require.NoError(t, err)
		in.Write(data)
	}
	var out, complaint bytes.Buffer
	code := run(t.Context(), machine{
		args: words(line)[1:], stdin: &in, stdout: &out, stderr: &complaint,
		getenv: func(string) string { return "" },
		clock:  func() time.Time { return time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC) }, editions: read, readyWait: patience,
	})
	if strings.HasPrefix(line, "comity rules test") && code == exitTests {
		code = exitAnswered
	}
	require.Zero(t, code, "%s\n%s%s", line, out.String(), complaint.String())
	return out.String()
}

// words divides a line as a shell does, as far as our examples need it.
func words(line string) []string {
	var out []string
	for _, word := range regexp.MustCompile(`(?:[^\s"']|"[^"]*"|'[^']*')+`).FindAllString(line, -1) {
		out = append(out, strings.NewReplacer(`"`, "", `'`, "").Replace(word))
	}
	return out
}

// TestReadme types what the README says to type. It names every command, and every
// page on a format.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	root := (&program{machine: machine{getenv: func(string) string { return "" }}}).root()
	for _, cmd := range root.Commands() {
		if cmd.IsAvailableCommand() && cmd.GroupID != "" {
			require.Regexp(t, "(?m)^\\|.*`(comity )?"+cmd.Name()+"`", string(readme))
		}
	}
	pages, err := filepath.Glob("../../docs/format/*.md")
	require.NoError(t, err)
	require.NotEmpty(t, pages)
	for _, page := range pages {
		require.Contains(t, string(readme), "(docs/format/"+filepath.Base(page)+")")
	}
	lines := regexp.MustCompile(`(?m)^    (?:bin/)?((?:comity|curl) (?:.*(?:\\|,)\n)*.*)$`).FindAllStringSubmatch(string(readme), -1)
	require.GreaterOrEqual(t, len(lines), 8)
	examples, err := filepath.Abs("../../examples")
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	t.Setenv("TMPDIR", t.TempDir()) // what the demonstration leaves for its reader
	require.NoError(t, os.CopyFS("examples", os.DirFS(examples)))
	var serving *serving
	for _, line := range lines {
		switch command := strings.Fields(line[1]); {
		case command[0] == "curl":
			serving.curl(line[1])
		case command[1] == "serve":
			serving = startServing(t, line[1])
		default:
			require.NotEmpty(t, typed(t, line[1]), line[1])
		}
	}
	require.NotNil(t, serving)
}

// TestExamples types the examples in the help of every command: those of one
// command in their order, in a folder with what they name.
func TestExamples(t *testing.T) {
	if raced {
		t.Skip("one command after another, each loading the law: run without the race detector")
	}
	history, err := os.ReadFile("../../examples/arandia.jsonl")
	require.NoError(t, err)
	p := &program{machine: machine{getenv: func(string) string { return "" }}}
	n := 0
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
		if cmd.Example == "" || cmd.CommandPath() == "comity serve" { // which goes on until it is told to end: TestServeExamples
			return
		}
		n++
		t.Run(strings.ReplaceAll(cmd.CommandPath(), " ", "-"), func(t *testing.T) {
			t.Chdir(t.TempDir())
			t.Setenv("TMPDIR", t.TempDir()) // what the demonstration leaves for its reader
			furnish(t, ".")
			switch cmd.Name() {
			case "comity": // it begins with nothing
			case "init": // as do you, but for the office of another
				typed(t, "comity init --log theirs.db --history")
				typed(t, "comity export --log theirs.db --out office.jsonl")
			case "record": // it begins with an office that is empty
				typed(t, "comity init")
			case "healthcheck": // it asks whoever is there
				serveReady(t)
			default:
				require.NoError(t, os.WriteFile("arandia.jsonl", history, 0o600))
				typed(t, "comity init --history")
				typed(t, "comity record --file arandia.jsonl")
			}
			for line := range strings.Lines(cmd.Example) {
				require.Regexp(t, `^  comity`, line)
				require.NotEmpty(t, typed(t, strings.TrimSpace(line)), line)
			}
		})
	}
	walk(p.root())
	require.GreaterOrEqual(t, n, 18, "commands with examples")
}

// furnish puts into a folder the files and rulesets that examples name.
func furnish(t *testing.T, folder string) {
	t.Helper()
	for _, name := range []string{"my-common", "common", "my-ruleset"} {
		require.NoError(t, os.CopyFS(filepath.Join(folder, name), rulesets.Common()))
	}
	const arandia = `ruleset: arandia
edition: "2025-07"
title: Arandia
effective: 2025-07-01
`
	require.NoError(t, os.Mkdir(filepath.Join(folder, "arandia"), 0o700))
	require.NoError(t, os.Mkdir(filepath.Join(folder, "arandia-2"), 0o700))
	for name, text := range map[string]string{
		"arandia/ruleset.yaml":   arandia,
		"arandia-2/ruleset.yaml": strings.ReplaceAll(arandia, "2025-07", "2025-08"),
		"events.jsonl":           `{"type":"state.registered","subject":"state/borvia","effective":"2025-01-01","payload":{"name":"Borvia"}}`,
		"staff.csv":              "member,mission,category,rank,name,birth,effective\nbo,arandia-embassy,dip.at,attaché,Bo,1980-02-29,2025-02-01\n",
		"rates.csv":              "currency,dollars,date,source\nEUR,1.0842,2025-01-02,table 1\nGBP,1.2x,2025-01-02,table 1\n",
		"events.yaml":            "- {type: state.registered, subject: state/cordania, effective: 2025-01-01, payload: {name: Cordania}}",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
}

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/internal/golden"
)

// tutorial is the page that analysts learn from.
const tutorial = "../../docs/guide/analyst.md"

// TestTutorial follows the tutorial from its first line to its last in an empty
// folder: it writes the files, makes the edits, types the commands, and compares
// what is shown. After a change that was meant, run it with -update.
//
// What is to be done stands in fenced blocks, by the words after the fence:
//
//	yaml file=PATH    the whole of a file, which is made or written over
//	yaml add=PATH     what comes at the end of a file
//	diff file=PATH    lines of a file that go (-), come (+), or stay
//	yaml part=PATH    what stands in a file, shown once more
//	console           commands, after "$ ", each with what it shows
//	console exit=N    the same, and the exit code of the last; of all others it is 0
//
// In what is shown, a line of three dots is any number of lines, and the ids of
// events are not compared. A block without
// any of these words is an error, and so is a command in the text, or in the job of
// a code host, that is not typed in some console.
func TestTutorial(t *testing.T) {
	if raced {
		t.Skip("one command after another, each loading the law: run without the race detector")
	}
	text, err := os.ReadFile(tutorial)
	require.NoError(t, err)
	page, err := filepath.Abs(tutorial)
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	r := &reader{t: t, typed: map[string]bool{}, now: time.Date(2026, 3, 2, 15, 0, 12, 0, time.UTC)}
	lines := strings.Split(string(text), "\n")
	var written []string
	for at := 0; at < len(lines); at++ {
		written = append(written, lines[at])
		info, fenced := strings.CutPrefix(lines[at], "```")
		if !fenced {
			continue
		}
		length := slices.Index(lines[at+1:], "```")
		require.GreaterOrEqual(t, length, 0, "line %d: a fence that never closes", at+1)
		r.at, r.block = at+1, lines[at+1:at+1+length]
		written = append(append(written, r.follow(info)...), "```")
		at += length + 1
	}
	require.Greater(t, len(r.typed), 30, "commands in the tutorial")
	for _, named := range regexp.MustCompile("(?:`|run: )(comity [^`\n]+)").FindAllStringSubmatch(string(text), -1) {
		assert.Contains(t, r.typed, named[1], "a command that is named and not typed")
	}
	if golden.Update() {
		require.NoError(t, os.WriteFile(page, []byte(strings.Join(written, "\n")), 0o600))
	}
}

// A reader follows the tutorial.
type reader struct {
	t     *testing.T
	now   time.Time // the clock, a minute later with each command
	at    int       // the line of the fence
	block []string
	typed map[string]bool // the commands so far
}

// follow does what a block says, and returns the block as it should be.
func (r *reader) follow(info string) []string {
	words := strings.Fields(info)
	require.NotEmpty(r.t, words, "line %d: a block that says nothing of itself", r.at)
	key, value, _ := strings.Cut(slices.Concat(words, []string{""})[1], "=")
	text := strings.Join(r.block, "\n") + "\n"
	switch {
	case words[0] == "console":
		return r.console(cmp.Or(value, "0"))
	case words[0] == "diff" && key == "file":
		r.edit(value)
	case key == "file":
		require.NoError(r.t, os.MkdirAll(filepath.Dir(value), 0o700))
		require.NoError(r.t, os.WriteFile(value, []byte(text), 0o600))
	case key == "add":
		require.NoError(r.t, os.WriteFile(value, []byte(r.read(value)+text), 0o600))
	case key == "part":
		assert.Contains(r.t, r.read(value), text, "line %d: what %s says is something else", r.at, value)
	default:
		require.Fail(r.t, "a block that nobody tries", "line %d: %q", r.at, info)
	}
	return r.block
}

func (r *reader) read(path string) string {
	data, err := os.ReadFile(path)
	require.NoError(r.t, err, "line %d", r.at)
	return string(data)
}

// edit takes lines out of a file and puts others there.
func (r *reader) edit(path string) {
	var before, after strings.Builder
	for _, line := range r.block {
		sign, rest := " ", ""
		if line != "" {
			sign, rest = line[:1], line[1:]
		}
		require.Contains(r.t, " +-", sign, "line %d: a line of an edit begins with a space, + or -: %s", r.at, line)
		if sign != "+" {
			before.WriteString(rest + "\n")
		}
		if sign != "-" {
			after.WriteString(rest + "\n")
		}
	}
	text := r.read(path)
	require.Equal(r.t, 1, strings.Count(text, before.String()), "line %d: how often %s has these lines:\n%s", r.at, path, &before)
	require.NoError(r.t, os.WriteFile(path, []byte(strings.Replace(text, before.String(), after.String(), 1)), 0o600))
}

// console types commands. All but the last have to succeed.
func (r *reader) console(exit string) []string {
	var is []string
	for at := 0; at < len(r.block); {
		line, typed := strings.CutPrefix(r.block[at], "$ ")
		require.True(r.t, typed, "line %d: a command begins with $", r.at+at+1)
		end := at + 1
		for end < len(r.block) && !strings.HasPrefix(r.block[end], "$ ") {
			end++
		}
		want, place := r.block[at+1:end], r.at+at+1
		is = append(is, r.block[at])
		got, code := r.command(line)
		wanted := "0"
		if at = end; at == len(r.block) {
			wanted = exit
		}
		assert.Equal(r.t, wanted, fmt.Sprint(code), "line %d: exit code of %s\n%s", place, line, strings.Join(got, "\n"))
		switch {
		case shows(want, got):
			is = append(is, want...)
		case golden.Update():
			is = append(is, got...)
		default:
			assert.Equal(r.t, strings.Join(want, "\n"), strings.Join(got, "\n"), "line %d: %s", place, line)
		}
	}
	return is
}

// command types one command and returns what is shown, on both streams, and the exit code.
func (r *reader) command(line string) ([]string, int) {
	args := words(line)
	var shown bytes.Buffer
	code := 0
	switch args[0] {
	case "comity":
		r.typed[line] = true
		r.now = r.now.Add(time.Minute)
		now := r.now
		code = run(r.t.Context(), machine{
			args: args[1:], stdin: &bytes.Buffer{}, stdout: &shown, stderr: &shown,
			getenv: func(name string) string { return map[string]string{"COLUMNS": "100", "USER": "ana"}[name] },
			clock:  func() time.Time { return now }, editions: read,
		})
	case "cat":
		shown.WriteString(r.read(args[1]))
	case "cp": // of a folder
		require.Len(r.t, args, 4, line)
		require.NoError(r.t, os.CopyFS(args[3], os.DirFS(args[2])))
	default:
		require.Fail(r.t, "a command that nobody tries", line)
	}
	text := regexp.MustCompile(`[ \r]+\n`).ReplaceAllString(shown.String(), "\n")
	if text = strings.TrimRight(text, "\n"); text == "" {
		return nil, code
	}
	return strings.Split(text, "\n"), code
}

// shows reports whether lines are as wanted, where three dots are any number of lines.
func shows(want, got []string) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	if want[0] == "..." {
		return shows(want[1:], got) || len(got) > 0 && shows(want, got[1:])
	}
	return len(got) > 0 && masked(want[0]) == masked(got[0]) && shows(want[1:], got[1:])
}

// masked returns a line without what is new each time: the ids of events, and the
// root of the log's tree, which is made of them.
func masked(line string) string {
	return regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{26}\b|\b[0-9a-f]{64}\b`).ReplaceAllString(line, "ID")
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/internal/golden"
)

// TestGuideToHTTP follows the guide to HTTP from its first line to its last, as
// TestTutorial does the tutorial: commands of comity, a server in the background, and
// what curl would send to it. After a change that was meant, run it with -update.
func TestGuideToHTTP(t *testing.T) {
	if raced {
		t.Skip("one command after another, each loading the law: run without the race detector")
	}
	const guide = "../../docs/guide/http.md"
	text, err := os.ReadFile(guide)
	require.NoError(t, err)
	page, err := filepath.Abs(guide)
	require.NoError(t, err)
	t.Chdir(t.TempDir())
	g := &visitor{reader: reader{t: t, typed: map[string]bool{}, now: time.Now().Add(-time.Hour)}}
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
		g.at, g.block = at+1, lines[at+1:at+1+length]
		if info == "console" {
			written = append(written, g.visit()...)
		} else {
			written = append(written, g.follow(info)...)
		}
		written = append(written, "```")
		at += length + 1
	}
	assert.Greater(t, g.asked, 12, "questions in the guide")
	if golden.Update() {
		require.NoError(t, os.WriteFile(page, []byte(strings.Join(written, "\n")), 0o600))
	}
}

// A visitor reads the guide to HTTP.
type visitor struct {
	reader
	server *serving
	asked  int
}

// visit types the commands of a block, and returns the block as it should be.
func (g *visitor) visit() []string {
	var is []string
	for at := 0; at < len(g.block); {
		line, typed := strings.CutPrefix(g.block[at], "$ ")
		require.True(g.t, typed, "line %d: a command begins with $", g.at+at+1)
		end := at + 1
		for end < len(g.block) && !strings.HasPrefix(g.block[end], "$ ") {
			end++
		}
		want := g.block[at+1 : end]
		is = append(is, g.block[at])
		var got []string
		switch {
		case line == "comity serve &":
			g.server = startServing(g.t, "comity serve")
		case strings.HasPrefix(line, "curl "):
			got = strings.Split(strings.TrimRight(g.curl(line, want), "\n"), "\n")
		default:
			var code int
			got, code = g.command(line)
			assert.Zero(g.t, code, "%s\n%s", line, strings.Join(got, "\n"))
		}
		switch {
		case shows(want, got), slices.Equal(want, []string{"..."}), partly(want, got):
			is = append(is, want...)
		case golden.Update():
			is = append(is, got...)
		default:
			assert.Equal(g.t, strings.Join(want, "\n"), strings.Join(got, "\n"), "line %d: %s", g.at+at+1, line)
		}
		at = end
	}
	return is
}

// partly reports whether lines are as wanted, where a line may end in three dots, too.
func partly(want, got []string) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	if want[0] == "..." {
		return partly(want[1:], got) || len(got) > 0 && partly(want, got[1:])
	}
	if len(got) == 0 {
		return false
	}
	head, open := strings.CutSuffix(want[0], "...")
	return (got[0] == want[0] || open && strings.HasPrefix(got[0], head)) && partly(want[1:], got[1:])
}

// curl does what curl would, as far as the guide has it, and jq behind it. Where it would
// break off after a time, it does once it has read what is wanted.
func (g *visitor) curl(line string, want []string) string {
	require.NotNil(g.t, g.server, line)
	g.asked++
	args := quotedWords(line)
	filter, piped := "", false
	if i := slices.Index(args, "|"); i >= 0 {
		require.Equal(g.t, "jq", args[i+1], line)
		piped = true
		if len(args) > i+2 {
			filter = args[i+2]
		}
		args = args[:i]
	}
	method, at, body := http.MethodGet, "", ""
	header := http.Header{}
	breaksOff := false
	for i := 1; i < len(args); i++ {
		switch args[i] {
		case "-s", "-sN":
		case "-H":
			i++
			name, value, _ := strings.Cut(args[i], ": ")
			header.Set(name, value)
		case "--json":
			i++
			method, body = http.MethodPost, args[i]
			header.Set("Content-Type", "application/json")
			header.Set("Accept", "application/json")
		case "--max-time":
			i++
			_, err := strconv.Atoi(args[i])
			require.NoError(g.t, err, line)
			breaksOff = true
		default:
			require.Empty(g.t, at, "%s: two addresses", line)
			at = args[i]
		}
	}
	path, found := strings.CutPrefix(at, "localhost:8600")
	require.True(g.t, found, "%s: the guide asks its own server", line)
	ctx, cancel := context.WithTimeout(g.t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, g.server.url+path, strings.NewReader(body))
	require.NoError(g.t, err, line)
	r.Header = header
	w, err := http.DefaultClient.Do(r)
	require.NoError(g.t, err, line)
	defer func() { _ = w.Body.Close() }()
	if breaksOff {
		var text string
		for lines := bufio.NewReader(w.Body); !partly(want, strings.Split(strings.TrimRight(text, "\n"), "\n")); {
			line, err := lines.ReadString('\n')
			if text += line; err != nil {
				break
			}
		}
		return text
	}
	text, err := io.ReadAll(w.Body)
	require.NoError(g.t, err, line)
	if !piped {
		return string(text)
	}
	return filtered(g.t, text, filter)
}

// quotedWords divides a line as a shell does that knows single quotes alone.
func quotedWords(line string) (out []string) {
	for _, word := range regexp.MustCompile(`'([^']*)'|(\S+)`).FindAllStringSubmatch(line, -1) {
		out = append(out, word[1]+word[2])
	}
	return out
}

// filtered lays JSON out, or what is at some paths in it, as jq does.
func filtered(t testing.TB, text []byte, filter string) string {
	if filter == "" {
		var out bytes.Buffer
		require.NoError(t, json.Indent(&out, text, "", "  "), "%s", text)
		return out.String()
	}
	var out strings.Builder
	for path := range strings.SplitSeq(filter, ",") {
		var v any
		require.NoError(t, json.Unmarshal(text, &v), "%s", text)
		for _, part := range regexp.MustCompile(`\.(\w+)|\[(\d+)\]`).FindAllStringSubmatch(path, -1) {
			if part[1] != "" {
				object, _ := v.(map[string]any)
				v = object[part[1]]
				continue
			}
			list, _ := v.([]any)
			n, err := strconv.Atoi(part[2])
			require.NoError(t, err)
			v = nil
			if n < len(list) {
				v = list[n]
			}
		}
		said, err := json.MarshalIndent(v, "", "  ")
		require.NoError(t, err)
		_, _ = fmt.Fprintln(&out, string(said))
	}
	return out.String()
}

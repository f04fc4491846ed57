package demo_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/sqlitelog"
	"github.com/comity-project/comity/internal/demo"
	"github.com/comity-project/comity/internal/golden"
)

func show(t *testing.T, run func(context.Context, io.Writer, demo.Place) error) (text, path string) {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	var out bytes.Buffer
	err := run(t.Context(), &out, demo.Place{Open: func(at string) (eventlog.Log, eventlog.Bodies, error) {
		path = at
		log, err := sqlitelog.Create(at, sqlitelog.Options{})
		return log, log, err
	}})
	require.NoError(t, err)
	return out.String(), path
}

// The demonstration prints the same every time, but for where its folder is.
func TestDemo(t *testing.T) {
	text, path := show(t, demo.Run)
	masked := strings.ReplaceAll(text, filepath.Dir(path), "FOLDER")
	golden.Compare(t, "testdata/demo.golden", []byte(masked))

	for n, line := range strings.Split(masked, "\n") {
		if !strings.Contains(line, "FOLDER") {
			assert.LessOrEqual(t, utf8.RuneCountInString(line), 100, "line %d: %s", n+1, line)
		}
	}
	again, path := show(t, demo.Run)
	require.Equal(t, masked, strings.ReplaceAll(again, filepath.Dir(path), "FOLDER"))

	for _, file := range []string{path, path + ".seal"} {
		_, err := os.Stat(file)
		require.NoError(t, err, "the folder is kept")
	}
}

// The history is as large and as varied as the demonstration says, and speaks of
// people by given names only.
func TestHistory(t *testing.T) {
	history, err := os.ReadFile("office.jsonl")
	require.NoError(t, err)
	count := func(pattern string) int {
		seen := map[string]bool{}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(history), -1) {
			seen[m[1]] = true
		}
		return len(seen)
	}
	assert.Equal(t, 11, count(`"type":"state.registered","subject":"(state/[a-z]+)"`))
	assert.Equal(t, 21, count(`"subject":"(mission/[a-z-]+)"`))
	assert.GreaterOrEqual(t, count(`"subject":"(member/[a-z]+)"`), 40)
	assert.Equal(t, 19, count(`"category":"([a-z._]+)"`), "all but family, which is joined")
	assert.GreaterOrEqual(t, count(`"type":"([a-z._]+)"`), 20)
	assert.NotRegexp(t, `"name":"[A-Z][a-z]+ [A-Z][a-z]+","birth"`, string(history))
}

// The public record prints the same every time, on two screens.
func TestReal(t *testing.T) {
	text, path := show(t, demo.Real)
	masked := strings.ReplaceAll(text, filepath.Dir(path), "FOLDER")
	golden.Compare(t, "testdata/real.golden", []byte(masked))
	for n, line := range strings.Split(masked, "\n") {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), 104, "line %d: %s", n+1, line)
	}
	assert.LessOrEqual(t, strings.Count(masked, "\n"), 116)
	assert.NotContains(t, masked, "no answer")
}

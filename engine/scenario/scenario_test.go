package scenario_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/engine/scenario"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/eventlog/sqlitelog"
)

// inMemory opens logs in memory.
func inMemory() (eventlog.Log, eventlog.Bodies, error) {
	log := memlog.New()
	return log, log, nil
}

// inFiles opens logs in files of the test's own folder.
func inFiles(t testing.TB) scenario.Opener {
	n := 0
	return func() (eventlog.Log, eventlog.Bodies, error) {
		n++
		log, err := sqlitelog.Create(filepath.Join(t.TempDir(), "office.comity"), sqlitelog.Options{})
		return log, log, err
	}
}

func read(t testing.TB, path string) *scenario.File {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	file, err := scenario.Parse(filepath.Base(path), text)
	require.NoError(t, err)
	return file
}

// run plays a file and fails the test with everything that did not come true.
func run(t testing.TB, file *scenario.File, open scenario.Opener) *scenario.Report {
	t.Helper()
	report, err := scenario.Run(t.Context(), file, open)
	require.NoError(t, err)
	var failures []string
	for _, f := range report.Failures {
		failures = append(failures, f.String())
	}
	if len(failures) > 0 {
		t.Errorf("%d lines of %s did not come true:\n%s", len(failures), file.Name, strings.Join(failures, "\n"))
	}
	return report
}

func files(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.scenario")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	return paths
}

// Every scenario comes true, whatever the log is kept in.
func TestScenarios(t *testing.T) {
	for _, path := range files(t) {
		name := strings.TrimSuffix(filepath.Base(path), ".scenario")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("memlog", func(t *testing.T) { run(t, read(t, path), inMemory) })
			t.Run("sqlitelog", func(t *testing.T) { run(t, read(t, path), inFiles(t)) })
		})
	}
}

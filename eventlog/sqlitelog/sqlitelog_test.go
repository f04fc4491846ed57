package sqlitelog_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
	"github.com/comity-project/comity/eventlog/sqlitelog"
)

// open opens the log at path, making it if it is absent.
func open(path string) (*sqlitelog.Log, error) {
	log, err := sqlitelog.Open(path, sqlitelog.Options{})
	if errors.Is(err, os.ErrNotExist) {
		return sqlitelog.Create(path, sqlitelog.Options{})
	}
	return log, err
}

func TestSuite(t *testing.T) {
	logtest.Test(t, func(t *testing.T) logtest.Harness {
		path := filepath.Join(logtest.Dir(t), "office.db")
		var current *sqlitelog.Log
		return logtest.Harness{
			Open: func(t *testing.T) (eventlog.Log, eventlog.Bodies) {
				var err error
				current, err = open(path)
				require.NoError(t, err)
				return current, current
			},
			Reopens: true,
			Reader: func(t *testing.T) eventlog.Log {
				reader, err := sqlitelog.Open(path, sqlitelog.Options{ReadOnly: true})
				require.NoError(t, err)
				return reader
			},
			FailCommit: func(written bool) { current.FailCommit(written) },
			Fill: func(t *testing.T) func() {
				pages := current.MaxPages(0)
				current.MaxPages(pages + 60)
				return func() { current.MaxPages(1 << 30) }
			},
		}
	})
}

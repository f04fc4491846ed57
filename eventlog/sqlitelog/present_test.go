package sqlitelog_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/sqlitelog"
)

// Nothing is acknowledged that would be gone when the log is closed, because its file was
// taken away from under it.
func TestGone(t *testing.T) {
	for name, take := range map[string]func(path string) error{
		"removed":     os.Remove,
		"wal removed": func(path string) error { return os.Remove(path + "-wal") },
		"cut off":     func(path string) error { return os.Truncate(path, 0) },
		"replaced": func(path string) error {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if err := os.WriteFile(path+".copy", text, 0o600); err != nil {
				return err
			}
			return os.Rename(path+".copy", path)
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log.db")
			log, err := sqlitelog.Create(path, sqlitelog.Options{})
			require.NoError(t, err)
			defer func() { _ = log.Close() }()
			one := func(n byte) eventlog.Record {
				return eventlog.Record{ID: eventlog.ID{n}, Recorded: time.Unix(int64(n), 0).UTC(), Subject: "a", Type: "b", Data: []byte("{}")}
			}
			_, err = log.Append(t.Context(), 0, one(1))
			require.NoError(t, err)
			require.NoError(t, log.Present())
			require.NoError(t, take(path))
			require.ErrorIs(t, log.Present(), eventlog.ErrGone)
			for range 2 {
				_, err = log.Append(t.Context(), 1, one(2))
				require.ErrorIs(t, err, eventlog.ErrGone)
			}
			head, err := log.Head(t.Context())
			require.NoError(t, err)
			assert.EqualValues(t, 1, head)
		})
	}
}

// A file that was moved away and back is the same.
func TestGoneAndBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	log, err := sqlitelog.Create(path, sqlitelog.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, log.Close()) }()
	record := eventlog.Record{ID: eventlog.ID{1}, Recorded: time.Unix(1, 0).UTC(), Subject: "a", Type: "b", Data: []byte("{}")}
	require.NoError(t, os.Rename(path, path+".away"))
	_, err = log.Append(t.Context(), 0, record)
	require.ErrorIs(t, err, eventlog.ErrGone)
	require.NoError(t, os.Rename(path+".away", path))
	at, err := log.Append(t.Context(), 0, record)
	require.NoError(t, err)
	assert.EqualValues(t, 1, at)
}

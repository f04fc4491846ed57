package sqlitelog_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

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

// TestNothingBeforeCommit stops the writer when all is inserted and nothing
// is committed. Nobody may have heard of it yet: not the caller, not Head, no
// reader and no follower.
func TestNothingBeforeCommit(t *testing.T) {
	log, err := sqlitelog.Create(filepath.Join(logtest.Dir(t), "office.db"), sqlitelog.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, log.Close()) }()
	_, err = log.Append(t.Context(), 0, logtest.Record(0))
	require.NoError(t, err)
	seen := make(chan eventlog.ID, 10)
	go func() {
		for record, err := range log.Follow(t.Context(), 1) {
			if err != nil {
				return
			}
			seen <- record.ID
		}
	}()

	held, release := log.HoldCommit()
	goOn := sync.OnceFunc(func() { close(release) })
	defer goOn() // before Close, which waits for the writer
	wait := log.Enqueue(1, logtest.Records(1, 5)...)
	repeat := log.Enqueue(1, logtest.Records(1, 5)...)
	<-held
	soon, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	for _, outcome := range []func(context.Context) (eventlog.Position, error){wait, repeat} {
		_, err = outcome(soon)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
	head, err := log.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, eventlog.Position(1), head)
	for range log.Read(t.Context(), 1) {
		require.Fail(t, "read what is not durable")
	}
	require.Empty(t, seen)

	goOn()
	for _, outcome := range []func(context.Context) (eventlog.Position, error){wait, repeat} {
		head, err = outcome(t.Context())
		require.NoError(t, err)
		require.Equal(t, eventlog.Position(6), head)
	}
	for i := 1; i < 6; i++ {
		require.Equal(t, logtest.Record(i).ID, <-seen)
	}
}

// TestSmallPieces reads a log whose pieces all turn out too large, while
// others are being read ahead.
func TestSmallPieces(t *testing.T) {
	path := create(t, 1000)
	before := sqlitelog.SetPieceBytes(5000)
	defer sqlitelog.SetPieceBytes(before)
	log, err := sqlitelog.Open(path, sqlitelog.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, log.Close()) }()
	for _, from := range []int{0, 1, 500} {
		i := from
		for record, err := range log.Read(t.Context(), eventlog.Position(from)) {
			require.NoError(t, err)
			require.True(t, eventlog.Same(logtest.Record(i), record), "record %d", i)
			i++
		}
		require.Equal(t, 1000, i)
	}
}

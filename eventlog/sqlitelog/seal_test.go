package sqlitelog_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
	"github.com/comity-project/comity/eventlog/seal"
	"github.com/comity-project/comity/eventlog/sqlitelog"
)

// TestBreakTheLog flips bytes of a log's file: every byte of every record's
// data, and a sample of all others, page headers and free space among them.
// A flip in data is found by the file's own checks or by the seal. Any other
// is found, by these or by comparing the copies, or changes nothing that is
// read. Nothing panics.
func TestBreakTheLog(t *testing.T) {
	const n = 6
	path := filepath.Join(logtest.Dir(t), "office.db")
	log, err := sqlitelog.Create(path, sqlitelog.Options{})
	require.NoError(t, err)
	records := logtest.Records(0, n)
	for i := range records {
		records[i] = logtest.Seal(records[i], fmt.Sprintf(`"n":%d`, i))
	}
	_, err = log.Append(t.Context(), 0, records...)
	require.NoError(t, err)
	_, err = log.Put(t.Context(), []byte("a body"))
	require.NoError(t, err)
	tree := seal.New()
	require.NoError(t, tree.CatchUp(t.Context(), log))
	require.NoError(t, log.Close())

	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	data := make([]bool, len(whole))
	for _, record := range records {
		at := bytes.Index(whole, record.Data)
		require.Positive(t, at)
		for i := range record.Data {
			data[at+i] = true
		}
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer file.Close()
	counts := map[string]int{}
	for at := range whole {
		if at%stride != 0 || !data[at] && at%83 != 0 && at >= 100 {
			continue
		}
		_, err := file.WriteAt([]byte{whole[at] ^ 1<<(at%8)}, int64(at))
		require.NoError(t, err)
		found := lookClosely(t, path, tree, records)
		_, err = file.WriteAt(whole[at:at+1], int64(at))
		require.NoError(t, err)
		counts[kind(found)]++
		if data[at] {
			require.True(t, errors.Is(found, seal.ErrMismatch) || errors.Is(found, eventlog.ErrCorrupt), "byte %d: %v", at, found)
		}
		if kind(found) == "other" {
			assert.NoError(t, found, "byte %d is not explained", at)
		}
	}
	t.Log(counts)
	require.NoError(t, lookClosely(t, path, tree, records), "it is whole again")
}

// lookClosely does all that an auditor does and returns what was found. If
// that is nothing, the records must be what they were.
func lookClosely(t *testing.T, path string, tree *seal.Tree, want []eventlog.Record) error {
	log, err := sqlitelog.Open(path, sqlitelog.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer log.Close()
	if _, err := tree.Check(t.Context(), log); err != nil {
		return err
	}
	var got []eventlog.Record
	for record, err := range log.Read(t.Context(), 0) {
		if err != nil {
			return err
		}
		if err := logtest.CheckCopies(record); err != nil {
			return fmt.Errorf("%w: %w", errCopies, err)
		}
		got = append(got, record)
	}
	if err := log.Check(t.Context()); err != nil {
		return err
	}
	require.Equal(t, want, got)
	return nil
}

var errCopies = errors.New("copies differ")

func kind(err error) string {
	for name, target := range map[string]error{
		"seal": seal.ErrMismatch, "corrupt": eventlog.ErrCorrupt, "not a log": eventlog.ErrNotALog,
		"newer": eventlog.ErrNewer, "copies": errCopies, "harmless": nil,
	} {
		if errors.Is(err, target) {
			return name
		}
	}
	return "other"
}

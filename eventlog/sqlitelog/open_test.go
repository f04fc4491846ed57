package sqlitelog_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
	"github.com/comity-project/comity/eventlog/sqlitelog"
)

// create makes a log of n records and closes it.
func create(t *testing.T, n int) (path string) {
	t.Helper()
	path = filepath.Join(logtest.Dir(t), "office.db")
	log, err := sqlitelog.Create(path, sqlitelog.Options{})
	require.NoError(t, err)
	if n > 0 {
		_, err = log.Append(t.Context(), 0, logtest.Records(0, n)...)
		require.NoError(t, err)
	}
	require.NoError(t, log.Close())
	require.NoFileExists(t, path+"-wal", "a log that was closed in order is one file")
	return path
}

// edit runs statements in the file as another program would.
func edit(t *testing.T, path string, statements ...string) error {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			return err
		}
	}
	return nil
}

// TestOpenStrange opens what isn't a log, or no longer. Every error names the
// file, and nothing is changed or left behind.
func TestOpenStrange(t *testing.T) {
	small := create(t, 3)
	large := create(t, 800)
	tests := []struct {
		name string
		make func(t *testing.T, path string)
		want error
		says string
	}{
		{"absent", func(*testing.T, string) {}, fs.ErrNotExist, "create the log"},
		{"empty", writes(nil), eventlog.ErrNotALog, "the file is empty"},
		{"garbage", writes([]byte(strings.Repeat("not a log at all\n", 1000))), eventlog.ErrNotALog, "file is not a database"},
		{"short garbage", writes([]byte("x")), eventlog.ErrNotALog, "not a comity log"},
		{"folder", func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o700)) }, eventlog.ErrNotALog, "not a regular file"},
		{"other program", func(t *testing.T, path string) {
			require.NoError(t, edit(t, path, "CREATE TABLE t (x)"))
		}, eventlog.ErrNotALog, "of another program"},
		{"newer version", edited(small, "PRAGMA user_version = 2"), eventlog.ErrNewer, "has version 2, this program knows 1"},
		{"trigger dropped", edited(small, "DROP TRIGGER records_update"), eventlog.ErrCorrupt, "trigger records_update is missing"},
		{"trigger weakened", edited(small, "DROP TRIGGER records_delete", "CREATE TRIGGER records_delete BEFORE DELETE ON records BEGIN SELECT 1; END"), eventlog.ErrCorrupt, "trigger records_delete was changed"},
		{"trigger added", edited(small, "CREATE TRIGGER mine AFTER INSERT ON bodies BEGIN SELECT 1; END"), eventlog.ErrCorrupt, "trigger mine was added"},
		{"cut in half", func(t *testing.T, path string) {
			whole := readFile(t, large)
			writes(whole[:len(whole)/2])(t, path)
		}, eventlog.ErrCorrupt, "restore a backup"},
		{"cut in its first page", func(t *testing.T, path string) { writes(readFile(t, large)[:200])(t, path) }, eventlog.ErrCorrupt, "restore a backup"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(logtest.Dir(t), "office.db")
			test.make(t, path)
			before, _ := os.ReadFile(path)
			for _, options := range []sqlitelog.Options{{}, {ReadOnly: true}} {
				_, err := sqlitelog.Open(path, options)
				require.ErrorIs(t, err, test.want)
				assert.ErrorContains(t, err, path)
				assert.ErrorContains(t, err, test.says)
			}
			after, _ := os.ReadFile(path)
			require.Equal(t, before, after)
			if !errors.Is(test.want, fs.ErrNotExist) {
				_, err := sqlitelog.Create(path, sqlitelog.Options{})
				require.ErrorIs(t, err, fs.ErrExist)
			}
		})
	}
}

func writes(content []byte) func(*testing.T, string) {
	return func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, content, 0o600)) }
}

func edited(original string, statements ...string) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		writes(readFile(t, original))(t, path)
		require.NoError(t, edit(t, path, statements...))
	}
}

// TestOneWriter refuses a second writer, by name, and lets readers in.
func TestOneWriter(t *testing.T) {
	path := create(t, 3)
	first, err := sqlitelog.Open(path, sqlitelog.Options{})
	require.NoError(t, err)
	for _, again := range []func(string, sqlitelog.Options) (*sqlitelog.Log, error){sqlitelog.Open, sqlitelog.Create} {
		_, err = again(path, sqlitelog.Options{})
		require.ErrorIs(t, err, eventlog.ErrLocked)
		var locked *eventlog.LockedError
		require.ErrorAs(t, err, &locked)
		require.Equal(t, path, locked.Path)
		host, err := os.Hostname()
		require.NoError(t, err)
		require.Regexp(t, fmt.Sprintf(`^pid %d on %s since 20\d\d-\d\d-\d\dT`, os.Getpid(), host), locked.Holder)
	}
	reader, err := sqlitelog.Open(path, sqlitelog.Options{ReadOnly: true})
	require.NoError(t, err)
	require.NoError(t, reader.Close())
	_, err = first.Append(t.Context(), 3, logtest.Record(3))
	require.NoError(t, err, "a reader that leaves doesn't disturb the writer")
	require.NoError(t, first.Close())

	second, err := sqlitelog.Open(path, sqlitelog.Options{})
	require.NoError(t, err)
	require.NoError(t, second.Close())
}

// TestTriggers tries from outside what the file itself must refuse.
func TestTriggers(t *testing.T) {
	path := filepath.Join(logtest.Dir(t), "office.db")
	log, err := sqlitelog.Create(path, sqlitelog.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, log.Close()) }()
	want := logtest.Records(0, 5)
	_, err = log.Append(t.Context(), 0, want...)
	require.NoError(t, err)
	_, err = log.Put(t.Context(), []byte("body"))
	require.NoError(t, err)

	record := func(verb string, position any, id string) string {
		return fmt.Sprintf("%s INTO records VALUES (%v, %s, (SELECT max(recorded) FROM records), 1, 't', x'7b7d')", verb, position, id)
	}
	taken := fmt.Sprintf("x'%x'", want[2].ID[:])
	for statement, says := range map[string]string{
		record("INSERT", 4, "randomblob(16)"):                                "end of the log",
		record("INSERT", 6, "randomblob(16)"):                                "end of the log",
		record("INSERT", -1, "randomblob(16)"):                               "end of the log",
		record("INSERT", "NULL", "randomblob(16)"):                           "end of the log",
		record("INSERT OR REPLACE", 3, "randomblob(16)"):                     "end of the log",
		record("INSERT OR IGNORE", 3, "randomblob(16)"):                      "end of the log",
		record("INSERT", 5, taken):                                           "this record id is in the log",
		record("REPLACE", 5, taken):                                          "this record id is in the log",
		record("INSERT", 5, "x'00'"):                                         "constraint",
		"INSERT INTO records VALUES (5, randomblob(16), 0, 1, 't', x'7b7d')": "recorded time goes back",
		"INSERT INTO records VALUES (5, randomblob(16), (SELECT max(recorded) FROM records), 99, 't', x'7b7d')":        "no such subject",
		"INSERT INTO records VALUES (5, randomblob(16), (SELECT max(recorded) FROM records), 1, 't', zeroblob(65536))": "constraint",
		"INSERT INTO records VALUES (5, randomblob(16), (SELECT max(recorded) FROM records), 1, 't', 'text, no blob')": "cannot store TEXT",
		"UPDATE records SET type = 'x' WHERE position = 1":                                                             "never changed",
		"UPDATE OR REPLACE records SET position = 2 WHERE position = 1":                                                "never changed",
		"DELETE FROM records":                                                   "never deleted",
		"DELETE FROM records WHERE position = 4":                                "never deleted",
		"UPDATE subjects SET name = 'member/eve'":                               "never changed",
		"DELETE FROM subjects":                                                  "never deleted",
		"REPLACE INTO subjects VALUES (1, 'member/eve')":                        "next number",
		"REPLACE INTO subjects SELECT max(number) + 1, min(name) FROM subjects": "has a number",
		"UPDATE bodies SET body = x'00'":                                        "never changed",
		"DELETE FROM bodies":                                                    "never deleted",
		"REPLACE INTO bodies VALUES (1, randomblob(32), x'00')":                 "next number",
		"REPLACE INTO bodies SELECT number + 1, hash, x'00' FROM bodies":        "kept already",
		"INSERT INTO log (position) VALUES (5)":                                 "cannot modify log because it is a view",
	} {
		assert.ErrorContains(t, edit(t, path, statement), says, statement)
	}
	var got []eventlog.Record
	for r, err := range log.Read(t.Context(), 0) {
		require.NoError(t, err)
		got = append(got, r)
	}
	require.Equal(t, want, got)
	require.NoError(t, log.Check(t.Context()))
}

// TestAuditorsView reads the log as a person would, while it is open.
func TestAuditorsView(t *testing.T) {
	path := filepath.Join(logtest.Dir(t), "office.db")
	log, err := sqlitelog.Create(path, sqlitelog.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, log.Close()) }()
	record := logtest.Record(0)
	record.Subject, record.Type, record.Data = "member/ana", "privilege.granted", []byte(`{"note":"grüß"}`)
	_, err = log.Append(t.Context(), 0, record)
	require.NoError(t, err)

	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	var position int
	var recorded, kind, note, id string
	require.NoError(t, db.QueryRow("SELECT position, recorded, type, data ->> 'note', id FROM log WHERE subject = 'member/ana'").Scan(&position, &recorded, &kind, &note, &id))
	assert.Equal(t, 0, position)
	assert.Equal(t, "2031-03-09T07:30:00.000000Z", recorded)
	assert.Equal(t, "privilege.granted", kind)
	assert.Equal(t, "grüß", note)
	assert.Equal(t, fmt.Sprintf("%x", record.ID[:]), id)
}

// TestCheck spoils closed logs in ways that leave them readable as SQLite
// files, and expects to be told.
func TestCheck(t *testing.T) {
	open := []string{"DROP TRIGGER records_update", "DROP TRIGGER records_delete", "DROP TRIGGER subjects_update", "DROP TRIGGER bodies_update", "PRAGMA foreign_keys = OFF"}
	path := filepath.Join(logtest.Dir(t), "whole.db")
	log, err := sqlitelog.Create(path, sqlitelog.Options{})
	require.NoError(t, err)
	_, err = log.Append(t.Context(), 0, logtest.Records(0, 50)...)
	require.NoError(t, err)
	_, err = log.Put(t.Context(), []byte("body"))
	require.NoError(t, err)
	require.NoError(t, log.Check(t.Context()))
	triggers := map[string]string{}
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	for _, statement := range open[:4] {
		name := strings.Fields(statement)[2]
		var text string
		require.NoError(t, db.QueryRow("SELECT sql FROM sqlite_schema WHERE name = ?", name).Scan(&text))
		triggers[name] = text
	}
	require.NoError(t, db.Close())
	require.NoError(t, log.Close())

	for statement, says := range map[string]string{
		"DELETE FROM records WHERE position = 17":              "at position 18: the records before it are missing",
		"DELETE FROM records WHERE position = 0":               "at position 1: the first record is not at position 0",
		"UPDATE records SET recorded = 0 WHERE position = 20":  "at position 20: it was recorded before",
		"UPDATE records SET subject = 999 WHERE position = 21": "at position 21: it is about a subject that has no name",
		"UPDATE records SET type = '' WHERE position = 22":     "at position 22: it is not in the form of a record",
		"UPDATE subjects SET number = 999 WHERE number = 1":    "not numbered 1, 2, 3",
		"UPDATE records SET subject = 2 WHERE subject = 1":     "a subject is named but has no record",
		"UPDATE bodies SET body = x'00'":                       "body 1, kept as",
	} {
		spoilt := filepath.Join(logtest.Dir(t), "office.db")
		writes(readFile(t, path))(t, spoilt)
		require.NoError(t, edit(t, spoilt, append(append([]string{}, open...), statement)...))
		for _, text := range triggers { // and cover the tracks
			require.NoError(t, edit(t, spoilt, text))
		}
		log, err := sqlitelog.Open(spoilt, sqlitelog.Options{ReadOnly: true})
		require.NoError(t, err, statement)
		err = log.Check(t.Context())
		assert.ErrorIs(t, err, eventlog.ErrCorrupt, statement)
		assert.ErrorContains(t, err, says, statement)
		require.NoError(t, log.Close())
	}
}

func TestBackup(t *testing.T) {
	path := create(t, 200)
	log, err := sqlitelog.Open(path, sqlitelog.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, log.Close()) }()
	hash, err := log.Put(t.Context(), []byte("body"))
	require.NoError(t, err)
	copied := filepath.Join(logtest.Dir(t), "copy.db")
	require.NoError(t, log.Backup(t.Context(), copied))
	require.ErrorIs(t, log.Backup(t.Context(), copied), fs.ErrExist)
	_, err = log.Append(t.Context(), 200, logtest.Record(200))
	require.NoError(t, err)

	second, err := sqlitelog.Open(copied, sqlitelog.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, second.Close()) }()
	head, err := second.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, eventlog.Position(200), head)
	require.NoError(t, second.Check(t.Context()))
	_, err = second.Get(t.Context(), hash)
	require.NoError(t, err)
	_, err = second.Append(t.Context(), 200, logtest.Record(200))
	require.NoError(t, err)
}

// TestMaxBytes fills a log to its bound.
func TestMaxBytes(t *testing.T) {
	path := create(t, 10)
	log, err := sqlitelog.Open(path, sqlitelog.Options{MaxBytes: 256 << 10})
	require.NoError(t, err)
	head := eventlog.Position(10)
	for err == nil {
		head++
		_, err = log.Append(t.Context(), head-1, logtest.Record(int(head-1)))
	}
	require.ErrorIs(t, err, eventlog.ErrFull)
	require.NoError(t, log.Close())
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.LessOrEqual(t, info.Size(), int64(256<<10))
}

// TestSettings asks SQLite what durability rests upon. No test can see a
// flush that is missing, short of cutting the power.
func TestSettings(t *testing.T) {
	path := create(t, 1)
	log, err := sqlitelog.Open(path, sqlitelog.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, log.Close()) }()
	for name, want := range map[string]string{
		"journal_mode":       "wal",
		"synchronous":        "2", // FULL
		"page_size":          "8192",
		"wal_autocheckpoint": "8192",
		"journal_size_limit": "67108864",
		"cache_size":         "-65536",
		"trusted_schema":     "0",
		"busy_timeout":       "5000",
		"application_id":     "1668117625",
		"user_version":       "1",
	} {
		assert.Equal(t, want, log.Setting(name), name)
	}
}

// TestBusy appends while another program holds the file for writing.
func TestBusy(t *testing.T) {
	path := create(t, 2)
	log, err := sqlitelog.Open(path, sqlitelog.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, log.Close()) }()
	log.Setting("busy_timeout", 10)
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	_, err = db.Exec("BEGIN IMMEDIATE")
	require.NoError(t, err)
	_, err = log.Append(t.Context(), 2, logtest.Record(2))
	require.ErrorContains(t, err, "another program is writing to the file")
	_, err = db.Exec("ROLLBACK")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	head, err := log.Append(t.Context(), 2, logtest.Record(2))
	require.NoError(t, err)
	require.Equal(t, eventlog.Position(3), head)
}

package sqlitelog_test

import (
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
	"github.com/comity-project/comity/eventlog/sqlitelog"
)

// TestDiskFull fills a small file system of its own, where that is allowed,
// and empties it again.
func TestDiskFull(t *testing.T) {
	dir := logtest.Dir(t)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("mount: %v", err)
	}
	defer func() { require.NoError(t, syscall.Unmount(dir, 0)) }()
	ballast := filepath.Join(dir, "ballast")
	require.NoError(t, os.WriteFile(ballast, make([]byte, 300<<10), 0o600))
	path := filepath.Join(dir, "office.db")
	log, err := sqlitelog.Create(path, sqlitelog.Options{})
	require.NoError(t, err)
	head := 0
	for err == nil {
		if _, err = log.Append(t.Context(), eventlog.Position(head), logtest.Batch(head, 20)...); err == nil {
			head += 20
		}
	}
	t.Logf("after %d records: %v", head, err)
	require.True(t, errors.Is(err, eventlog.ErrFull), "%v", err)
	require.Equal(t, eventlog.Position(head), logtest.CheckBatches(t, log))

	require.NoError(t, os.Remove(ballast))
	_, err = log.Append(t.Context(), eventlog.Position(head), logtest.Batch(head, 20)...)
	require.NoError(t, err)
	require.Equal(t, eventlog.Position(head+20), logtest.CheckBatches(t, log))
	require.NoError(t, log.Check(t.Context()))
	require.NoError(t, log.Close())

	log, err = sqlitelog.Open(path, sqlitelog.Options{})
	require.NoError(t, err)
	require.Equal(t, eventlog.Position(head+20), logtest.CheckBatches(t, log))
	require.NoError(t, log.Close())
}

// TestReadOnlyPlaces opens logs where this user can't write. The superuser
// can write anywhere, so it has somebody else try.
func TestReadOnlyPlaces(t *testing.T) {
	if dir := os.Getenv("COMITY_TEST_READ_ONLY"); dir != "" {
		path := filepath.Join(dir, "office.db")
		_, err := sqlitelog.Open(path, sqlitelog.Options{})
		require.ErrorIs(t, err, eventlog.ErrReadOnly)
		require.ErrorContains(t, err, path)
		require.ErrorContains(t, err, "open the log for reading")
		log, err := sqlitelog.Open(path, sqlitelog.Options{ReadOnly: true})
		require.NoError(t, err)
		head, err := log.Head(t.Context())
		require.NoError(t, err)
		require.Equal(t, eventlog.Position(30), head)
		require.NoError(t, log.Check(t.Context()))
		require.NoError(t, log.Close())
		return
	}
	for _, place := range []struct {
		name         string
		folder, file os.FileMode
	}{{"folder", 0o555, 0o444}, {"file", 0o777, 0o444}} {
		t.Run(place.name, func(t *testing.T) {
			// Not t.TempDir, whose parent is closed to others.
			dir, err := os.MkdirTemp("", "comity")
			require.NoError(t, err)
			defer os.RemoveAll(dir)
			path := filepath.Join(dir, "office.db")
			writes(readFile(t, create(t, 30)))(t, path)
			require.NoError(t, os.Chmod(path, place.file))
			require.NoError(t, os.Chmod(dir, place.folder))
			defer os.Chmod(dir, 0o700)
			command := exec.Command(executable(t), "-test.run=^TestReadOnlyPlaces$")
			command.Env = append(os.Environ(), "COMITY_TEST_READ_ONLY="+dir)
			if os.Getuid() == 0 {
				command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			}
			out, err := command.CombinedOutput()
			require.NoError(t, err, "%s", out)
		})
	}
}

// TestNoFolderForTemporaryFiles opens a log where this user can write beside it and
// nowhere else, as in a container: there is no /tmp, and the current folder is closed.
func TestNoFolderForTemporaryFiles(t *testing.T) {
	if os.Getenv("COMITY_TEST_NO_TMP") != "" {
		log, err := sqlitelog.Create("/data/office.db", sqlitelog.Options{})
		require.NoError(t, err)
		for head := 0; head < 2000; head += 500 { // more than a statement journal keeps in memory by itself
			_, err = log.Append(t.Context(), eventlog.Position(head), logtest.Batch(head, 500)...)
			require.NoError(t, err)
		}
		require.Equal(t, eventlog.Position(2000), logtest.CheckBatches(t, log))
		require.NoError(t, log.Check(t.Context()))
		require.NoError(t, log.Backup(t.Context(), "/data/copy.db"))
		require.NoError(t, log.Close())
		return
	}
	if os.Getuid() != 0 {
		t.Skip("only the superuser can change the root folder")
	}
	binary, err := elf.Open(os.Args[0])
	require.NoError(t, err)
	defer binary.Close()
	if libraries, err := binary.ImportedLibraries(); err != nil || len(libraries) > 0 {
		t.Skip("this test binary needs libraries, which the new root folder has not: test with CGO_ENABLED=0")
	}
	dir, err := os.MkdirTemp("", "comity")
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	require.NoError(t, os.Chmod(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "test"), readFile(t, os.Args[0]), 0o755))
	data := filepath.Join(dir, "data")
	require.NoError(t, os.Mkdir(data, 0o700))
	require.NoError(t, os.Chown(data, 65534, 65534))
	command := &exec.Cmd{Path: "/test", Args: []string{"test", "-test.run=^TestNoFolderForTemporaryFiles$"}, Dir: "/"}
	command.Env = []string{"COMITY_TEST_NO_TMP=1"}
	command.SysProcAttr = &syscall.SysProcAttr{Chroot: dir, Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "PASS")
}

// executable returns a copy of this test binary that anybody may run.
func executable(t *testing.T) string {
	t.Helper()
	file, err := os.CreateTemp("", "comity-test")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.Remove(file.Name()) })
	_, err = file.Write(readFile(t, os.Args[0]))
	require.NoError(t, err)
	require.NoError(t, file.Chmod(0o755))
	require.NoError(t, file.Close())
	return file.Name()
}

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestBackupToAFullDisk backs up to file systems of many sizes, where that is allowed:
// to those that are too small for all of it nothing is left, whatever there was no
// room for. The same goes for what is restored.
func TestBackupToAFullDisk(t *testing.T) {
	t.Chdir(t.TempDir())
	typed(t, "comity generate --members 200 --events 5000 --seed 7 --database comity.db")
	typed(t, "comity backup whole")
	var all int64
	for _, name := range []string{"comity.db", "comity.db.seal", manifestName} {
		info, err := os.Stat(filepath.Join("whole", name))
		require.NoError(t, err)
		all += info.Size()
	}
	for _, line := range []string{"backup small/other", "restore whole --log small/other.db"} {
		refused := 0
		for bytes := all / 4; ; bytes += all / 8 {
			if full(t, line, bytes) {
				refused++
				continue
			}
			break
		}
		assert.Greater(t, refused, 3, "%s was refused too seldom", line)
		t.Logf("%s: %d sizes were too small", line, refused)
	}
}

// full runs a command with a file system of so many bytes mounted at small, and
// reports whether that was too small.
func full(t *testing.T, line string, size int64) bool {
	t.Helper()
	require.NoError(t, os.MkdirAll("small", 0o700))
	if err := syscall.Mount("tmpfs", "small", "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Skipf("mount: %v", err)
	}
	defer func() { require.NoError(t, syscall.Unmount("small", 0)) }()
	var out, complaint bytes.Buffer
	code := run(t.Context(), machine{
		args: strings.Fields(line), stdin: &bytes.Buffer{}, stdout: &out, stderr: &complaint,
		getenv: func(string) string { return "" }, clock: time.Now, editions: read,
	})
	if code == exitAnswered {
		return false
	}
	require.Equal(t, exitInternal, code, complaint.String())
	require.Regexp(t, "full|no space", complaint.String())
	left, err := os.ReadDir("small")
	require.NoError(t, err)
	require.Empty(t, left)
	return true
}

package logtest

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// Dir returns a folder for a test's files, in memory where the system has
// such a place. Tests flush thousands of times to see that order is kept, not
// that a disk works; a process that is killed loses nothing from memory either.
// Benchmarks use a disk.
func Dir(t testing.TB) string {
	t.Helper()
	const memory = "/dev/shm"
	if info, err := os.Stat(memory); err != nil || !info.IsDir() {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(memory, "comity-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

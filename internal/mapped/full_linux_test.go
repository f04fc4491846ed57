package mapped_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/internal/mapped"
)

// TestAFullDisk fills a file system of its own, where that may be mounted.
func TestAFullDisk(t *testing.T) {
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("no file system may be mounted here: %v", err)
	}
	t.Cleanup(func() { assert.NoError(t, syscall.Unmount(folder, syscall.MNT_DETACH)) })
	f := mapped.File{Path: filepath.Join(folder, "state")}
	require.NoError(t, f.Save(write("first")))
	err := f.Save(func(w io.Writer) error {
		_, err := w.Write(bytes.Repeat([]byte("x"), 1<<20))
		return err
	})
	require.ErrorIs(t, err, syscall.ENOSPC)
	data, err := os.ReadFile(f.Path)
	require.NoError(t, err)
	assert.Equal(t, "first", string(data))
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, left, 1)
	require.NoError(t, f.Save(write("second")), "there is room again")
}

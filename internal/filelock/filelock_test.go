package filelock_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/internal/filelock"
)

func TestTake(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	assert.Empty(t, filelock.Holder(name))
	held, err := filelock.Take(name, 0o600)
	require.NoError(t, err)
	assert.Contains(t, filelock.Holder(name), fmt.Sprintf("pid %d on ", os.Getpid()))
	assert.Contains(t, filelock.Holder(name), " since ")
	_, err = filelock.Take(name, 0o600)
	require.ErrorIs(t, err, filelock.ErrHeld)
	held.Release()
	assert.Empty(t, filelock.Holder(name), "it was given up in order")
	held, err = filelock.Take(name, 0o600)
	require.NoError(t, err)
	held.Release()
	_, err = filelock.Take(filepath.Join(name, "below"), 0o600)
	require.Error(t, err)
	require.NotErrorIs(t, err, filelock.ErrHeld)
}

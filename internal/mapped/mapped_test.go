package mapped_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/internal/mapped"
)

func write(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func TestFile(t *testing.T) {
	f := mapped.File{Path: filepath.Join(t.TempDir(), "state")}
	data, err := f.Load()
	require.NoError(t, err)
	assert.Nil(t, data, "there is none yet")

	require.NoError(t, f.Save(write("first")))
	first, err := f.Load()
	require.NoError(t, err)
	assert.Equal(t, "first", string(first))

	require.NoError(t, f.Save(write("the second")))
	second, err := f.Load()
	require.NoError(t, err)
	assert.Equal(t, "the second", string(second))
	assert.Equal(t, "first", string(first), "who has the old bytes keeps them")

	broken := errors.New("the disk is full")
	err = f.Save(func(w io.Writer) error {
		_ = write("half of the th")(w)
		return broken
	})
	require.ErrorIs(t, err, broken)
	again, err := f.Load()
	require.NoError(t, err)
	assert.Equal(t, "the second", string(again), "a file is replaced whole or not at all")
	left, err := os.ReadDir(filepath.Dir(f.Path))
	require.NoError(t, err)
	assert.Len(t, left, 1, "nothing unfinished is left behind")

	// What a process that was killed left behind is in nobody's way.
	require.NoError(t, os.WriteFile(f.Path+".new", []byte("torn"), 0o600))
	require.NoError(t, f.Save(write("the third")))
	third, err := f.Load()
	require.NoError(t, err)
	assert.Equal(t, "the third", string(third))

	require.NoError(t, f.Save(write("")))
	empty, err := f.Load()
	require.NoError(t, err)
	assert.NotNil(t, empty)
	assert.Empty(t, empty)
	require.NoError(t, f.Remove())
	require.NoError(t, f.Remove())
}

// Package mapped keeps one file that is written whole, now and then, and read as
// a piece of memory. Where the system can, the file is mapped, so that what
// nobody looks at takes no memory.
package mapped

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A File is such a file, by its path. It need not exist yet.
type File struct{ Path string }

// Load returns what the file holds, or nil if there is none. The bytes must not be
// changed. They stay as they are until the process ends, also if the file is
// replaced or removed; a file that is changed in place, which Save never does,
// changes them.
func (f File) Load() ([]byte, error) {
	data, err := load(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// Save replaces the file by what write writes: whole, or not at all. It is durable
// when Save returns. One process may save at a time; what one left unfinished
// when it was killed is overwritten by the next.
func (f File) Save(write func(io.Writer) error) (err error) {
	unfinished := f.Path + ".new"
	out, err := os.OpenFile(unfinished, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write %s: %w", unfinished, err), ignoreClosed(out.Close()), os.Remove(unfinished))
		}
	}()
	buffered := bufio.NewWriterSize(out, 1<<20)
	if err := write(buffered); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	if err := out.Sync(); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	if err := os.Rename(unfinished, f.Path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(f.Path))
}

// Remove removes the file, if there is one.
func (f File) Remove() error {
	if err := os.Remove(f.Path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// An outFile is a file that a flag names to be written. It takes the place of
// nothing that matters: no device, pipe or folder, and no file that belongs to a log.
type outFile struct {
	flag, name string
	mode       fs.FileMode // before the umask, of a file that is made
	// replaces says whether a file that begins like this may be overwritten.
	replaces func(head []byte) bool
	what     string // what it then holds, as in "a drawing"
}

// The files that commands write. Lists and reports hold names and birth dates, and
// are their owner's alone.
func drawingIn(name string) outFile { return outFile{"--svg", name, 0o666, isDrawing, "a drawing"} }
func listIn(name string) outFile    { return outFile{"--out", name, 0o600, isNoDatabase, "a list"} }
func reportIn(name string) outFile {
	return outFile{"--report", name, 0o600, isNoDatabase, "the report"}
}

func isDrawing(head []byte) bool {
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff")))
	return len(head) == 0 || bytes.HasPrefix(head, []byte("<svg")) || bytes.HasPrefix(head, []byte("<?xml"))
}

func isNoDatabase(head []byte) bool { return !bytes.HasPrefix(head, []byte("SQLite format 3\x00")) }

// A keptFile is a file that no other may be written over.
type keptFile struct{ name, what string }

// keptFiles lists what belongs to the log and to the log of answers, whether or not
// it is there.
func (p *program) keptFiles() []keptFile {
	kept := filesOfLog(p.log, "the log")
	if p.remote() {
		kept = []keptFile{{p.seal(), "the seal of the log"}, {p.snapshot(), "the snapshot of the log"}}
	}
	if answers := p.decisionsFile(""); answers != "" {
		kept = append(kept, filesOfLog(answers, "the log of answers")...)
	}
	return kept
}

func filesOfLog(log, what string) []keptFile {
	return []keptFile{
		{log, what},
		{sealPath(log), "the seal of " + what},
		{snapshotPath(log), "the snapshot of " + what},
		{log + ".lock", "the lock of " + what},
		{log + "-wal", "part of " + what},
		{log + "-shm", "part of " + what},
	}
}

// check refuses to write where something else would be lost. kept is what no file
// may overwrite.
func (f outFile) check(kept []keptFile) error {
	refused := func(format string, args ...any) error {
		return badInput(fmt.Errorf("%s: %s", f.flag, fmt.Sprintf(format, args...)))
	}
	if folder := filepath.Dir(f.name); !isFolder(folder) {
		return refused("there is no folder %s: make it, or name another file", folder)
	}
	to, err := os.Stat(f.name)
	for _, k := range kept {
		have, keptErr := os.Stat(k.name)
		if err == nil && keptErr == nil && os.SameFile(to, have) || samePath(f.name, k.name) {
			return refused("%s is %s, which %s would overwrite: name another file", f.name, k.what, f.what)
		}
	}
	link, linkErr := os.Lstat(f.name)
	switch {
	case errors.Is(linkErr, fs.ErrNotExist):
		return nil
	case linkErr != nil:
		return refused("%s: %v", f.name, because(linkErr))
	case err != nil && link.Mode()&fs.ModeSymlink != 0:
		return refused("%s is a link that leads to no file: remove it, or name another file", f.name)
	case err != nil:
		return refused("%s: %v", f.name, because(err))
	case to.IsDir():
		return refused("%s is a folder: name a file in it", f.name)
	case !to.Mode().IsRegular():
		return refused("%s is no file but a device, a pipe or the like: name another", f.name)
	}
	head, err := headOf(f.name)
	if err != nil {
		return refused("%s: %v", f.name, because(err))
	}
	if !f.replaces(head) {
		return refused("%s is there and holds something else than %s: remove it or name another", f.name, f.what)
	}
	return nil
}

// headOf reads the beginning of a file.
func headOf(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	head, err := io.ReadAll(io.LimitReader(file, 512))
	return head, errors.Join(err, file.Close())
}

// because is what went wrong with a file, without the name under which the system
// met it.
func because(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Err
	}
	return err
}

// write writes the file whole or leaves it as it was. A link stays one, and what
// it leads to is written.
func (f outFile) write(kept []keptFile, content func(io.Writer) error) error {
	if err := f.check(kept); err != nil {
		return err
	}
	name := f.name
	if end, err := filepath.EvalSymlinks(name); err == nil {
		name = end
	}
	mode := f.mode
	if have, err := os.Stat(name); err == nil {
		mode &= have.Mode().Perm() // nobody reads it who could not before
		mode |= 0o600
	}
	file, err := os.OpenFile(filepath.Join(filepath.Dir(name), ".comity-"+rand.Text()), os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return badInput(fmt.Errorf("%s: no file can be made in the folder %s: %w", f.flag, filepath.Dir(f.name), because(err)))
	}
	out := bufio.NewWriterSize(file, 1<<16)
	err = content(out)
	err = errors.Join(err, out.Flush(), file.Sync(), file.Close())
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	if err := os.Rename(file.Name(), name); err != nil {
		return errors.Join(badInput(fmt.Errorf("%s: write %s: %w", f.flag, f.name, because(err))), os.Remove(file.Name()))
	}
	return nil
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/eventlog"
)

// The files of a backup. There are no others, and their names are always these.
const (
	manifestName = "MANIFEST.json"
	backedLog    = "comity.db"
	backedAsked  = "answers.db"
)

// manifestLayout is the version of docs/format/backup.md.
const manifestLayout = 1

// A manifest says what a backup is, and is written last: a folder without one is
// not a backup.
type manifest struct {
	Comity    string          `json:"comity"` // "backup"
	Layout    int             `json:"layout"`
	Taken     time.Time       `json:"taken"` // when it was begun
	Version   string          `json:"version"`
	Semantics int             `json:"semantics"`
	Office    domain.OfficeID `json:"office"`
	Founding  eventlog.Hash   `json:"founding"` // of the record at position 0
	Log       backedUp        `json:"log"`
	Answers   *backedUp       `json:"answers"`  // nil if it has none
	Verified  bool            `json:"verified"` // the copies were read whole and checked
	Files     []backedFile    `json:"files"`
}

// A backedUp says what is in a log that was copied.
type backedUp struct {
	Position eventlog.Position `json:"position"`
	Root     eventlog.Hash     `json:"root"` // over the records before the position
	// Sealed is how many of them the seal vouched for that the log had when it was
	// copied; the copy was compared with it. Nil if it was compared with none.
	Sealed *eventlog.Position `json:"sealed"`
}

type backedFile struct {
	Name   string        `json:"name"`
	Bytes  int64         `json:"bytes"`
	SHA256 eventlog.Hash `json:"sha256"`
}

// names lists the files that a backup like this consists of, without the manifest.
func (m *manifest) names() []string {
	names := []string{backedLog, sealPath(backedLog)}
	if m.Answers != nil {
		names = append(names, backedAsked, sealPath(backedAsked))
	}
	return names
}

func (m *manifest) file(name string) backedFile {
	for _, f := range m.Files {
		if f.Name == name {
			return f
		}
	}
	return backedFile{} // unreachable: readManifest has seen that all are there
}

// write puts the manifest into a folder, and onto storage.
func (m *manifest) write(folder string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(folder, manifestName), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}

// readManifest reads the manifest of a backup and makes sure that it speaks of the
// files of a backup and of nothing else.
func readManifest(folder string) (*manifest, error) {
	path := filepath.Join(folder, manifestName)
	info, err := os.Stat(path)
	if err == nil && info.Size() > 1<<20 {
		return nil, badInput(fmt.Errorf("%s is %s: it is not the manifest of a backup", path, size(info.Size())))
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, badInput(fmt.Errorf("%s is no backup: it has no %s, which is written last; name a folder that comity backup made", folder, manifestName))
	}
	if err != nil {
		return nil, badInput(err)
	}
	var what struct {
		Comity string `json:"comity"`
		Layout int    `json:"layout"`
	}
	if err := json.Unmarshal(text, &what); err != nil {
		return nil, unverified(fmt.Errorf("%s is damaged: %w", path, err))
	}
	switch {
	case what.Comity != "backup":
		return nil, badInput(fmt.Errorf("%s is not the manifest of a backup", path))
	case what.Layout > manifestLayout:
		return nil, fmt.Errorf("%s: %w: it has layout %d, this program knows %d; upgrade it", path, eventlog.ErrNewer, what.Layout, manifestLayout)
	}
	m := &manifest{}
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(m); err != nil {
		return nil, unverified(fmt.Errorf("%s is damaged: %w", path, err))
	}
	want := m.names()
	if len(m.Files) != len(want) {
		return nil, unverified(fmt.Errorf("%s is damaged: it lists %s, and a backup like this has %d", path, plural(len(m.Files), "file"), len(want)))
	}
	for i, name := range want {
		if m.Files[i].Name != name {
			return nil, unverified(fmt.Errorf("%s is damaged: file %d is %q and should be %q", path, i+1, m.Files[i].Name, name))
		}
	}
	return m, nil
}

// measure returns the size and the hash of a file of a backup.
func measure(folder, name string) (backedFile, error) {
	f, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		return backedFile{}, err
	}
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	return backedFile{name, n, eventlog.Hash(sum.Sum(nil))}, errors.Join(err, f.Close())
}

// differs says how a file is not what the manifest says; "" if it is.
func (want backedFile) differs(have backedFile) string {
	switch {
	case have.Bytes != want.Bytes:
		return fmt.Sprintf("it has %d bytes, and had %d when it was backed up", have.Bytes, want.Bytes)
	case have.SHA256 != want.SHA256:
		return fmt.Sprintf("its SHA-256 is %s, and was %s when it was backed up", hex.EncodeToString(have.SHA256[:]), hex.EncodeToString(want.SHA256[:]))
	}
	return ""
}

package lsp

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// A document is a file that the editor has open.
type document struct {
	uri     string
	path    string // "" if it is no file of this machine
	dir     string // the folder; for what is no file, its URI
	version int
	file    *file
}

// The bounds of what is read from disk.
const (
	maxFile   = 2 << 20
	maxFolder = 8 << 20
)

// A folder holds the files of a ruleset as they are on disk.
type folder struct {
	dir  string
	disk map[string]*file // by name
}

// refresh reads the folder again. A file that says what it said keeps its tree.
func (d *folder) refresh() {
	now := map[string]*file{}
	entries, _ := os.ReadDir(filepath.FromSlash(d.dir)) // a folder that can't be read has no files
	left := maxFolder
	for _, e := range entries {
		name := e.Name()
		if path.Ext(name) != ".yaml" {
			continue
		}
		at := path.Join(d.dir, name)
		info, err := os.Stat(filepath.FromSlash(at))
		if err != nil || !info.Mode().IsRegular() || info.Size() > maxFile || int(info.Size()) > left {
			continue
		}
		all, err := os.ReadFile(filepath.FromSlash(at))
		if err != nil {
			continue
		}
		left -= len(all)
		if old := d.disk[name]; old != nil && old.text.all == string(all) {
			now[name] = old
		} else {
			now[name] = newFile(name, at, uriOf(at), string(all))
		}
	}
	d.disk = now
}

// A view is what a document is seen in: its ruleset, and the common one.
type view struct {
	dir     string
	own     []*file // in order of name
	common  []*file // nil: own is the common ruleset
	shipped bool    // common is the one that ships
	words   *words
}

// shippedCommon are the files of the common ruleset that ships.
var shippedCommon = sync.OnceValue(func() []*file {
	var out []*file
	names, _ := fs.Glob(rulesets.Common(), "*.yaml") // the pattern is good
	for _, name := range names {
		if all, err := fs.ReadFile(rulesets.Common(), name); err == nil {
			out = append(out, newFile(name, "", "", string(all)))
		}
	}
	return out
})

// filesOf returns the files of a folder, those that are open as the editor has
// them, in order of name.
func (s *Server) filesOf(dir string) []*file {
	d := s.folders[dir]
	if d == nil {
		d = &folder{dir: dir}
		if path.IsAbs(dir) || drive(dir) {
			d.refresh()
		}
		s.folders[dir] = d
	}
	by := map[string]*file{}
	for name, f := range d.disk {
		by[name] = f
	}
	for _, doc := range s.documents {
		if doc.dir == dir {
			by[doc.file.name] = doc.file
		}
	}
	out := make([]*file, 0, len(by))
	for _, f := range by {
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b *file) int { return strings.Compare(a.name, b.name) })
	return out
}

// viewOf returns what a folder is seen in. It is good until something changes.
func (s *Server) viewOf(dir string) *view {
	if v := s.views[dir]; v != nil {
		return v
	}
	v := &view{dir: dir, own: s.filesOf(dir)}
	if !isCommon(v.own) {
		if beside := s.commonOf(dir); beside != "" {
			v.common = s.filesOf(beside)
		}
		if !isCommon(v.common) {
			v.common, v.shipped = shippedCommon(), true
		}
		v.words = gather(v.own, v.common)
	} else {
		v.words = gather(v.own, nil)
	}
	s.views[dir] = v
	return v
}

// commonOf is the folder common beside another, "" if there can't be one.
func (s *Server) commonOf(dir string) string {
	if !path.IsAbs(dir) && !drive(dir) || path.Dir(dir) == dir {
		return ""
	}
	return path.Join(path.Dir(dir), rulesets.CommonName)
}

// isCommon reports whether files are those of the common ruleset.
func isCommon(files []*file) bool {
	for _, f := range files {
		if code := f.root.get("ruleset"); code != nil {
			return code.word() == rulesets.CommonName
		}
	}
	return false
}

// isRuleset reports whether files are those of a ruleset at all, and not any YAML:
// one of them has the head, or one has only keys that such a file may have.
func isRuleset(files []*file) bool {
	known := map[string]bool{}
	for _, k := range shapes["file"].Keys {
		known[k.Name] = true
	}
	for _, f := range files {
		if f.root.get("ruleset") != nil {
			return true
		}
		keys := entriesIn(f.root)
		if len(keys) > 0 && !slices.ContainsFunc(keys, func(e entry) bool { return !known[e.key.word()] }) {
			return true
		}
	}
	return false
}

// A bundled folder is a file system of what the files say.
type bundled map[string]string

func bundledOf(files []*file) bundled {
	out := bundled{}
	for _, f := range files {
		out[f.name] = f.text.all
	}
	return out
}

func (b bundled) Glob(string) ([]string, error) {
	var names []string
	for name := range b {
		names = append(names, name)
	}
	return names, nil
}

func (b bundled) ReadFile(name string) ([]byte, error) {
	if all, found := b[name]; found {
		return []byte(all), nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func (b bundled) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist} // unreachable: it is read through ReadFile
}

// bundle joins files into the text that is loaded.
func bundle(files []*file) ([]byte, error) { return rules.Bundle(bundledOf(files)) }

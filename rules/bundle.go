package rules

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// MaxBundle is the greatest size of a bundle, in bytes.
const MaxBundle = 900 << 10

// Bundle joins the *.yaml files of a folder into one text, in order of file
// name:
//
//	-- 00-language.yaml --
//	ruleset: common
//	...
//	-- 10-rules.yaml --
//	rules:
//	...
//
// Each file ends in a newline. Equal folders give equal bytes, so that the
// bundle's hash can name the edition.
func Bundle(fsys fs.FS) ([]byte, error) {
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list the files of the ruleset: %w", err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("the folder holds no *.yaml file, so it is not a ruleset")
	}
	slices.Sort(names)
	var out bytes.Buffer
	for _, name := range names {
		if err := plain(fsys, name); err != nil {
			return nil, fmt.Errorf("read the ruleset: %w", err)
		}
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read the ruleset: %w", err)
		}
		for line := range bytes.Lines(body) {
			if _, marker := markerOf(string(line)); marker {
				return nil, fmt.Errorf("%s: the line %q would begin another file of the bundle; indent it", name, strings.TrimSpace(string(line)))
			}
		}
		fmt.Fprintf(&out, "-- %s --\n", path.Base(name))
		out.Write(body)
		if len(body) > 0 && body[len(body)-1] != '\n' {
			out.WriteByte('\n')
		}
	}
	return out.Bytes(), nil
}

// plain says why a file of a folder on disk is not to be read: a pipe would be waited
// for, a device has no end, and a file may be far too large for any ruleset.
func plain(fsys fs.FS, name string) error {
	disk, ok := fsys.(fs.StatFS)
	if !ok {
		return nil // texts in memory
	}
	info, err := disk.Stat(name)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a file", name)
	case info.Size() > 16*MaxBundle:
		return fmt.Errorf("%s has %d bytes; a ruleset has at most %d", name, info.Size(), MaxBundle)
	}
	return nil
}

// Hash names a bundle: its SHA-256 in hexadecimal.
func Hash(bundle []byte) string {
	sum := sha256.Sum256(bundle)
	return hex.EncodeToString(sum[:])
}

// markerOf returns the name in a line `-- name --`.
func markerOf(line string) (string, bool) {
	line = strings.TrimRight(line, "\r\n")
	name, found := strings.CutPrefix(line, "-- ")
	if !found {
		return "", false
	}
	name, found = strings.CutSuffix(name, " --")
	return name, found && name != "" && !strings.ContainsAny(name, " \t")
}

// unbundle takes a bundle apart. What is wrong with it is said at its first line.
func unbundle(bundle []byte) ([]*source, *Diagnostic) {
	fail := func(line int, format string, args ...any) *Diagnostic {
		return &Diagnostic{Pos: Pos{File: "bundle", Line: line, Column: 1}, Code: codeBundle, Message: fmt.Sprintf(format, args...)}
	}
	if len(bundle) > MaxBundle {
		return nil, fail(1, "the bundle has %d bytes; the limit is %d", len(bundle), MaxBundle)
	}
	var files []*source
	line, from, at := 0, 0, 0 // the last file's text begins at from
	whole := string(bundle)
	flush := func(to int) {
		if len(files) > 0 {
			files[len(files)-1].setText(whole[from:to])
		}
	}
	for text := range strings.Lines(whole) {
		line++
		at += len(text)
		name, marker := markerOf(text)
		if !marker {
			if len(files) == 0 {
				return nil, fail(line, "a bundle begins with a line `-- name --`")
			}
			continue
		}
		if !strings.HasSuffix(name, ".yaml") || strings.ContainsAny(name, "/\\") {
			return nil, fail(line, "%q is not the name of a file *.yaml", name)
		}
		if len(files) > 0 && name <= files[len(files)-1].name {
			return nil, fail(line, "file %s does not come after %s: the files of a bundle stand in order of name", name, files[len(files)-1].name)
		}
		flush(at - len(text))
		from = at
		files = append(files, &source{name: name})
	}
	flush(at)
	if len(files) == 0 {
		return nil, fail(1, "the bundle is empty")
	}
	return files, nil
}

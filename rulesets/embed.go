// Package rulesets holds the law as data: one folder of YAML files for each
// ruleset. common is the law that applies to every sending State; any other
// folder is named for the State whose peculiarities it holds. The files are in
// the binary, so that an office can be founded without fetching anything; what
// is in force in an office is only what was published in its log.
//
// docs/format/ruleset.md describes the files. This package does not read them.
package rulesets

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed */*.yaml
var files embed.FS

//go:embed */SOURCES.md
var sources embed.FS

// CommonName is the name of the ruleset that applies to everybody.
const CommonName = "common"

// ErrUnknown is returned by [Of] for a name under which no ruleset ships.
var ErrUnknown = errors.New("no such ruleset")

// Common returns the files of the common ruleset.
func Common() fs.FS {
	fsys, err := fs.Sub(files, CommonName)
	if err != nil {
		panic("bad path in rulesets: " + err.Error()) // unreachable: the name is valid
	}
	return fsys
}

// Names lists the rulesets that ship, in order: common among those of States.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic("bad embedding in rulesets: " + err.Error()) // unreachable: the root is always there
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names
}

// States lists the rulesets of States that ship, in order: all but the common one.
// [Of] returns the files of each.
func States() []string {
	return slices.DeleteFunc(Names(), func(name string) bool { return name == CommonName })
}

// Sources returns what is said of the sources of the ruleset of that name: a page
// with a table of the tags that its rules cite. It is no part of the ruleset. The
// error matches [ErrUnknown] for a name under which no ruleset ships.
func Sources(name string) ([]byte, error) {
	if _, err := Of(name); err != nil {
		return nil, err
	}
	return sources.ReadFile(name + "/SOURCES.md")
}

// Of returns the files of the ruleset of that name, or an error matching
// [ErrUnknown].
func Of(name string) (fs.FS, error) {
	for _, n := range Names() {
		if n == name {
			return fs.Sub(files, name)
		}
	}
	return nil, fmt.Errorf("ruleset %q: %w; there are %s", name, ErrUnknown, strings.Join(Names(), ", "))
}

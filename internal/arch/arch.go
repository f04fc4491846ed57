// Package arch keeps the imports honest.
//
// The packages of comity stand on floors, and imports point strictly down:
// never up, never sideways. Everything from outside the module has one home
// where it may be imported. Both tables are in house.go, and the package's
// test holds the source tree to them. It also sees to it that no package below
// the engine asks the clock.
//
// Tests may reach where code may not: a _test.go file is exempt from the
// floors, but what it imports from outside must still have a line.
//
// Build constraints are not evaluated, so that an import is noticed on every
// platform at once. Only files marked "//go:build ignore" are left out.
package arch

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// A House says how the packages of a module may depend on each other.
// Packages are named by their folder in the module, and "x/..." stands for x
// and all below it. Of several patterns that match, the longest counts.
type House struct {
	Module      string
	Floors      [][]string          // packages by floor, the lowest first
	Strangers   []Strangers         // pairs that must not know each other
	Drivers     []string            // packages that only one other may name
	DriverNamer string              // that one
	TestSupport []string            // packages that only tests and each other may import
	Everywhere  []string            // packages that every other may import
	Only        map[string][]string // all that a package may import beside the standard library
	Outsiders   []Outsider          // what may be imported from outside the module, and where
	Timeless    []string            // packages that must not ask the clock
	Clocked     map[string]string   // files of theirs that may, by pattern, and why
}

// Strangers are two sides that must not import each other, but for a bridge.
type Strangers struct{ One, Other, Bridge string }

// An Outsider is a module, or a part of one, that somebody else wrote.
type Outsider struct {
	Path  string   // its import path, which covers those below it
	Homes []string // packages that may import it; none if it is for tests alone
	Why   string
}

// Check reads all Go files of a module and returns what is wrong with their
// imports, in order, each with its file and line. It returns an error only if
// the tree cannot be read.
func (h House) Check(module fs.FS) ([]string, error) {
	files, err := readTree(module)
	if err != nil {
		return nil, err
	}
	var problems []string
	homeless := map[string]bool{}
	for _, f := range files {
		if _, ok := h.floor(f.pkg); !ok && !f.test && !homeless[f.pkg] {
			homeless[f.pkg] = true
			problems = append(problems, fmt.Sprintf(
				"%s: package %s has no floor: say in internal/arch/house.go what it stands on", f.name, f.pkg))
		}
		for _, i := range f.imports {
			if problem := h.checkImport(f, i.path); problem != "" {
				problems = append(problems, fmt.Sprintf("%s:%d: %s", f.name, i.line, problem))
			}
		}
		if !f.test && !h.isTestSupport(f.pkg) && matchesAny(h.Timeless, f.pkg) && !h.clocked(f.name) {
			for _, c := range f.clocks {
				problems = append(problems, fmt.Sprintf(
					"%s:%d: %s asks the clock: below the engine time is an argument", f.name, c.line, c.call))
			}
		}
	}
	return problems, nil
}

// checkImport returns what is wrong with an import, or "".
func (h House) checkImport(f file, imported string) string {
	target, inside := strings.CutPrefix(imported, h.Module+"/")
	switch {
	case imported == "C":
		return "cgo is not used: comity is built without a C compiler"
	case !inside && isStandard(imported):
		return ""
	case !inside:
		return h.checkOutsider(f, imported)
	case f.test, slices.Contains(h.Everywhere, target):
		return ""
	}

	if only, ok := h.Only[f.pkg]; ok && !slices.Contains(only, imported) {
		return fmt.Sprintf("%s must not import %s: it rests on %s alone", f.pkg, target, restsOn(only))
	}
	from, known := h.floor(f.pkg)
	to, found := h.floor(target)
	switch {
	case known && found && to >= from:
		return fmt.Sprintf("%s (floor %d) must not import %s (floor %d): imports point down", f.pkg, from, target, to)
	case h.isTestSupport(target) && !h.isTestSupport(f.pkg):
		return fmt.Sprintf("%s must not import %s, which is for tests", f.pkg, target)
	}
	for _, driver := range h.Drivers {
		if target == driver && f.pkg != h.DriverNamer && !below(f.pkg, driver) {
			return fmt.Sprintf("%s must not import %s: only %s names a driver; take what you need as an argument", f.pkg, target, h.DriverNamer)
		}
	}
	for _, s := range h.Strangers {
		if f.pkg != s.Bridge && (matches(s.One, f.pkg) && matches(s.Other, target) || matches(s.Other, f.pkg) && matches(s.One, target)) {
			return fmt.Sprintf("%s must not import %s: they do not know each other, and %s is the bridge", f.pkg, target, s.Bridge)
		}
	}
	return ""
}

func (h House) checkOutsider(f file, imported string) string {
	outsider, ok := h.outsider(imported)
	if !ok {
		return fmt.Sprintf("%s has no home: if it earns its line, add it to Outsiders in internal/arch/house.go with the packages that may import it and what it is for", imported)
	}
	if f.test {
		return ""
	}
	if only, ok := h.Only[f.pkg]; ok && !slices.ContainsFunc(only, func(o string) bool { return below(imported, o) }) {
		return fmt.Sprintf("%s must not import %s: it rests on %s alone", f.pkg, imported, restsOn(only))
	}
	switch {
	case len(outsider.Homes) == 0 && !h.isTestSupport(f.pkg):
		return fmt.Sprintf("%s must not import %s, which is for tests (%s)", f.pkg, imported, outsider.Why)
	case len(outsider.Homes) > 0 && !matchesAny(outsider.Homes, f.pkg):
		return fmt.Sprintf("%s must not import %s, whose home is %s (%s)", f.pkg, imported, strings.Join(outsider.Homes, ", "), outsider.Why)
	}
	return ""
}

// outsider returns the line of the table for an import path.
func (h House) outsider(imported string) (Outsider, bool) {
	var best Outsider
	for _, o := range h.Outsiders {
		if below(imported, o.Path) && len(o.Path) > len(best.Path) {
			best = o
		}
	}
	return best, best.Path != ""
}

// floor returns the floor of a package.
func (h House) floor(pkg string) (floor int, ok bool) {
	longest := ""
	for n, patterns := range h.Floors {
		for _, pattern := range patterns {
			if matches(pattern, pkg) && (pattern == pkg || len(pattern) > len(longest)) {
				floor, ok, longest = n, true, pattern
				if pattern == pkg {
					return floor, true
				}
			}
		}
	}
	return floor, ok
}

func (h House) isTestSupport(pkg string) bool { return slices.Contains(h.TestSupport, pkg) }

func (h House) clocked(file string) bool {
	for pattern := range h.Clocked {
		if ok, _ := path.Match(pattern, file); ok {
			return true
		}
	}
	return false
}

// matches reports whether a pattern covers a package.
func matches(pattern, pkg string) bool {
	if parent, ok := strings.CutSuffix(pattern, "/..."); ok {
		return below(pkg, parent)
	}
	return pattern == pkg
}

func matchesAny(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, pkg) })
}

// below reports whether a path is another or below it.
func below(p, parent string) bool { return p == parent || strings.HasPrefix(p, parent+"/") }

// isStandard reports whether an import path is of the standard library, whose
// paths have no dot in their first element.
func isStandard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

func restsOn(only []string) string {
	return strings.Join(append([]string{"the standard library"}, only...), ", ")
}

// Licenses writes THIRD_PARTY_LICENSES: the licence texts of everything that is
// linked into the program, on any system that it is built for.
//
//	cd internal/tools && go run ./licenses ../.. > ../../THIRD_PARTY_LICENSES
//
// It asks the go command which packages are linked and looks for licences in the
// folder of each and in those above it, up to its module. A module without any is
// an error.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// platforms are the systems that the program is built for.
var platforms = []string{"darwin/amd64", "darwin/arm64", "linux/amd64", "linux/arm64", "windows/amd64", "windows/arm64"}

// licence matches the names of files that say what others may do.
var licence = regexp.MustCompile(`(?i)^((un)?licen[cs]e|copying|copyright|notice|patents)([-._].*)?$`)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: licenses MODULE_FOLDER")
		os.Exit(2)
	}
	out := bufio.NewWriter(os.Stdout)
	err := write(out, os.Args[1])
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

// A module is what is linked of one.
type module struct {
	title string            // path and version
	files map[string]string // path of a licence in the module to its place
}

func write(out io.Writer, root string) error {
	modules, err := linked(root)
	if err != nil {
		return err
	}
	goroot, err := ask(root, nil, "env", "GOROOT")
	if err != nil {
		return err
	}
	std := module{"The Go standard library and runtime", map[string]string{}}
	for _, name := range []string{"LICENSE", "PATENTS"} {
		std.files[name] = filepath.Join(strings.TrimSpace(goroot), name)
	}
	modules = append([]module{std}, modules...)
	fmt.Fprint(out, `The licences of what others have written of this program

comity itself is under the Apache License 2.0: see LICENSE. Linked into it, on one
system or another, is what is listed here. Written by make licences.

`)
	for _, m := range modules {
		fmt.Fprintf(out, "  %s\n", m.title)
	}
	for _, m := range modules {
		if len(m.files) == 0 {
			return fmt.Errorf("%s has no licence", m.title)
		}
		fmt.Fprintf(out, "\n%s\n%s\n", strings.Repeat("=", 80), m.title)
		for _, name := range slices.Sorted(maps.Keys(m.files)) {
			text, err := os.ReadFile(m.files[name])
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%s\n%s\n\n%s\n", strings.Repeat("-", 80), name, tidy(text))
		}
	}
	return nil
}

// tidy gives a text the line ends of this file.
func tidy(text []byte) []byte {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	return bytes.TrimRight(text, "\n\t ")
}

// linked returns the modules of which a package is linked, in the order of their paths.
func linked(root string) ([]module, error) {
	found := map[string]*module{}
	for _, platform := range platforms {
		system, machine, _ := strings.Cut(platform, "/")
		list, err := ask(root, []string{"GOOS=" + system, "GOARCH=" + machine, "CGO_ENABLED=0"},
			"list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}\t{{$.Dir}}{{end}}{{end}}", "./cmd/comity")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", platform, err)
		}
		for line := range strings.Lines(list) {
			fields := strings.Split(strings.TrimSpace(line), "\t")
			if len(fields) != 3 {
				continue
			}
			m := found[fields[0]]
			if m == nil {
				m = &module{fields[0], map[string]string{}}
				found[fields[0]] = m
			}
			if err := m.gather(fields[1], fields[2]); err != nil {
				return nil, err
			}
		}
	}
	var modules []module
	for _, title := range slices.Sorted(maps.Keys(found)) {
		modules = append(modules, *found[title])
	}
	return modules, nil
}

// gather notes the licences of a package, from its folder up to that of the module.
func (m *module) gather(top, folder string) error {
	for ; len(folder) >= len(top); folder = filepath.Dir(folder) {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return err
		}
		for _, e := range entries {
			path := filepath.Join(folder, e.Name())
			within, err := filepath.Rel(top, path)
			if err == nil && e.Type().IsRegular() && filepath.Ext(e.Name()) != ".go" && licence.MatchString(e.Name()) {
				m.files[filepath.ToSlash(within)] = path
			}
		}
	}
	return nil
}

func ask(folder string, env []string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Stderr = folder, os.Stderr
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.Output()
	return string(out), err
}

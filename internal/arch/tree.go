package arch

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// A file is what matters of a Go file.
type file struct {
	name    string // path in the module
	pkg     string // its folder, "." for the root
	test    bool
	imports []importLine
	clocks  []clockLine
}

type importLine struct {
	path string
	line int
}

// A clockLine is a place where the clock is asked, or could be.
type clockLine struct {
	call string
	line int
}

// readTree reads the Go files of a module in the order of their paths. Like
// the go command it leaves out testdata, folders that begin with a dot or an
// underscore, and modules within the module.
func readTree(module fs.FS) ([]file, error) {
	var files []file
	err := fs.WalkDir(module, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := name != "." && strings.ContainsAny(d.Name()[:1], "._")
		if d.IsDir() {
			if hidden || d.Name() == "testdata" || d.Name() == "node_modules" || name != "." && isModule(module, name) {
				return fs.SkipDir
			}
			return nil
		}
		if hidden || path.Ext(name) != ".go" {
			return nil
		}
		f, ok, err := readFile(module, name)
		if ok {
			files = append(files, f)
		}
		return err
	})
	return files, err
}

func isModule(module fs.FS, dir string) bool {
	_, err := fs.Stat(module, path.Join(dir, "go.mod"))
	return err == nil
}

// readFile reads one file; ok is false if it is marked to be ignored.
func readFile(module fs.FS, name string) (f file, ok bool, err error) {
	text, err := fs.ReadFile(module, name)
	if err != nil {
		return file{}, false, err
	}
	positions := token.NewFileSet()
	syntax, err := parser.ParseFile(positions, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return file{}, false, err
	}
	if ignored(syntax) {
		return file{}, false, nil
	}
	line := func(n ast.Node) int { return positions.Position(n.Pos()).Line }
	f = file{name: name, pkg: path.Dir(name), test: strings.HasSuffix(name, "_test.go")}
	for _, spec := range syntax.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return file{}, false, err // unreachable unless the parser let it through
		}
		f.imports = append(f.imports, importLine{imported, line(spec)})
		if imported != "time" {
			continue
		}
		alias := "time"
		if spec.Name != nil {
			alias = spec.Name.Name
		}
		if alias == "." {
			f.clocks = append(f.clocks, clockLine{`import . "time"`, line(spec)})
			continue
		}
		ast.Inspect(syntax, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && asksClock(s, alias) {
				f.clocks = append(f.clocks, clockLine{"time." + s.Sel.Name, line(s)})
			}
			return true
		})
	}
	return f, true, nil
}

// asksClock reports whether an expression is time.Now or one of those that call it.
func asksClock(s *ast.SelectorExpr, alias string) bool {
	x, ok := s.X.(*ast.Ident)
	if !ok || x.Name != alias {
		return false
	}
	switch s.Sel.Name {
	case "Now", "Since", "Until":
		return true
	}
	return false
}

// ignored reports whether a file is marked "//go:build ignore".
func ignored(syntax *ast.File) bool {
	for _, group := range syntax.Comments {
		if group.Pos() > syntax.Package {
			break
		}
		for _, c := range group.List {
			if expr, err := constraint.Parse(c.Text); err == nil && expr.String() == "ignore" {
				return true
			}
		}
	}
	return false
}

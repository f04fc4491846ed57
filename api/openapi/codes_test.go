package openapi_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api/openapi"
)

// TestCodes finds the codes of problems in the source of the server, and has each of them
// in the closed list, and no other.
func TestCodes(t *testing.T) {
	inSource := map[string]string{"forbidden": "api.Forbidden", "not_found": "api.NotFound", "too_many_requests": "tooMany"}
	require.NoError(t, filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if at, found := map[string]int{"Bad": 0, "NewProblem": 1, "newProblem": 1}[called(n)]; found && len(n.Args) > at {
					add(inSource, n.Args[at], path)
				}
			case *ast.ValueSpec:
				if n.Names[0].Name != "kinds" || !strings.HasSuffix(path, "problem.go") {
					break
				}
				for _, line := range n.Values[0].(*ast.CompositeLit).Elts {
					add(inSource, line.(*ast.CompositeLit).Elts[1], path)
				}
			}
			return true
		})
		return nil
	}))
	delete(inSource, "canceled") // nobody is there to read it
	require.Greater(t, len(inSource), 30, "the test finds them")
	var doc struct {
		Components struct {
			Schemas struct {
				ProblemCode struct{ Enum []string }
			}
		}
	}
	require.NoError(t, json.Unmarshal(openapi.JSON(""), &doc))
	listed := map[string]bool{}
	for _, code := range doc.Components.Schemas.ProblemCode.Enum {
		listed[code] = true
		assert.Contains(t, inSource, code, "a code in problems.yaml that no source has")
	}
	for code, where := range inSource {
		assert.True(t, listed[code], "the code %q (%s) is not in problems.yaml", code, where)
	}
}

// called is the name of the function that is called, without its package.
func called(n *ast.CallExpr) string {
	switch f := n.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// add notes a text of the source.
func add(to map[string]string, n ast.Expr, where string) {
	if lit, isLit := n.(*ast.BasicLit); isLit && lit.Kind == token.STRING {
		if code, err := strconv.Unquote(lit.Value); err == nil {
			to[code] = where
		}
	}
}

package arch

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each break of the rules is noticed, at its line, and its like that is none is let be.
func TestCheck(t *testing.T) {
	const m = "github.com/comity-project/comity/"
	for _, c := range []struct {
		name, file, code string
		want             string // after the file's name; "" if all is well
	}{
		{"down", "engine/a.go", imports(m + "domain"), ""},
		{"up", "domain/codec/a.go", imports(m + "engine"),
			":2: domain/codec (floor 2) must not import engine (floor 5): imports point down"},
		{"sideways", "rules/cases/a.go", imports(m + "rules/plan"),
			":2: rules/cases (floor 3) must not import rules/plan (floor 3): imports point down"},
		{"up in a test", "domain/a_test.go", imports(m + "engine"), ""},
		{"a planted fault", "domain/calendar/a.go", imports(m + "internal/mutant"), ""},
		{"no floor", "misc/a.go", imports("fmt"),
			": package misc has no floor: say in internal/arch/house.go what it stands on"},
		{"no floor at the root", "a.go", imports("fmt"),
			": package . has no floor: say in internal/arch/house.go what it stands on"},
		{"no floor, but tests alone", "docs/a_test.go", imports("fmt", m+"engine"), ""},
		{"below api", "api/httpapi/a.go", imports(m + "engine"), ""},
		{"the longer pattern counts", "engine/a.go", imports(m + "api/openapi"), ""},
		{"api from the engine", "engine/a.go", imports(m + "api/httpapi"),
			":2: engine (floor 5) must not import api/httpapi (floor 8): imports point down"},

		{"domain knows eventlog", "domain/domaintest/a.go", imports(m + "eventlog"),
			":2: domain/domaintest must not import eventlog: they do not know each other, and domain/codec is the bridge"},
		{"eventlog knows domain", "eventlog/seal/a.go", imports(m + "domain/calendar"),
			":2: eventlog/seal must not import domain/calendar: they do not know each other, and domain/codec is the bridge"},
		{"the bridge", "domain/codec/a.go", imports(m+"domain", m+"eventlog"), ""},

		{"the driver's namer", "cmd/comity/a.go", imports(m + "eventlog/sqlitelog"), ""},
		{"a driver named elsewhere", "engine/a.go", imports(m + "eventlog/memlog"),
			":2: engine must not import eventlog/memlog: only cmd/comity names a driver; take what you need as an argument"},
		{"a driver named in a test", "engine/a_test.go", imports(m + "eventlog/memlog"), ""},

		{"test support in code", "engine/a.go", imports(m + "domain/domaintest"),
			":2: engine must not import domain/domaintest, which is for tests"},
		{"test support in a test", "engine/a_test.go", imports(m+"domain/domaintest", m+"eventlog/logtest"), ""},

		{"an outsider at home", "rules/plan/a.go", imports("github.com/google/cel-go/cel"), ""},
		{"an outsider astray", "engine/a.go", imports("fmt", "github.com/google/cel-go/cel"),
			":3: engine must not import github.com/google/cel-go/cel, whose home is rules/... (the language of conditions, and the oracle of the plan)"},
		{"an outsider in a test", "engine/a_test.go", imports("github.com/google/cel-go/cel"), ""},
		{"a stranger", "engine/a.go", imports("example.com/leftpad"),
			":2: example.com/leftpad has no home: if it earns its line, add it to Outsiders in internal/arch/house.go with the packages that may import it and what it is for"},
		{"a stranger in a test", "engine/a_test.go", imports("example.com/leftpad"),
			":2: example.com/leftpad has no home: if it earns its line, add it to Outsiders in internal/arch/house.go with the packages that may import it and what it is for"},
		{"a stranger with a neighbour's name", "rules/a.go", imports("github.com/google/cel-gopher"),
			":2: github.com/google/cel-gopher has no home: if it earns its line, add it to Outsiders in internal/arch/house.go with the packages that may import it and what it is for"},
		{"a test library in code", "engine/a.go", imports("github.com/stretchr/testify/require"),
			":2: engine must not import github.com/stretchr/testify/require, which is for tests (require and assert)"},
		{"a test library in test support", "eventlog/logtest/a.go", imports("github.com/stretchr/testify/require"), ""},
		{"cgo", "engine/a.go", imports("C"), ":2: cgo is not used: comity is built without a C compiler"},

		{"domain and ulid", "domain/a.go", imports(m+"domain/calendar", "github.com/oklog/ulid/v2"), ""},
		{"domain and rulesets", "domain/a.go", imports(m + "rulesets"),
			":2: domain must not import rulesets: it rests on the standard library, github.com/oklog/ulid/v2, github.com/comity-project/comity/domain/calendar alone"},
		{"calendar and ulid", "domain/calendar/a.go", imports("github.com/oklog/ulid/v2"),
			":2: domain/calendar must not import github.com/oklog/ulid/v2: it rests on the standard library alone"},
		{"calendar and rapid in a test", "domain/calendar/a_test.go", imports("pgregory.net/rapid"), ""},

		{"the clock", "rules/a.go", "package a\nimport \"time\"\nvar t = time.Now()\n",
			":3: time.Now asks the clock: below the engine time is an argument"},
		{"the clock as a value", "decisions/a.go", "package a\nimport \"time\"\nvar now = time.Now\n",
			":3: time.Now asks the clock: below the engine time is an argument"},
		{"the clock by another name", "projections/balance/a.go", "package a\nimport clock \"time\"\nfunc f(t clock.Time) bool { return clock.Since(t) > 0 }\n",
			":3: time.Since asks the clock: below the engine time is an argument"},
		{"the clock without a name", "domain/a.go", "package a\nimport . \"time\"\nvar t = Now()\n",
			":2: import . \"time\" asks the clock: below the engine time is an argument"},
		{"another Now", "domain/a.go", "package a\nimport \"time\"\ntype c struct{ Now func() time.Time }\nfunc (x c) f() time.Time { return x.Now() }\n", ""},
		{"the clock in the engine", "engine/a.go", "package a\nimport \"time\"\nvar t = time.Now()\n", ""},
		{"the clock in a test", "rules/a_test.go", "package a\nimport \"time\"\nvar t = time.Now()\n", ""},
		{"the clock in the suite", "eventlog/logtest/a.go", "package a\nimport \"time\"\nvar t = time.Now()\n", ""},
		{"the clock where it is let in", "rules/load.go", "package a\nimport \"time\"\nvar t = time.Now()\n", ""},
		{"the clock beside it", "rules/form.go", "package a\nimport \"time\"\nvar t = time.Now()\n",
			":3: time.Now asks the clock: below the engine time is an argument"},

		{"another platform", "engine/a_windows.go", "//go:build windows\n\n" + imports(m+"eventlog/memlog"),
			":4: engine must not import eventlog/memlog: only cmd/comity names a driver; take what you need as an argument"},
		{"ignored", "engine/gen.go", "//go:build ignore\n\n" + imports("example.com/leftpad"), ""},
		{"testdata", "engine/testdata/a.go", imports("example.com/leftpad"), ""},
		{"a hidden folder", ".cache/a.go", imports("example.com/leftpad"), ""},
		{"not Go", "misc/README.md", "no code", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := house.Check(fstest.MapFS{c.file: {Data: []byte(c.code)}})
			require.NoError(t, err)
			if c.want == "" {
				assert.Empty(t, got)
				return
			}
			assert.Equal(t, []string{c.file + c.want}, got)
		})
	}
}

func TestCheckLeavesModulesWithin(t *testing.T) {
	got, err := house.Check(fstest.MapFS{
		"go.mod":                {Data: []byte("module m\n")},
		"internal/tools/go.mod": {Data: []byte("module m/tools\n")},
		"internal/tools/a.go":   {Data: []byte(imports("example.com/leftpad"))},
	})
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestCheckSaysWhatItCannotRead(t *testing.T) {
	_, err := house.Check(fstest.MapFS{"engine/a.go": {Data: []byte("pakcage a\n")}})
	assert.ErrorContains(t, err, "engine/a.go:1:1: expected 'package'")
}

// Each package has one floor, and each outsider one line that says why.
func TestTablesAreSound(t *testing.T) {
	seen := map[string]bool{}
	for _, packages := range house.Floors {
		for _, pkg := range packages {
			assert.False(t, seen[pkg], "%s stands on two floors", pkg)
			seen[pkg] = true
		}
	}
	for _, pkg := range slices.Concat(house.Drivers, house.TestSupport, []string{house.DriverNamer}) {
		assert.True(t, seen[pkg], "%s has no floor", pkg)
	}
	for _, o := range house.Outsiders {
		assert.False(t, seen[o.Path], "%s has two lines", o.Path)
		seen[o.Path] = true
		assert.NotEmpty(t, o.Why, o.Path)
	}
	mod, err := fs.ReadFile(os.DirFS("../.."), "go.mod")
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(mod), "module "+house.Module+"\n"))
	for pattern := range house.Clocked {
		_, err := path.Match(pattern, "")
		assert.NoError(t, err)
	}
}

// imports is a file that imports each path on a line of its own, from line 2 on.
func imports(paths ...string) string {
	return "package a\nimport _ \"" + strings.Join(paths, "\"\nimport _ \"") + "\"\n"
}

//go:build mutants

package sim

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/internal/mutant"
)

// root of the module, from here.
const root = "../.."

// A proof is a test of a package that notices a fault which no run here meets, or
// that meets it sooner.
type proof struct{ pkg, run string }

// elsewhere are the faults that the tests of a package notice: what a few members
// of one State never meet, or what the specification here shares with the code.
var elsewhere = map[mutant.Fault]proof{
	mutant.RankByOwnPosition:     {"./projections/timeline", "."},
	mutant.EndHolds:              {"./projections/timeline", "."},
	mutant.RunsNotMerged:         {"./projections/timeline", "."},
	mutant.EndsPointAtCorrection: {"./projections/timeline", "."},
	mutant.FamilyEndsAtDeparture: {"./projections/facts", "^TestFoldAgreesWithNaive$"},
	mutant.CauseByPosition:       {"./projections/facts", "^TestOrderInACommandIsInvisible$"},
	mutant.PeriodByTodaysRules:   {"./projections/facts", "^TestFoldAgreesWithNaive$"},
	mutant.GeneralLiftsPersonal:  {"./projections/facts", "^TestFoldAgreesWithNaive$"},
	mutant.MonthsNotClamped:      {"./domain/calendar", "Months|Years|Age"},
	mutant.ErrorAllows:           {"./rules", "^TestResolve$"},
	mutant.SnapshotUnbound:       {"./engine", "^TestAForeignSnapshotIsRefused$"},
	mutant.HaltedAnswers:         {"./engine", "^TestAHaltedEngine$"},
	mutant.AgainOnAnother:        {"./engine", "^TestLostTogether$"},
	mutant.FinalAfterUnknown:     {"./engine", "^TestUncertainStaysUncertain$"},
	mutant.AnswerBeforeKept:      {"./decisions", "^TestStrict"},
}

// seeds is how many runs a fault may hide in.
const seeds = 400

// long is how long a planted program may run: an end, which no machine comes near.
const long = 10 * time.Minute

// TestMutants plants each fault in turn and expects that it is noticed. What is
// planted is found in the sources; a fault that has a name and no place yet is only
// listed.
func TestMutants(t *testing.T) {
	faults, planted := inventory(t)
	require.Greater(t, len(planted), 20)
	var pkgs []string
	for _, p := range elsewhere {
		pkgs = append(pkgs, p.pkg)
	}
	slices.Sort(pkgs)
	binaries := build(t, slices.Compact(pkgs))
	var controls sync.Map // of proofs that pass without a fault
	for _, fault := range faults {
		if !planted[fault] {
			t.Logf("%-26s not planted yet", fault)
			continue
		}
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			if p, found := elsewhere[fault]; found {
				once, _ := controls.LoadOrStore(p, sync.OnceValue(func() string { said, _ := try(binaries[p.pkg], "", p); return said }))
				control := once.(func() string)()
				require.Empty(t, control, "%s in %s fails without a fault", p.run, p.pkg)
				said, failed := try(binaries[p.pkg], fault, p)
				require.True(t, failed, "%s is not noticed by %s in %s", fault, p.run, p.pkg)
				t.Logf("%-26s noticed by %s: %s", fault, p.pkg, said)
				return
			}
			said, failed := hunt(t, fault)
			require.True(t, failed, "%s is not noticed in %d runs", fault, seeds)
			t.Logf("%-26s noticed: %s", fault, said)
		})
	}
}

// inventory lists the names of all faults in order, and which of them stand in the
// sources of the program.
func inventory(t *testing.T) ([]mutant.Fault, map[mutant.Fault]bool) {
	t.Helper()
	names := map[string]mutant.Fault{}
	var faults []mutant.Fault
	files, err := filepath.Glob(filepath.Join(root, "internal/mutant/*.go"))
	require.NoError(t, err)
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			if value, ok := spec.Values[0].(*ast.BasicLit); ok && value.Kind == token.STRING {
				text, err := strconv.Unquote(value.Value)
				require.NoError(t, err)
				names[spec.Names[0].Name] = mutant.Fault(text)
				faults = append(faults, mutant.Fault(text))
			}
			return true
		})
	}
	planted := map[mutant.Fault]bool{}
	use := regexp.MustCompile(`mutant\.On\(mutant\.(\w+)\)`)
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		for _, found := range use.FindAllSubmatch(data, -1) {
			planted[names[string(found[1])]] = true
		}
		return err
	}))
	return faults, planted
}

// build makes the test programs of packages, with faults in them.
func build(t *testing.T, pkgs []string) map[string]string {
	t.Helper()
	dir, out := t.TempDir(), map[string]string{}
	for i, pkg := range pkgs {
		out[pkg] = filepath.Join(dir, fmt.Sprintf("%d.test", i))
		cmd := exec.Command("go", "test", "-c", "-tags", "mutants", "-o", out[pkg], pkg)
		cmd.Dir = root
		said, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", said)
	}
	return out
}

// try runs a test of a package with a fault, and returns the first thing that it
// complains of, if it fails.
func try(binary string, fault mutant.Fault, p proof) (said string, failed bool) {
	out, err := runPlanted(fault, filepath.Join(root, p.pkg), binary, "-test.run="+p.run, "-test.timeout="+long.String())
	if err == nil {
		return "", false
	}
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "--- FAIL") || strings.HasPrefix(line, "panic") {
			return line, true
		}
	}
	return err.Error(), true
}

// hunt looks for a run in which the fault shows, in a process of its own.
func hunt(t *testing.T, fault mutant.Fault) (said string, failed bool) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	out, err := runPlanted(fault, ".", self, "-test.run=^TestHunt$", "-test.timeout="+long.String())
	if err == nil {
		return "", false
	}
	for line := range strings.Lines(out) {
		if _, found, ok := strings.Cut(line, "seed "); ok && strings.Contains(line, "invariant") {
			return "seed " + strings.TrimSpace(found), true
		}
	}
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "panic") || strings.HasPrefix(line, "fatal") {
			return strings.TrimSpace(line), true
		}
	}
	return out, true
}

func runPlanted(fault mutant.Fault, dir, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), long+time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	// A fault may be rare: properties are tried on three times as many cases as usual.
	cmd.Env = append(os.Environ(), "COMITY_MUTANT="+string(fault), "RAPID_CHECKS=300", "RAPID_NOFAILFILE=true")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// TestHunt runs seeds until the fault that the environment plants shows.
func TestHunt(t *testing.T) {
	if os.Getenv("COMITY_MUTANT") == "" {
		t.Skip("no fault is planted")
	}
	for s := range uint64(seeds) {
		if _, err := run(t, Config{Seed: s + 1, Steps: *steps}); err != nil {
			t.Fatal(err)
		}
	}
}

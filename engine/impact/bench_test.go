package impact_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/impact"
	"github.com/comity-project/comity/eventlog/seal"
	"github.com/comity-project/comity/eventlog/sqlitelog"
	"github.com/comity-project/comity/internal/mapped"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// The office of the benchmarks: COMITY_BENCH_LOG names a log with its seal, as comity
// generate --database makes them. Without it they are not run: an office that is made
// for them would be too small to say anything.
var opened = sync.OnceValues(func() (*engine.Engine, error) {
	path := os.Getenv("COMITY_BENCH_LOG")
	log, err := sqlitelog.Open(path, sqlitelog.Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	c := engine.Config{Log: log, Bodies: log}
	if tree, err := seal.View(path + ".seal"); err == nil {
		c.Snapshots, c.Roots = mapped.File{Path: filepath.Clean(path) + ".snapshot"}, tree
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return engine.Open(context.Background(), c)
})

func open(b *testing.B) *engine.Engine {
	if os.Getenv("COMITY_BENCH_LOG") == "" {
		b.Skip("COMITY_BENCH_LOG names no log")
	}
	e, err := opened()
	require.NoError(b, err)
	return e
}

// largest is the State with most missions.
func largest(e *engine.Engine) domain.StateID {
	view, counts, best := e.Root().View(), map[domain.StateID]int{}, domain.StateID("")
	for _, id := range view.Subjects(domain.KindMission) {
		state := view.MissionReach(domain.MissionID(id), timeline.Never).State
		if counts[state]++; counts[state] > counts[best] {
			best = state
		}
	}
	return best
}

// ofState is an edition of a State's own; each number makes another.
func ofState(state domain.StateID, n int) []byte {
	return fmt.Appendf(nil, "-- ruleset.yaml --\nruleset: %s\nedition: draft\ntitle: Draft\nnote: Invented.\nrules:\n  - id: DRAFT-TAX\n    tier: individual\n    effect: lifts\n    of: person\n    privilege: [tax.sales]\n    when: 'has(request.amount) ? request.amount < %d : member.category == DIP_AT'\n    outcome: allowed\n    cite: [a draft]\n    because: It was drafted so.\n", state, n+1)
}

// ofCommon is the common edition in force with a rule more; each number makes another.
func ofCommon(b *testing.B, e *engine.Engine, privileges string, n int) []byte {
	law, _, err := e.Root().LawAt(timeline.Of(e.Now()), e.Position())
	require.NoError(b, err)
	text, found := e.Root().Library().Bundle(law.Hash)
	require.True(b, found)
	return fmt.Appendf([]byte(string(text)), "-- zz-draft.yaml --\nrules:\n  - id: DRAFT-ONE\n    tier: individual\n    effect: lifts\n    of: person\n    privilege: [%s]\n    when: 'has(request.amount) ? request.amount < %d : member.category == DIP_AT'\n    outcome: allowed\n    cite: [a draft]\n    because: It was drafted so.\n", privileges, n+1)
}

// BenchmarkPreview is one draft after another of the same ruleset, as somebody types it:
// with reading it, asking everybody concerned, and counting. What is kept of the law in
// force was found before.
func BenchmarkPreview(b *testing.B) {
	e := open(b)
	state := largest(e)
	asOf := e.Root().Last()
	for _, past := range []int{0, 2} {
		for _, once := range []bool{true, false} {
			over := "ever"
			if once {
				over = "once"
			}
			o := impact.Options{When: engine.When{AsOf: asOf.AddDate(-past, 0, 0)}, Once: once}
			run := func(name string, text func(n int) []byte) {
				b.Run(fmt.Sprintf("%s/%s/as-of-%d-years-ago", name, over, past), func(b *testing.B) {
					s, err := impact.NewSession(b.Context(), e, o)
					require.NoError(b, err)
					began := time.Now()
					r, err := s.Preview(b.Context(), engine.Draft{Bundle: text(0), Effective: o.When.AsOf})
					require.NoError(b, err)
					b.Logf("%s first: %s; %d subjects, now %v, at any time %v", name, time.Since(began), r.Subjects, r.People.Now, r.People.Over)
					n, spent := 0, processor()
					defer func() { b.ReportMetric(float64((processor()-spent).Microseconds())/1000/float64(n), "cpu-ms/op") }()
					for b.Loop() {
						n++
						if _, err := s.Preview(b.Context(), engine.Draft{Bundle: text(n), Effective: o.When.AsOf}); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
			run("state", func(n int) []byte { return ofState(state, n) })
			run("common", func(n int) []byte { return ofCommon(b, e, "tax.sales", n) })
			run("common-six", func(n int) []byte {
				return ofCommon(b, e, "tax.sales, tax.lodging, customs.personal, tax.fuel, tax.meals, customs.vehicle", n)
			})
		}
	}
}

// processor is the time for which processors worked for this program, beside the kernel:
// what others do on the machine does not count.
func processor() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano())
}

// BenchmarkReading is what of a preview is spent on reading the text of the draft.
func BenchmarkReading(b *testing.B) {
	e := open(b)
	law, _, err := e.Root().LawAt(timeline.Of(e.Now()), e.Position())
	require.NoError(b, err)
	b.Run("state", func(b *testing.B) {
		for b.Loop() {
			_, err := rules.LoadState(ofState("xa", 0), law)
			require.NoError(b, err)
		}
	})
	b.Run("common", func(b *testing.B) {
		for b.Loop() {
			_, err := rules.LoadCommon(ofCommon(b, e, "tax.sales", 0))
			require.NoError(b, err)
		}
	})
}

package bench_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog/seal"
	"github.com/comity-project/comity/eventlog/sqlitelog"
	"github.com/comity-project/comity/internal/generate"
	"github.com/comity-project/comity/internal/mapped"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// The office that is asked: COMITY_BENCH_LOG names a log with its seal, as comity
// generate --database makes them; without it one is made, of COMITY_BENCH_MEMBERS
// members (2,000) and COMITY_BENCH_EVENTS events (80,000).
type office struct {
	*engine.Engine
	path    string
	members []domain.Subject
	now     time.Time
}

func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// madeIn is where the office was made, if one was: tests alone need none.
var madeIn string

var made = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("COMITY_BENCH_LOG"); path != "" {
		return path, nil
	}
	var err error
	if madeIn, err = os.MkdirTemp("", "comity-bench-"); err != nil {
		return "", err
	}
	path := filepath.Join(madeIn, "office.db")
	options := generate.Options{Members: number("COMITY_BENCH_MEMBERS", 2000), Events: number("COMITY_BENCH_EVENTS", 80_000), Seed: 1, From: generate.DefaultFrom(), To: generate.DefaultTo()}
	office, err := generate.New(options)
	if err != nil {
		return "", err
	}
	bundle, err := rules.Bundle(rulesets.Common())
	if err != nil {
		return "", err
	}
	log, err := sqlitelog.Create(path, sqlitelog.Options{})
	if err != nil {
		return "", err
	}
	if err := office.Record(context.Background(), log, log, [][]byte{bundle}, nil); err != nil {
		return "", err
	}
	tree, err := seal.Open(context.Background(), path+".seal", log)
	if err != nil {
		return "", err
	}
	if err := tree.CatchUp(context.Background(), log); err != nil {
		return "", err
	}
	return path, firstOf(tree.Close(), log.Close())
})

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestMain(m *testing.M) {
	code := m.Run()
	if madeIn != "" {
		_ = os.RemoveAll(madeIn)
	}
	os.Exit(code)
}

// open opens the office of the benchmarks for reading, once.
var opened = sync.OnceValues(func() (*office, error) {
	path, err := made()
	if err != nil {
		return nil, err
	}
	log, err := sqlitelog.Open(path, sqlitelog.Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	config, err := configOf(path, log, true)
	if err != nil {
		return nil, err
	}
	o := &office{path: path}
	if o.Engine, err = engine.Open(context.Background(), config); err != nil {
		return nil, err
	}
	o.now = o.Root().Last()
	for _, id := range o.Root().View().Subjects(domain.KindMember) {
		o.members = append(o.members, domain.Member(domain.MemberID(id)))
	}
	return o, nil
})

func configOf(path string, log *sqlitelog.Log, snapshot bool) (engine.Config, error) {
	c := engine.Config{Log: log, Bodies: log}
	if snapshot {
		tree, err := seal.View(path + ".seal")
		if err != nil {
			return c, err
		}
		c.Snapshots, c.Roots = mapped.File{Path: path + ".snapshot"}, tree
	}
	return c, nil
}

func open(b *testing.B) *office {
	o, err := opened()
	require.NoError(b, err)
	return o
}

// spread reports the median and the tails of how long single acts took.
func spread(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	at := func(per float64) float64 {
		return float64(took[min(len(took)-1, int(float64(len(took))*per))].Nanoseconds())
	}
	b.ReportMetric(at(0.5), "p50-ns")
	b.ReportMetric(at(0.99), "p99-ns")
	if len(took) >= 1000 {
		b.ReportMetric(at(0.999), "p99.9-ns")
	}
}

func (o *office) someone(dice *rand.Rand) domain.Subject { return o.members[dice.IntN(len(o.members))] }

var privileges = []domain.Privilege{"imm.criminal", "imm.arrest", "tax.sales", "dmv.registration", "travel.move", "customs.personal"}

// some returns a pair of times anywhere in the life of the office.
func (o *office) some(dice *rand.Rand) (timeline.Instant, domain.Position) {
	first := timeline.Of(o.Root().View().Recorded(0))
	t := first + timeline.Instant(dice.Int64N(int64(timeline.Of(o.now)-first)))
	k := o.Position() - domain.Position(dice.Int64N(int64(o.Position())*3/4))
	if _, after, inside := o.Root().Splits(k); inside {
		k = after
	}
	return t, k
}

// BenchmarkCheck answers now, from what is kept: one member in turn after another.
func BenchmarkCheck(b *testing.B) {
	o := open(b)
	dice := rand.New(rand.NewPCG(1, 1))
	handles := make([]engine.Handle, 512)
	for i := range handles {
		var err error
		handles[i], err = o.Handle(o.someone(dice), privileges[i%len(privileges)])
		require.NoError(b, err)
		_, err = o.Glance(handles[i])
		require.NoError(b, err)
	}
	b.Run("handle", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := o.Glance(handles[i&511]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("handle, the clock read before", func(b *testing.B) {
		b.ReportAllocs()
		now := timeline.Of(o.Now())
		for i := 0; b.Loop(); i++ {
			if _, err := o.GlanceAt(handles[i&511], now); err != nil {
				b.Fatal(err)
			}
		}
	})
	for i := range 512 {
		_, err := o.GlanceOf(o.members[i%len(o.members)], privileges[0])
		require.NoError(b, err)
	}
	b.Run("ids", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := o.GlanceOf(o.members[i&511%len(o.members)], privileges[0]); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkDecision explains one answer now, with until when it holds.
func BenchmarkDecision(b *testing.B) {
	o, dice := open(b), rand.New(rand.NewPCG(2, 2))
	b.ReportAllocs()
	for b.Loop() {
		_, err := o.Ask(b.Context(), engine.Question{Subject: o.someone(dice), Privilege: privileges[dice.IntN(len(privileges))], AsOf: o.now})
		require.NoError(b, err)
	}
}

// BenchmarkBatch answers all privileges of one member now, in short, and nothing
// of him is kept before. An operation is one member.
func BenchmarkBatch(b *testing.B) {
	o, dice := open(b), rand.New(rand.NewPCG(3, 3))
	root := o.Root()
	law, _, err := root.LawAt(timeline.Of(o.now), root.Position())
	require.NoError(b, err)
	m := standing.At(root, root.Position())
	n := 0
	for b.Loop() {
		for sheet, err := range m.Verdicts(b.Context(), timeline.Of(o.now), []domain.Subject{o.someone(dice)}, law.Language.PrivilegeOrder, nil, nil) {
			require.NoError(b, err)
			n += len(sheet.Verdicts)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/decision")
}

// BenchmarkAsOf answers one question in short at any two times.
func BenchmarkAsOf(b *testing.B) {
	o, dice := open(b), rand.New(rand.NewPCG(4, 4))
	var took []time.Duration
	for b.Loop() {
		t, k := o.some(dice)
		who, p := o.someone(dice), privileges[dice.IntN(len(privileges))]
		begun := time.Now()
		_, err := standing.At(o.Root(), k).Verdict(who, p, t, nil)
		took = append(took, time.Since(begun))
		require.NoError(b, err)
	}
	spread(b, took)
}

// BenchmarkTimeline draws when the answer about one privilege changes, over all time.
func BenchmarkTimeline(b *testing.B) {
	o, dice := open(b), rand.New(rand.NewPCG(5, 5))
	for name, ask := range map[string]func(engine.Question) error{
		"one privilege": func(q engine.Question) error {
			_, err := o.Timeline(b.Context(), q, engine.Range{})
			return err
		},
		"all privileges": func(q engine.Question) error {
			q.Privilege = ""
			_, err := o.Timelines(b.Context(), q, engine.Range{})
			return err
		},
		"next change": func(q engine.Question) error {
			_, _, err := o.NextChange(b.Context(), q)
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				q := engine.Question{Subject: o.someone(dice), Privilege: privileges[dice.IntN(len(privileges))], AsOf: o.now}
				begun := time.Now()
				err := ask(q)
				took = append(took, time.Since(begun))
				require.NoError(b, err)
			}
			spread(b, took)
		})
	}
}

// BenchmarkPopulation asks every member about every privilege.
func BenchmarkPopulation(b *testing.B) {
	o := open(b)
	count := func(b *testing.B, q engine.PopulationQuery) {
		n := 0
		for b.Loop() {
			n = 0
			p, err := o.Population(b.Context(), q)
			require.NoError(b, err)
			for _, err := range p.Answers {
				require.NoError(b, err)
				n++
			}
		}
		b.ReportMetric(float64(n), "decisions/op")
	}
	b.Run("then", func(b *testing.B) { count(b, engine.PopulationQuery{When: engine.When{AsOf: o.now.AddDate(-2, 0, 0)}}) })
	b.Run("now, nothing kept", func(b *testing.B) {
		count(b, engine.PopulationQuery{When: engine.When{AsOf: o.now}}) // stated, so that the board is not used
	})
	require.NoError(b, o.Warm(b.Context(), nil))
	b.Run("now, kept", func(b *testing.B) { count(b, engine.PopulationQuery{}) })
}

// BenchmarkDiff compares everybody at two moments a year apart.
func BenchmarkDiff(b *testing.B) {
	o := open(b)
	n := 0
	for b.Loop() {
		n = 0
		d, err := o.Diff(b.Context(), engine.DiffQuery{From: engine.When{AsOf: o.now.AddDate(-1, 0, 0)}, To: engine.When{AsOf: o.now}})
		require.NoError(b, err)
		for _, err := range d.Differences {
			require.NoError(b, err)
			n++
		}
	}
	b.ReportMetric(float64(n), "differences/op")
}

// BenchmarkStart opens the office: from the log alone, and from a snapshot.
func BenchmarkStart(b *testing.B) {
	path, err := made()
	require.NoError(b, err)
	begin := func(b *testing.B, snapshot bool) (*engine.Engine, *sqlitelog.Log) {
		log, err := sqlitelog.Open(path, sqlitelog.Options{ReadOnly: true})
		require.NoError(b, err)
		config, err := configOf(path, log, snapshot)
		require.NoError(b, err)
		e, err := engine.Open(b.Context(), config)
		require.NoError(b, err)
		return e, log
	}
	start := func(b *testing.B, snapshot bool) {
		if snapshot { // make one, if there is none
			e, log := begin(b, true)
			if e.Thawed().From == 0 {
				_, err := e.Freeze(b.Context())
				require.NoError(b, err)
			}
			require.NoError(b, log.Close())
		}
		var e *engine.Engine
		for b.Loop() {
			var log *sqlitelog.Log
			e, log = begin(b, snapshot)
			b.StopTimer()
			require.NoError(b, log.Close())
			b.StartTimer()
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/1e6, "heap-MB")
		b.ReportMetric(float64(e.Position())/(b.Elapsed().Seconds()/float64(b.N)), "events/s")
		runtime.KeepAlive(e)
	}
	b.Run("from the log", func(b *testing.B) { start(b, false) })
	b.Run("from a snapshot", func(b *testing.B) { start(b, true) })
}

// BenchmarkRulesets loads the common law and those of 190 States, floors checked.
func BenchmarkRulesets(b *testing.B) {
	bundle, err := rules.Bundle(rulesets.Common())
	require.NoError(b, err)
	common, err := rules.LoadCommon(bundle)
	require.NoError(b, err)
	var states [][]byte
	for _, code := range rulesets.States() {
		folder, err := rulesets.Of(code)
		require.NoError(b, err)
		one, err := rules.Bundle(folder)
		require.NoError(b, err)
		states = append(states, one)
	}
	b.Run("common", func(b *testing.B) {
		for b.Loop() {
			_, err := rules.LoadCommon(bundle)
			require.NoError(b, err)
		}
	})
	b.Run("190 States", func(b *testing.B) {
		for b.Loop() {
			for i := range 190 {
				_, err := rules.LoadState(states[i%len(states)], common)
				require.NoError(b, err)
			}
		}
	})
}

// BenchmarkVisible records one event on disk, and measures until a question sees it.
func BenchmarkVisible(b *testing.B) {
	path := filepath.Join(b.TempDir(), "live.db")
	log, err := sqlitelog.Create(path, sqlitelog.Options{})
	require.NoError(b, err)
	defer log.Close() //nolint:errcheck // of a benchmark
	bundle, err := rules.Bundle(rulesets.Common())
	require.NoError(b, err)
	e, err := engine.Found(b.Context(), engine.Config{Log: log, Bodies: log}, engine.Founding{
		Office: "bench", Zone: generate.Zone, Mode: domain.Live, Actor: "bench", Bundles: [][]byte{bundle},
	})
	require.NoError(b, err)
	day := calendar.When{At: time.Date(2020, 1, 1, 5, 0, 0, 0, time.UTC)}
	submit := func(s domain.Subject, event domain.Event) engine.Receipt {
		receipt, err := e.Submit(b.Context(), domain.Command{Actor: "bench", Drafts: []domain.Envelope{{Subject: s, Effective: day, Authority: "note", Event: event}}})
		require.NoError(b, err)
		return receipt
	}
	submit(domain.State("arandia"), domain.StateRegistered{Name: "Arandia"})
	submit(domain.Mission("embassy"), domain.MissionOpened{State: "arandia", Kind: "embassy", City: "Washington"})
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		who := domain.Member(domain.MemberID(fmt.Sprintf("m-%d", i)))
		begun := time.Now()
		receipt := submit(who, domain.MemberAccredited{Mission: "embassy", Category: "dip.agent"})
		d, err := e.Ask(b.Context(), engine.Question{Subject: who, Privilege: "imm.arrest", AtLeast: receipt.Position})
		took = append(took, time.Since(begun))
		require.NoError(b, err)
		require.Equal(b, domain.Allowed, d.Outcome)
	}
	spread(b, took)
	begun := time.Now() // how long it takes to close the mission of all of these
	submit(domain.Mission("embassy"), domain.MissionClosed{})
	b.ReportMetric(float64(time.Since(begun).Microseconds()), "us/close")
}

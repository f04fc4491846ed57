package engine_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/scenario"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/internal/demo"
	"github.com/comity-project/comity/internal/generate"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

var freeze = flag.Bool("freeze", false, "make the frozen offices of testdata/semantics, which are not there; see its README")

// freezeOffices writes the frozen offices: those of every scenario with what they
// ask, the public record with its questions, and a generated office.
func freezeOffices(t *testing.T) {
	_, err := os.Stat(frozenOffices)
	require.ErrorIs(t, err, fs.ErrNotExist, "the offices are frozen: digests of earlier versions are of them")
	var packed bytes.Buffer
	zip, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	require.NoError(t, err)
	write := func(line frozenLine) {
		text, err := json.Marshal(line)
		require.NoError(t, err)
		_, err = zip.Write(append(text, '\n'))
		require.NoError(t, err)
	}
	bundles, written := map[string][]byte{}, map[string]bool{}
	for _, name := range rulesets.Names() {
		folder, err := rulesets.Of(name)
		require.NoError(t, err)
		bundles[name], err = rules.Bundle(folder)
		require.NoError(t, err)
		write(frozenLine{Body: string(bundles[name])})
		written[rules.Hash(bundles[name])] = true
	}
	keep := func(name string, log *memlog.Log, asked []frozenQuestion) {
		if len(asked) == 0 {
			return
		}
		for r, err := range log.Read(t.Context(), 0) { // editions of its own come before it
			require.NoError(t, err)
			env, err := codec.Decode(r.Data)
			require.NoError(t, err)
			if p, publishes := env.Event.(domain.RulesetPublished); publishes && !written[p.Hash] {
				hash, err := eventlog.ParseHash(p.Hash)
				require.NoError(t, err)
				body, err := log.Get(t.Context(), hash)
				require.NoError(t, err)
				write(frozenLine{Body: string(body)})
				written[p.Hash] = true
			}
		}
		write(frozenLine{Office: strings.ReplaceAll(name, " ", "-")})
		for r, err := range log.Read(t.Context(), 0) {
			require.NoError(t, err)
			write(frozenLine{Record: r.Data})
		}
		for i := range asked {
			write(frozenLine{Ask: &asked[i]})
		}
	}

	paths, err := filepath.Glob("scenario/testdata/*.scenario")
	require.NoError(t, err)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		file, err := scenario.Parse(filepath.Base(path), text)
		require.NoError(t, err)
		for _, s := range file.Scenarios {
			log := kept{memlog.New()}
			report, err := scenario.Run(t.Context(), &scenario.File{Name: file.Name, Scenarios: []*scenario.Scenario{s}}, func() (eventlog.Log, eventlog.Bodies, error) { return log, log.Log, nil })
			require.NoError(t, err)
			var asked []frozenQuestion
			for _, a := range report.Answers {
				if a.Card == nil {
					asked = append(asked, questionOf(a.Decision))
				}
			}
			keep(strings.TrimSuffix(file.Name, ".scenario")+":"+s.Name, log.Log, asked)
		}
	}

	record := memlog.New()
	office, err := demo.Load(t.Context(), io.Discard, record, record)
	require.NoError(t, err)
	questions, err := os.ReadFile("../rulesets/archive/questions.txt")
	require.NoError(t, err)
	var asked []frozenQuestion
	for line := range strings.Lines(string(questions)) {
		if cells := strings.Split(strings.TrimSpace(line), " | "); strings.HasPrefix(line, "T") {
			words := strings.Fields(cells[2])
			q := engine.Question{Privilege: domain.Privilege(words[0]), Request: map[string]string{}}
			for _, w := range words[1:] {
				key, value, _ := strings.Cut(w, "=")
				q.Request[key] = value
			}
			q.Subject, err = office.Find(cells[1], domain.KindMember, domain.KindMission)
			require.NoError(t, err)
			q.AsOf, err = office.ParseAsOf(cells[3])
			require.NoError(t, err)
			if cells[4] != "now" {
				q.AsKnown, err = office.ParseKnown(cells[4])
				require.NoError(t, err)
			}
			d, err := office.Ask(t.Context(), q)
			require.NoError(t, err)
			asked = append(asked, questionOf(d))
		}
	}
	keep("public-record", record, asked)

	made, err := generate.New(generate.Options{Members: 80, Events: 900, Seed: 20, From: calendar.Date{Year: 2020, Month: 1, Day: 1}, To: calendar.Date{Year: 2024, Month: 12, Day: 31}})
	require.NoError(t, err)
	log := memlog.New()
	office, err = engine.Found(t.Context(), engine.Config{Log: log, Bodies: log}, engine.Founding{Office: "generated", Zone: "America/New_York", Mode: domain.History, At: time.Date(2019, 6, 1, 12, 0, 0, 0, time.UTC), Bundles: [][]byte{bundles["common"]}})
	require.NoError(t, err)
	for c := range made.Commands() {
		_, err := office.Submit(t.Context(), c)
		require.NoError(t, err)
	}
	asked = nil
	members := office.Root().View().Subjects(domain.KindMember)
	for i := 0; i < len(members); i += 13 {
		for _, at := range []string{"2021-03-01", "2023-07-04", "2024-12-30"} {
			asOf, err := office.ParseAsOf(at)
			require.NoError(t, err)
			all, err := office.Standing(t.Context(), engine.Question{Subject: domain.Of(domain.KindMember, members[i]), AsOf: asOf})
			require.NoError(t, err)
			for _, d := range all {
				asked = append(asked, questionOf(d))
			}
		}
	}
	keep("generated", log, asked)
	require.NoError(t, zip.Close())
	require.NoError(t, os.WriteFile(frozenOffices, packed.Bytes(), 0o644))
}

func questionOf(d domain.Decision) frozenQuestion {
	return frozenQuestion{d.Subject.String(), d.Privilege, d.AsOf, d.AsKnown, d.Request}
}

// A kept log outlives whoever closes it.
type kept struct{ *memlog.Log }

func (kept) Close() error { return nil }

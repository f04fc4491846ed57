package scenario_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/scenario"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/sqlitelog"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/rules"
)

func encoded(t *testing.T, d domain.Decision) string {
	t.Helper()
	data, err := codec.EncodeDecision(d)
	require.NoError(t, err)
	return string(data)
}

// The same scenario gives the same answers, byte for byte, in a fresh office and
// after fifty fresh loads of its log: nothing hangs on the order of a map, on a
// clock, on chance, or on having been there when it was recorded.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	file := read(t, "testdata/edge-stacked.scenario")
	path := filepath.Join(t.TempDir(), "office.db")
	first := run(t, file, func() (eventlog.Log, eventlog.Bodies, error) {
		log, err := sqlitelog.Create(path, sqlitelog.Options{})
		return log, log, err
	}).Answers
	for range 2 {
		for i, again := range run(t, file, inMemory).Answers {
			require.Equal(t, encoded(t, first[i].Decision), encoded(t, again.Decision), "answer %d of a fresh office", i+1)
		}
	}

	loads := 50
	if testing.Short() {
		loads = 5
	}
	read := &rules.Editions{}
	for i := range loads {
		library := projections.NewLibrary()
		if i%10 > 0 { // each tenth reads the law anew, too: that it is read alike is for package rules to say
			library.Editions = read
		}
		reload(t, path, library, first)
	}
}

// reload opens the log again and asks the same questions.
func reload(t *testing.T, path string, library *projections.Library, answers []scenario.Answer) {
	t.Helper()
	log, err := sqlitelog.Open(path, sqlitelog.Options{ReadOnly: true})
	require.NoError(t, err)
	defer log.Close()
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	office, err := engine.Open(t.Context(), engine.Config{Log: log, Bodies: log, Clock: func() time.Time { return now }, Library: library})
	require.NoError(t, err)
	for i, a := range answers {
		d := a.Decision
		again, err := office.Ask(t.Context(), engine.Question{
			Subject: d.Subject, Privilege: d.Privilege, AsOf: d.AsOf, Request: d.Request,
			AsKnown: engine.Known{Position: d.AsKnown, AtPosition: true},
		})
		require.NoError(t, err)
		require.Equal(t, encoded(t, d), encoded(t, again), "answer %d after a fresh load", i+1)
	}
}

package rulesets_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/intake"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/eventlog/sqlitelog"
	"github.com/comity-project/comity/internal/demo"
	"github.com/comity-project/comity/internal/golden"
	"github.com/comity-project/comity/rulesets"
)

// Every question to the archive is answered as archive/questions.txt says, over
// either log: the outcome, its code, and what it rests on. With -update the
// answers are written anew.
func TestArchive(t *testing.T) {
	const path = "archive/questions.txt"
	for name, open := range map[string]func() (eventlog.Log, eventlog.Bodies){
		"memory": func() (eventlog.Log, eventlog.Bodies) { log := memlog.New(); return log, log },
		"sqlite": func() (eventlog.Log, eventlog.Bodies) {
			log, err := sqlitelog.Create(filepath.Join(t.TempDir(), "office.db"), sqlitelog.Options{})
			require.NoError(t, err)
			return log, log
		},
	} {
		t.Run(name, func(t *testing.T) {
			log, bodies := open()
			defer func() { require.NoError(t, log.Close()) }()
			office, err := demo.Load(t.Context(), io.Discard, log, bodies)
			require.NoError(t, err)
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			var got strings.Builder
			asked := map[string]int{}
			for line := range strings.Lines(string(text)) {
				if !strings.HasPrefix(line, "T") {
					got.WriteString(line)
					continue
				}
				cells := strings.Split(strings.TrimSpace(line), " | ")
				require.GreaterOrEqual(t, len(cells), 5, line)
				d := ask(t, office, cells[1], cells[2], cells[3], cells[4])
				outcome, rests := answered(office, d)
				got.WriteString(strings.Join(append(cells[:5:5], outcome, rests), " | ") + "\n")
				asked[cells[0]]++
			}
			golden.Compare(t, path, []byte(got.String()))
			assert.Len(t, asked, 20, "every case is asked about")
		})
	}
}

func ask(t *testing.T, office *engine.Engine, who, what, asOf, known string) domain.Decision {
	t.Helper()
	words := strings.Fields(what)
	q := engine.Question{Privilege: domain.Privilege(words[0])}
	for _, w := range words[1:] {
		key, value, _ := strings.Cut(w, "=")
		if q.Request == nil {
			q.Request = map[string]string{}
		}
		q.Request[key] = value
	}
	var err error
	q.Subject, err = office.Find(who, domain.KindMember, domain.KindMission)
	require.NoError(t, err)
	q.AsOf, err = office.ParseAsOf(asOf)
	require.NoError(t, err)
	if known != "now" {
		q.AsKnown, err = office.ParseKnown(known)
		require.NoError(t, err)
	}
	d, err := office.Ask(t.Context(), q)
	require.NoError(t, err, "%s %s", who, what)
	return d
}

// answered is an answer in short: its outcome with the codes of it, and what it
// rests on: the first rule that decides with its first source, the measure and the
// latest event. That sources differ is said too.
func answered(office *engine.Engine, d domain.Decision) (outcome, rests string) {
	outcome = string(d.Outcome)
	if outcome == "" {
		outcome = "no answer"
	}
	var codes, parts []string
	for _, e := range d.Errors {
		if e.Mattered {
			codes = append(codes, e.Fact)
		}
	}
	for _, c := range d.Conditions {
		codes = append(codes, c.Code+" "+string(c.State))
	}
	decides := slices.IndexFunc(d.Reasons, func(r domain.Reason) bool { return r.Decisive })
	if decides >= 0 {
		r := d.Reasons[decides]
		if r.Detail != "" {
			codes = append(codes, r.Detail)
		}
		parts = append(parts, r.Rule, r.Cite[0])
		if r.By != "" {
			parts = append(parts, r.By)
		}
		if n := len(r.Events); n > 0 {
			if e, found := office.Root().View().Envelope(r.Events[n-1]); found {
				parts = append(parts, fmt.Sprintf("%s %s", e.Type(), e.Subject))
			}
		}
	}
	if slices.ContainsFunc(d.Notes, func(n domain.Remark) bool { return n.Code == "sources_differ" }) {
		parts = append(parts, "sources differ")
	}
	if len(codes) > 0 {
		outcome += " [" + strings.Join(codes, ", ") + "]"
	}
	return outcome, strings.Join(parts, "; ")
}

// The archive can be recorded from its file, in one go.
func TestArchiveIsAFile(t *testing.T) {
	zone, err := calendar.LoadZone("America/New_York")
	require.NoError(t, err)
	batch, err := intake.Read(bytes.NewReader(rulesets.Archive()), intake.JSONLines, zone)
	require.NoError(t, err)
	require.NoError(t, batch.CheckSize())
	assert.Greater(t, batch.Events(), 150)
	for _, name := range rulesets.States() {
		_, found := rulesets.KnownSince(name)
		assert.True(t, found, "from when the edition of %s may be known", name)
	}
}

// Every event says of which case it is and what it rests on, and nobody in the
// archive has a name or a birth date.
func TestArchiveIsCited(t *testing.T) {
	for n, line := range strings.Split(string(rulesets.Archive()), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		assert.Regexp(t, `"correlation":"(registry|T[01][0-9]|T20)"`, line, "line %d", n+1)
		assert.Regexp(t, `"(authority|source|accounts)":`, line, "line %d", n+1)
		assert.NotContains(t, line, `"personal"`, "line %d", n+1)
	}
	sources, err := os.ReadFile("archive/SOURCES.md")
	require.NoError(t, err)
	for _, tag := range regexp.MustCompile(`\[[A-Z]+[0-9]\]|\b[0-9]{2} FR [0-9]+|FR Doc\. [0-9-]+`).FindAllString(string(rulesets.Archive()), -1) {
		assert.Contains(t, string(sources), strings.Trim(tag, "[]"), "a source that SOURCES.md does not explain")
	}
}

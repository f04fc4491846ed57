package engine_test

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/internal/golden"
	"github.com/comity-project/comity/projections"
)

const (
	frozenOffices = "testdata/semantics/offices.jsonl.gz"
	digestOf      = "testdata/semantics/v%d.txt"
)

// A frozenLine is one line of the frozen offices: a text of the law, an office that
// begins, a record of its log, or a question to it.
type frozenLine struct {
	Body   string          `json:"body,omitempty"`
	Office string          `json:"office,omitempty"`
	Record json.RawMessage `json:"record,omitempty"`
	Ask    *frozenQuestion `json:"ask,omitempty"`
}

type frozenQuestion struct {
	Subject   string            `json:"subject"` // perhaps visitor@MISSION
	Privilege domain.Privilege  `json:"privilege"`
	AsOf      time.Time         `json:"as_of"`
	AsKnown   domain.Position   `json:"as_known"`
	Request   map[string]string `json:"request,omitempty"`
}

// The same log means the same, as long as the semantics version is the same. The
// offices are frozen with the law that they published, so that no edition that
// ships, no scenario and no generator has a part in it.
func TestSemantics(t *testing.T) {
	if raced {
		t.Skip("nothing happens at the same time, and the detector makes it take a minute")
	}
	if *freeze {
		freezeOffices(t)
	}
	got := digests(t)
	path := fmt.Sprintf(digestOf, engine.Semantics)
	want, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && golden.Update() {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
		return
	}
	require.NoError(t, err, "a new semantics version has no digest yet: run this test with -update to write it, and say in CHANGELOG.md what means something else")
	if got == string(want) {
		return
	}
	was, is := byOffice(string(want)), byOffice(got)
	require.ElementsMatch(t, slices.Collect(maps.Keys(was)), slices.Collect(maps.Keys(is)), "%s is not of the offices that are frozen", path)
	var changed []string
	for _, office := range slices.Sorted(maps.Keys(is)) {
		if was[office] != is[office] {
			changed = append(changed, office)
		}
	}
	t.Fatalf(`the same log means something else than before, and engine.Semantics is %d as before: %d of %d offices answer otherwise, such as
  %s
If that is not meant, it is a fault: find it. If it is meant, raise engine.Semantics by hand, run
  go test ./engine -run TestSemantics -update
which writes the digest of the new version, and say in CHANGELOG.md what means something else.
The digest of a version that there is, %s, is not written again.`,
		engine.Semantics, len(changed), len(is), strings.Join(changed[:min(5, len(changed))], "\n  "), path)
}

// byOffice are the lines of a digest by the names of the offices.
func byOffice(digest string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(digest) {
		office, rest, _ := strings.Cut(line, " ")
		out[office] = rest
	}
	return out
}

// Every version has its digest, and each is of the same offices.
func TestSemanticsVersionsAreKept(t *testing.T) {
	for v := 1; v <= engine.Semantics; v++ {
		text, err := os.ReadFile(fmt.Sprintf(digestOf, v))
		require.NoError(t, err)
		assert.Greater(t, strings.Count(string(text), "\n"), 100, "offices")
	}
	_, err := os.Stat(fmt.Sprintf(digestOf, engine.Semantics+1))
	assert.ErrorIs(t, err, fs.ErrNotExist, "a digest of a version that is not implemented")
}

// digests asks the frozen offices all their questions, and returns a line for each
// office: its name, how many answers it gave, and their digest.
func digests(t *testing.T) string {
	t.Helper()
	file, err := os.Open(frozenOffices)
	require.NoError(t, err)
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	require.NoError(t, err)
	in := bufio.NewReader(unpacked)
	var (
		out    strings.Builder
		lib    = projections.NewLibrary()
		bodies = memlog.New()
		log    *memlog.Log
		office *engine.Engine
		name   string
		asked  int
		sum    = sha256.New()
	)
	finish := func() {
		if name != "" {
			fmt.Fprintf(&out, "%s %d %x\n", name, asked, sum.Sum(nil))
		}
		sum.Reset()
		asked = 0
	}
	var records []eventlog.Record
	for {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		var line frozenLine
		require.NoError(t, json.Unmarshal(text, &line))
		switch {
		case line.Body != "":
			_, err := bodies.Put(t.Context(), []byte(line.Body))
			require.NoError(t, err)
		case line.Office != "":
			finish()
			name, log, office, records = line.Office, memlog.New(), nil, nil
		case line.Record != nil:
			env, err := codec.Decode(line.Record)
			require.NoError(t, err)
			records = append(records, eventlog.Record{ID: eventlog.ID(env.ID), Recorded: env.Recorded, Subject: env.Subject.String(), Type: string(env.Type()), Data: line.Record})
		default:
			if office == nil {
				for at := 0; at < len(records); at += 500 {
					_, err := log.Append(t.Context(), eventlog.Position(at), records[at:min(at+500, len(records))]...)
					require.NoError(t, err)
				}
				office, err = engine.Open(t.Context(), engine.Config{Log: log, Bodies: bodies, Library: lib, Clock: func() time.Time { return time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC) }})
				require.NoError(t, err, name)
			}
			q := line.Ask
			who, err := domain.ParseAsked(q.Subject)
			require.NoError(t, err)
			d, err := office.Ask(t.Context(), engine.Question{Subject: who, Privilege: q.Privilege, AsOf: q.AsOf, AsKnown: engine.Known{Position: q.AsKnown, AtPosition: true}, Request: q.Request})
			require.NoError(t, err, "%s: %s %s", name, q.Subject, q.Privilege)
			d.Semantics, d.ZoneData = 0, "" // what it means is compared, and not by which version
			data, err := codec.EncodeDecision(d)
			require.NoError(t, err)
			sum.Write(append(data, '\n'))
			asked++
		}
	}
	finish()
	return out.String()
}

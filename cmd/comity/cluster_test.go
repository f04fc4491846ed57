package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/engine/replica"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/esdblog"
	"github.com/comity-project/comity/eventlog/esdblog/esdbtest"
)

// These tests are over a double of EventStoreDB, which is none.

// inFolder begins a test in a folder of its own, with a state folder in it.
func inFolder(t testing.TB) {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv("XDG_CACHE_HOME", filepath.Join(t.TempDir(), "cache"))
}

// apart begins a test that works beside others, and returns the whole path of what has a
// name in a folder of its own.
func apart(t *testing.T) (in func(name string) string) {
	t.Helper()
	t.Parallel()
	dir := t.TempDir()
	return func(name string) string { return filepath.Join(dir, name) }
}

// TestClusterCommands types the same for a log in a cluster and for a file, and compares
// what is said.
func TestClusterCommands(t *testing.T) {
	history, err := os.ReadFile("../../examples/arandia.jsonl")
	require.NoError(t, err)
	inFolder(t)
	require.NoError(t, os.WriteFile("arandia.jsonl", history, 0o600))
	address := esdbtest.New(t, 3).Address("ofm")
	remote := " --state kept --log " + address
	said := typed(t, "comity init --history"+remote)
	assert.Contains(t, said, "esdb://")
	assert.Contains(t, said, "its seal is kept/seal")
	typed(t, "comity init --history")
	for _, log := range []string{"", remote} {
		typed(t, "comity record --file arandia.jsonl"+log)
	}
	for _, line := range []string{
		"comity ask ana imm.criminal --as-of 2025-01-10",
		"comity ask ana imm.criminal --as-of 2025-01-10 -o json",
		"comity standing ana", "comity standing ana -o json", "comity history ana", "comity rules list",
	} {
		there := strings.ReplaceAll(typed(t, line+remote), " --log "+nameOf(address), "")
		assert.Equal(t, withoutIDs(typed(t, line)), withoutIDs(there), line)
	}
	assert.Equal(t, strings.Count(typed(t, "comity log list --limit 0"), "\n"), strings.Count(typed(t, "comity log list --limit 0"+remote), "\n"))

	// The seal vouches for all of it, and so does a check without one.
	var checked struct {
		OK       bool
		Position eventlog.Position
		Sealed   *eventlog.Position
		Snapshot *eventlog.Position
		Root     string
	}
	require.NoError(t, json.Unmarshal([]byte(typed(t, "comity log check -o json"+remote)), &checked))
	require.True(t, checked.OK)
	require.NotNil(t, checked.Sealed)
	assert.Equal(t, checked.Position, *checked.Sealed)
	root := checked.Root
	info, err := os.Stat("kept")
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())

	// The snapshot is used, and is disposable.
	assert.Contains(t, typed(t, "comity log snapshot"+remote), "Wrote kept/snapshot")
	before := typed(t, "comity standing ana -o json"+remote)
	assert.Contains(t, typed(t, "comity log snapshot --check"+remote), "whole")
	assert.Contains(t, typed(t, "comity check"+remote), "whole")
	typed(t, "comity log check --rebuild-seal"+remote)
	require.NoError(t, os.RemoveAll("kept"))
	assert.Equal(t, before, typed(t, "comity standing ana -o json"+remote), "asking needs no state")
	checked.Sealed = nil
	require.NoError(t, json.Unmarshal([]byte(typed(t, "comity log check -o json"+remote)), &checked))
	assert.Nil(t, checked.Sealed)
	assert.Equal(t, root, checked.Root)
	_, err = os.Stat("kept")
	assert.ErrorIs(t, err, os.ErrNotExist, "what only reads leaves nothing")

	code, _, complaint := outcome(t, "init", "--log", address)
	assert.Equal(t, exitInput, code)
	assert.Contains(t, complaint, "already holds an office with")
	code, _, complaint = outcome(t, "standing", "ana", "--log", strings.Replace(address, "/ofm", "/nobody", 1))
	assert.Equal(t, exitInput, code)
	assert.Contains(t, complaint, "/nobody holds no office yet: found one with comity init --log esdb://")

	// Without a name, the state is the user's, and one for each stream.
	typed(t, "comity record state.registered borvia name=Borvia --effective 2025-05-01 --recorded 2025-05-30 --log "+address)
	kept, err := filepath.Glob(filepath.Join(os.Getenv("XDG_CACHE_HOME"), "comity", "ofm-????????", "seal"))
	require.NoError(t, err)
	assert.Len(t, kept, 1)
}

// TestClusterNotAnAddress says what an address is, and takes other names for files.
func TestClusterNotAnAddress(t *testing.T) {
	inFolder(t)
	for _, log := range []string{"kurrentdb://one:2113/ofm", "ESDB://one:2113/ofm", "esdb:one:2113", " esdb://one:2113/ofm", "file:///var/comity.db"} {
		code, _, complaint := outcome(t, "standing", "ana", "--log", log)
		assert.Equal(t, exitInput, code, log)
		assert.Contains(t, complaint, "the address of a cluster begins with esdb:// or esdb+discover://", log)
	}
	for _, log := range []string{"esdb", "a:b.db", `C:\office\comity.db`, "esdb.db"} {
		assert.NoError(t, misspelled(log), log)
	}
}

// TestClusterThrowsAway tells whoever opens a log that its server throws records away,
// while they are there yet.
func TestClusterThrowsAway(t *testing.T) {
	in := apart(t)
	c := esdbtest.New(t, 1)
	address := c.Address("ofm")
	typed(t, "comity init --state "+in("kept")+" --log "+address)
	code, _, said := outcome(t, "log", "check", "--state", in("kept"), "--log", address)
	require.Zero(t, code, said)
	require.NotContains(t, said, "warning")
	c.SetMetadata("ofm", `{"$maxAge":3600}`)
	code, _, said = outcome(t, "log", "check", "--quiet", "--state", in("kept"), "--log", address)
	require.Zero(t, code, said)
	assert.Contains(t, said, "warning: esdb://")
	assert.Contains(t, said, "take it back at once")
}

// withoutIDs leaves out what differs from one office to another that is the same: the
// names of events.
func withoutIDs(text string) string {
	return regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{26}\b`).ReplaceAllString(text, "ID")
}

// TestClusterNamesNobody says that who connects is nowhere to be seen, whatever goes wrong.
func TestClusterNamesNobody(t *testing.T) {
	inFolder(t)
	const secret = "x7Hush"
	require.NoError(t, os.WriteFile("who", []byte("desk:"+secret+"\n"), 0o600))
	require.NoError(t, os.WriteFile("odd", []byte("desk "+secret+"\n"), 0o600))
	for _, args := range [][]string{
		{"standing", "ana", "--log", "esdb://desk:" + secret + "@127.0.0.1:1/ofm?tls=false"},
		{"standing", "ana", "--log", "esdb://desk:" + secret + "@/ofm"},
		{"standing", "ana", "--log", "esdb://desk:" + secret + "@127.0.0.1:port/ofm"},
		{"standing", "ana", "--log", "esdb://desk:" + secret + "@127.0.0.1:1/ofm?odd=1"},
		{"init", "--log", "esdb://desk:" + secret + "@127.0.0.1:1/o f m"},
		{"backup", "there", "--log", "esdb://desk:" + secret + "@127.0.0.1:1/ofm"},
		{"audit", "replay", "--decisions", "esdb://desk:" + secret + "@127.0.0.1:1/ofm"},
		{"check", "--decisions", "esdb://desk:" + secret + "@127.0.0.1:1/ofm"},
		{"log", "copy", "esdb://desk:" + secret + "@127.0.0.1:1/ofm?tls=false", "to.db"},
		{"log", "copy", "esdb://desk:" + secret + "@127.0.0.1:1/ofm", "esdb://desk:" + secret + "@127.0.0.1:1/ofm"},
		{"serve", "--log", "esdb://desk:" + secret + "@127.0.0.1:1/ofm?tls=false"},
		{"serve", "--set", "log=esdb://desk:" + secret + "@127.0.0.1:1/ofm?tls=false", "--set", "serve.listen=127.0.0.1:0", "--set", "operations.listen=127.0.0.1:0"},
		{"serve", "--set", "log=esdb://127.0.0.1:1/ofm?tls=false", "--set", "log_password_file=who", "--set", "serve.listen=127.0.0.1:0", "--set", "operations.listen=127.0.0.1:0"},
		{"serve", "--set", "log=esdb://127.0.0.1:1/ofm", "--set", "log_password_file=odd", "--set", "serve.listen=127.0.0.1:0", "--set", "operations.listen=127.0.0.1:0"},
		{"standing", "ana", "--log", "kurrentdb://desk:" + secret + "@127.0.0.1:1/ofm"},
		{"init", "--log", "ESDB://desk:" + secret + "@127.0.0.1:1/ofm"},
		{"check", "--log", " esdb://desk:" + secret + "@127.0.0.1:1/ofm"},
		{"backup", "there", "--log", "esdb:/desk:" + secret + "@127.0.0.1:1/ofm"},
		{"standing", "ana", "--log", "esdb://desk:a?" + secret + "@127.0.0.1:1/ofm"},
		{"log", "copy", "from.db", "esdbs://desk:" + secret + "@127.0.0.1:1/ofm"},
		{"log", "copy", "kurrentdb://desk:" + secret + "@127.0.0.1:1/ofm", "to.db"},
		{"generate", "--members", "1", "--events", "1", "--database", "kurrentdb://desk:" + secret + "@127.0.0.1:1/ofm"},
		{"serve", "config", "--set", "log=kurrentdb://desk:" + secret + "@127.0.0.1:1/ofm"},
		{"serve", "--set", "decisions=esdb://desk:" + secret + "@127.0.0.1:1/ofm"},
		{"serve", "config", "--set", "log=esdb://desk:" + secret + "@127.0.0.1:1/ofm", "--set", "log_password_file=who"},
		{"standing", "esdb://desk:" + secret + "@127.0.0.1:1/ofm"},
		{"esdb://desk:" + secret + "@127.0.0.1:1/ofm", "ask"},
		{"check", "esdb://desk:" + secret + "@127.0.0.1:1/ofm", "-o", "json"},
		{"ask", "ana", "imm.criminal", "--as-of", "esdb://de\"sk:" + secret + "@127.0.0.1:1/ofm"},
		{"check", "--log=kurrentdb://desk:" + secret + "@127.0.0.1:1/ofm", "--odd=esdb://desk:" + secret + "@127.0.0.1:1/ofm"},
	} {
		code, out, complaint := outcome(t, args...)
		if args[1] != "config" {
			assert.NotZero(t, code, args)
			assert.NotEmpty(t, complaint, args)
		}
		assert.NotContains(t, out+complaint, secret, args)
	}
}

// TestClusterPassword puts the user of a file into an address.
func TestClusterPassword(t *testing.T) {
	inFolder(t)
	write := func(text string) { require.NoError(t, os.WriteFile("who", []byte(text), 0o600)) }
	write("desk:a:b/c?d#e@f,g%\r\n")
	address, err := withPassword("esdb://one:2113,two:2113/ofm?tlsCAFile=ca.crt", "who")
	require.NoError(t, err)
	assert.Equal(t, "esdb://desk:a%3Ab%2Fc%3Fd%23e%40f%2Cg%25@one:2113,two:2113/ofm?tlsCAFile=ca.crt", address)
	assert.Equal(t, "esdb://one:2113,two:2113/ofm", nameOf(address))
	assert.Equal(t, "esdb+discover://hub/comity", nameOf("esdb+discover://a:b@hub?tls=true"))
	address, err = withPassword("esdb://one:2113/ofm?tlsCAFile=a@b", "who")
	require.NoError(t, err, "what stands after ? is no user")
	assert.True(t, strings.HasSuffix(address, "@one:2113/ofm?tlsCAFile=a@b"))
	_, err = withPassword("esdb://desk@one:2113/ofm", "who")
	require.ErrorContains(t, err, "esdb://one:2113/ofm: the address names a user, and log_password_file another")
	for _, text := range []string{"", "desk", ":x", "desk:", "desk:x\nops:y\n", strings.Repeat("x", mostPassword) + ":y"} {
		write(text)
		_, err = withPassword("esdb://one:2113/ofm", "who")
		require.ErrorContains(t, err, "log_password_file who: it ", text)
	}
	_, err = withPassword("esdb://one:2113/ofm", "nowhere")
	require.ErrorContains(t, err, "log_password_file nowhere: no such file")
	assert.Equal(t, usualState("esdb://one:2113,two:2113/ofm"), usualState("esdb://TWO:2113,one:2113/ofm"))
	assert.NotEqual(t, usualState("esdb://one:2113/ofm"), usualState("esdb://one:2113/ofm2"))
}

// typedBy is typed, with a clock that goes.
func typedBy(ctx context.Context, args ...string) (code int, said string) {
	var out bytes.Buffer
	code = run(ctx, machine{args: args, stdin: &bytes.Buffer{}, stdout: &out, stderr: &out, getenv: func(string) string { return "" }, clock: time.Now, editions: read})
	return code, out.String()
}

// TestClusterTwoRecord lets commands record at once: all of them succeed, whether or not
// they share a state, and the seal is of what there is.
func TestClusterTwoRecord(t *testing.T) {
	in := apart(t)
	address := esdbtest.New(t, 1).Address("ofm")
	code, said := typedBy(t.Context(), "init", "--state", in("one"), "--log", address)
	require.Zero(t, code, said)
	var busy sync.WaitGroup
	for i := range 6 {
		busy.Go(func() {
			state := []string{"one", "one", "two"}[i%3]
			code, said := typedBy(t.Context(), "record", "state.registered", fmt.Sprintf("state%d", i), "name=Borvia", "--state", in(state), "--log", address)
			assert.Zero(t, code, said)
		})
	}
	busy.Wait()
	code, said = typedBy(t.Context(), "record", "state.registered", "last", "name=Borvia", "--state", in("one"), "--log", address)
	require.Zero(t, code, said)
	code, said = typedBy(t.Context(), "log", "check", "--state", in("one"), "--log", address)
	require.Zero(t, code, said)
	assert.Contains(t, said, "sealed    9 of 9")
	held, err := takeState(in("one"))
	require.NoError(t, err)
	defer held.release()
	code, said = typedBy(t.Context(), "log", "snapshot", "--state", in("one"), "--log", address)
	assert.Equal(t, exitInput, code)
	assert.Contains(t, said, "the seal and the snapshot in "+in("one")+" are kept by pid ")
	code, said = typedBy(t.Context(), "serve", "--state", in("one"), "--log", address, "--set", "serve.listen=127.0.0.1:0", "--set", "operations.listen=127.0.0.1:0")
	assert.Equal(t, exitInput, code)
	assert.Contains(t, said, "name another folder with --state")
}

// TestClusterServe has two servers of one office: what one records the other answers by,
// through a lost leader.
func TestClusterServe(t *testing.T) {
	in := apart(t)
	c := esdbtest.New(t, 3)
	address := c.Address("ofm")
	code, said := typedBy(t.Context(), "init", "--state", in("one"), "--log", address)
	require.Zero(t, code, said)
	for _, line := range []string{"state.registered arandia name=Arandia", "mission.opened arandia-embassy state=arandia kind=embassy --effective 2020-01-01"} {
		code, said = typedBy(t.Context(), append(append([]string{"record"}, words(line)...), "--state", in("one"), "--log", address)...)
		require.Zero(t, code, said)
	}
	one := startServing(t, "comity serve --state "+in("one")+" --log "+address+" --decisions "+in("one.db"))
	two := startServing(t, "comity serve --state "+in("two")+" --log "+address+" --set serve.name=second")
	record := func(s *serving, member string) (status int, text string) {
		return s.ask(http.MethodPost, s.url+"/v1/events", arrival(member), "Idempotency-Key", member)
	}
	knows := func(s *serving, member string) bool {
		status, _ := s.ask(http.MethodGet, s.url+"/v1/subjects/member/"+member+"/standing", "")
		return status == http.StatusOK
	}
	for i := range 10 {
		status, text := record(one, fmt.Sprintf("of-one-%d", i))
		require.Less(t, status, 300, text)
		status, text = record(two, fmt.Sprintf("of-two-%d", i))
		require.Less(t, status, 300, text)
		if i == 5 {
			c.Depose()
			c.Elect(1)
		}
	}
	for _, s := range []*serving{one, two} {
		require.Eventually(t, func() bool { return knows(s, "of-one-9") && knows(s, "of-two-9") }, patience, 20*time.Millisecond, s.said())
		require.Eventually(t, func() bool {
			code, said = typedBy(t.Context(), "healthcheck", "--url", s.operations+"/readyz")
			return code == 0
		}, patience, 50*time.Millisecond)
	}
	_, text := one.ask(http.MethodGet, one.operations+"/metrics", "")
	assert.Contains(t, text, "comity_log_position 24\n")
	assert.Contains(t, text, "comity_log_notices_total ")
	assert.Contains(t, text, "comity_command_conflicts_total ")
	assert.Contains(t, text, "\ncomity_halted 0\n")

	// Without its cluster a server answers, says that it is not ready, and comes back.
	for i := range 3 {
		c.Kill(i)
	}
	require.Eventually(t, func() bool {
		status, text := one.ask(http.MethodGet, one.operations+"/readyz", "")
		return status == http.StatusServiceUnavailable && strings.Contains(text, "the log")
	}, patience, 50*time.Millisecond)
	assert.True(t, knows(one, "of-two-9"))
	for i := range 3 {
		c.Start(i)
	}
	c.Elect(0)
	require.Eventually(t, func() bool {
		status, _ := one.ask(http.MethodGet, one.operations+"/readyz", "")
		return status == http.StatusOK
	}, patience, 50*time.Millisecond, one.said())
	status, text := record(one, "after")
	require.Less(t, status, 300, text)
	require.Eventually(t, func() bool { return knows(two, "after") }, patience, 20*time.Millisecond)
	assert.Zero(t, one.end())
	assert.Zero(t, two.end())
	for _, state := range []string{"one", "two"} { // both kept the seal up
		code, said = typedBy(t.Context(), "log", "check", "--state", in(state), "--log", address)
		require.Zero(t, code, said)
		assert.Contains(t, said, "sealed    25 of 25", state)
	}
}

// TestClusterLogCopy moves an office from a file into a cluster and back, while
// connections are lost.
func TestClusterLogCopy(t *testing.T) {
	in := apart(t)
	from, to := in("from.db"), in("back.db")
	typed(t, "comity generate --members 60 --events 3000 --database "+from)
	c := esdbtest.New(t, 3)
	address := c.Address("ofm")
	for _, do := range []esdbtest.Mischief{esdbtest.CutBefore, esdbtest.CutAfter, esdbtest.UnavailableAfter, esdbtest.AbortAfter} {
		c.Inject(esdbtest.Fault{On: esdbtest.Append, Do: do})
	}
	c.Inject(esdbtest.Fault{On: esdbtest.Read, Stream: "ofm", Do: esdbtest.CutAfter, After: 100})
	var there, back copiedLog
	require.NoError(t, json.Unmarshal([]byte(typed(t, "comity log copy "+from+" "+address+" -o json")), &there))
	c.Inject(esdbtest.Fault{On: esdbtest.Read, Stream: "ofm", Do: esdbtest.CutAfter, After: 1500})
	require.NoError(t, json.Unmarshal([]byte(typed(t, "comity log copy "+address+" "+to+" -o json")), &back))
	var checked struct{ Root string }
	require.NoError(t, json.Unmarshal([]byte(typed(t, "comity log check -o json --log "+from)), &checked))
	assert.Equal(t, checked.Root, there.Root.String())
	assert.Equal(t, there.Root, back.Root)
	assert.Equal(t, there.Position, back.Position)
	assert.Equal(t, from, there.From)
	assert.NotContains(t, there.To, "?")
	for _, log := range []string{from, to, address} {
		assert.Equal(t, typed(t, "comity population --log "+from), typed(t, "comity population --log "+log))
	}

	// A copy that is broken off says how to go on.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	other := c.Address("other")
	c.Inject(esdbtest.Fault{On: esdbtest.Append, Stream: "other"}) // the first append is as it should be
	c.Inject(esdbtest.Fault{On: esdbtest.Append, Stream: "other", Times: 1 << 20, Until: make(chan struct{})})
	go func() {
		for ctx.Err() == nil {
			if len(c.Stream("other")) > 0 {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	code, said := typedBy(ctx, "log", "copy", from, other)
	require.Equal(t, exitInterrupted, code, said)
	require.Regexp(t, `error: interrupted: esdb://\S+/other holds the first \d+ of 3002 records; run it again to go on: comity log copy `+regexp.QuoteMeta(from)+` esdb://\S+/other\n`, said)
	c.ClearFaults()
	var rest copiedLog
	require.NoError(t, json.Unmarshal([]byte(typed(t, "comity log copy "+from+" "+other+" -o json")), &rest))
	assert.Positive(t, rest.Had)
	assert.Less(t, rest.Had, rest.Position)
	assert.Equal(t, there.Root, rest.Root)
}

// TestClusterForged shows one server another history than the others have: it does not
// start on it, and halts when it meets it later.
func TestClusterForged(t *testing.T) {
	in := apart(t)
	c := esdbtest.New(t, 1)
	address := c.Address("ofm")
	code, said := typedBy(t.Context(), "init", "--state", in("one"), "--log", address)
	require.Zero(t, code, said)
	record := func(id string) {
		code, said := typedBy(t.Context(), "record", "state.registered", id, "name=Arandia", "--state", in("desk"), "--log", address)
		require.Zero(t, code, said)
	}
	record("arandia")
	record("carvia")
	metric := func(s *serving, line string) func() bool {
		return func() bool {
			_, text := s.ask(http.MethodGet, s.operations+"/metrics", "")
			return strings.Contains(text, "\n"+line+"\n")
		}
	}
	one := startServing(t, "comity serve --state "+in("one")+" --log "+address)
	require.Eventually(t, metric(one, "comity_checkpoint_position 4"), patience, 50*time.Millisecond, "it tells what it has")
	assert.True(t, metric(one, "comity_halted 0")())

	// A server that has never seen the log finds what the others say of it.
	way := esdbtest.NewProxy(t, c)
	forge := func(revision uint64) *esdbtest.Injected {
		return c.Inject(esdbtest.Fault{Proxy: way, Stream: "ofm", Times: -1, Alter: esdbtest.Forge(revision, func(e *esdbtest.Event) {
			e.Data = bytes.Replace(e.Data, []byte("Arandia"), []byte("Arundia"), 1)
		})})
	}
	forged := forge(2)
	serve := func(state string) (int, string) {
		return typedBy(t.Context(), "serve", "--state", in(state), "--log", way.Address("ofm"), "--set", "serve.listen=127.0.0.1:0", "--set", "operations.listen=127.0.0.1:0")
	}
	code, said = serve("new")
	assert.Equal(t, exitVerification, code, said)
	assert.Contains(t, said, "this replica has halted")
	forged.Clear()

	// One that has seen it needs nobody else.
	two := startServing(t, "comity serve --state "+in("two")+" --set serve.read_only=true --set serve.name=two --log "+way.Address("ofm"))
	assert.Zero(t, two.end(), two.said())
	forged = forge(2)
	code, said = typedBy(t.Context(), "log", "check", "--state", in("two"), "--log", way.Address("ofm"))
	assert.Equal(t, exitVerification, code, said)
	assert.Contains(t, said, "position 2: seal: ")
	code, said = serve("two")
	assert.Equal(t, exitVerification, code, said)
	assert.Contains(t, said, "is not what the seal "+in("two/seal")+" vouches for")
	forged.Clear()

	// One that runs answers nothing once it has met something else.
	two = startServing(t, "comity serve --state "+in("two")+" --set serve.read_only=true --set serve.name=two --log "+way.Address("ofm"))
	forge(4)
	record("borvia")
	require.Eventually(t, func() bool {
		_, text := two.ask(http.MethodGet, two.operations+"/readyz", "")
		return strings.Contains(text, "this replica has halted")
	}, patience, 50*time.Millisecond, two.said())
	assert.True(t, metric(two, "comity_halted 1")())
	const says = "halted: nothing is answered or recorded until the server is started again"
	require.Eventually(t, func() bool { return strings.Contains(two.said(), says) }, patience, 10*time.Millisecond)
	status, text := two.ask(http.MethodPost, two.url+"/v1/ask", anaCriminal)
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, text, "has halted")
	assert.True(t, metric(one, "comity_halted 0")())
	assert.Zero(t, two.end())
}

// An office is not made where something else is kept, or will be.
func TestClusterNotAnOffice(t *testing.T) {
	in := apart(t)
	c := esdbtest.New(t, 1)
	log, err := esdblog.Open(t.Context(), c.Address("notes"), esdblog.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, log.Close()) }()
	_, err = log.Append(t.Context(), 0, eventlog.Record{ID: eventlog.ID{1}, Recorded: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC), Subject: "note/one", Type: "note", Data: []byte(`{"note":"milk"}`)})
	require.NoError(t, err)
	code, said := typedBy(t.Context(), "init", "--state", in("one"), "--log", c.Address("notes"))
	assert.Equal(t, exitInput, code)
	assert.Contains(t, said, "already holds 1 record, and not of an office: name another log")
	for _, command := range [][]string{
		{"init", "--state", in("one"), "--log", c.Address("ofm-checkpoints")},
		{"log", "copy", in("ofm.db"), c.Address("ofm-checkpoints")},
	} {
		if command[0] == "log" {
			code, said := typedBy(t.Context(), "init", "--log", in("ofm.db"))
			require.Zero(t, code, said)
		}
		code, said := typedBy(t.Context(), command...)
		assert.Equal(t, exitInput, code)
		assert.Contains(t, said, "/ofm-checkpoints can't hold an office")
	}
	assert.Empty(t, c.Stream("ofm-checkpoints"))
	assert.Len(t, c.Stream("notes"), 1)
}

// A checkpoint that is false stops those who hold something else, until all of them begin
// another log of checkpoints.
func TestClusterFalseCheckpoint(t *testing.T) {
	in := apart(t)
	c := esdbtest.New(t, 1)
	address := c.Address("ofm")
	code, said := typedBy(t.Context(), "init", "--state", in("one"), "--log", address)
	require.Zero(t, code, said)
	log, err := esdblog.Open(t.Context(), c.Address("ofm-checkpoints"), esdblog.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, log.Close()) }()
	untrue, err := json.Marshal(replica.Checkpoint{Comity: "checkpoint", Office: "office", Position: 1, Root: eventlog.HashBody([]byte("another")), Replica: "liar"})
	require.NoError(t, err)
	_, err = log.Append(t.Context(), 0, eventlog.Record{ID: eventlog.ID{1}, Recorded: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC), Subject: "office/office", Type: "checkpoint", Data: untrue})
	require.NoError(t, err)
	serve := []string{"serve", "--state", in("one"), "--log", address, "--set", "serve.listen=127.0.0.1:0", "--set", "operations.listen=127.0.0.1:0"}
	ctx, cancel := context.WithTimeout(t.Context(), patience) // in which it would end in order
	defer cancel()
	code, said = typedBy(ctx, serve...)
	assert.Equal(t, exitVerification, code, said)
	assert.Contains(t, said, "at liar")
	assert.Contains(t, said, "serve.checkpoints")
	for _, wrong := range []string{"", "$x", "a/b"} {
		code, said = typedBy(ctx, append(serve, "--set", "serve.checkpoints="+wrong)...)
		assert.Equal(t, exitInput, code, said)
		assert.Contains(t, said, "serve.checkpoints")
	}
	s := startServing(t, "comity serve --state "+in("one")+" --set serve.checkpoints=checkpoints-2 --log "+address)
	require.Eventually(t, func() bool { return len(c.Stream("ofm-checkpoints-2")) == 2 }, patience, 50*time.Millisecond)
	assert.Zero(t, s.end())
}

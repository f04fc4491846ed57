package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine/replica"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/esdblog/esdbtest"
)

// These tests run servers as processes of their own, which can be killed and stopped,
// over one double of EventStoreDB, which is none.

// The variables by which this binary becomes a server: a command line, by how much its
// clock is wrong, after how many records it tells the others its root, and after how much
// quiet.
const (
	replicaOf    = "COMITY_TEST_REPLICA"
	replicaSkew  = "COMITY_TEST_SKEW"
	replicaEvery = "COMITY_TEST_EVERY"
	replicaQuiet = "COMITY_TEST_QUIET"
)

// beReplica serves until it is told to end, or until whoever started it is gone.
func beReplica(line string) int {
	skew, err := time.ParseDuration(os.Getenv(replicaSkew))
	quiet, wrong := time.ParseDuration(os.Getenv(replicaQuiet))
	every, odd := strconv.ParseUint(os.Getenv(replicaEvery), 10, 62)
	if err := errors.Join(err, wrong, odd); err != nil {
		panic(err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(exitInternal)
	}()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, machine{
		args: words(line), stdin: strings.NewReader(""), stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv,
		clock:   func() time.Time { return time.Now().Add(skew) },
		keeping: func(k *replica.Keeper) { k.Every, k.Quiet = domain.Position(every), quiet },
	})
}

// patience is how long a test waits for what has to come.
const patience = 2 * time.Minute

// A rhythm is how often a replica tells the others its root.
type rhythm struct {
	every int           // records from one to the next; 0 is 20
	quiet time.Duration // with nothing recorded until one comes sooner; 0 is 200 ms
}

// A peer is a replica of an office: a process that serves the office of a cluster, and has a way of its own to it.
type peer struct {
	t     testing.TB
	dir   string // of all replicas of the office
	name  string
	proxy *esdbtest.Proxy
	skew  time.Duration // of its clock
	rhythm

	mu              sync.Mutex
	process         *os.Process   // mu
	ended           chan struct{} // closed when the process has; mu
	code            int           // its exit code, once it has ended; mu
	url, operations string        // once it serves; mu
	log             bytes.Buffer  // what all its processes said; mu
}

func (r *peer) state() string { return filepath.Join(r.dir, "state-"+r.name) }

// start starts the process and returns at once.
func (r *peer) start() {
	r.t.Helper()
	line := fmt.Sprintf("serve --state %s --log %s --set serve.name=%s --set serve.listen=127.0.0.1:0 --set serve.requests=none --set operations.listen=127.0.0.1:0",
		r.state(), r.proxy.Address("ofm"), r.name)
	self, err := os.Executable()
	require.NoError(r.t, err)
	cmd := exec.Command(self)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), replicaOf+"="+line, replicaSkew+"="+r.skew.String(),
		replicaEvery+"="+strconv.Itoa(cmp.Or(r.every, 20)), replicaQuiet+"="+cmp.Or(r.quiet, 200*time.Millisecond).String())
	alive, err := cmd.StdinPipe()
	require.NoError(r.t, err)
	from, err := cmd.StderrPipe()
	require.NoError(r.t, err)
	require.NoError(r.t, cmd.Start())
	ended := make(chan struct{})
	r.mu.Lock()
	r.process, r.ended, r.code, r.url, r.operations = cmd.Process, ended, -1, "", ""
	r.mu.Unlock()
	go func() {
		defer close(ended)
		defer func() { _ = alive.Close() }()
		lines := bufio.NewReader(from)
		for {
			text, err := lines.ReadBytes('\n')
			var said struct{ Message, URL, Operations string }
			heard := json.Unmarshal(text, &said) == nil && said.Message == "serving"
			r.mu.Lock()
			r.log.Write(text)
			if heard {
				r.url, r.operations = said.URL, said.Operations
			}
			r.mu.Unlock()
			if err != nil {
				break
			}
		}
		_ = cmd.Wait() // the exit code says it
		r.mu.Lock()
		r.code, r.url = cmd.ProcessState.ExitCode(), ""
		r.mu.Unlock()
	}()
}

// signal sends a signal to the process, and reports whether there was one.
func (r *peer) signal(s os.Signal) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.process != nil && r.process.Signal(s) == nil
}

// gone waits until the process has ended, and returns its exit code.
func (r *peer) gone() int {
	r.mu.Lock()
	ended := r.ended
	r.mu.Unlock()
	if ended == nil {
		return -1
	}
	select {
	case <-ended:
	case <-time.After(patience):
		r.t.Errorf("%s does not end", r.name)
		r.signal(os.Kill)
		<-ended
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.code
}

// kill ends the process as a power cut would.
func (r *peer) kill() {
	r.signal(os.Kill)
	r.gone()
}

// end ends the process in order.
func (r *peer) end() int {
	r.signal(syscall.SIGTERM)
	return r.gone()
}

// at is where the replica answers; "" while it does not.
func (r *peer) at() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.url
}

// said is what the replica said.
func (r *peer) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// lately is the end of what the replica said.
func (r *peer) lately() string {
	text := r.said()
	return text[max(0, len(text)-4000):]
}

// readiness asks the replica whether it is ready; the zero readiness is no answer.
func (r *peer) readiness() (status int, said readiness) {
	r.mu.Lock()
	at := r.operations
	r.mu.Unlock()
	if at == "" {
		return 0, said
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, at+"/readyz", http.NoBody)
	if err != nil {
		return 0, said
	}
	w, err := http.DefaultClient.Do(q)
	if err != nil {
		return 0, said
	}
	defer func() { _ = w.Body.Close() }()
	if json.NewDecoder(w.Body).Decode(&said) != nil {
		return 0, said
	}
	return w.StatusCode, said
}

// metric reads a number of the replica's metrics; all lines of that name together.
func (r *peer) metric(name string) float64 {
	r.mu.Lock()
	at := r.operations
	r.mu.Unlock()
	w, err := http.Get(at + "/metrics")
	if err != nil {
		return 0
	}
	defer func() { _ = w.Body.Close() }()
	text, _ := io.ReadAll(w.Body)
	sum := 0.0
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		key, _, _ = strings.Cut(key, "{")
		if n, err := strconv.ParseFloat(value, 64); key == name && err == nil {
			sum += n
		}
	}
	return sum
}

// Replicas are servers of one office over one cluster.
type replicas struct {
	t   testing.TB
	dir string // for all that they keep
	c   *esdbtest.Cluster
	all []*peer
}

// startReplicas founds an office in a cluster of three nodes, with a folder of its own, and
// starts servers of it. It does not wait for them.
func startReplicas(t testing.TB, peers ...*peer) *replicas {
	t.Helper()
	rs := &replicas{t: t, dir: t.TempDir(), c: esdbtest.New(t, 3)}
	rs.found()
	for _, r := range peers {
		rs.add(r).start()
	}
	t.Cleanup(func() {
		for _, r := range rs.all {
			r.kill()
			if t.Failed() {
				t.Logf("%s said at last:\n%s", r.name, r.lately())
			}
		}
	})
	return rs
}

// add gives one more a name and a way to the cluster.
func (rs *replicas) add(r *peer) *peer {
	r.t, r.dir, r.name, r.proxy = rs.t, rs.dir, fmt.Sprintf("r%d", len(rs.all)), esdbtest.NewProxy(rs.t, rs.c)
	rs.all = append(rs.all, r)
	return r
}

// found makes the office, which has a mission with people in it.
func (rs *replicas) found() {
	rs.t.Helper()
	begun := `{"subject":"state/arandia","type":"state.registered","effective":"2020-01-01","authority":"note 1","payload":{"name":"Arandia"}}
{"subject":"mission/arandia-embassy","type":"mission.opened","effective":"2020-01-01","authority":"note 1","payload":{"state":"arandia","kind":"embassy"}}
`
	for i := range shared {
		begun += fmt.Sprintf(`{"subject":"member/shared%d","type":"member.accredited","effective":"2024-01-01","authority":"note 2","payload":{"mission":"arandia-embassy","category":"dip.agent"}}`+"\n", i)
	}
	file := filepath.Join(rs.dir, "begun.jsonl")
	require.NoError(rs.t, os.WriteFile(file, []byte(begun), 0o600))
	for _, line := range []string{"init", "record --file " + file} {
		code, said := typedBy(rs.t.Context(), append(words(line), "--state", filepath.Join(rs.dir, "founder"), "--log", rs.c.Address("ofm"))...)
		require.Zero(rs.t, code, said)
	}
}

// ready waits until all replicas are ready, and at the end of the log.
func (rs *replicas) ready() {
	rs.t.Helper()
	for _, r := range rs.all {
		var status int
		var said readiness
		if !assert.Eventually(rs.t, func() bool {
			status, said = r.readiness()
			return status == http.StatusOK && said.Ready && int(said.Position) == len(rs.c.Stream("ofm"))
		}, patience, 20*time.Millisecond) {
			rs.t.Fatalf("%s is not ready, with %d records in the log: %d %+v", r.name, len(rs.c.Stream("ofm")), status, said)
		}
	}
}

// events are what the log holds, read from the cluster itself.
func (rs *replicas) events() []domain.Envelope {
	rs.t.Helper()
	var out []domain.Envelope
	for _, e := range rs.c.Stream("ofm") {
		env, err := codec.Decode(e.Data)
		require.NoError(rs.t, err)
		require.Equal(rs.t, env.ID[:], e.ID[:])
		require.EqualValues(rs.t, len(out), e.Revision, "positions are dense")
		out = append(out, env)
	}
	return out
}

// roots ends the replicas in order, and expects that each has sealed the whole log, with
// one root.
func (rs *replicas) roots() eventlog.Hash {
	rs.t.Helper()
	var root eventlog.Hash
	for i, r := range rs.all {
		require.Zero(rs.t, r.end(), "%s\n%s", r.name, r.lately())
		code, text := typedBy(rs.t.Context(), "log", "check", "-o", "json", "--state", r.state(), "--log", rs.c.Address("ofm"))
		require.Zero(rs.t, code, text)
		var checked struct {
			OK               bool
			Position, Sealed eventlog.Position
			Root             eventlog.Hash
		}
		require.NoError(rs.t, json.Unmarshal([]byte(text), &checked))
		assert.True(rs.t, checked.OK)
		assert.EqualValues(rs.t, len(rs.c.Stream("ofm")), checked.Position)
		assert.Equal(rs.t, checked.Position, checked.Sealed, "%s has sealed all there is", r.name)
		if i == 0 {
			root = checked.Root
		}
		assert.Equal(rs.t, root, checked.Root, r.name)
	}
	return root
}

// agree waits until all replicas have held the root of the whole log to a checkpoint of
// it, and expects that each has compared some.
func (rs *replicas) agree() {
	rs.t.Helper()
	end := float64(len(rs.c.Stream("ofm")))
	for _, r := range rs.all {
		require.Eventually(rs.t, func() bool { return r.metric("comity_checkpoint_position") == end }, patience, 50*time.Millisecond, "%s\n%s", r.name, r.lately())
		require.Positive(rs.t, r.metric("comity_checkpoints_compared_total"), r.name)
	}
}

// replicaCases says by how much the long tests are longer than usual: COMITY_CASES times.
func replicaCases(t *testing.T) int {
	text := os.Getenv("COMITY_CASES")
	if text == "" {
		return 1
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "COMITY_CASES")
	return max(n, 1)
}

// replicaSeed is what chance begins with: COMITY_SEED, or the same as always.
func replicaSeed(t *testing.T) uint64 {
	text := os.Getenv("COMITY_SEED")
	if text == "" {
		return 1
	}
	n, err := strconv.ParseUint(text, 10, 64)
	require.NoError(t, err, "COMITY_SEED")
	return n
}

// TestReplicas lets clients record and ask at three servers, while one after the other
// of them, of the nodes of the cluster, and of the ways between is killed, stopped, cut
// and mended. Nothing that was acknowledged is lost or there twice, and no two servers
// ever answer differently at one position.
func TestReplicas(t *testing.T) {
	t.Parallel()
	// Their clocks are wrong, which is nobody's business but the log's.
	rs := startReplicas(t, &peer{}, &peer{skew: -90 * time.Second}, &peer{skew: 45 * time.Second})
	rs.ready()
	cl := newClients(rs, replicaSeed(t))
	cl.patience = clientPatience
	stop := cl.run()
	cl.progress(30)
	if !testing.Short() {
		newChaos(rs, cl, replicaSeed(t)).script(14 * replicaCases(t))
	}
	cl.progress(10)
	stop()
	rs.ready()
	cl.verify()
	rs.agree()
	t.Logf("%d checkpoints, root %s", len(rs.c.Stream("ofm-checkpoints")), rs.roots())
	left, err := filepath.Glob(filepath.Join(rs.dir, "state-*", "seal"))
	require.NoError(t, err)
	assert.Len(t, left, len(rs.all))
}

// TestReplicaWaits loses the cluster while a server opens its office, which waits for it and
// does not end.
func TestReplicaWaits(t *testing.T) {
	t.Parallel()
	rs := startReplicas(t)
	r := rs.add(&peer{})
	rs.c.Inject(esdbtest.Fault{On: esdbtest.Read, Stream: "ofm", Proxy: r.proxy, Do: esdbtest.UnavailableBefore, Times: -1})
	r.start()
	require.Eventually(t, func() bool {
		select {
		case <-r.ended:
			return true
		default:
			return strings.Contains(r.said(), "tried again")
		}
	}, patience, 20*time.Millisecond)
	rs.c.ClearFaults()
	rs.ready()
}

package replica_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/replica"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/eventlog/seal"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

var library = projections.NewLibrary()

// TestMain loads the law, outside of every bubble.
func TestMain(m *testing.M) {
	bundle, err := rules.Bundle(rulesets.Common())
	if err == nil {
		_, err = library.Common(library.Put(bundle))
	}
	if err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func now() time.Time { return time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC) }

// founded is the log of an office that knows two members.
func founded(t *testing.T) *memlog.Log {
	t.Helper()
	bundle, err := rules.Bundle(rulesets.Common())
	require.NoError(t, err)
	log := memlog.New()
	e, err := engine.Found(t.Context(), engine.Config{Log: log, Bodies: log, Clock: now, Library: library}, engine.Founding{Office: "office", Zone: "America/New_York", Mode: domain.Live, Bundles: [][]byte{bundle}})
	require.NoError(t, err)
	record(t, e, domaintest.Registered("arandia", "2020-01-01"), domaintest.Opened("arandia-embassy", "arandia", "embassy", "2020-01-01"),
		domaintest.Accredited("ana", "arandia-embassy", "dip.agent", "2024-01-01"))
	return log
}

func record(t *testing.T, e *engine.Engine, events ...domain.Envelope) engine.Receipt {
	t.Helper()
	for i := range events {
		events[i].ID, events[i].Command, events[i].Recorded = domain.EventID{}, domain.CommandID{}, time.Time{}
	}
	receipt, err := e.Submit(t.Context(), domain.Command{Actor: "test", Drafts: events})
	require.NoError(t, err)
	return receipt
}

var members int

func member(t *testing.T, e *engine.Engine) {
	t.Helper()
	members++
	record(t, e, domaintest.Accredited(domain.MemberID(fmt.Sprintf("m-%d", members)), "arandia-embassy", "dip.at", "2024-01-01"))
}

// A place is a replica with its keeper.
type place struct {
	*engine.Engine
	keeper *replica.Keeper
	tree   *seal.Tree
	mu     sync.Mutex
	said   []string
	ended  chan error
}

func (p *place) heard() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.said...)
}

// open opens a replica on a log.
func open(t *testing.T, name string, log *memlog.Log, checkpoints eventlog.Log) *place {
	t.Helper()
	e, err := engine.Open(t.Context(), engine.Config{Log: log, Bodies: log, Clock: now, Library: library})
	require.NoError(t, err)
	p := &place{Engine: e, tree: seal.New(), ended: make(chan error, 1)}
	p.keeper = &replica.Keeper{
		Checkpoints: checkpoints, Roots: p.tree, Engine: e, Name: name, Program: "v1", Every: 4, Clock: now,
		CatchUp: func(ctx context.Context) error { return p.tree.CatchUp(ctx, log) },
		Notice: func(text string) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.said = append(p.said, text)
		},
	}
	return p
}

func (p *place) run(ctx context.Context) {
	go func() { _ = p.Follow(ctx) }()
	go func() { p.ended <- p.keeper.Run(ctx) }()
}

// published reads the log of checkpoints, but for who is there.
func published(t *testing.T, log eventlog.Log) (out []replica.Checkpoint) {
	t.Helper()
	for r, err := range log.Read(t.Context(), 0) {
		require.NoError(t, err)
		var c replica.Checkpoint
		require.NoError(t, json.Unmarshal(r.Data, &c))
		require.NoError(t, eventlog.CheckAppend(r))
		if c.Comity == "checkpoint" {
			out = append(out, c)
		}
	}
	return out
}

// forged is a copy of a log in which somebody changed one event.
func forged(t *testing.T, log eventlog.Log, at int) *memlog.Log {
	t.Helper()
	other := memlog.New()
	for r, err := range log.Read(t.Context(), 0) {
		require.NoError(t, err)
		if at--; at == -1 {
			env, err := codec.Decode(r.Data)
			require.NoError(t, err)
			env.Authority = "a note that there never was"
			records, err := engine.Records([]domain.Envelope{env})
			require.NoError(t, err)
			r = records[0]
		}
		head, err := other.Head(t.Context())
		require.NoError(t, err)
		_, err = other.Append(t.Context(), head, r)
		require.NoError(t, err)
	}
	return other
}

// A replica that was told another event than the log holds finds it out before it publishes
// what it makes of it. One whose log can't be read for that publishes nothing until it can.
func TestVerifiesBeforePublishing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, beside := founded(t), memlog.New()
		ctx, cancel := context.WithCancel(t.Context())
		p := open(t, "one", log, beside)
		type span struct{ from, to domain.Position }
		var mu sync.Mutex
		var asked []span
		answer := errors.New("nobody there")
		answers := func(with error) (before []span) {
			mu.Lock()
			defer mu.Unlock()
			before, asked, answer = asked, nil, with
			return before
		}
		p.keeper.Every = 100
		p.keeper.Verify = func(_ context.Context, from, to domain.Position) error {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, span{from, to})
			return answer
		}
		begun := p.Position()
		_, err := p.keeper.Compare(ctx)
		require.NoError(t, err)
		p.run(ctx)
		member(t, p.Engine)
		time.Sleep(10 * time.Second)
		assert.Empty(t, published(t, beside))
		require.NoError(t, p.Halted())
		assert.Len(t, p.heard(), 1)

		before := answers(nil)
		require.NotEmpty(t, before)
		assert.Equal(t, span{begun, begun + 1}, before[0])
		time.Sleep(10 * time.Second)
		require.Len(t, published(t, beside), 1)
		answers(nil)
		member(t, p.Engine)
		time.Sleep(10 * time.Second)
		require.Len(t, published(t, beside), 2)
		assert.Equal(t, []span{{begun + 1, begun + 2}}, answers(fmt.Errorf("%w: record 5", seal.ErrMismatch)), "no more than what no checkpoint vouches for")

		member(t, p.Engine)
		require.ErrorIs(t, <-p.ended, engine.ErrHalted)
		require.ErrorContains(t, p.Halted(), "record 5")
		require.Len(t, published(t, beside), 2)
		cancel()
		synctest.Wait()
	})
}

// Replicas publish each position once, and each compares what the others published.
func TestCheckpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, beside := founded(t), memlog.New()
		ctx, cancel := context.WithCancel(t.Context())
		places := []*place{open(t, "one", log, beside), open(t, "two", log, beside), open(t, "three", log, beside)}
		for _, p := range places {
			checked, err := p.keeper.Compare(ctx)
			require.NoError(t, err)
			require.Zero(t, checked)
			p.run(ctx)
		}
		for i := range 23 {
			member(t, places[i%3].Engine)
			time.Sleep(1500 * time.Millisecond)
		}
		time.Sleep(20 * time.Second)
		end := places[0].Position()
		all := published(t, beside)
		seen := map[domain.Position]bool{}
		for _, c := range all {
			assert.False(t, seen[c.Position], "position %d is published twice", c.Position)
			seen[c.Position] = true
			assert.True(t, c.Position%4 == 0 || c.Position == end, "position %d", c.Position)
			root, err := places[0].tree.Root(ctx, eventlog.Position(c.Position))
			require.NoError(t, err)
			assert.Equal(t, root, c.Root)
			assert.Equal(t, engine.Semantics, c.Semantics)
			assert.Equal(t, 1, c.Adopted)
		}
		assert.True(t, seen[end], "the last position is published when nothing more comes")
		assert.GreaterOrEqual(t, len(all), 5)
		sum := 0
		for _, p := range places {
			s := p.keeper.Stats()
			assert.Equal(t, len(all), s.Compared, "each compares all, its own too")
			assert.Equal(t, end, s.Last)
			assert.Zero(t, s.Failures+s.Damaged+s.Ahead)
			assert.Empty(t, p.heard())
			sum += s.Published
		}
		assert.Equal(t, len(all), sum)

		late := open(t, "late", log, beside)
		checked, err := late.keeper.Compare(ctx)
		require.NoError(t, err)
		assert.Equal(t, len(all), checked)
		cancel()
		for _, p := range places {
			require.ErrorIs(t, <-p.ended, context.Canceled)
		}
	})
}

// Where something is recorded all the time, and little of it, nobody waits for quiet or for
// the next even position: until then a replica that was deceived would go on.
func TestCheckpointsWithoutQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, beside := founded(t), memlog.New()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		places := []*place{open(t, "one", log, beside), open(t, "two", log, beside)}
		for _, p := range places {
			p.keeper.Every = 1000
			p.run(ctx)
		}
		for i := range 60 { // two minutes
			member(t, places[i%2].Engine)
			time.Sleep(2 * time.Second)
		}
		all := published(t, beside)
		assert.GreaterOrEqual(t, len(all), 3)
		assert.LessOrEqual(t, len(all), 5, "one publishes for all")
		for _, p := range places {
			assert.Equal(t, len(all), p.keeper.Stats().Compared)
			assert.Empty(t, p.heard())
		}
		cancel()
		for _, p := range places {
			require.ErrorIs(t, <-p.ended, context.Canceled)
		}
	})
}

// A replica that was given another history halts, before it is ready if the checkpoint
// was there before.
func TestAForgedHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, beside := founded(t), memlog.New()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		other := forged(t, log, 2)
		running := open(t, "running", other, beside)
		running.keeper.Every, running.keeper.Quiet = 1<<40, 1<<40 // it does not publish
		running.run(ctx)
		time.Sleep(3 * time.Second)
		require.NoError(t, running.Halted())

		honest := open(t, "honest", log, beside)
		honest.run(ctx)
		require.ErrorIs(t, <-running.ended, engine.ErrHalted)
		assert.NoError(t, honest.Halted())
		_, err := running.Ask(ctx, engine.Question{Subject: domain.Member("ana"), Privilege: "imm.arrest"})
		require.ErrorIs(t, err, engine.ErrHalted)
		for _, word := range []string{"position 4", "running", "honest", "comity log check", published(t, beside)[0].Root.String()} {
			assert.ErrorContains(t, err, word)
		}
		assert.Len(t, running.heard(), 1)

		starting := open(t, "starting", other, beside)
		_, err = starting.keeper.Compare(ctx)
		require.ErrorIs(t, err, engine.ErrHalted)
		require.ErrorIs(t, starting.Halted(), engine.ErrHalted)
	})
}

// A checkpoint of a position that is not reached yet waits, and is compared then.
func TestACheckpointAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, beside := founded(t), memlog.New()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		slow := open(t, "slow", forged(t, log, 1), beside) // it gets no records from the others
		slow.keeper.Every, slow.keeper.Quiet = 1<<40, 2*time.Second
		fast := open(t, "fast", log, beside)
		for range 8 {
			member(t, fast.Engine)
		}
		fast.run(ctx)
		time.Sleep(3 * time.Second)
		at := published(t, beside)[0].Position
		require.Greater(t, at, slow.Position())
		slow.run(ctx)
		time.Sleep(3500 * time.Millisecond)
		require.NoError(t, slow.Halted())
		assert.Positive(t, slow.keeper.Stats().Ahead)
		require.NotEmpty(t, slow.heard())
		assert.Contains(t, slow.heard()[0], "fast has published a checkpoint of position")
		for slow.Position() < at {
			member(t, slow.Engine)
		}
		require.ErrorIs(t, <-slow.ended, engine.ErrHalted)
		cancel()
	})
}

// What is no checkpoint, or of another office, or of a position that will never come, is
// passed over and counted, and the others go on.
func TestADamagedLogOfCheckpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, beside := founded(t), memlog.New()
		ctx, cancel := context.WithCancel(t.Context())
		for i, data := range []string{
			`{"comity":"checkpoint"`, `{"comity":"snapshot","position":3}`, `[]`,
			`{"comity":"checkpoint","office":"another","position":3,"root":"` + strings.Repeat("ab", 32) + `"}`,
			`{"comity":"checkpoint","office":"office","position":1152921504606846976,"root":"` + strings.Repeat("ab", 32) + `","replica":"joker"}`,
		} {
			_, err := beside.Append(ctx, eventlog.Position(i), eventlog.Record{ID: eventlog.ID{1, byte(i)}, Recorded: now(), Subject: "office/office", Type: "checkpoint", Data: []byte(data)})
			require.NoError(t, err)
		}
		p := open(t, "one", log, beside)
		checked, err := p.keeper.Compare(ctx)
		require.NoError(t, err)
		require.Zero(t, checked)
		p.run(ctx)
		time.Sleep(10 * time.Second)
		s := p.keeper.Stats()
		assert.Equal(t, replica.Stats{Published: 2, Compared: 2, Last: p.Position(), Ahead: 1, Damaged: 4}, s)
		assert.Len(t, p.heard(), 5)
		require.NoError(t, p.Halted())
		cancel()
		require.ErrorIs(t, <-p.ended, context.Canceled)
	})
}

// flaky is a log that can't be reached while it is down.
type flaky struct {
	*memlog.Log
	mu   sync.Mutex
	down bool
}

var errDown = errors.New("the log can't be reached")

func (f *flaky) err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return errDown
	}
	return nil
}

func (f *flaky) set(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
}

func (f *flaky) Head(ctx context.Context) (eventlog.Position, error) {
	if err := f.err(); err != nil {
		return 0, err
	}
	return f.Log.Head(ctx)
}

func (f *flaky) Follow(ctx context.Context, from eventlog.Position) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		if err := f.err(); err != nil {
			yield(eventlog.Record{}, err)
			return
		}
		f.Log.Follow(ctx, from)(yield)
	}
}

// While the log of checkpoints can't be reached, the replica answers and records; that
// nothing is compared is said once, and so is that it is over.
func TestCheckpointsThatCannotBeReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, beside := founded(t), &flaky{Log: memlog.New()}
		ctx, cancel := context.WithCancel(t.Context())
		p := open(t, "one", log, beside)
		beside.set(true)
		_, err := p.keeper.Compare(ctx)
		require.ErrorIs(t, err, errDown)
		p.run(ctx)
		for range 6 {
			time.Sleep(5 * time.Second)
			member(t, p.Engine)
			_, err := p.Ask(ctx, engine.Question{Subject: domain.Member("ana"), Privilege: "imm.arrest"})
			require.NoError(t, err)
		}
		s := p.keeper.Stats()
		assert.Greater(t, s.Failures, 3)
		require.ErrorIs(t, s.Failing, errDown)
		assert.Len(t, p.heard(), 1)
		beside.set(false)
		time.Sleep(time.Minute)
		s = p.keeper.Stats()
		require.NoError(t, s.Failing)
		assert.Equal(t, p.Position(), s.Last)
		assert.Len(t, p.heard(), 2)
		cancel()
		require.ErrorIs(t, <-p.ended, context.Canceled)
	})
}

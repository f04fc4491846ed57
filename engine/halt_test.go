package engine_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/watch"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/memlog"
)

// notStopped are the methods that a halted engine goes on with: they tell nothing of the
// office.
var notStopped = map[string]string{
	"Halted": "says that it has halted", "ParseAsOf": "reads a text", "ParseKnown": "reads a text",
	"Text": "a text by its hash", "Load": "checks a text",
}

// An engine that was halted answers no question and takes no command, by any method.
func TestAHaltedEngine(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	h, err := o.Handle(domain.Member("ana"), "imm.arrest")
	require.NoError(t, err)
	sitting, err := o.Sit(t.Context(), 0)
	require.NoError(t, err)
	waits := make(chan error, 1)
	go func() { waits <- o.Await(t.Context(), o.Position()+1) }()

	require.NoError(t, o.Halted())
	o.Halt(errors.New("the first reason"))
	o.Halt(errors.New("another"))
	<-o.Halting()
	require.ErrorIs(t, o.Halted(), engine.ErrHalted)
	require.EqualError(t, o.Halted(), "this replica has halted: the first reason")
	require.ErrorIs(t, <-waits, engine.ErrHalted)

	engineType, called := reflect.TypeOf(o.Engine), 0
	for i := range engineType.NumMethod() {
		m := engineType.Method(i)
		out := m.Type.NumOut()
		if out == 0 || m.Type.Out(out-1) != reflect.TypeFor[error]() || notStopped[m.Name] != "" {
			continue
		}
		in := []reflect.Value{reflect.ValueOf(o.Engine)}
		for j := 1; j < m.Type.NumIn() && (!m.Type.IsVariadic() || j < m.Type.NumIn()-1); j++ {
			if m.Type.In(j) == reflect.TypeFor[context.Context]() {
				in = append(in, reflect.ValueOf(t.Context()))
				continue
			}
			in = append(in, reflect.Zero(m.Type.In(j)))
		}
		called++
		err, _ := m.Func.Call(in)[out-1].Interface().(error)
		assert.ErrorIs(t, err, engine.ErrHalted, "%s", m.Name)
	}
	assert.Greater(t, called, 40)

	_, err = o.Glance(h)
	require.ErrorIs(t, err, engine.ErrHalted)
	_, err = sitting.Verdict(engine.Question{Subject: domain.Member("ana"), Privilege: "imm.arrest"})
	require.ErrorIs(t, err, engine.ErrHalted)
	_, err = sitting.Ask(engine.Question{Subject: domain.Member("ana"), Privilege: "imm.arrest"})
	require.ErrorIs(t, err, engine.ErrHalted)
}

// Whoever watches is told that the office has halted.
func TestWatchersOfAHaltedEngine(t *testing.T) {
	found(t, domain.Live, nil)
	synctest.Test(t, func(t *testing.T) {
		o := found(t, domain.Live, nil)
		o.submit(t, arandia()...)
		hub := watch.New(o.Engine, watch.Options{NoTimers: true})
		ended := make(chan error, 2)
		go func() {
			var last error
			for _, err := range hub.Events(t.Context(), o.Position(), 0) {
				last = err
			}
			ended <- last
		}()
		go func() {
			var last error
			for _, err := range hub.Answers(t.Context(), watch.Watching{Subjects: []domain.Subject{domain.Member("ana")}}) {
				last = err
			}
			ended <- last
		}()
		synctest.Wait()
		o.Halt(errors.New("a reason"))
		require.ErrorIs(t, <-ended, engine.ErrHalted)
		require.ErrorIs(t, <-ended, engine.ErrHalted)
		for _, err := range hub.Events(t.Context(), 0, 0) {
			require.ErrorIs(t, err, engine.ErrHalted)
		}
	})
}

// forged is a copy of a log in which somebody changed what is said about an event.
func forged(t *testing.T, log eventlog.Log, at int, change func(*domain.Envelope)) *memlog.Log {
	t.Helper()
	other := memlog.New()
	n := 0
	for record, err := range log.Read(t.Context(), 0) {
		require.NoError(t, err)
		if n == at {
			env, err := codec.Decode(record.Data)
			require.NoError(t, err)
			change(&env)
			records, err := engine.Records([]domain.Envelope{env})
			require.NoError(t, err)
			record = records[0]
		}
		_, err := other.Append(t.Context(), eventlog.Position(n), record)
		require.NoError(t, err)
		n++
	}
	return other
}

// A log that turns out to be another than the one that was shown halts the engine.
func TestFollowingAnotherLog(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	r := o.join(t, 0)
	r.line.Log = forged(t, o.log, int(o.Position())-1, func(e *domain.Envelope) { e.Authority = "another note" }) // with the same id
	err := r.Follow(t.Context())
	require.ErrorIs(t, err, engine.ErrHalted)
	require.ErrorContains(t, err, "start this replica anew without its snapshot")
	_, err = r.Ask(t.Context(), onceAsked)
	require.ErrorIs(t, err, engine.ErrHalted)
	_, err = r.Submit(t.Context(), accredit("bo"))
	require.ErrorIs(t, err, engine.ErrHalted)
	require.ErrorIs(t, r.Follow(t.Context()), engine.ErrHalted, "it does not begin again")

	// A log that is shorter is no fork: a server that is behind may answer for a moment.
	short := o.join(t, 0)
	at := short.Position()
	whole := short.line.Log
	short.line.Log = memlog.New()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.Error(t, short.Follow(ctx))
	require.NoError(t, ctx.Err(), "it says so at once")
	_, err = short.Submit(t.Context(), accredit("bo"))
	require.Error(t, err)
	require.NoError(t, short.Halted())
	assert.Equal(t, at, short.Position())
	short.line.Log = whole
	_, err = short.Submit(t.Context(), accredit("bo"))
	require.NoError(t, err)
}

// Two replicas that are given the same events with the same ids stamp them at different
// times. What the log holds is shown, at both.
func TestTheSameIDsAtTwoReplicas(t *testing.T) {
	found(t, domain.Live, nil)
	synctest.Test(t, func(t *testing.T) {
		o := found(t, domain.Live, nil)
		o.submit(t, arandia()...)
		r := o.join(t, time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Follow(ctx) }()
		c := accredit("bo")
		c.Drafts[0].ID, c.ID = domain.EventID{0: 1, 15: 7}, domain.CommandID{0: 1, 15: 8}
		outcome := make(chan error, 1)
		go func() {
			_, err := r.Submit(ctx, c)
			outcome <- err
		}()
		time.Sleep(100 * time.Millisecond) // it is on its way
		o.clock.set("2025-01-01T12:30Z")
		_, err := o.Submit(ctx, c)
		require.NoError(t, err)
		synctest.Wait()
		at := o.Position() - 1
		want, _ := o.Root().View().Envelope(at)
		require.NoError(t, <-outcome, "it is on record, so it was repeated")
		have, found := r.Root().View().Envelope(at)
		require.True(t, found)
		assert.Equal(t, want, have)
		require.NoError(t, r.Halted())
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

// A record that the program can't read stops it from going on, and from nothing else.
func TestARecordThatCannotBeRead(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	r := o.join(t, 0)
	at := r.Position()
	strange := eventlog.Record{ID: eventlog.ID{9}, Recorded: o.Root().Last().Add(time.Second), Subject: "member/ana", Type: "member.teleported", Data: []byte(`{"type":"member.teleported","version":1}`)}
	_, err := o.log.Append(t.Context(), eventlog.Position(at), strange)
	require.NoError(t, err)
	for range 2 {
		require.ErrorContains(t, r.Follow(t.Context()), "follow record")
	}
	_, err = r.Submit(t.Context(), accredit("bo"))
	require.ErrorIs(t, err, engine.ErrUnreachable)
	var unreadable *codec.Error
	require.NotErrorAs(t, err, &unreadable, "there is nothing wrong with the command")
	assert.True(t, strings.Contains(err.Error(), "replay record"), err.Error())
	d, err := r.Ask(t.Context(), onceAsked)
	require.NoError(t, err)
	assert.Equal(t, at, d.AsKnown)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	q := onceAsked
	q.AtLeast = at + 1
	_, err = r.Ask(ctx, q)
	var behind *engine.BehindError
	require.ErrorAs(t, err, &behind)
}

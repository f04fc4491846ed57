package engine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
)

// numbered is a command with an id that accredits a member.
func numbered(n int, category domain.Category) domain.Command {
	member := domain.MemberID(fmt.Sprintf("m-%d", n))
	return domain.Command{
		ID:     domain.CommandID{0: 1, 14: byte(n >> 8), 15: byte(n)},
		Drafts: drafts(domaintest.Accredited(member, "arandia-embassy", category, "2024-01-01")),
	}
}

func TestASequenceIsRecordedAtItsEnd(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	before := o.Position()
	s, err := o.Begin(t.Context())
	require.NoError(t, err)
	const n = 2500
	for i := range n {
		repeated, err := s.Decide(t.Context(), numbered(i, "dip.at"))
		require.NoError(t, err)
		require.False(t, repeated)
	}
	_, err = s.Decide(t.Context(), numbered(n, "dip.att"))
	require.ErrorContains(t, err, `did you mean "dip.at"?`)
	repeated, err := s.Decide(t.Context(), numbered(7, "dip.at"))
	require.NoError(t, err)
	require.True(t, repeated, "an earlier command of the sequence")
	require.Equal(t, before, o.Position(), "readers see nothing yet")

	var steps []int
	at, err := s.Record(t.Context(), func(done, of int) { steps = append(steps, done) })
	require.NoError(t, err)
	assert.Equal(t, []int{1000, 2000, 2500}, steps)
	assert.Equal(t, before+n, at)
	assert.Equal(t, at, o.Position())
	require.NoError(t, s.Abandon(t.Context()))
	o.submit(t, drafts(domaintest.Accredited("later", "arandia-embassy", "dip.at", "2024-01-01"))...)
}

func TestAnAbandonedSequenceLeavesNoTrace(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	before := o.Position()
	s, err := o.Begin(t.Context())
	require.NoError(t, err)
	_, err = s.Decide(t.Context(), numbered(1, "dip.at"))
	require.NoError(t, err)
	require.NoError(t, s.Abandon(t.Context()))
	assert.Equal(t, before, o.Position())
	o.submit(t, numbered(1, "dip.agent").Drafts...)
}

// What was appended before a fault stays, and the same commands complete it.
func TestABrokenSequenceIsCompleted(t *testing.T) {
	for _, full := range []error{eventlog.ErrFull, nil} {
		var log *fullLog
		o := found(t, domain.Live, func(l eventlog.Log) eventlog.Log { log = &fullLog{Log: l}; return log })
		o.submit(t, arandia()...)
		before := o.Position()
		run := func(ctx context.Context) error {
			s, err := o.Begin(ctx)
			require.NoError(t, err)
			for i := range 2200 {
				_, err := s.Decide(t.Context(), numbered(i, "dip.at"))
				require.NoError(t, err)
			}
			_, err = s.Record(ctx, nil)
			return err
		}
		log.left, log.err = 2, full
		ctx, cancel := context.WithCancel(t.Context())
		if full == nil {
			log.full = cancel // interrupted by who runs it
		}
		err := run(ctx)
		var broken *engine.Interrupted
		require.ErrorAs(t, err, &broken)
		assert.Positive(t, broken.Recorded)
		assert.Equal(t, before+domain.Position(broken.Recorded), o.Position())
		log.left, log.full = 1000, nil
		require.NoError(t, run(t.Context()))
		assert.Equal(t, before+2200, o.Position())
		require.NoError(t, run(t.Context()), "and a third time nothing is left to do")
		assert.Equal(t, before+2200, o.Position())
		cancel()
	}
}

// fullLog has room for so many appends, and calls full with the last.
type fullLog struct {
	eventlog.Log
	left int
	err  error
	full func()
}

func (l *fullLog) Append(ctx context.Context, at eventlog.Position, records ...eventlog.Record) (eventlog.Position, error) {
	if l.left--; l.left == 0 && l.full != nil {
		l.full()
	}
	if l.left < 0 && l.err != nil {
		return 0, l.err
	}
	return l.Log.Append(ctx, at, records...)
}

// An append that fails although it was made is found out about.
func TestASequenceThatWasWrittenAfterAll(t *testing.T) {
	var faults *logtest.Faults
	o := found(t, domain.Live, func(l eventlog.Log) eventlog.Log { faults = logtest.NewFaults(l); return faults })
	o.submit(t, arandia()...)
	before := o.Position()
	s, err := o.Begin(t.Context())
	require.NoError(t, err)
	_, err = s.Decide(t.Context(), numbered(1, "dip.at"))
	require.NoError(t, err)
	faults.FailNext(true)
	at, err := s.Record(t.Context(), nil)
	require.NoError(t, err)
	assert.Equal(t, before+1, at)
}

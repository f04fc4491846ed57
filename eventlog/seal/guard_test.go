package seal_test

import (
	"context"
	"iter"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/eventlog/seal"
)

// Behind a seal a log does all that it did before.
func TestGuardSuite(t *testing.T) {
	logtest.Test(t, func(*testing.T) logtest.Harness {
		log := memlog.New()
		guarded := seal.Behind(log, seal.New())
		return logtest.Harness{Open: func(*testing.T) (eventlog.Log, eventlog.Bodies) { return guarded, log }}
	})
}

// A liar shows one record otherwise than it is, to those who read or to those who follow.
type liar struct {
	eventlog.Log
	at            eventlog.Position
	reads, follow bool
}

func (l *liar) lie(from eventlog.Position, records iter.Seq2[eventlog.Record, error]) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		for r, err := range records {
			if from == l.at {
				r.Data = append([]byte{}, r.Data...)
				r.Data[len(r.Data)/2] ^= 1
			}
			if from++; !yield(r, err) {
				return
			}
		}
	}
}

func (l *liar) Read(ctx context.Context, from eventlog.Position) iter.Seq2[eventlog.Record, error] {
	if l.reads {
		return l.lie(from, l.Log.Read(ctx, from))
	}
	return l.Log.Read(ctx, from)
}

func (l *liar) Follow(ctx context.Context, from eventlog.Position) iter.Seq2[eventlog.Record, error] {
	if l.follow {
		return l.lie(from, l.Log.Follow(ctx, from))
	}
	return l.Log.Follow(ctx, from)
}

// What a server showed once it has to show ever after, whichever way it is asked, and
// also after a restart.
func TestGuard(t *testing.T) {
	log := memlog.New()
	_, err := log.Append(t.Context(), 0, logtest.Records(0, 50)...)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "x.seal")
	tree, err := seal.Open(t.Context(), path, memlog.New())
	require.NoError(t, err)
	read := func(from iter.Seq2[eventlog.Record, error], most int) (n int, err error) {
		for _, err = range from {
			if err != nil {
				return n, err
			}
			if n++; n == most {
				return n, nil
			}
		}
		return n, nil
	}
	honest := seal.Behind(log, tree)
	n, err := read(honest.Follow(t.Context(), 30), 5) // the tree catches up first
	require.NoError(t, err)
	require.Equal(t, 5, n)
	require.EqualValues(t, 50, tree.Position())

	for _, l := range []*liar{{log, 10, true, false}, {log, 10, false, true}} {
		lying := seal.Behind(l, tree)
		var from iter.Seq2[eventlog.Record, error]
		if l.reads {
			from = lying.Read(t.Context(), 0)
		} else {
			from = lying.Follow(t.Context(), 0)
		}
		n, err := read(from, 50)
		require.ErrorIs(t, err, seal.ErrMismatch)
		require.Contains(t, err.Error(), "record 10")
		require.Equal(t, 10, n, "what is false is not shown")
	}

	// Many see what is new, and it is sealed once.
	_, err = log.Append(t.Context(), 50, logtest.Records(50, 200)...)
	require.NoError(t, err)
	var busy sync.WaitGroup
	for range 4 {
		busy.Go(func() {
			n, err := read(honest.Follow(t.Context(), 50), 200)
			assert.NoError(t, err)
			assert.Equal(t, 200, n)
		})
		busy.Go(func() { assert.NoError(t, tree.CatchUp(t.Context(), log)) })
	}
	busy.Wait()
	want := seal.New()
	require.NoError(t, want.CatchUp(t.Context(), log))
	for _, at := range []eventlog.Position{50, 137, 250} {
		a, err := tree.Root(t.Context(), at)
		require.NoError(t, err)
		b, err := want.Root(t.Context(), at)
		require.NoError(t, err)
		require.Equal(t, b, a)
	}
	require.NoError(t, tree.Close())
	tree, err = seal.Open(t.Context(), path, log)
	require.NoError(t, err)
	defer func() { require.NoError(t, tree.Close()) }()
	_, err = read(seal.Behind(&liar{log, 200, true, false}, tree).Read(t.Context(), 0), 250)
	require.ErrorIs(t, err, seal.ErrMismatch)
	require.ErrorIs(t, tree.Witness(251, []byte("x")), seal.ErrNotSealed)
}

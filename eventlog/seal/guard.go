package seal

import (
	"context"
	"fmt"
	"iter"

	"github.com/comity-project/comity/eventlog"
)

// A Guard is a log behind its seal: every record that is read through it is held
// against the tree, and the tree grows by those that are new. So the tree vouches
// for exactly what whoever reads through the guard has seen, and a server that
// shows another history than before, or one to a reader and another to a follower,
// is found out at the first record that differs, with an error that matches
// [ErrMismatch].
//
// The log is as before in everything else; a Pipeliner stays one.
type Guard struct {
	eventlog.Log
	tree *Tree
}

// Behind puts a log behind its seal. The tree must not be a view.
func Behind(log eventlog.Log, tree *Tree) eventlog.Log {
	g := &Guard{log, tree}
	if p, ok := log.(eventlog.Pipeliner); ok {
		return &pipelined{g, p}
	}
	return g
}

type pipelined struct {
	*Guard
	log eventlog.Pipeliner
}

// Enqueue implements [eventlog.Pipeliner].
func (p *pipelined) Enqueue(expected eventlog.Position, records ...eventlog.Record) func(context.Context) (eventlog.Position, error) {
	return p.log.Enqueue(expected, records...)
}

// Read implements [eventlog.Log].
func (g *Guard) Read(ctx context.Context, from eventlog.Position) iter.Seq2[eventlog.Record, error] {
	return g.watch(ctx, from, g.Log.Read(ctx, from))
}

// Follow implements [eventlog.Log].
func (g *Guard) Follow(ctx context.Context, from eventlog.Position) iter.Seq2[eventlog.Record, error] {
	return g.watch(ctx, from, g.Log.Follow(ctx, from))
}

// watch yields records once the tree vouches for them. If it is behind, it reads first
// what it has missed.
func (g *Guard) watch(ctx context.Context, at eventlog.Position, records iter.Seq2[eventlog.Record, error]) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		caughtUp := false
		for r, err := range records {
			if err == nil && !caughtUp {
				if caughtUp = true; g.tree.Position() < at {
					err = g.tree.CatchUp(ctx, g.Log)
				}
			}
			if err == nil {
				err = g.tree.Witness(at, r.Data)
			}
			if err != nil {
				yield(eventlog.Record{}, fmt.Errorf("behind the seal: %w", err))
				return
			}
			if !yield(r, nil) {
				return
			}
			at++
		}
	}
}

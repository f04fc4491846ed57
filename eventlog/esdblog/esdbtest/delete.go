package esdbtest

import (
	"context"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
)

// Delete hides what is in a stream, softly. The server writes new metadata for that, and
// what they said before, rights among it, is gone.
func (n *node) Delete(ctx context.Context, req *streams.DeleteReq) (*streams.DeleteResp, error) {
	o := req.GetOptions()
	e, err := n.end(ctx, string(o.GetStreamIdentifier().GetStreamName()), expectation(o), func(s *store, stream string, a at) *Event {
		if a.cur < 0 && !s.described(stream) { // there is nothing to delete
			return nil
		}
		return s.setMetadata(stream, metadata{Before: deletedBefore})
	})
	if err != nil {
		return nil, err
	}
	return &streams.DeleteResp{PositionOption: &streams.DeleteResp_Position_{
		Position: &streams.DeleteResp_Position{CommitPosition: e.Position, PreparePosition: e.Position},
	}}, nil
}

// Tombstone ends a stream for ever.
func (n *node) Tombstone(ctx context.Context, req *streams.TombstoneReq) (*streams.TombstoneResp, error) {
	o := req.GetOptions()
	e, err := n.end(ctx, string(o.GetStreamIdentifier().GetStreamName()), expectation(o), func(s *store, stream string, _ at) *Event {
		return s.tombstone(stream)
	})
	if err != nil {
		return nil, err
	}
	return &streams.TombstoneResp{PositionOption: &streams.TombstoneResp_Position_{
		Position: &streams.TombstoneResp_Position{CommitPosition: e.Position, PreparePosition: e.Position},
	}}, nil
}

// end checks and commits what ends a stream. Where write returns nil the stream is not as
// it was expected.
func (n *node) end(ctx context.Context, stream string, expected int64, write func(*store, string, at) *Event) (*Event, error) {
	n.c.count(func(counts *Counts) { counts.Deletes++ })
	if err := n.allow(ctx, stream, toDelete); err != nil {
		return nil, err
	}
	if err := n.admit(ctx, true); err != nil {
		return nil, err
	}
	faults := n.c.strike(n, Delete, stream)
	if err := n.before(ctx, faults); err != nil {
		return nil, err
	}
	e, err := func() (*Event, error) {
		unlock, err := n.office(ctx)
		if err != nil {
			return nil, err
		}
		defer unlock()
		a := n.c.store.view().look(stream)
		switch {
		case a.tombstoned:
			return nil, streamDeleted(ctx, stream)
		case expected > expectAny && expected != a.cur, expected == expectExists && a.cur < 0:
			return nil, wrongRevision(ctx, stream, expected, a.cur)
		}
		e := write(n.c.store, stream, a)
		if e == nil {
			return nil, wrongRevision(ctx, stream, expected, a.cur)
		}
		n.c.tell()
		return e, nil
	}()
	if err != nil {
		return nil, err
	}
	return e, n.after(ctx, faults, 0)
}

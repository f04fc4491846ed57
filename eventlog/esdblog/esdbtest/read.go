package esdbtest

import (
	"math"
	"slices"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// all is the name of the stream of all events.
const all = "$all"

// Read reads or subscribes.
func (n *node) Read(req *streams.ReadReq, call streams.Streams_ReadServer) error {
	ctx := call.Context()
	o := req.GetOptions()
	stream, method := all, Read
	if s := o.GetStream(); s != nil {
		stream = string(s.GetStreamIdentifier().GetStreamName())
	} else if o.GetAll() == nil {
		return status.Error(codes.InvalidArgument, "a read says of which stream")
	}
	if o.GetSubscription() != nil {
		method = Subscribe
	}
	n.c.count(func(counts *Counts) {
		if method == Subscribe {
			counts.Subscriptions++
		} else {
			counts.Reads++
		}
	})
	if err := n.allow(ctx, stream, toRead); err != nil {
		return err
	}
	misplaced := n.admit(ctx, false)
	if misplaced != nil && (method != Subscribe || status.Code(misplaced) != codes.NotFound) {
		return misplaced
	}
	faults := n.c.strike(n, method, stream)
	if err := n.before(ctx, faults); err != nil {
		return err
	}
	to := &sender{n: n, call: call, method: method, stream: stream, faults: faults, misplaced: misplaced}
	if method == Subscribe {
		return n.subscribe(o, to)
	}
	if stream == all {
		return n.readAll(o, to)
	}
	return n.readStream(o, to)
}

func (n *node) readStream(o *streams.ReadReq_Options, to *sender) error {
	n.c.mu.Lock()
	a := n.view().look(to.stream)
	n.c.mu.Unlock()
	if a.tombstoned {
		return streamDeleted(to.call.Context(), to.stream)
	}
	if a.missing() {
		return to.call.Send(&streams.ReadResp{Content: &streams.ReadResp_StreamNotFound_{
			StreamNotFound: &streams.ReadResp_StreamNotFound{StreamIdentifier: wireStream(to.stream)},
		}})
	}
	s := o.GetStream()
	from := revision(s.GetRevision())
	switch {
	case s.GetStart() != nil:
		from = 0
	case s.GetEnd() != nil:
		from = a.cur
	}
	var found []entry
	if o.GetReadDirection() == streams.ReadReq_Options_Backwards {
		found = a.backwards(from)
	} else {
		found = a.forwards(from)
	}
	if err := to.due(); err != nil {
		return err
	}
	left := o.GetCount()
	for _, e := range found {
		// The oldest may have aged since; between others nothing is ever missing.
		if !a.meta.shows(e.Event, a.cur, now()) {
			continue
		}
		if left == 0 {
			break
		}
		left--
		if err := to.event(*e.Event); err != nil {
			return ended(err)
		}
	}
	return nil
}

func (n *node) readAll(o *streams.ReadReq_Options, to *sender) error {
	n.c.mu.Lock()
	v := n.view()
	events := v.s.all[:v.n]
	n.c.mu.Unlock()
	backwards := o.GetReadDirection() == streams.ReadReq_Options_Backwards
	position := o.GetAll().GetPosition().GetCommitPosition()
	switch {
	case o.GetAll().GetStart() != nil:
		position = 0
	case o.GetAll().GetEnd() != nil:
		position = math.MaxUint64
	}
	place := placeIn(events, position)
	if backwards {
		events = slices.Clone(events[:place])
		slices.Reverse(events)
	} else {
		events = events[place:]
	}
	if err := to.due(); err != nil {
		return err
	}
	for _, e := range events[:min(uint64(len(events)), o.GetCount())] {
		if err := to.event(*e); err != nil {
			return ended(err)
		}
	}
	return nil
}

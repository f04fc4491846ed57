package esdbtest

import (
	"context"
	"errors"
	"io"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Append takes what a client proposes and commits it, all or none.
func (n *node) Append(call streams.Streams_AppendServer) error {
	n.c.count(func(counts *Counts) { counts.Appends++ })
	ctx := call.Context()
	first, err := call.Recv()
	if err != nil {
		return err
	}
	options := first.GetOptions()
	if options == nil {
		return status.Error(codes.InvalidArgument, "an append begins with its options")
	}
	stream := string(options.GetStreamIdentifier().GetStreamName())
	expected := expectation(options)
	// As the server does, who may not write is refused before his events are read, and all
	// else afterwards. A client that is still sending does not hear why: it has an EOF then.
	if err := n.allow(ctx, stream, toWrite); err != nil {
		return err
	}
	events, err := n.proposed(call)
	if err != nil {
		return err
	}
	if err := n.admit(ctx, true); err != nil {
		return err
	}
	faults := n.c.strike(n, Append, stream)
	if err := n.before(ctx, faults); err != nil {
		return err
	}
	answer, err := n.commit(ctx, stream, expected, events)
	if err != nil {
		return err
	}
	if err := n.after(ctx, faults, len(events)); err != nil {
		return err
	}
	for _, f := range faults {
		if f.Do == EmptyAnswer {
			answer = &streams.AppendResp{}
		}
	}
	return call.SendAndClose(answer)
}

// An expecting is the options of any call that writes.
type expecting interface {
	GetRevision() uint64
	GetNoStream() *shared.Empty
	GetAny() *shared.Empty
	GetStreamExists() *shared.Empty
}

func expectation(o expecting) int64 {
	switch {
	case o.GetAny() != nil:
		return expectAny
	case o.GetNoStream() != nil:
		return expectNone
	case o.GetStreamExists() != nil:
		return expectExists
	default:
		return revision(o.GetRevision())
	}
}

// proposed takes the events of an append, and refuses them where the server
// would: at the first that is one too many.
func (n *node) proposed(call streams.Streams_AppendServer) ([]Event, error) {
	ctx := call.Context()
	var events []Event
	size := 0
	for {
		message, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return nil, err
		}
		proposed := message.GetProposedMessage()
		if proposed == nil {
			return nil, status.Error(codes.InvalidArgument, "after the options an append has events only")
		}
		id, err := parseID(proposed.GetId())
		if err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
		for _, key := range []string{"type", "content-type"} {
			if _, ok := proposed.GetMetadata()[key]; !ok {
				return nil, missingKey(ctx, key)
			}
		}
		e := Event{
			ID: id, Type: proposed.GetMetadata()["type"], ContentType: contentOctets,
			Metadata: proposed.GetCustomMetadata(), Data: proposed.GetData(),
		}
		if proposed.GetMetadata()["content-type"] == contentJSON {
			e.ContentType = contentJSON
		}
		if size += e.size(); size > n.c.limit {
			return nil, tooBig(ctx, n.c.limit)
		}
		events = append(events, e)
	}
}

// commit writes the events if the stream is as expected. A follower hands them to
// the leader, and waits while that one is paused.
func (n *node) commit(ctx context.Context, stream string, expected int64, events []Event) (*streams.AppendResp, error) {
	unlock, err := n.office(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	ids := make([][16]byte, 0, len(events))
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	s := n.c.store
	if len(events) == 0 {
		return answerEmpty(s, stream, expected), nil
	}
	last, cur, err := s.check(stream, expected, ids)
	switch {
	case errors.Is(err, errDeleted):
		return nil, streamDeleted(ctx, stream)
	case err != nil:
		return answerWrong(expected, cur), nil
	}
	if last == nil {
		last = s.append(stream, events...)
		n.c.counts.Appended += len(events)
		n.c.tell()
	}
	return &streams.AppendResp{Result: &streams.AppendResp_Success_{Success: &streams.AppendResp_Success{
		CurrentRevisionOption: &streams.AppendResp_Success_CurrentRevision{CurrentRevision: last.Revision},
		PositionOption: &streams.AppendResp_Success_Position{
			Position: &streams.AppendResp_Position{CommitPosition: last.Position, PreparePosition: last.Position},
		},
	}}}, nil
}

// office takes the cluster's lock for a write while there is a leader who works,
// and returns what gives it back.
func (n *node) office(ctx context.Context) (unlock func(), err error) {
	c := n.c
	for {
		c.mu.Lock()
		leader, changed := c.leader, c.changed
		switch {
		case ctx.Err() != nil:
			c.mu.Unlock()
			return nil, over(ctx)
		case leader < 0 || n.fenced():
			c.mu.Unlock()
			return nil, notReady(ctx)
		case leader == n.i || !c.members[leader].paused:
			return c.mu.Unlock, nil
		}
		c.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

func answerEmpty(s *store, stream string, expected int64) *streams.AppendResp {
	cur := s.view().look(stream).cur
	if expected > expectAny && expected != cur || expected == expectExists && cur < 0 {
		return answerWrong(expected, cur)
	}
	success := &streams.AppendResp_Success{PositionOption: &streams.AppendResp_Success_NoPosition{NoPosition: &shared.Empty{}}}
	if cur < 0 {
		success.CurrentRevisionOption = &streams.AppendResp_Success_NoStream{NoStream: &shared.Empty{}}
	} else {
		success.CurrentRevisionOption = &streams.AppendResp_Success_CurrentRevision{CurrentRevision: uint64(cur)}
	}
	return &streams.AppendResp{Result: &streams.AppendResp_Success_{Success: success}}
}

// answerWrong says that the stream was not as expected. It is an answer like
// others and not a status.
func answerWrong(expected, cur int64) *streams.AppendResp {
	wrong := &streams.AppendResp_WrongExpectedVersion{}
	if cur < 0 {
		wrong.CurrentRevisionOption = &streams.AppendResp_WrongExpectedVersion_CurrentNoStream{CurrentNoStream: &shared.Empty{}}
	} else {
		wrong.CurrentRevisionOption = &streams.AppendResp_WrongExpectedVersion_CurrentRevision{CurrentRevision: uint64(cur)}
	}
	switch expected {
	case expectAny:
		wrong.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedAny{ExpectedAny: &shared.Empty{}}
	case expectExists:
		wrong.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: &shared.Empty{}}
	case expectNone:
		wrong.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: &shared.Empty{}}
	default:
		wrong.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision{ExpectedRevision: uint64(expected)}
	}
	return &streams.AppendResp{Result: &streams.AppendResp_WrongExpectedVersion_{WrongExpectedVersion: wrong}}
}

package esdbtest

import (
	"errors"
	"math"
	"sort"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
)

// errEnd ends a read or a subscription as if all were well.
var errEnd = errors.New("end")

func ended(err error) error {
	if errors.Is(err, errEnd) {
		return nil
	}
	return err
}

// placeIn is the place of the first event at a position or beyond.
func placeIn(events []*Event, position uint64) int {
	return sort.Search(len(events), func(i int) bool { return events[i].Position >= position })
}

// A sender sends the events of one read or subscription, with what goes wrong
// with them.
type sender struct {
	n      *node
	call   streams.Streams_ReadServer
	method Method
	stream string
	faults []Fault
	sent   int
	// misplaced is what a subscription that insists on the leader is told elsewhere: not at
	// once, but when it would read from disk.
	misplaced error
}

// due lets those faults happen that have waited for what was sent.
func (s *sender) due() error {
	for _, f := range s.faults {
		if s.sent < f.After {
			continue
		}
		switch {
		case f.Do == EndAfter:
			return errEnd
		case f.Do == UnknownContent && s.sent == f.After:
			if err := s.call.Send(&streams.ReadResp{}); err != nil {
				return err
			}
		}
	}
	return s.n.after(s.call.Context(), s.faults, s.sent)
}

// event sends one event, or what the faults make of it.
func (s *sender) event(e Event) error {
	for _, e := range s.alter(e) {
		if err := s.send(e); err != nil {
			return err
		}
		s.sent++
		if err := s.due(); err != nil {
			return err
		}
	}
	return nil
}

func (s *sender) alter(e Event) []Event {
	by := s.n.c.standing(s.n, s.method, s.stream)
	for _, f := range s.faults {
		if f.Alter != nil && f.Times >= 0 {
			by = append(by, f.Alter)
		}
	}
	if len(by) == 0 {
		return []Event{e}
	}
	s.n.c.altering.Lock()
	defer s.n.c.altering.Unlock()
	told := []Event{e}
	for _, f := range by {
		var next []Event
		for _, e := range told {
			next = append(next, f(e)...)
		}
		told = next
	}
	return told
}

func (s *sender) send(e Event) error {
	wire := e.wire()
	for _, f := range s.faults {
		if f.Do == NoCreated && s.sent >= f.After {
			delete(wire.Metadata, "created")
		}
	}
	err := s.call.Send(&streams.ReadResp{Content: &streams.ReadResp_Event{Event: &streams.ReadResp_ReadEvent{
		Event:    wire,
		Position: &streams.ReadResp_ReadEvent_CommitPosition{CommitPosition: e.Position},
	}}})
	if err != nil {
		return err
	}
	for _, f := range s.faults {
		switch {
		case f.Do == CaughtUpTwice && s.method == Subscribe:
			err = s.caughtUp()
		case f.Do == OddCheckpoints && s.method == Subscribe:
			err = s.checkpoint(math.MaxUint64)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *sender) caughtUp() error {
	return s.call.Send(&streams.ReadResp{Content: &streams.ReadResp_CaughtUp_{CaughtUp: &streams.ReadResp_CaughtUp{}}})
}

func (s *sender) checkpoint(position uint64) error {
	return s.call.Send(&streams.ReadResp{Content: &streams.ReadResp_Checkpoint_{
		Checkpoint: &streams.ReadResp_Checkpoint{CommitPosition: position, PreparePosition: position},
	}})
}

package esdblog

import (
	"context"
	"errors"
	"io"
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// An unsentError says that the server ended an append before all of it was there, so that
// nothing of it is written: it writes when it has heard the end.
type unsentError struct{ why error }

func (e *unsentError) Error() string {
	return "the server ended the append before it was sent: " + e.why.Error()
}

func (e *unsentError) Unwrap() error { return e.why }

// mostCuts is after how many times in a row an append is taken for too large that the
// server ends before it is sent, and does not forbid.
const mostCuts = 3

// cutOff reports whether the server ended an append before it was sent, and it could not be
// found out why.
func cutOff(err error) bool {
	var cut *unsentError
	return errors.As(err, &cut) && errors.Is(cut.why, io.EOF)
}

// never is a revision that no stream has: an append that expects it is refused, if not for
// another reason.
var never = esdb.Revision(math.MaxInt64 - 1)

// send makes an append in one attempt. The server says at once who may not write, and what
// is too large where that is, and hears no more; a client that is still sending then is told
// only that it is over. So it asks with an append that is short enough to be heard, and can't
// be written. An error of its own, an [unsentError], has what that was told, or else that
// the append was cut off.
func send(ctx context.Context, c *esdb.Client, stream string, expected esdb.ExpectedRevision, events ...esdb.EventData) (*esdb.WriteResult, error) {
	result, err := c.AppendToStream(ctx, stream, esdb.AppendToStreamOptions{ExpectedRevision: expected, RequiresLeader: true}, events...)
	if !errors.Is(err, io.EOF) { // which comes while sending, and never with the answer
		return result, err
	}
	short := esdb.EventData{EventID: events[0].EventID, EventType: events[0].EventType, ContentType: esdb.ContentTypeBinary}
	_, why := c.AppendToStream(ctx, stream, esdb.AppendToStreamOptions{ExpectedRevision: never, RequiresLeader: true}, short)
	if why == nil || code(why) == esdb.ErrorCodeWrongExpectedVersion {
		why = err
	}
	return nil, &unsentError{why}
}

package esdblog

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// settings are those in the metadata of a stream by which the server throws away or hides
// what is in it; nil where they say nothing.
type settings struct {
	MaxAge   *json.Number `json:"$maxAge"` // seconds
	MaxCount *json.Number `json:"$maxCount"`
	Before   *uint64      `json:"$tb"` // what is below this revision is hidden
}

// settingsOf reads the metadata of a stream. The client's own reader of them can't read an
// access list that names more than one user. What is no JSON says nothing, as to the server.
func settingsOf(ctx context.Context, c *esdb.Client, stream string) (settings, error) {
	events, err := c.ReadStream(ctx, "$$"+stream, esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.End{}, RequiresLeader: true}, 1)
	if err != nil {
		return settings{}, err
	}
	defer events.Close()
	e, err := events.Recv()
	switch {
	case errors.Is(err, io.EOF), code(err) == esdb.ErrorCodeResourceNotFound: // it has none
		return settings{}, nil
	case err != nil:
		return settings{}, err
	case e == nil || e.Event == nil:
		return settings{}, errors.New("the server sent an event without content")
	}
	var s settings
	if json.Unmarshal(e.Event.Data, &s) != nil {
		return settings{}, nil
	}
	return s, nil
}

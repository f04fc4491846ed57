package esdblog

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/comity-project/comity/eventlog"
)

// bodyStream is where the body with a hash is kept: the first event of a stream of its
// own.
func (l *Log) bodyStream(hash eventlog.Hash) string {
	return l.address.stream + "-body-" + hash.String()
}

// Put implements [eventlog.Bodies].
func (l *Log) Put(ctx context.Context, body []byte) (eventlog.Hash, error) {
	hash := eventlog.HashBody(body)
	if err := l.put(ctx, hash, body); err != nil {
		return eventlog.Hash{}, fmt.Errorf("put body %s: %w", hash, err)
	}
	return hash, nil
}

func (l *Log) put(ctx context.Context, hash eventlog.Hash, body []byte) error {
	if err := l.usable(ctx); err != nil {
		return err
	}
	if l.readOnly {
		return eventlog.ErrReadOnly
	}
	if err := eventlog.CheckBody(body); err != nil {
		return err
	}
	var id eventlog.ID
	copy(id[:], hash[:])
	event := esdb.EventData{EventID: [16]byte(id), EventType: "body", ContentType: esdb.ContentTypeBinary, Data: body}
	_, err := patiently(ctx, l, func(ctx context.Context) (struct{}, error) {
		return do(leading(ctx), l.leader, func(ctx context.Context, c *esdb.Client) (struct{}, error) {
			_, err := send(ctx, c, l.bodyStream(hash), esdb.NoStream{}, event)
			if code(err) == esdb.ErrorCodeWrongExpectedVersion { // something is there
				err = nil
			}
			return struct{}{}, err
		})
	})
	if err != nil {
		return err
	}
	_, err = l.get(ctx, hash) // what is there is this body
	return err
}

// Get implements [eventlog.Bodies].
func (l *Log) Get(ctx context.Context, hash eventlog.Hash) ([]byte, error) {
	body, err := l.get(ctx, hash)
	if err != nil {
		return nil, fmt.Errorf("get body %s: %w", hash, err)
	}
	return body, nil
}

func (l *Log) get(ctx context.Context, hash eventlog.Hash) ([]byte, error) {
	body, err := patiently(ctx, l, func(ctx context.Context) ([]byte, error) {
		return do(leading(ctx), l.leader, func(ctx context.Context, c *esdb.Client) ([]byte, error) {
			events, err := c.ReadStream(ctx, l.bodyStream(hash), esdb.ReadStreamOptions{Direction: esdb.Forwards, From: esdb.Start{}, RequiresLeader: true}, 1)
			if err != nil {
				return nil, err
			}
			defer events.Close()
			e, err := events.Recv()
			switch {
			case errors.Is(err, io.EOF), code(err) == esdb.ErrorCodeResourceNotFound:
				return nil, nil
			case err != nil:
				return nil, err
			case e == nil || e.Event == nil:
				return nil, errors.New("the server sent an event without content")
			}
			return append([]byte{}, e.Event.Data...), nil
		})
	})
	switch {
	case err != nil:
		return nil, err
	case body == nil:
		return nil, eventlog.ErrNoBody
	case eventlog.HashBody(body) != hash:
		return nil, &eventlog.CorruptError{Reason: fmt.Sprintf("the body in the stream %s has another hash", l.bodyStream(hash))}
	}
	return body, nil
}

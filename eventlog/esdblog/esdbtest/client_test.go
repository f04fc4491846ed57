package esdbtest_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	grpcmeta "google.golang.org/grpc/metadata"

	"github.com/comity-project/comity/eventlog/esdblog/esdbtest"
)

// dial opens the real client. It tries for half a minute to find a node, as it
// hears of no context while it does; one that gives up is dead for good.
func dial(t *testing.T, address string) *esdb.Client {
	t.Helper()
	configuration, err := esdb.ParseConnectionString(address + "&maxDiscoverAttempts=1500")
	require.NoError(t, err)
	configuration.Logger = esdb.NoopLogging()
	client, err := esdb.NewClient(configuration)
	require.NoError(t, err)
	t.Cleanup(func() { client.Close() })
	return client
}

// within bounds what a test waits for, generously.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// insisting asks for the leader's own answer.
func insisting(ctx context.Context) context.Context {
	return grpcmeta.AppendToOutgoingContext(ctx, "requires-leader", "true")
}

func event(n byte) esdb.EventData {
	return esdb.EventData{EventID: [16]byte{1, n}, EventType: "test", ContentType: esdb.ContentTypeJson, Data: []byte{'0' + n%10}}
}

func expecting(revision esdb.ExpectedRevision) esdb.AppendToStreamOptions {
	return esdb.AppendToStreamOptions{ExpectedRevision: revision}
}

// add appends the events with these numbers and returns the revision of the last.
func add(ctx context.Context, client *esdb.Client, stream string, expected esdb.ExpectedRevision, numbers ...byte) (uint64, error) {
	events := make([]esdb.EventData, 0, len(numbers))
	for _, n := range numbers {
		events = append(events, event(n))
	}
	result, err := client.AppendToStream(ctx, stream, expecting(expected), events...)
	if err != nil {
		return 0, err
	}
	return result.NextExpectedVersion, nil
}

// code is what the client makes of an error.
func code(t *testing.T, err error) esdb.ErrorCode {
	t.Helper()
	var e *esdb.Error
	require.ErrorAs(t, err, &e)
	return e.Code()
}

// revisions are those of the events of one read.
func revisions(ctx context.Context, client *esdb.Client, stream string, o esdb.ReadStreamOptions, count uint64) ([]uint64, error) {
	read, err := client.ReadStream(ctx, stream, o, count)
	if err != nil {
		return nil, err
	}
	defer read.Close()
	var found []uint64
	for {
		e, err := read.Recv()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return found, err
		}
		found = append(found, e.Event.EventNumber)
	}
}

// ids are the numbers of stored events.
func ids(events []esdbtest.Event) []byte {
	var numbers []byte
	for _, e := range events {
		numbers = append(numbers, e.ID[1])
	}
	return numbers
}

// lost says that an append found the connection gone. The client says EOF, of an
// unknown kind, when it finds that out while it is sending.
func lost(t *testing.T, err error) {
	t.Helper()
	if code(t, err) != esdb.ErrorCodeUnknown {
		assert.Equal(t, esdb.ErrorUnavailable, code(t, err), "%v", err)
		return
	}
	assert.ErrorContains(t, err, "EOF")
}

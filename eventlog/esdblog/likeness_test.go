package esdblog_test

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog/esdblog/esdbtest"
)

// likeness is what a server answers to the calls of a conversation, in the words of its
// client. The double is held to it, and so is a real server where there is one: where
// they differ, the double is wrong.
//
//go:embed testdata/likeness.txt
var likeness string

func TestDoubleIsLikeTheServer(t *testing.T) {
	t.Run("double", func(t *testing.T) {
		c := esdbtest.New(t, 1)
		got := converse(t, strings.Replace(c.Address("x"), "/x?", "?", 1))
		if os.Getenv("UPDATE_LIKENESS") != "" {
			require.NoError(t, os.WriteFile("testdata/likeness.txt", []byte(got), 0o600))
			return
		}
		require.Equal(t, likeness, got)
	})
	t.Run("server", func(t *testing.T) {
		if os.Getenv(server) == "" {
			t.Skip("there is no server: " + server + " names none")
		}
		require.Equal(t, likeness, converse(t, os.Getenv(server)))
	})
}

// A conversation is a list of calls with what came of each.
type conversation struct {
	t      *testing.T
	client *esdb.Client
	ctx    context.Context
	prefix string
	said   strings.Builder
}

func converse(t *testing.T, address string) string {
	t.Helper()
	config, err := esdb.ParseConnectionString(address)
	require.NoError(t, err)
	config.Logger = esdb.NoopLogging()
	client, err := esdb.NewClient(config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := &conversation{t: t, client: client, ctx: ctx, prefix: fresh() + "-"}

	never := esdb.Revision(1<<63 - 2) // what the driver expects where nothing is to be written

	c.title("expected revisions")
	c.append("s", esdb.NoStream{}, "a", "b")
	c.append("s", esdb.NoStream{}, "c")
	c.append("s", esdb.Revision(1), "c")
	c.append("s", esdb.Revision(1), "d")
	c.append("s", esdb.Revision(7), "d")
	c.append("s", never, "d")
	c.append("s", esdb.StreamExists{}, "d")
	c.append("missing", esdb.StreamExists{}, "a")
	c.append("missing", esdb.Revision(0), "a")
	c.append("missing", esdb.Any{}, "a")

	c.title("the same again")
	c.append("s", esdb.NoStream{}, "a", "b")
	c.append("s", esdb.NoStream{}, "a")
	c.append("s", esdb.NoStream{}, "a", "b", "c")
	c.append("s", esdb.NoStream{}, "b", "a")
	c.append("s", esdb.NoStream{}, "a", "x")
	c.append("s", esdb.Revision(1), "c")
	c.append("s", esdb.Revision(0), "b", "c")
	c.append("s", esdb.Revision(2), "d", "e")
	c.append("s", esdb.Revision(3), "a")
	c.append("s", esdb.Revision(4), "f", "g")
	c.append("s", esdb.Revision(4), "f", "g")

	c.title("reading")
	c.read("s", esdb.Forwards, esdb.Start{}, 100)
	c.read("s", esdb.Forwards, esdb.Revision(2), 2)
	c.read("s", esdb.Forwards, esdb.Revision(50), 2)
	c.read("s", esdb.Backwards, esdb.End{}, 1)
	c.read("s", esdb.Backwards, esdb.Revision(1), 5)
	c.read("nowhere", esdb.Forwards, esdb.Start{}, 1)
	c.read("nowhere", esdb.Backwards, esdb.End{}, 1)

	c.title("subscriptions")
	c.subscribe("s", esdb.Start{})
	c.subscribe("s", esdb.Revision(2))
	c.subscribe("s", esdb.Revision(50))
	c.subscribe("nowhere", esdb.Start{})

	c.title("truncation and deletion")
	var m esdb.StreamMetadata
	m.SetTruncateBefore(3)
	_, err = client.SetStreamMetadata(ctx, c.prefix+"s", esdb.AppendToStreamOptions{}, m)
	c.say("metadata s truncate before 3: %s", failure(err))
	c.read("s", esdb.Forwards, esdb.Start{}, 100)
	c.read("s", esdb.Forwards, esdb.Revision(1), 100)
	c.subscribe("s", esdb.Start{})
	c.metadata("s")
	m.SetTruncateBefore(50)
	_, err = client.SetStreamMetadata(ctx, c.prefix+"s", esdb.AppendToStreamOptions{}, m)
	c.say("metadata s truncate before 50: %s", failure(err))
	c.read("s", esdb.Forwards, esdb.Start{}, 100)
	c.read("s", esdb.Backwards, esdb.End{}, 1)
	c.subscribe("s", esdb.Start{})
	_, err = client.DeleteStream(ctx, c.prefix+"s", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Revision(5)})
	c.say("delete s at 5: %s", failure(err))
	_, err = client.DeleteStream(ctx, c.prefix+"nowhere", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
	c.say("delete nowhere: %s", failure(err))
	_, err = client.DeleteStream(ctx, c.prefix+"s", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
	c.say("delete s: %s", failure(err))
	c.read("s", esdb.Forwards, esdb.Start{}, 100)
	c.read("s", esdb.Backwards, esdb.End{}, 1)
	c.subscribe("s", esdb.Start{})
	c.append("s", esdb.StreamExists{}, "n")
	c.append("s", esdb.NoStream{}, "n")
	c.read("s", esdb.Forwards, esdb.Start{}, 100)
	c.metadata("s")
	_, err = client.TombstoneStream(ctx, c.prefix+"s", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
	c.say("tombstone s: %s", failure(err))
	c.read("s", esdb.Forwards, esdb.Start{}, 100)
	c.subscribe("s", esdb.Start{})
	c.append("s", esdb.NoStream{}, "o")
	c.append("s", never, "o")

	c.title("too large")
	c.appendBytes("large", 1<<20+1)
	c.appendBytes("large", 900<<10)
	return c.said.String()
}

func (c *conversation) title(text string)              { fmt.Fprintf(&c.said, "# %s\n", text) }
func (c *conversation) say(format string, args ...any) { fmt.Fprintf(&c.said, format+"\n", args...) }

func (c *conversation) event(id string, data []byte) esdb.EventData {
	var e [16]byte
	copy(e[:], c.prefix[len(c.prefix)-9:])
	e[15] = id[0]
	return esdb.EventData{EventID: e, EventType: id, ContentType: esdb.ContentTypeJson, Data: data}
}

func (c *conversation) append(stream string, expected esdb.ExpectedRevision, ids ...string) {
	var events []esdb.EventData
	for _, id := range ids {
		events = append(events, c.event(id, []byte("{}")))
	}
	result, err := c.client.AppendToStream(c.ctx, c.prefix+stream, esdb.AppendToStreamOptions{ExpectedRevision: expected}, events...)
	what := strings.TrimPrefix(fmt.Sprintf("%T%v", expected, expected), "esdb.")
	if err != nil {
		c.say("append %s %s %s: %s", stream, what, strings.Join(ids, " "), failure(err))
		return
	}
	c.say("append %s %s %s: revision %d", stream, what, strings.Join(ids, " "), result.NextExpectedVersion)
}

func (c *conversation) appendBytes(stream string, n int) {
	_, err := c.client.AppendToStream(c.ctx, c.prefix+stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, c.event("z", make([]byte, n)))
	c.say("append %d bytes: %s", n, failure(err))
}

func (c *conversation) read(stream string, direction esdb.Direction, from esdb.StreamPosition, count uint64) {
	way := map[esdb.Direction]string{esdb.Forwards: "forwards", esdb.Backwards: "backwards"}[direction]
	what := fmt.Sprintf("read %s %s from %s%v, %d", stream, way, strings.TrimPrefix(fmt.Sprintf("%T", from), "esdb."), from, count)
	events, err := c.client.ReadStream(c.ctx, c.prefix+stream, esdb.ReadStreamOptions{Direction: direction, From: from}, count)
	if err != nil {
		c.say("%s: %s", what, failure(err))
		return
	}
	defer events.Close()
	var got []string
	for {
		e, err := events.Recv()
		if errors.Is(err, io.EOF) {
			c.say("%s: %s", what, strings.Join(append(got, "end"), " "))
			return
		}
		if err != nil {
			c.say("%s: %s", what, strings.Join(append(got, failure(err)), " "))
			return
		}
		got = append(got, fmt.Sprintf("%d=%s", e.Event.EventNumber, e.Event.EventType))
	}
}

// metadata says what the settings of a stream are that would cut it off.
func (c *conversation) metadata(stream string) {
	m, err := c.client.GetStreamMetadata(c.ctx, c.prefix+stream, esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.End{}})
	switch {
	case err != nil:
		c.say("metadata %s: %s", stream, failure(err))
	case m.TruncateBefore() == nil:
		c.say("metadata %s: nothing", stream)
	default:
		c.say("metadata %s: truncate before %d", stream, *m.TruncateBefore())
	}
}

func (c *conversation) subscribe(stream string, from esdb.StreamPosition) {
	what := fmt.Sprintf("subscribe %s after %s%v", stream, strings.TrimPrefix(fmt.Sprintf("%T", from), "esdb."), from)
	s, err := c.client.SubscribeToStream(c.ctx, c.prefix+stream, esdb.SubscribeToStreamOptions{From: from})
	if err != nil {
		c.say("%s: %s", what, failure(err))
		return
	}
	defer func() { require.NoError(c.t, s.Close()) }()
	var got []string
	for {
		e := s.Recv()
		switch {
		case e.EventAppeared != nil:
			got = append(got, fmt.Sprintf("%d=%s", e.EventAppeared.Event.EventNumber, e.EventAppeared.Event.EventType))
		case e.CaughtUp != nil:
			c.say("%s: %s", what, strings.Join(append(got, "caught up"), " "))
			return
		case e.SubscriptionDropped != nil:
			c.say("%s: %s", what, strings.Join(append(got, "dropped"), " "))
			return
		}
	}
}

// failure names the kind of an error, which is what programs go by.
func failure(err error) string {
	if err == nil {
		return "done"
	}
	var of *esdb.Error
	if !errors.As(err, &of) {
		return "an error of no kind"
	}
	return fmt.Sprintf("error %d", of.Code())
}

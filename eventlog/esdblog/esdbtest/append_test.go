package esdbtest_test

import (
	"bytes"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog/esdblog/esdbtest"
)

// Each line is an append to a stream, and what the server's own source says of it.
func TestAppend(t *testing.T) {
	const missing, none, soft, tomb = 0, 1, 2, 3 // what was done to the stream after events 1, 2, 3
	wrong, gone, ok := esdb.ErrorCodeWrongExpectedVersion, esdb.ErrorCodeStreamDeleted, esdb.ErrorCode(-1)
	rev := func(n uint64) esdb.ExpectedRevision { return esdb.Revision(n) }
	for name, tt := range map[string]struct {
		state    int
		expected esdb.ExpectedRevision
		add      []byte
		want     uint64 // revision of the last
		code     esdb.ErrorCode
		stored   []byte
	}{
		"no stream, none there":              {missing, esdb.NoStream{}, []byte{1, 2}, 1, ok, []byte{1, 2}},
		"any, none there":                    {missing, esdb.Any{}, []byte{1}, 0, ok, []byte{1}},
		"exists, none there":                 {missing, esdb.StreamExists{}, []byte{1}, 0, wrong, nil},
		"revision, none there":               {missing, rev(0), []byte{1}, 0, wrong, nil},
		"no stream, but it is":               {none, esdb.NoStream{}, []byte{4}, 0, wrong, []byte{1, 2, 3}},
		"exists":                             {none, esdb.StreamExists{}, []byte{4}, 3, ok, []byte{1, 2, 3, 4}},
		"any":                                {none, esdb.Any{}, []byte{4, 5}, 4, ok, []byte{1, 2, 3, 4, 5}},
		"revision":                           {none, rev(2), []byte{4}, 3, ok, []byte{1, 2, 3, 4}},
		"revision to come":                   {none, rev(3), []byte{4}, 0, wrong, []byte{1, 2, 3}},
		"revision gone by":                   {none, rev(1), []byte{4}, 0, wrong, []byte{1, 2, 3}},
		"same again, all":                    {none, esdb.NoStream{}, []byte{1, 2, 3}, 2, ok, []byte{1, 2, 3}},
		"same again, the first of them":      {none, esdb.NoStream{}, []byte{1, 2}, 1, ok, []byte{1, 2, 3}},
		"same again, from the middle":        {none, rev(0), []byte{2}, 1, ok, []byte{1, 2, 3}},
		"same again and more":                {none, rev(1), []byte{3, 4}, 0, wrong, []byte{1, 2, 3}},
		"same again, other order":            {none, rev(0), []byte{3, 2}, 0, wrong, []byte{1, 2, 3}},
		"same again, elsewhere":              {none, rev(2), []byte{2}, 3, ok, []byte{1, 2, 3, 2}},
		"any, same again":                    {none, esdb.Any{}, []byte{2, 3}, 2, ok, []byte{1, 2, 3}},
		"any, same again and more":           {none, esdb.Any{}, []byte{3, 4}, 0, wrong, []byte{1, 2, 3}},
		"any, more and the same again":       {none, esdb.Any{}, []byte{4, 3}, 4, ok, []byte{1, 2, 3, 4, 3}},
		"deleted, no stream":                 {soft, esdb.NoStream{}, []byte{4}, 3, ok, []byte{1, 2, 3, 4}},
		"deleted, no stream, the same again": {soft, esdb.NoStream{}, []byte{1, 2, 3}, 2, ok, []byte{1, 2, 3}},
		"deleted, exists":                    {soft, esdb.StreamExists{}, []byte{4}, 0, gone, []byte{1, 2, 3}},
		"deleted, revision":                  {soft, rev(2), []byte{4}, 3, ok, []byte{1, 2, 3, 4}},
		"deleted, revision gone by":          {soft, rev(1), []byte{4}, 0, wrong, []byte{1, 2, 3}},
		"tombstone, any":                     {tomb, esdb.Any{}, []byte{4}, 0, gone, []byte{1, 2, 3}},
		"tombstone, no stream":               {tomb, esdb.NoStream{}, []byte{4}, 0, gone, []byte{1, 2, 3}},
		"tombstone, same again":              {tomb, esdb.NoStream{}, []byte{1}, 0, gone, []byte{1, 2, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			c := esdbtest.New(t, 1)
			client, ctx := dial(t, c.Address("")), within(t)
			if tt.state != missing {
				_, err := add(ctx, client, "s", esdb.NoStream{}, 1, 2, 3)
				require.NoError(t, err)
			}
			switch tt.state {
			case soft:
				_, err := client.DeleteStream(ctx, "s", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Revision(2)})
				require.NoError(t, err)
			case tomb:
				_, err := client.TombstoneStream(ctx, "s", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Revision(2)})
				require.NoError(t, err)
			}
			got, err := add(ctx, client, "s", tt.expected, tt.add...)
			if tt.code == ok {
				require.NoError(t, err)
				assert.Equal(t, tt.want, got)
			} else {
				assert.Equal(t, tt.code, code(t, err), "%v", err)
			}
			stored := c.Stream("s")
			if tt.state == tomb {
				require.Equal(t, "$streamDeleted", stored[len(stored)-1].Type)
				stored = stored[:len(stored)-1]
			}
			assert.Equal(t, tt.stored, ids(stored))
		})
	}
}

// What Any goes by is in the leader's memory only.
func TestAnyForgets(t *testing.T) {
	c := esdbtest.New(t, 1)
	client, ctx := dial(t, c.Address("")), within(t)
	_, err := add(ctx, client, "s", esdb.NoStream{}, 1)
	require.NoError(t, err)
	c.Depose()
	c.Elect(0)
	got, err := add(ctx, client, "s", esdb.Any{}, 1)
	require.NoError(t, err)
	assert.EqualValues(t, 1, got)
	assert.Equal(t, []byte{1, 1}, ids(c.Stream("s")))
}

func TestAppendKeeps(t *testing.T) {
	c := esdbtest.New(t, 1)
	client, ctx := dial(t, c.Address("")), within(t)
	result, err := client.AppendToStream(ctx, "s", expecting(esdb.NoStream{}),
		esdb.EventData{EventID: [16]byte{0xff, 2, 15: 0x81}, EventType: "a", ContentType: esdb.ContentTypeJson, Data: []byte(`{}`), Metadata: []byte("m")},
		esdb.EventData{EventID: [16]byte{3}, EventType: "b", ContentType: esdb.ContentTypeBinary, Data: []byte{0, 1}})
	require.NoError(t, err)
	read, err := client.ReadStream(ctx, "s", esdb.ReadStreamOptions{}, 2)
	require.NoError(t, err)
	defer read.Close()
	first, err := read.Recv()
	require.NoError(t, err)
	second, err := read.Recv()
	require.NoError(t, err)
	assert.EqualValues(t, [16]byte{0xff, 2, 15: 0x81}, first.Event.EventID)
	assert.Equal(t, "a", first.Event.EventType)
	assert.Equal(t, "application/json", first.Event.ContentType)
	assert.Equal(t, "m", string(first.Event.UserMetadata))
	assert.Equal(t, "{}", string(first.Event.Data))
	assert.Equal(t, "application/octet-stream", second.Event.ContentType)
	assert.Equal(t, []byte{0, 1}, second.Event.Data)
	assert.EqualValues(t, 1, second.Event.EventNumber)
	assert.Less(t, first.Event.Position.Commit, second.Event.Position.Commit)
	assert.Equal(t, result.CommitPosition, second.Event.Position.Commit)
	stored := c.Stream("s")
	assert.True(t, stored[0].Created.Equal(first.Event.CreatedDate), "got %v, want %v", first.Event.CreatedDate, stored[0].Created)
}

// The client tells neither case from any other error: code 0.
func TestTooBig(t *testing.T) {
	c := esdbtest.New(t, 1, esdbtest.Limit(1000))
	client, ctx := dial(t, c.Address("")), within(t)
	big := func(n byte, size int) esdb.EventData {
		return esdb.EventData{EventID: [16]byte{1, n}, EventType: "tt", Data: bytes.Repeat([]byte{1}, size-4-2), Metadata: []byte("mm")}
	}
	_, err := client.AppendToStream(ctx, "s", expecting(esdb.NoStream{}), big(1, 1001))
	require.Error(t, err)
	assert.Equal(t, esdb.ErrorCodeUnknown, code(t, err))
	assert.ErrorContains(t, err, "Maximum Append Size Exceeded")
	_, err = client.AppendToStream(ctx, "s", expecting(esdb.NoStream{}), big(1, 500), big(2, 501), big(3, 100))
	require.Error(t, err)
	assert.Equal(t, esdb.ErrorCodeUnknown, code(t, err))
	assert.Empty(t, c.Stream("s"))
	_, err = client.AppendToStream(ctx, "s", expecting(esdb.NoStream{}), big(1, 500), big(2, 500))
	require.NoError(t, err)
	assert.Equal(t, []byte{1, 2}, ids(c.Stream("s")))
}

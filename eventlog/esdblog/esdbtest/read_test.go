package esdbtest_test

import (
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog/esdblog/esdbtest"
)

func TestRead(t *testing.T) {
	c := esdbtest.New(t, 1)
	client, ctx := dial(t, c.Address("")), within(t)
	for _, s := range []string{"s", "before", "counted", "both", "hidden", "deleted", "tombstone", "revived", "old"} {
		write(c, s, 0, 1, 2, 3, 4)
	}
	c.Truncate("before", 2)
	c.SetMetadata("counted", `{"$maxCount":1}`)
	c.SetMetadata("counted", `{"$maxCount":2}`)
	c.SetMetadata("both", `{"$maxCount":2,"$tb":4}`)
	c.Truncate("hidden", 5)
	c.SetMetadata("old", `{"$maxAge":3600}`)
	c.Delete("deleted")
	c.Delete("revived")
	write(c, "revived", 5)
	c.Tombstone("tombstone")
	forwards := func(from esdb.StreamPosition) esdb.ReadStreamOptions { return esdb.ReadStreamOptions{From: from} }
	backwards := func(from esdb.StreamPosition) esdb.ReadStreamOptions {
		return esdb.ReadStreamOptions{From: from, Direction: esdb.Backwards}
	}
	for name, tt := range map[string]struct {
		stream string
		o      esdb.ReadStreamOptions
		count  uint64
		want   []uint64
		code   esdb.ErrorCode
	}{
		"all":                       {"s", forwards(esdb.Start{}), 99, []uint64{0, 1, 2, 3, 4}, 0},
		"the first":                 {"s", forwards(esdb.Start{}), 2, []uint64{0, 1}, 0},
		"from the middle":           {"s", forwards(esdb.Revision(3)), 99, []uint64{3, 4}, 0},
		"beyond the end":            {"s", forwards(esdb.Revision(5)), 99, nil, 0},
		"the last":                  {"s", backwards(esdb.End{}), 2, []uint64{4, 3}, 0},
		"back from the middle":      {"s", backwards(esdb.Revision(1)), 99, []uint64{1, 0}, 0},
		"back from beyond the end":  {"s", backwards(esdb.Revision(99)), 1, []uint64{4}, 0},
		"missing":                   {"missing", forwards(esdb.Start{}), 1, nil, esdb.ErrorCodeResourceNotFound},
		"missing, back":             {"missing", backwards(esdb.End{}), 1, nil, esdb.ErrorCodeResourceNotFound},
		"truncated":                 {"before", forwards(esdb.Start{}), 2, []uint64{2, 3}, 0},
		"truncated, back":           {"before", backwards(esdb.End{}), 99, []uint64{4, 3, 2}, 0},
		"truncated, what is hidden": {"before", backwards(esdb.Revision(1)), 99, nil, 0},
		"counted":                   {"counted", forwards(esdb.Start{}), 99, []uint64{3, 4}, 0},
		"counted and truncated":     {"both", forwards(esdb.Start{}), 99, []uint64{4}, 0},
		"young enough":              {"old", forwards(esdb.Start{}), 99, []uint64{0, 1, 2, 3, 4}, 0},
		"wholly truncated":          {"hidden", forwards(esdb.Start{}), 99, nil, 0},
		"wholly truncated, back":    {"hidden", backwards(esdb.End{}), 99, nil, 0},
		"deleted":                   {"deleted", forwards(esdb.Start{}), 99, nil, esdb.ErrorCodeResourceNotFound},
		"deleted and written again": {"revived", forwards(esdb.Start{}), 99, []uint64{5}, 0},
		"tombstone":                 {"tombstone", forwards(esdb.Start{}), 99, nil, esdb.ErrorCodeStreamDeleted},
		"metadata, the last only":   {"$$counted", forwards(esdb.Start{}), 99, []uint64{1}, 0},
		"no metadata":               {"$$s", forwards(esdb.Start{}), 99, nil, esdb.ErrorCodeResourceNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := revisions(ctx, client, tt.stream, tt.o, tt.count)
			if tt.code == 0 {
				require.NoError(t, err)
			} else {
				assert.Equal(t, tt.code, code(t, err), "%v", err)
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

// An event too old is hidden when its age is over, without anybody writing.
func TestMaxAge(t *testing.T) {
	c := esdbtest.New(t, 1)
	client, ctx := dial(t, c.Address("")), within(t)
	write(c, "s", 1)
	c.SetMetadata("s", `{"$maxAge":1}`)
	require.Eventually(t, func() bool {
		got, err := revisions(ctx, client, "s", esdb.ReadStreamOptions{}, 9)
		return err == nil && len(got) == 0
	}, 30*time.Second, 20*time.Millisecond)
	assert.Len(t, c.Stream("s"), 1)
}

func TestMetadata(t *testing.T) {
	c := esdbtest.New(t, 1)
	client, ctx := dial(t, c.Address("")), within(t)
	write(c, "s", 1)
	_, err := client.GetStreamMetadata(ctx, "s", esdb.ReadStreamOptions{})
	require.Error(t, err)
	var meta esdb.StreamMetadata
	meta.SetMaxCount(7)
	meta.SetTruncateBefore(1)
	_, err = client.SetStreamMetadata(ctx, "s", expecting(esdb.NoStream{}), meta)
	require.NoError(t, err)
	got, err := client.GetStreamMetadata(ctx, "s", esdb.ReadStreamOptions{})
	require.NoError(t, err)
	require.NotNil(t, got.MaxCount())
	assert.EqualValues(t, 7, *got.MaxCount())
	assert.EqualValues(t, 1, *got.TruncateBefore())
}

// positions are those of the events of one read of all.
func positions(t *testing.T, read *esdb.ReadStream, err error) (got []uint64, last esdb.Position) {
	t.Helper()
	require.NoError(t, err)
	defer read.Close()
	for {
		e, err := read.Recv()
		if errors.Is(err, io.EOF) {
			return got, last
		}
		require.NoError(t, err)
		got, last = append(got, e.Event.Position.Commit), e.Event.Position
	}
}

func TestReadAll(t *testing.T) {
	c := esdbtest.New(t, 1)
	client, ctx := dial(t, c.Address("")), within(t)
	write(c, "a", 1, 2)
	write(c, "b", 3)
	write(c, "a", 4)
	read, err := client.ReadAll(ctx, esdb.ReadAllOptions{}, 99)
	every, _ := positions(t, read, err)
	require.Len(t, every, 4)
	assert.True(t, slices.IsSorted(every))
	assert.NotContains(t, []uint64{1, 2, 3}, every[1]-every[0], "positions leave gaps")
	read, err = client.ReadAll(ctx, esdb.ReadAllOptions{}, 2)
	two, last := positions(t, read, err)
	assert.Equal(t, every[:2], two)
	read, err = client.ReadAll(ctx, esdb.ReadAllOptions{From: last}, 99)
	rest, _ := positions(t, read, err)
	assert.Equal(t, every[1:], rest, "inclusive forwards")
	read, err = client.ReadAll(ctx, esdb.ReadAllOptions{From: last, Direction: esdb.Backwards}, 99)
	back, _ := positions(t, read, err)
	assert.Equal(t, every[:1], back, "exclusive backwards")
	read, err = client.ReadAll(ctx, esdb.ReadAllOptions{From: esdb.End{}, Direction: esdb.Backwards}, 99)
	back, _ = positions(t, read, err)
	slices.Reverse(back)
	assert.Equal(t, every, back)
}

func TestDelete(t *testing.T) {
	c := esdbtest.New(t, 1)
	client, ctx := dial(t, c.Address("")), within(t)
	write(c, "s", 1, 2)
	_, err := client.DeleteStream(ctx, "s", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Revision(0)})
	require.ErrorContains(t, err, "WrongExpectedVersion")
	_, err = client.DeleteStream(ctx, "s", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Revision(1)})
	require.NoError(t, err)
	_, err = revisions(ctx, client, "s", esdb.ReadStreamOptions{}, 9)
	assert.Equal(t, esdb.ErrorCodeResourceNotFound, code(t, err))
	_, err = client.TombstoneStream(ctx, "s", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Revision(5)})
	require.ErrorContains(t, err, "WrongExpectedVersion")
	_, err = client.TombstoneStream(ctx, "s", esdb.TombstoneStreamOptions{})
	require.NoError(t, err)
	_, err = client.DeleteStream(ctx, "s", esdb.DeleteStreamOptions{})
	assert.Equal(t, esdb.ErrorCodeStreamDeleted, code(t, err), "%v", err)
	assert.Equal(t, 5, c.Counts().Deletes)
}

// What was never there can't be deleted softly, unless somebody wrote metadata for it. A
// stream that was deleted has no other metadata any more, and so no rights.
func TestDeleteMetadata(t *testing.T) {
	c := esdbtest.New(t, 1)
	client, ctx := dial(t, c.Address("")), within(t)
	_, err := client.DeleteStream(ctx, "s", esdb.DeleteStreamOptions{})
	require.ErrorContains(t, err, "WrongExpectedVersion")
	assert.Empty(t, c.Stream("$$s"))
	c.SetMetadata("s", `{"$maxCount":7}`)
	_, err = add(ctx, client, "s", esdb.StreamExists{}, 1)
	require.NoError(t, err, "metadata make a stream exist")
	_, err = client.DeleteStream(ctx, "s", esdb.DeleteStreamOptions{})
	require.NoError(t, err)
	got, err := client.GetStreamMetadata(ctx, "s", esdb.ReadStreamOptions{})
	require.NoError(t, err)
	assert.Nil(t, got.MaxCount())
	assert.EqualValues(t, uint64(1)<<63, *got.TruncateBefore(), "what the client makes of 2^63-1")
}

package logtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/comity-project/comity/eventlog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func testEmpty(t *testing.T, h Harness) {
	log := start(t, h)
	requireHolds(t, log, nil)
	err := firstError(log.Read(t.Context(), 1))
	require.ErrorIs(t, err, eventlog.ErrPastEnd)
}

func testRoundTrip(t *testing.T, h Harness) {
	log := start(t, h)
	want := slices.Concat(awkward(), Records(10, 500))
	head, err := log.Append(t.Context(), 0, want...)
	require.NoError(t, err)
	require.Equal(t, eventlog.Position(len(want)), head)

	large := Record(1000)
	large.Data = bytes.Repeat([]byte{0xff, 0, '\'', '\n'}, 1<<14)[:eventlog.MaxData]
	head, err = log.Append(t.Context(), head, large)
	require.NoError(t, err)
	want = append(want, large)
	requireHolds(t, log, want)
	for _, record := range read(t, log, head-1) {
		require.Equal(t, time.UTC, record.Recorded.Location())
	}
}

// awkward returns records that are valid, if only just.
func awkward() []eventlog.Record {
	at := time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC)
	name := strings.Repeat("ü", eventlog.MaxName/2)
	return []eventlog.Record{
		{ID: eventlog.ID{15: 1}, Recorded: at, Subject: "a", Type: "b", Data: []byte{0}},
		{ID: eventlog.ID{0: 0xff}, Recorded: at, Subject: name, Type: name, Data: []byte("\x00\xff\xfe")},
		{ID: eventlog.ID{0xff, 0xff}, Recorded: at, Subject: " A", Type: "B ", Data: []byte("'); DROP TABLE records; --")},
		{ID: eventlog.ID{1}, Recorded: time.Date(1969, 12, 31, 23, 59, 59, 999999000, time.UTC), Subject: "a", Type: "1", Data: []byte("1")},
		{ID: eventlog.ID{2}, Recorded: time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC), Subject: "A", Type: "NULL", Data: []byte("{}")},
	}
}

func testConflict(t *testing.T, h Harness) {
	log := start(t, h)
	want := fill(t, log, 10)
	for _, expected := range []eventlog.Position{0, 1, 9, 11, 1000, 1 << 63, 1<<64 - 1} {
		_, err := log.Append(t.Context(), expected, Records(10, 3)...)
		require.ErrorIs(t, err, eventlog.ErrConflict, "expected %d", expected)
		require.NotErrorIs(t, err, eventlog.ErrDuplicate, "expected %d", expected)
	}
	requireHolds(t, log, want)
}

func testRepeat(t *testing.T, h Harness) {
	log := start(t, h)
	want := Records(0, 30)
	for _, cut := range [][2]int{{0, 1}, {1, 11}, {11, 30}} {
		for range 3 { // the first is new, the others are repeated
			head, err := log.Append(t.Context(), eventlog.Position(cut[0]), want[cut[0]:cut[1]]...)
			require.NoError(t, err)
			require.Equal(t, eventlog.Position(cut[1]), head)
		}
	}
	for _, cut := range [][2]int{{0, 1}, {1, 11}, {11, 30}} { // the log has grown since
		head, err := log.Append(t.Context(), eventlog.Position(cut[0]), want[cut[0]:cut[1]]...)
		require.NoError(t, err)
		require.Equal(t, eventlog.Position(cut[1]), head)
	}
	requireHolds(t, log, want)
}

func testDuplicate(t *testing.T, h Harness) {
	log := start(t, h)
	want := fill(t, log, 20)
	other := func(i int, change func(*eventlog.Record)) eventlog.Record {
		record := Record(i)
		change(&record)
		return record
	}
	tests := []struct {
		name     string
		expected eventlog.Position
		records  []eventlog.Record
	}{
		{"at the head again", 20, Records(0, 1)},
		{"new ones and an old one", 20, slices.Concat(Records(20, 2), []eventlog.Record{other(3, func(r *eventlog.Record) { r.Recorded = Record(22).Recorded })})},
		{"one further on", 6, Records(5, 2)},
		{"one further back", 4, Records(5, 2)},
		{"the last ones and a new one", 18, Records(18, 3)},
		{"some and a new one", 5, slices.Concat(Records(5, 1), Records(30, 1))},
		{"in another order", 5, []eventlog.Record{other(6, func(r *eventlog.Record) { r.Recorded = Record(5).Recorded }), Record(5)}},
		{"other data", 5, []eventlog.Record{other(5, func(r *eventlog.Record) { r.Data = append(r.Data, ' ') })}},
		{"less data", 5, []eventlog.Record{other(5, func(r *eventlog.Record) { r.Data = r.Data[:len(r.Data)-1] })}},
		{"other subject", 5, []eventlog.Record{other(5, func(r *eventlog.Record) { r.Subject += "x" })}},
		{"other type", 5, []eventlog.Record{other(5, func(r *eventlog.Record) { r.Type += "x" })}},
		{"other time", 5, []eventlog.Record{other(5, func(r *eventlog.Record) { r.Recorded = r.Recorded.Add(time.Microsecond) })}},
	}
	for _, test := range tests {
		_, err := log.Append(t.Context(), test.expected, test.records...)
		assert.ErrorIs(t, err, eventlog.ErrDuplicate, test.name)
		assert.ErrorIs(t, err, eventlog.ErrConflict, test.name)
	}
	requireHolds(t, log, want)
}

func testRefused(t *testing.T, h Harness) {
	log := start(t, h)
	want := fill(t, log, 5)
	with := func(change func(*eventlog.Record)) []eventlog.Record {
		records := Records(5, 3)
		change(&records[1])
		return records
	}
	big := Records(5, 20)
	for i := range big {
		big[i].Data = make([]byte, eventlog.MaxData)
	}
	tests := []struct {
		name    string
		want    error
		records []eventlog.Record
	}{
		{"nothing", eventlog.ErrInvalid, nil},
		{"zero id", eventlog.ErrInvalid, with(func(r *eventlog.Record) { r.ID = eventlog.ID{} })},
		{"no data", eventlog.ErrInvalid, with(func(r *eventlog.Record) { r.Data = nil })},
		{"no subject", eventlog.ErrInvalid, with(func(r *eventlog.Record) { r.Subject = "" })},
		{"no type", eventlog.ErrInvalid, with(func(r *eventlog.Record) { r.Type = "" })},
		{"long subject", eventlog.ErrInvalid, with(func(r *eventlog.Record) { r.Subject = strings.Repeat("s", 256) })},
		{"zero byte in subject", eventlog.ErrInvalid, with(func(r *eventlog.Record) { r.Subject = "member/a\x00b" })},
		{"type not UTF-8", eventlog.ErrInvalid, with(func(r *eventlog.Record) { r.Type = "\xff" })},
		{"not UTC", eventlog.ErrInvalid, with(func(r *eventlog.Record) { r.Recorded = r.Recorded.In(time.FixedZone("", 3600)) })},
		{"nanoseconds", eventlog.ErrInvalid, with(func(r *eventlog.Record) { r.Recorded = r.Recorded.Add(1) })},
		{"zero time", eventlog.ErrInvalid, with(func(r *eventlog.Record) { r.Recorded = time.Time{} })},
		{"twice in one append", eventlog.ErrInvalid, with(func(r *eventlog.Record) { r.ID = Number(5) })},
		{"64 KiB of data", eventlog.ErrTooLarge, with(func(r *eventlog.Record) { r.Data = make([]byte, 64<<10) })},
		{"1,001 records", eventlog.ErrTooLarge, Records(5, 1001)},
		{"more than 900 KiB", eventlog.ErrTooLarge, big},
		{"back within the append", eventlog.ErrClock, with(func(r *eventlog.Record) { r.Recorded = Record(4).Recorded })},
		{"back from the last record", eventlog.ErrClock, []eventlog.Record{{ID: eventlog.ID{1}, Recorded: Record(3).Recorded, Subject: "a", Type: "a", Data: []byte("a")}}},
	}
	for _, test := range tests {
		_, err := log.Append(t.Context(), 5, test.records...)
		assert.ErrorIs(t, err, test.want, test.name)
	}
	requireHolds(t, log, want)

	// Equal is not back, and the limits themselves are allowed.
	level := Record(5)
	level.Recorded = want[4].Recorded
	head, err := log.Append(t.Context(), 5, level)
	require.NoError(t, err)
	many := Records(6, eventlog.MaxRecords)
	head, err = log.Append(t.Context(), head, many...)
	require.NoError(t, err)
	heavy := Records(2000, 14)
	for i := range heavy {
		heavy[i].Data = make([]byte, eventlog.MaxData)
	}
	_, err = log.Append(t.Context(), head, heavy...)
	require.NoError(t, err)
	requireHolds(t, log, slices.Concat(want, []eventlog.Record{level}, many, heavy))
}

func testCancelled(t *testing.T, h Harness) {
	log := start(t, h)
	want := fill(t, log, 3)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := log.Append(ctx, 3, Record(3))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, firstError(log.Read(ctx, 0)), context.Canceled)
	require.ErrorIs(t, firstError(log.Follow(ctx, 0)), context.Canceled)
	_, err = log.Head(ctx)
	require.ErrorIs(t, err, context.Canceled)
	requireHolds(t, log, want)

	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err = range log.Read(ctx, 0) {
		n++
		cancel()
	}
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 2, n, "one record and the error")
}

// testCancelRace gives up on appends at any moment. Whatever came of each,
// making it again has one effect.
func testCancelRace(t *testing.T, h Harness) {
	log := start(t, h)
	const n = 60
	for i := range n {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i*7)*time.Microsecond)
		head, err := log.Append(ctx, eventlog.Position(i), Record(i))
		cancel()
		if err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			head, err = log.Append(t.Context(), eventlog.Position(i), Record(i))
			require.NoError(t, err)
		}
		require.Equal(t, eventlog.Position(i+1), head)
	}
	requireHolds(t, log, Records(0, n))
}

func pipeliner(t *testing.T, log eventlog.Log) eventlog.Pipeliner {
	t.Helper()
	p, ok := log.(eventlog.Pipeliner)
	if !ok {
		t.Skip("the driver is no Pipeliner")
	}
	return p
}

func testPipelined(t *testing.T, h Harness) {
	log := pipeliner(t, start(t, h))
	const n = 300
	waits := make([]func(context.Context) (eventlog.Position, error), n)
	for i := range waits {
		waits[i] = log.Enqueue(eventlog.Position(2*i), Records(2*i, 2)...)
	}
	for _, i := range []int{n - 1, 0, n / 2, 1, n - 1} { // in any order, and again
		head, err := waits[i](t.Context())
		require.NoError(t, err)
		require.Equal(t, eventlog.Position(2*i+2), head)
	}
	requireHolds(t, log, Records(0, 2*n))

	// A repeated append in line with new ones, and a waiter that leaves.
	repeated, next := log.Enqueue(0, Records(0, 4)...), log.Enqueue(2*n, Record(2*n))
	left, leave := context.WithCancel(t.Context())
	leave()
	_, _ = next(left)
	head, err := repeated(t.Context())
	require.NoError(t, err)
	require.Equal(t, eventlog.Position(4), head)
	head, err = next(t.Context())
	require.NoError(t, err)
	require.Equal(t, eventlog.Position(2*n+1), head)
}

func testPipelinedFailure(t *testing.T, h Harness) {
	log := pipeliner(t, start(t, h))
	fill(t, log, 10)
	bad := Records(11, 2)
	bad[1].ID = Number(4) // is in the log; known only when its turn comes
	first := log.Enqueue(10, Record(10))
	second := log.Enqueue(11, bad...)
	third := log.Enqueue(13, Record(13))
	fourth := log.Enqueue(14, Record(14))
	instead := log.Enqueue(11, Record(11))

	_, err := first(t.Context())
	require.NoError(t, err)
	_, err = second(t.Context())
	require.ErrorIs(t, err, eventlog.ErrDuplicate)
	for _, wait := range []func(context.Context) (eventlog.Position, error){third, fourth} {
		_, err = wait(t.Context())
		require.ErrorIs(t, err, eventlog.ErrConflict)
	}
	head, err := instead(t.Context())
	require.NoError(t, err)
	require.Equal(t, eventlog.Position(12), head)
	requireHolds(t, log, Records(0, 12))
}

func testManyWriters(t *testing.T, h Harness) {
	log := start(t, h)
	const writers, each = 8, 12
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if err := appendAnywhere(t.Context(), log, w, i); !assert.NoError(t, err) {
					return
				}
			}
		})
	}
	wg.Wait()

	next := make([]int, writers)
	got := read(t, log, 0)
	require.Len(t, got, 2*writers*each)
	for i := 0; i < len(got); i += 2 {
		var w, n, half int
		_, err := fmt.Sscanf(string(got[i].Data), "%d %d %d", &w, &n, &half)
		require.NoError(t, err)
		require.Equal(t, next[w], n, "writer %d at position %d", w, i)
		require.Zero(t, half)
		require.Equal(t, fmt.Sprintf("%d %d 1", w, n), string(got[i+1].Data), "position %d", i+1)
		next[w]++
	}
}

// appendAnywhere appends two records at whatever the head is.
func appendAnywhere(ctx context.Context, log eventlog.Log, w, i int) error {
	for {
		head, err := log.Head(ctx)
		if err != nil {
			return err
		}
		var pair [2]eventlog.Record
		for half := range pair {
			pair[half] = eventlog.Record{
				ID: eventlog.ID{byte(w + 1), byte(i), byte(half)}, Recorded: Epoch,
				Subject: "state/xa", Type: "test", Data: fmt.Appendf(nil, "%d %d %d", w, i, half),
			}
		}
		_, err = log.Append(ctx, head, pair[:]...)
		if !errors.Is(err, eventlog.ErrConflict) {
			return err
		}
	}
}

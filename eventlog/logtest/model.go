package logtest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/comity-project/comity/eventlog"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// testModel holds a log against the simplest thing that could be one, a
// slice, through random runs of appends that are right, stale, repeated,
// overlapping, reordered or back in time.
func testModel(t *testing.T, open func(*testing.T) Harness) {
	rapid.Check(t, func(rt *rapid.T) {
		h := open(t)
		log, _ := h.Open(t)
		defer func() { require.NoError(rt, log.Close()) }()
		var model []eventlog.Record
		fresh := 0
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			expected, records := drawAppend(rt, model, &fresh)
			want, wantErr := modelAppend(&model, expected, records)
			got, err := log.Append(t.Context(), expected, records...)
			if wantErr != nil {
				require.ErrorIs(rt, err, wantErr)
			} else {
				require.NoError(rt, err)
				require.Equal(rt, want, got)
			}
		}
		from := rapid.IntRange(0, len(model)).Draw(rt, "from")
		requireSame(rt, model[from:], read(t, log, eventlog.Position(from)))
	})
}

// drawAppend makes an append of which every part may be a little off.
func drawAppend(t *rapid.T, model []eventlog.Record, fresh *int) (eventlog.Position, []eventlog.Record) {
	head := len(model)
	expected := max(0, head-rapid.SampledFrom([]int{0, 0, 0, 0, 1, 2, 5, -1}).Draw(t, "behind"))
	old := 0 // begin with records that are there
	if expected < head {
		old = rapid.IntRange(0, head-expected).Draw(t, "old")
	}
	records := slices.Clone(model[min(expected, head):min(expected+old, head)])
	for range rapid.IntRange(0, 4).Draw(t, "new") {
		*fresh++
		record := Record(*fresh)
		record.Recorded = Epoch.Add(time.Duration(head+rapid.SampledFrom([]int{0, 0, 0, 1, -1, -3}).Draw(t, "clock")) * time.Microsecond)
		records = append(records, record)
	}
	if len(records) > 1 && rapid.IntRange(0, 9).Draw(t, "swap") == 0 {
		records[0], records[1] = records[1], records[0]
	}
	if len(records) > 0 && rapid.IntRange(0, 9).Draw(t, "alter") == 0 {
		records[0].Data = append(slices.Clone(records[0].Data), ' ')
	}
	return eventlog.Position(expected), records
}

// modelAppend is the contract of Append in a few lines. Where two refusals
// apply it names the one that the contract puts first: what is wrong with the
// records themselves, then with their ids, then with the position.
func modelAppend(model *[]eventlog.Record, expected eventlog.Position, records []eventlog.Record) (eventlog.Position, error) {
	if err := eventlog.CheckAppend(records...); err != nil {
		if errors.Is(err, eventlog.ErrClock) {
			return 0, eventlog.ErrClock
		}
		return 0, eventlog.ErrInvalid
	}
	end := expected + eventlog.Position(len(records))
	if int(end) <= len(*model) && slices.EqualFunc(records, (*model)[expected:end], eventlog.Same) {
		return end, nil
	}
	for _, record := range records {
		if slices.ContainsFunc(*model, func(r eventlog.Record) bool { return r.ID == record.ID }) {
			return 0, eventlog.ErrDuplicate
		}
	}
	if int(expected) != len(*model) {
		return 0, eventlog.ErrConflict
	}
	if expected > 0 && records[0].Recorded.Before((*model)[expected-1].Recorded) {
		return 0, eventlog.ErrClock
	}
	*model = append(*model, records...)
	return end, nil
}

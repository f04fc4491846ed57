package transfer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/eventlog/transfer"
)

// said is what the records of these tests say of themselves.
type said struct {
	Command int
	Bodies  []string
}

// record makes record number i, of a command, with some bytes more.
func record(i, command, more int, bodies ...eventlog.Hash) eventlog.Record {
	r := logtest.Record(i)
	var names []string
	for _, h := range bodies {
		names = append(names, h.String())
	}
	text, err := json.Marshal(said{command, names})
	if err != nil {
		panic(err)
	}
	return logtest.Seal(r, saying+string(text)+`,"more":"`+strings.Repeat("x", more)+`"`)
}

// saying comes before what a record says of itself.
const saying = `"said":`

func look(r eventlog.Record) (transfer.Seen, error) {
	_, text, _ := bytes.Cut(r.Data, []byte(saying))
	var of said
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&of); err != nil { // what comes after it may be long
		return transfer.Seen{}, err
	}
	seen := transfer.Seen{Command: logtest.Number(of.Command)}
	for _, text := range of.Bodies {
		hash, err := eventlog.ParseHash(text)
		if err != nil {
			return seen, err
		}
		seen.Bodies = append(seen.Bodies, hash)
	}
	return seen, nil
}

// watched is a log that notes where appends end, and fails when it is told to.
type watched struct {
	*memlog.Log
	ends  []eventlog.Position
	fails func(n int) (before, after error) // of the nth append
}

func (w *watched) Enqueue(expected eventlog.Position, records ...eventlog.Record) func(context.Context) (eventlog.Position, error) {
	at, err := w.Append(context.Background(), expected, records...)
	return func(context.Context) (eventlog.Position, error) { return at, err }
}

func (w *watched) Append(ctx context.Context, expected eventlog.Position, records ...eventlog.Record) (eventlog.Position, error) {
	var before, after error
	if w.fails != nil {
		before, after = w.fails(len(w.ends))
	}
	if before != nil {
		return 0, before
	}
	at, err := w.Log.Append(ctx, expected, records...)
	if err == nil {
		w.ends = append(w.ends, at)
		err = after
	}
	return at, err
}

// plain hides that a log takes several appends at once.
type plain struct {
	eventlog.Log
	eventlog.Bodies
}

func fill(t require.TestingT, log transfer.Log, records []eventlog.Record) {
	ctx := context.Background()
	for at := 0; at < len(records); {
		end, size := at, 0
		for ; end < len(records) && end-at < 100; end++ {
			if size += len(records[end].Data) + 100; size > eventlog.MaxAppend {
				break
			}
		}
		_, err := log.Append(ctx, eventlog.Position(at), records[at:end]...)
		require.NoError(t, err)
		at = end
	}
}

func all(t require.TestingT, log eventlog.Log) []eventlog.Record {
	var records []eventlog.Record
	for r, err := range log.Read(context.Background(), 0) {
		require.NoError(t, err)
		records = append(records, r)
	}
	return records
}

// TestCopy copies logs of any commands into logs that hold any beginning of them, while
// appends fail with and without being there, until all is copied.
func TestCopy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		from := memlog.New()
		var records []eventlog.Record
		ends := map[eventlog.Position]bool{0: true} // of commands
		named := map[eventlog.Hash]bool{}
		commands := rapid.IntRange(1, 40).Draw(t, "commands")
		for c := range commands {
			size := rapid.SampledFrom([]int{0, 10, 3000, 60_000}).Draw(t, "size")
			most := 1 + min(300, 100_000/(size+300))
			for range rapid.IntRange(1, most).Draw(t, "records") {
				var bodies []eventlog.Hash
				if rapid.IntRange(0, 40).Draw(t, "body") == 0 {
					hash, err := from.Put(ctx, []byte(rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "text")))
					require.NoError(t, err)
					bodies, named[hash] = append(bodies, hash), true
				}
				records = append(records, record(len(records), c, size, bodies...))
			}
			ends[eventlog.Position(len(records))] = true
		}
		fill(t, from, records)
		to := &watched{Log: memlog.New()}
		had := rapid.IntRange(0, len(records)).Draw(t, "had") // its bodies are missing, which is mended
		fill(t, to.Log, records[:had])
		broken := errors.New("broken")
		to.fails = func(int) (before, after error) {
			switch rapid.IntRange(0, 9).Draw(t, "fails") {
			case 0:
				return broken, nil
			case 1:
				return nil, broken
			}
			return nil, nil
		}
		c := transfer.Copy{From: from, To: to, Look: look}
		if rapid.Bool().Draw(t, "plain") {
			c.To = plain{to, to.Log}
		}
		c.Progress = func(stage transfer.Stage, done, of eventlog.Position) {
			if done > of {
				require.LessOrEqual(t, done, of, stage)
			}
		}
		var r transfer.Result
		var err error
		for range 1000 {
			r, err = c.Run(ctx)
			if err == nil {
				break
			}
			require.ErrorIs(t, err, broken)
			stopped := new(transfer.StoppedError)
			require.ErrorAs(t, err, &stopped)
			require.Equal(t, eventlog.Position(len(records)), stopped.Of)
			require.LessOrEqual(t, stopped.At, eventlog.Position(len(all(t, to))), "no more is said to be there than is")
		}
		require.NoError(t, err)
		require.True(t, slices.EqualFunc(records, all(t, to), eventlog.Same), "it is the same log")
		require.Equal(t, eventlog.Position(len(records)), r.End)
		require.Zero(t, r.Grown)
		require.Equal(t, len(named), r.Bodies)
		for hash := range named {
			_, err := to.Get(ctx, hash)
			require.NoError(t, err)
		}
		for _, end := range to.ends {
			require.True(t, ends[end], "an append ended within a command, at %d", end)
		}
	})
}

func ofCommands(n, each int) []eventlog.Record {
	records := make([]eventlog.Record, n)
	for i := range records {
		records[i] = record(i, i/each, 0)
	}
	return records
}

// TestRefuses says that a log which holds anything else is left as it is.
func TestRefuses(t *testing.T) {
	ctx := t.Context()
	records := ofCommands(20, 4)
	from := memlog.New()
	fill(t, from, records)
	for name, test := range map[string]struct {
		change func(r *eventlog.Record)
		says   string
	}{
		"id":       {func(r *eventlog.Record) { r.ID = logtest.Number(99) }, "there is record"},
		"data":     {func(r *eventlog.Record) { r.Data = append([]byte(" "), r.Data...) }, "other bytes"},
		"subject":  {func(r *eventlog.Record) { r.Subject = "member/other" }, "about member/other there"},
		"type":     {func(r *eventlog.Record) { r.Type = "other" }, "is a other about"},
		"recorded": {func(r *eventlog.Record) { r.Recorded = r.Recorded.Add(-1000) }, "at another time"},
	} {
		t.Run(name, func(t *testing.T) {
			other := append([]eventlog.Record(nil), records...)
			test.change(&other[7])
			for _, have := range [][]eventlog.Record{other[:9], other, append(append([]eventlog.Record(nil), other...), record(20, 9, 0))} {
				to := memlog.New()
				fill(t, to, have)
				_, err := (&transfer.Copy{From: from, To: to, Look: look}).Run(ctx)
				require.ErrorIs(t, err, transfer.ErrDiffers)
				difference := new(transfer.DifferenceError)
				require.ErrorAs(t, err, &difference)
				assert.Equal(t, eventlog.Position(7), difference.At)
				assert.Contains(t, difference.Text, test.says)
				assert.Equal(t, have, all(t, to))
			}
		})
	}
	longer := memlog.New()
	fill(t, longer, ofCommands(21, 4))
	_, err := (&transfer.Copy{From: from, To: longer, Look: look}).Run(ctx)
	require.ErrorIs(t, err, transfer.ErrLonger)
	require.ErrorContains(t, err, "it has 21 records, and the one to copy ends at position 20")
}

// TestCutsOff says what is there when a copy is broken off, and that it goes on.
func TestCutsOff(t *testing.T) {
	from := memlog.New()
	records := ofCommands(5000, 7)
	fill(t, from, records)
	to := &watched{Log: memlog.New()}
	ctx, cancel := context.WithCancel(t.Context())
	to.fails = func(n int) (error, error) {
		if n == 2 {
			cancel()
		}
		return nil, nil
	}
	c := transfer.Copy{From: from, To: to, Look: look}
	_, err := c.Run(ctx)
	require.ErrorIs(t, err, context.Canceled)
	stopped := new(transfer.StoppedError)
	require.ErrorAs(t, err, &stopped)
	assert.Equal(t, eventlog.Position(2982), stopped.At, "three appends of 142 commands each")
	assert.Equal(t, records[:2982], all(t, to))
	to.fails = nil
	r, err := c.Run(t.Context())
	require.NoError(t, err)
	assert.Equal(t, transfer.Result{Had: 2982, End: 5000}, r)
	assert.Equal(t, records, all(t, to))
}

// TestGrows copies what there is when it begins, of a log that others append to.
func TestGrows(t *testing.T) {
	from := memlog.New()
	fill(t, from, ofCommands(10, 2))
	to := &watched{Log: memlog.New()}
	to.fails = func(int) (error, error) {
		_, err := from.Append(t.Context(), 10, record(10, 5, 0), record(11, 5, 0))
		assert.NoError(t, err)
		return nil, nil
	}
	r, err := (&transfer.Copy{From: from, To: to, Look: look}).Run(t.Context())
	require.NoError(t, err)
	assert.Equal(t, transfer.Result{End: 10, Grown: 2}, r)
	assert.Len(t, all(t, to), 10)
}

// TestForgets says that what was appended and is not there is found.
func TestForgets(t *testing.T) {
	from := memlog.New()
	fill(t, from, ofCommands(10, 2))
	_, err := (&transfer.Copy{From: from, To: forgets{memlog.New()}, Look: look}).Run(t.Context())
	require.ErrorIs(t, err, transfer.ErrDiffers)
	require.ErrorContains(t, err, "at position 0: the copy ends there")
}

// forgets is a log that says that it has what it has not.
type forgets struct{ *memlog.Log }

func (f forgets) Enqueue(at eventlog.Position, records ...eventlog.Record) func(context.Context) (eventlog.Position, error) {
	return func(context.Context) (eventlog.Position, error) { return at + eventlog.Position(len(records)), nil }
}

// TestLacks names the record whose body is missing, and one that is no record of what is
// copied.
func TestLacks(t *testing.T) {
	missing := eventlog.HashBody([]byte("nowhere"))
	from := memlog.New()
	fill(t, from, []eventlog.Record{record(0, 0, 0), record(1, 1, 0, missing)})
	c := transfer.Copy{From: from, To: memlog.New(), Look: look}
	_, err := c.Run(t.Context())
	require.ErrorIs(t, err, eventlog.ErrNoBody)
	require.ErrorContains(t, err, "that record 1 names")
	c.Look = func(eventlog.Record) (transfer.Seen, error) { return transfer.Seen{}, errors.New("what is this") }
	_, err = c.Run(t.Context())
	require.ErrorContains(t, err, "record 0: what is this")
}

// TestTooLargeACommand says that the records of a command are never parted.
func TestTooLargeACommand(t *testing.T) {
	records := make([]eventlog.Record, eventlog.MaxRecords+1)
	for i := range records {
		records[i] = record(i, 1, 0)
	}
	from, to := memlog.New(), memlog.New()
	fill(t, from, records)
	_, err := (&transfer.Copy{From: from, To: to, Look: look}).Run(t.Context())
	require.ErrorIs(t, err, transfer.ErrParts)
	assert.Empty(t, all(t, to))
}

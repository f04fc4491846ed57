package timeline_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/projections/timeline"
)

type (
	op      = timeline.Op[string, int]
	history = timeline.History[string, int]
	naive   = timeline.Naive[string, int]
)

func equal(a, b int) bool { return a == b }

var attrs = []string{"a", "b"}

// last is the latest instant of a generated history: few instants, so that
// many are the same.
const last = 6

// A said is what one generated history was told, for the message of a failure.
type said struct {
	h     *history
	n     *naive
	kinds []byte // of each position: r, x, c
	spans []timeline.Position
	log   []string
}

func (s *said) tell(t *rapid.T, kind byte, target timeline.Position, ops ...op) {
	pos := timeline.Position(len(s.kinds))
	var err error
	switch kind {
	case 'r':
		err = s.h.Record(pos, ops...)
		s.n.Record(pos, ops...)
	case 'x':
		err = s.h.Retract(pos, target)
		s.n.Retract(pos, target)
	case 'c':
		err = s.h.Correct(pos, target, ops...)
		s.n.Correct(pos, target, ops...)
	}
	require.NoError(t, err)
	s.kinds = append(s.kinds, kind)
	s.log = append(s.log, fmt.Sprintf("%d: %c %d %+v", pos, kind, target, ops))
}

// recent draws a position, more likely one of the last few.
func (s *said) recent(t *rapid.T) timeline.Position {
	back := rapid.SampledFrom([]int{1, 1, 1, 2, 2, 3, 4, 7}).Draw(t, "back")
	return timeline.Position(max(0, len(s.kinds)-back))
}

// ops draws the operations of one entry; now and then more than one.
func (s *said) ops(t *rapid.T) []op {
	var out []op
	for range rapid.SampledFrom([]int{1, 1, 1, 2}).Draw(t, "ops") {
		attr := rapid.SampledFrom(attrs).Draw(t, "attr")
		value := rapid.IntRange(0, 2).Draw(t, "value")
		at := timeline.Instant(rapid.IntRange(0, last).Draw(t, "at"))
		switch k := rapid.IntRange(0, 9).Draw(t, "op"); {
		case k < 5 && len(out) > 0:
			out = append(out, timeline.Set(attr, value, at+last+1)) // never the same register at one instant
		case k < 5:
			out = append(out, timeline.Set(attr, value, at))
		case k < 8 || len(s.spans) == 0:
			to := timeline.Never
			if rapid.Bool().Draw(t, "bounded") {
				to = timeline.Instant(rapid.IntRange(0, last+1).Draw(t, "to"))
			}
			out = append(out, timeline.Span(attr, value, at, to))
			s.spans = append(s.spans, timeline.Position(len(s.kinds)))
		default:
			target := s.spans[max(0, len(s.spans)-rapid.IntRange(1, 3).Draw(t, "span"))]
			if int(target) < len(s.kinds) {
				out = append(out, timeline.End[string, int](target, at))
			}
		}
	}
	return out
}

func generate(t *rapid.T) *said {
	s := &said{h: timeline.New[string](equal), n: &naive{}}
	for range rapid.IntRange(1, 14).Draw(t, "entries") {
		target := s.recent(t)
		switch k := rapid.IntRange(0, 9).Draw(t, "act"); {
		case k < 5 || len(s.kinds) == 0:
			s.tell(t, 'r', 0, s.ops(t)...)
		case k < 7:
			s.tell(t, 'x', target)
		case s.kinds[target] == 'x': // a retraction is retracted, not corrected
			s.tell(t, 'x', target)
		default:
			s.tell(t, 'c', target, s.ops(t)...)
		}
	}
	return s
}

// Every (t, k) of each generated history is compared: of 500 histories more than
// 50,000 values and as many spans.
func TestHistoryAgreesWithNaive(t *testing.T) {
	histories, checks := 0, 0
	domaintest.Check(t, 5, func(t *rapid.T) {
		histories++
		s := generate(t)
		for k := range timeline.Position(len(s.kinds) + 1) {
			v := s.h.At(k)
			for pos := range timeline.Position(len(s.kinds)) {
				if want, got := s.n.Live(k, pos), v.Live(pos); want != got {
					t.Fatalf("entry %d live as known at %d: want %t, got %t; %v", pos, k, want, got, s.log)
				}
			}
			for _, attr := range attrs {
				register := v.Register(attr)
				for i := 1; i < len(register); i++ {
					require.Less(t, register[i-1].From, register[i].From, "order at %d of %v", k, s.log)
					require.NotEqual(t, register[i-1].Value, register[i].Value, "minimal at %d of %v", k, s.log)
				}
				spans := v.Spans(attr)
				for at := timeline.Instant(-1); at <= last+1; at++ {
					want, wantFound := s.n.Value(k, attr, at)
					got, gotFound := v.Value(attr, at)
					if wantFound != gotFound || want != got.Value {
						t.Fatalf("%s at (%d, %d): want %d %t, got %+v %t; %v", attr, at, k, want, wantFound, got, gotFound, s.log)
					}
					holding := map[timeline.Position][]int{}
					for _, span := range spans {
						if span.Holds(at) {
							holding[span.Pos] = append(holding[span.Pos], span.Value)
						}
					}
					if want := s.n.Holding(k, attr, at); !maps.EqualFunc(want, holding, sameValues) {
						t.Fatalf("spans of %s at (%d, %d): want %v, got %v; %v", attr, at, k, want, holding, s.log)
					}
					checks++
				}
			}
		}
	})
	require.Greater(t, checks, 40*histories)
}

func sameValues(a, b []int) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// What was known at k does not depend on what is learnt afterwards, and
// retracting an entry and then the retraction changes nothing.
func TestLearningLeavesThePastAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := generate(t)
		n := timeline.Position(len(s.kinds))
		describe := func(k timeline.Position) string {
			v, out := s.h.At(k), ""
			for _, attr := range attrs {
				out += fmt.Sprintf("%v %v ", v.Register(attr), v.Spans(attr))
			}
			return out
		}
		var before []string
		for k := range n + 1 {
			before = append(before, describe(k))
		}
		target := s.recent(t)
		s.tell(t, 'x', target)
		s.tell(t, 'x', n)
		for k := range n + 1 {
			require.Equal(t, before[k], describe(k), "as known at %d of %v", k, s.log)
		}
		require.Equal(t, before[n], describe(n+2), "retracted and undone: %v", s.log)
	})
}

func TestCorrections(t *testing.T) {
	h := timeline.New[string](equal)
	require.NoError(t, h.Record(0, timeline.Set("a", 1, 10)))
	require.NoError(t, h.Record(1, timeline.Set("a", 2, 10)))
	require.NoError(t, h.Correct(2, 0, timeline.Set("a", 3, 10)))

	got, _ := h.At(3).Value("a", 10)
	assert.Equal(t, 2, got.Value, "a correction ranks where its root ranked")

	require.NoError(t, h.Correct(3, 2, timeline.Set("a", 4, 20)))
	assert.Equal(t, []timeline.Transition[int]{
		{From: 10, Value: 2, Pos: 1, Root: 1},
		{From: 20, Value: 4, Pos: 3, Root: 0},
	}, h.At(4).Register("a"))
	assert.Equal(t, []timeline.Position{0, 2, 3}, h.At(4).Lineage(2))
	assert.Equal(t, []timeline.Position{0, 2}, h.At(3).Lineage(2), "lineage as known then")

	require.NoError(t, h.Retract(4, 3))
	got, _ = h.At(5).Value("a", 20)
	assert.Equal(t, 2, got.Value, "retracting a correction brings back what it corrected")
	assert.True(t, h.At(5).Live(2))
	assert.False(t, h.At(4).Live(0), "a correction of the correction stands against the original too")
	assert.False(t, h.At(5).Live(0))
	assert.Nil(t, h.At(5).Lineage(9))
	root, found := h.At(5).Root(3)
	assert.True(t, found)
	assert.Equal(t, timeline.Position(0), root)
}

func TestRegisterIsMinimal(t *testing.T) {
	h := timeline.New[string](equal)
	require.NoError(t, h.Record(0, timeline.Set("a", 1, 10)))
	require.NoError(t, h.Record(1, timeline.Set("a", 1, 20)))
	require.NoError(t, h.Record(2, timeline.Set("a", 2, 30)))
	require.NoError(t, h.Record(3, timeline.Set("a", 1, 30))) // the last word on 30 is what held before
	assert.Equal(t, []timeline.Transition[int]{{From: 10, Value: 1}}, h.At(4).Register("a"))
	assert.Equal(t, []timeline.Transition[int]{{From: 10, Value: 1}, {From: 30, Value: 2, Pos: 2, Root: 2}}, h.At(3).Register("a"))
	_, found := h.At(4).Value("a", 9)
	assert.False(t, found)
}

func TestEndsOutliveCorrections(t *testing.T) {
	h := timeline.New[string](equal)
	require.NoError(t, h.Record(0, timeline.Span("a", 1, 10, timeline.Never)))
	require.NoError(t, h.Correct(1, 0, timeline.Span("a", 2, 20, timeline.Never)))
	require.NoError(t, h.Record(2, timeline.End[string, int](1, 30)))
	require.NoError(t, h.Correct(3, 1, timeline.Span("a", 3, 5, timeline.Never)))
	assert.Equal(t, []timeline.Interval[int]{{From: 5, To: 30, Value: 3, Pos: 3, Root: 0, Ends: []timeline.Position{2}}}, h.At(4).Spans("a"))
	require.NoError(t, h.Retract(4, 2))
	assert.Equal(t, timeline.Never, h.At(5).Spans("a")[0].To)
	require.NoError(t, h.Record(5, timeline.End[string, int](0, 5)))
	assert.Empty(t, h.At(6).Spans("a"), "what ended as it began held nowhere")
}

func TestRefusals(t *testing.T) {
	h := timeline.New[string](equal)
	require.NoError(t, h.Record(3, timeline.Set("a", 1, 10)))
	require.NoError(t, h.Retract(5, 3))
	assert.EqualError(t, h.Record(5), "position 5 is not after 5, the last of this history")
	assert.EqualError(t, h.Retract(6, 4), "position 6 acts on 4, which is not in this history")
	assert.EqualError(t, h.Correct(6, 5), "position 6 corrects 5, which is a retraction: retract it instead")
	assert.EqualError(t, h.Record(6, timeline.End[string, int](5, 1)), "position 6 ends 5, which is not in this history or says nothing")
	assert.EqualError(t, h.Record(6, timeline.Set("a", 1, 0), timeline.Set("a", 2, 0)), "position 6 sets a twice at 1970-01-01T00:00:00Z")
	assert.Equal(t, []timeline.Position{3, 5}, h.At(9).Positions(), "a refused entry leaves nothing behind")
}

func TestInstants(t *testing.T) {
	noon := time.Date(2025, 1, 10, 12, 0, 0, 250_000_999, time.FixedZone("", 3600))
	assert.Equal(t, "2025-01-10T11:00:00.25Z", timeline.Of(noon).String())
	assert.Equal(t, noon.Truncate(time.Microsecond).UTC(), timeline.Of(noon).Time())
	assert.True(t, timeline.Never.Time().IsZero())
	assert.True(t, timeline.Always.Time().IsZero())
	assert.Equal(t, []string{"always", "never"}, []string{timeline.Always.String(), timeline.Never.String()})
}

// Readers at fixed positions see the same while the writer goes on. Run with
// the race detector it also shows that nobody needs a lock.
func TestReadersBesideTheWriter(t *testing.T) {
	h := timeline.New[string](equal)
	require.NoError(t, h.Record(0, timeline.Set("a", 0, 0), timeline.Span("b", 0, 0, timeline.Never)))
	var group sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		group.Go(func() {
			random := rand.New(rand.NewPCG(1, 2))
			for {
				select {
				case <-done:
					return
				default:
				}
				k := timeline.Position(1 + random.IntN(400))
				v := h.At(k)
				positions := v.Positions()
				if n := len(positions); n > int(k) || !slices.IsSorted(positions) {
					t.Errorf("as known at %d there are %d entries", k, n)
				}
				if got, _ := v.Value("a", timeline.Never); int(k) <= len(positions) && got.Value != int(k)-1 {
					t.Errorf("as known at %d the last value is %d", k, got.Value)
				}
			}
		})
	}
	for i := 1; i < 400; i++ {
		if err := h.Record(timeline.Position(i), timeline.Set("a", i, timeline.Instant(i))); err != nil {
			t.Error(err)
		}
	}
	close(done)
	group.Wait()
}

func BenchmarkValue(b *testing.B) {
	h := timeline.New[string](equal)
	for i := range 40 {
		_ = h.Record(timeline.Position(i), timeline.Set(attrs[i%2], i, timeline.Instant(i)))
	}
	b.ReportAllocs()
	for b.Loop() {
		h.At(30).Value("a", 25)
	}
}

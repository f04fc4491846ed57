package standing

import (
	"cmp"
	"context"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/timeline"
)

// A Map is one question over both times: every answer that could be given about
// any moment, as known at any position.
type Map struct {
	About
	From, To timeline.Instant // bound effective time, half-open
	// FirstKnown and LastKnown are the first and the last position asked at.
	FirstKnown, LastKnown domain.Position
	// Answers are the different answers, in the order in which they come first:
	// row by row. Why an answer is as it is may differ from cell to cell; here it
	// is that of the first.
	Answers []Said
	// Rows follow one another in the order in which the office learned. No two
	// neighbours are the same.
	Rows []MapRow
}

// A MapRow is a run of positions at which the answers stay the same at every moment.
type MapRow struct {
	Learned
	// Cells divide effective time without gaps. No two neighbours have the same
	// answer.
	Cells []Cell
}

// A Cell is a time in which, as known in its row, the answer stays the same.
type Cell struct {
	From, To timeline.Instant // half-open
	Answer   int              // an index of the answers
}

// At returns the answer about an instant as known at a position, both of which
// lie in the map.
func (m Map) At(t timeline.Instant, k domain.Position) Said {
	row := m.Rows[0]
	for _, r := range m.Rows {
		if r.From <= k {
			row = r
		}
	}
	cell := row.Cells[0]
	for _, c := range row.Cells {
		if c.From <= t {
			cell = c
		}
	}
	return m.Answers[cell.Answer]
}

// Mapped answers one question at every moment in [from, to), as known at every
// position from the first to the last, both askable. Errors are those of [Known].
func Mapped(ctx context.Context, root *projections.Root, subject domain.Subject, p domain.Privilege, from, to timeline.Instant, first, last domain.Position, request map[string]string) (Map, error) {
	out := Map{About: about(root, subject, p, request), From: from, To: to, FirstKnown: first, LastKnown: last}
	runs, err := lessons(root, subject, first, last, request)
	if err != nil {
		return out, err
	}
	var refused error
	put := false
	for _, run := range runs {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		tl, err := At(root, run.From).Timeline(subject, p, from, to, request)
		if len(tl.Stretches) == 0 {
			return out, err
		}
		put = put || slices.ContainsFunc(tl.Stretches, func(s Stretch) bool { return s.answered() })
		refused = cmp.Or(err, refused)
		row := MapRow{Learned: run}
		for _, s := range tl.Stretches {
			row.Cells = append(row.Cells, Cell{From: s.From, To: s.To, Answer: out.number(s.Said)})
		}
		if n := len(out.Rows); n > 0 && slices.Equal(out.Rows[n-1].Cells, row.Cells) {
			out.Rows[n-1].To = run.To
			continue
		}
		out.Rows = append(out.Rows, row)
	}
	if put {
		refused = nil
	}
	return out, refused
}

// number returns the index of an answer.
func (m *Map) number(s Said) int {
	if i := slices.IndexFunc(m.Answers, s.Same); i >= 0 {
		return i
	}
	m.Answers = append(m.Answers, s)
	return len(m.Answers) - 1
}

package standing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A KnownTimeline is one question about one effective time over what was known:
// how the answer changed as the office learned.
type KnownTimeline struct {
	About
	AsOf timeline.Instant
	// From and To are the first and the last position asked at.
	From, To domain.Position
	// Stretches follow one another. No two neighbours have the same answer.
	Stretches []KnownStretch
}

// A KnownStretch is a run of positions at which the answer stays the same.
type KnownStretch struct {
	Learned
	Said
}

// Learned is a run of positions, and what was learned where it begins. Positions
// inside a command can't be asked at and belong to no run: what a command
// recorded became known together.
type Learned struct {
	// From is the first position of the run, and To the first of the next; To
	// is 0 if the run goes on until the end of the range.
	From domain.Position `json:"from"`
	To   domain.Position `json:"to,omitzero"`
	// Recorded is when the last event before From was recorded.
	Recorded time.Time `json:"recorded"`
	// Turned are the events of the command that ends at From on which the
	// answer may depend, in order; none for the first run, which may have begun
	// before the range does.
	Turned []domain.Position `json:"turned,omitzero"`
}

// Known answers one question about t as known at every position from the first
// to the last, both askable. Errors are those of [Moment.Verdict] if the question
// can't be put at any of them, and the context's.
func Known(ctx context.Context, root *projections.Root, subject domain.Subject, p domain.Privilege, t timeline.Instant, from, to domain.Position, request map[string]string) (KnownTimeline, error) {
	out := KnownTimeline{About: about(root, subject, p, request), AsOf: t, From: from, To: to}
	runs, err := lessons(root, subject, from, to, request)
	if err != nil {
		return out, err
	}
	var refused error
	put := false
	for _, run := range runs {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		in, err := At(root, run.From).inquire(subject, request)
		if err != nil {
			return out, err
		}
		out.AsOf = in.time(t)
		one, err := in.said(p, out.AsOf)
		if err != nil {
			return out, err
		}
		put = put || one.answered()
		refused = cmp.Or(one.refused, refused)
		n := len(out.Stretches)
		if n > 0 && out.Stretches[n-1].Same(one.Said) {
			out.Stretches[n-1].To = run.To
			continue
		}
		out.Stretches = append(out.Stretches, KnownStretch{Learned: run, Said: one.Said})
	}
	if put {
		refused = nil
	}
	return out, refused
}

// lessons divides positions where anything was learned on which an answer about
// the subject may depend.
func lessons(root *projections.Root, subject domain.Subject, from, to domain.Position, request map[string]string) ([]Learned, error) {
	if from == 0 || from > to || to > root.Position() {
		return nil, &rules.RequestError{Wrong: []string{fmt.Sprintf("as known from %d to %d: there is nothing known to ask of", from, to)}}
	}
	view := root.ViewAt(to)
	about := view.Relevant(subject)
	if object := request["object"]; object != "" {
		for _, kind := range []domain.SubjectKind{domain.KindVehicle, domain.KindProperty} {
			about = append(about, view.Relevant(domain.Of(kind, object))...)
		}
	}
	var learned []domain.Position
	for _, s := range about {
		for _, pos := range view.Events(s) {
			if pos >= from {
				learned = append(learned, pos)
			}
		}
	}
	slices.Sort(learned)
	recorded := func(k domain.Position) time.Time {
		last, _ := view.Envelope(k - 1)
		return last.Recorded
	}
	runs := []Learned{{From: from, Recorded: recorded(from)}}
	for _, pos := range slices.Compact(learned) {
		last := &runs[len(runs)-1]
		if pos >= last.From { // recorded by a command after those before
			k := pos + 1
			if _, after, inside := root.Splits(k); inside {
				k = after
			}
			last.To = k
			runs = append(runs, Learned{From: k, Recorded: recorded(k)})
			last = &runs[len(runs)-1]
		}
		last.Turned = append(last.Turned, pos)
	}
	return runs, nil
}

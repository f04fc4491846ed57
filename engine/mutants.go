package engine

import (
	"context"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/projections/timeline"
)

// This file is what planted faults do (internal/mutant). None of it runs in a
// program built without them.

// anonymous takes away the ids by which a second attempt would be recognized.
func anonymous(commands []domain.Command) []domain.Command {
	out := slices.Clone(commands)
	for i := range out {
		out[i].ID, out[i].Drafts = domain.CommandID{}, slices.Clone(out[i].Drafts)
		for j := range out[i].Drafts {
			out[i].Drafts[j].ID = domain.EventID{}
		}
	}
	return out
}

// twice answers the second half of what was asked from the root as it is now.
func (e *Engine) twice(ctx context.Context, q Question, first []domain.Decision) ([]domain.Decision, error) {
	m, asOf, err := e.moment(ctx, q)
	if err != nil {
		return nil, err
	}
	again, err := m.All(q.Subject, timeline.Of(asOf), q.Request)
	return append(first[:len(first)/2], again[len(again)/2:]...), err
}

// anyHead is where the log ends by now, if it is further than was decided on.
func (e *Engine) anyHead(decided eventlog.Position) eventlog.Position {
	head, err := e.log.Head(context.Background())
	if err != nil {
		return decided
	}
	return max(head, decided)
}

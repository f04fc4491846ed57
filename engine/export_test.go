package engine

import (
	"context"

	"github.com/comity-project/comity/domain"
)

// RebuildAltered is Rebuild of a log whose events are altered as they are read.
func (e *Engine) RebuildAltered(ctx context.Context, alter func(domain.Position, domain.Envelope) domain.Envelope) (Rebuilt, error) {
	return e.rebuild(ctx, alter, nil)
}

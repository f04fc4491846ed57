package engine

import (
	"context"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
)

// RebuildAltered is Rebuild of a log whose events are altered as they are read.
func (e *Engine) RebuildAltered(ctx context.Context, alter func(domain.Position, domain.Envelope) domain.Envelope) (Rebuilt, error) {
	return e.rebuild(ctx, alter, nil)
}

// Pretend makes an engine that is opened with c one of a program that implements another
// semantics version.
func Pretend(c Config, version int) Config {
	c.semantics = version
	return c
}

// Offer puts an answer into the queue of a shadow, as an engine does that it follows.
func (s *Shadow) Offer(root *projections.Root, given domain.Decision) { s.offer(root, given) }

package engine

import (
	"time"

	"github.com/comity-project/comity/domain"
)

// Times settles the two times of a question, as Ask does: what was known, as a
// count of events, and the moment asked about.
func (e *Engine) Times(q Question) (domain.Position, time.Time, error) {
	now := e.Now()
	k, err := e.position(e.Root(), q.AsKnown, now)
	if q.AsOf.IsZero() {
		q.AsOf = now
	}
	return k, q.AsOf, err
}

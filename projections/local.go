package projections

import (
	"fmt"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// Local writes an instant as people in the office would: in its zone, with seconds
// and parts of them only if there are any.
func (r *Root) Local(t time.Time) string {
	t = t.In(r.Zone().Location())
	if t.Second() == 0 && t.Nanosecond() == 0 {
		return t.Format("2006-01-02 15:04 MST")
	}
	return t.Format("2006-01-02 15:04:05.999999 MST")
}

// Lawless says of an error of [Root.LawAt] when and as known at what there was no law.
func (r *Root) Lawless(err error, t timeline.Instant, k domain.Position) error {
	at := t.String()
	if t != timeline.Always && t != timeline.Never {
		at = r.Local(t.Time())
	}
	return fmt.Errorf("%w on %s, as known at %d", err, at, k)
}

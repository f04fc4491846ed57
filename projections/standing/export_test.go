package standing

import (
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
)

// Shared says how many sheets were asked of a root's builder, and how many of them
// a class answered.
func Shared(root *projections.Root) (asked, met int64) {
	c := classesOf(root)
	return c.asked.Load(), c.met.Load()
}

// View is what was known at the moment.
func (m *Moment) View() facts.View { return m.view }

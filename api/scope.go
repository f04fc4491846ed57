package api

import (
	"slices"

	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
)

// States lists the States on which answers about a subject may rest, sorted: that of
// its mission, and those of whoever it depends on. Nil if nothing is on record.
func (o *Office) States(of domain.Subject) []domain.StateID {
	var out []domain.StateID
	for _, s := range o.Root().View().Relevant(of) {
		if s.Kind == domain.KindState {
			out = append(out, domain.StateID(s.ID))
		}
	}
	return slices.Compact(out)
}

// NeedAbout refuses callers whose right does not reach a subject and a privilege; an
// empty privilege is all of them. Whoever has a right about some States alone is told the
// same of somebody else's subject as of one that is not on record.
func (c *Call) NeedAbout(right auth.Right, of domain.Subject, p domain.Privilege) error {
	if c.Caller.Over(right, c.Office.ID, "", p) {
		return nil
	}
	states := c.Office.States(of)
	for _, state := range states {
		if !c.Caller.Over(right, c.Office.ID, state, p) {
			states = nil
			break
		}
	}
	if len(states) == 0 {
		return Forbidden("the right %q was not granted for %s and that programme", right, of)
	}
	return nil
}

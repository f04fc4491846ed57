package intake

import (
	"fmt"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/eventlog"
)

// CheckSize reports as [Mistakes] that the events of a batch come to more bytes
// than a log takes at once, in the form in which they are stored. Whoever records
// them is part of that form, so that the batch must say it first. What can't be
// stored at all is left for the office to refuse.
func (b *Batch) CheckSize() error {
	total, line := 0, 0
	for i, c := range b.Commands {
		for j, e := range c.Drafts {
			n, err := storedSize(c, e)
			if err != nil {
				return nil //nolint:nilerr // the office says it better
			}
			if total += n; total <= eventlog.MaxAppend || line > 0 || i >= len(b.Lines) {
				continue
			}
			if line = b.Lines[i][j]; i > 0 {
				line = b.Lines[i][0] // between two commands
			}
		}
	}
	if line == 0 {
		return nil
	}
	return Mistakes{{Line: line, Err: fmt.Errorf("the events of this file come to %d bytes as they are stored, and a log takes at most %d at once: divide the file, for instance before this line", total, eventlog.MaxAppend)}}
}

// storedSize is how many bytes an append counts for an event. What only the
// office can say of it, such as its id, always takes the same room, but for a
// time without all its digits.
func storedSize(c domain.Command, e domain.Envelope) (int, error) {
	if e.ID.IsZero() {
		e.ID = domain.EventID{1}
	}
	if e.Command = c.ID; e.Command.IsZero() {
		e.Command = domain.CommandID{1}
	}
	if e.Recorded = c.Recorded; e.Recorded.IsZero() {
		e.Recorded = time.Date(2000, 1, 1, 1, 1, 1, 111_111_000, time.UTC)
	}
	if e.Effective.At.IsZero() {
		e.Effective.At = e.Recorded
	}
	if e.Actor == "" {
		e.Actor = c.Actor
	}
	if e.Correlation == "" {
		e.Correlation = c.Correlation
	}
	data, err := codec.Encode(e)
	return len(data) + len(e.Subject.String()) + len(e.Type()), err
}

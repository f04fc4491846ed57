package intake

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
)

// A grouping puts events into commands: consecutive lines that state the same
// recorded time, or none, belong together, and so do those that state the same
// command.
type grouping struct {
	batch *Batch
	refs  codec.Refs
	used  map[domain.CommandID]bool
}

// add puts an event into the command of the line before it, or a new one.
func (g *grouping) add(d codec.Draft, line int) error {
	c, err := g.commandOf(d)
	if err != nil {
		return err
	}
	return g.put(&d, c, line)
}

// put puts an event into a command, the last.
func (g *grouping) put(d *codec.Draft, c *domain.Command, line int) error {
	e := &d.Envelope
	if d.Ref != "" && e.ID.IsZero() {
		e.ID = idOf(c.ID, d.Ref)
	}
	if err := g.refs.Resolve(d); err != nil {
		return err
	}
	e.Recorded, e.Command = time.Time{}, domain.CommandID{} // the command's
	c.Drafts = append(c.Drafts, *e)
	last := len(g.batch.Lines) - 1
	g.batch.Lines[last] = append(g.batch.Lines[last], line)
	return nil
}

func (g *grouping) commandOf(d codec.Draft) (*domain.Command, error) {
	e := d.Envelope
	if n := len(g.batch.Commands); n > 0 {
		last := &g.batch.Commands[n-1]
		sameTime := !d.HasRecorded || e.Recorded.Equal(last.Recorded)
		sameCommand := e.Command.IsZero() || e.Command == last.ID
		switch {
		case sameTime && sameCommand:
			return last, nil
		case e.Command == last.ID && !e.Command.IsZero():
			return nil, fmt.Errorf("the command %s was recorded %s by the lines before: all of a command is recorded at once", last.ID, calendar.FormatInstant(last.Recorded))
		case d.HasRecorded && e.Recorded.Before(last.Recorded):
			return nil, fmt.Errorf("recorded %s is before %s, which an earlier line states: what is learned later is recorded later, whenever it took effect", calendar.FormatInstant(e.Recorded), calendar.FormatInstant(last.Recorded))
		}
	}
	if !e.Command.IsZero() {
		if g.used[e.Command] {
			return nil, fmt.Errorf("the command %s ended before other lines: put its lines together", e.Command)
		}
		g.used[e.Command] = true
	}
	g.batch.Commands = append(g.batch.Commands, domain.Command{ID: e.Command, Recorded: e.Recorded})
	g.batch.Lines = append(g.batch.Lines, nil)
	return &g.batch.Commands[len(g.batch.Commands)-1], nil
}

// idOf makes the id of an event that has a ref. In a command with an id it is
// always the same, so that a file which is loaded twice has one effect.
func idOf(c domain.CommandID, ref string) (id domain.EventID) {
	if c.IsZero() {
		_, _ = rand.Read(id[:]) // it never fails
		return id
	}
	sum := sha256.Sum256([]byte(c.String() + "#" + ref))
	copy(id[:], sum[:])
	copy(id[:6], c[:6]) // the time in a ULID, so that ids sort as they were made
	return id
}

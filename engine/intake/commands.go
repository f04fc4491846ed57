package intake

import (
	"errors"
	"fmt"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
)

// A Group is the events of one command, each as JSON in the door form.
type Group struct {
	// ID is that of the command; if it is zero, the events may name it, all the same.
	ID          domain.CommandID
	Correlation string
	Events      []Text
}

// A Text is an event as it was written, and where: a number from 1.
type Text struct {
	Line int
	JSON []byte
}

// Commands reads commands that were sent apart from each other, in their order. A target
// may be the ref of any event before it. Bare dates are in the office's zone. The error is
// [Mistakes].
func Commands(groups []Group, office calendar.Zone) (*Batch, error) {
	g := grouping{batch: &Batch{}, used: map[domain.CommandID]bool{}}
	var mistakes Mistakes
	events := 0
	for _, group := range groups {
		begun := false
		for _, text := range group.Events {
			if events++; events > MaxEvents {
				return nil, append(mistakes, &codec.LineError{Line: text.Line, Err: fmt.Errorf("this is event %d, and at most %d are recorded at once: divide them, for instance between two commands", events, MaxEvents)})
			}
			d, err := codec.DecodeDraft(text.JSON, office)
			if err == nil {
				err = g.within(&group, &begun, &d, text.Line)
			}
			if err == nil {
				continue
			}
			mistakes = append(mistakes, &codec.LineError{Line: text.Line, Err: err})
			if len(mistakes) == mostMistakes {
				return nil, mistakes
			}
		}
	}
	switch {
	case len(mistakes) > 0:
		return nil, mistakes
	case events == 0:
		return nil, Mistakes{{Line: 1, Err: errors.New("there are no events to record")}}
	}
	return g.batch, nil
}

// within adds an event to the command of its group, which it begins if it is the first
// that can be read.
func (g *grouping) within(group *Group, begun *bool, d *codec.Draft, line int) error {
	if !*begun {
		id := group.ID
		if id.IsZero() {
			id = d.Envelope.Command
		}
		if g.used[id] && !id.IsZero() {
			return fmt.Errorf("the command %s is there twice: give each its own id", id)
		}
		g.used[id], *begun = true, true
		g.batch.Commands = append(g.batch.Commands, domain.Command{ID: id, Correlation: group.Correlation, Recorded: d.Envelope.Recorded})
		g.batch.Lines = append(g.batch.Lines, nil)
	}
	c := &g.batch.Commands[len(g.batch.Commands)-1]
	switch {
	case !d.Envelope.Command.IsZero() && d.Envelope.Command != c.ID:
		return &codec.Error{Pointer: "/command", Err: errors.New("this is another command than that of the request, or of the events before: leave it out")}
	case d.HasRecorded && !d.Envelope.Recorded.Equal(c.Recorded):
		return &codec.Error{Pointer: "/recorded", Err: errors.New("all of a command is recorded at once: state what its first event states, or send another command")}
	}
	return g.put(d, c, line)
}

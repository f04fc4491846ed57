package httpapi

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/intake"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/projections"
)

// mostSubmitted is how many bytes a body of events may have. As they are stored, a log
// takes less at once.
const mostSubmitted = 4 << 20

func eventRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodPost, Path: "/v1/events", ID: "submitEvents", Need: auth.Record, Body: mostSubmitted, Do: submitEvents},
		{Method: http.MethodPost, Path: "/v1/commands", ID: "submitCommands", Need: auth.Record, Body: mostSubmitted, Do: submitCommands},
	}
}

// newEvents are the events of one command, each in the door form of
// docs/format/events.md.
type newEvents struct {
	Correlation string           `json:"correlation,omitzero"`
	Expected    *domain.Position `json:"expected_position,omitzero"`
	Events      []jsontext.Value `json:"events"`
}

// newCommands are several commands, recorded all or none.
type newCommands struct {
	Expected *domain.Position `json:"expected_position,omitzero"`
	Commands []newCommand     `json:"commands"`
}

type newCommand struct {
	// Command is the key of this command: a ULID, or what an id is made of.
	Command     string           `json:"command,omitzero"`
	Correlation string           `json:"correlation,omitzero"`
	Events      []jsontext.Value `json:"events"`
}

// A receipt is what became of what was submitted.
type receipt struct {
	engine.Receipt `json:",inline"`
	// DryRun says that nothing was recorded: the positions are those that there would
	// be, and there are no ids.
	DryRun bool `json:"dry_run"`
}

const ndjson = "application/x-ndjson"

func submitEvents(c *api.Call) error {
	body, err := c.Body("application/json", ndjson)
	if err != nil {
		return err
	}
	key, err := c.Key()
	if err != nil {
		return err
	}
	var sent newEvents
	group := intake.Group{ID: c.CommandOf(key, 0)}
	if isLines(c) {
		group.Events = linesOf(body)
	} else {
		if err := api.Unmarshal(body, &sent, json.RejectUnknownMembers(true)); err != nil {
			return err
		}
		group.Correlation = sent.Correlation
		group.Events = textsOf(sent.Events, 0)
	}
	return submit(c, sent.Expected, []intake.Group{group})
}

func submitCommands(c *api.Call) error {
	key, err := c.Key()
	if err != nil {
		return err
	}
	var sent newCommands
	if err := c.Decode(&sent); err != nil {
		return err
	}
	groups := make([]intake.Group, len(sent.Commands))
	n := 0
	for i, one := range sent.Commands {
		groups[i] = intake.Group{ID: c.CommandOf(key, i), Correlation: one.Correlation, Events: textsOf(one.Events, n)}
		n += len(one.Events)
		if len(one.Events) == 0 {
			return api.Bad("commands", "command %d has no events", i+1)
		}
		if one.Command == "" {
			continue
		}
		if err := api.CheckKey(one.Command); err != nil {
			return err
		}
		groups[i].ID = c.CommandOf(one.Command, 0)
	}
	return submit(c, sent.Expected, groups)
}

// textsOf numbers events from after n.
func textsOf(events []jsontext.Value, n int) []intake.Text {
	out := make([]intake.Text, len(events))
	for i, e := range events {
		out[i] = intake.Text{Line: n + i + 1, JSON: e}
	}
	return out
}

func isLines(c *api.Call) bool {
	return bytes.HasPrefix([]byte(c.R.Header.Get("Content-Type")), []byte(ndjson))
}

// linesOf is the events of JSON lines; empty lines count.
func linesOf(body []byte) (out []intake.Text) {
	n := 0
	for line := range bytes.Lines(body) {
		n++
		if line = bytes.TrimSpace(line); len(line) > 0 {
			out = append(out, intake.Text{Line: n, JSON: line})
		}
	}
	return out
}

// submit records commands that were sent, or says what would become of them.
func submit(c *api.Call, expected *domain.Position, groups []intake.Group) error {
	dryRun, err := dryRun(c)
	if err != nil {
		return err
	}
	actor, err := c.Actor()
	if err != nil {
		return err
	}
	premise := engine.Premise{}
	if premise.Expected, err = c.Expected(expected); err != nil {
		return err
	}
	batch, err := intake.Commands(groups, c.Office.Zone())
	if err != nil {
		return err
	}
	for i := range batch.Commands {
		batch.Commands[i].Actor = actor
	}
	if err := c.MayAct(batch.Commands...); err != nil {
		return err
	}
	premise.May = func(root *projections.Root) error { return reachOf(root).may(c, batch.Commands...) }
	if err := premise.May(c.Office.Root()); err != nil {
		return err
	}
	if err := batch.CheckSize(); err != nil {
		return api.NewProblem(http.StatusRequestEntityTooLarge, "too_large", "the events come to more than the %d bytes that a log takes at once: divide them", eventlog.MaxAppend)
	}
	do := c.Office.SubmitIf
	if dryRun {
		do = c.Office.CheckIf
	}
	done, err := do(c.Context(), premise, batch.Commands...)
	if err != nil {
		return c.Written(refusedIn(c.Context(), c.Office, batch, err))
	}
	if dryRun {
		c.Seen(c.Office.Position())
		done.Events = []domain.EventID{}
	} else {
		c.Seen(done.Position)
	}
	return c.JSON(http.StatusOK, receipt{done, dryRun})
}

// dryRun reads whether nothing is to be recorded; others are what else the query may say.
func dryRun(c *api.Call, others ...string) (bool, error) {
	q, err := c.Query(append(others, "dry_run")...)
	if err != nil {
		return false, err
	}
	switch text := q.Get("dry_run"); text {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, api.Bad("dry_run", "dry_run is %q: write true or false", text)
	}
}

// refusedIn says of each event that was refused, of whichever command, what is wrong with
// it.
func refusedIn(ctx context.Context, o *api.Office, batch *intake.Batch, err error) error {
	if _, refused := errors.AsType[domain.Refusals](err); !refused {
		return err
	}
	p := *api.ProblemOf(err)
	each, reviewed := o.Review(ctx, batch.Commands...)
	if reviewed != nil {
		return reviewed
	}
	var all []api.Refused
	for i, one := range each {
		list, _ := errors.AsType[domain.Refusals](one)
		for _, r := range list {
			lines := batch.Lines[i]
			said := api.Refused{Event: lines[min(max(r.Index, 0), len(lines)-1)], Type: r.Type, Field: r.Field, Message: r.Text}
			if len(batch.Commands) > 1 {
				said.Command = i + 1
			}
			all = append(all, said)
		}
	}
	if len(all) > 0 {
		p.Refusals = all
	}
	return &p
}

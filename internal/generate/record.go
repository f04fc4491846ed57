package generate

import (
	"context"
	"fmt"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
)

// Actor founds a synthetic office.
const Actor = "generate"

// Record founds a history office in an empty log, with these editions of the law,
// the common law first, and appends what happens in it. The log has the same
// records as if an engine had been given the commands of [Office.Commands]; that
// it would take them is what the tests of this package are for.
func (o *Office) Record(ctx context.Context, log eventlog.Log, bodies eventlog.Bodies, law [][]byte, progress Progress) error {
	founded, err := engine.Found(ctx, engine.Config{Log: log, Bodies: bodies}, engine.Founding{
		Office: "synthetic", Name: "A synthetic office", Zone: Zone, Mode: domain.History,
		At: o.days.begin(eastern, 0), Actor: Actor, Bundles: law, ID: domain.CommandID(newTelling(o, nil).id(0, 2)),
	})
	if err != nil {
		return fmt.Errorf("found the office: %w", err)
	}
	a := &appending{log: log, at: eventlog.Position(founded.Position())}
	done := 0
	for command := range o.Commands() {
		if err := a.add(ctx, command); err != nil {
			return err
		}
		done += len(command.Drafts)
		if progress != nil {
			progress(done)
		}
	}
	if err := a.flush(ctx); err != nil {
		return err
	}
	return a.wait(ctx)
}

// An appending puts whole commands into appends as large as a log takes. The next
// is made while the last is on its way to storage.
type appending struct {
	log     eventlog.Log
	at      eventlog.Position // after what was sent
	records []eventlog.Record
	bytes   int
	pending func(context.Context) (eventlog.Position, error) // of what was sent last, or nil
}

func (a *appending) add(ctx context.Context, c domain.Command) error {
	records, err := engine.Records(c.Drafts)
	if err != nil {
		return err
	}
	size := 0
	for _, r := range records {
		size += len(r.Data) + len(r.Subject) + len(r.Type)
	}
	if len(a.records)+len(records) > eventlog.MaxRecords || a.bytes+size > eventlog.MaxAppend {
		if err := a.flush(ctx); err != nil {
			return err
		}
	}
	a.records = append(a.records, records...)
	a.bytes += size
	return nil
}

func (a *appending) flush(ctx context.Context) error {
	if err := a.wait(ctx); err != nil || len(a.records) == 0 {
		return err
	}
	if p, ok := a.log.(eventlog.Pipeliner); ok {
		a.pending = p.Enqueue(a.at, a.records...)
	} else {
		at, err := a.log.Append(ctx, a.at, a.records...)
		a.pending = func(context.Context) (eventlog.Position, error) { return at, err }
	}
	a.at += eventlog.Position(len(a.records))
	a.records, a.bytes = make([]eventlog.Record, 0, eventlog.MaxRecords), 0
	return nil
}

func (a *appending) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if a.pending == nil {
		return nil
	}
	_, err := a.pending(ctx)
	a.pending = nil
	return err
}

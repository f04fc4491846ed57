// Package demo lets comity show itself. [Run] founds an office in a folder of its
// own, records the invented history of office.jsonl, prints the immunity table as
// the engine computes it, and asks ten questions. [Real] founds another and loads
// the public record that ships with the rulesets, and asks what history asks.
//
// Both histories are written in the form of docs/format/events.md, and could be
// loaded with comity record --file. Nothing in the answers depends on the day:
// every question says as of when, and the last event was recorded on a fixed day.
package demo

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/seal"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

// An Opener makes a new log at a path, with the shelf of bodies beside it.
type Opener func(path string) (eventlog.Log, eventlog.Bodies, error)

//go:embed office.jsonl
var history string

const (
	zone    = "America/New_York"
	founded = "2022-01-03"
	// today is the day on which the demonstration takes place.
	today = "2025-08-01"
)

// A Place is where an office is made.
type Place struct {
	// Folder is made if it is not there; if it is empty, a temporary one is made.
	Folder string
	Open   Opener
}

// make makes an office in the place with what found does, seals its log, so that
// comity log check has something to check, and lets show print what there is to
// see. The folder is kept, so that the reader can go on from there.
func (l Place) make(ctx context.Context, found func(eventlog.Log, eventlog.Bodies) (*engine.Engine, error), show func(*printer) error) (err error) {
	folder := l.Folder
	if folder == "" {
		folder, err = os.MkdirTemp("", "comity-demo-")
	} else {
		err = os.MkdirAll(folder, 0o755)
	}
	if err != nil {
		return fmt.Errorf("make a folder for the demonstration: %w", err)
	}
	path := filepath.Join(folder, "office.db")
	log, bodies, err := l.Open(path)
	if err != nil {
		return err
	}
	defer func() {
		if closed := log.Close(); err == nil {
			err = closed
		}
	}()
	office, err := found(log, bodies)
	if err != nil {
		return err
	}
	if err := vouch(ctx, path, log); err != nil {
		return err
	}
	return show(&printer{office: office, path: path})
}

// Run makes the invented office and prints what there is to see.
func Run(ctx context.Context, out io.Writer, place Place) error {
	return place.make(ctx, func(log eventlog.Log, bodies eventlog.Bodies) (*engine.Engine, error) {
		return found(ctx, log, bodies)
	}, func(p *printer) error {
		if err := p.show(ctx); err != nil {
			return err
		}
		_, err := io.WriteString(out, p.text.String())
		return err
	})
}

// found founds the invented office and records its history, in one go.
func found(ctx context.Context, log eventlog.Log, bodies eventlog.Bodies) (*engine.Engine, error) {
	office, err := empty(ctx, log, bodies, engine.Founding{Office: "demo", Name: "Office of an invented State"}, founded, today)
	if err != nil {
		return nil, err
	}
	commands, err := read("office.jsonl", history, office.Zone())
	if err != nil {
		return nil, err
	}
	if _, err := office.Submit(ctx, commands...); err != nil {
		return nil, fmt.Errorf("record the history: %w", err)
	}
	return office, nil
}

// empty founds a history office under the common law, whose clock stands still.
func empty(ctx context.Context, log eventlog.Log, bodies eventlog.Bodies, f engine.Founding, from, today string) (*engine.Engine, error) {
	where, err := calendar.LoadZone(zone)
	if err != nil {
		return nil, err
	}
	if f.At, err = calendar.ParseInstant(from, where); err != nil {
		return nil, err
	}
	now, err := calendar.ParseInstant(today, where)
	if err != nil {
		return nil, err
	}
	common, err := rules.Bundle(rulesets.Common())
	if err != nil {
		return nil, err
	}
	f.Zone, f.Mode, f.Actor, f.Bundles = zone, domain.History, "demo", [][]byte{common}
	office, err := engine.Found(ctx, engine.Config{Log: log, Bodies: bodies, Clock: func() time.Time { return now }}, f)
	if err != nil {
		return nil, fmt.Errorf("found the office: %w", err)
	}
	return office, nil
}

// read makes commands of a history: lines that state the same recorded form one.
func read(name, history string, where calendar.Zone) ([]domain.Command, error) {
	var (
		commands []domain.Command
		refs     codec.Refs
		n        uint16
	)
	for draft, err := range codec.DecodeDrafts(strings.NewReader(history), where) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		n++
		draft.Envelope.ID = domain.EventID{0: 1, 14: byte(n >> 8), 15: byte(n)} // the same in every demonstration
		if err := refs.Resolve(&draft); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		last := len(commands) - 1
		if last < 0 || !commands[last].Recorded.Equal(draft.Envelope.Recorded) {
			commands = append(commands, domain.Command{Actor: "demo", Recorded: draft.Envelope.Recorded})
			last++
		}
		commands[last].Drafts = append(commands[last].Drafts, draft.Envelope)
	}
	return commands, nil
}

// vouch seals the log, so that comity log check has something to check.
func vouch(ctx context.Context, path string, log eventlog.Log) error {
	tree, err := seal.Open(ctx, path+".seal", log)
	if err != nil {
		return err
	}
	return errors.Join(tree.CatchUp(ctx, log), tree.Close())
}

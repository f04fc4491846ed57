package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/seal"
	"github.com/comity-project/comity/internal/generate"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rulesets"
)

func (p *program) generateCommand() *cobra.Command {
	f := generation{from: generate.DefaultFrom().String(), to: generate.DefaultTo().String()}
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Make up an office of any size, for demonstrations and benchmarks",
		Long: `Generate makes up an office: States that do not exist, their missions in American
cities, the people who serve there with their families, and what the office
records of them from the first day to the last. The same flags make the same
bytes on every machine.

It writes the events as JSON lines, in order of recording, each with its id and
its command: what a history office takes. With --database it founds a history
office instead, in a new log with its seal, and records the same events there.

A file appears whole or not at all, and none is overwritten.`,
		Example: `  comity generate --members 20 --events 500
  comity generate --members 20 --events 500 --seed 7 --from 2020-01-01 --to 2024-12-31 --out synthetic.jsonl
  comity generate --members 20 --events 500 --database synthetic.db
  comity log check --log synthetic.db`,
		Args: atLeast(false),
		RunE: func(cmd *cobra.Command, _ []string) error { return p.generate(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.IntVar(&f.members, "members", generate.DefaultMembers, "how many persons are on record in the end, relatives included")
	flags.IntVar(&f.events, "events", generate.DefaultEvents, "how many events are recorded, besides the founding")
	flags.Uint64Var(&f.seed, "seed", 1, "number that everything comes from")
	flags.StringVar(&f.from, "from", f.from, "first day on which something is recorded")
	flags.StringVar(&f.to, "to", f.to, "last day")
	flags.StringVar(&f.out, "out", "-", "`FILE` to write, or - for standard output")
	flags.StringVar(&f.database, "database", "", "`FILE` of a new log to found the office in")
	return cmd
}

// generation holds the flags of generate.
type generation struct {
	members, events         int
	seed                    uint64
	from, to, out, database string
}

// options reads what office to make.
func (f generation) options() (generate.Options, error) {
	o := generate.Options{Members: f.members, Events: f.events, Seed: f.seed}
	var err error
	switch {
	case f.members < 1:
		return o, fmt.Errorf("--members: an office has at least 1, not %d", f.members)
	case f.events < 1:
		return o, fmt.Errorf("--events: an office has at least 1, not %d", f.events)
	case isAddress(f.database):
		return o, fmt.Errorf("--database: %s is the address of a cluster: name a file, and copy it with comity log copy FILE %s", nameOf(f.database), quoted(nameOf(f.database)))
	case misspelled(f.database) != nil:
		return o, fmt.Errorf("--database: %w", misspelled(f.database))
	case f.database != "" && f.out != "-":
		return o, errors.New("--out and --database: write one of them, since the events go to a file or to a log")
	}
	if o.From, err = calendar.ParseDate(f.from); err != nil {
		return o, fmt.Errorf("--from: %w", err)
	}
	if o.To, err = calendar.ParseDate(f.to); err != nil {
		return o, fmt.Errorf("--to: %w", err)
	}
	return o, nil
}

func (p *program) generate(ctx context.Context, f generation) error {
	options, err := f.options()
	if err != nil {
		return badInput(err)
	}
	made, err := generate.New(options)
	if err != nil {
		return badInput(err)
	}
	shown := p.gauge("generating", f.events)
	switch {
	case f.database != "":
		return p.generateLog(ctx, made, f.database, shown)
	case f.out == "-":
		defer shown.end()
		return made.Write(ctx, p.out, shown.show)
	default:
		return p.generateFile(ctx, made, f.out, shown)
	}
}

// generateFile writes the lines beside their place and moves them there.
func (p *program) generateFile(ctx context.Context, made *generate.Office, path string, shown *gauge) error {
	return p.inPlace(path, func(unfinished string) error {
		defer shown.end()
		file, err := os.OpenFile(unfinished, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		return errors.Join(made.Write(ctx, file, shown.show), file.Sync(), file.Close())
	}, func() error {
		if p.json() {
			return p.print(generated{File: path, Members: made.Members, Events: made.Events, Seed: made.Seed})
		}
		p.page().line("Wrote %d events about %s to %s.", made.Events, plural(made.Members, "person"), path)
		return nil
	})
}

// generateLog founds the office beside its place, seals it and moves it there.
func (p *program) generateLog(ctx context.Context, made *generate.Office, path string, shown *gauge) error {
	common, err := rules.Bundle(rulesets.Common()) // States that do not exist have no law of their own
	if err != nil {
		return err
	}
	var at eventlog.Position
	var root eventlog.Hash
	record := func(unfinished string) (err error) {
		defer shown.end()
		log, err := createFile(unfinished)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, log.Close()) }()
		if err := made.Record(ctx, log, log, [][]byte{common}, shown.show); err != nil {
			return err
		}
		tree, err := seal.Open(ctx, sealPath(unfinished), log)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, tree.Close()) }()
		at = tree.Position()
		root, err = tree.Root(ctx, at)
		return err
	}
	return p.inPlace(path, record, func() error {
		p.freezeNew(ctx, path, at)
		if p.json() {
			return p.print(generated{Log: path, Members: made.Members, Events: made.Events, Seed: made.Seed, Position: at, Root: root.String()})
		}
		g := p.page()
		g.line("Founded history office %q in %s, with %d events about %s.", "synthetic", path, made.Events, plural(made.Members, "person"))
		g.line("position  %d", at)
		g.line("root      %s", root)
		return nil
	})
}

// generated says what generate made.
type generated struct {
	File     string            `json:"file,omitempty"`
	Log      string            `json:"log,omitempty"`
	Members  int               `json:"members"`
	Events   int               `json:"events"`
	Seed     uint64            `json:"seed"`
	Position eventlog.Position `json:"position,omitempty"`
	Root     string            `json:"root,omitempty"`
}

// inPlace makes a file, and its seal if it has one, in a folder of its own beside
// its place, moves both there when they are whole, and then says so. If anything
// goes wrong nothing is left.
func (p *program) inPlace(path string, write func(unfinished string) error, say func() error) (err error) {
	for _, name := range []string{path, sealPath(path)} {
		if _, err := os.Lstat(name); err == nil {
			return badInput(fmt.Errorf("%s is there already: choose another name, or remove it", name))
		}
	}
	folder, err := os.MkdirTemp(filepath.Dir(path), ".generate-")
	if errors.Is(err, fs.ErrNotExist) {
		return badInput(fmt.Errorf("make %s: its folder is not there: make it first", path))
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	unfinished := filepath.Join(folder, filepath.Base(path))
	if err := write(unfinished); err != nil {
		return err
	}
	if err := moveNew(unfinished, path); err != nil {
		return err
	}
	if err := moveNew(sealPath(unfinished), sealPath(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return say()
}

// moveNew moves a file to a place where there is none. A link never replaces what
// somebody has put there meanwhile; where there are no links it has to be a rename.
func moveNew(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(from, to)
}

// A gauge shows on a terminal how far something has come.
type gauge struct {
	meter
	of int
}

func (p *program) gauge(what string, of int) *gauge { return &gauge{p.meter(what), of} }

func (b *gauge) show(done int) {
	if b.meter != nil {
		b.meter(done, b.of)
	}
}

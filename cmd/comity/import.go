package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/bulk"
)

// importing holds the flags of import.
type importing struct {
	as, id, format, report string
	recorded, actor        string
	skipBad, dryRun        bool
}

func (p *program) importCommand() *cobra.Command {
	var f importing
	cmd := &cobra.Command{
		Use:   "import FILE --as KIND",
		Short: "Record a whole list: members, families, violations, tickets, rates, vehicles or events",
		Long: `Import records a list of any length, all or none: the whole file is read and decided
before the first row is recorded, and everything that is wrong is said with its line.

A list is CSV with a row of column names, or, if its name ends in .jsonl, one JSON
object on each line; docs/format/import.md says which columns. "events" are JSON lines
as comity export writes them. "-" is standard input.

The ids of what is recorded come from the id of the import, which is made from the
file unless --import names one, and from the line. So an import that broke off, by a
crash or by Ctrl-C, is completed by the same command again, and one that is complete
changes nothing.

With --skip-bad the rows that are in order are recorded, and the others are written to
the report with what is wrong with them. Mend them there, and import the report with
the same --import.`,
		Example: `  comity import staff.csv --as members --dry-run
  comity import staff.csv --as members --import staff-2025-06
  comity import staff.csv --as members --import staff-2025-06
  comity import rates.csv --as rates --skip-bad --report bad-rates.csv
  comity import events.jsonl --as events`,
		Args: atLeast(false, "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error { return p.importList(cmd.Context(), args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.as, "as", "", "what the list is: "+strings.Join(texts(bulk.Imported()), ", "))
	flags.StringVar(&f.id, "import", "", "id of the import, under which the same row has one effect (default made from the file)")
	flags.StringVar(&f.format, "format", "", "format of the file: csv or jsonl (default by its name)")
	flags.BoolVar(&f.skipBad, "skip-bad", false, "record the rows that are in order, and report the others; needs --report")
	flags.StringVar(&f.report, "report", "", "`FILE` for the rows that are refused, which is made anew")
	flags.BoolVar(&f.dryRun, "dry-run", false, "say what would be recorded, and record nothing")
	flags.StringVar(&f.recorded, "recorded", "", "when the office learned of the rows that do not say it; only in a history office")
	flags.StringVar(&f.actor, "actor", "", "who records it, as claimed (default $USER)")
	complete(cmd, "as", texts(bulk.Imported()))
	complete(cmd, "format", []string{string(bulk.CSV), string(bulk.JSONLines)})
	return cmd
}

func (p *program) importList(ctx context.Context, file string, f importing) (err error) {
	im := &bulk.Import{File: file, ID: f.id, SkipBad: f.skipBad, Actor: p.actor(f.actor)}
	if im.Kind, err = bulk.ParseKind(f.as, bulk.Imported()); err != nil {
		return badInput(fmt.Errorf("--as: %w", err))
	}
	if im.Format, err = formatOf(file, f.format, im.Kind); err != nil {
		return err
	}
	if f.id != "" {
		if err := domain.CheckID(f.id); err != nil {
			return badInput(fmt.Errorf("--import: %w", err))
		}
	}
	if f.skipBad != (f.report != "") {
		return badInput(errors.New("--skip-bad and --report go together: what is skipped is reported"))
	}
	if err := p.checkReport(f.report, file); err != nil {
		return err
	}
	if im.Data, err = p.readAtMost(ctx, file, bulk.MaxFile+1); err != nil {
		return err
	}
	o, err := p.openFor(ctx, f.dryRun)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	im.Zone = o.Zone()
	if f.recorded != "" {
		if im.Recorded, err = calendar.ParseInstant(f.recorded, o.Zone()); err != nil {
			return badInput(fmt.Errorf("--recorded: %w", err))
		}
	}
	s, err := o.Begin(ctx)
	if err != nil {
		return err
	}
	return p.runImport(ctx, s, im, f)
}

// checkReport refuses to write the report over the list, the log or its seal,
// however they are called.
func (p *program) checkReport(report, list string) error {
	if report == "" {
		return nil
	}
	var input fs.FileInfo
	if in, ok := p.stdin.(*os.File); ok && list == "-" {
		input, _ = in.Stat()
	} else if list != "-" {
		input, _ = os.Stat(list)
	}
	to, _ := os.Stat(report) // nil if it is not there yet
	if to != nil && input != nil && to.Mode().IsRegular() && os.SameFile(to, input) {
		return badInput(fmt.Errorf("--report: %s is the list itself, which the report would overwrite: name another file", report))
	}
	return reportIn(report).check(p.keptFiles())
}

// samePath reports whether two names are of the same place, whether or not a file
// is there.
func samePath(a, b string) bool {
	for _, name := range []*string{&a, &b} {
		dir, err := filepath.EvalSymlinks(filepath.Dir(*name))
		if err != nil {
			return false
		}
		if dir, err = filepath.Abs(dir); err != nil {
			return false
		}
		*name = filepath.Join(dir, filepath.Base(*name))
	}
	return a == b
}

// formatOf is the format of a list: as it is named, or by its name.
func formatOf(file, named string, kind bulk.Kind) (bulk.Format, error) {
	if named == "" {
		named = strings.TrimPrefix(strings.ToLower(filepath.Ext(file)), ".")
		if kind == bulk.Events || named == "ndjson" || named == "json" {
			named = string(bulk.JSONLines)
		}
		if named != string(bulk.JSONLines) {
			named = string(bulk.CSV)
		}
	}
	if err := oneOf("format", named, string(bulk.CSV), string(bulk.JSONLines)); err != nil {
		return "", err
	}
	if kind == bulk.Events && named == string(bulk.CSV) {
		return "", badInput(errors.New("--format: events are JSON lines"))
	}
	return bulk.Format(named), nil
}

// runImport decides an import, records it and says what became of it.
func (p *program) runImport(ctx context.Context, s *engine.Sequence, im *bulk.Import, f importing) (err error) {
	defer func() { err = errors.Join(err, s.Abandon(context.WithoutCancel(ctx))) }()
	deciding := p.meter("deciding")
	out, err := im.Decide(ctx, s, deciding)
	if err != nil {
		return err
	}
	deciding.end()
	result := api.Imported{Import: out.ID, Kind: im.Kind, Rows: out.Rows, Recorded: out.Recorded, Repeated: out.Repeated, Refused: out.Refused(), Events: s.Events(), DryRun: f.dryRun}
	if out.Refused() > 0 && !f.dryRun {
		err := reportIn(f.report).write(p.keptFiles(), func(w io.Writer) error { return out.Report(w, im.Kind, im.Format) })
		if err != nil {
			return err
		}
		result.Report = f.report
	}
	result.Position = s.Engine().Position()
	if !f.dryRun && s.Events() > 0 {
		recording := p.meter("recording")
		if result.Position, err = s.Record(ctx, recording); err != nil {
			broken, ok := errors.AsType[*engine.Interrupted](err)
			if ok {
				p.note("%d of %d events of the import %s were recorded; the same command again records the rest", broken.Recorded, broken.Of, out.ID)
			}
			return err
		}
		recording.end()
	}
	if out.Mended {
		p.note("the office was live: what is made of its events is a history, since this office's clock did not stamp them; nothing else differs")
	}
	return p.showImported(im, out, result)
}

func (p *program) showImported(im *bulk.Import, out *bulk.Outcome, r api.Imported) error {
	if p.json() {
		return p.print(r)
	}
	g := p.page()
	rows := plural(r.Rows, "row")
	switch {
	case r.Repeated == r.Rows:
		g.line("%s on record before: nothing %s done.", rows, map[bool]string{true: "would be", false: "was"}[r.DryRun])
	case r.DryRun:
		g.line("%d of %s would be recorded, with %s. Nothing was.", r.Recorded, rows, plural(r.Events, "event"))
	default:
		g.line("Recorded %d of %s by %s (as claimed), with %s; the log is at position %d.", r.Recorded, rows, im.Actor, plural(r.Events, "event"), r.Position)
	}
	if r.Repeated > 0 && r.Repeated < r.Rows {
		g.line("%s on record before.", plural(r.Repeated, "row"))
	}
	if r.Refused > 0 {
		g.line("%s refused:", plural(r.Refused, "row"))
		for i, m := range out.Bad.List {
			if i == mostShown {
				g.line("  and %d more", out.Bad.Count()-mostShown)
				break
			}
			g.say("  ", m.Error())
		}
		if r.Report != "" {
			g.say("", fmt.Sprintf("They are in %s: mend them there, and import it with --import %s.", r.Report, r.Import))
		}
	}
	g.line("The id of the import is %s.", r.Import)
	return nil
}

// restore founds an office by the events of another: comity init --import. If that
// broke off, it is completed.
func (p *program) restore(ctx context.Context, f founding) (err error) {
	if !f.history {
		return badInput(errors.New("--import makes a history office, whose events state when they were recorded: add --history"))
	}
	data, err := p.readAtMost(ctx, f.from, bulk.MaxFile+1)
	if err != nil {
		return err
	}
	first, zone, founds := bulk.Founding(data)
	if !founds {
		return badInput(fmt.Errorf("--import: %s does not begin with the founding of an office: it is no export of all events, which comity export makes", f.from))
	}
	im := &bulk.Import{Kind: bulk.Events, Format: bulk.JSONLines, File: f.from, Data: data, Zone: zone, Actor: p.actor(f.actor)}
	log, made, err := p.makeLog(ctx)
	if err != nil {
		return err
	}
	o := &office{p: p, log: log}
	defer func() {
		err = errors.Join(err, o.close(ctx))
		if made && err != nil && exitCode(err) == exitInput {
			for _, name := range []string{p.log, p.seal()} { // all was refused: there is nothing in it
				_ = os.Remove(name)
			}
		}
	}()
	if err := o.openSeal(ctx); err != nil {
		return err
	}
	at, err := head(ctx, log)
	if err != nil {
		return err
	}
	var s *engine.Sequence
	if at == 0 {
		s, err = engine.Restore(ctx, o.config())
	} else {
		made = false
		if err := o.open(ctx); err != nil {
			return err
		}
		if have, _ := o.Root().View().Envelope(0); have.ID != first.ID {
			return badInput(fmt.Errorf("%s already holds another office with %d events: name another file with --log", p.log, at))
		}
		s, err = o.Begin(ctx)
	}
	if err != nil {
		return err
	}
	o.Engine = s.Engine()
	return p.runImport(ctx, s, im, importing{})
}

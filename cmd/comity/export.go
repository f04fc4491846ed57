package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine/bulk"
)

// exporting holds the flags of export.
type exporting struct {
	asking
	kind, format, out string
}

func (p *program) exportCommand() *cobra.Command {
	var f exporting
	cmd := &cobra.Command{
		Use:   "export [--kind KIND]",
		Short: "Write out all events, or a list of the office as it stood",
		Long: `Export writes the events of the log as JSON lines, each as it is stored, and before
those that publish a ruleset its text. "comity init --history --import FILE" makes an
office of it with the same events, ids and positions, and so the same answers.

With --kind it writes a list of the office as it stood at --as-of, as known at
--as-known, as CSV or JSON lines. Those that comity import takes have the columns that
it reads. Names and birth dates are in the lists and in the events.`,
		Example: `  comity export --out office.jsonl
  comity export --as-known 2025-02-10
  comity export --kind members
  comity export --kind members --as-of 2025-02-03 --as-known 2025-02-10 --format jsonl
  comity export --kind measures --out measures.csv`,
		Args: atLeast(false),
		RunE: func(cmd *cobra.Command, _ []string) error { return p.export(cmd.Context(), f) },
	}
	f.times(cmd.Flags())
	cmd.Flags().StringVar(&f.kind, "kind", string(bulk.Events), "what is listed: "+strings.Join(texts(bulk.Exported()), ", "))
	cmd.Flags().StringVar(&f.format, "format", "", "csv or jsonl (default jsonl for events, csv for lists)")
	cmd.Flags().StringVar(&f.out, "out", "", "`FILE` to write, which is made anew (default standard output)")
	complete(cmd, "kind", texts(bulk.Exported()))
	complete(cmd, "format", []string{string(bulk.CSV), string(bulk.JSONLines)})
	return cmd
}

func (p *program) export(ctx context.Context, f exporting) (err error) {
	kind, err := bulk.ParseKind(f.kind, bulk.Exported())
	if err != nil {
		return badInput(fmt.Errorf("--kind: %w", err))
	}
	format, err := formatOf("", f.format, kind)
	if err != nil {
		return err
	}
	if kind == bulk.Events && f.asOf != "" {
		return badInput(errors.New("--as-of is for lists: events are exported whenever they take effect; leave it out, or name a --kind"))
	}
	if f.out != "" {
		if err := listIn(f.out).check(p.keptFiles()); err != nil {
			return err
		}
	}
	o, err := p.readOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	q, err := o.question("", f.asking, nil)
	if err != nil {
		return err
	}
	m, asOf, err := o.Times(q)
	if err != nil {
		return err
	}
	rows := int(m)
	write := func(to io.Writer) error { return bulk.ExportEvents(ctx, to, o.log, o.log, m) }
	if kind != bulk.Events {
		list, err := bulk.Export(o.Root(), kind, m, asOf)
		if err != nil {
			return err
		}
		write, rows = list.CSV, len(list.Rows)
		if format == bulk.JSONLines {
			write = list.JSONLines
		}
	}
	if f.out == "" {
		return write(p.out)
	}
	if err := listIn(f.out).write(p.keptFiles(), write); err != nil {
		return err
	}
	if p.json() {
		return p.print(struct {
			Out      string          `json:"out"`
			Kind     bulk.Kind       `json:"kind"`
			Rows     int             `json:"rows"`
			Position domain.Position `json:"position"`
		}{f.out, kind, rows, m})
	}
	what := plural(rows, "row") + " of " + string(kind)
	if kind == bulk.Events {
		what = plural(rows, "event")
	}
	p.page().line("Wrote %s to %s, as known at position %d.", what, f.out, m)
	return nil
}

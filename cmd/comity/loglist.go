package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/eventlog"
)

func (p *program) logListCommand() *cobra.Command {
	var from int64
	var limit uint64
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the records of the log, the newest ones unless told from where",
		Long: `List shows records in the order of the log: position, when each was recorded, its id
and what it says. Without --from it shows the newest ones. Of a plate the last two
characters are shown, unless --restricted is given; "comity log show" prints what is stored.`,
		Example: `  comity log list
  comity log list --from 0 --limit 0
  comity log list -o json`,
		Args: atLeast(false),
		RunE: func(cmd *cobra.Command, _ []string) error { return p.logList(cmd.Context(), from, limit) },
	}
	p.mayShowRestricted(cmd.Flags())
	cmd.Flags().Int64Var(&from, "from", -1, "position of the first record shown (default: so that the newest are shown)")
	cmd.Flags().Uint64Var(&limit, "limit", 50, "most records shown; 0 shows all")
	return cmd
}

func (p *program) logList(ctx context.Context, start int64, limit uint64) (err error) {
	log, err := p.readLog(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	end, err := head(ctx, log)
	if err != nil {
		return err
	}
	if limit == 0 {
		limit = uint64(end)
	}
	from := eventlog.Position(max(start, 0))
	if start < 0 && uint64(end) > limit {
		from = end - eventlog.Position(limit)
	}
	if from > end {
		return badInput(fmt.Errorf("--from %d: the log ends at %d", from, end))
	}
	zone := calendar.UTC
	list := []api.ListedRecord{}
	at := from
	for env, err := range decoded(ctx, log, 0, 1) {
		if founded, ok := env.Event.(domain.OfficeFounded); ok && err == nil {
			if z, err := calendar.LoadZone(founded.Zone); err == nil {
				zone = z
			}
		}
	}
	for env, err := range decoded(ctx, log, from, limit) {
		if err != nil {
			return err
		}
		list = append(list, api.ListedRecordOf(domain.Position(at), env, zone, p.restricted))
		at++
	}
	if p.json() {
		return p.print(list)
	}
	g := p.page()
	if len(list) == 0 {
		g.line("No records from position %d on.", from)
		return nil
	}
	rows := make([][]string, len(list))
	for i, r := range list {
		rows[i] = []string{fmt.Sprintf("@%d", r.Position), whole(api.LocalTime(r.Recorded, zone)), r.ID.String(), r.Said}
	}
	g.list([]string{"at", "recorded", "id", "what"}, rows)
	if left := uint64(end) - uint64(len(list)); left > 0 {
		p.note("%s of %d shown; --from and --limit show others", plural(len(list), "record"), end)
	}
	return nil
}

// decoded yields the events of at most limit records.
func decoded(ctx context.Context, log eventlog.Log, from eventlog.Position, limit uint64) func(func(domain.Envelope, error) bool) {
	return func(yield func(domain.Envelope, error) bool) {
		at := from
		for record, err := range log.Read(ctx, from) {
			if limit == 0 {
				return
			}
			limit--
			var env domain.Envelope
			if err == nil {
				if env, err = codec.Decode(record.Data); err != nil {
					err = unverified(fmt.Errorf("record %d: %w; comity log check says more", at, err))
				}
			}
			if !yield(env, err) || err != nil {
				return
			}
			at++
		}
	}
}

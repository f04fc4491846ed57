package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/eventlog"
)

func (p *program) logShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show POSITION|ID",
		Short: "Show one record as it is stored",
		Long: `Show prints the stored bytes of a record, indented for reading. With -o json it prints
them exactly as they are stored, which is what the seal vouches for.`,
		Example: `  comity log show 0
  comity log show @7
  comity log show 01JJEX4BAA0000000000000001 -o json`,
		Args: atLeast(false, "POSITION|ID"),
		RunE: func(cmd *cobra.Command, args []string) error { return p.logShow(cmd.Context(), args[0]) },
	}
}

func (p *program) logShow(ctx context.Context, word string) (err error) {
	log, err := p.readLog(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	record, err := find(ctx, log, word)
	if err != nil {
		return err
	}
	if p.json() {
		_, err = fmt.Fprintf(p.out, "%s\n", record.Data)
		return err
	}
	var text bytes.Buffer
	if err := json.Indent(&text, record.Data, "", "  "); err != nil {
		return unverified(fmt.Errorf("record %s is not JSON: %w; comity log check says more", word, err))
	}
	_, err = fmt.Fprintln(p.out, shown(text.String()))
	return err
}

// find returns the record at a position or with an id.
func find(ctx context.Context, log eventlog.Log, word string) (eventlog.Record, error) {
	if n, err := strconv.ParseUint(strings.TrimPrefix(word, "@"), 10, 63); err == nil {
		at := eventlog.Position(n)
		end, err := head(ctx, log)
		if err != nil {
			return eventlog.Record{}, err
		}
		if at >= end {
			return eventlog.Record{}, badInput(fmt.Errorf("there is no record at position %d: the log ends at %d", at, end))
		}
		for record, err := range log.Read(ctx, at) {
			return record, err
		}
	}
	id, err := domain.ParseEventID(strings.ToUpper(word))
	if err != nil {
		return eventlog.Record{}, badInput(fmt.Errorf("%q is neither a position nor the id of an event: %w", word, err))
	}
	for record, err := range log.Read(ctx, 0) {
		if err != nil || record.ID == eventlog.ID(id) {
			return record, err
		}
	}
	return eventlog.Record{}, badInput(fmt.Errorf("there is no event %s in %s", id, "this log"))
}

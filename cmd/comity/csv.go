package main

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// hasCSV marks a command whose answer is a list that -o csv can write.
const hasCSV = "csv"

// writesCSV marks a command as one that can answer as CSV.
func writesCSV(cmd *cobra.Command) *cobra.Command {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[hasCSV] = "yes"
	return cmd
}

// csvFits refuses -o csv to a command whose answer is no list, and names those
// whose answer is.
func (p *program) csvFits(cmd *cobra.Command) error {
	if p.output != asCSV || cmd.Annotations[hasCSV] != "" {
		return nil
	}
	p.output = asTable
	var known []string
	var look func(*cobra.Command)
	look = func(c *cobra.Command) {
		if c.Annotations[hasCSV] != "" {
			known = append(known, strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" "))
		}
		for _, sub := range c.Commands() {
			look(sub)
		}
	}
	look(cmd.Root())
	slices.Sort(known)
	return badInput(fmt.Errorf("--output: %s has no CSV; write table or json, or ask one that has: %s", cmd.CommandPath(), strings.Join(known, ", ")))
}

// wantsCSV says whether the answer is for a spreadsheet.
func (p *program) wantsCSV() bool { return p.output == asCSV }

// csv writes a list as RFC 4180 has it: a header, lines that end in CRLF,
// quotes where they are needed; in UTF-8. Cells that a spreadsheet would take
// for a formula get an apostrophe before them (docs/format/csv.md).
func (p *program) csv(header []string, rows [][]string) error {
	out := csv.NewWriter(p.out)
	out.UseCRLF = true
	if err := out.Write(header); err != nil {
		return err
	}
	for _, row := range rows {
		if err := out.Write(inertRow(row)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// inertRow makes the cells of a row inert, for spreadsheets and for terminals.
func inertRow(row []string) []string {
	row = shownAll(row)
	for i, cell := range row {
		row[i] = inert(cell)
	}
	return row
}

// number matches what begins with a sign and is harmless.
var number = regexp.MustCompile(`^[-+]?[0-9]+(\.[0-9]+)?$`)

// inert makes text that a spreadsheet shows and does not execute. Programs
// execute what begins with = + - or @, also after a tab or the end of a line.
func inert(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) && !number.MatchString(cell) {
		return "'" + cell
	}
	return cell
}

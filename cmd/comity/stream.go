package main

import (
	"encoding/csv"
	"iter"

	"github.com/comity-project/comity/api"
)

// streamJSON writes an object whose last key is a list of any length.
func streamJSON[T any](p *program, head any, name string, list iter.Seq2[T, error]) error {
	return api.WriteList(p.out, head, name, list)
}

// streamCSV is csv for a list of any length.
func (p *program) streamCSV(header []string, rows iter.Seq2[[]string, error]) error {
	if err := p.csv(header, nil); err != nil {
		return err
	}
	out := csv.NewWriter(p.out)
	out.UseCRLF = true
	for row, err := range rows {
		if err != nil {
			return err
		}
		if err := out.Write(inertRow(row)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// mapped makes another sequence of one.
func mapped[T, U any](in iter.Seq2[T, error], to func(T) U) iter.Seq2[U, error] {
	return func(yield func(U, error) bool) {
		for v, err := range in {
			if err != nil {
				var none U
				yield(none, err)
				return
			}
			if !yield(to(v), nil) {
				return
			}
		}
	}
}

// mostListed is how many rows of a list are shown to people; the rest is counted.
const mostListed = 1000

// someRows returns the first rows of a list, and how many more there are.
func someRows[T any](in iter.Seq2[T, error], to func(T) []string) (rows [][]string, more int, err error) {
	for v, err := range in {
		switch {
		case err != nil:
			return nil, 0, err
		case len(rows) < mostListed:
			rows = append(rows, to(v))
		default:
			more++
		}
	}
	return rows, more, nil
}

// listSome shows rows, and says how many are left out.
func (g *page) listSome(header []string, rows [][]string, more int) {
	g.list(header, rows)
	if more > 0 {
		g.line("")
		g.line("and %d more: -o csv and -o json list them all", more)
	}
}

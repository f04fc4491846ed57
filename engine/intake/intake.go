// Package intake reads files of events for an office to record.
//
// A file holds events in the door form of docs/format/events.md, as JSON lines
// or as YAML. What is read is a [Batch]: commands, in order, each with the events
// that the office learns of at one instant, and for every event the line that it
// came from, so that whatever is said of it later can be said of that line:
//
//	batch, err := intake.Read(file, intake.FormatOf(name), office.Zone())
//	receipt, err := office.Submit(ctx, batch.Commands...)
//	for _, mistake := range batch.Refused(refusals) { ... }
//
// All of a file is recorded or nothing: Read returns every mistake that it finds,
// as [Mistakes], and then no batch.
package intake

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
)

// MaxEvents is how many events a file may hold. They are recorded together, and
// a log takes no more at once.
const MaxEvents = 1000

// A Format is how a file is written.
type Format string

// The formats of files of events.
const (
	JSONLines Format = "jsonl" // one event on each line
	YAML      Format = "yaml"  // a list of events, or one event in each document
)

// Formats lists the formats.
func Formats() []Format { return []Format{JSONLines, YAML} }

// ParseFormat reads the name of a format.
func ParseFormat(name string) (Format, error) {
	switch strings.ToLower(name) {
	case "jsonl", "json", "ndjson":
		return JSONLines, nil
	case "yaml", "yml":
		return YAML, nil
	}
	var known []string
	for _, f := range Formats() {
		known = append(known, string(f))
	}
	return "", fmt.Errorf("unknown format %q%s: write one of %s", name, domain.DidYouMean(name, known), strings.Join(known, ", "))
}

// FormatOf tells the format of a file by its name: YAML if it ends so, otherwise
// JSON lines.
func FormatOf(name string) Format {
	if f, err := ParseFormat(strings.TrimPrefix(filepath.Ext(name), ".")); err == nil {
		return f
	}
	return JSONLines
}

// A Batch is what a file holds, in its order.
type Batch struct {
	Commands []domain.Command
	// Lines has, for every command, the line of each of its events.
	Lines [][]int
}

// Events counts the events of all commands.
func (b *Batch) Events() int {
	n := 0
	for _, c := range b.Commands {
		n += len(c.Drafts)
	}
	return n
}

// Refused says of which lines the office refused something. The error is why it
// refused the command with that index: if it is [domain.Refusals] each is said
// of its own line, and otherwise the error of the command's first line.
func (b *Batch) Refused(command int, err error) Mistakes {
	if err == nil {
		return nil
	}
	lines := b.Lines[command]
	refusals, ok := errors.AsType[domain.Refusals](err)
	if !ok {
		return Mistakes{{Line: lines[0], Err: err}}
	}
	var out Mistakes
	for _, r := range refusals {
		line := lines[min(max(r.Index, 0), len(lines)-1)]
		text := r.Text
		if r.Field != "" {
			text = r.Field + ": " + text
		}
		if r.Type != "" {
			text = string(r.Type) + ": " + text
		}
		out = append(out, &codec.LineError{Line: line, Err: errors.New(text)})
	}
	return out
}

// Mistakes are all that is wrong with a file, in order of line.
type Mistakes []*codec.LineError

func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, one := range m {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// mostMistakes is how many mistakes are listed of one file.
const mostMistakes = 100

// MaxFile is how many bytes of a file are read. What a log takes at once is less
// than a megabyte, so a greater file holds something else.
const MaxFile = 8 << 20

// Read reads all of a file. Bare dates are in the office's zone. The error is
// [Mistakes], or that of r.
func Read(r io.Reader, format Format, office calendar.Zone) (*Batch, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxFile {
		return nil, Mistakes{{Line: 1, Err: fmt.Errorf("the file has more than %d MiB, and a log takes less than one at a time: divide it", MaxFile>>20)}}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // some editors mark UTF-8 so
	read := jsonDrafts
	if format == YAML {
		read = yamlDrafts
	}
	g := grouping{batch: &Batch{}, used: map[domain.CommandID]bool{}}
	var mistakes Mistakes
	events := 0
	for line, d := range read(data, office) {
		events++
		if d.err == nil && events > MaxEvents {
			d.err = fmt.Errorf("this is event %d, and a file holds at most %d: divide it, for instance between two commands", events, MaxEvents)
		}
		if d.err == nil {
			d.err = g.add(d.Draft, line)
		}
		if d.err != nil {
			mistakes = append(mistakes, &codec.LineError{Line: cmp.Or(d.at, line), Err: d.err})
		}
		if events > MaxEvents || len(mistakes) == mostMistakes {
			break
		}
	}
	switch {
	case len(mistakes) > 0:
		return nil, mistakes
	case events == 0:
		return nil, Mistakes{{Line: 1, Err: errors.New("there are no events in this file")}}
	}
	return g.batch, nil
}

// A draft is an event of a file, or why it can't be read.
type draft struct {
	codec.Draft
	err error
	at  int // the line of the mistake, if it is not that of the event
}

// jsonDrafts yields every event of JSON lines with its line.
func jsonDrafts(data []byte, office calendar.Zone) iter.Seq2[int, draft] {
	return func(yield func(int, draft) bool) {
		n := 0
		for line := range bytes.Lines(data) {
			n++
			line = bytes.TrimSpace(line)
			if len(line) == 0 || line[0] == '#' {
				continue
			}
			var d draft
			d.Draft, d.err = codec.DecodeDraft(line, office)
			if !yield(n, d) {
				return
			}
		}
	}
}

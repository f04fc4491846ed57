package bulk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/projections"
)

// An Import is a list to be recorded.
type Import struct {
	Kind   Kind
	Format Format
	File   string // what it is called in mistakes
	Data   []byte
	ID     string // of the import; "" is IDOf its bytes
	// Zone is that of bare dates.
	Zone  calendar.Zone
	Actor string
	// Recorded is when the office learned of the rows that do not say it; zero
	// is now. Only a history office can be told.
	Recorded time.Time
	// SkipBad records the rows that are in order and keeps the others for a
	// report, instead of refusing all.
	SkipBad bool
	// May, if not nil, ends the import by its error before a command of a line is decided,
	// in the office as the lines before would leave it.
	May func(root *projections.Root, line int, c domain.Command) error
}

// may asks whether a command of a line may be decided.
func (d *deciding) may(line int, c domain.Command) error {
	if d.im.May == nil {
		return nil
	}
	return d.im.May(d.s.Root(), line, c)
}

// An Outcome says what became of the rows of a list.
type Outcome struct {
	ID       string
	Rows     int // in the file; of events, lines
	Recorded int // rows that are recorded by the sequence
	Repeated int // rows that were on record before
	Bad      Mistakes
	// Mended says that the file was live and is made a history.
	Mended bool

	header []string
	report []bad
}

// bad is a row that was refused, for the report.
type bad struct {
	row  row
	said []string
}

// Refused counts the rows that were refused.
func (o *Outcome) Refused() int { return len(o.report) }

// Decide decides every row against the office and the rows before it. If
// something is wrong and nothing is to be skipped, the error is [*Mistakes], and
// the sequence is to be abandoned. Progress, if not nil, is told now and then how
// many bytes of how many are decided.
func (im *Import) Decide(ctx context.Context, s *engine.Sequence, progress func(done, of int)) (*Outcome, error) {
	data, err := textual(im.Data)
	if err != nil {
		return nil, &Mistakes{List: []Mistake{{File: im.File, Line: 1, Text: err.Error()}}}
	}
	out := &Outcome{ID: im.ID}
	if out.ID == "" {
		out.ID = IDOf(im.Kind, im.Data)
	}
	d := &deciding{im: im, s: s, out: out, ids: newIDs(im.Kind, out.ID), progress: progress, of: len(data), twice: twice{}, tickets: map[string]map[string]string{}}
	if im.Kind == Events {
		err = d.events(ctx, data)
	} else {
		err = d.list(ctx, data)
	}
	switch {
	case err != nil:
		return nil, err
	case out.Bad.Count() > 0 && !im.SkipBad:
		return out, &out.Bad
	case out.Rows == 0 && out.Bad.Count() == 0:
		return nil, &Mistakes{List: []Mistake{{File: im.File, Line: 1, Text: "the file holds no rows"}}}
	}
	return out, nil
}

// deciding is an import at work.
type deciding struct {
	im       *Import
	s        *engine.Sequence
	out      *Outcome
	ids      ids
	progress func(done, of int)
	of       int
	stated   time.Time // what the command before stated as recorded
	twice    twice
	// tickets are those on record: by vehicle, and by place and number, since when.
	tickets map[string]map[string]string
}

// wrong keeps what is wrong with a row.
func (d *deciding) wrong(r row, mistakes []*Mistake) {
	var said []string
	for _, m := range mistakes {
		m.File = d.im.File
		d.out.Bad.add(*m)
		said = append(said, m.said())
	}
	d.out.report = append(d.out.report, bad{r, said})
}

// tell tells of progress, now and then.
func (d *deciding) tell(at int) {
	if d.progress != nil && (d.out.Rows%256 == 0 || at == d.of) {
		d.progress(at, d.of)
	}
}

// list decides the rows of a list.
func (d *deciding) list(ctx context.Context, data []byte) error {
	l := listOf(d.im.Kind)
	if l == nil {
		return fmt.Errorf("a list of %s can't be imported", d.im.Kind)
	}
	header, rows, wrong := rowsOf(data, d.im.Format, l)
	if wrong != nil {
		wrong.File = d.im.File
		return &Mistakes{List: []Mistake{*wrong}}
	}
	d.out.header = header
	read := 0
	for r := range rows {
		d.out.Rows++
		for _, said := range r.said {
			read += len(said) + 1
		}
		d.tell(min(read, d.of))
		if r.err != nil {
			d.wrong(r, []*Mistake{r.err})
			continue
		}
		b := &builder{l: l, row: &r, zone: d.im.Zone, ids: d.ids}
		b.build()
		if len(b.wrong) == 0 {
			if err := d.decideRow(ctx, b); err != nil {
				return err
			}
		}
		if len(b.wrong) > 0 {
			d.wrong(r, b.wrong)
		}
	}
	return nil
}

func (d *deciding) decideRow(ctx context.Context, b *builder) error {
	recorded := d.im.Recorded
	if text := b.row.cells[recordedColumn]; text != "" {
		at, err := calendar.ParseInstant(text, d.im.Zone)
		if err != nil {
			b.mistake(recordedColumn, "%v", err)
			return nil
		}
		recorded = at
	}
	c := domain.Command{
		ID: d.ids.command(b.row.first), Actor: d.im.Actor, Correlation: "import/" + d.out.ID,
		Recorded: d.after(recorded, true), Drafts: b.events,
	}
	if err := d.may(b.row.line, c); err != nil {
		return err
	}
	if text := d.again(b); text != "" && len(d.s.Root().View().Command(c.ID)) == 0 {
		b.mistake("", "%s", text)
		return nil
	}
	repeated, err := d.s.Decide(ctx, c)
	if err == nil {
		d.twice.note(b)
	}
	switch {
	case err == nil && repeated:
		d.out.Repeated++
	case err == nil:
		d.out.Recorded++
	case errors.Is(err, engine.ErrRepeated):
		b.mistake("", "%s", d.other(c))
	case errors.Is(err, engine.ErrMode):
		b.mistake(recordedColumn, "%v", err)
	case errors.Is(err, codec.ErrTooLong):
		b.mistake(b.longest(), "%s", tooLong)
	case isRefused(err):
		b.refused(err)
	default:
		return err
	}
	return nil
}

// isRefused reports whether an error is about the command, and others may be
// decided after it.
func isRefused(err error) bool {
	_, refused := errors.AsType[domain.Refusals](err)
	return refused || errors.Is(err, eventlog.ErrTooLarge) || errors.Is(err, engine.ErrRepeated) || errors.Is(err, engine.ErrMode)
}

// tooLong says of an event that the log can't hold it.
var tooLong = fmt.Sprintf("the event would have more than %d bytes: keep long texts in a document and refer to it", codec.MaxSize)

// withinImport is how far apart in recorded time rows may lie that state the
// same: each is recorded a microsecond after the one before.
const withinImport = time.Second

// after is when a row is recorded that states a time. Rows that state the same
// are recorded one after the other. So is what follows the rows of another list
// that stated the same; events that say themselves when they were recorded follow
// only what states the same.
func (d *deciding) after(stated time.Time, follows bool) time.Time {
	if stated.IsZero() {
		return stated
	}
	stated = stated.UTC().Truncate(time.Microsecond)
	follows = follows || stated.Equal(d.stated)
	d.stated = stated
	if last := d.s.Last(); follows && !stated.After(last) && last.Sub(stated) <= withinImport {
		return last.Add(time.Microsecond)
	}
	return stated
}

// other says how a row differs from what was recorded of it before.
func (d *deciding) other(c domain.Command) string {
	view := d.s.Root().View()
	said := "another row of this import with the same line was recorded with other content"
	for _, at := range view.Command(c.ID) {
		have, _ := view.Envelope(at)
		said = fmt.Sprintf("this row was recorded before, at position %d, with other content", at)
		if have.Actor != c.Actor {
			return fmt.Sprintf("this row was recorded before, at position %d, by %s: say --actor %s to complete that import", at, have.Actor, have.Actor)
		}
	}
	return said + ": an import that broke off is completed with the file as it was; to change what is on record, correct the event, and for more rows use another import id"
}

// said joins what is wrong with a row.
func (b *bad) text() string { return strings.Join(b.said, "; ") }

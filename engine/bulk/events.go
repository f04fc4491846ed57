package bulk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
)

// An edition line brings the text of an edition of a ruleset, which events name
// by its hash. It stands before them.
type editionLine struct {
	Edition string `json:"edition"`
	Text    string `json:"text"`
}

var editionPrefix = []byte(`{"edition":`)

// mostEdition is how many bytes such a line may have: every byte of the text may
// be written as six.
const mostEdition = 6*eventlog.MaxBody + 200

// keeps is how a report says in which line of the first file an event stood.
var keeps = regexp.MustCompile(`^# line ([0-9]{1,9}):`)

// A group is the lines of one command.
type group struct {
	command domain.Command
	stated  time.Time // as recorded, by the first line
	rows    []row
	wrong   []*Mistake
}

// events decides lines of events. Lines that state the same command stand
// together and are recorded together; any other line is a command of its own.
func (d *deciding) events(ctx context.Context, data []byte) error {
	var (
		refs  codec.Refs
		now   *group
		ended = map[domain.CommandID]bool{}
		read  int
		n     int
		first int // the line that a report keeps for the next event
	)
	flush := func() error {
		if now == nil {
			return nil
		}
		ended[now.command.ID] = true
		err := d.decideGroup(ctx, now)
		now = nil
		return err
	}
	for line := range bytes.Lines(data) {
		n++
		read += len(line)
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		if line[0] == '#' {
			if m := keeps.FindSubmatch(line); m != nil {
				first, _ = strconv.Atoi(string(m[1]))
			}
			continue
		}
		r := row{line: n, first: n, said: []string{string(line)}}
		if first > 0 {
			r.first, first = first, 0
		}
		if bytes.HasPrefix(line, editionPrefix) {
			if err := d.edition(line); err != nil {
				d.wrong(r, []*Mistake{r.wrong("", "%v", err)})
			}
			continue
		}
		d.out.Rows++
		d.tell(read)
		draft, err := d.draft(&r, line, &refs)
		id := draft.Command
		if err != nil {
			id = commandOf(line)
		}
		if err == nil && (now == nil || now.command.ID != id) {
			if err := flush(); err != nil {
				return err
			}
			if ended[id] {
				err = &codec.Error{Pointer: "/command", Err: fmt.Errorf("the command %s ended before other lines: put its lines together", id)}
			} else {
				now = d.group(&r, draft)
			}
		}
		if err != nil {
			m := r.wrong("", "%v", err)
			if now != nil && now.command.ID == id {
				now.rows, now.wrong = append(now.rows, r), append(now.wrong, m)
			} else {
				d.wrong(r, []*Mistake{m})
			}
			continue
		}
		if !draft.Recorded.IsZero() && !draft.Recorded.Equal(now.stated) {
			now.wrong = append(now.wrong, r.wrong("recorded", "all of a command is recorded at once: state what its first line states"))
		}
		now.command.Drafts, now.rows = append(now.command.Drafts, draft), append(now.rows, r)
	}
	return flush()
}

// draft reads an event, and gives it ids if it has none.
func (d *deciding) draft(r *row, line []byte, refs *codec.Refs) (domain.Envelope, error) {
	if text := plain(string(line)); text != "" {
		return domain.Envelope{}, errors.New(text)
	}
	draft, err := codec.DecodeDraft(line, d.im.Zone)
	if err != nil {
		return draft.Envelope, err
	}
	e := &draft.Envelope
	if e.ID.IsZero() {
		e.ID = d.ids.event(r.first, 0)
	}
	if e.Command.IsZero() {
		e.Command = d.ids.command(r.first)
	}
	if err := refs.Resolve(&draft); err != nil {
		return draft.Envelope, err
	}
	if founded, founds := e.Event.(domain.OfficeFounded); founds && founded.Mode == domain.Live && d.s.Root().Office().Mode != domain.Live {
		founded.Mode = domain.History
		e.Event, d.out.Mended = founded, true
	}
	return draft.Envelope, nil
}

// group begins a command. An event that states its command and when it was
// recorded is taken as it stands, whoever recorded it.
func (d *deciding) group(r *row, e domain.Envelope) *group {
	recorded, actor := e.Recorded, d.im.Actor
	if recorded.IsZero() {
		recorded = d.im.Recorded
	} else if e.Command != d.ids.command(r.first) {
		actor = ""
	}
	return &group{command: domain.Command{ID: e.Command, Actor: actor, Recorded: recorded}, stated: e.Recorded}
}

// commandOf finds the command of a line that can't be read otherwise.
func commandOf(line []byte) domain.CommandID {
	var said struct{ Command domain.CommandID }
	_ = json.Unmarshal(line, &said) // what can't be read has none
	return said.Command
}

func (d *deciding) decideGroup(ctx context.Context, g *group) error {
	if len(g.wrong) == 0 {
		g.command.Recorded = d.after(g.command.Recorded, g.stated.IsZero() || g.rows[0].first != g.rows[0].line)
		if err := d.may(g.rows[0].line, g.command); err != nil {
			return err
		}
		repeated, err := d.s.Decide(ctx, g.command)
		switch {
		case err == nil && repeated:
			d.out.Repeated += len(g.rows)
		case err == nil:
			d.out.Recorded += len(g.rows)
		case errors.Is(err, engine.ErrRepeated):
			g.wrong = append(g.wrong, g.rows[0].wrong("", "%s", d.other(g.command)))
		case errors.Is(err, codec.ErrTooLong):
			g.wrong = append(g.wrong, g.longest().wrong("", "%s", tooLong))
		case isRefused(err):
			g.refused(err)
		default:
			return err
		}
	}
	if len(g.wrong) == 0 {
		return nil
	}
	for _, r := range g.rows {
		var own []*Mistake
		for _, m := range g.wrong {
			if m.Line == r.line {
				own = append(own, m)
			}
		}
		if len(own) == 0 { // it is in order, but another line of its command is not
			d.out.report = append(d.out.report, bad{r, []string{"another line of the same command was refused"}})
			continue
		}
		d.wrong(r, own)
	}
	return nil
}

// longest is the line of a command that is longest.
func (g *group) longest() *row {
	most := 0
	for i := range g.rows {
		if len(g.rows[i].said[0]) > len(g.rows[most].said[0]) {
			most = i
		}
	}
	return &g.rows[most]
}

// refused says of which lines the office refused something.
func (g *group) refused(err error) {
	refusals, ok := errors.AsType[domain.Refusals](err)
	if !ok {
		g.wrong = append(g.wrong, g.rows[0].wrong("", "%v", err))
		return
	}
	for _, refusal := range refusals {
		r := g.rows[min(max(refusal.Index, 0), len(g.rows)-1)]
		column := refusal.Field
		if refusal.Type != "" {
			column = strings.TrimSuffix(string(refusal.Type)+": "+refusal.Field, ": ")
		}
		g.wrong = append(g.wrong, r.wrong(column, "%s", refusal.Text))
	}
}

// edition reads the text of an edition.
func (d *deciding) edition(line []byte) error {
	if len(line) > mostEdition {
		return fmt.Errorf("the text of the edition has more than %d bytes", eventlog.MaxBody)
	}
	var e editionLine
	in := json.NewDecoder(bytes.NewReader(line))
	in.DisallowUnknownFields()
	if err := in.Decode(&e); err != nil {
		return fmt.Errorf("the text of an edition: %w", err)
	}
	if err := eventlog.CheckBody([]byte(e.Text)); err != nil {
		return err
	}
	if hash := eventlog.HashBody([]byte(e.Text)).String(); hash != e.Edition {
		return fmt.Errorf("the text is not that of edition %s: its hash is %s", e.Edition, hash)
	}
	d.s.Text([]byte(e.Text))
	return nil
}

// Founding reads from a file of events which office it founds: its id, and its
// zone, in which the bare dates of the file are. It returns false if the first
// event founds none.
func Founding(data []byte) (domain.Envelope, calendar.Zone, bool) {
	data, err := textual(data)
	if err != nil {
		return domain.Envelope{}, calendar.UTC, false
	}
	for line := range bytes.Lines(data) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' || bytes.HasPrefix(line, editionPrefix) {
			continue
		}
		draft, err := codec.DecodeDraft(line, calendar.UTC)
		if err != nil {
			return domain.Envelope{}, calendar.UTC, false
		}
		founded, founds := draft.Envelope.Event.(domain.OfficeFounded)
		zone, err := calendar.LoadZone(founded.Zone)
		return draft.Envelope, zone, founds && err == nil
	}
	return domain.Envelope{}, calendar.UTC, false
}

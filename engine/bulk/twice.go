package bulk

import (
	"fmt"

	"github.com/comity-project/comity/domain"
)

// what says which thing a row records, of which there is but one.
type what struct {
	subject domain.Subject
	name    string // a capacity, or the place and number of a ticket
	at      int64  // in microseconds; of tickets 0
}

// A twice remembers the rows of a file by what they record.
type twice map[what]*row

// whatOf returns what a row records, and false if there may be more of the same.
func whatOf(b *builder) (what, bool) {
	w := what{subject: b.first.Subject, at: b.first.Effective.At.UnixMicro()}
	switch e := b.events[0].Event.(type) {
	case domain.TicketIssued:
		w.name, w.at = ticketName(e), 0
		return w, e.Number != ""
	case domain.MemberAccredited:
		w.name = e.Capacity
		if w.name == "" {
			w.name = "main"
		}
		return w, true
	case domain.RateRecorded:
		return w, true
	default:
		return what{}, false
	}
}

func ticketName(e domain.TicketIssued) string { return string(e.Place) + "/" + e.Number }

// note remembers a row that is recorded.
func (t twice) note(b *builder) {
	if w, one := whatOf(b); one {
		t[w] = b.row
	}
}

// again says of which row, or of what on record, a row is another account, or "".
func (d *deciding) again(b *builder) string {
	w, one := whatOf(b)
	if !one {
		return ""
	}
	before, said := d.twice[w]
	e := b.events[0].Event
	if ticket, is := e.(domain.TicketIssued); is {
		if said {
			return fmt.Sprintf("ticket %s of %s is in line %d already: leave one of them out", ticket.Number, w.subject.ID, before.line)
		}
		if since := d.ticket(w); since != "" {
			return fmt.Sprintf("ticket %s of %s is on record since %s: leave the row out", ticket.Number, w.subject.ID, since)
		}
		return ""
	}
	if !said || b.l.same(before, b.row) {
		return ""
	}
	if _, is := e.(domain.RateRecorded); is {
		return fmt.Sprintf("line %d states another rate of %s at the same instant: leave one of them out", before.line, b.row.cells[b.l.subject])
	}
	return fmt.Sprintf("line %d says something else of %s in the same capacity at the same instant: leave one of them out", before.line, w.subject.ID)
}

// same reports whether two rows say the same.
func (l *list) same(a, b *row) bool {
	for _, c := range l.columns {
		if a.cells[c.Name] != b.cells[c.Name] {
			return false
		}
	}
	return true
}

// ticket returns since when a ticket is on record, and "" if it is not. The
// tickets of a vehicle are read once.
func (d *deciding) ticket(w what) string {
	have, read := d.tickets[w.subject.ID]
	if !read {
		have = map[string]string{}
		view := d.s.Root().View()
		for _, pos := range view.Events(w.subject) { // also one that was cleared at once
			e, _ := view.Envelope(pos)
			body := e.Event
			if c, corrects := body.(domain.EventCorrected); corrects {
				body = c.Body
			}
			issued, is := body.(domain.TicketIssued)
			if !is || issued.Number == "" || !view.Live(pos) {
				continue
			}
			have[ticketName(issued)] = d.im.Zone.DateOf(e.Effective.At).String()
		}
		d.tickets[w.subject.ID] = have
	}
	return have[w.name]
}

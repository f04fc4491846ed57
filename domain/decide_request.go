package domain

import (
	"fmt"
	"strings"
	"time"

	"github.com/comity-project/comity/domain/calendar"
)

// handling refuses what is said to have been done about a request before it was
// filed, and a waiting period that is longer than the law's: the Office may only
// make its time shorter (FMA 4305(a)(1)). No days leave the period of the law.
func (d *decision) handling(days int) {
	id := RequestID(d.draft.Subject.ID)
	filing, found := d.filings[id]
	if !found {
		filing, found = d.view.Filing(id)
	}
	filed, isFiling := filing.Event.(RequestFiled)
	if !found || !isFiling {
		return // that nobody filed it is said of the subject
	}
	if before(d.draft.Effective, filing.Effective) {
		d.refuse("effective", "%s is before %s, when the request was filed: nothing is done about it before", d.draft.Effective, filing.Effective)
	}
	words := d.view.Vocabulary(filing.Effective.At)
	if days <= 0 || words == nil {
		return
	}
	law, known := words.RequestKind(filed.Kind)
	if known && longer(days, law, filing.Effective) {
		d.refuse("payload.days", "%d days are longer than the %s that the law gives from the filing on, and only a shorter period may be set (%s): state fewer, or leave days out",
			days, periodText(law), strings.Join(law.Cite, ", "))
	}
}

// before reports whether all of what is stated, a day or an instant, is before
// the other.
func before(w, other calendar.When) bool {
	if w.HasDate {
		return !w.At.Add(24 * time.Hour).After(other.At)
	}
	return w.At.Before(other.At)
}

// longer reports whether so many days from the filing on are more than the law's
// period, if it has one.
func longer(days int, law ClockLaw, filed calendar.When) bool {
	if law.Months == 0 {
		return law.Days > 0 && days > law.Days
	}
	from := filed.Date
	if !filed.HasDate {
		from = calendar.UTC.DateOf(filed.At)
	}
	return from.AddMonths(law.Months).AddDays(law.Days).Before(from.AddDays(days))
}

func periodText(law ClockLaw) string {
	var parts []string
	if law.Months > 0 {
		parts = append(parts, fmt.Sprintf("%d months", law.Months))
	}
	if law.Days > 0 {
		parts = append(parts, fmt.Sprintf("%d days", law.Days))
	}
	return strings.Join(parts, " and ")
}

// filingOf is the filing that an event says, also in place of another.
func filingOf(e Envelope) Envelope {
	if c, corrects := e.Event.(EventCorrected); corrects {
		e.Event = c.Body
	}
	return e
}

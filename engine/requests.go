package engine

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// A RequestsQuery says which notices and applications are meant. What it leaves
// empty is no matter.
type RequestsQuery struct {
	AsOf    time.Time // zero is now
	AsKnown Known
	States  []facts.FilingState
	Kind    domain.RequestKind
	// Subject is a member or a mission: who filed, or for whom it was filed.
	Subject   domain.Subject
	DueBefore time.Time
	// AtLeast is a position that the answer must have seen, as in [Question].
	AtLeast domain.Position
}

// A RequestItem is a notice or an application as it stands at the time asked about.
type RequestItem struct {
	facts.Filing
	Term string // what the law in force at the filing calls its kind
	// DaysLeft is how many local days there are until it is due: none on the day
	// itself, fewer when it is overdue. It counts only if Due is not Never.
	DaysLeft int
}

// Requests returns the notices and applications that had been filed by the time
// asked about, what is due soonest first; what is never due comes last, by id.
// Nothing of this is stored: clocks are read off the calendar at that time.
// Errors match [ErrUnknown], [ErrKnown], or are the context's.
func (e *Engine) Requests(ctx context.Context, q RequestsQuery) ([]RequestItem, error) {
	d, err := e.desk(ctx, q)
	if err != nil {
		return nil, err
	}
	if err := d.checkKind(q.Kind); err != nil {
		return nil, err
	}
	ids := d.view.Requests()
	if q.Subject != (domain.Subject{}) {
		ids = d.view.Filings(q.Subject)
	}
	var out []RequestItem
	for _, id := range ids {
		item, filed := d.item(id)
		switch {
		case !filed,
			len(q.States) > 0 && !slices.Contains(q.States, item.State),
			q.Kind != "" && item.Kind != q.Kind,
			!q.DueBefore.IsZero() && item.Due >= timeline.Of(q.DueBefore):
			continue
		}
		out = append(out, item)
	}
	slices.SortFunc(out, func(a, b RequestItem) int {
		return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// Request returns one request, and false if it had not been filed by the time
// asked about. Of the query only its times count.
func (e *Engine) Request(ctx context.Context, id domain.RequestID, q RequestsQuery) (RequestItem, bool, error) {
	d, err := e.desk(ctx, q)
	if err != nil {
		return RequestItem{}, false, err
	}
	item, filed := d.item(id)
	return item, filed, nil
}

// KnownAt returns the position as known at which a question would be answered
// now. Errors match [ErrKnown].
func (e *Engine) KnownAt(known Known) (domain.Position, error) {
	return e.position(e.Root(), known, e.Now())
}

// A desk is what is known of requests at the two times of a query.
type desk struct {
	root *projections.Root
	k    domain.Position
	view facts.View
	law  facts.Law
	at   timeline.Instant
}

func (e *Engine) desk(ctx context.Context, q RequestsQuery) (desk, error) {
	if err := e.await(ctx, q.AtLeast); err != nil {
		return desk{}, err
	}
	root, now := e.Root(), e.Now()
	k, err := e.position(root, q.AsKnown, now)
	if err != nil {
		return desk{}, err
	}
	if q.AsOf.IsZero() {
		q.AsOf = now
	}
	return desk{root: root, k: k, view: root.ViewAt(k), law: root.Law(k), at: timeline.Of(q.AsOf)}, nil
}

func (d desk) item(id domain.RequestID) (RequestItem, bool) {
	f, filed := d.view.Filing(id, d.at, d.law)
	if !filed {
		return RequestItem{}, false
	}
	item := RequestItem{Filing: f, Term: cmp.Or(f.Clock.Term, string(f.Kind))}
	if f.Due != timeline.Never {
		item.DaysLeft = dateIn(f.Zone, f.Due).DaysSince(dateIn(f.Zone, d.at))
	}
	return item, true
}

func dateIn(z calendar.Zone, t timeline.Instant) calendar.Date { return z.DateOf(t.Time()) }

// checkKind refuses a kind that the law in force does not know, since nothing
// would be found. Without law nobody can tell.
func (d desk) checkKind(kind domain.RequestKind) error {
	edition, _, err := d.root.LawAt(d.at, d.k)
	if kind != "" && err == nil && !edition.Language.Has("request_kind", string(kind)) {
		return &UnknownError{What: "kind of request", Name: string(kind), Near: edition.Language.Near("request_kind", string(kind))}
	}
	return nil
}

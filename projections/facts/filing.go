package facts

import (
	"cmp"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/timeline"
)

// A Clearance says how far a request has cleared what it is about (R16, R17).
type Clearance string

// The clearances, as rules read them.
const (
	NotCleared Clearance = "none"     // nothing serves, or what was approved is no longer
	Noticed    Clearance = "noticed"  // filed; no clock runs
	Waiting    Clearance = "waiting"  // a clock runs, or ran out without freeing anything
	Free       Clearance = "free"     // the period ended without a disapproval
	Approved   Clearance = "approved" // by the Office
	Refused    Clearance = "refused"  // by the Office, in time
)

// A FilingState says to people how it stands with a request.
type FilingState string

// The states of a request.
const (
	StateFiled       FilingState = "filed"    // nobody has taken it up, and no clock runs
	StateAwaiting    FilingState = "awaiting" // taken up, or a clock runs
	StateApproved    FilingState = "approved"
	StateWithTerms   FilingState = "approved_with_terms"
	StateDisapproved FilingState = "disapproved"
	StateUnopposed   FilingState = "unopposed" // the period ended without a disapproval: it may be done
	StateLapsed      FilingState = "lapsed"    // its window passed undecided, or its approval ran out
	StateWithdrawn   FilingState = "withdrawn"
)

// noObject is how a question says that it names no object.
const noObject = "none"

// daysAhead is for how many days notice that names no day of the act is counted
// day by day.
const daysAhead = 60

// FilingStates returns all states, those that wait for the Office first.
func FilingStates() []FilingState {
	return []FilingState{
		StateFiled, StateAwaiting, StateDisapproved, StateApproved, StateWithTerms, StateUnopposed, StateLapsed, StateWithdrawn,
	}
}

// Open reports whether the request still waits for the Office.
func (s FilingState) Open() bool { return s == StateFiled || s == StateAwaiting }

// Whose move it is.
const (
	DueByOffice    = "office"
	DueByApplicant = "applicant"
)

// A Filing is a request as it stands at one instant. One that was withdrawn and
// filed again is the later filing.
type Filing struct {
	ID domain.RequestID
	// RequestFiled is what was filed. Its privileges are those stated, or else
	// those of its kind.
	domain.RequestFiled
	Filed calendar.When
	// On is the local date from which days are counted, in Zone: the zone that
	// the filing states, else that of the mission, else the office's.
	On   calendar.Date
	Zone calendar.Zone
	// Clock is what the law in force at the filing says of its kind; zero if
	// nothing. A running period keeps these numbers.
	Clock domain.ClockLaw
	// PeriodEnds is when the waiting period ends, as it stands; Never without
	// a clock.
	PeriodEnds timeline.Instant

	State     FilingState
	Clearance Clearance
	// Decided is when the decision that stands was made; zero if there is none.
	Decided       calendar.When
	ApprovedUntil calendar.When // zero: no end is set
	Terms         []string
	Reason        string // of a disapproval or a withdrawal
	Remedy        string

	// Due is the instant by which it is DueBy's turn to act, or Never. Overdue
	// says that it has passed.
	Due     timeline.Instant
	DueBy   string // "" if nobody has to act
	Overdue bool

	// Steps are what was done about it by then, in order.
	Steps []FilingStep
	// Events are the events on which state and clearance rest, in order.
	Events []domain.Position

	root domain.Position // of the filing
}

// A FilingStep is one thing done about a request.
type FilingStep struct {
	Pos   domain.Position
	Event domain.Event // what stands
	When  calendar.When
	// PeriodEnds is when the waiting period ends, as it stands after the step.
	PeriodEnds timeline.Instant
	// Void says that the step changed nothing: a disapproval after what was not
	// disapproved had become free, or anything after a withdrawal.
	Void bool
}

// Filings returns the requests that name a member or a mission, sorted: those
// that they filed, or that were filed for them.
func (v View) Filings(of domain.Subject) []domain.RequestID {
	return named[domain.RequestID](v, of, domain.KindRequest)
}

// Requests returns all requests, sorted.
func (v View) Requests() []domain.RequestID {
	var out []domain.RequestID
	for _, id := range v.Subjects(domain.KindRequest) {
		out = append(out, domain.RequestID(id))
	}
	return out
}

// Filed returns the first filing of a request that stands, with what it says in
// place of a correction, and false if there is none.
func (v View) Filed(id domain.RequestID) (domain.Envelope, bool) {
	filings := v.history(domain.Of(domain.KindRequest, id)).Spans(attrRequest)
	if len(filings) == 0 {
		return domain.Envelope{}, false
	}
	e := v.store.envelope(uint32(filings[0].Pos))
	e.Event, e.Effective = v.said(filings[0].Pos)
	return e, true
}

// Filing returns a request as it stands at t, and false if it was not filed by then.
func (v View) Filing(id domain.RequestID, t timeline.Instant, law Law) (Filing, bool) {
	h := v.history(domain.Of(domain.KindRequest, id))
	filings := h.Spans(attrRequest)
	n, _ := slices.BinarySearchFunc(filings, t, func(i interval, t timeline.Instant) int {
		if i.From <= t {
			return -1
		}
		return 1
	})
	if n == 0 {
		return Filing{}, false
	}
	f := v.filed(id, filings[n-1], law)
	for _, m := range h.Spans(attrHandled) {
		// What was done before the first filing, by its date, belongs to that one.
		if m.From <= t && (n == 1 || before(filings[n-1], m)) {
			said, when := v.said(m.Pos)
			f.handle(said, when, m)
		}
	}
	f.settle(t)
	return f, true
}

// before reports whether one mark ranks before another.
func before(a, b interval) bool {
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Root, b.Root), cmp.Compare(a.Pos, b.Pos)) < 0
}

// filed returns a filing to which nothing has been done yet.
func (v View) filed(id domain.RequestID, mark interval, law Law) Filing {
	if law == nil {
		law = noLaw{}
	}
	said, when := v.said(mark.Pos)
	body, _ := said.(domain.RequestFiled)
	f := Filing{
		ID: id, RequestFiled: body, Filed: when, PeriodEnds: timeline.Never, Due: timeline.Never,
		State: StateFiled, Clearance: Noticed,
		Events: []domain.Position{domain.Position(mark.Pos)}, root: domain.Position(mark.Root),
	}
	f.Clock, _ = law.Clock(body.Kind, mark.From)
	if len(f.Privileges) == 0 {
		f.Privileges = f.Clock.Privileges
	}
	f.Zone = v.filingZone(body, when, law)
	if f.On = f.Zone.DateOf(when.At); when.HasDate {
		f.On = when.Date
	}
	if f.Clock.Days > 0 || f.Clock.Months > 0 {
		f.PeriodEnds = f.midnight(f.On.AddMonths(f.Clock.Months).AddDays(f.Clock.Days))
	}
	f.step(body, when, mark)
	return f
}

// filingZone is the zone in which the days of a request are counted.
func (v View) filingZone(r domain.RequestFiled, when calendar.When, law Law) calendar.Zone {
	mission := r.Mission
	if mission == "" && r.Applicant != "" && when.Zone == "" {
		p := v.Person(r.Applicant, law)
		for _, c := range p.At(timeline.Of(when.At)) {
			if c.Phase(timeline.Of(when.At)) != Ended {
				mission = c.Mission
				break
			}
		}
	}
	return v.localZone(when, mission)
}

func (f *Filing) midnight(d calendar.Date) timeline.Instant { return timeline.Of(f.Zone.Midnight(d)) }

// clocked reports whether a clock runs for the request.
func (f *Filing) clocked() bool { return f.PeriodEnds != timeline.Never }

// freed returns when the request becomes free if nobody disapproves, or Never.
func (f *Filing) freed() timeline.Instant {
	if f.Clock.Free {
		return f.PeriodEnds
	}
	return timeline.Never
}

func (f *Filing) step(e domain.Event, when calendar.When, mark interval) {
	f.Steps = append(f.Steps, FilingStep{Pos: domain.Position(mark.Pos), Event: e, When: when, PeriodEnds: f.PeriodEnds})
}

// handle applies what was done about the request. The later of several decisions
// stands.
func (f *Filing) handle(e domain.Event, when calendar.When, mark interval) {
	disapproved, refuses := e.(domain.RequestDisapproved)
	// What was not disapproved within the period is free, and a disapproval
	// afterwards has no effect (R16).
	if f.State == StateWithdrawn || refuses && mark.From >= f.freed() {
		f.step(e, when, mark)
		f.Steps[len(f.Steps)-1].Void = true
		return
	}
	switch e := e.(type) {
	case domain.RequestAcknowledged:
		if f.State == StateFiled {
			f.State = StateAwaiting
		}
		// The Office may make its time shorter, and not longer (FMA 4305(a)(1)).
		if e.Days > 0 && f.clocked() {
			f.PeriodEnds = min(f.PeriodEnds, f.midnight(f.On.AddDays(e.Days)))
		}
	case domain.RequestApproved:
		f.State, f.Clearance = StateApproved, Approved
		if len(e.Terms) > 0 {
			f.State = StateWithTerms
		}
		f.Decided, f.Terms, f.ApprovedUntil, f.Reason, f.Remedy = when, e.Terms, e.Until, "", ""
	case domain.RequestDisapproved:
		f.State, f.Clearance = StateDisapproved, Refused
		f.Decided, f.Terms, f.ApprovedUntil, f.Reason, f.Remedy = when, nil, calendar.When{}, disapproved.Reason, disapproved.Remedy
	case domain.RequestWithdrawn:
		f.State, f.Clearance, f.Reason = StateWithdrawn, NotCleared, e.Reason
	default:
		// unreachable: lower marks no other event as handling a request
	}
	f.Events = append(f.Events, domain.Position(mark.Pos))
	f.step(e, when, mark)
}

// settle says how it stands at t, when everything done by then is known.
func (f *Filing) settle(t timeline.Instant) {
	slices.Sort(f.Events)
	past := func(w calendar.When) bool { return !w.At.IsZero() && timeline.Of(w.At) <= t }
	switch f.State {
	case StateApproved, StateWithTerms:
		if past(f.ApprovedUntil) {
			f.State, f.Clearance = StateLapsed, NotCleared
		}
	case StateDisapproved:
		if f.Remedy != "" {
			f.due(f.From, DueByApplicant, t)
		}
	case StateFiled, StateAwaiting:
		f.undecided(t, past(f.Until))
	default:
		// nothing more comes of a request that was withdrawn
	}
}

// undecided says how it stands with a request that nobody has decided.
func (f *Filing) undecided(t timeline.Instant, windowOver bool) {
	free := t >= f.freed()
	if f.clocked() {
		f.State, f.Clearance = StateAwaiting, Waiting
	}
	if free {
		f.State, f.Clearance = StateUnopposed, Free
	}
	switch {
	case windowOver && !(free && f.PeriodEnds < timeline.Of(f.Until.At)):
		f.State, f.Clearance = StateLapsed, NotCleared
	case free:
		// nobody has to act
	case f.clocked():
		f.Due, f.DueBy, f.Overdue = f.PeriodEnds, DueByOffice, f.PeriodEnds <= t
	default:
		f.due(f.From, DueByOffice, t)
	}
}

// due says whose turn it is, and by when if that is stated.
func (f *Filing) due(by calendar.When, who string, t timeline.Instant) {
	f.DueBy = who
	if !by.At.IsZero() {
		f.Due = timeline.Of(by.At)
		f.Overdue = f.Due <= t
	}
}

// Ahead returns how many whole days before the act the request was filed, by the
// calendar: from the local date of filing to that of the act, which is the start
// of the window, or t if none is stated. It is negative if it came after.
func (f *Filing) Ahead(t timeline.Instant) int {
	act := f.Zone.DateOf(t.Time())
	switch {
	case f.From.HasDate:
		act = f.From.Date
	case !f.From.At.IsZero():
		act = f.Zone.DateOf(f.From.At)
	}
	return act.DaysSince(f.On)
}

// serves reports whether the request is one for what is asked. A mission's
// request for some of its members serves them; without members it serves the
// mission itself.
func (f *Filing) serves(q Asked) bool {
	by := domain.Member(f.Applicant) == q.Subject && f.Applicant != "" ||
		domain.Mission(f.Mission) == q.Subject && f.Mission != "" ||
		q.Subject.Kind == domain.KindMember && slices.Contains(f.Members, domain.MemberID(q.Subject.ID))
	object := f.Object == "" || q.Object == "" || q.Object == noObject || f.Object == q.Object
	began := f.From.At.IsZero() || timeline.Of(f.From.At) <= q.At
	over := !f.Until.At.IsZero() && timeline.Of(f.Until.At) <= q.At
	return by && object && began && !over && f.State != StateWithdrawn && slices.Contains(f.Privileges, q.Privilege)
}

// serving returns the latest filed request that serves for what is asked.
func (v View) serving(q Asked, law Law) (Filing, bool) {
	var latest Filing
	found := false
	for _, id := range v.Filings(q.Subject) {
		if !v.mayServe(id, q, law) {
			continue // as most, which is seen without working out how it stands
		}
		f, filed := v.Filing(id, q.At, law)
		if !filed || !f.serves(q) {
			continue
		}
		if !found || cmp.Or(f.Filed.At.Compare(latest.Filed.At), cmp.Compare(f.root, latest.root)) > 0 {
			latest, found = f, true
		}
	}
	return latest, found
}

// mayServe reports whether the request is for the privilege in question, as it
// stands at the instant asked about.
func (v View) mayServe(id domain.RequestID, q Asked, law Law) bool {
	mark, found := intervalAt(v.history(domain.Of(domain.KindRequest, id)).Spans(attrRequest), q.At)
	return found && v.concerns(mark, q.Privilege, law)
}

// concerns reports whether a filing is for a privilege, as it states or as its kind is.
func (v View) concerns(mark interval, p domain.Privilege, law Law) bool {
	said, _ := v.said(mark.Pos)
	body, _ := said.(domain.RequestFiled)
	if len(body.Privileges) > 0 || law == nil {
		return slices.Contains(body.Privileges, p)
	}
	clock, _ := law.Clock(body.Kind, mark.From)
	return slices.Contains(clock.Privileges, p)
}

// intervalAt returns the last of the marks that has begun at t.
func intervalAt(marks []interval, t timeline.Instant) (interval, bool) {
	for _, m := range slices.Backward(marks) {
		if m.From <= t {
			return m, true
		}
	}
	return interval{}, false
}

// ReadFiling returns the facts of the latest filed request that serves for what
// is asked; nothing is known if none does. Its constructor is filing, applied to
//
//	clearance   how far it has cleared: see [Clearance]
//	id          of the request
//	ahead       whole days from the local date of filing to that of the act
//	terms       of the approval that stands
//	amount      in cents, as filed
//	remedy      that the disapproval names
//
// Of an approval that has run out only that it clears nothing is known.
func (v View) ReadFiling(q Asked, law Law) Read {
	f, found := v.serving(q, law)
	return orDefault(func(decl domain.FactDecl) (domain.Value, []domain.Position, bool) {
		attr := decl.From.Attr
		if constructor(decl.From.Constructor) != ofFiling || !found || f.Clearance == NotCleared && attr != "clearance" {
			return domain.Value{}, nil, false
		}
		filed := []domain.Position{f.Steps[0].Pos}
		switch attr {
		case "clearance":
			return domain.Text(f.Clearance), f.Events, true
		case "id":
			return text(string(f.ID), filed)
		case "ahead":
			return domain.Int(int64(f.Ahead(q.At))), filed, true
		case "terms":
			return domain.List(f.Terms), f.Events, len(f.Terms) > 0
		case "amount":
			return domain.Int(int64(f.Amount)), filed, f.Amount != 0
		case "remedy":
			return text(f.Remedy, f.Events)
		default:
			return domain.Value{}, nil, false
		}
	})
}

// filings adds the instants at which anything changes about the requests that
// name a subject.
func (b *breakpoints) filings(of domain.Subject) {
	for _, id := range b.view.Filings(of) {
		h := b.view.history(domain.Of(domain.KindRequest, id))
		marks := h.Spans(attrRequest)
		if !slices.ContainsFunc(marks, b.mayServe) {
			continue
		}
		for _, mark := range marks {
			b.filing(b.view.filed(id, mark, b.law), h.Spans(attrHandled))
		}
	}
}

// mayServe reports whether a filing may serve for what the answers are about.
func (b *breakpoints) mayServe(mark interval) bool {
	return b.wanted == nil || b.wanted.Privilege == "" || b.view.concerns(mark, b.wanted.Privilege, b.law)
}

func (b *breakpoints) filing(f Filing, handled []interval) {
	when := func(w calendar.When) {
		if !w.At.IsZero() {
			b.add(topicsOf(ofFiling), timeline.Of(w.At))
		}
	}
	when(f.Filed)
	when(f.From)
	when(f.Until)
	b.add(topicsOf(ofFiling), f.PeriodEnds)
	for _, m := range handled {
		b.add(topicsOf(ofFiling), m.From)
		switch e, _ := b.view.said(m.Pos); e := e.(type) {
		case domain.RequestApproved:
			when(e.Until)
		case domain.RequestAcknowledged:
			if e.Days > 0 {
				b.add(topicsOf(ofFiling), f.midnight(f.On.AddDays(e.Days)))
			}
		}
	}
	if f.From.At.IsZero() { // the notice given grows with the days until the act
		for days := 1; days <= daysAhead; days++ {
			b.add(topics[aheadTopic], f.midnight(f.On.AddDays(days)))
		}
	}
}

package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// An EnforcementQuery says whose violations are meant. What it leaves empty is
// no matter.
type EnforcementQuery struct {
	AsOf    time.Time // zero is now
	AsKnown Known
	Subject domain.Subject // a member or a mission
	Offence domain.Offence
	// All asks also for violations about which nothing is left to decide.
	All bool
	// AtLeast is a position that the answer must have seen, as in [Question].
	AtLeast domain.Position
}

// A ProposalState says how far a proposed consequence has come.
type ProposalState string

// The states of a proposal. Only an open one waits for a decision now.
const (
	ProposalOpen     ProposalState = "open"
	ProposalWaits    ProposalState = "waits"    // for the answer to the request for a waiver
	ProposalMoot     ProposalState = "moot"     // the answer to the request for a waiver was another
	ProposalDone     ProposalState = "done"     // what it proposes was recorded
	ProposalImposed  ProposalState = "imposed"  // decided
	ProposalDeclined ProposalState = "declined" // decided
)

// ProposalStates lists the states of a proposal.
func ProposalStates() []ProposalState {
	return []ProposalState{ProposalOpen, ProposalWaits, ProposalMoot, ProposalDone, ProposalImposed, ProposalDeclined}
}

// A Proposal is a consequence that the law calls for. A person decides.
type Proposal struct {
	Consequence string
	Text        string
	Cite        []string
	State       ProposalState
	// By is the position of the event that decided it, if Decided.
	By      domain.Position
	Decided bool
}

// An EnforcementItem is a violation that stands, with what the law proposes and
// what was decided.
type EnforcementItem struct {
	facts.Violation
	ID        domain.EventID // of the event that stands: what a decision targets
	Term      string         // what the law calls the offence
	Points    int            // entered for this violation, with what was assessed later
	Waiver    string         // of its matter: requested, granted, refused; empty if none was asked for
	Proposals []Proposal
}

// Open reports whether a proposal waits for a decision, now or once a request for
// a waiver is answered.
func (i EnforcementItem) Open() bool {
	return slices.ContainsFunc(i.Proposals, func(p Proposal) bool { return p.State == ProposalOpen || p.State == ProposalWaits })
}

// A StandingProposal is a consequence that follows from how somebody stands, such
// as a review of the license at eight points, and not from one violation.
type StandingProposal struct {
	Subject   domain.Subject
	Privilege domain.Privilege
	Proposal
	Rule   string
	Events []domain.Position // what is counted against them
}

// A PointsTotal is what a member's violations come to within the months that the
// law counts back.
type PointsTotal struct {
	Subject domain.Subject
	Points  int
	Months  int
	Events  []domain.Position
}

// An Enforcement is what there is to decide.
type Enforcement struct {
	AsOf       time.Time
	AsKnown    domain.Position
	Violations []EnforcementItem // the newest last
	Standing   []StandingProposal
	Points     []PointsTotal // of those asked about who have any
}

// Enforcement lists the violations that stand, with the consequences that the
// rules in force at the violation call for. It records nothing: a person decides,
// by consequence.decided, and imposes what takes effect by an event of its own.
// With an offence, points and what follows from them are left out, since they
// are of all violations together. Errors match [ErrUnknown], [ErrKnown], or are
// the context's.
func (e *Engine) Enforcement(ctx context.Context, q EnforcementQuery) (Enforcement, error) {
	var out Enforcement
	if err := e.await(ctx, q.AtLeast); err != nil {
		return out, err
	}
	root, now := e.Root(), e.Now()
	k, err := e.position(root, q.AsKnown, now)
	if err != nil {
		return out, err
	}
	if q.AsOf.IsZero() {
		q.AsOf = now
	}
	out.AsOf, out.AsKnown = q.AsOf, k
	bench := bench{root: root, k: k, view: root.ViewAt(k), moment: standing.At(root, k), at: timeline.Of(q.AsOf)}
	if err := bench.checkOffence(q.Offence); err != nil {
		return out, err
	}
	subjects := []domain.Subject{q.Subject}
	if q.Subject.IsZero() {
		subjects = bench.view.Violators()
	}
	for _, s := range subjects {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		violations := bench.view.Violations(s)
		for _, v := range violations {
			if timeline.Of(v.When.At) > bench.at || q.Offence != "" && v.Event.Offence != q.Offence {
				continue
			}
			item, err := bench.item(v)
			if err != nil {
				return out, err
			}
			if q.All || item.Open() {
				out.Violations = append(out.Violations, item)
			}
		}
		if q.Offence != "" {
			continue
		}
		standing, err := bench.standing(s, violations)
		if err != nil {
			return out, err
		}
		for _, p := range standing {
			if q.All || p.State == ProposalOpen {
				out.Standing = append(out.Standing, p)
			}
		}
		if points, months, from, err := bench.moment.Points(s, bench.at); err != nil {
			return out, fmt.Errorf("the points of %s: %w", s, err)
		} else if points > 0 {
			out.Points = append(out.Points, PointsTotal{Subject: s, Points: points, Months: months, Events: from})
		}
	}
	slices.SortStableFunc(out.Violations, func(a, b EnforcementItem) int {
		return cmp.Or(a.When.At.Compare(b.When.At), cmp.Compare(a.Root, b.Root))
	})
	return out, nil
}

// A bench is what is known of violations at the two times of a query.
type bench struct {
	root   *projections.Root
	k      domain.Position
	view   facts.View
	moment *standing.Moment
	at     timeline.Instant
}

func (b bench) checkOffence(offence domain.Offence) error {
	edition, _, err := b.root.LawAt(b.at, b.k)
	if offence != "" && err == nil && !edition.Language.Has("offence", string(offence)) {
		return &UnknownError{What: "offence", Name: string(offence), Near: edition.Language.Near("offence", string(offence))}
	}
	return nil
}

func (b bench) item(v facts.Violation) (EnforcementItem, error) {
	item := EnforcementItem{Violation: v, Term: string(v.Event.Offence), Points: v.Event.Points}
	if e, found := b.view.Envelope(v.Pos); found {
		item.ID = e.ID
	}
	for _, a := range v.Assessed {
		if timeline.Of(a.When.At) <= b.at {
			item.Points += a.Event.Points
		}
	}
	item.Waiver = b.waiver(v)
	happened := timeline.Of(v.When.At)
	if edition, _, err := b.root.LawAt(happened, b.k); err == nil {
		item.Term = edition.Language.Term("offence", string(v.Event.Offence))
	}
	called, err := b.moment.Proposed(v.Subject, v.Event.Offence, happened, b.counts(v))
	if err != nil && !errors.Is(err, projections.ErrNoLaw) {
		return item, fmt.Errorf("the consequences of event %s: %w", item.ID, err)
	}
	for _, c := range called {
		item.Proposals = append(item.Proposals, b.proposal(v, item.Waiver, c))
	}
	return item, nil
}

// counts is when all that is known of a violation had come to count by the time
// asked about: points count once they are recorded, and not from their date.
func (b bench) counts(v facts.Violation) timeline.Instant {
	at := timeline.Of(v.When.At)
	learned := func(pos domain.Position) {
		if e, found := b.view.Envelope(pos); found {
			at = max(at, timeline.Of(e.Recorded))
		}
	}
	learned(v.Root)
	for _, a := range v.Assessed {
		if timeline.Of(a.When.At) <= b.at {
			learned(a.Root)
		}
	}
	return min(at, b.at)
}

// standing lists what the rules propose for how somebody stands at the time
// asked about. A decision on a violation that counts decides it, until another
// counts too.
func (b bench) standing(s domain.Subject, violations []facts.Violation) ([]StandingProposal, error) {
	edition, _, err := b.root.LawAt(b.at, b.k)
	if errors.Is(err, projections.ErrNoLaw) {
		return nil, nil // nothing is called for
	}
	if err != nil {
		return nil, err
	}
	var out []StandingProposal
	for _, p := range edition.Proposing() {
		d, err := b.moment.Decide(s, p, b.at, nil)
		if _, wrong := errors.AsType[*standing.WrongSubject](err); wrong {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("what follows from the standing of %s: %w", s, err)
		}
		for _, remark := range d.Proposals {
			if remark.Rule == "" || !edition.Language.Has("consequence", remark.Code) {
				continue // of an offence that the rule names, not of how somebody stands
			}
			one := StandingProposal{Subject: s, Privilege: p, Rule: remark.Rule, Proposal: Proposal{Consequence: remark.Code, Text: remark.Text, Cite: remark.Cite, State: ProposalOpen}}
			for _, r := range d.Reasons {
				if r.Rule == remark.Rule && r.Because != "" {
					one.Text, one.Events = r.Because, countedOf(violations, r.Events)
				}
			}
			b.decideStanding(&one, violations)
			out = append(out, one)
		}
	}
	return out, nil
}

// countedOf are those of the events that are violations, or points entered for one.
func countedOf(violations []facts.Violation, events []domain.Position) []domain.Position {
	var out []domain.Position
	for _, pos := range events {
		if slices.ContainsFunc(violations, func(v facts.Violation) bool {
			return v.Pos == pos || slices.ContainsFunc(v.Assessed, func(a facts.Answer[domain.PointsAssessed]) bool { return a.Pos == pos })
		}) {
			out = append(out, pos)
		}
	}
	return out
}

// decideStanding takes over what people made of a proposal since the newest event
// that counts was recorded.
func (b bench) decideStanding(p *StandingProposal, violations []facts.Violation) {
	newest := domain.Position(0)
	if len(p.Events) > 0 {
		newest = slices.Max(p.Events)
	}
	if b.recorded(p.Subject, p.Consequence, func(pos domain.Position, _ domain.Envelope) bool { return pos > newest }) {
		p.State = ProposalDone
	}
	for _, v := range violations {
		if slices.Contains(p.Events, v.Pos) {
			b.decided(&p.Proposal, v, newest)
		}
	}
}

// recorded reports whether an event that is the consequence itself stands, such
// as license.suspended.
func (b bench) recorded(of domain.Subject, consequence string, is func(domain.Position, domain.Envelope) bool) bool {
	for _, pos := range b.view.Events(of) {
		e, _ := b.view.Envelope(pos)
		body := e.Event
		if c, corrects := body.(domain.EventCorrected); corrects {
			body = c.Body
		}
		if string(body.Type()) != consequence || !b.view.Live(pos) || timeline.Of(e.Effective.At) > b.at {
			continue
		}
		first := b.view.Lineage(pos)[0]
		if made, _ := b.view.Envelope(first); is(first, made) {
			return true
		}
	}
	return false
}

// decided takes over what people made of a proposal after a position.
func (b bench) decided(p *Proposal, v facts.Violation, after domain.Position) {
	for _, d := range v.Decided {
		if string(d.Event.Consequence) == p.Consequence && timeline.Of(d.When.At) <= b.at && d.Root > after {
			p.State, p.By, p.Decided = ProposalState(d.Event.Decided), d.Pos, true
		}
	}
}

// waiver says how it stands with the waiver of jurisdiction in the matter of a
// violation. That of execution is another one (VCDR 32(4)).
func (b bench) waiver(v facts.Violation) string {
	if v.Subject.Kind != domain.KindMember || v.Event.Matter == "" {
		return ""
	}
	state := ""
	for _, w := range b.view.Waivers(domain.MemberID(v.Subject.ID)) {
		if w.From > b.at {
			continue
		}
		switch e := w.Event.(type) {
		case domain.WaiverRequested:
			if e.Matter == v.Event.Matter && e.Stage != execution {
				state = "requested"
			}
		case domain.WaiverGranted:
			if e.Matter == v.Event.Matter && e.By == "state" && e.Stage != execution {
				state = "granted"
			}
		case domain.WaiverRefused:
			if e.Matter == v.Event.Matter && e.Stage != execution {
				state = "refused"
			}
		}
	}
	return state
}

// execution is the stage at which a judgment is carried out.
const execution domain.Stage = "execution"

// Consequences that what is on record draws without an event that names the
// violation.
const (
	consequenceWaiver = "waiver.requested"
	consequencePoints = "points.assessed"
)

func (b bench) proposal(v facts.Violation, waiver string, c *rules.Consequence) Proposal {
	p := Proposal{Consequence: c.Propose, Text: c.Text, Cite: c.Cite, State: ProposalOpen}
	switch {
	case c.After == rules.AfterRefused && waiver == "granted", c.After == rules.AfterGranted && waiver == "refused":
		p.State = ProposalMoot
	case c.After == rules.AfterRefused && waiver != "refused", c.After == rules.AfterGranted && waiver != "granted":
		p.State = ProposalWaits
	}
	answers := func(_ domain.Position, e domain.Envelope) bool {
		about, _, found := b.view.EventByID(e.Target)
		return found && b.view.Lineage(about)[0] == v.Root
	}
	if c.Propose == consequenceWaiver && waiver != "" || c.Propose == consequencePoints && v.Event.Points > 0 || b.recorded(v.Subject, c.Propose, answers) {
		p.State = ProposalDone
	}
	b.decided(&p, v, 0)
	return p
}

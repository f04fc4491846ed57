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
	Rule string
}

// An Enforcement is what there is to decide.
type Enforcement struct {
	Violations []EnforcementItem // the newest last
	Standing   []StandingProposal
}

// Enforcement lists the violations that stand, with the consequences that the rules in force at the violation call for. It records
// nothing: a person decides, by consequence.decided, and imposes what takes
// effect by an event of its own. Errors match [ErrUnknown], [ErrKnown], or are
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
		standing, err := bench.standing(s, violations)
		if err != nil {
			return out, err
		}
		for _, p := range standing {
			if q.Offence == "" && (q.All || p.State == ProposalOpen) {
				out.Standing = append(out.Standing, p)
			}
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
	called, err := b.moment.Proposed(v.Subject, v.Event.Offence, happened)
	if err != nil && !errors.Is(err, projections.ErrNoLaw) {
		return item, fmt.Errorf("the consequences of event %s: %w", item.ID, err)
	}
	for _, c := range called {
		item.Proposals = append(item.Proposals, b.proposal(v, item.Waiver, c))
	}
	return item, nil
}

// standing lists what the rules propose for how somebody stands at the time
// asked about. A decision on one of the violations decides it.
func (b bench) standing(s domain.Subject, violations []facts.Violation) ([]StandingProposal, error) {
	edition, _, err := b.root.LawAt(b.at, b.k)
	if err != nil {
		return nil, nil // without law nothing is called for
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
			one := StandingProposal{Subject: s, Privilege: p, Rule: remark.Rule, Proposal: Proposal{Consequence: remark.Code, Text: remark.Text, Cite: remark.Cite, State: ProposalOpen}}
			if one.Rule == "" || !edition.Language.Has("consequence", remark.Code) {
				continue // of an offence that the rule names, not of how somebody stands
			}
			for _, v := range violations {
				b.decided(&one.Proposal, v)
			}
			out = append(out, one)
		}
	}
	return out, nil
}

// decided takes over what people made of a proposal.
func (b bench) decided(p *Proposal, v facts.Violation) {
	for _, d := range v.Decided {
		if string(d.Event.Consequence) == p.Consequence && timeline.Of(d.When.At) <= b.at {
			p.State, p.By, p.Decided = ProposalState(d.Event.Decided), d.Pos, true
		}
	}
}

// waiver says how it stands with the waiver in the matter of a violation.
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
			if e.Matter == v.Event.Matter {
				state = "requested"
			}
		case domain.WaiverGranted:
			if e.Matter == v.Event.Matter && e.By == "state" {
				state = "granted"
			}
		case domain.WaiverRefused:
			if e.Matter == v.Event.Matter {
				state = "refused"
			}
		}
	}
	return state
}

// Consequences that are recorded by events of their own, which say by
// themselves that they were drawn.
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
	if c.Propose == consequenceWaiver && waiver != "" || c.Propose == consequencePoints && (v.Event.Points > 0 || len(v.Assessed) > 0) {
		p.State = ProposalDone
	}
	b.decided(&p, v)
	return p
}

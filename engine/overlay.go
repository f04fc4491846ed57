package engine

import (
	"fmt"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// An overlay is what a command is decided against: the state at the head, and
// what earlier commands of the same submission would add. It is a [domain.View].
type overlay struct {
	root    *projections.Root
	founded bool
	pending *pending          // of earlier commands; nil if there are none
	now     []domain.Envelope // of the command that is being decided
	// near remembers what unknown ids were perhaps meant to be, for all
	// commands of a sequence; nil if there is only a submission.
	near map[domain.Subject]string
	// adopted is the semantics version of the root adoptedAt.
	adopted    int
	adoptedAt  *projections.Root
	implements int // the semantics version of the program that decides
}

// pending holds what earlier commands of a submission would add, by what it is
// looked for: there may be very many of them.
type pending struct {
	subjects  map[domain.Subject]bool
	ids       map[domain.SubjectKind][]string
	events    map[domain.EventID]domain.Envelope
	acts      map[domain.EventID][]domain.Envelope   // what revises an event, in order
	states    map[domain.MissionID]domain.StateID    // of missions that are opened
	posts     map[domain.MemberID][]domain.MissionID // of members who are accredited, in order
	practices map[domain.StateID][]domain.Envelope   // what was observed of a State, in order
	filings   map[domain.RequestID]domain.Envelope   // of requests, as they stand
	semantics int                                    // the greatest version that was adopted
	mode      domain.Mode                            // of the office that was founded, if it was
	rulings   map[domain.RulesetID][]domain.Ruling   // about rulesets, in order
	next      domain.Position                        // of the next event
}

func newOverlay(root *projections.Root) *overlay {
	return &overlay{root: root, founded: root.Position() > 0, implements: Semantics}
}

// overlay is what the next command is decided against. The caller holds mu.
func (e *Engine) overlay() *overlay {
	v := newOverlay(e.builder.Root(e.head))
	v.implements = e.semantics
	return v
}

// decide says whether a command may be recorded: whether its events are well
// formed and fit what is on record, and whether they stay above the floors.
func (v *overlay) decide(c domain.Command) error {
	if err := v.decideSemantics(c); err != nil {
		return err
	}
	if err := domain.Decide(c, v); err != nil {
		return err
	}
	var refusals domain.Refusals
	for _, two := range facts.Contradictions(c.Drafts) {
		refusals = append(refusals, domain.Refusal{Index: two.Second, Type: c.Drafts[two.Second].Type(),
			Text: fmt.Sprintf("event %d of the same command says something else of the %s of %s at the same instant: leave one of them out, or record them one after the other", two.First+1, two.Attribute, c.Drafts[two.Second].Subject)})
	}
	if len(refusals) > 0 {
		return refusals
	}
	return v.decideMeasures(c)
}

// add makes a decided command part of what the next is decided against.
func (v *overlay) add(c domain.Command) {
	if v.pending == nil {
		v.pending = &pending{
			subjects: map[domain.Subject]bool{}, ids: map[domain.SubjectKind][]string{},
			events: map[domain.EventID]domain.Envelope{}, acts: map[domain.EventID][]domain.Envelope{},
			states: map[domain.MissionID]domain.StateID{}, posts: map[domain.MemberID][]domain.MissionID{},
			practices: map[domain.StateID][]domain.Envelope{},
			filings:   map[domain.RequestID]domain.Envelope{},
			rulings:   map[domain.RulesetID][]domain.Ruling{}, next: v.root.Position(),
		}
	}
	for _, e := range c.Drafts {
		v.founded = true
		v.pending.add(e)
	}
}

func (p *pending) add(e domain.Envelope) {
	if !p.subjects[e.Subject] {
		p.subjects[e.Subject] = true
		p.ids[e.Subject.Kind] = append(p.ids[e.Subject.Kind], e.Subject.ID)
	}
	p.events[e.ID] = e
	if e.Subject.Kind == domain.KindRuleset {
		id := domain.RulesetID(e.Subject.ID)
		p.rulings[id] = append(p.rulings[id], domain.Ruling{At: p.next, Envelope: e})
	}
	p.next++
	switch body := e.Event.(type) {
	case domain.MissionOpened:
		if id := domain.MissionID(e.Subject.ID); p.states[id] == "" {
			p.states[id] = body.State
		}
	case domain.MemberAccredited:
		id := domain.MemberID(e.Subject.ID)
		p.posts[id] = append(p.posts[id], body.Mission)
	case domain.PracticeObserved:
		id := domain.StateID(e.Subject.ID)
		p.practices[id] = append(p.practices[id], e)
	case domain.RequestFiled:
		p.filings[domain.RequestID(e.Subject.ID)] = e
	case domain.SemanticsAdopted:
		p.semantics = max(p.semantics, body.Version)
	case domain.OfficeFounded:
		p.mode = body.Mode
	default:
		if corrects, ok := e.Event.(domain.EventCorrected); ok {
			p.correct(e, corrects.Body)
		}
		if !e.Target.IsZero() && domain.Revises(e.Event) {
			p.acts[e.Target] = append(p.acts[e.Target], e)
		}
	}
}

// correct notes what stands from now on in place of an event.
func (p *pending) correct(e domain.Envelope, body domain.Event) {
	if _, files := body.(domain.RequestFiled); files {
		e.Event = body
		p.filings[domain.RequestID(e.Subject.ID)] = e
	}
}

func (v *overlay) Founded() bool { return v.founded }

func (v *overlay) Mode() domain.Mode {
	if v.pending != nil && v.pending.mode != "" {
		return v.pending.mode
	}
	return v.root.Office().Mode
}

// Rulings returns what was recorded about a ruleset, or is pending.
func (v *overlay) Rulings(id domain.RulesetID) []domain.Ruling {
	out := v.root.View().Rulings(id)
	if v.pending != nil {
		out = append(out, v.pending.rulings[id]...)
	}
	return out
}

func (v *overlay) Semantics() int {
	if v.adoptedAt != v.root {
		v.adopted, v.adoptedAt = v.root.View().Semantics(), v.root
	}
	version := v.adopted
	if v.pending != nil {
		version = max(version, v.pending.semantics)
	}
	return version
}

// decideSemantics refuses to record for an office that has adopted a semantics
// version which this program does not implement, or would by this command.
func (v *overlay) decideSemantics(c domain.Command) error {
	version := v.Semantics()
	for _, e := range c.Drafts {
		if adopts, ok := e.Event.(domain.SemanticsAdopted); ok {
			version = max(version, adopts.Version)
		}
	}
	if version > v.implements {
		return fmt.Errorf("%w: the log is of semantics version %d, and this program implements %d: upgrade it to record; until then its answers say that they are of version %d", ErrSemantics, version, v.implements, v.implements)
	}
	return nil
}

func (v *overlay) Known(s domain.Subject) bool {
	return v.pending != nil && v.pending.subjects[s] || v.root.View().Known(s)
}

// mostGuesses is for how many unknown ids a sequence looks for what was meant:
// each look goes through all that are known.
const mostGuesses = 20

func (v *overlay) NearSubject(kind domain.SubjectKind, id string) string {
	if near, looked := v.near[domain.Of(kind, id)]; looked {
		return near
	}
	if len(v.near) >= mostGuesses {
		return ""
	}
	known := v.root.View().Subjects(kind)
	if v.pending != nil {
		known = append(known, v.pending.ids[kind]...)
	}
	near := domain.Nearest(id, known)
	if v.near != nil {
		v.near[domain.Of(kind, id)] = near
	}
	return near
}

func (v *overlay) EventByID(id domain.EventID) (domain.Envelope, bool) {
	if v.pending != nil {
		if e, own := v.pending.events[id]; own {
			return e, true
		}
	}
	_, e, found := v.root.View().EventByID(id)
	return e, found
}

// ActsOn returns what names the event and revises it, on record or pending.
func (v *overlay) ActsOn(id domain.EventID) []domain.Envelope {
	var out []domain.Envelope
	if _, target, found := v.root.View().EventByID(id); found {
		for _, at := range v.root.View().Events(target.Subject) {
			e, _ := v.root.View().Envelope(at)
			if e.Target == id && domain.Revises(e.Event) {
				out = append(out, e)
			}
		}
	}
	if v.pending != nil {
		out = append(out, v.pending.acts[id]...)
	}
	return out
}

func (v *overlay) MissionState(id domain.MissionID) domain.StateID {
	if v.pending != nil {
		if state, opened := v.pending.states[id]; opened {
			return state
		}
	}
	return v.root.View().MissionReach(id, timeline.Never).State
}

func (v *overlay) SendingStates(id domain.MemberID) []domain.StateID {
	var out []domain.StateID
	if v.pending != nil {
		for _, mission := range v.pending.posts[id] {
			out = append(out, v.MissionState(mission))
		}
	}
	person := v.root.View().Person(id, v.root.Law(v.root.Position()))
	for i := range person.Capacities {
		if c := &person.Capacities[i]; c.Kind == facts.Accredited {
			out = append(out, c.State)
		}
	}
	return out
}

func (v *overlay) Filing(id domain.RequestID) (domain.Envelope, bool) {
	if v.pending != nil {
		if e, filed := v.pending.filings[id]; filed {
			return e, true
		}
	}
	return v.root.View().Filed(id)
}

func (v *overlay) Vocabulary(at time.Time) domain.Vocabulary {
	edition, err := v.root.CommonFor(at)
	if err != nil {
		return nil
	}
	return edition.Language
}

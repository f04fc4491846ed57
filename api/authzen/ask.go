package authzen

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/standing"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A desk answers the questions of one call, all from one state of the log.
type desk struct {
	*accent
	c       *api.Call
	sitting *engine.Sitting
	law     *rules.Edition // in force at the last question's times
	facts   map[string]domain.FactDecl
	known   domain.Position // as known at which the last question was
	now     bool            // the last question was as of now, with all that is known
}

// sit begins to answer.
func (a *accent) sit(c *api.Call, atLeast domain.Position) (*desk, error) {
	demanded, err := c.AtLeast()
	if err != nil {
		return nil, err
	}
	sitting, err := c.Office.Sit(c.Context(), max(demanded, atLeast))
	if err != nil {
		return nil, err
	}
	return &desk{accent: a, c: c, sitting: sitting}, nil
}

// declared returns the facts that a question may bring by the law in force at its times.
func (d *desk) declared(q engine.Question) (map[string]domain.FactDecl, error) {
	isNow := q.AsOf.IsZero() && q.AsKnown == (engine.Known{})
	if isNow && d.now {
		return d.facts, nil
	}
	k, asOf, err := d.sitting.Times(q)
	if err != nil {
		return nil, err
	}
	law, _, err := d.sitting.Root().LawAt(timeline.Of(asOf), k)
	if err != nil {
		return nil, err
	}
	if law != d.law {
		d.law, d.facts = law, d.factsOf(law)
	}
	d.known, d.now = k, isNow
	return d.facts, nil
}

// An unknown says what a question names that is not known here: it is answered false.
type unknown struct{ code, text string }

func (u *unknown) Error() string { return u.text }

// What is not known.
const (
	unknownSubjectType  = "unknown_subject_type"
	unknownSubject      = "unknown_subject"
	unknownAction       = "unknown_action"
	unknownResourceType = "unknown_resource_type"
	unknownResource     = "unknown_resource"
	notAsked            = "not_asked_of_missions"
	otherResource       = "resource_is_another"
)

// A put is a question as the engine is asked it.
type put struct {
	engine.Question
	wish
	passed []string // what was said and is no fact
}

// put makes a question of a tuple: its error is an [unknown], or about the call. Of a
// search, what is searched for is not looked at.
func (d *desk) put(t *tuple, w wish, of wants) (p put, err error) {
	p.wish = w
	p.AsOf, p.AsKnown, p.AskedBy = w.asOf, w.known, d.c.Caller.ID
	declared, err := d.declared(p.Question)
	if err != nil {
		return p, err
	}
	s := speech{declared: declared}
	if err := s.hear("subject.properties", t.Subject.Properties, d.mapping.Facts.Subject, true); err != nil {
		return p, err
	}
	if err := s.hear("resource.properties", t.Resource.Properties, d.mapping.Facts.Resource, false); err != nil {
		return p, err
	}
	if of.action {
		if err := s.hear("action.properties", t.Action.Properties, d.mapping.Facts.Action, false); err != nil {
			return p, err
		}
	}
	if err := s.hear("context", t.Context, d.mapping.Facts.Context, false, reserved...); err != nil {
		return p, err
	}
	var first *unknown
	note := func(code, text string) {
		if first == nil {
			first = &unknown{code, text}
		}
	}
	kind, known := d.mapping.kind(t.Subject.Type)
	if !known {
		note(unknownSubjectType, "no type of subjects is called so here")
	}
	p.Subject = domain.Subject{Kind: kind, ID: d.mapping.id(t.Subject.ID)}
	if of.action {
		if p.Privilege, known = d.mapping.privilege(t.Action.Name); !known {
			note(unknownAction, "no action is called so here")
		}
	}
	r, known := d.mapping.Resources[t.Resource.Type]
	switch {
	case !known:
		note(unknownResourceType, "no type of resources is called so here")
	case of.action && !r.takes(t.Action.Name):
		note(unknownAction, "no such action is done to that type of resources")
	case of.resourceID:
		u, err := d.resource(&s, r, t.Resource.ID, p.Privilege)
		if err != nil {
			return p, err
		}
		if u != nil {
			note(u.code, u.text)
		}
	}
	p.Request, p.passed = s.words, s.passed
	if first != nil {
		return p, first
	}
	return p, nil
}

// fits refuses facts of the last question that the law does not read so. What the engine
// is asked it refuses itself.
func (d *desk) fits(p *put) error {
	if len(p.Request) == 0 {
		return nil
	}
	if _, err := d.law.Language.Request(p.Request); err != nil {
		return api.Bad("request_does_not_fit", "%v", err)
	}
	return nil
}

// resource says of the request what it is about.
func (d *desk) resource(s *speech, r Resource, id string, p domain.Privilege) (*unknown, error) {
	switch {
	case r.Privilege:
		if p != "" && string(p) != id {
			return &unknown{otherResource, "the resource is another privilege than the action"}, nil
		}
	case r.Kind != "":
		if _, declared := s.declared[object]; !declared {
			return &unknown{unknownResourceType, "the law in force asks about no object"}, nil
		}
		if !d.mayBe(domain.SubjectKind(r.Kind), id) {
			return &unknown{unknownResource, "what is on record by that id is of another type"}, nil
		}
		return nil, s.say("resource.id", object, id)
	case r.Fact != "":
		if _, declared := s.declared[r.Fact]; declared {
			return nil, s.say("resource.id", r.Fact, id)
		}
	}
	return nil, nil //nolint:nilnil // it is known
}

// mayBe reports whether an id can be that of an object of a kind: the law is asked about
// what is not on record, too, but not about what is on record as something else.
func (d *desk) mayBe(kind domain.SubjectKind, id string) bool {
	view := d.sitting.Root().View()
	if view.Mentioned(domain.Subject{Kind: kind, ID: id}) {
		return true
	}
	for _, other := range []domain.SubjectKind{domain.KindVehicle, domain.KindProperty} {
		if view.Mentioned(domain.Subject{Kind: other, ID: id}) {
			return false
		}
	}
	return true
}

// isKnown reports whether anything about the subject of the last question was known.
func (d *desk) isKnown(of domain.Subject) bool {
	view := d.sitting.Root().ViewAt(d.known)
	if host, visits := standing.VisitorAt(of); visits {
		of = domain.Mission(host)
	}
	return view.Mentioned(of)
}

// An answered question.
type answered struct {
	decision bool
	verdict  *standing.Verdict // nil with a decision of the engine
	full     *domain.Decision  // nil unless it was asked for or is recorded
	unknown  *unknown
	put      put
}

// conditions are those of the answer.
func (a *answered) conditions() []domain.Condition {
	switch {
	case a.full != nil:
		return a.full.Conditions
	case a.verdict != nil:
		return a.verdict.Conditions
	}
	return nil
}

func (a *answered) outcome() domain.Outcome {
	switch {
	case a.full != nil:
		return a.full.Outcome
	case a.verdict != nil:
		return a.verdict.Outcome
	}
	return ""
}

// ask answers one question. The error is about the call.
func (d *desk) ask(t *tuple, w wish) (answered, error) {
	p, err := d.put(t, w, question)
	a := answered{put: p}
	if u, is := errors.AsType[*unknown](err); is {
		a.unknown = u
		return a, d.fits(&p)
	}
	if err != nil {
		return a, err
	}
	if err := d.need(&p); err != nil {
		return a, err
	}
	if !d.isKnown(p.Subject) {
		a.unknown = &unknown{unknownSubject, "nothing is on record of the subject"}
		return a, d.fits(&p)
	}
	if w.explain || d.sitting.Keeps() {
		var full domain.Decision
		if full, err = d.sitting.Ask(p.Question); err == nil {
			a.full, a.decision = &full, full.Permits()
			d.c.Office.Counted(&full, nil)
		}
	} else {
		if a.verdict, err = d.sitting.Verdict(p.Question); err == nil {
			a.decision = a.verdict.Permits()
			d.c.Office.Counted(nil, a.verdict)
		}
	}
	if a.unknown = unknownOf(err); a.unknown != nil {
		return a, d.fits(&p)
	}
	if errors.Is(err, engine.ErrRequest) {
		return a, api.Bad("request_does_not_fit", "%v", err) // the operator's log need not repeat what was said
	}
	if err == nil && w.handles && a.outcome() == domain.Conditional {
		a.decision = true
	}
	return a, err
}

// unknownOf says which errors of the engine are decisions here.
func unknownOf(err error) *unknown {
	if _, wrong := errors.AsType[*standing.WrongSubject](err); wrong {
		return &unknown{notAsked, "the action is one of persons, and the subject is a mission"}
	}
	if u, is := errors.AsType[*engine.UnknownError](err); is && u.What == "privilege" {
		return &unknown{unknownAction, "the law in force has no such privilege"}
	}
	return nil
}

// need refuses callers who may not ask about a subject and a privilege.
func (d *desk) need(p *put) error {
	if d.may(p.Subject, p.Privilege) {
		return nil
	}
	return api.Forbidden("the right %q was not granted for that subject and action", auth.Ask)
}

// may reports whether the caller may ask about a subject and a privilege. Whoever may ask
// about some States alone may ask about nobody of whom nothing is on record.
func (d *desk) may(of domain.Subject, p domain.Privilege) bool {
	caller, office := d.c.Caller, d.c.Office.ID
	if caller.Over(auth.Ask, office, "", p) {
		return true
	}
	if host, visits := standing.VisitorAt(of); visits {
		of = domain.Mission(host)
	}
	states := 0
	for _, s := range d.sitting.Root().View().Relevant(of) {
		if s.Kind != domain.KindState {
			continue
		}
		if states++; !caller.Over(auth.Ask, office, domain.StateID(s.ID), p) {
			return false
		}
	}
	return states > 0
}

// give records what was asked, if answers are recorded.
func (d *desk) give(ctx context.Context) error { return d.sitting.Give(ctx) }

// seen tells the position that the answers have seen.
func (d *desk) seen() { d.c.Seen(d.sitting.Root().Position()) }

// factsOf lists the facts of a request that a law declares.
func (a *accent) factsOf(law *rules.Edition) map[string]domain.FactDecl {
	if known, found := a.laws.Load(law); found {
		return known.(map[string]domain.FactDecl)
	}
	out := map[string]domain.FactDecl{}
	for _, f := range law.Language.Facts["request"] {
		out[f.Name] = f
	}
	a.laws.Store(law, out)
	return out
}

// pairs writes the facts of a request in one order.
func pairs(request map[string]string) []string {
	out := make([]string, 0, 2*len(request))
	for _, name := range slices.Sorted(maps.Keys(request)) {
		out = append(out, name, request[name])
	}
	return out
}

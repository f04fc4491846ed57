package httpapi

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine/watch"
)

func watchRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodGet, Path: "/v1/watch/events", ID: "watchEvents", Need: auth.Watch, Stream: true, Do: watchEvents},
		{Method: http.MethodGet, Path: "/v1/watch/answers", ID: "watchAnswers", Need: auth.Watch, Stream: true, Do: watchAnswers},
	}
}

// LastEventIDHeader is where a caller who comes back left off, as server-sent events have
// it. It goes before from in the query.
const LastEventIDHeader = "Last-Event-ID"

// A toldEvent is an event, as it is told: docs/format/watch.md.
type toldEvent struct {
	Position domain.Position `json:"position"`
	Event    json.RawMessage `json:"event"`
	Masked   bool            `json:"masked,omitzero"`
}

func watchEvents(c *api.Call) error {
	r := &reading{Call: c}
	var err error
	if r.q, err = c.Query("from", "kind", "type"); err != nil {
		return err
	}
	from := c.Office.Position()
	if text := cmp.Or(c.R.Header.Get(LastEventIDHeader), r.text("from")); text != "" {
		n, err := strconv.ParseUint(text, 10, 62)
		if err != nil {
			return api.Bad("from", "from is %q: write a position, as it came as the id of an event", clipped(text))
		}
		if domain.Position(n) > from {
			return ahead(&watch.BeyondError{Token: watch.Token{Position: domain.Position(n)}, At: watch.Token{Position: from}})
		}
		from = domain.Position(n)
	}
	kinds, types := list[domain.SubjectKind](r, "kind"), list[domain.Type](r, "type")
	for _, kind := range kinds {
		if err := oneOf("kind", string(kind), wordsOf(domain.SubjectKinds())...); err != nil {
			return err
		}
	}
	for _, typ := range types {
		if err := oneOf("type", string(typ), wordsOf(codec.Types())...); err != nil {
			return err
		}
	}
	hub, ctx, done, err := c.Watch()
	if err != nil {
		return err
	}
	defer done()
	s, err := begin(c)
	if err != nil {
		return s.end(err)
	}
	whole, beaten := c.Caller.Whole(auth.Watch, c.Office.ID), time.Now()
	for e, err := range hub.Events(ctx, from, heartbeat) {
		if err != nil {
			return s.end(err)
		}
		id := strconv.FormatUint(uint64(e.Position), 10)
		of := e.Envelope.Subject
		tell := !e.Idle && (len(kinds) == 0 || slices.Contains(kinds, of.Kind)) && (len(types) == 0 || slices.Contains(types, e.Envelope.Type())) &&
			(whole || mayWatch(c, e.Envelope))
		switch {
		case tell:
			data, err := codec.Encode(e.Envelope)
			if err != nil {
				return s.end(err)
			}
			told := toldEvent{Position: e.Position - 1}
			told.Event, told.Masked = c.RecordFor(of, data)
			err = s.send("event", id, told)
			if err != nil {
				return s.end(err)
			}
			beaten = time.Now()
		case e.Idle || time.Since(beaten) >= heartbeat: // what happens may be all others'
			if err := s.beat(id); err != nil {
				return s.end(err)
			}
			beaten = time.Now()
		}
	}
	return nil
}

// mayWatch reports whether the caller's right reaches all that an event is about.
func mayWatch(c *api.Call, e domain.Envelope) bool {
	r := reachOf(c.Office.Root())
	states, everybody := r.statesOf(e)
	if everybody || len(states) == 0 {
		return false
	}
	for _, p := range r.privilegesOf(e) {
		for _, state := range states {
			if !c.Caller.Over(auth.Watch, c.Office.ID, state, p) {
				return false
			}
		}
	}
	return true
}

// A toldAnswer is an answer that is another, as it is told: docs/format/watch.md.
type toldAnswer struct {
	Subject   domain.Subject    `json:"subject"`
	Privilege domain.Privilege  `json:"privilege"`
	Position  domain.Position   `json:"position"`
	AsOf      time.Time         `json:"as_of"`
	Initial   bool              `json:"initial,omitzero"`
	Cause     watch.Cause       `json:"cause,omitzero"`
	Events    []domain.Position `json:"events,omitempty"`
	Before    *api.Verdict      `json:"before"`
	After     *api.Verdict      `json:"after"`
	Skipped   int               `json:"skipped,omitzero"`
}

func watchAnswers(c *api.Call) error {
	r := &reading{Call: c}
	var err error
	if r.q, err = c.Query("subject", "of", "privilege", "from", "why"); err != nil {
		return err
	}
	q, err := r.watching()
	if err != nil {
		return err
	}
	hub, ctx, done, err := c.Watch()
	if err != nil {
		return err
	}
	defer done()
	whole := c.Caller.Whole(auth.Watch, c.Office.ID)
	var s *stream
	for change, err := range hub.Answers(ctx, q) {
		if err == nil && s == nil {
			c.Seen(change.Position)
			s, err = begin(c)
		}
		if err == nil && !whole && !change.Idle { // they may have come to another State since
			err = c.NeedAbout(auth.Watch, change.Subject, change.Privilege)
		}
		if err == nil {
			id := ""
			if !change.Token.IsZero() {
				id = change.Token.String()
			}
			if change.Idle {
				err = s.beat(id)
			} else {
				err = s.send("answer", id, toldAnswer{
					change.Subject, change.Privilege, change.Position, change.AsOf, change.Initial, change.Cause, change.Events,
					api.VerdictOf(change.Before), api.VerdictOf(change.After), change.Skipped,
				})
			}
		}
		if beyond, ok := errors.AsType[*watch.BeyondError](err); ok {
			err = ahead(beyond)
		}
		if err != nil && s == nil {
			return err
		}
		if err != nil {
			return s.end(err)
		}
	}
	return nil
}

// watching reads what a caller wants to be told of, if they have a right to it.
func (r *reading) watching() (watch.Watching, error) {
	q := watch.Watching{Privileges: list[domain.Privilege](r, "privilege"), Idle: heartbeat}
	var err error
	if q.Why, err = r.flag("why"); err != nil {
		return q, err
	}
	if text := cmp.Or(r.R.Header.Get(LastEventIDHeader), r.text("from")); text != "" {
		if q.Since, err = watch.ParseToken(text); err != nil {
			return q, api.Bad("from", "from is %q: it %v", clipped(text), err)
		}
	}
	if q.Subjects, err = r.watched("subject", q.Privileges, domain.KindMember, domain.KindMission); err != nil {
		return q, err
	}
	if q.Of, err = r.watched("of", q.Privileges, domain.KindMission, domain.KindState); err != nil {
		return q, err
	}
	if len(q.Subjects)+len(q.Of) == 0 {
		return q, api.Bad("query", "say who is watched: subject=member/ana,mission/arandia-embassy or of=state/arandia")
	}
	if most := r.Limits().Batch; most > 0 && len(q.Subjects)*max(len(q.Privileges), 1) > most {
		return q, api.Bad("batch_too_large", "these are more than %d questions: watch them in several streams", most)
	}
	return q, nil
}

// watched reads a list of subjects, whose kind may be left out if it is the first.
func (r *reading) watched(name string, privileges []domain.Privilege, kinds ...domain.SubjectKind) ([]domain.Subject, error) {
	if len(privileges) == 0 {
		privileges = []domain.Privilege{""}
	}
	var out []domain.Subject
	for _, word := range list[string](r, name) {
		kind, id, found := strings.Cut(word, "/")
		if !found {
			kind, id = string(kinds[0]), word
		}
		if err := oneOf(name, kind, wordsOf(kinds)...); err != nil {
			return nil, err
		}
		var s domain.Subject
		var err error
		for _, p := range privileges {
			if s, err = r.find(auth.Watch, domain.SubjectKind(kind), id, p); err != nil {
				return nil, err
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// ahead refuses a token of another office, or of a time that has not come.
func ahead(b *watch.BeyondError) error {
	p := api.NewProblem(http.StatusConflict, "token_ahead", "%v; leave from out to begin with what is so now", b)
	p.Position = b.At.Position
	if b.Token.Position <= b.At.Position {
		p.RetryAfter = time.Second
	}
	return p
}

func wordsOf[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, one := range list {
		out[i] = string(one)
	}
	return out
}

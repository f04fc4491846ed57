package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
)

func decisionsRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodGet, Path: "/v1/decisions", ID: "listDecisions", Need: auth.Audit, Do: listDecisions},
		{Method: http.MethodGet, Path: "/v1/decisions/holes", ID: "listHoles", Need: auth.Audit, Do: listHoles},
		{Method: http.MethodGet, Path: "/v1/decisions/{id}", ID: "getDecision", Need: auth.Audit, Do: getDecision},
		{Method: http.MethodPost, Path: "/v1/decisions/{id}/again", ID: "decideAgain", Need: auth.Audit, Do: decideAgain},
	}
}

// A decisionsPage is a page of the answers that were given.
type decisionsPage struct {
	// Position is how many records the log of answers has.
	Position eventlog.Position  `json:"position"`
	Answers  []api.ListedAnswer `json:"answers"`
	// Next is the position from which to go on; none at the end. There may be fewer
	// answers than asked for, or none, and more to come.
	Next eventlog.Position `json:"next,omitzero"`
}

// mostScanned is how many records of answers one request looks at.
const mostScanned = 100_000

// aSelection says which of the answers given are meant.
type aSelection struct {
	subject      domain.Subject
	privilege    domain.Privilege
	by           string
	since, until time.Time
	outcomes     []domain.Outcome
}

// selection reads which of the answers given are meant, and refuses callers who may not
// audit all of them.
func (r *reading) selection() (s aSelection, err error) {
	s.privilege, s.by = domain.Privilege(r.text("privilege")), r.text("by")
	if name := r.text("subject"); name != "" {
		kind, id, _ := strings.Cut(name, "/")
		if k := domain.SubjectKind(kind); k != domain.KindMember && k != domain.KindMission {
			return s, api.Bad("subject", "subject is %q: write a member or a mission, as in member/ana", clipped(name))
		}
		s.subject, err = r.find(auth.Audit, domain.SubjectKind(kind), id, s.privilege)
	} else {
		err = r.Need(auth.Audit, "", s.privilege)
	}
	if err != nil {
		return s, err
	}
	if s.since, s.until, err = r.stretch("since", "until"); err != nil {
		return s, err
	}
	s.outcomes, err = r.outcomes()
	return s, err
}

func (s *aSelection) means(e decisions.Entry, a decisions.Answer) bool {
	switch q := a.Question; {
	case !s.subject.IsZero() && s.subject != q.Subject,
		s.privilege != "" && s.privilege != q.Privilege,
		s.by != "" && s.by != a.By,
		!s.since.IsZero() && e.Recorded.Before(s.since),
		!s.until.IsZero() && !e.Recorded.Before(s.until):
		return false
	}
	return true
}

// has reports whether an answer has one of the outcomes that are meant.
func (s *aSelection) has(a api.ListedAnswer) bool {
	for _, o := range s.outcomes {
		if a.Outcome == api.OutcomeWord(o) {
			return true
		}
	}
	return s.outcomes == nil
}

// listDecisions lists the answers that were given, in the order in which they were.
func listDecisions(c *api.Call) error {
	r, err := read(c, "from", "limit", "subject", "privilege", "by", "since", "until", "outcome", "full")
	if err != nil {
		return err
	}
	if r.text("as_of")+r.text("as_known") != "" {
		return api.Bad("query", "as_of and as_known are no matter here: since and until bound when the answers were given")
	}
	chosen, err := r.selection()
	if err != nil {
		return err
	}
	full, err := r.flag("full")
	if err != nil {
		return err
	}
	from, err := r.number("from", 0)
	if err != nil {
		return err
	}
	p, err := r.page()
	if err != nil {
		return err
	}
	if c.Office.Answers == nil {
		return noAnswers()
	}
	out := decisionsPage{Answers: []api.ListedAnswer{}}
	if out.Position, err = c.Office.Answers.Head(c.Context()); err != nil {
		return err
	}
	if from > uint64(out.Position) {
		return api.Bad("query", "from is %d: the log of answers ends at %d", from, out.Position)
	}
	seen := 0
	for e, err := range decisions.Read(c.Context(), c.Office.Answers, eventlog.Position(from)) {
		if err != nil {
			return err
		}
		if len(out.Answers) == p.limit || seen == mostScanned {
			out.Next = e.Position
			break
		}
		seen++
		a, answered := e.Body.(decisions.Answer)
		if !answered || !chosen.means(e, a) {
			continue
		}
		if one := api.ListedAnswerOf(e, a, full); chosen.has(one) {
			out.Answers = append(out.Answers, one)
		}
	}
	c.Seen(c.Office.Position())
	return c.JSON(http.StatusOK, out)
}

// listHoles says where answers are missing from the record, or may be.
func listHoles(c *api.Call) error {
	if _, err := audit(c); err != nil {
		return err
	}
	if c.Office.Answers == nil {
		return noAnswers()
	}
	var holes decisions.Holes
	for e, err := range decisions.Read(c.Context(), c.Office.Answers, 0) {
		if err != nil {
			return err
		}
		holes.Add(e)
	}
	c.Seen(c.Office.Position())
	return c.JSON(http.StatusOK, struct {
		Holes []api.Hole `json:"holes"`
	}{api.HolesOf(&holes)})
}

// answerAt finds an answer that was given, by its position or id, if the caller may audit
// it.
func answerAt(c *api.Call) (decisions.Entry, decisions.Answer, error) {
	none := func(err error) (decisions.Entry, decisions.Answer, error) {
		return decisions.Entry{}, decisions.Answer{}, err
	}
	if _, err := read(c); err != nil {
		return none(err)
	}
	if c.Office.Answers == nil {
		return none(noAnswers())
	}
	name := c.R.PathValue("id")
	e, err := findAnswer(c.Context(), c.Office.Answers, name)
	if err != nil {
		return none(err)
	}
	a, answered := e.Body.(decisions.Answer)
	if !answered {
		if err := c.Need(auth.Audit, "", ""); err != nil {
			return none(err)
		}
		return none(api.NotFound("no answer %s was given", clipped(name)))
	}
	// Whoever may not audit everybody learns nothing of what is not theirs.
	if c.Need(auth.Audit, "", a.Question.Privilege) != nil && c.NeedAbout(auth.Audit, a.Question.Subject, a.Question.Privilege) != nil {
		return none(c.Need(auth.Audit, "", ""))
	}
	return e, a, nil
}

// findAnswer reads a record of a log of answers. That of a position or an id that there
// is not is empty.
func findAnswer(ctx context.Context, log eventlog.Log, name string) (decisions.Entry, error) {
	if n, err := strconv.ParseUint(strings.TrimPrefix(name, "@"), 10, 62); err == nil {
		head, err := log.Head(ctx)
		if err != nil || n >= uint64(head) {
			return decisions.Entry{}, err
		}
		for e, err := range decisions.Read(ctx, log, eventlog.Position(n)) {
			return e, err
		}
	}
	id, err := domain.ParseEventID(strings.ToUpper(name))
	if err != nil {
		return decisions.Entry{}, api.Bad("id", "%q is neither a position nor the id of an answer, which has 26 characters", clipped(name))
	}
	for e, err := range decisions.Read(ctx, log, 0) {
		if err != nil || e.ID == id {
			return e, err
		}
	}
	return decisions.Entry{}, nil
}

// getDecision tells an answer whole, as it was given.
func getDecision(c *api.Call) error {
	e, a, err := answerAt(c)
	if err != nil {
		return err
	}
	c.Seen(a.Root)
	return c.JSON(http.StatusOK, api.ListedAnswerOf(e, a, true))
}

// A decidedAgain is an answer that was given beside what it comes to when it is decided
// again, as it was asked then; and as known now.
type decidedAgain struct {
	api.GivenAnswer
	Result      engine.Repetition      `json:"result"`
	Differences []decisions.Difference `json:"differences"`
	Problem     string                 `json:"problem,omitzero"`
	Now         decidedNow             `json:"now"`
}

// A decidedNow is what is answered to the same question, about the same moment, as known
// now.
type decidedNow struct {
	Changed     bool                   `json:"changed"`
	Was         string                 `json:"was,omitzero"`
	Is          string                 `json:"is,omitzero"`
	Differences []decisions.Difference `json:"differences"`
	Events      []api.CitedEvent       `json:"events"`
	Problem     string                 `json:"problem,omitzero"`
}

// decideAgain decides an answer again, and compares. It records nothing.
func decideAgain(c *api.Call) error {
	e, a, err := answerAt(c)
	if err != nil {
		return err
	}
	at := c.Office.Position()
	out := decidedAgain{GivenAnswer: api.GivenAnswerOf(e, a)}
	for again, err := range c.Office.Redecide(c.Context(), each([]decisions.Entry{e}), 1) {
		if err != nil {
			return err
		}
		out.Result, out.Differences, out.Problem = again.Result, api.ListOf(again.Differences), again.Problem
	}
	for now, err := range c.Office.Reconsider(c.Context(), each([]decisions.Entry{e}), 1) {
		if err != nil {
			return err
		}
		out.Now = decidedNow{
			Changed: now.Changed, Differences: api.ListOf(now.Differences), Problem: now.Problem,
			Events: api.CitedBy(c.Office.Engine, domain.Decision{Facts: []domain.FactUsed{{Events: now.Because}}}, false),
		}
		if a.Question.Privilege != "" && now.Problem == "" {
			out.Now.Was, out.Now.Is = api.OutcomeWord(now.Was.Outcome), api.OutcomeWord(now.Is.Outcome)
		}
	}
	c.Seen(at)
	return c.JSON(http.StatusOK, out)
}

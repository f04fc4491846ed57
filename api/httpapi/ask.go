package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
)

func askRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodPost, Path: "/v1/ask", ID: "ask", Need: auth.Ask, Do: ask},
		{Method: http.MethodPost, Path: "/v1/ask/batch", ID: "askBatch", Need: auth.Ask, Do: askBatch},
		{Method: http.MethodPost, Path: "/v1/explain", ID: "explain", Need: auth.Ask, Do: explain},
	}
}

// A question is what may be asked: about whom, which privilege, with which facts of the
// request, at which two times.
type question struct {
	// Subject is ana, member/ana, mission/arandia-embassy or visitor@arandia-embassy.
	Subject   string            `json:"subject"`
	Privilege domain.Privilege  `json:"privilege"`
	Request   map[string]string `json:"request,omitzero"`
	api.Times `json:",inline"`
	AtLeast   domain.Position `json:"at_least,omitzero"`
}

// mostFacts is how many facts of the request a question may bring: more than any law asks
// for, and few enough to say of each what is wrong with it.
const mostFacts = 100

// of makes a question to the engine of one that was asked.
func (q question) of(c *api.Call) (engine.Question, error) {
	var out engine.Question
	switch {
	case q.Subject == "":
		return out, api.Bad("subject", `"subject" is missing: name a member or a mission`)
	case q.Privilege == "":
		return out, api.Bad("privilege", `"privilege" is missing: say what is asked, such as tax.sales`)
	}
	if len(q.Request) > mostFacts {
		return out, api.Bad("request_does_not_fit", "the question brings %d facts: bring at most %d", len(q.Request), mostFacts)
	}
	header, err := c.AtLeast()
	if err != nil {
		return out, err
	}
	out.AtLeast = max(q.AtLeast, header)
	if err := c.Office.Await(c.Context(), out.AtLeast); err != nil {
		return out, err
	}
	if out.Subject, err = findAsked(c, q.Subject, q.Privilege); err != nil {
		return out, err
	}
	out.AsOf, out.AsKnown, err = q.Parse(c.Office)
	out.Privilege, out.Request, out.AskedBy = q.Privilege, q.Request, c.Caller.ID
	return out, err
}

// findAsked finds whom a question is about, if the caller may ask about them.
func findAsked(c *api.Call, name string, p domain.Privilege) (domain.Subject, error) {
	s, err := c.Office.Find(name, domain.KindMember, domain.KindMission)
	if err != nil {
		if need := c.Need(auth.Ask, "", p); need != nil && errors.Is(err, engine.ErrUnknown) {
			return s, api.Forbidden("the right %q was not granted for %s and that programme", auth.Ask, name)
		}
		if !errors.Is(err, engine.ErrUnknown) {
			err = api.Bad("subject", "%v", err)
		}
		return s, err
	}
	return s, c.NeedAbout(auth.Ask, s, p)
}

func ask(c *api.Call) error {
	d, err := decide(c)
	if err != nil {
		return err
	}
	text, err := codec.EncodeDecision(d)
	if err != nil {
		return err
	}
	c.Seen(d.AsKnown)
	return c.Raw(http.StatusOK, "application/json", text)
}

// decide reads one question and asks it.
func decide(c *api.Call) (d domain.Decision, err error) {
	var asked question
	if err := c.Decode(&asked); err != nil {
		return d, err
	}
	q, err := asked.of(c)
	if err != nil {
		return d, err
	}
	return c.Office.Ask(c.Context(), q)
}

func explain(c *api.Call) error {
	d, err := decide(c)
	if err != nil {
		return err
	}
	text, err := codec.EncodeDecision(d)
	if err != nil {
		return err
	}
	c.Seen(d.AsKnown)
	return c.JSON(http.StatusOK, struct {
		Decision json.RawMessage  `json:"decision"`
		Events   []api.CitedEvent `json:"events"`
	}{text, api.CitedBy(c.Office.Engine, d, false)})
}

// An answered is what became of one question of several.
type answered struct {
	Decision json.RawMessage `json:"decision,omitzero"`
	Problem  *api.Problem    `json:"problem,omitzero"`
}

// askBatch answers several questions, each by itself and all from one position, which is
// that of the first that says otherwise.
func askBatch(c *api.Call) error {
	var asked struct {
		Questions []question `json:"questions"`
	}
	if err := c.Decode(&asked); err != nil {
		return err
	}
	switch most := c.Limits().Batch; {
	case len(asked.Questions) == 0:
		return api.Bad("questions", `"questions" is empty: ask at least one`)
	case most > 0 && len(asked.Questions) > most:
		return api.Bad("batch_too_large", "%d questions at once: ask at most %d", len(asked.Questions), most)
	}
	var least domain.Position
	for _, q := range asked.Questions {
		least = max(least, q.AtLeast)
	}
	if err := c.Office.Await(c.Context(), least); err != nil {
		return err
	}
	at := engine.Known{Position: c.Office.Position(), AtPosition: true}
	out := make([]answered, len(asked.Questions))
	for i, one := range asked.Questions {
		q, err := one.of(c)
		if err == nil && one.AsKnown == "" {
			q.AsKnown = at
		}
		var d domain.Decision
		if err == nil {
			d, err = c.Office.Ask(c.Context(), q)
		}
		if err == nil {
			out[i].Decision, err = codec.EncodeDecision(d)
		}
		if c.Context().Err() != nil {
			return c.Context().Err()
		}
		if err != nil {
			out[i].Problem = api.ProblemOf(err)
		}
	}
	c.Seen(at.Position)
	return c.JSON(http.StatusOK, struct {
		Answers []answered `json:"answers"`
	}{out})
}

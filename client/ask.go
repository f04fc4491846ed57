package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// A Question is what may be asked.
type Question struct {
	// Subject is ana, member/ana, mission/arandia-embassy or visitor@arandia-embassy.
	Subject   string            `json:"subject"`
	Privilege string            `json:"privilege"`
	Request   map[string]string `json:"request,omitempty"` // facts of the request, as typed
	// AsOf is a date or an instant, and AsKnown a position, a date or an instant; empty is
	// now.
	AsOf    string `json:"as_of,omitempty"`
	AsKnown string `json:"as_known,omitempty"`
	// AtLeast is the position that the answer must have seen.
	AtLeast Position `json:"at_least,omitempty"`
}

// An Answer is the answer to one question of several: a decision, or why there is none.
type Answer struct {
	Decision Decision
	Problem  *Problem // nil if there is a decision
}

// Permits reports whether there is a decision and it permits.
func (a *Answer) Permits() bool { return a.Problem == nil && a.Decision.Permits() }

// An Explanation is a decision with the events that it cites.
type Explanation struct {
	Decision Decision     `json:"decision"`
	Events   []CitedEvent `json:"events"`
}

// A CitedEvent is an event that an answer rests on.
type CitedEvent struct {
	Position  Position  `json:"position"`
	ID        string    `json:"id"`
	Subject   string    `json:"subject"`
	Type      string    `json:"type"`
	Recorded  time.Time `json:"recorded"`
	Authority string    `json:"authority"`
	Said      string    `json:"said"` // in one line, without personal data
}

// Ask asks what somebody may do. With an error the decision permits nothing.
func (c *Client) Ask(ctx context.Context, q Question) (Decision, error) {
	var d Decision
	if _, err := c.Do(ctx, Request{Method: http.MethodPost, Path: "/v1/ask", Body: q, Harmless: true}, &d); err != nil {
		return Decision{}, err
	}
	if err := about(d, q); err != nil {
		return Decision{}, err
	}
	return d, nil
}

// about refuses a decision about another privilege.
func about(d Decision, q Question) error {
	if d.Privilege != q.Privilege {
		return fmt.Errorf("asked about %s and answered about %q: %w", q.Privilege, d.Privilege, ErrAnswer)
	}
	return nil
}

// AskBatch asks several questions at once, all at one position unless they say otherwise.
// The answers stand in the order of the questions. With an error there are none.
func (c *Client) AskBatch(ctx context.Context, questions ...Question) ([]Answer, error) {
	var in struct {
		Answers []struct {
			Decision *Decision `json:"decision"`
			Problem  *Problem  `json:"problem"`
		} `json:"answers"`
	}
	body := map[string][]Question{"questions": questions}
	if _, err := c.Do(ctx, Request{Method: http.MethodPost, Path: "/v1/ask/batch", Body: body, Harmless: true}, &in); err != nil {
		return nil, err
	}
	if len(in.Answers) != len(questions) {
		return nil, fmt.Errorf("asked %d questions and got %d answers: %w", len(questions), len(in.Answers), ErrAnswer)
	}
	out := make([]Answer, len(in.Answers))
	for i, a := range in.Answers {
		switch {
		case (a.Decision == nil) == (a.Problem == nil):
			return nil, fmt.Errorf("question %d has neither a decision nor a problem, or both: %w", i+1, ErrAnswer)
		case a.Problem != nil:
			out[i].Problem = a.Problem
			continue
		}
		if err := about(*a.Decision, questions[i]); err != nil {
			return nil, fmt.Errorf("question %d: %w", i+1, err)
		}
		out[i].Decision = *a.Decision
	}
	return out, nil
}

// Explain asks what somebody may do, and for the events behind the answer. With an error
// the decision permits nothing.
func (c *Client) Explain(ctx context.Context, q Question) (Explanation, error) {
	var e Explanation
	if _, err := c.Do(ctx, Request{Method: http.MethodPost, Path: "/v1/explain", Body: q, Harmless: true}, &e); err != nil {
		return Explanation{}, err
	}
	if err := about(e.Decision, q); err != nil {
		return Explanation{}, err
	}
	return e, nil
}

// Times are the two times of a reading; empty ones are now.
type Times struct {
	AsOf    string // a date or an instant
	AsKnown string // a position, a date or an instant
	AtLeast Position
}

func (t Times) query() url.Values {
	q := url.Values{}
	if t.AsOf != "" {
		q.Set("as_of", t.AsOf)
	}
	if t.AsKnown != "" {
		q.Set("as_known", t.AsKnown)
	}
	if t.AtLeast > 0 {
		q.Set("at_least", strconv.FormatUint(uint64(t.AtLeast), 10))
	}
	return q
}

// Standing asks for every privilege that can be asked of a member or a mission. Kind is
// member or mission.
func (c *Client) Standing(ctx context.Context, kind, id string, at Times) ([]Decision, error) {
	var out []Decision
	_, err := c.Do(ctx, Request{Path: "/v1/subjects/" + url.PathEscape(kind) + "/" + url.PathEscape(id) + "/standing", Query: at.query()}, &out)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Office is what is served.
type Office struct {
	Office       string    `json:"office"`
	Zone         string    `json:"zone"`
	Mode         string    `json:"mode"`
	Position     Position  `json:"position"`
	LastRecorded time.Time `json:"last_recorded"`
	Semantics    int       `json:"semantics"`
	Decisions    string    `json:"decisions"`
	Version      string    `json:"version"`
}

// Office asks what is served.
func (c *Client) Office(ctx context.Context) (Office, error) {
	var out Office
	if _, err := c.Do(ctx, Request{Path: "/v1/office"}, &out); err != nil {
		return Office{}, err
	}
	return out, nil
}

// An EditionOnRecord is an edition of a ruleset, and how it stands at the time asked about.
type EditionOnRecord struct {
	Ruleset   string    `json:"ruleset"`
	Edition   string    `json:"edition"`
	Hash      string    `json:"hash"` // SHA-256 of its text
	Position  Position  `json:"position"`
	Effective time.Time `json:"effective"`
	Recorded  time.Time `json:"recorded"`
	InForce   bool      `json:"in_force"`
	State     string    `json:"state"`
}

// Rulesets asks for every edition on record, of all rulesets that the caller may read.
func (c *Client) Rulesets(ctx context.Context, at Times) ([]EditionOnRecord, error) {
	var out []EditionOnRecord
	if _, err := c.Do(ctx, Request{Path: "/v1/rulesets", Query: at.query()}, &out); err != nil {
		return nil, err
	}
	return out, nil
}

// Read asks for anything that is read, such as /v1/population, as JSON.
func (c *Client) Read(ctx context.Context, path string, query url.Values) (json.RawMessage, error) {
	var out json.RawMessage
	if _, err := c.Do(ctx, Request{Path: path, Query: query}, &out); err != nil {
		return nil, err
	}
	return out, nil
}

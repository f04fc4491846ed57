package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// An Entity is a subject or a resource of AuthZEN.
type Entity struct {
	Type       string         `json:"type,omitempty"`
	ID         string         `json:"id,omitempty"`
	Properties map[string]any `json:"properties,omitempty"`
}

// An Action is what is to be done, to AuthZEN.
type Action struct {
	Name       string         `json:"name"`
	Properties map[string]any `json:"properties,omitempty"`
}

// An Evaluation is a question in the words of AuthZEN. In a batch, what is nil is taken
// from what the evaluations have in common.
type Evaluation struct {
	Subject  *Entity        `json:"subject,omitempty"`
	Action   *Action        `json:"action,omitempty"`
	Resource *Entity        `json:"resource,omitempty"`
	Context  map[string]any `json:"context,omitempty"`
}

// An Evaluated is the answer to an evaluation. The zero one is false.
type Evaluated struct {
	Decision bool            `json:"decision"`
	Context  json.RawMessage `json:"context"` // what was asked for besides; nil if nothing was
}

// UnmarshalJSON refuses an answer without a decision.
func (e *Evaluated) UnmarshalJSON(text []byte) error {
	var in struct {
		Decision *bool           `json:"decision"`
		Context  json.RawMessage `json:"context"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	if in.Decision == nil {
		return fmt.Errorf("there is no decision in %.80s", text)
	}
	*e = Evaluated{*in.Decision, in.Context}
	return nil
}

// Evaluate asks whether somebody may do something, in the words of AuthZEN. With an error
// the answer is false.
func (c *Client) Evaluate(ctx context.Context, e Evaluation) (Evaluated, error) {
	var out Evaluated
	if _, err := c.Do(ctx, authzen("/access/v1/evaluation", e), &out); err != nil {
		return Evaluated{}, err
	}
	return out, nil
}

func authzen(path string, body any) Request {
	return Request{
		Method: http.MethodPost, Path: path, Body: body, Harmless: true,
		Header: http.Header{"Accept": {"application/json, application/problem+json"}},
	}
}

// Which evaluations of a batch are answered.
const (
	ExecuteAll          = "execute_all"            // all of them
	DenyOnFirstDeny     = "deny_on_first_deny"     // up to the first that is false
	PermitOnFirstPermit = "permit_on_first_permit" // up to the first that is true
)

// Evaluations asks several at once, with what they have in common. There is an answer to
// each, in order, up to where the semantic stops; an empty semantic is ExecuteAll. With an
// error there are none.
func (c *Client) Evaluations(ctx context.Context, common Evaluation, semantic string, each ...Evaluation) ([]Evaluated, error) {
	body := struct {
		Evaluation
		Evaluations []Evaluation      `json:"evaluations"`
		Options     map[string]string `json:"options,omitempty"`
	}{Evaluation: common, Evaluations: each}
	if semantic != "" {
		body.Options = map[string]string{"evaluations_semantic": semantic}
	}
	if len(each) == 0 {
		return nil, nil // the standard has another answer to none
	}
	var out struct {
		Evaluations []Evaluated `json:"evaluations"`
	}
	if _, err := c.Do(ctx, authzen("/access/v1/evaluations", body), &out); err != nil {
		return nil, err
	}
	n, all := len(out.Evaluations), semantic == "" || semantic == ExecuteAll
	if n == 0 || n > len(each) || all && n != len(each) {
		return nil, fmt.Errorf("asked %d evaluations and got %d: %w", len(each), n, ErrAnswer)
	}
	return out.Evaluations, nil
}

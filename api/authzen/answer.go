package authzen

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/projections/standing"
)

// The types of obligations that answers have.
const (
	custom       = "custom"
	notification = "notification"
)

// The bare answers.
const (
	bareTrue  = `{"decision":true}`
	bareFalse = `{"decision":false}`
)

// A response is an answer with more than the decision.
type response struct {
	Decision bool           `json:"decision"`
	Context  *answerContext `json:"context,omitzero"`
}

type answerContext struct {
	Obligations []obligation `json:"obligations,omitzero"`
	Comity      *told        `json:"comity,omitzero"`
}

// Told is what comity says besides.
type told struct {
	// Conditions are those that the caller sees to.
	Conditions []domain.Condition `json:"conditions,omitzero"`
	// Answer is the whole decision, as docs/format/decision.md has it.
	Answer jsontext.Value `json:"answer,omitzero"`
	// PassedOver names what was said and is no fact of a request.
	PassedOver []string `json:"passed_over,omitzero"`
	// Reason is why there is no answer of the law.
	Reason *reason `json:"reason,omitzero"`
	Error  *wrong  `json:"error,omitzero"`
}

type reason struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// A wrong says what is wrong with an item of a batch.
type wrong struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Text   string `json:"text"`
}

// An obligation is what the caller has to do (AuthZEN Obligations).
type obligation struct {
	ID         string         `json:"id"`
	Type       string         `json:"type"`
	Properties map[string]any `json:"properties"`
}

// text writes an answer: bare, unless more was asked for.
func (a *answered) text(to []byte) ([]byte, error) {
	w := &a.put.wish
	if !w.explain && !w.handles && len(w.obligations) == 0 {
		return a.bare(to), nil
	}
	r := response{Decision: a.decision}
	said := &told{}
	switch {
	case w.explain && a.unknown != nil:
		said.Reason = &reason{a.unknown.code, a.unknown.text}
	case w.explain && a.full != nil:
		text, err := codec.EncodeDecision(*a.full)
		if err != nil {
			return nil, err
		}
		said.Answer = text
	}
	if w.explain {
		said.PassedOver = a.put.passed
	}
	if w.handles && a.decision {
		for _, c := range a.conditions() {
			if c.State != domain.ConditionMet {
				said.Conditions = append(said.Conditions, c)
			}
		}
	}
	context := &answerContext{Obligations: a.obligations()}
	if w.explain || said.Conditions != nil {
		context.Comity = said
	}
	if context.Comity == nil && context.Obligations == nil {
		return a.bare(to), nil
	}
	r.Context = context
	text, err := json.Marshal(r, json.Deterministic(true))
	return append(to, text...), err
}

func (a *answered) bare(to []byte) []byte {
	if a.decision {
		return append(to, bareTrue...)
	}
	return append(to, bareFalse...)
}

// obligations lists what the caller has to do, as far as the caller says that it can do
// such things: notify the office, and see to conditions.
func (a *answered) obligations() []obligation {
	w, out := &a.put.wish, []obligation(nil)
	if a.outcome() == domain.Notification && w.meets(notification) {
		out = append(out, obligation{"notify_office", notification, map[string]any{"channel": "office", "before": true, "privilege": string(a.put.Privilege)}})
	}
	if !w.meets(custom) {
		return out
	}
	if w.handles && a.decision {
		for _, c := range a.conditions() {
			if c.State != domain.ConditionMet {
				out = append(out, obligation{c.Code, custom, conditionOf(c)})
			}
		}
	}
	if a.full != nil && a.decision {
		for _, o := range a.full.Obligations {
			out = append(out, obligation{idOf(o), custom, map[string]any{"text": o.Text}})
		}
	}
	return out
}

func conditionOf(c domain.Condition) map[string]any {
	out := map[string]any{"text": c.Text, "state": string(c.State)}
	params := map[string]any{}
	for _, p := range c.Params {
		params[p.Name] = p.Value
	}
	if len(params) > 0 {
		out["params"] = params
	}
	if len(c.Needs) > 0 {
		out["needs"] = c.Needs
	}
	return out
}

func idOf(r domain.Remark) string {
	if r.Code != "" {
		return r.Code
	}
	return strings.ToLower(r.Rule)
}

// failed writes the answer to an item of a batch with which something is wrong.
func failed(to []byte, err error) ([]byte, error) {
	p := api.ProblemOf(err)
	text, err := json.Marshal(response{Context: &answerContext{Comity: &told{Error: &wrong{p.Status, p.Code, p.Detail}}}})
	return append(to, text...), err
}

// permits is the Boolean view of a verdict; none permits nothing.
func permits(v *standing.Verdict) bool { return v != nil && v.Permits() }

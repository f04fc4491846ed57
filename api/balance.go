package api

import (
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/balance"
	"github.com/comity-project/comity/projections/timeline"
)

// Balanced is the ledger of reciprocity, with its parts: docs/format/balance.md.
type (
	Balanced struct {
		AsOf    *time.Time      `json:"as_of,omitempty"` // left out with --over
		AsKnown domain.Position `json:"as_known"`
		Cells   []BalancedCell  `json:"cells"`
	}
	BalancedCell struct {
		State           domain.StateID    `json:"state"`
		Privilege       domain.Privilege  `json:"privilege"`
		From            *time.Time        `json:"from,omitempty"`
		To              *time.Time        `json:"to,omitempty"`
		Practice        *Practised        `json:"practice,omitempty"`
		Measures        []BalancedMeasure `json:"measures"`
		Rules           []BalancedRule    `json:"rules"`
		Agreements      []BalancedRaise   `json:"agreements"`
		Unanswered      bool              `json:"unanswered"`
		UnansweredSince *time.Time        `json:"unanswered_since,omitempty"`
		Lost            bool              `json:"lost"`
		Unfounded       bool              `json:"unfounded"`
		Events          []domain.Position `json:"events"`
	}
	Practised struct {
		Level  domain.Level    `json:"level"`
		Params map[string]any  `json:"params,omitempty"`
		Source string          `json:"source,omitempty"`
		Since  *time.Time      `json:"since,omitempty"`
		Event  domain.Position `json:"event"`
	}
	BalancedMeasure struct {
		ID         domain.MeasureID `json:"id"`
		Level      domain.Level     `json:"level"`
		Params     map[string]any   `json:"params,omitempty"`
		Scope      domain.Scope     `json:"scope,omitzero"`
		Stated     string           `json:"stated,omitempty"`
		Authority  string           `json:"authority,omitempty"`
		Individual bool             `json:"individual"`
		From       *time.Time       `json:"from,omitempty"`
		Event      domain.Position  `json:"event"`
		Stop       *Stopped         `json:"stop,omitempty"`
		Parts      []BalancedPart   `json:"parts"`
		Basis      Basis            `json:"basis"`
	}
	BalancedRule struct {
		ID      string          `json:"id"`
		Edition string          `json:"edition"`
		Effect  domain.Effect   `json:"effect"`
		Outcome domain.Outcome  `json:"outcome,omitempty"`
		Because string          `json:"because,omitempty"`
		Cite    []string        `json:"cite"`
		Event   domain.Position `json:"event"`
		Basis   Basis           `json:"basis"`
	}
	BalancedRaise struct {
		ID      domain.AgreementID `json:"id"`
		Outcome domain.Outcome     `json:"outcome,omitempty"`
		As      domain.Category    `json:"as,omitempty"`
		Scope   domain.Scope       `json:"scope,omitzero"`
		From    *time.Time         `json:"from,omitempty"`
		Event   domain.Position    `json:"event"`
		Stop    *Stopped           `json:"stop,omitempty"`
	}
	Stopped struct {
		At  *time.Time       `json:"at"`
		How balance.How      `json:"how"`
		By  *domain.Position `json:"by,omitempty"`
	}
	BalancedPart struct {
		At      *time.Time       `json:"at"`
		How     balance.How      `json:"how"`
		Scope   domain.Scope     `json:"scope,omitzero"`
		By      domain.Position  `json:"by"`
		Measure domain.MeasureID `json:"measure,omitempty"`
	}
	Basis struct {
		Ground    balance.Ground   `json:"ground"`
		Answers   *Practised       `json:"answers,omitempty"`
		Since     *time.Time       `json:"since,omitempty"`
		By        *domain.Position `json:"by,omitempty"`
		LostSince *time.Time       `json:"lost_since,omitempty"`
		LostBy    *domain.Position `json:"lost_by,omitempty"`
	}
)

// BalancedOf writes the ledger, or a part of it.
func BalancedOf(b engine.Balance) Balanced {
	out := Balanced{AsKnown: b.AsKnown, Cells: []BalancedCell{}}
	if !b.AsOf.IsZero() {
		out.AsOf = &b.AsOf
	}
	for _, c := range b.Cells {
		one := BalancedCell{
			State: c.State, Privilege: c.Privilege, From: instantOf(c.From), To: instantOf(c.To), Practice: practisedOf(c.Practice),
			Measures: []BalancedMeasure{}, Rules: []BalancedRule{}, Agreements: []BalancedRaise{},
			Unanswered: c.Unanswered, Lost: c.Lost(), Unfounded: c.Unfounded(), Events: ListOf(c.Events()),
		}
		if c.Unanswered {
			one.UnansweredSince = instantOf(c.UnansweredSince)
		}
		for _, m := range c.Measures {
			measure := BalancedMeasure{
				ID: m.ID, Level: m.Level, Params: paramsOf(m.Params), Scope: m.Scope, Stated: m.Stated, Authority: m.Authority, Individual: m.Individual,
				From: instantOf(m.From), Event: m.Pos, Stop: stoppedOf(m.Stop), Parts: []BalancedPart{}, Basis: basisOf(m.Basis),
			}
			for _, p := range m.Parts {
				measure.Parts = append(measure.Parts, BalancedPart{At: instantOf(p.At), How: p.How, Scope: p.Scope, By: p.By, Measure: p.Measure})
			}
			one.Measures = append(one.Measures, measure)
		}
		for _, r := range c.Rules {
			one.Rules = append(one.Rules, BalancedRule{
				ID: r.ID, Edition: r.Edition, Effect: r.Effect, Outcome: r.Outcome, Because: r.Because, Cite: ListOf(r.Cite), Event: r.Pos, Basis: basisOf(r.Basis),
			})
		}
		for _, a := range c.Agreements {
			one.Agreements = append(one.Agreements, BalancedRaise{
				ID: a.ID, Outcome: a.Outcome, As: a.As, Scope: a.Scope, From: instantOf(a.From), Event: a.Pos, Stop: stoppedOf(a.Stop),
			})
		}
		out.Cells = append(out.Cells, one)
	}
	return out
}

func practisedOf(p *balance.Practice) *Practised {
	if p == nil {
		return nil
	}
	return &Practised{Level: p.Level, Params: paramsOf(p.Params), Source: p.Source, Since: instantOf(p.Since), Event: p.Pos}
}

func stoppedOf(s balance.Stop) *Stopped {
	switch s.How {
	case "":
		return nil
	case balance.Expired:
		return &Stopped{At: instantOf(s.At), How: s.How}
	default:
		return &Stopped{At: instantOf(s.At), How: s.How, By: &s.By}
	}
}

func basisOf(b balance.Basis) Basis {
	out := Basis{Ground: b.Ground, Answers: practisedOf(b.Practice)}
	if b.Ground.Lost() {
		out.Since, out.By = instantOf(b.Since), &b.By
		out.LostSince, out.LostBy = instantOf(b.LostSince), &b.LostBy
	}
	return out
}

// instantOf writes an instant; nil is without limit.
func instantOf(t timeline.Instant) *time.Time {
	if t == timeline.Always || t == timeline.Never {
		return nil
	}
	at := t.Time()
	return &at
}

func paramsOf(in domain.Params) map[string]any {
	out := map[string]any{}
	for name, v := range in {
		switch v.Kind() {
		case domain.BoolValue:
			out[name] = v.Bool()
		case domain.IntValue:
			out[name] = v.Int()
		case domain.TextValue:
			out[name] = v.Text()
		case domain.ListValue:
			out[name] = ListOf(v.List())
		case domain.NoValue:
		}
	}
	return out
}

package api

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/rules"
)

// Tried is what a trial came to, for programs: docs/format/rules-try.md.
type Tried struct {
	Subject   domain.Subject    `json:"subject"`
	Privilege domain.Privilege  `json:"privilege,omitempty"`
	Expr      string            `json:"expression,omitempty"`
	Request   map[string]string `json:"request,omitempty"`
	AsKnown   domain.Position   `json:"as_known"`
	At        []TriedAt         `json:"at"`
}

// TriedAt is what a trial came to at one time.
type TriedAt struct {
	AsOf     time.Time    `json:"as_of"`
	Editions []TriedUnder `json:"editions"`
	Type     string       `json:"type,omitempty"`
	Values   []TriedValue `json:"values,omitempty"`
	Rules    []TriedRule  `json:"rules,omitempty"`
	Before   any          `json:"before,omitempty"`
	After    any          `json:"after,omitempty"`
}

// TriedUnder is an edition under which it was tried.
type TriedUnder struct {
	Ruleset string `json:"ruleset"`
	Edition string `json:"edition"`
	Hash    string `json:"hash"`
}

// TriedValue is what an expression or a condition comes to.
type TriedValue struct {
	Capacity   string         `json:"capacity,omitempty"`
	Ended      bool           `json:"ended,omitempty"`
	By         string         `json:"by,omitempty"`
	Value      any            `json:"value"`
	Error      string         `json:"error,omitempty"`
	Missing    string         `json:"missing,omitempty"`
	Clauses    *TriedClause   `json:"clauses,omitempty"`
	Facts      []TriedFact    `json:"facts,omitempty"`
	Outcome    domain.Outcome `json:"outcome,omitempty"`
	Conditions []string       `json:"conditions,omitempty"`
}

// TriedClause is a part of a condition, and what it comes to.
type TriedClause struct {
	Source   string        `json:"source"`
	Op       string        `json:"op"`
	Truth    string        `json:"truth"`
	Skipped  bool          `json:"skipped,omitempty"`
	Decisive bool          `json:"decisive,omitempty"`
	Error    string        `json:"error,omitempty"`
	Line     int           `json:"line"`
	Column   int           `json:"column"`
	Parts    []TriedClause `json:"parts,omitempty"`
}

// TriedFact is a fact that was read.
type TriedFact struct {
	Name   string            `json:"name"`
	Known  bool              `json:"known"`
	Value  string            `json:"value,omitempty"`
	Events []domain.Position `json:"events,omitempty"`
}

// TriedRule is what a rule of a draft comes to.
type TriedRule struct {
	ID       string       `json:"id"`
	Capacity string       `json:"capacity,omitempty"`
	InForce  bool         `json:"in_force"`
	Reaches  bool         `json:"reaches"`
	Stopped  []string     `json:"stopped,omitempty"` // the keys of applies that keep them out
	Whens    []TriedValue `json:"whens,omitempty"`
}

// TriedOf writes what a trial came to.
func TriedOf(trial engine.Trial, tried engine.Tried) (Tried, error) {
	out := Tried{Subject: trial.Subject, Privilege: trial.Privilege, Expr: trial.Expr, Request: trial.Request, AsKnown: tried.AsKnown, At: []TriedAt{}}
	for _, at := range tried.At {
		one := TriedAt{AsOf: at.AsOf, Type: at.Type, Editions: []TriedUnder{}}
		for _, e := range at.Editions {
			one.Editions = append(one.Editions, TriedUnder{string(e.Ruleset), e.Edition, e.Hash})
		}
		for _, v := range at.Values {
			one.Values = append(one.Values, triedValueOf(v))
		}
		if trial.Draft != nil {
			for _, side := range []struct {
				of domain.Decision
				to *any
			}{{at.Before, &one.Before}, {at.After, &one.After}} {
				text, err := codec.EncodeDecision(side.of)
				if err != nil {
					return out, err
				}
				*side.to = json.RawMessage(text)
			}
		}
		for _, r := range at.Rules {
			rule := TriedRule{ID: r.Rule.ID, Capacity: r.Capacity, InForce: r.InForce, Reaches: r.Reaches}
			if !r.Of {
				rule.Stopped = append(rule.Stopped, "of")
			}
			for _, part := range r.Parts {
				if !part.Passes {
					rule.Stopped = append(rule.Stopped, part.Part.String())
				}
			}
			for _, w := range r.Whens {
				v := triedValueOf(w.TriedValue)
				v.Outcome, v.Conditions = w.Outcome, w.Conditions
				rule.Whens = append(rule.Whens, v)
			}
			one.Rules = append(one.Rules, rule)
		}
		out.At = append(out.At, one)
	}
	return out, nil
}

func triedValueOf(v engine.TriedValue) TriedValue {
	out := TriedValue{Capacity: v.Capacity, Ended: v.Ended, By: v.By}
	if v.Err != nil {
		out.Error = v.Err.Error()
		if missing, ok := errors.AsType[*rules.MissingFact](v.Err); ok {
			out.Missing = missing.Fact
		}
	} else {
		out.Value = plainValue(v.Value)
	}
	if !v.Clauses.Form.IsZero() {
		clauses := triedClauseOf(&v.Clauses)
		out.Clauses = &clauses
	}
	for _, f := range v.Facts {
		out.Facts = append(out.Facts, TriedFact(f))
	}
	return out
}

// plainValue is a value as JSON has it.
func plainValue(v domain.Value) any {
	switch v.Kind() {
	case domain.BoolValue:
		return v.Bool()
	case domain.IntValue:
		return v.Int()
	case domain.ListValue:
		return v.List()
	default:
		return v.Text()
	}
}

var opNames = map[rules.Op]string{
	rules.OpConst: "constant", rules.OpTrue: "true", rules.OpHas: "has", rules.OpEqual: "==", rules.OpDiffers: "!=", rules.OpOneOf: "in", rules.OpIn: "in",
	rules.OpLess: "<", rules.OpAtMost: "<=", rules.OpMore: ">", rules.OpAtLeast: ">=", rules.OpAnd: "&&", rules.OpOr: "||", rules.OpNot: "!",
	rules.OpChoice: "?:", rules.OpOpaque: "opaque",
}

func triedClauseOf(w *rules.Weighed) TriedClause {
	from, _ := w.Form.Extent()
	out := TriedClause{
		Source: w.Form.Source(), Op: opNames[w.Form.Op()], Truth: w.Truth.String(), Skipped: w.Skipped, Decisive: w.Decisive, Line: from.Line, Column: from.Column,
	}
	if w.Err != nil {
		out.Error = w.Err.Error()
	}
	for i := range w.Parts {
		out.Parts = append(out.Parts, triedClauseOf(&w.Parts[i]))
	}
	return out
}

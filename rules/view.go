package rules

import (
	"errors"
	"fmt"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// A Said is the answer to one question of a view.
type Said struct {
	ID    string   `json:"id"`
	Ask   string   `json:"ask"`
	Code  string   `json:"code"`
	Text  string   `json:"text"`
	Notes []string `json:"notes,omitzero"`
}

// Unknown is the code of a view's answer that can't be given.
const Unknown = "unknown"

// ViewAt returns the view of that name whose words are in force at t.
func (e *Edition) ViewAt(name string, t timeline.Instant) (*View, error) {
	named := false
	for _, v := range e.Views {
		if v.Name != name {
			continue
		}
		named = true
		if v.InForceFrom <= t && t < v.InForceTo {
			return v, nil
		}
	}
	if named {
		return nil, &RequestError{Wrong: []string{fmt.Sprintf("view %q has no wording in force at %s", name, t)}}
	}
	var names []string
	for _, v := range e.Views {
		names = appendNew(names, v.Name)
	}
	text := fmt.Sprintf("unknown view %q", clip(name))
	if h := orList(name, names); h != "" {
		text += "; " + h
	}
	return nil, &RequestError{Wrong: []string{text}}
}

// Say answers one question of a view over the answers in the frame. The first
// wording that holds is given; one that can't be decided makes the answer
// unknown rather than fall through to a wording that promises more.
func (q *ViewQuestion) Say(f *Frame) Said {
	said := Said{ID: q.ID, Ask: q.Ask}
	for _, s := range q.Says {
		holds := true
		if s.When != nil {
			var err error
			if holds, err = s.When.Bool(f); err != nil {
				said.Code, said.Text = Unknown, "Cannot tell: "+reasonFor(err)
				return said
			}
		}
		if holds {
			said.Code, said.Text, said.Notes = s.Code, s.Text, s.Notes
			return said
		}
	}
	said.Code, said.Text = Unknown, "Cannot tell: no wording fits"
	return said
}

func reasonFor(err error) string {
	if missing, ok := errors.AsType[*MissingFact](err); ok {
		return missing.Fact + " is not known"
	}
	return err.Error()
}

// Advise returns the guidance of the view that holds in the frame. Guidance that
// lacks a fact is left out.
func (v *View) Advise(f *Frame) []domain.Remark {
	return v.advice(func(g *ViewGuidance) bool { return g.When == nil || g.holds(f) })
}

// General returns the guidance that holds for everybody.
func (v *View) General() []domain.Remark {
	return v.advice(func(g *ViewGuidance) bool { return g.When == nil })
}

// Particular returns the guidance that holds in the frame, and not for everybody.
func (v *View) Particular(f *Frame) []domain.Remark {
	return v.advice(func(g *ViewGuidance) bool { return g.When != nil && g.holds(f) })
}

func (v *View) advice(given func(*ViewGuidance) bool) []domain.Remark {
	out := []domain.Remark{}
	for i := range v.Guidance {
		if g := &v.Guidance[i]; given(g) {
			out = append(out, domain.Remark{Code: g.Code, Text: g.Text, Cite: g.Cite})
		}
	}
	return out
}

func (g *ViewGuidance) holds(f *Frame) bool {
	holds, err := g.When.Bool(f)
	return err == nil && holds
}

// FrameOf is the frame in which a view is answered: a capacity, the request,
// and what was resolved for it.
func FrameOf(c *Capacity, request *Object, answers map[domain.Privilege]Answer) *Frame {
	f := &Frame{Member: c.Member, Sponsor: c.Sponsor, Mission: c.Mission, State: c.State, Request: request,
		Answers: map[domain.Privilege]domain.Outcome{}, Conditions: map[domain.Privilege][]string{}}
	for p, a := range answers {
		if a.Outcome == "" {
			continue // reading it is an error, so the view can't tell
		}
		f.Answers[p] = a.Outcome
		codes := make([]string, len(a.Conditions))
		for i, c := range a.Conditions {
			codes[i] = c.Code
		}
		f.Conditions[p] = codes
	}
	return f
}

package standing

import (
	"errors"
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
)

// A Verdict is an answer without its explanation: what is compared when it is
// asked whether two answers are the same, and one line of why.
type Verdict struct {
	// Outcome is empty if there is none: see Lacks and NoLaw.
	Outcome    domain.Outcome     `json:"outcome,omitzero"`
	Conditions []domain.Condition `json:"conditions,omitzero"`
	// NoLaw says that no edition of the common law is in force.
	NoLaw bool `json:"no_law,omitzero"`
	// Lacks names the facts for want of which there is no outcome, sorted.
	Lacks []string `json:"lacks,omitzero"`

	// Why the answer is as it is: the first reason that it rests on. It does
	// not count when verdicts are compared.
	Code   domain.ReasonCode `json:"code,omitzero"`
	Rule   string            `json:"rule,omitzero"`
	By     string            `json:"by,omitzero"` // the measure, agreement or waiver
	Detail string            `json:"detail,omitzero"`
}

// Same reports whether two verdicts come to the same: outcome, conditions and
// what is lacking.
func (v Verdict) Same(w Verdict) bool {
	return v.Outcome == w.Outcome && v.NoLaw == w.NoLaw && slices.Equal(v.Lacks, w.Lacks) &&
		slices.EqualFunc(v.Conditions, w.Conditions, func(x, y domain.Condition) bool {
			return x.Code == y.Code && x.State == y.State && slices.Equal(x.Params, y.Params)
		})
}

// Permits is the Boolean view, as that of a decision.
func (v Verdict) Permits() bool {
	return domain.Decision{Outcome: v.Outcome, Conditions: v.Conditions}.Permits()
}

// Words names the outcome for people: "denied", "no law in force", "cannot tell".
func (v Verdict) Words() string {
	switch {
	case v.NoLaw:
		return "no law in force"
	case v.Outcome == "":
		return "cannot tell"
	default:
		return string(v.Outcome)
	}
}

// Verdict answers one question in short. That no law is in force is a verdict;
// an error is what Decide would refuse: an unknown privilege, one that can't be
// asked of the subject, a request that does not fit.
func (m *Moment) Verdict(subject domain.Subject, p domain.Privilege, t timeline.Instant, request map[string]string) (Verdict, error) {
	in, err := m.inquire(subject, request)
	if err != nil {
		return Verdict{}, err
	}
	return in.verdict(p, in.time(t))
}

func (in *inquiry) verdict(p domain.Privilege, t timeline.Instant) (Verdict, error) {
	v, _, err := in.instant(t).rested(p)
	return v, err
}

// rested is verdict, with the topics on which it rests: at another instant it is the
// same, unless something of these has changed. Whether the question can be put, and by
// which law, rests on no facts.
func (now *instant) rested(p domain.Privilege) (Verdict, facts.Topics, error) {
	if end := now.alike(p); end != nil {
		return *end.verdict, end.rests, nil
	}
	r, err := now.situation(p)
	if errors.Is(err, projections.ErrNoLaw) {
		return Verdict{NoLaw: true}, facts.Standing, nil
	}
	if err != nil {
		return Verdict{}, facts.Standing, err
	}
	return verdictOf(rules.Weigh(r.law, r.situation)), facts.Everything, nil
}

func verdictOf(a rules.Answer) Verdict {
	v := Verdict{Outcome: a.Outcome, Conditions: a.Conditions}
	if a.Outcome == "" {
		for _, e := range a.Errors {
			if e.Mattered && e.Fact != "" {
				v.Lacks = append(v.Lacks, e.Fact)
			}
		}
		slices.Sort(v.Lacks)
		v.Lacks = slices.Compact(v.Lacks)
	}
	for _, r := range a.Reasons {
		if r.Decisive {
			v.Code, v.Rule, v.By, v.Detail = r.Code, r.Rule, r.By, r.Detail
			break
		}
	}
	return v
}

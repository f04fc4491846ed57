package api

import (
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/standing"
)

// CannotTell is how an answer without outcome is called in flags and JSON.
const CannotTell = "cannot_tell"

// OutcomeOrder lists the outcomes as they are shown, with none last.
var OutcomeOrder = []domain.Outcome{domain.Allowed, domain.Conditional, domain.Notification, domain.Permission, domain.Denied, ""}

// OutcomeWord is an outcome, or that there is none, for programs.
func OutcomeWord(o domain.Outcome) string {
	if o == "" {
		return CannotTell
	}
	return string(o)
}

// OutcomeText is an outcome, or that there is none, for people.
func OutcomeText(o domain.Outcome) string {
	switch o {
	case domain.Allowed:
		return "allowed"
	case domain.Conditional:
		return "allowed with conditions"
	case domain.Notification:
		return "notification required"
	case domain.Permission:
		return "permission required"
	case domain.Denied:
		return "denied"
	default:
		return "cannot tell"
	}
}

// OutcomeChoices lists the words of all outcomes.
func OutcomeChoices() []string {
	words := make([]string, len(OutcomeOrder))
	for i, o := range OutcomeOrder {
		words[i] = OutcomeWord(o)
	}
	return words
}

// ParseOutcome reads the word of an outcome, and says false of another.
func ParseOutcome(word string) (domain.Outcome, bool) {
	o := domain.Outcome(strings.TrimSuffix(word, CannotTell))
	return o, word != "" && slices.Contains(OutcomeOrder, o)
}

// A Verdict is an answer in short, for programs: docs/format/population.md.
type Verdict struct {
	standing.Verdict
	Permits bool `json:"permits"`
}

// VerdictOf writes a verdict, or nil for none.
func VerdictOf(v *standing.Verdict) *Verdict {
	if v == nil {
		return nil
	}
	return &Verdict{*v, v.Permits()}
}

// An Answered is one answer of a list, for programs.
type Answered struct {
	Subject   domain.Subject   `json:"subject"`
	Posts     []standing.Post  `json:"posts"`
	Privilege domain.Privilege `json:"privilege"`
	Verdict
}

// AnsweredOf writes an answer of a list.
func AnsweredOf(a standing.Answer) Answered {
	return Answered{a.Subject, ListOf(a.Posts), a.Privilege, Verdict{a.Verdict, a.Verdict.Permits()}}
}

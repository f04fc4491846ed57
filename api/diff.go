package api

import (
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/standing"
)

// A Diffed is what differs, for programs: docs/format/population.md. In a list,
// the differences follow in place of the counts.
type Diffed struct {
	From   SettledTimes `json:"from"`
	To     SettledTimes `json:"to"`
	Counts []DiffedOver `json:"counts,omitzero"`
}

// SettledTimes is the two times of a question.
type SettledTimes struct {
	AsOf    time.Time       `json:"as_of"`
	AsKnown domain.Position `json:"as_known"`
}

// A DiffedOver says how many answers about a privilege differ.
type DiffedOver struct {
	Privilege   domain.Privilege  `json:"privilege"`
	Of          int               `json:"of"`
	ByTime      int               `json:"by_time"`
	ByKnowledge int               `json:"by_knowledge"`
	ByBoth      int               `json:"by_both"`
	Learnt      []domain.Position `json:"learnt"`
	Turns       []Turned          `json:"turns"`
}

// A Turned says from which outcome to which.
type Turned struct {
	From string `json:"from"`
	To   string `json:"to"`
	Of   int    `json:"of"`
}

// A Differs is one answer that differs.
type Differs struct {
	Subject   domain.Subject    `json:"subject"`
	Posts     []standing.Post   `json:"posts"`
	Privilege domain.Privilege  `json:"privilege"`
	By        string            `json:"by"`
	Before    *Verdict          `json:"before"`
	Between   *Verdict          `json:"between"`
	After     *Verdict          `json:"after"`
	Learnt    []domain.Position `json:"learnt"`
}

// DiffersOf writes a difference.
func DiffersOf(d standing.Difference) Differs {
	return Differs{d.Subject, ListOf(d.Posts), d.Privilege, MadeBy(d), VerdictOf(d.Before), VerdictOf(d.Between), VerdictOf(d.After), ListOf(d.Learnt)}
}

// MadeBy says what made a difference.
func MadeBy(d standing.Difference) string {
	switch {
	case d.ByTime && d.ByKnowledge:
		return "both"
	case d.ByTime:
		return "time"
	}
	return "knowledge"
}

// turnWord writes an outcome, or why there is none, for programs.
func turnWord(words string) string {
	if words == (standing.Verdict{NoLaw: true}).Words() {
		return "no_law"
	}
	return strings.ReplaceAll(words, " ", "_") // those that are no code: cannot tell, not asked
}

// DiffHead writes the two points that are compared.
func DiffHead(d *engine.Diff) Diffed {
	return Diffed{From: SettledTimes(d.From), To: SettledTimes(d.To)}
}

// DiffedOf writes how many answers differ, by privilege.
func DiffedOf(d *engine.Diff, counts []standing.DiffCount) Diffed {
	out := DiffHead(d)
	out.Counts = make([]DiffedOver, len(counts))
	for i, c := range counts {
		out.Counts[i] = DiffedOver{c.Privilege, c.Changed, c.ByTime, c.ByKnowledge, c.ByBoth, ListOf(c.Learnt), []Turned{}}
		for _, t := range c.Turns {
			out.Counts[i].Turns = append(out.Counts[i].Turns, Turned{turnWord(t.From), turnWord(t.To), t.Count})
		}
	}
	return out
}

package analysis

import (
	"cmp"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// A Severity says how much a finding matters.
type Severity string

// The severities, the gravest first. An error takes away what the law holds fast; a
// warning is likely not what was meant; a note is to be known.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Note    Severity = "note"
)

// The codes of findings. Each has a page.
const (
	Unreachable  = "A001" // a rule that never fires
	Redundant    = "A002" // a part of a condition that says nothing
	NoEffect     = "A003" // a rule that can't change any answer
	Overlap      = "A004" // rules of one tier that give different outcomes to one
	NoBaseline   = "A005" // cells of whom no baseline rule speaks
	FloorBreach  = "A006" // a rule that goes below a floor
	Duplicate    = "A007" // two rules that say the same
	Interregnum  = "A008" // a time between the periods of rules in which neither is in force
	Incompatible = "A009" // conditions that can't be met, or not together
)

// A Finding is something that was proved of a ruleset.
type Finding struct {
	Code       string             `json:"code"`
	Severity   Severity           `json:"severity"`
	Rule       string             `json:"rule"`
	Other      string             `json:"other,omitzero"` // the other rule, if there is one
	Privileges []domain.Privilege `json:"privileges,omitzero"`
	Pos        rules.Pos          `json:"-"`
	File       string             `json:"file"`
	Line       int                `json:"line"`
	Column     int                `json:"column"`
	Message    string             `json:"message"`
	Hint       string             `json:"hint,omitzero"`
	Witness    *Witness           `json:"witness,omitzero"` // who shows it, where somebody does
}

// An Open question is something that was not decided, with the reason.
type Open struct {
	Rule      string           `json:"-"` // the first of Rules
	Rules     []string         `json:"rules,omitzero"`
	Privilege domain.Privilege `json:"privilege,omitzero"`
	Pos       rules.Pos        `json:"-"`
	At        string           `json:"at,omitzero"` // file:line
	What      string           `json:"what"`
	Why       string           `json:"why"`
}

// A Gap says for whom no baseline rule speaks of a privilege, so that it is denied
// because nothing says otherwise.
type Gap struct {
	Privilege domain.Privilege   `json:"privilege"`
	Family    bool               `json:"family,omitzero"`
	Mission   bool               `json:"mission,omitzero"` // it is asked of missions
	Category  domain.Category    `json:"category,omitzero"`
	Kind      domain.MissionKind `json:"mission_kind"`
}

// A Report is what an analysis found out about one ruleset.
type Report struct {
	Ruleset     domain.RulesetID `json:"ruleset"`
	Edition     string           `json:"edition"`
	Rules       int              `json:"rules"`      // that were looked at
	Privileges  int              `json:"privileges"` // of which they speak
	Findings    []Finding        `json:"findings"`
	Gaps        []Gap            `json:"gaps"`
	NotAnalysed []Open           `json:"not_analysed"`
	// Steps is how much was looked into: never more than [MostSteps].
	Steps int `json:"-"`

	left map[openKey]int // of NotAnalysed
}

// An openKey is what questions that are listed as one have in common.
type openKey struct {
	privilege domain.Privilege
	pos       rules.Pos
	what, why string
}

func (r *Report) add(f Finding) {
	f.File, f.Line, f.Column = f.Pos.File, f.Pos.Line, f.Pos.Column
	r.Findings = append(r.Findings, f)
}

func (r *Report) leave(o Open) {
	if o.Pos.File != "" {
		o.At = o.Pos.String()
	}
	key := openKey{o.Privilege, o.Pos, o.What, o.Why}
	if i, found := r.left[key]; found {
		if have := &r.NotAnalysed[i]; !slices.Contains(have.Rules, o.Rule) {
			have.Rules = append(have.Rules, o.Rule)
		}
		return
	}
	if r.left == nil {
		r.left = map[openKey]int{}
	}
	r.left[key] = len(r.NotAnalysed)
	if o.Rule != "" {
		o.Rules = []string{o.Rule}
	}
	r.NotAnalysed = append(r.NotAnalysed, o)
}

// sort puts everything in an order that depends on the ruleset alone.
func (r *Report) sort() {
	r.left = nil // whose places change
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(comparePos(a.Pos, b.Pos), strings.Compare(a.Code, b.Code), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Other, b.Other), strings.Compare(a.Message, b.Message))
	})
	slices.SortStableFunc(r.NotAnalysed, func(a, b Open) int {
		return cmp.Or(comparePos(a.Pos, b.Pos), strings.Compare(a.Rule, b.Rule), strings.Compare(string(a.Privilege), string(b.Privilege)), strings.Compare(a.What, b.What))
	})
}

func comparePos(a, b rules.Pos) int {
	return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

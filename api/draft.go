package api

import (
	"time"

	"github.com/comity-project/comity/domain"
)

// A Draft is a text of a ruleset, for programs: docs/format/lists.md.
type Draft struct {
	Ruleset  domain.RulesetID  `json:"ruleset"`
	Hash     string            `json:"hash"`
	Edition  string            `json:"edition,omitzero"`
	Title    string            `json:"title,omitzero"`
	State    domain.DraftState `json:"state"`
	Authors  []string          `json:"authors"`
	Parent   string            `json:"parent,omitzero"`
	Note     string            `json:"note,omitzero"`
	Saved    time.Time         `json:"saved,omitzero"`
	Proposal *Proposal         `json:"proposal,omitempty"`
}

// A Proposal is the last proposal of a text.
type Proposal struct {
	By       string    `json:"by"`
	Recorded time.Time `json:"recorded"`
	// From is when it is to take effect, as it was stated.
	From     *Stated   `json:"from,omitempty"`
	Withdraw bool      `json:"withdraw"`
	Reason   string    `json:"reason,omitzero"`
	Returned *Return   `json:"returned,omitempty"`
	Approval *Approval `json:"approval,omitempty"`
}

// A Return is why a proposal was not taken up.
type Return struct {
	By       string    `json:"by"`
	Recorded time.Time `json:"recorded"`
	Reason   string    `json:"reason"`
}

// An Approval is who approved a proposal, against which editions.
type Approval struct {
	By       string    `json:"by"`
	Recorded time.Time `json:"recorded"`
	Base     string    `json:"base,omitzero"`
	Common   string    `json:"common,omitzero"`
	Note     string    `json:"note,omitzero"`
	Void     string    `json:"void,omitzero"`
}

// DraftOf writes how it stands with a text of a ruleset; approvals that do not hold any more at now
// say why they are void.
func DraftOf(l *domain.Life, d *domain.RulesetDraft, now time.Time) Draft {
	out := Draft{Ruleset: d.Ruleset, Hash: d.Hash, Edition: d.Edition, Title: d.Title, State: d.State, Authors: append([]string{}, l.Authors(d.Hash)...)}
	if n := len(d.Saves); n > 0 {
		last := d.Saves[n-1]
		out.Parent, out.Note, out.Saved = last.Parent, last.Note, last.Recorded
	}
	if p := d.Proposal; p != nil {
		out.Proposal = &Proposal{By: p.By, Recorded: p.Recorded, From: StatedAt(p.From), Withdraw: p.Withdraw, Reason: p.Reason}
		if r := p.Returned; r != nil {
			out.Proposal.Returned = &Return{r.By, r.Recorded, r.Reason}
		}
		if a := p.Approval; a != nil {
			out.Proposal.Approval = &Approval{a.By, a.Recorded, a.Base, a.Common, a.Note, l.Void(d.Hash, now)}
		}
	}
	return out
}

// Checked is the text of a ruleset without mistakes.
type Checked struct {
	Name    string `json:"name"`
	Ruleset string `json:"ruleset"`
	Edition string `json:"edition"`
	Hash    string `json:"hash"`
	Rules   int    `json:"rules"`
	Cases   int    `json:"cases"`
}

package domain

import "github.com/comity-project/comity/domain/calendar"

// RulesetDraftSaved says that somebody saved a text of a ruleset. The text is kept
// by its hash, finished or not, and is no law.
type RulesetDraftSaved struct {
	Hash string `json:"hash"` // SHA-256 of the bundle, in hexadecimal
	// Edition and Title are what its head says, if the text can be read.
	Edition string `json:"edition,omitzero"`
	Title   string `json:"title,omitzero"`
	// Parent is the hash of the draft or edition that it was made from. Whoever
	// saved that draft is an author of this one too.
	Parent string `json:"parent,omitzero"`
	// Base and Common are the hashes of the ruleset's own edition and of the common
	// one that were to be in force on its date when it was saved.
	Base   string `json:"base,omitzero"`
	Common string `json:"common,omitzero"`
	Note   string `json:"note,omitzero"`
}

// RulesetProposed asks that a saved text come into force, or that an edition be
// withdrawn. A new proposal takes the place of the last one of the same text.
type RulesetProposed struct {
	Hash string `json:"hash"`
	// From is when it is to take effect; zero is when it will be published.
	From     calendar.When `json:"from,omitzero"`
	Withdraw bool          `json:"withdraw,omitzero"`
	Reason   string        `json:"reason,omitzero"`
}

// RulesetReturned says that a proposal was not taken up, and why. It takes a new
// proposal to go on.
type RulesetReturned struct {
	Hash   string `json:"hash"`
	Reason string `json:"reason"`
}

// RulesetApproved says that somebody other than the authors approved a proposal.
// It repeats what was approved: what is proposed otherwise is not.
type RulesetApproved struct {
	Hash     string        `json:"hash"`
	From     calendar.When `json:"from,omitzero"` // as proposed
	Withdraw bool          `json:"withdraw,omitzero"`
	// Base and Common are the hashes of the editions that were to be in force at
	// From, of the ruleset itself and of the common one; empty if none. Once
	// either is another, the approval is void.
	Base   string `json:"base,omitzero"`
	Common string `json:"common,omitzero"`
	Note   string `json:"note,omitzero"`
}

// PreparesLaw reports whether an event of e's type is a step towards a publication
// or a withdrawal, which by itself changes no law.
func PreparesLaw(e Event) bool {
	switch e.(type) {
	case RulesetDraftSaved, RulesetProposed, RulesetReturned, RulesetApproved:
		return true
	default:
		return false
	}
}

// ChangesLaw reports whether an event of e's type changes which edition is in force.
func ChangesLaw(e Event) bool {
	switch e.(type) {
	case RulesetPublished, RulesetSuperseded, RulesetWithdrawn:
		return true
	default:
		return false
	}
}

// TextOf returns the hash of the text that an office keeps for the sake of an event:
// of a draft or an edition, also in place of another. It is empty for other events.
func TextOf(e Event) string {
	if c, corrects := e.(EventCorrected); corrects {
		e = c.Body
	}
	switch e := e.(type) {
	case RulesetDraftSaved:
		return e.Hash
	case RulesetPublished:
		return e.Hash
	default:
		return ""
	}
}

func (RulesetDraftSaved) Type() Type { return "ruleset.draft_saved" }
func (RulesetProposed) Type() Type   { return "ruleset.proposed" }
func (RulesetReturned) Type() Type   { return "ruleset.returned" }
func (RulesetApproved) Type() Type   { return "ruleset.approved" }

func (RulesetDraftSaved) About() SubjectKind { return KindRuleset }
func (RulesetProposed) About() SubjectKind   { return KindRuleset }
func (RulesetReturned) About() SubjectKind   { return KindRuleset }
func (RulesetApproved) About() SubjectKind   { return KindRuleset }

func (RulesetDraftSaved) sealed() {}
func (RulesetProposed) sealed()   {}
func (RulesetReturned) sealed()   {}
func (RulesetApproved) sealed()   {}

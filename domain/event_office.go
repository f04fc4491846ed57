package domain

// OfficeFounded is the first event of every log: it names the office, its time
// zone and the mode, which never changes.
type OfficeFounded struct {
	Name string `json:"name,omitzero"`
	Zone string `json:"zone"`
	Mode Mode   `json:"mode"`
}

// SemanticsAdopted says that from here on the log is written for a program of
// that semantics version, which is what the same log means. An older program goes
// on answering by its own version, and records nothing more.
type SemanticsAdopted struct {
	Version int    `json:"version"`
	Program string `json:"program,omitzero"` // what adopted it, such as its release
}

// RulesetPublished says that an edition of the law comes into force at the
// effective time. The bytes of the edition are kept by their hash.
type RulesetPublished struct {
	Edition string `json:"edition"`
	Hash    string `json:"hash"` // SHA-256 of the bundle, in hexadecimal
	// Reason says why; a live office needs one to publish into the past.
	Reason string `json:"reason,omitzero"`
	// RollbackOf is the hash of the edition in force that gives way to this one,
	// which was published before; empty for what is no rollback.
	RollbackOf string `json:"rollback_of,omitzero"`
}

// RulesetSuperseded says that an edition gave way to another that is already
// in the log, from the effective time on.
type RulesetSuperseded struct {
	Hash string `json:"hash"`
	By   string `json:"by"`
}

// RulesetWithdrawn says that an edition went out of force with nothing in its
// place. The general law goes on applying to a State whose own edition is gone;
// without an edition of the common law there are no answers.
type RulesetWithdrawn struct {
	Hash   string `json:"hash"`
	Reason string `json:"reason"`
}

func (OfficeFounded) Type() Type     { return "office.founded" }
func (SemanticsAdopted) Type() Type  { return "semantics.adopted" }
func (RulesetPublished) Type() Type  { return "ruleset.published" }
func (RulesetSuperseded) Type() Type { return "ruleset.superseded" }
func (RulesetWithdrawn) Type() Type  { return "ruleset.withdrawn" }

func (OfficeFounded) About() SubjectKind     { return KindOffice }
func (SemanticsAdopted) About() SubjectKind  { return KindOffice }
func (RulesetPublished) About() SubjectKind  { return KindRuleset }
func (RulesetSuperseded) About() SubjectKind { return KindRuleset }
func (RulesetWithdrawn) About() SubjectKind  { return KindRuleset }

func (OfficeFounded) sealed()     {}
func (SemanticsAdopted) sealed()  {}
func (RulesetPublished) sealed()  {}
func (RulesetSuperseded) sealed() {}
func (RulesetWithdrawn) sealed()  {}

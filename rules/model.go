package rules

import (
	"sync"

	"slices"
	"sync/atomic"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// An Edition is one dated version of a ruleset, loaded and checked. It is
// immutable and safe for concurrent use.
type Edition struct {
	Code    domain.RulesetID // "common", or a sending State's
	Edition string           // as its author named it: 2026-01
	Title   string
	Note    string
	Hash    string // of the bundle's bytes
	// Effective is when the edition is to come into force if it is published
	// with the founding of an office; 00:00 UTC of the date in its head.
	Effective timeline.Instant

	// The language: only the common ruleset declares it; in a State's edition
	// Language is that of the common edition it was checked against.
	Language *Language

	Rules        []*Rule
	Floors       []*Floor
	Consequences map[string][]*Consequence // by code of the offence
	Views        []*View
	Capacities   domain.CapacityLaw // the numbers of the law on capacities; common only
	// Kinds are the kinds of mission at which a category serves, that which goes
	// without saying first.
	Kinds map[domain.Category][]domain.MissionKind
	Cases []*Case // examples that must come true
	// Offices are the regional offices, in order of declaration; common only.
	Offices []*RegionalOffice

	index index
	// restricting keeps, of levels of treatment, whether they restrict.
	restricting sync.Map
	// sayings keeps what rules write when editions are compared.
	sayings sync.Map
}

// A Language is what rules may speak of: codes, privileges, facts, conditions.
// All of it is data of the common ruleset.
type Language struct {
	Lists      map[string]*CodeList // category, mission_kind, status, level, ...
	Privileges map[domain.Privilege]*PrivilegeDecl
	// PrivilegeOrder is the order of declaration.
	PrivilegeOrder []domain.Privilege
	Conditions     map[string]*ConditionDecl
	// Clocks are the kinds of notices and applications.
	Clocks map[domain.RequestKind]domain.ClockLaw
	// Facts are the declarations by object ("member", "mission", "state",
	// "request", "measure", "agreement", "waiver"), in order of declaration.
	Facts map[string][]domain.FactDecl

	env *environment // the typed CEL environment made of the above

	fixed atomic.Pointer[constants] // made on first use

	oracle *Oracle // nil: nothing is compared; set before the language is shared
}

// Security reports whether the privilege is protection, which follows the
// threat and never reciprocity.
func (l *Language) Security(p domain.Privilege) bool {
	d := l.Privileges[p]
	return d != nil && d.Security
}

// RequestKind returns what the law says of notices and applications of a kind.
func (l *Language) RequestKind(kind domain.RequestKind) (domain.ClockLaw, bool) {
	clock, found := l.Clocks[kind]
	return clock, found
}

// Sources returns every way in which the language computes a fact.
func (l *Language) Sources() []domain.FactSource {
	var out []domain.FactSource
	for _, object := range sortedKeys(l.Facts) {
		for _, d := range l.Facts[object] {
			if d.From.Constructor != "" && !slices.Contains(out, d.From) {
				out = append(out, d.From)
			}
		}
	}
	return out
}

// A CodeList is one enumeration of the vocabulary.
type CodeList struct {
	Name  string
	Codes []Code
	index map[string]int
}

// A Code is one word of the vocabulary.
type Code struct {
	Code string
	Term string // as the field says it
	Cite []string
	// Needs are the parameters without which a measure of this level says
	// nothing, each with its alternatives; of the list level only.
	Needs [][]string
}

// Scope letters of privileges: of a person, of a mission, or of both.
type Of uint8

// Whom a privilege, a rule or a table is of.
const (
	OfPerson Of = 1 << iota
	OfMission
	OfBoth = OfPerson | OfMission
)

// A PrivilegeDecl declares a privilege.
type PrivilegeDecl struct {
	Code domain.Privilege
	Term string
	Of   Of
	// Liberty marks the general liberties, which anybody has until a
	// determination restricts them.
	Liberty bool
	// Security marks protection, which follows the threat: reciprocity neither
	// gives nor takes it.
	Security bool
	Cite     []string
}

// A ConditionDecl is an entry of the catalogue of conditions.
type ConditionDecl struct {
	Code   string
	Text   string
	Params []domain.FactDecl // with Object = "condition"
	// Met says whether the request meets the condition; nil if the engine can
	// never tell. Denial is the code shown when it is not met.
	Met    *Expr
	Denial string
	object string // the object type under which the parameters are read
}

// Each says for what a rule is evaluated, once for every live one that covers
// the person and the privilege.
type Each string

// What a rule can be evaluated for.
const (
	EachNothing   Each = ""
	EachMeasure   Each = "measure"
	EachAgreement Each = "agreement"
	EachWaiver    Each = "waiver"
)

// FamilyOnly and its siblings say whether a rule speaks of relatives.
type FamilyScope uint8

// How a rule's applies block speaks of the family.
const (
	FamilySilent FamilyScope = iota // reaches what derives from the sponsor, not the general liberties
	FamilyYes
	FamilyNo
	FamilyOnly
)

// Applies narrows whom a rule reaches.
type Applies struct {
	States []domain.StateID
	Scope  domain.Scope // its Family is unused here: see Family
	Family FamilyScope
}

// A Rule is one sentence of the law.
type Rule struct {
	ID      string
	Ruleset domain.RulesetID
	Tier    domain.Tier
	Effect  domain.Effect
	// Privileges that the rule speaks of; empty means, with Each, those that
	// the measure, agreement or waiver names.
	Privileges []domain.Privilege
	Of         Of
	Applies    Applies
	Each       Each
	// InForce are the law's own dates, half-open.
	InForceFrom, InForceTo timeline.Instant
	// When must be true for the rule to fire; nil is always true.
	When *Expr
	// Outcome, or OutcomeExpr, or As: the outcome of the baseline of another
	// category. A duty has none.
	Outcome     domain.Outcome
	OutcomeExpr *Expr
	As          *Expr
	// Reciprocal marks a denial that any recorded determination turns into
	// "allowed" before restrictions are applied.
	Reciprocal bool
	Conditions []ConditionUse
	Code       string // the reason shown, such as insurance_below_minimum
	// Offence is what it would be to do what the rule denies; its consequences
	// are proposed with the answer.
	Offence string
	// Propose are consequences that a person may draw when the rule fires.
	Propose []string
	// Practice says that a lowering of an R floor answers the State's practice
	// for the same privilege.
	Practice bool
	Cite     []string
	Because  string
	Oblige   []RemarkUse
	Note     []RemarkUse
	Route    []RemarkUse
	Limit    []RemarkUse
	Reads    []FactRef // every fact that its expressions may read
	Pos      Pos

	implies [2][]implied // what it rests on: for who is there himself, and for family
	asks    []string     // the facts of the request of which it asks whether they are there
}

// A FactRef names a fact: member.status.
type FactRef struct{ Object, Name string }

func (f FactRef) String() string { return f.Object + "." + f.Name }

// A ConditionUse attaches a condition, with the values of its parameters.
type ConditionUse struct {
	Decl   *ConditionDecl
	Params []ParamUse // in the order of the declaration
}

// A ParamUse gives a parameter a constant, or the value of an expression.
type ParamUse struct {
	Name  string
	Const domain.Value
	Expr  *Expr // nil: Const
}

// A RemarkUse is an obligation, note, route or limit of a rule: a constant
// text, or a text expression.
type RemarkUse struct {
	Code string
	Text string
	Expr *Expr // nil: Text
}

// A Floor says below what an answer may not be lowered (R19).
type Floor struct {
	Privileges []domain.Privilege
	Mark       byte // 'H' or 'R'
	When       *Expr
	// Witness are requests for which the floor is tried besides the empty one.
	Witness []map[string]string
	// Finding says that a finding under FMA 4304(b) is ground enough.
	Finding bool
	Cite    []string
	Pos     Pos
}

// A Consequence is a proposal that follows from an offence. It is never stored.
type Consequence struct {
	Propose string
	Text    string
	When    *Expr
	// After is the answer to the request for a waiver that it has to wait for:
	// granted or refused; empty: none.
	After string
	Cite  []string
}

// A View is a set of questions over resolved answers, such as the
// law-enforcement card. Its words have dates of their own.
type View struct {
	Name                   string
	Title                  string
	InForceFrom, InForceTo timeline.Instant
	Cite                   []string
	Footnotes              []Footnote
	Rows                   []ViewRow
	Questions              []ViewQuestion
	Guidance               []ViewGuidance
}

// A Footnote of a view.
type Footnote struct {
	Mark string
	Text string
}

// A ViewRow is one kind of person in the printed table.
type ViewRow struct {
	ID          string
	Group       string
	Term        string
	Category    domain.Category
	MissionKind domain.MissionKind
	Notes       []string
}

// A ViewQuestion is one column of the printed table.
type ViewQuestion struct {
	ID     string
	Ask    string
	Family bool // asked of a recognized family member
	Says   []ViewSays
}

// A ViewSays is one possible answer of a view; the first whose When is true is given.
type ViewSays struct {
	When  *Expr // over answers, conditions, member, sponsor, mission, state, request
	Code  string
	Text  string
	Notes []string
}

// ViewGuidance is advice shown with a person's card when When is true.
type ViewGuidance struct {
	When *Expr
	Code string
	Text string
	Cite []string
}

// A Pos is a place in a ruleset's source. Lines and columns count from 1.
type Pos struct {
	File         string
	Line, Column int
}

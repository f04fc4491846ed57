package domain

// What the common ruleset declares of facts. Go knows kinds of fact; which
// facts there are, and the law's numbers, are data.

// A FactType is the type of a fact that rules read.
type FactType string

// The types of fact. An enumeration also names its list of codes.
const (
	BoolFact    FactType = "bool"
	IntFact     FactType = "int"
	DecimalFact FactType = "decimal" // a fixed number of decimal places, see FactDecl.Scale
	MoneyFact   FactType = "money"   // United States cents
	TextFact    FactType = "text"
	WordFact    FactType = "word" // a text as Fold writes it
	EnumFact    FactType = "enum"
	SetFact     FactType = "set" // a list of texts, of words, or of codes when Enum is given
	MapFact     FactType = "map" // privileges to outcomes
)

// A FactDecl declares a fact that rules may read.
type FactDecl struct {
	Object string // "member", "mission", "state", "request", "measure", ...
	Name   string
	Type   FactType
	Enum   string // the list of codes, for EnumFact and SetFact
	Words  bool   // its texts are words, for SetFact
	Scale  int    // decimal places, for DecimalFact
	// Letters is of how many letters a text consists; zero: it may be any.
	Letters int
	// With is the parameter without which this one says nothing.
	With string
	Unit string // shown to people
	// From is the constructor that computes the fact, and of what.
	From FactSource
	// Default is the value when nothing is known; without one, reading the
	// fact is an error that names it.
	Default    Value
	HasDefault bool
	Doc        string
}

// A FactSource says how a fact is computed from what the log holds.
type FactSource struct {
	Constructor string // one of the constructors in projections/facts
	Attr        string // what it is applied to
	// Months and Days are the law's own numbers, for constructors that count
	// over a window or from an age on.
	Months, Days int
}

// A ClockLaw says what notices and applications of one kind are about, and how
// long a clock they start.
type ClockLaw struct {
	Kind RequestKind
	Term string
	// Privileges that a request of this kind is about unless it names some.
	Privileges []Privilege
	// Named says that a request of this kind has to name its privileges.
	Named bool
	// Days or Months is the waiting period, which begins on the local date of
	// filing, that date included; both zero: there is none.
	Days, Months int
	// Free says that what is not disapproved when the period is over may be
	// done; otherwise it goes on waiting.
	Free bool
	Cite []string
}

// CapacityLaw holds the numbers of the law on capacities: how long the period
// to leave is, and who counts as family.
type CapacityLaw struct {
	Period    Period
	Relations map[Relation]RelationLaw
	// Severed are the kinds of mission whose members' functions end when
	// relations with their State are severed; empty: all. A mission to an
	// organization is not accredited to the receiving State.
	Severed []MissionKind
	// WorkEnds says that own gainful work ends the family capacity.
	WorkEnds bool
}

// A RelationLaw says until what age a relation counts as family. Zero means no
// limit of age.
type RelationLaw struct {
	Age        int
	StudentAge int
	// BySponsor overrides the ages for some categories of sponsor.
	BySponsor map[Category]AgeLimit
}

// An AgeLimit is an age in whole years at which the capacity ends.
type AgeLimit struct {
	Age        int
	StudentAge int
}

// Limits returns the age limits of a relation to a sponsor of category c.
func (r RelationLaw) Limits(c Category) AgeLimit {
	if l, found := r.BySponsor[c]; found {
		return l
	}
	return AgeLimit{Age: r.Age, StudentAge: r.StudentAge}
}

package domain

import (
	"time"
)

// Position is a place in the office's log, between events: as known at k sees
// the events 0 to k-1.
type Position uint64

// Outcome is what a question comes to. The order of strictness is that of the
// constants. The empty Outcome means that there is none, only errors; it
// permits nothing.
type Outcome string

// The five outcomes, from the most to the least favourable.
const (
	Allowed      Outcome = "allowed"
	Conditional  Outcome = "allowed_with_conditions"
	Notification Outcome = "notification_required"
	Permission   Outcome = "permission_required"
	Denied       Outcome = "denied"
)

// Outcomes lists the five outcomes in order of strictness.
func Outcomes() []Outcome { return []Outcome{Allowed, Conditional, Notification, Permission, Denied} }

// Strictness orders outcomes: 0 for allowed to 4 for denied. No outcome counts
// as the strictest.
func (o Outcome) Strictness() int {
	switch o {
	case Allowed:
		return 0
	case Conditional:
		return 1
	case Notification:
		return 2
	case Permission:
		return 3
	case Denied:
		return 4
	default:
		return 5
	}
}

// Stricter reports whether o is stricter than p.
func (o Outcome) Stricter(p Outcome) bool { return o.Strictness() > p.Strictness() }

// Tier says at which step of the resolution a rule speaks.
type Tier string

// The tiers, in the order of the resolution.
const (
	TierBaseline    Tier = "baseline"
	TierStatus      Tier = "status"
	TierAgreement   Tier = "agreement"
	TierReciprocity Tier = "reciprocity"
	TierIndividual  Tier = "individual"
	TierProgramme   Tier = "programme"
	TierWaiver      Tier = "waiver"
	TierDuty        Tier = "duty"
)

// Tiers lists the tiers in the order of the resolution.
func Tiers() []Tier {
	return []Tier{TierBaseline, TierStatus, TierAgreement, TierReciprocity, TierIndividual, TierProgramme, TierWaiver, TierDuty}
}

// Effect says what a rule does when it fires.
type Effect string

// The effects of rules.
const (
	Sets      Effect = "sets"      // a baseline
	Cuts      Effect = "cuts"      // by personal status: replaces if at least as strict
	Lifts     Effect = "lifts"     // replaces if at most as strict
	Restricts Effect = "restricts" // combines: strictest outcome, all conditions
	Removes   Effect = "removes"   // a waiver
	Obliges   Effect = "obliges"   // a duty: no effect on the outcome
)

// ReasonCode is why a step of the resolution came out as it did. The set is
// closed; the text for people is made from it.
type ReasonCode string

// The reason codes.
const (
	ReasonBaseline         ReasonCode = "baseline"
	ReasonNoBaseline       ReasonCode = "no_baseline"
	ReasonReciprocalOnly   ReasonCode = "reciprocity_only"
	ReasonCutByStatus      ReasonCode = "cut_by_status"
	ReasonAgreement        ReasonCode = "lifted_by_agreement"
	ReasonReciprocityLift  ReasonCode = "lifted_by_reciprocity"
	ReasonReciprocity      ReasonCode = "restricted_by_reciprocity"
	ReasonGranted          ReasonCode = "granted_individually"
	ReasonIndividual       ReasonCode = "individual_measure"
	ReasonProgramme        ReasonCode = "programme_requirement"
	ReasonConditionNotMet  ReasonCode = "condition_not_met"
	ReasonMissingNotice    ReasonCode = "missing_notice"
	ReasonMissingApproval  ReasonCode = "missing_approval"
	ReasonFloorHeld        ReasonCode = "floor_held"
	ReasonWaived           ReasonCode = "waived"
	ReasonDuty             ReasonCode = "duty"
	ReasonNobody           ReasonCode = "nobody"
	ReasonBestOfCapacities ReasonCode = "best_of_capacities"
)

// Words says in a few words what the code means.
func (c ReasonCode) Words() string {
	if words, found := reasonWords[c]; found {
		return words
	}
	return string(c)
}

var reasonWords = map[ReasonCode]string{
	ReasonBaseline:         "the law gives it",
	ReasonNoBaseline:       "nothing gives it",
	ReasonReciprocalOnly:   "only reciprocity gives it",
	ReasonCutByStatus:      "cut by nationality or residence",
	ReasonAgreement:        "lifted by an agreement",
	ReasonReciprocityLift:  "lifted by reciprocity",
	ReasonReciprocity:      "restricted by reciprocity",
	ReasonGranted:          "granted to the person or mission",
	ReasonIndividual:       "restricted for the person or mission",
	ReasonProgramme:        "a requirement of the programme",
	ReasonConditionNotMet:  "a condition is not met",
	ReasonMissingNotice:    "notice is missing",
	ReasonMissingApproval:  "approval is missing",
	ReasonFloorHeld:        "held at the floor",
	ReasonWaived:           "waived by the sending State",
	ReasonDuty:             "a duty",
	ReasonNobody:           "no capacity",
	ReasonBestOfCapacities: "the best of several capacities",
}

// A Reason is one step of the resolution.
type Reason struct {
	Code    ReasonCode `json:"code"`
	Tier    Tier       `json:"tier,omitzero"`
	Rule    string     `json:"rule,omitzero"`
	Ruleset string     `json:"ruleset,omitzero"`
	Effect  Effect     `json:"effect,omitzero"`
	Outcome Outcome    `json:"outcome,omitzero"`
	// Detail is the rule's own code, such as insurance_below_minimum.
	Detail string `json:"detail,omitzero"`
	// Decisive says that the outcome rests on this reason.
	Decisive bool `json:"decisive"`
	// Capacity tells the capacities of one person apart.
	Capacity string `json:"capacity,omitzero"`
	// By is the measure, agreement or waiver that the rule was evaluated for.
	By      string   `json:"by,omitzero"`
	Cite    []string `json:"cite,omitzero"`
	Because string   `json:"because,omitzero"`
	// Facts are the values that the rule read.
	Facts []FactUsed `json:"facts,omitzero"`
	// Events are the positions of the events relied upon, in order.
	Events []Position `json:"events,omitzero"`
}

// A FactUsed is a value that mattered, with the events that it comes from.
type FactUsed struct {
	Name   string     `json:"name"`
	Value  string     `json:"value"`
	Events []Position `json:"events,omitzero"`
}

// ConditionState says what is known of a condition.
type ConditionState string

// A condition is met by the request, open because the request does not say, or
// unchecked because the engine never can (official acts: only a court does).
const (
	ConditionMet       ConditionState = "met"
	ConditionOpen      ConditionState = "open"
	ConditionUnchecked ConditionState = "unchecked"
)

// A Condition limits what is allowed.
type Condition struct {
	Code   string         `json:"code"`
	Params []Param        `json:"params,omitzero"`
	State  ConditionState `json:"state"`
	// Needs names the request facts that are missing when State is open.
	Needs []string `json:"needs,omitzero"`
	Text  string   `json:"text,omitzero"`
}

// A Param is a named value of a condition.
type Param struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Remark is an obligation, a note, a route or a limit shown with an answer.
type Remark struct {
	Code string   `json:"code,omitzero"`
	Text string   `json:"text"`
	Rule string   `json:"rule,omitzero"`
	Cite []string `json:"cite,omitzero"`
}

// A Problem is something that kept a rule from being evaluated: a missing
// fact, named, or an error in the rule.
type Problem struct {
	// Fact is the missing fact, such as request.amount; empty if none is missing.
	Fact string `json:"fact,omitzero"`
	Rule string `json:"rule,omitzero"`
	Text string `json:"text"`
	// Mattered says that the outcome depends on it, so that there is none.
	Mattered bool `json:"mattered"`
}

// A Holds says between which instants the answer stays the same as known now,
// and what begins and ends it. A zero time means without limit.
type Holds struct {
	From   time.Time `json:"from,omitzero"`
	Until  time.Time `json:"until,omitzero"`
	Begins string    `json:"begins,omitzero"`
	Ends   string    `json:"ends,omitzero"`
}

// An Edition identifies the bytes of a ruleset that was in force.
type Edition struct {
	Ruleset RulesetID `json:"ruleset"`
	Edition string    `json:"edition"`
	Hash    string    `json:"hash"`
}

// A Question asks what a subject may do, as of an effective time, as known at
// a position. Both are always stated: nothing below the engine reads a clock.
type Question struct {
	Subject   Subject
	Privilege Privilege
	AsOf      time.Time
	AsKnown   Position
	// Request holds the facts of the request, as typed: offence=felony.
	Request map[string]string
}

// A Decision is the answer to a question, with everything it rests on. The
// same inputs give the same bytes. The zero Decision permits nothing.
type Decision struct {
	Subject     Subject           `json:"subject"`
	Privilege   Privilege         `json:"privilege"`
	Outcome     Outcome           `json:"outcome"`
	Conditions  []Condition       `json:"conditions"`
	Obligations []Remark          `json:"obligations"`
	Limits      []Remark          `json:"limits"`
	Notes       []Remark          `json:"notes"`
	Routes      []Remark          `json:"routes"`
	Proposals   []Remark          `json:"proposals"`
	Reasons     []Reason          `json:"reasons"`
	Cite        []string          `json:"cite"`
	Facts       []FactUsed        `json:"facts"`
	Holds       Holds             `json:"holds"`
	AsOf        time.Time         `json:"as_of"`
	AsKnown     Position          `json:"as_known"`
	Request     map[string]string `json:"request,omitzero"`
	Editions    []Edition         `json:"editions"`
	// Needs names the facts of the request, such as request.amount, that the
	// question does not bring and on which the answer may depend.
	Needs     []string  `json:"needs,omitzero"`
	Errors    []Problem `json:"errors"`
	Office    OfficeID  `json:"office"`
	Mode      Mode      `json:"mode"`
	Semantics int       `json:"semantics"`
	ZoneData  string    `json:"zone_data"`
}

// Permits is the Boolean view: true only if the outcome is allowed, or is
// allowed with conditions that the request is known to meet. A caller who
// ignores the small print never gets more than one who reads it.
func (d Decision) Permits() bool {
	switch d.Outcome {
	case Allowed:
		return true
	case Conditional:
		for _, c := range d.Conditions {
			if c.State != ConditionMet {
				return false
			}
		}
		return len(d.Conditions) > 0
	default:
		return false
	}
}

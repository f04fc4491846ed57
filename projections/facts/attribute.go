package facts

// An attribute is one line in the history of a subject. The set is closed:
// each is declared here and written by lower alone.
type attribute string

// Registers hold one value at a time. Rulesets may read those listed in
// registers by these names.
const (
	// of a member
	attrStatus        attribute = "status"
	attrNationalities attribute = "nationalities"
	attrLocalHire     attribute = "local_hire"
	attrPrivateWork   attribute = "private_work"
	attrStudent       attribute = "student"
	attrBirth         attribute = "birth"

	// of a mission; its status is attrStatus
	attrState            attribute = "state"
	attrKind             attribute = "kind"
	attrCity             attribute = "city"
	attrZone             attribute = "zone"
	attrArchivesSeparate attribute = "archives_separate"

	// of a State
	attrRelations   attribute = "relations"
	attrSuccessorOf attribute = "successor_of"
)

// registers are the registers that rules may read: all but the birth date,
// which they see only as an age.
var registers = []attribute{
	attrArchivesSeparate, attrCity, attrKind, attrLocalHire, attrNationalities, attrPrivateWork,
	attrRelations, attrState, attrStatus, attrStudent, attrSuccessorOf, attrZone,
}

// Spans hold for a while. Their value is the event itself, found by position.
const (
	attrGrant       attribute = "grant"       // member or mission
	attrRestriction attribute = "restriction" // likewise: restricted, or revoked without a grant to end
	attrMeasure     attribute = "measure"     // measure
	attrAgreement   attribute = "agreement"   // agreement
	attrCard        attribute = "card"        // card
)

// Marks are spans without an end: something happened, and from then on it has.
const (
	attrCapacity  attribute = "capacity"  // member: accredited, reassigned, category changed
	attrFunctions attribute = "functions" // member: functions ended
	attrPeriod    attribute = "period"    // member: period set
	attrDeparted  attribute = "departed"  // member
	attrDied      attribute = "died"      // member
	attrExpelled  attribute = "expelled"  // member
	attrHousehold attribute = "household" // member: joined or left
	attrDelivered attribute = "delivered" // member
	attrVisit     attribute = "visit"     // member
	attrWaiver    attribute = "waiver"    // member: requested, granted, refused

	attrLeave      attribute = "leave"      // mission: suspended with an order to leave
	attrSuccession attribute = "succession" // State
	attrPractice   attribute = "practice"   // State, or a measure that answers a practice
	attrLift       attribute = "lift"       // measure, agreement, card: what ends it without naming an event
	attrEdition    attribute = "edition"    // ruleset: published, superseded, withdrawn
)

// Codes that Go must know, because capacities depend on them.
const (
	statusNone = "none" // personal status, unless another is on record

	missionOpen      = "open"
	missionSuspended = "suspended"
	missionClosing   = "closing"
	missionClosed    = "closed"

	relationsSevered = "severed"

	categoryCourier = "courier"
	identityCard    = "identity"
	mainCapacity    = "main"
	levelWithdrawn  = "withdrawn"
	levelGranted    = "granted"
	jurisdiction    = "jurisdiction"
)

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

	// of a vehicle or a property; the kind of a vehicle is attrKind
	attrLeased     attribute = "leased"
	attrUse        attribute = "use"
	attrTenure     attribute = "tenure"
	attrCommercial attribute = "commercial"
	attrUseForgone attribute = "use_forgone"

	// of a currency
	attrDollars attribute = "dollars" // of one unit, as decimal text
)

// registers are the registers that rules may read: all but the birth date,
// which they see only as an age.
var registers = []attribute{
	attrArchivesSeparate, attrCity, attrCommercial, attrKind, attrLeased, attrLocalHire, attrNationalities, attrPrivateWork,
	attrRelations, attrState, attrStatus, attrStudent, attrSuccessorOf, attrTenure, attrUse, attrUseForgone, attrZone,
}

// Spans hold for a while. Their value is the event itself, found by position.
const (
	attrGrant       attribute = "grant"       // member or mission
	attrRestriction attribute = "restriction" // likewise: restricted, or revoked without a grant to end
	attrMeasure     attribute = "measure"     // measure
	attrAgreement   attribute = "agreement"   // agreement
	attrCard        attribute = "card"        // card
	attrVehicle     attribute = "vehicle"     // vehicle, while it is in the programme
	attrRegistered  attribute = "registered"  // vehicle, while its decal runs
	attrLien        attribute = "lien"        // vehicle
	attrTicket      attribute = "ticket"      // vehicle, until it is cleared
	attrLicense     attribute = "license"     // member: suspended or revoked; the term is counted when read
	attrWithheld    attribute = "withheld"    // vehicle, member or mission: registration withheld
	attrCharge      attribute = "charge"      // member or mission: fee, surcharge or duty, until it is settled
	attrProperty    attribute = "property"    // property, while it is the mission's
	attrRequest     attribute = "request"     // request: filed
	attrThreat      attribute = "threat"      // member, mission or property
	attrProtection  attribute = "protection"  // likewise
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

	attrOwner     attribute = "owner"     // vehicle: recorded or transferred
	attrPlates    attribute = "plates"    // vehicle: registered, recalled, surrendered
	attrInsurance attribute = "insurance" // vehicle: recorded or lapsed
	attrViolation attribute = "violation" // member or mission: violation recorded, points assessed, consequence decided
	attrHandled   attribute = "handled"   // request: acknowledged, approved, disapproved, withdrawn
	attrBenefit   attribute = "benefit"   // member or mission: a benefit used
	attrDivest    attribute = "divest"    // property: divestiture ordered
	attrCustody   attribute = "custody"   // mission
	attrNoted     attribute = "noted"     // what is only kept: notes, bars, warrants, outreach, visas, conflicts
)

// Codes that Go must know, because capacities depend on them.
const (
	statusNone = "none" // personal status, unless another is on record

	missionOpen      = "open"
	missionSuspended = "suspended"
	missionClosing   = "closing"
	missionClosed    = "closed"
	missionInCustody = "in_custody"

	relationsSevered = "severed"

	categoryCourier = "courier"
	identityCard    = "identity"
	mainCapacity    = "main"
	levelWithdrawn  = "withdrawn"
	levelGranted    = "granted"
	jurisdiction    = "jurisdiction"
)

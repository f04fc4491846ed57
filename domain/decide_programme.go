package domain

import (
	"regexp"
	"strings"
)

// MaxPoints is the most points that one violation is believed to have.
const MaxPoints = 99

// decideProgramme checks the payloads of the Office's programmes: vehicles,
// enforcement, requests, property, protection. Others have nothing to check
// beyond their codes.
func (d *decision) decideProgramme(e Event) {
	switch e := e.(type) {
	case VehicleRecorded:
		d.owner(e.Owner, e.OwnerMission)
	case VehicleTransferred:
		d.owner(e.Owner, e.OwnerMission)
	case VehicleRegistered:
		d.after("payload.until", e.Until)
	case InsuranceRecorded:
		d.insurance(e)
		d.after("payload.until", e.Until)
	case LienRecorded:
		d.require("payload.holder", e.Holder)

	case ViolationRecorded:
		d.points(e.Points, 0)
	case ViolationDismissed:
		d.require("payload.reason", e.Reason)
	case PointsAssessed:
		d.points(e.Points, 1)
	case LicenseSuspended:
		d.term(e.Term)
	case FeeImposed:
		d.amount(e.Amount)
	case SurchargeImposed:
		d.amount(e.Amount)
	case DutyAssessed:
		d.amount(e.Amount)
	case ConsequenceDecided:
		if e.Decided != Imposed && e.Decided != Declined {
			d.refuse("payload.decided", "%q is neither %q nor %q", e.Decided, Imposed, Declined)
		}
	case ExequaturWithdrawn:
		d.period(e.Period)
	case NoteSent:
		d.require("payload.number", e.Number)

	case RequestFiled:
		d.filing(e)
	case RequestAcknowledged:
		d.notNegative("payload.days", e.Days)
		d.handling(e.Days)
	case RequestApproved:
		d.handling(0)
		d.after("payload.until", e.Until)
	case RequestDisapproved:
		d.handling(0)
		d.require("payload.reason", e.Reason)
	case RequestWithdrawn:
		d.handling(0)
	case BenefitUsed:
		d.notNegative("payload.quantity", e.Quantity)
		d.notNegative("payload.amount", int(e.Amount))
	case RateRecorded:
		if !rate.MatchString(e.Dollars) || strings.Trim(e.Dollars, "0.") == "" {
			d.refuse("payload.dollars", "%q is not a rate: write what one unit is worth in dollars as a positive decimal with at most nine places, for example %q", e.Dollars, "1.0842")
		}

	case PropertyRecorded:
		d.require("payload.mission", string(e.Mission))
	case DivestitureOrdered:
		if e.Deadline.At.IsZero() {
			d.refuse("payload.deadline", "say by when the mission must part with the property")
		}
		d.after("payload.deadline", e.Deadline)

	case ThreatAssessed:
		d.ground(e.Ground)
		d.after("payload.until", e.Until)
	case ProtectionAssigned:
		d.ground(e.Ground)
		d.after("payload.until", e.Until)
	default:
		// the other payloads have nothing to check beyond their codes
	}
}

// rate matches a decimal of at most nine places before and after the point.
var rate = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})(\.[0-9]{1,9})?$`)

// owner refuses a vehicle that is nobody's, or two owners'.
func (d *decision) owner(member MemberID, mission MissionID) {
	if (member == "") == (mission == "") {
		d.refuse("payload.owner", "a vehicle has one owner: name a member as owner, or a mission as owner_mission, and not both")
	}
}

// insurance refuses limits that say nothing. Split limits may be stated in part.
func (d *decision) insurance(e InsuranceRecorded) {
	limits := []struct {
		field string
		limit Cents
	}{
		{"payload.combined", e.Combined}, {"payload.per_person", e.PerPerson},
		{"payload.per_accident", e.PerAccident}, {"payload.property", e.Property},
	}
	stated := false
	for _, l := range limits {
		d.notNegative(l.field, int(l.limit))
		stated = stated || l.limit != 0
	}
	if !stated {
		d.refuse("payload.combined", "state a limit: combined, or per_person, per_accident and property; that there is no insurance is insurance.lapsed")
	}
}

func (d *decision) points(n, least int) {
	if n < least || n > MaxPoints {
		d.refuse("payload.points", "%d points are a slip of the pen: a violation has %d to %d", n, least, MaxPoints)
	}
}

func (d *decision) amount(c Cents) {
	if c <= 0 {
		d.refuse("payload.amount", "an amount is more than nothing, in cents: 30000 is $300.00")
	}
}

func (d *decision) notNegative(field string, n int) {
	if n < 0 {
		d.refuse(field, "can't be negative")
	}
}

func (d *decision) term(t Term) {
	const field = "payload.term"
	given := 0
	for _, set := range []bool{t.Days != 0, t.Months != 0, !t.Until.At.IsZero()} {
		if set {
			given++
		}
	}
	switch {
	case given > 1:
		d.refuse(field, "give days, months or until, not several of them")
	case t.Days < 0 || t.Months < 0:
		d.refuse(field, "a term can't be negative")
	case t.Days > 366*10 || t.Months > 12*10:
		d.refuse(field, "a term of more than ten years is a slip of the pen: what has no end is a revocation")
	}
	d.after(field+".until", t.Until)
}

// filing refuses a request of nobody, of two applicants, or for no time.
func (d *decision) filing(e RequestFiled) {
	if (e.Applicant == "") == (e.Mission == "") {
		d.refuse("payload.applicant", "a request has one applicant: name a member as applicant, or a mission, and not both")
	}
	if len(e.Members) > 0 && e.Mission == "" {
		d.refuse("payload.members", "only a mission files for members: name the mission, or leave the members out")
	}
	if !e.From.At.IsZero() && !e.Until.At.IsZero() && !e.From.At.Before(e.Until.At) {
		d.refuse("payload.until", "%s is not after %s, when the act may begin: intervals are half-open and must not be empty", e.Until, e.From)
	}
	d.notNegative("payload.amount", int(e.Amount))
}

// ground refuses to let reciprocity be why somebody is protected, or is not.
func (d *decision) ground(text string) {
	const field = "payload.ground"
	switch {
	case strings.TrimSpace(text) == "":
		d.refuse(field, "say what it rests on: protection follows the threat")
	case strings.Contains(strings.ToLower(text), "reciproc"):
		d.refuse(field, "protection follows the threat and never reciprocity (VCDR 22(2), 29): say what the threat is")
	}
}

// decideLaw checks an event against what the law says of its codes.
func (d *decision) decideLaw(e Event, words Vocabulary) {
	switch e := e.(type) {
	case PracticeObserved:
		d.decideSecurity(e.Privileges, words)
		d.decideParams("payload.params", "", e.Params, words)
	case MeasureDetermined:
		d.decideSecurity(e.Privileges, words)
		d.decideParams("payload.params", e.Level, e.Params, words)
		if e.Observed != nil {
			d.decideParams("payload.observed.params", "", e.Observed.Params, words)
		}
	case PrivilegeRestricted:
		d.decideParams("payload.params", e.Level, e.Params, words)
	case RequestFiled:
		if law, found := words.RequestKind(e.Kind); found && law.Named && len(e.Privileges) == 0 {
			d.refuse("payload.privileges", "a request of the kind %s may be about anything: name the privileges that it is about", e.Kind)
		}
	default:
		// the law says nothing more of the others
	}
}

// decideParams checks the parameters of a treatment, which rules read. What is
// observed may be less than what its level needs: it has no level here.
func (d *decision) decideParams(field string, level Level, params Params, words Vocabulary) {
	for _, name := range sortedKeys(params) {
		if err := words.CheckParam(name, params[name]); err != nil {
			d.refuse(field+"."+name, "%v", err)
		}
	}
	for _, lack := range words.CheckLevel(level, params) {
		d.refuse(field+"."+lack.Name, "%s", lack.Text)
	}
}

// decideSecurity keeps protection out of reciprocity.
func (d *decision) decideSecurity(privileges []Privilege, words Vocabulary) {
	for _, p := range privileges {
		if words.Security(p) {
			d.refuse("payload.privileges", "%s follows the threat and never reciprocity (VCDR 22(2), 29): leave it out, and record threat.assessed or protection.assigned", p)
		}
	}
}

package codec

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// Describe says in one line what an event is, for people:
//
//	2024-01-01 member/ana accredited at arandia-embassy as dip.agent
//
// It never shows names or birth dates, and of a plate the last two characters.
func Describe(e domain.Envelope) string {
	if e.Event != nil {
		e.Event = domain.Masked(e.Event)
	}
	return DescribeRestricted(e)
}

// DescribeRestricted says what [Describe] says and shows plates whole, for those
// who may see restricted data.
func DescribeRestricted(e domain.Envelope) string {
	if e.Event == nil {
		return sentence(date(e.Effective), e.Subject.String(), "no event")
	}
	line := sentence(date(e.Effective), e.Subject.String(), describe(e.Event))
	if !e.Target.IsZero() {
		line += " (event " + e.Target.String() + ")"
	}
	return line
}

func describe(e domain.Event) string {
	switch e := e.(type) {
	case domain.OfficeFounded:
		return sentence("founded as a", string(e.Mode), "office in", e.Zone)
	case domain.SemanticsAdopted:
		return sentence("adopted semantics version", strconv.Itoa(e.Version), prefixed("by ", e.Program))
	case domain.RulesetDraftSaved:
		return sentence("draft", brief(e.Hash), "saved", as(e.Edition), prefixed("made from ", brief(e.Parent)), because(e.Note))
	case domain.RulesetProposed:
		return sentence("draft", brief(e.Hash), whether(e.Withdraw, "proposed for withdrawal", "proposed"), from(e.From), because(e.Reason))
	case domain.RulesetReturned:
		return sentence("draft", brief(e.Hash), "returned", because(e.Reason))
	case domain.RulesetApproved:
		return sentence("draft", brief(e.Hash), whether(e.Withdraw, "approved for withdrawal", "approved"), from(e.From), because(e.Note))
	case domain.RulesetPublished:
		return sentence("published as edition", e.Edition, prefixed("rolling back ", brief(e.RollbackOf)), because(e.Reason))
	case domain.RulesetSuperseded:
		return sentence("edition", brief(e.Hash), "superseded by", brief(e.By))
	case domain.RulesetWithdrawn:
		return sentence("edition", brief(e.Hash), "withdrawn", because(e.Reason))

	case domain.StateRegistered:
		return sentence("registered as", e.Name)
	case domain.RelationsChanged:
		return sentence("relations are", string(e.Relations), period(e.Period))
	case domain.StateSucceeded:
		return sentence("succeeded to", string(e.Predecessor))
	case domain.PracticeObserved:
		return sentence("observed to give", string(e.Level), "for", list(e.Privileges))
	case domain.AgreementConcluded:
		return sentence("concluded with", list(e.States), until(e.Until))
	case domain.AgreementTerminated:
		return "terminated"
	case domain.MeasureDetermined:
		return sentence("determined for", string(e.State)+":", string(e.Level), "for", list(e.Privileges), until(e.Until))
	case domain.MeasureLifted:
		if e.Scope.IsZero() {
			return "lifted"
		}
		return "lifted in part"

	case domain.MissionOpened:
		return sentence("opened as", string(e.Kind), "of", string(e.State), in(e.City))
	case domain.MissionSuspended:
		if e.Leave {
			return sentence("suspended with an order to leave", period(e.Period))
		}
		return "suspended"
	case domain.ClosureOrdered:
		return sentence("ordered to close by", date(e.Deadline))
	case domain.MissionClosed:
		return sentence("closed", period(e.Period))
	case domain.MissionReopened:
		return "reopened"
	case domain.ArchivesKept:
		if e.Separate {
			return "keeps its archives separate"
		}
		return "does not keep its archives separate"

	case domain.MemberAccredited:
		return sentence("accredited at", string(e.Mission), "as", string(e.Category), capacity(e.Capacity))
	case domain.MemberReassigned:
		return sentence("reassigned to", string(e.Mission), as(string(e.Category)), capacity(e.Capacity))
	case domain.CategoryChanged:
		return sentence("changed category to", string(e.Category), capacity(e.Capacity))
	case domain.StatusChanged:
		return sentence("has the status", string(e.Status))
	case domain.NationalityChanged:
		return sentence("is a national of", list(e.Nationalities))
	case domain.LocalHireChanged:
		return whether(e.LocalHire, "is hired locally", "is not hired locally")
	case domain.PrivateWorkChanged:
		return whether(e.PrivateWork, "carries on gainful private work", "carries on no gainful private work")
	case domain.StudentChanged:
		return whether(e.Student, "is a full-time student", "is not a full-time student")
	case domain.BirthRecorded:
		return "has personal data recorded"
	case domain.FunctionsEnded:
		return sentence("ended functions", capacity(e.Capacity), period(e.Period), because(e.Reason))
	case domain.PeriodSet:
		return sentence("has", strings.TrimPrefix(period(e.Period), "with "))
	case domain.MemberDeparted:
		return "departed for good"
	case domain.MemberDied:
		return "died"
	case domain.PersonaNonGrata:
		return sentence("declared", expelled(e.As), period(e.Period))

	case domain.FamilyJoined:
		return sentence("joined the household of", string(e.Sponsor), "as", string(e.Relation))
	case domain.FamilyLeft:
		return sentence("left the household", because(e.Reason))
	case domain.CourierDelivered:
		return "delivered the bag"
	case domain.VisitorRecorded:
		return sentence("visits", string(e.Mission), until(e.Until))
	case domain.CardIssued:
		return sentence("issued to", owner(e.Holder, e.Mission), "as", string(e.Kind), "card", prefixed("of the design ", string(e.Design)), until(e.Until))
	case domain.CardRecalled:
		return sentence("recalled", because(e.Reason))
	case domain.CardReturned:
		return "returned"
	case domain.VisaRecorded:
		return sentence("has a visa of class", string(e.Class), until(e.Until))

	case domain.PrivilegeGranted:
		return sentence("granted", list(e.Privileges), until(e.Until))
	case domain.PrivilegeRestricted:
		return sentence("restricted to", level(e.Level), "for", list(e.Privileges), until(e.Until))
	case domain.RestrictionLifted:
		return "has a restriction lifted"
	case domain.PrivilegeRevoked:
		if len(e.Privileges) == 0 {
			return sentence("has a grant revoked", because(e.Reason))
		}
		return sentence("revoked", list(e.Privileges), because(e.Reason))
	case domain.PrivilegeReinstated:
		return "has privileges reinstated"

	case domain.WaiverRequested:
		return sentence("waiver of", list(e.Immunities), "requested in", string(e.Matter), stage(e.Stage))
	case domain.WaiverGranted:
		return sentence("waiver of", list(e.Immunities), "given by the", string(e.By), "in", string(e.Matter), stage(e.Stage))
	case domain.WaiverRefused:
		return sentence("waiver refused in", string(e.Matter), stage(e.Stage))

	case domain.VehicleRecorded:
		return sentence("recorded as", string(e.Kind), "of", owner(e.Owner, e.OwnerMission), whether(e.Leased, "(leased)", ""))
	case domain.VehicleTransferred:
		return sentence("transferred to", owner(e.Owner, e.OwnerMission))
	case domain.VehicleDisposed:
		return sentence("disposed of", because(e.Reason))
	case domain.VehicleRegistered:
		return sentence("registered", prefixed("with the plate ", e.Plate), until(e.Until))
	case domain.PlatesRecalled:
		return sentence("has its plates recalled", because(e.Reason))
	case domain.PlatesSurrendered:
		return "has its plates surrendered"
	case domain.InsuranceRecorded:
		return sentence("insured for", limits(e), prefixed("by ", e.Insurer), until(e.Until))
	case domain.InsuranceLapsed:
		return sentence("insurance lapsed", because(e.Reason))
	case domain.LienRecorded:
		return sentence("has a lien of", e.Holder)
	case domain.LienReleased:
		return "has a lien released"
	case domain.TicketIssued:
		return sentence("got a parking ticket in", string(e.Place), prefixed("no. ", e.Number))
	case domain.TicketCleared:
		return sentence("has a ticket cleared", because(e.Reason))

	case domain.ViolationRecorded:
		return sentence("committed", string(e.Offence), because(some(e.Points, "point")), prefixed("with ", string(e.Vehicle)), prefixed("in ", string(e.Matter)))
	case domain.ViolationDismissed:
		return sentence("has a violation dismissed", because(e.Reason))
	case domain.PointsAssessed:
		return sentence("assessed", count(e.Points, "point"))
	case domain.LicenseSuspended:
		return sentence("has the license suspended", term(e.Term), because(e.Reason))
	case domain.LicenseRevoked:
		return sentence("has the license revoked", because(e.Reason))
	case domain.LicenseReinstated:
		return "has the license reinstated"
	case domain.RegistrationWithheld:
		return sentence("has registration withheld", because(e.Reason))
	case domain.RegistrationReleased:
		return "has registration released"
	case domain.FeeImposed:
		return sentence("owes a fee of", e.Amount.Dollars(), because(e.Reason))
	case domain.SurchargeImposed:
		return sentence("owes a surcharge of", e.Amount.Dollars(), because(e.Reason))
	case domain.DutyAssessed:
		return sentence("owes duty of", e.Amount.Dollars(), because(e.Reason))
	case domain.ChargeSettled:
		return sentence("settled a charge", because(e.Reason))
	case domain.ConsequenceDecided:
		return sentence("has", string(e.Consequence), string(e.Decided), because(e.Reason))
	case domain.ExequaturWithdrawn:
		return sentence("has the exequatur withdrawn", period(e.Period))
	case domain.VisaBarred:
		return sentence("barred from visas", because(e.Reason))
	case domain.WarrantRecorded:
		return sentence("has a warrant in", string(e.Matter), prefixed("for ", string(e.Offence)))
	case domain.NoteSent:
		return sentence("is the subject of note", e.Number, prefixed("on ", e.Subject))

	case domain.RequestFiled:
		return sentence("filed by", owner(e.Applicant, e.Mission), "as", string(e.Kind), prefixed("on ", e.Object),
			prefixed("about ", list(e.Privileges)), from(e.From), until(e.Until))
	case domain.RequestAcknowledged:
		return sentence("acknowledged", prefixed("with ", some(e.Days, "day")))
	case domain.RequestApproved:
		return sentence("approved", prefixed("on terms: ", strings.Join(e.Terms, "; ")), until(e.Until))
	case domain.RequestDisapproved:
		return sentence("disapproved", because(e.Reason))
	case domain.RequestWithdrawn:
		return sentence("withdrawn", because(e.Reason))
	case domain.BenefitUsed:
		return sentence("used", string(e.Privilege), used(e), prefixed("on ", e.Object), whether(e.FirstInstallation, "as first installation", ""))
	case domain.RateRecorded:
		return sentence("is worth", e.Dollars, "dollars", because(e.Source))

	case domain.PropertyRecorded:
		return sentence("recorded as", string(e.Tenure), string(e.Use), "of", string(e.Mission), partly(e.Commercial))
	case domain.PropertyUseChanged:
		return sentence("used as", string(e.Use), partly(e.Commercial))
	case domain.PropertyUseForgone:
		return sentence("has its use forgone", because(e.Reason))
	case domain.PropertyUseRestored:
		return "has its use restored"
	case domain.DivestitureOrdered:
		return sentence("ordered to be parted with by", date(e.Deadline), because(e.Reason))
	case domain.PropertyDisposed:
		return sentence("disposed of", because(e.Reason))
	case domain.CustodyTaken:
		return sentence("has its property in custody", prefixed("of ", e.Custodian))

	case domain.ThreatAssessed:
		return sentence("under a threat assessed as", string(e.Level), until(e.Until))
	case domain.ProtectionAssigned:
		return sentence("protected by", string(e.Kind), until(e.Until))
	case domain.ProtectionEnded:
		return "has a protection ended"
	case domain.OutreachRecorded:
		return sentence("had outreach on security:", string(e.Kind))

	case domain.ConflictNoted:
		return sentence("sources differ on", e.Matter+":", strings.Join(e.Accounts, "; ")+"; taken:", e.Taken)

	case domain.EventRetracted:
		return sentence("event retracted", because(e.Reason))
	case domain.EventCorrected:
		if e.Body == nil {
			return sentence("event corrected", because(e.Reason))
		}
		return sentence("event corrected:", describe(e.Body), because(e.Reason))
	}
	return string(e.Type()) // unreachable: the set is closed, and a test describes all of it
}

// sentence joins the parts that say something.
func sentence(parts ...string) string {
	said := parts[:0:0]
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, " ")
}

// date writes a moment for the head of a line: the date as it was stated, or
// the instant.
func date(w calendar.When) string {
	switch {
	case w.HasDate:
		return w.Date.String()
	case w == calendar.When{}:
		return "undated"
	default:
		return w.String()
	}
}

func until(w calendar.When) string {
	if w == (calendar.When{}) {
		return ""
	}
	return "until " + date(w)
}

func period(p domain.Period) string {
	switch {
	case p == domain.Period{}:
		return ""
	case p.Hours != 0:
		return fmt.Sprintf("with %d hours to leave", p.Hours)
	case p.Days != 0:
		return fmt.Sprintf("with %d days to leave", p.Days)
	default:
		return "with until " + date(p.Until) + " to leave"
	}
}

func term(t domain.Term) string {
	switch {
	case t.Days != 0:
		return "for " + count(t.Days, "day")
	case t.Months != 0:
		return "for " + count(t.Months, "month")
	default:
		return until(t.Until)
	}
}

func from(w calendar.When) string {
	if w == (calendar.When{}) {
		return ""
	}
	return "from " + date(w)
}

// owner names whose something is.
func owner(member domain.MemberID, mission domain.MissionID) string {
	if member != "" && mission != "" {
		return string(member) + " of " + string(mission)
	}
	return string(member) + string(mission)
}

// limits says for how much a vehicle is insured.
func limits(e domain.InsuranceRecorded) string {
	var said []string
	for _, l := range []struct {
		limit domain.Cents
		of    string
	}{{e.Combined, "combined"}, {e.PerPerson, "per person"}, {e.PerAccident, "per accident"}, {e.Property, "for property"}} {
		if l.limit != 0 {
			said = append(said, l.limit.Dollars()+" "+l.of)
		}
	}
	return strings.Join(said, ", ")
}

// used says how much of what was used.
func used(e domain.BenefitUsed) string {
	how := ""
	if e.Quantity != 0 {
		how = sentence(strconv.Itoa(e.Quantity), e.Unit)
	}
	worth := ""
	if e.Amount != 0 {
		worth = "worth " + e.Amount.Dollars()
	}
	return prefixed("for ", sentence(how, e.Goods, worth))
}

func count(n int, noun string) string { return strconv.Itoa(n) + " " + plural(n, noun) }

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// some says how many there are of something, if there are any.
func some(n int, noun string) string {
	if n == 0 {
		return ""
	}
	return count(n, noun)
}

func partly(commercial bool) string { return whether(commercial, "(in part commercial)", "") }

func list[T ~string](codes []T) string { return strings.Join(texts(codes), ", ") }

func as(code string) string { return prefixed("as ", code) }

func in(place string) string { return prefixed("in ", place) }

func capacity(name string) string { return prefixed("in the capacity ", name) }

func stage(s domain.Stage) string { return prefixed("for ", string(s)) }

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return "(" + strings.Join(strings.Fields(reason), " ") + ")"
}

func level(l domain.Level) string {
	if l == "" {
		return "withdrawn"
	}
	return string(l)
}

func expelled(as domain.ExpulsionAs) string {
	if as == "" {
		return "persona non grata"
	}
	return strings.ReplaceAll(string(as), "_", " ")
}

func whether(yes bool, so, not string) string {
	if yes {
		return so
	}
	return not
}

// brief is the beginning of a hash, enough to tell editions apart.
func brief(hash string) string { return hash[:min(12, len(hash))] }

package codec

import (
	"fmt"
	"strings"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// Describe says in one line what an event is, for people:
//
//	2024-01-01 member/ana accredited at arandia-embassy as dip.agent
//
// It never shows names or birth dates.
func Describe(e domain.Envelope) string {
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
	case domain.RulesetPublished:
		return sentence("published as edition", e.Edition)
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
		return sentence("issued to", string(e.Holder), "as", string(e.Kind), "card", until(e.Until))
	case domain.CardRecalled:
		return sentence("recalled", because(e.Reason))
	case domain.CardReturned:
		return "returned"

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

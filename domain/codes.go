package domain

import (
	"fmt"
	"slices"
	"strings"
)

// A codeUse is a code of the vocabulary that an event uses.
type codeUse struct{ list, code, field string }

// decideCodes checks every code that the event uses against the vocabulary in
// force at its effective time.
func (d *decision) decideCodes(e Event) {
	uses := codesOf(e)
	if len(uses) == 0 {
		return
	}
	words := d.view.Vocabulary(d.draft.Effective.At)
	if words == nil {
		d.refuse("effective", "no edition of the common law is in force on %s, so its codes can't be checked: publish one that is, or state a later time", d.draft.Effective)
		return
	}
	for _, use := range uses {
		switch {
		case use.code == "":
			d.refuse(use.field, "must not be empty: it is a code of the list %s", use.list)
		case !words.Has(use.list, use.code):
			d.refuse(use.field, "unknown %s %q%s", use.list, use.code, meant(words, use))
		}
	}
	d.decideLaw(e, words)
}

// meant says which code was perhaps meant or, if none is near and there are few,
// which there are.
func meant(words Vocabulary, use codeUse) string {
	const few = 20
	if near := words.Near(use.list, use.code); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	if known := words.Codes(use.list); len(known) > 0 && len(known) <= few {
		return "; known are " + strings.Join(known, ", ")
	}
	return ""
}

// codesOf lists the codes that an event uses. Optional ones are listed when given.
func codesOf(e Event) []codeUse {
	var c codeUses
	switch e := e.(type) {
	case RelationsChanged:
		c.must("relations", e.Relations, "payload.relations")
	case PracticeObserved:
		all(&c, "privilege", e.Privileges, "payload.privileges")
		c.must("level", e.Level, "payload.level")
	case AgreementConcluded:
		all(&c, "mission_kind", e.MissionKinds, "payload.mission_kinds")
		all(&c, "category", e.Categories, "payload.categories")
		all(&c, "status", e.ExcludedStatuses, "payload.excluded_statuses")
		c.may("category", e.As, "payload.as")
		for _, p := range sortedKeys(e.Raises) {
			c.must("privilege", p, "payload.raises")
			c.must("outcome", e.Raises[p], "payload.raises."+string(p))
		}
	case MeasureDetermined:
		all(&c, "privilege", e.Privileges, "payload.privileges")
		c.must("level", e.Level, "payload.level")
		c.scope(e.Scope)
		if e.Observed != nil {
			c.must("level", e.Observed.Level, "payload.observed.level")
		}
	case MeasureLifted:
		c.scope(e.Scope)
	case MissionOpened:
		c.must("mission_kind", e.Kind, "payload.kind")
	case MissionSuspended:
		all(&c, "status", e.ExemptStatuses, "payload.exempt_statuses")
	case MemberAccredited:
		c.must("category", e.Category, "payload.category")
		c.may("status", e.Status, "payload.status")
	case MemberReassigned:
		c.may("category", e.Category, "payload.category")
	case CategoryChanged:
		c.must("category", e.Category, "payload.category")
	case StatusChanged:
		c.must("status", e.Status, "payload.status")
	case FamilyJoined:
		c.must("relation", e.Relation, "payload.relation")
		c.may("status", e.Status, "payload.status")
	case VisitorRecorded:
		c.may("status", e.Status, "payload.status")
	case CardIssued:
		c.must("card_kind", e.Kind, "payload.kind")
		if e.Border != "" {
			c.must("border", e.Border, "payload.border")
		}
		c.may("card_design", e.Design, "payload.design")
	case VisaRecorded:
		c.must("visa_class", e.Class, "payload.class")
	case PrivilegeGranted:
		all(&c, "privilege", e.Privileges, "payload.privileges")
	case PrivilegeRestricted:
		all(&c, "privilege", e.Privileges, "payload.privileges")
		c.may("level", e.Level, "payload.level")
	case PrivilegeRevoked:
		all(&c, "privilege", e.Privileges, "payload.privileges")
	case WaiverRequested:
		all(&c, "privilege", e.Immunities, "payload.immunities")
		c.may("stage", e.Stage, "payload.stage")
	case WaiverGranted:
		all(&c, "privilege", e.Immunities, "payload.immunities")
		c.may("stage", e.Stage, "payload.stage")
		c.must("waived_by", e.By, "payload.by")
	case WaiverRefused:
		all(&c, "privilege", e.Immunities, "payload.immunities")
		c.may("stage", e.Stage, "payload.stage")
	case PersonaNonGrata:
		c.may("expulsion", e.As, "payload.as")
	case VehicleRecorded:
		c.must("vehicle_kind", e.Kind, "payload.kind")
	case TicketIssued:
		c.must("ticket_place", e.Place, "payload.place")
	case ViolationRecorded:
		c.must("offence", e.Offence, "payload.offence")
	case WarrantRecorded:
		c.may("offence", e.Offence, "payload.offence")
	case ConsequenceDecided:
		c.must("consequence", e.Consequence, "payload.consequence")
	case RequestFiled:
		c.must("request_kind", e.Kind, "payload.kind")
		all(&c, "privilege", e.Privileges, "payload.privileges")
	case BenefitUsed:
		c.must("privilege", e.Privilege, "payload.privilege")
	case PropertyRecorded:
		c.must("property_use", e.Use, "payload.use")
		c.may("tenure", e.Tenure, "payload.tenure")
	case PropertyUseChanged:
		c.must("property_use", e.Use, "payload.use")
	case ThreatAssessed:
		c.must("threat", e.Level, "payload.level")
	case ProtectionAssigned:
		c.must("protection_kind", e.Kind, "payload.kind")
	case OutreachRecorded:
		c.must("outreach_kind", e.Kind, "payload.kind")
	default:
		// the other events use no codes
	}
	return c.uses
}

type codeUses struct{ uses []codeUse }

func (c *codeUses) must(list string, code any, field string) {
	c.uses = append(c.uses, codeUse{list, fmt.Sprint(code), field})
}

func (c *codeUses) may(list string, code any, field string) {
	if fmt.Sprint(code) != "" {
		c.must(list, code, field)
	}
}

func (c *codeUses) scope(s Scope) {
	all(c, "mission_kind", s.MissionKinds, "payload.scope.mission_kinds")
	all(c, "category", s.Categories, "payload.scope.categories")
	all(c, "status", s.Statuses, "payload.scope.statuses")
}

func all[T ~string](c *codeUses, list string, codes []T, field string) {
	for _, code := range codes {
		c.must(list, code, field)
	}
}

func sortedKeys[K ~string, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

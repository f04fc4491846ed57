package domain

import (
	"maps"
	"slices"
)

// PrivilegesOf returns the privileges that an event names: those that it grants,
// restricts, waives, observes, asks for or uses. For an agreement they are those
// that it raises one by one, sorted.
func PrivilegesOf(e Event) []Privilege {
	switch e := e.(type) {
	case PracticeObserved:
		return e.Privileges
	case MeasureDetermined:
		return e.Privileges
	case AgreementConcluded:
		return slices.Sorted(maps.Keys(e.Raises))
	case PrivilegeGranted:
		return e.Privileges
	case PrivilegeRestricted:
		return e.Privileges
	case PrivilegeRevoked:
		return e.Privileges
	case WaiverRequested:
		return e.Immunities
	case WaiverGranted:
		return e.Immunities
	case WaiverRefused:
		return e.Immunities
	case RequestFiled:
		return e.Privileges
	case BenefitUsed:
		return []Privilege{e.Privilege}
	default:
		return nil
	}
}

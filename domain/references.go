package domain

// References returns the other subjects that an event names, in the order in
// which its payload names them. Projections index them; recording an event
// whose references are unknown is refused.
func References(e Event) []Subject {
	switch e := e.(type) {
	case StateSucceeded:
		return []Subject{State(e.Predecessor)}
	case AgreementConcluded:
		return subjects(KindState, e.States)
	case MeasureDetermined:
		refs := []Subject{State(e.State)}
		refs = append(refs, scopeReferences(e.Scope)...)
		return append(refs, subjects(KindMeasure, e.Replaces)...)
	case MeasureLifted:
		return scopeReferences(e.Scope)
	case MissionOpened:
		return []Subject{State(e.State)}
	case MissionSuspended:
		return subjects(KindMember, e.ExemptMembers)
	case MemberAccredited:
		return append([]Subject{Mission(e.Mission)}, subjects(KindState, e.Nationalities)...)
	case MemberReassigned:
		return []Subject{Mission(e.Mission)}
	case NationalityChanged:
		return subjects(KindState, e.Nationalities)
	case FamilyJoined:
		return append([]Subject{Member(e.Sponsor)}, subjects(KindState, e.Nationalities)...)
	case VisitorRecorded:
		return append([]Subject{Mission(e.Mission)}, subjects(KindState, e.Nationalities)...)
	case CardIssued:
		return owners(e.Holder, e.Mission)
	case VehicleRecorded:
		return owners(e.Owner, e.OwnerMission)
	case VehicleTransferred:
		return owners(e.Owner, e.OwnerMission)
	case ViolationRecorded:
		if e.Vehicle == "" {
			return nil
		}
		return []Subject{Of(KindVehicle, e.Vehicle)}
	case RequestFiled:
		return append(owners(e.Applicant, e.Mission), subjects(KindMember, e.Members)...)
	case PropertyRecorded:
		return []Subject{Mission(e.Mission)}
	case EventCorrected:
		if e.Body == nil {
			return nil
		}
		return References(e.Body)
	default:
		return nil
	}
}

func scopeReferences(s Scope) []Subject {
	return append(subjects(KindMission, s.Missions), subjects(KindMember, s.Members)...)
}

// owners returns whose something is: a member's, a mission's, or both.
func owners(member MemberID, mission MissionID) []Subject {
	var out []Subject
	if member != "" {
		out = append(out, Member(member))
	}
	if mission != "" {
		out = append(out, Mission(mission))
	}
	return out
}

func subjects[T ~string](kind SubjectKind, ids []T) []Subject {
	out := make([]Subject, len(ids))
	for i, id := range ids {
		out[i] = Of(kind, id)
	}
	return out
}

package domain

// A Reference is another subject that an event names, and where.
type Reference struct {
	Field string // payload.vehicle, payload.scope.members
	Subject
}

// References returns the other subjects that an event names, in the order in
// which its payload names them. Projections index them; recording an event
// whose references are unknown is refused.
func References(e Event) []Subject {
	named := Named(e)
	if len(named) == 0 {
		return nil
	}
	out := make([]Subject, len(named))
	for i, n := range named {
		out[i] = n.Subject
	}
	return out
}

// Named returns what [References] does, each with the field that names it.
func Named(e Event) []Reference {
	const payload = "payload."
	switch e := e.(type) {
	case EventCorrected:
		if e.Body == nil {
			return nil
		}
		return named(payload+"body.", e.Body)
	default:
		return named(payload, e)
	}
}

// named lists what the payload of an event names; in is where it stands.
func named(in string, e Event) []Reference {
	switch e := e.(type) {
	case StateSucceeded:
		return []Reference{{in + "predecessor", State(e.Predecessor)}}
	case AgreementConcluded:
		return subjects(in+"states", KindState, e.States)
	case MeasureDetermined:
		refs := []Reference{{in + "state", State(e.State)}}
		refs = append(refs, scopeReferences(in, e.Scope)...)
		return append(refs, subjects(in+"replaces", KindMeasure, e.Replaces)...)
	case MeasureLifted:
		return scopeReferences(in, e.Scope)
	case MissionOpened:
		return []Reference{{in + "state", State(e.State)}}
	case MissionSuspended:
		return subjects(in+"exempt_members", KindMember, e.ExemptMembers)
	case MemberAccredited:
		return append([]Reference{{in + "mission", Mission(e.Mission)}}, subjects(in+"nationalities", KindState, e.Nationalities)...)
	case MemberReassigned:
		return []Reference{{in + "mission", Mission(e.Mission)}}
	case NationalityChanged:
		return subjects(in+"nationalities", KindState, e.Nationalities)
	case FamilyJoined:
		return append([]Reference{{in + "sponsor", Member(e.Sponsor)}}, subjects(in+"nationalities", KindState, e.Nationalities)...)
	case VisitorRecorded:
		return append([]Reference{{in + "mission", Mission(e.Mission)}}, subjects(in+"nationalities", KindState, e.Nationalities)...)
	case CardIssued:
		return owners(in+"holder", e.Holder, in+"mission", e.Mission)
	case VehicleRecorded:
		return owners(in+"owner", e.Owner, in+"owner_mission", e.OwnerMission)
	case VehicleTransferred:
		return owners(in+"owner", e.Owner, in+"owner_mission", e.OwnerMission)
	case ViolationRecorded:
		if e.Vehicle == "" {
			return nil
		}
		return []Reference{{in + "vehicle", Of(KindVehicle, e.Vehicle)}}
	case RequestFiled:
		return append(owners(in+"applicant", e.Applicant, in+"mission", e.Mission), subjects(in+"members", KindMember, e.Members)...)
	case PropertyRecorded:
		return []Reference{{in + "mission", Mission(e.Mission)}}
	default:
		return nil
	}
}

func scopeReferences(in string, s Scope) []Reference {
	return append(subjects(in+"scope.missions", KindMission, s.Missions), subjects(in+"scope.members", KindMember, s.Members)...)
}

// owners returns whose something is: a member's, a mission's, or both.
func owners(asMember string, member MemberID, asMission string, mission MissionID) []Reference {
	var out []Reference
	if member != "" {
		out = append(out, Reference{asMember, Member(member)})
	}
	if mission != "" {
		out = append(out, Reference{asMission, Mission(mission)})
	}
	return out
}

func subjects[T ~string](field string, kind SubjectKind, ids []T) []Reference {
	out := make([]Reference, len(ids))
	for i, id := range ids {
		out[i] = Reference{field, Of(kind, id)}
	}
	return out
}

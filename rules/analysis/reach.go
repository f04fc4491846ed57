package analysis

import (
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/rules"
)

// fires is the diagram of whether a rule fires: for each kind of subject whether the
// rule reaches it, is in force, and its condition holds.
func (s *space) fires(rule *rules.Rule) node {
	return s.d.branch(s.index[subjectKey], func(v int) node {
		who := subject(v)
		reach := s.reach(rule, who)
		if reach == never {
			return never
		}
		return s.and.of(reach, s.condition(rule.When, who))
	})
}

// cutsFamily is the diagram of whether a rule that cuts fires for the sponsor, by whom
// a family member is cut.
func (s *space) cutsFamily(rule *rules.Rule) node {
	return s.d.branch(s.index[subjectKey], func(v int) node {
		if subject(v) != family {
			return never
		}
		return s.all(s.plausible(family), s.reach(rule, principal), s.condition(rule.When, principal))
	})
}

// reached is the diagram of whom a rule reaches, whatever its condition says.
func (s *space) reached(rule *rules.Rule) node {
	return s.d.branch(s.index[subjectKey], func(v int) node { return s.reach(rule, subject(v)) })
}

// reach is where a rule reaches subjects of a kind and is in force.
func (s *space) reach(rule *rules.Rule, who subject) node {
	if rule.Of&who.of() == 0 {
		return never
	}
	scope := &rule.Applies.Scope
	own := rule.Ruleset != s.common
	himself, through := "member", "member"
	switch who {
	case family:
		through = "sponsor"
	case principal:
		himself, through = "sponsor", "sponsor"
	default:
		// the others are themselves
	}
	out := s.asked(rule, who)
	among := func(object string, from domain.FactSource, list []string) {
		if len(list) > 0 {
			out = s.and.of(out, s.listed(object, from, list, who))
		}
	}
	if own {
		among("state", fromID, []string{string(rule.Ruleset)})
	}
	among("state", fromID, texts(rule.Applies.States))
	among("mission", fromKind, texts(scope.MissionKinds))
	among("mission", fromID, texts(scope.Missions))
	among(himself, fromID, texts(scope.Members))
	if !(who == family && slices.Contains(scope.Categories, domain.FamilyCategory)) {
		among(through, fromCategory, texts(scope.Categories))
	}
	among(through, fromRank, scope.Ranks)
	if who == nobody && len(scope.Statuses) > 0 {
		out = s.and.of(out, truthNode(slices.Contains(scope.Statuses, "none")))
	} else {
		among(himself, fromStatus, texts(scope.Statuses))
	}
	named := len(scope.Members) > 0
	switch {
	case rule.Applies.Family == rules.FamilyOnly && who != family,
		who == visitor && !named && (scope.Visitors == nil || !*scope.Visitors),
		who == family && !named && rule.Applies.Family == rules.FamilyNo:
		return never
	case who == family && !named && rule.Applies.Family == rules.FamilySilent:
		out = s.and.of(out, s.ofPrivileges(func(p *rules.PrivilegeDecl) bool { return !p.Liberty }))
	}
	switch rule.Tier {
	case domain.TierAgreement:
		if who == visitor {
			return never
		}
		out = s.and.of(out, s.goesOn(who))
	case domain.TierReciprocity, domain.TierIndividual, domain.TierProgramme:
		out = s.and.of(out, s.goesOn(who))
	default:
		// the others reach also who is no longer here
	}
	return s.and.of(s.and.of(out, s.inForce(rule)), s.plausible(who))
}

// plausible leaves out what no record can make: the phase and kind of a capacity
// follow from what it is.
func (s *space) plausible(who subject) node {
	if who == mission || who == nobody || who == principal {
		return always
	}
	not := func(from domain.FactSource, codes ...string) node {
		dim, found := s.index[s.reachFact("member", from).String()]
		if !found {
			return always
		}
		d := s.dims[dim]
		return s.d.branch(dim, func(v int) node { return truthNode(!slices.Contains(codes, d.values[v].text)) })
	}
	out := not(fromPhase, "none")
	if who != family {
		out = s.and.of(out, not(fromCategory, string(domain.FamilyCategory))) // nobody is accredited as family
	}
	if who == person {
		out = s.and.of(out, not(fromCapacity, "none", "family", "visitor"))
	}
	return out
}

// asked is where a privilege that the rule speaks of is asked of such a subject.
func (s *space) asked(rule *rules.Rule, who subject) node {
	return s.d.branch(s.index[privilegeKey], func(v int) node {
		p := s.privileges[v]
		decl := s.lang.Privileges[p]
		secure := rule.Each == rules.EachMeasure && rule.Tier == domain.TierReciprocity && decl != nil && decl.Security
		return truthNode(decl != nil && decl.Of&who.of() != 0 && rule.SpeaksOf(p) && !secure)
	})
}

func (s *space) ofPrivileges(f func(*rules.PrivilegeDecl) bool) node {
	return s.d.branch(s.index[privilegeKey], func(v int) node { return truthNode(f(s.lang.Privileges[s.privileges[v]])) })
}

func (s *space) inForce(rule *rules.Rule) node {
	dim := s.index[timeKey]
	return s.d.branch(dim, func(v int) node {
		at := s.dims[dim].values[v].at
		return truthNode(rule.InForceFrom <= at && at < rule.InForceTo)
	})
}

// listed is where a fact that makes the reach is one of a list; where it is absent,
// it is none of them. A mission has no category, rank or status.
func (s *space) listed(object string, from domain.FactSource, list []string, who subject) node {
	if who == mission && (object == "member" || object == "sponsor") || who == nobody && (object != "member" || from != fromID) {
		return never
	}
	ref := s.reachFact(object, from)
	dim := s.index[ref.String()]
	d := s.dims[dim]
	among := make(map[string]bool, len(list))
	for _, word := range list {
		among[word] = true
	}
	s.effort.spend(len(list))
	return s.d.branch(dim, func(v int) node { return truthNode(!d.values[v].absent() && among[d.values[v].text]) })
}

// goesOn is where the capacity has not ended.
func (s *space) goesOn(who subject) node {
	if who == mission || who == nobody {
		return always
	}
	if who == principal {
		return always // what cuts asks of nobody whether he is still here
	}
	dim := s.index[s.reachFact("member", fromPhase).String()]
	d := s.dims[dim]
	return s.d.branch(dim, func(v int) node { return truthNode(d.values[v].text != "ended") })
}

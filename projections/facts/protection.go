package facts

import (
	"slices"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// ReadProtection returns the facts at t of how a member, mission or property is
// protected. Protection follows the threat and nothing else.
func (v View) ReadProtection(of domain.Subject, t timeline.Instant) Read {
	return orDefault(func(decl domain.FactDecl) (domain.Value, []domain.Position, bool) {
		if constructor(decl.From.Constructor) != ofProtection {
			return domain.Value{}, nil, false
		}
		switch decl.From.Attr {
		case "threat":
			return v.threat(of, t)
		case "measures":
			return v.protection(of, t)
		default:
			return domain.Value{}, nil, false
		}
	})
}

// threat is the level of the latest assessment in force.
func (v View) threat(of domain.Subject, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	for _, s := range slices.Backward(v.spans(of, attrThreat)) {
		if e, ok := s.Event.(domain.ThreatAssessed); ok && s.Holds(t) {
			return text(string(e.Level), []domain.Position{s.Pos})
		}
	}
	return domain.Value{}, nil, false
}

// protection are the kinds of protective measure in place, each once.
func (v View) protection(of domain.Subject, t timeline.Instant) (domain.Value, []domain.Position, bool) {
	kinds := []domain.ProtectionKind{}
	var from []domain.Position
	for _, s := range v.spans(of, attrProtection) {
		if e, ok := s.Event.(domain.ProtectionAssigned); ok && s.Holds(t) {
			kinds, from = append(kinds, e.Kind), append(from, s.Pos)
		}
	}
	slices.Sort(kinds)
	return domain.List(slices.Compact(kinds)), from, true
}

package facts

import "github.com/comity-project/comity/domain"

// Rulings returns everything recorded about a ruleset, also what revises it, in
// order of recording.
func (v View) Rulings(id domain.RulesetID) []domain.Ruling {
	positions := v.Events(domain.Of(domain.KindRuleset, id))
	out := make([]domain.Ruling, len(positions))
	for i, at := range positions {
		e, _ := v.Envelope(at)
		out[i] = domain.Ruling{At: at, Envelope: e}
	}
	return out
}

// Life tells what became of the texts of a ruleset: who saved, proposed, returned,
// approved, published and withdrew them.
func (v View) Life(id domain.RulesetID) *domain.Life {
	if id == commonLaw {
		return domain.LifeOf(id, v.Rulings(id), nil)
	}
	return domain.LifeOf(id, v.Rulings(id), v.Rulings(commonLaw))
}

package api

import (
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// An Edition is a text of a ruleset that was published: docs/format/lists.md.
type Edition struct {
	Ruleset   domain.RulesetID `json:"ruleset"`
	Edition   string           `json:"edition"`
	Hash      string           `json:"hash"`
	Position  domain.Position  `json:"position"`
	Effective time.Time        `json:"effective"`
	Recorded  time.Time        `json:"recorded"`
	InForce   bool             `json:"in_force"`
	State     string           `json:"state"`
	// When is when it takes effect, as people would write it.
	When string `json:"-"`
}

// editionStates says of each edition of a ruleset how it stands with it at t.
func editionStates(view facts.View, code domain.RulesetID, t timeline.Instant) func(hash string) string {
	inForce, _, _ := view.Ruleset(code, t)
	life := view.Life(code)
	return func(hash string) string {
		if hash == inForce {
			return "in_force"
		}
		for _, from := range view.RulesetChanges(code) {
			if next, _, _ := view.Ruleset(code, from); from > t && next == hash {
				return "scheduled"
			}
		}
		if d, known := life.Draft(hash); known && d.State == domain.DraftWithdrawn || life.Withdrawn(hash, t.Time()) {
			return "withdrawn"
		}
		return "superseded"
	}
}

// Editions lists the editions on record and says which are in force at t.
func Editions(e *engine.Engine, t time.Time) []Edition {
	view := e.Root().View()
	out := []Edition{}
	for _, code := range view.Rulesets() {
		inForce, _, _ := view.Ruleset(code, timeline.Of(t))
		states := editionStates(view, code, timeline.Of(t))
		for _, at := range view.Events(domain.Of(domain.KindRuleset, code)) {
			one, _ := view.Envelope(at)
			event := one.Event
			if corrects, ok := event.(domain.EventCorrected); ok {
				event = corrects.Body
			}
			published, ok := event.(domain.RulesetPublished)
			if !ok || !view.Live(at) {
				continue
			}
			out = append(out, Edition{code, published.Edition, published.Hash, at, one.Effective.At, one.Recorded, published.Hash == inForce, states(published.Hash), Moment(one.Effective, e.Zone())})
		}
	}
	return out
}

// A LifeStep is one step in the life of a ruleset, for programs: docs/format/lists.md.
type LifeStep struct {
	Position  domain.Position `json:"position"`
	ID        domain.EventID  `json:"id"`
	Type      domain.Type     `json:"type"`
	Hash      string          `json:"hash"`
	Recorded  time.Time       `json:"recorded"`
	Effective time.Time       `json:"effective"`
	Actor     string          `json:"actor"`
	Said      string          `json:"said"`
}

// LifeStepOf writes a step in the life of a ruleset.
func LifeStepOf(r domain.Ruling) LifeStep {
	return LifeStep{r.At, r.ID, r.Type(), stepText(r.Event), r.Recorded, r.Effective.At, r.Actor, Happened(r.Envelope, false)}
}

// stepText is the hash of the text that a step is about.
func stepText(e domain.Event) string {
	switch e := e.(type) {
	case domain.RulesetDraftSaved:
		return e.Hash
	case domain.RulesetProposed:
		return e.Hash
	case domain.RulesetReturned:
		return e.Hash
	case domain.RulesetApproved:
		return e.Hash
	case domain.RulesetPublished:
		return e.Hash
	case domain.RulesetSuperseded:
		return e.By
	case domain.RulesetWithdrawn:
		return e.Hash
	default:
		return ""
	}
}

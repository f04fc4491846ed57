package facts_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/timeline"
)

// The life of a ruleset, by which publications are decided, knows the same edition
// in force as the register, by which questions are answered: at any time, as known
// at any position, whatever was retracted and corrected.
func TestALifeKnowsWhatIsInForce(t *testing.T) {
	days := []string{"2024-01-01", "2024-02-01", "2024-02-01", "2024-03-01", "2024-04-01"}
	hashes := []string{"first", "second", "third"}
	compared := 0
	rapid.Check(t, func(t *rapid.T) {
		s := office()
		founded := len(s.log)
		own := domain.Of(domain.KindRuleset, domain.RulesetID("arandia"))
		for range number(t, 4, 24, "events") {
			subject := pick(t, []domain.Subject{common, common, own}, "subject")
			var body domain.Event
			switch number(t, 0, 9, "kind") {
			case 0:
				body = domain.RulesetDraftSaved{Hash: pick(t, hashes, "hash")}
			case 1:
				body = domain.RulesetSuperseded{Hash: pick(t, hashes, "hash"), By: pick(t, hashes, "by")}
			case 2, 3:
				body = domain.RulesetWithdrawn{Hash: pick(t, hashes, "hash"), Reason: "x"}
			default:
				body = domain.RulesetPublished{Edition: "1", Hash: pick(t, hashes, "hash")}
			}
			target := domain.EventID{}
			if n := len(s.log); n > founded && number(t, 0, 2, "revise") == 0 {
				of := s.log[n-1-number(t, 0, min(3, n-founded-1), "back")]
				if alive(s.log, of.ID) && !domain.PreparesLaw(of.Event) {
					subject, target = of.Subject, of.ID
					first := of
					for domain.Revises(first.Event) {
						for _, e := range s.log {
							if e.ID == first.Target {
								first = e
								break
							}
						}
					}
					switch _, retracts := of.Event.(domain.EventRetracted); {
					case !retracts && first.Type() == body.Type():
						body = domain.EventCorrected{Reason: "x", Body: body}
					default:
						body = domain.EventRetracted{Reason: "x"}
					}
				}
			}
			s.write(subject, when(pick(t, days, "effective")), target, body)
		}
		store := load(t, s.log)
		for k := domain.Position(founded); k <= store.Position(); k++ {
			v := store.At(k)
			for _, id := range []domain.RulesetID{domain.CommonRuleset, "arandia"} {
				for _, day := range append(days, "2019-01-01", "2024-02-15", "2025-01-01") {
					want, _, _ := v.Ruleset(id, at(day))
					require.Equal(t, want, v.Life(id).InForce(at(day).Time()), "%s on %s as known at %d%s", id, day, k, s)
					require.Equal(t, v.Life(domain.CommonRuleset).InForce(at(day).Time()), v.Life(id).CommonInForce(at(day).Time()))
					compared++
				}
			}
		}
	})
	assert.NotZero(t, compared)
}

// alive reports whether an event stands: nothing revises it but what was retracted.
// What was corrected goes on revising, through what stands in its place.
func alive(log []domain.Envelope, id domain.EventID) bool {
	for _, e := range log {
		if domain.Revises(e.Event) && e.Target == id && !undone(log, e.ID) {
			return false
		}
	}
	return true
}

// undone reports whether an event was retracted.
func undone(log []domain.Envelope, id domain.EventID) bool {
	for _, e := range log {
		if domain.Retracts(e.Event) && e.Target == id && !undone(log, e.ID) {
			return true
		}
	}
	return false
}

// A root shows drafts to nobody who asks for editions.
func TestADraftIsNoEdition(t *testing.T) {
	s := office()
	id := domain.Of(domain.KindRuleset, domain.RulesetID("borvia"))
	s.tell(id, "2024-01-01", domain.RulesetDraftSaved{Hash: "draft"})
	v := s.view(t)
	hash, _, inForce := v.Ruleset("borvia", timeline.Never)
	assert.False(t, inForce)
	assert.Empty(t, hash)
	assert.Empty(t, v.RulesetChanges("borvia"))
	d, known := v.Life("borvia").Draft("draft")
	require.True(t, known)
	assert.Equal(t, domain.DraftSaved, d.State)
	assert.Equal(t, []domain.RulesetID{"borvia", "common"}, v.Rulesets())
}

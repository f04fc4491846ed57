package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
)

// What is done for security changes no answer but those about protection: as
// known before and after it, everything else is the same to the byte.
func TestSecurityIsNotReciprocity(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	o.submit(t, drafts(
		domaintest.Accredited("bo", "arandia-embassy", "dip.at", "2024-01-01"),
		domaintest.Joined("hal", "ana", "spouse", "2024-01-01"),
		domaintest.Event("measure/arandia-1", "2024-02-01", domain.MeasureDetermined{
			State: "arandia", Privileges: []domain.Privilege{"travel.move", "tax.sales"}, Level: "approval", Ground: "reciprocity",
			Observed: &domain.Observation{Level: "approval", Source: "report 1"},
		}, domaintest.Authority("determination 1/2024")),
	)...)
	before := o.Position()
	var events []domain.Envelope
	for _, about := range []string{"member/ana", "mission/arandia-embassy"} {
		for _, level := range []domain.ThreatLevel{"low", "critical"} {
			events = append(events, domaintest.Event(about, "2024-03-01", domain.ThreatAssessed{Level: level, Ground: "report " + string(level)}, domaintest.Authority("assessment 1")))
		}
		for _, kind := range []domain.ProtectionKind{"police_coverage", "uniformed_division", "extraordinary", "sensitive_location"} {
			events = append(events, domaintest.Event(about, "2024-03-01", domain.ProtectionAssigned{Kind: kind, Ground: "a visit"}, domaintest.Authority("FMA 4314")))
		}
		events = append(events, domaintest.Event(about, "2024-03-01", domain.OutreachRecorded{Kind: "briefing"}))
	}
	o.submit(t, drafts(events...)...)

	changed := 0
	for _, about := range []domain.Subject{domain.Member("ana"), domain.Member("bo"), domain.Member("hal"), domain.Mission("arandia-embassy")} {
		answers := func(known engine.Known) []domain.Decision {
			all, err := o.Standing(t.Context(), engine.Question{Subject: about, AsOf: domaintest.When("2024-04-01").At, AsKnown: known})
			require.NoError(t, err)
			return all
		}
		then, now := answers(engine.Known{Position: before, AtPosition: true}), answers(engine.Known{})
		require.Len(t, now, len(then))
		for i := range then {
			now[i].AsKnown = then[i].AsKnown
			was, err := codec.EncodeDecision(then[i])
			require.NoError(t, err)
			is, err := codec.EncodeDecision(now[i])
			require.NoError(t, err)
			if then[i].Privilege == "protect.police" {
				assert.Equal(t, domain.Allowed, now[i].Outcome)
				if string(was) != string(is) {
					changed++
				}
				continue
			}
			assert.Equal(t, string(was), string(is), "%s %s", about, then[i].Privilege)
		}
	}
	assert.Equal(t, 2, changed, "what is done for ana and the embassy is shown with their protection")

	for _, e := range []domain.Event{
		domain.MeasureDetermined{State: "arandia", Privileges: []domain.Privilege{"protect.police"}, Level: "withdrawn"},
		domain.MeasureDetermined{State: "arandia", Privileges: []domain.Privilege{"protect.police"}, Level: "more_favorable"},
	} {
		_, err := o.Submit(t.Context(), domain.Command{Drafts: drafts(domaintest.Event("measure/security", "2024-05-01", e, domaintest.Authority("determination 1")))})
		require.ErrorContains(t, err, "protect.police follows the threat and never reciprocity")
	}
	_, err := o.Submit(t.Context(), domain.Command{Drafts: drafts(domaintest.Event("state/arandia", "2024-05-01", domain.PracticeObserved{Privileges: []domain.Privilege{"protect.police"}, Level: "withdrawn"}))})
	require.ErrorContains(t, err, "never reciprocity")
	_, err = o.Submit(t.Context(), domain.Command{Drafts: drafts(domaintest.Event("member/ana", "2024-05-01", domain.ProtectionAssigned{Kind: "police_coverage", Ground: "reciprocity"}, domaintest.Authority("FMA 4314")))})
	require.ErrorContains(t, err, "protection follows the threat and never reciprocity")
}

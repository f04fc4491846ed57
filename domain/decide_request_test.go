package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
)

func (r *record) Filing(id domain.RequestID) (domain.Envelope, bool) {
	for _, e := range r.events {
		if _, files := e.Event.(domain.RequestFiled); files && e.Subject == domain.Of(domain.KindRequest, id) {
			return e, true
		}
	}
	return domain.Envelope{}, false
}

func (r *record) Semantics() int {
	version := 1
	for _, e := range r.events {
		if adopted, ok := e.Event.(domain.SemanticsAdopted); ok {
			version = max(version, adopted.Version)
		}
	}
	return version
}

// A clocked record is one whose law gives requests of every kind 60 days.
type clocked struct{ *record }

func (clocked) Vocabulary(time.Time) domain.Vocabulary { return clockedWords{} }

type clockedWords struct{ words }

func (clockedWords) RequestKind(kind domain.RequestKind) (domain.ClockLaw, bool) {
	return domain.ClockLaw{Kind: kind, Days: 60, Free: true, Cite: []string{"FMA 4305(a)(1)"}}, true
}

// TestHandling tries what is done about a request against the time of its filing
// and against the period of the law.
func TestHandling(t *testing.T) {
	const day = 24 * time.Hour
	filed := time.Date(2025, 3, 1, 15, 0, 0, 0, time.UTC)
	event := func(at time.Time, e domain.Event) domain.Envelope {
		env := domaintest.Event("request/lease-1", "2025-03-01", e)
		env.Effective.At, env.Effective.HasDate = at, false
		return env
	}
	filing := domain.RequestFiled{Kind: "property", Mission: "arandia-embassy", Privileges: []domain.Privilege{"property.lease"}}
	for _, c := range []struct {
		name string
		e    domain.Envelope
		want string
	}{
		{"the period of the law", event(filed, domain.RequestAcknowledged{Days: 60}), ""},
		{"a shorter period", event(filed, domain.RequestAcknowledged{Days: 59}), ""},
		{"no period", event(filed, domain.RequestAcknowledged{}), ""},
		{"a longer period", event(filed, domain.RequestAcknowledged{Days: 61}), "(request.acknowledged: payload.days): 61 days are longer than the 60 days that the law gives from the filing on, and only a shorter period may be set (FMA 4305(a)(1)): state fewer, or leave days out"},
		{"taken up before", event(filed.Add(-time.Second), domain.RequestAcknowledged{}), "when the request was filed: nothing is done about it before"},
		{"approved before", event(filed.Add(-day), domain.RequestApproved{}), "effective): "},
		{"disapproved before", event(filed.Add(-day), domain.RequestDisapproved{Reason: "no"}), "effective): "},
		{"withdrawn before", event(filed.Add(-day), domain.RequestWithdrawn{}), "effective): "},
		{"withdrawn at once", event(filed, domain.RequestWithdrawn{}), ""},
		{"on the day of the filing", domaintest.Event("request/lease-1", "2025-03-01", domain.RequestWithdrawn{}), ""},
		{"on the day before", domaintest.Event("request/lease-1", "2025-02-28", domain.RequestWithdrawn{}), "effective): "},
	} {
		c.e.Authority = "note 1"
		earlier := &record{}
		for _, s := range []string{"office/office", "state/arandia", "mission/arandia-embassy"} {
			subject, err := domain.ParseSubject(s)
			require.NoError(t, err)
			earlier.events = append(earlier.events, domain.Envelope{Subject: subject, Event: domain.MissionClosed{}})
		}
		decide := func(e ...domain.Envelope) error {
			return domain.Decide(domain.Command{Drafts: e}, clocked{earlier})
		}
		same := decide(event(filed, filing), c.e)
		earlier.events = append(earlier.events, event(filed, filing))
		for how, err := range map[string]error{"on record": decide(c.e), "in the same command": same} {
			if c.want == "" {
				assert.NoError(t, err, "%s, %s", c.name, how)
			} else {
				assert.ErrorContains(t, err, c.want, "%s, %s", c.name, how)
			}
		}
	}
}

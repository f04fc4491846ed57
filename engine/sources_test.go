package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/projections/timeline"
)

// everything is what is answered about people and missions, each as its bytes.
func (o office) everything(t *testing.T, asOf string, known engine.Known, about ...domain.Subject) []domain.Decision {
	t.Helper()
	var out []domain.Decision
	for _, s := range about {
		all, err := o.Standing(t.Context(), engine.Question{Subject: s, AsOf: domaintest.When(asOf).At, AsKnown: known})
		require.NoError(t, err)
		out = append(out, all...)
	}
	return out
}

func bytesOf(t *testing.T, d domain.Decision) string {
	t.Helper()
	d.AsKnown = 0
	data, err := codec.EncodeDecision(d)
	require.NoError(t, err)
	return string(data)
}

// A visa proves nothing (DCI p.25, 27): for a person of every category, a visa of
// every class leaves every answer as it was, to the byte.
func TestAVisaChangesNoAnswer(t *testing.T) {
	if raced {
		t.Skip("nothing here is done at once")
	}
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	law, _, err := o.Root().LawAt(timeline.Of(o.Now()), o.Position())
	require.NoError(t, err)
	language, kinds := law.Language, law.Kinds
	var about []domain.Subject
	var staff []domain.Envelope
	houses := map[domain.MissionKind]bool{"embassy": true}
	for _, c := range language.Lists["category"].Codes {
		category := domain.Category(c.Code)
		if category == domain.FamilyCategory {
			continue
		}
		kind := domain.MissionKind("embassy")
		if at := kinds[category]; len(at) > 0 {
			kind = at[0]
		}
		house := domain.MissionID("arandia-" + string(kind))
		if !houses[kind] {
			houses[kind] = true
			staff = append(staff, domaintest.Opened(house, "arandia", kind, "2020-01-01"))
		}
		id := domain.MemberID("one-" + c.Code)
		staff = append(staff, domaintest.Accredited(id, house, category, "2024-01-01"))
		about = append(about, domain.Member(id))
	}
	staff = append(staff, domaintest.Joined("hal", "ana", "spouse", "2024-01-01"))
	about = append(about, domain.Member("hal"))
	o.submit(t, drafts(staff...)...)

	before := o.Position()
	then := o.everything(t, "2024-04-01", engine.Known{}, about...)
	for _, class := range language.Lists["visa_class"].Codes {
		var visas []domain.Envelope
		for _, s := range about {
			visas = append(visas, domaintest.Event(s.String(), "2024-03-01", domain.VisaRecorded{Class: domain.VisaClass(class.Code), Until: domaintest.When("2024-03-20")}))
		}
		o.submit(t, drafts(visas...)...)
		now := o.everything(t, "2024-04-01", engine.Known{}, about...)
		require.Len(t, now, len(then))
		for i := range then {
			require.Equal(t, bytesOf(t, then[i]), bytesOf(t, now[i]), "%s %s with a visa of class %s", then[i].Subject, then[i].Privilege, class.Code)
		}
	}
	assert.Len(t, language.Lists["visa_class"].Codes, 8)
	assert.Greater(t, o.Position(), before)
}

// An answer that relies on an event on which sources differ says so, once each,
// in the order of the log, and is otherwise what it was.
func TestSourcesDiffer(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	o.submit(t, drafts(domaintest.Accredited("bo", "arandia-embassy", "dip.at", "2024-01-01"))...)
	entries, err := o.History(t.Context(), domain.Member("ana"), engine.Known{})
	require.NoError(t, err)
	arrival := entries[0].Envelope
	people := []domain.Subject{domain.Member("ana"), domain.Member("bo")}
	then := o.everything(t, "2024-04-01", engine.Known{}, people...)

	note := func(matter string) domain.Envelope {
		return domaintest.Event("member/ana", "2025-01-01", domain.ConflictNoted{
			Matter: matter, Accounts: []string{"1 January: note 12", "8 January: the list"}, Taken: "the note",
		}, domaintest.Target(arrival))
	}
	o.submit(t, drafts(note("the second matter"), note("another matter"))...)
	want := []domain.Remark{
		{Code: "sources_differ", Text: "Sources differ on the second matter: 1 January: note 12; 8 January: the list; taken: the note"},
		{Code: "sources_differ", Text: "Sources differ on another matter: 1 January: note 12; 8 January: the list; taken: the note"},
	}
	noted := 0
	for i, d := range o.everything(t, "2024-04-01", engine.Known{}, people...) {
		was := len(then[i].Notes)
		if added := d.Notes[was:]; len(added) > 0 {
			assert.Equal(t, want, added)
			assert.Equal(t, domain.Member("ana"), d.Subject)
			noted++
		}
		d.Notes = d.Notes[:was]
		assert.Equal(t, bytesOf(t, then[i]), bytesOf(t, d))
	}
	assert.Positive(t, noted)
	criminal := o.ask(t, engine.Question{Subject: domain.Member("ana"), Privilege: "imm.criminal", AsOf: domaintest.When("2024-04-01").At}).Notes
	assert.Equal(t, want, criminal[len(criminal)-2:])
}

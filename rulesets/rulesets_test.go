package rulesets_test

import (
	"io/fs"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/timeline"
	"github.com/comity-project/comity/rules"
	"github.com/comity-project/comity/rules/cases"
	"github.com/comity-project/comity/rulesets"
)

// loadCommon loads the common ruleset once for all tests, none of which changes it.
var loadCommon = sync.OnceValues(func() (*rules.Edition, error) {
	bundle, err := rules.Bundle(rulesets.Common())
	if err != nil {
		return nil, err
	}
	return rules.LoadCommon(bundle)
})

func common(t *testing.T) *rules.Edition {
	t.Helper()
	e, err := loadCommon()
	require.NoError(t, err)
	return e
}

func instant(t *testing.T, date string) timeline.Instant {
	t.Helper()
	d, err := calendar.ParseDate(date)
	require.NoError(t, err)
	return timeline.Of(calendar.UTC.Midnight(d))
}

func TestNames(t *testing.T) {
	assert.Contains(t, rulesets.Names(), rulesets.CommonName)
	for _, name := range rulesets.Names() {
		fsys, err := rulesets.Of(name)
		require.NoError(t, err)
		files, err := fs.Glob(fsys, "*.yaml")
		require.NoError(t, err)
		assert.NotEmpty(t, files, name)
	}
	_, err := rulesets.Of("comon")
	require.ErrorIs(t, err, rulesets.ErrUnknown)
	assert.ErrorContains(t, err, `"comon"`)
}

// Every case of every ruleset comes true, and every rule is tried.
func TestCases(t *testing.T) {
	law := rules.Law{Common: common(t)}
	for _, name := range rulesets.Names() {
		e := law.Common
		if name != rulesets.CommonName {
			fsys, err := rulesets.Of(name)
			require.NoError(t, err)
			bundle, err := rules.Bundle(fsys)
			require.NoError(t, err)
			e, err = rules.LoadState(bundle, law.Common)
			require.NoError(t, err)
		}
		report := cases.Run(law, e)
		assert.True(t, report.OK(), "%s", &report)
		assert.Empty(t, rules.CheckFloors(law, e), name)
	}
}

// What an answer remarks, which cases do not compare.
func TestRemarks(t *testing.T) {
	e := common(t)
	law := rules.Law{Common: e}
	remarks := map[string][]string{}
	for _, r := range cases.Run(law, e).Results {
		if len(r.Wrong) > 0 || r.Want.Key != "" {
			continue
		}
		for _, list := range [][]domain.Remark{r.Answer.Obligations, r.Answer.Notes, r.Answer.Routes, r.Answer.Limits, r.Answer.Proposals} {
			for _, remark := range list {
				remarks[r.Case.Name] = append(remarks[r.Case.Name], remark.Code)
			}
		}
	}
	for name, want := range map[string][]string{
		"an agent stopped for speeding is inviolable":                                  {"emergency_constraints", "points.assessed"},
		"an agent suspected of drunk driving is immune without a waiver":               {"waiver.requested"},
		"service staff accused of an assault on a free evening":                        {"court_decides", "waiver.requested", "departure.required"},
		"a consular officer wanted on a felony warrant":                                {"notify_head_of_post", "waiver.requested"},
		"a widow of an agent keeps her immunity for the period to leave":               {"period_to_leave"},
		"the official acts of a former agent stay immune":                              {"private_acts_may_be_prosecuted", "court_decides"},
		"a consular employee is asked about visa files":                                {"may_decline_official"},
		"a consular employee is asked about a crash in the street":                     {"may_be_compelled_otherwise"},
		"an honorary consul mixes consular and business papers":                        {"separate_archives"},
		"a husband of an agent who is a citizen has nothing, whatever card he carries": {"card_correction"},
		"an agent cannot waive":                                                        {"not_the_persons_to_waive"},
		"a waiver for one matter leaves every other as it was":                         {"waived_elsewhere"},
		"a waiver of jurisdiction does not waive execution":                            {"waived_at_other_stage"},
		"a card that was not returned after the end gives nothing":                     {"card_return"},
		"a consular officer with a private business keeps immunity but must end it":    {"end_private_work"},
		"the premises in custody are no longer inviolable":                             {"respect_and_protect"},
		"gasoline stays taxed without a determination":                                 {"fuel_account"},
		"a journey beyond the radius of approval":                                      {"apply", "lead"},
		"a treatment that was not observed leaves the baseline":                        {"treatment_not_observed"},
		"a red card in the hands of an employee who is a resident gives nothing":       {"card_correction"},
		"a green card in the hands of a spouse who is a resident gives nothing":        {"card_correction"},
		"nobody signs a lease before notice":                                           {"notify", "name_the_use", "members_housing"},
		"who is ordered to sell gives no notice of the sale":                           {"divest", "order_stands_for_notice"},
		"a lease disapproved in time":                                                  {"remedy", "property.unauthorized", "property.divest"},
		"a building whose use is forgone is not inviolable":                            {"respect_and_protect"},
		"premises in custody for more than a year":                                     {"secretary_may_dispose"},
		"a closed post that had to forgo all of its buildings":                         {"safe_from_sale", "respect_and_protect"},
		"a chancery in a residential zone, nothing filed":                              {"zoning_application", "test_federal", "decision_in_six_months"},
		"to travel against a refusal is unauthorized":                                  {"travel.unauthorized", "travel.tightened", "too_late_is_not_made"},
		"the airport is among the places permitted":                                    {"addresses_need_approval", "way_to_the_district"},
		"an agent sponsors a domestic worker":                                          {"worker_registered", "worker_contract", "worker_wage"},
		"a mission with open fees has its account":                                     {"settle_fees"},
		"a mission with an open surcharge has its account":                             {"settle_surcharges"},
		"a mission under a threat assessed as unassessed":                              {"threat_unassessed"},
		"a mission under a threat assessed as low":                                     {"threat_low"},
		"a mission under a threat assessed as moderate":                                {"threat_moderate"},
		"a mission under a threat assessed as elevated":                                {"threat_elevated"},
		"a mission under a threat assessed as high":                                    {"threat_high", "arrange_protection"},
		"a mission under a threat assessed as critical":                                {"threat_critical", "arrange_protection"},
		"a mission protected by uniformed_division":                                    {"uniformed_division"},
		"an agent under a high threat with a guard":                                    {"police_coverage", "extraordinary_services"},
	} {
		assert.Subset(t, remarks[name], want, name)
	}
	assert.NotContains(t, remarks["a blue card in the hands of an agent is right"], "card_correction")
	assert.NotContains(t, remarks["a green card in the hands of technical staff is right"], "card_correction")
	assert.NotContains(t, remarks["a red card in the hands of an employee is right"], "card_correction")
}

// The printed table, cell by cell, told over again from the guidance.
func TestLawEnforcementTable(t *testing.T) {
	const (
		acts  = "No for official acts; yes in all other cases"
		never = "No for official acts; testimony may not be compelled in any case"
		court = "Official acts immunity; consult the Department"
		ait   = "Official acts immunity; consult AIT"
		same  = "Same as sponsor: full immunity and inviolability"
	)
	now := map[string]string{
		"D1": "No (1) | No | Yes | No | No | " + same,
		"D2": "No (1) | No | Yes | No | No | " + same,
		"D3": "Yes | Yes | Yes | Yes | " + court + " | None",
		"C1": "No, except for a felony and under a warrant | Yes (4) | Yes | " + never + " | " + court + " | None",
		"C2": "Yes | Yes | Yes | " + acts + " | " + court + " | None",
		"C3": "Yes | Yes | Yes | " + acts + " | " + court + " | None",
		"I1": "Yes (3) | Yes (3) | Yes | " + acts + " | " + court + " (3) | None",
		"I2": "No (1) | No | Yes | No | No | " + same,
		"I3": "Yes | Yes | Yes | " + acts + " | " + court + " | None",
		"T1": "No | No | Yes | No | No | Immune from criminal jurisdiction, arrest and detention",
		"T2": "No, except for a felony and under a warrant | Yes | Yes | " + acts + " | " + ait + " | None",
		"T3": "Yes | Yes | Yes | " + acts + " | " + ait + " | None",
	}
	before := map[string]string{
		"D3": "Yes | Yes | Yes | Yes | Yes | None",
		"C1": "Yes, if for a felony and pursuant to a warrant | Yes (4) | Yes | " + never + " | " + court + " | None",
	}
	for _, row := range []string{"D1", "D2", "C2", "C3", "I1", "I2", "I3"} {
		before[row] = now[row]
	}
	e := common(t)
	for date, want := range map[string]map[string]string{"2025-01-01": now, "2007-03-15": before} {
		view, err := e.ViewAt("law_enforcement", instant(t, date))
		require.NoError(t, err)
		got := map[string]string{}
		for _, row := range view.Rows {
			h := rules.Hypothetical{State: "xa", MissionKind: row.MissionKind, Category: row.Category}
			got[row.ID] = said(t, e, view, h, date)
		}
		assert.Equal(t, want, got, date)
	}
}

func said(t *testing.T, e *rules.Edition, view *rules.View, h rules.Hypothetical, date string) string {
	t.Helper()
	var cells []string
	for i := range view.Questions {
		q := &view.Questions[i]
		h.Family = q.Family
		s := q.Say(frame(t, e, h, date, nil))
		cell := s.Text
		if len(s.Notes) > 0 {
			cell += " (" + strings.Join(s.Notes, ",") + ")"
		}
		cells = append(cells, cell)
	}
	return strings.Join(cells, " | ")
}

func frame(t *testing.T, e *rules.Edition, h rules.Hypothetical, date string, words map[string]string) *rules.Frame {
	t.Helper()
	request, err := e.Language.Request(words)
	require.NoError(t, err)
	c := e.Language.Capacity(h)
	answers := map[domain.Privilege]rules.Answer{}
	for _, p := range e.Language.PrivilegeOrder {
		if e.Language.Privileges[p].Of&rules.OfPerson != 0 {
			s := &rules.Situation{Privilege: p, At: instant(t, date), Request: request, Capacities: []rules.Capacity{c}, Nobody: e.Language.Nobody("somebody")}
			answers[p] = rules.Resolve(rules.Law{Common: e}, s)
		}
	}
	return rules.FrameOf(&c, request, answers)
}

// The card at the roadside reads the request, although the answers do not.
func TestLawEnforcementCard(t *testing.T) {
	e := common(t)
	view, err := e.ViewAt("law_enforcement", instant(t, "2025-01-01"))
	require.NoError(t, err)
	agent := rules.Hypothetical{State: "xa", MissionKind: "embassy", Category: "dip.agent"}
	officer := rules.Hypothetical{State: "xb", MissionKind: "consular_post", Category: "con.officer"}
	employee := rules.Hypothetical{State: "xb", MissionKind: "consular_post", Category: "con.employee"}
	national := rules.Hypothetical{State: "xa", MissionKind: "embassy", Category: "dip.agent", Status: "us_national"}
	for _, c := range []struct {
		who      rules.Hypothetical
		words    map[string]string
		question string
		code     string
		advice   []string
	}{
		{agent, map[string]string{"offence": "traffic.prepayable"}, "arrest", "no", []string{"no_signature", "emergency", "vehicle", "call_department"}},
		{agent, map[string]string{"offence": "traffic.prepayable"}, "citation", "yes", []string{"no_signature"}},
		{agent, map[string]string{"offence": "traffic.dui"}, "prosecute", "no", []string{"sobriety_test", "driving_on", "residence", "vehicle", "report", "no_proof"}},
		{officer, map[string]string{"offence": "crime.misdemeanor", "warrant": "false"}, "arrest", "no", []string{"head_of_post"}},
		{officer, map[string]string{"offence": "crime.felony", "warrant": "true"}, "arrest", "yes", []string{"head_of_post"}},
		{officer, map[string]string{"offence": "crime.felony", "warrant": "false"}, "arrest", "no", nil},
		{officer, map[string]string{"offence": "crime.felony"}, "arrest", "felony_warrant", nil},
		{officer, map[string]string{"offence": "crime.violence", "warrant": "true"}, "arrest", "felony_warrant", nil},
		{officer, nil, "arrest", "felony_warrant", nil},
		{employee, map[string]string{"act": "official"}, "subpoena", "may_decline", nil},
		{employee, map[string]string{"act": "private"}, "subpoena", "may_be_compelled", nil},
		{employee, nil, "subpoena", "official_acts", []string{"court_decides", "level_on_card"}},
		{national, nil, "arrest", "official_acts", []string{"court_decides"}},
	} {
		f := frame(t, e, c.who, "2025-01-01", c.words)
		for i := range view.Questions {
			if q := &view.Questions[i]; q.ID == c.question {
				assert.Equal(t, c.code, q.Say(f).Code, "%+v %v", c.who, c.words)
			}
		}
		var advice []string
		for _, remark := range view.Advise(f) {
			advice = append(advice, remark.Code)
		}
		assert.Subset(t, advice, c.advice, "%+v %v", c.who, c.words)
	}
	nobody := e.Language.Nobody("somebody")
	request, err := e.Language.Request(nil)
	require.NoError(t, err)
	answers := map[domain.Privilege]rules.Answer{}
	for _, p := range []domain.Privilege{"imm.arrest", "imm.criminal", "imm.civil", "imm.testimony", "imm.residence"} {
		answers[p] = rules.Resolve(rules.Law{Common: e}, &rules.Situation{Privilege: p, Request: request, Nobody: nobody})
	}
	f := rules.FrameOf(&nobody, request, answers)
	for i := range view.Questions {
		if q := &view.Questions[i]; !q.Family {
			assert.Equal(t, "yes", q.Say(f).Code, q.ID)
		}
	}
}

// Below the floor of a treaty no measure goes, whoever orders it; below a
// reciprocal one only in answer to a practice.
func TestFloors(t *testing.T) {
	e := common(t)
	law := rules.Law{Common: e}
	for _, c := range []struct {
		level     string
		privilege domain.Privilege
		practised bool
		finding   bool
		breach    string // an article, or empty
	}{
		{"withdrawn", "imm.arrest", true, false, "VCDR 29"},
		{"withdrawn", "prem.archives", true, false, "VCDR 24"},
		{"withdrawn", "comm.bag", true, false, "VCDR 27(3)"},
		{"withdrawn", "tax.sales", false, false, "VCDR 23"},
		{"withdrawn", "customs.personal", false, false, "VCDR 36(1)(b)"},
		{"withdrawn", "tax.sales", true, false, ""},
		{"full", "tax.sales", false, false, ""},
		{"withdrawn", "tax.fuel", false, false, ""},
		{"withdrawn", "dmv.license", false, false, ""},
		{"approval", "travel.move", true, false, ""},
		{"approval", "travel.move", false, true, ""},
		{"confined", "travel.move", false, true, ""},
		{"withdrawn", "travel.engage", false, false, ""},
	} {
		level := func(d domain.FactDecl) (domain.Value, []domain.Position, bool) {
			return domain.Text(c.level), nil, d.Name == "level"
		}
		candidate := rules.Candidate{
			State: "xa", Finding: c.finding, Practised: func(domain.Privilege) bool { return c.practised },
			Bound: rules.Bound{
				Each: rules.EachMeasure, ID: "m-1", Privileges: []domain.Privilege{c.privilege},
				Object: e.Language.Object("measure", level), Covers: func(r domain.Reach) bool { return r.State == "xa" },
			},
		}
		breaches := rules.CheckMeasure(law, candidate, instant(t, "2025-01-01"))
		if c.breach == "" {
			assert.Empty(t, breaches, "%+v", c)
			continue
		}
		if assert.Len(t, breaches, 1, "%+v", c) {
			assert.Contains(t, breaches[0].Cite, c.breach, "%+v", c)
		}
	}
}

// A grant lifts, even over a cut by status; what is withdrawn lifts nothing.
func TestGrant(t *testing.T) {
	e := common(t)
	for _, c := range []struct {
		level string
		want  domain.Outcome
	}{
		{"granted", domain.Allowed},
		{"more_favorable", domain.Allowed},
		{"withdrawn", domain.Denied},
		{"full", domain.Denied},
	} {
		capacity := e.Language.Capacity(rules.Hypothetical{State: "xa", MissionKind: "embassy", Category: "dip.at", Status: "lpr"})
		request, err := e.Language.Request(nil)
		require.NoError(t, err)
		bound := rules.Bound{
			Each: rules.EachMeasure, ID: "grant-1", Individual: true, Privileges: []domain.Privilege{"tax.sales"},
			Covers: func(domain.Reach) bool { return true },
			Object: e.Language.Object("measure", func(d domain.FactDecl) (domain.Value, []domain.Position, bool) {
				return domain.Text(c.level), nil, d.Name == "level"
			}),
		}
		a := rules.Resolve(rules.Law{Common: e}, &rules.Situation{
			Privilege: "tax.sales", At: instant(t, "2025-01-01"), Request: request,
			Capacities: []rules.Capacity{capacity}, Nobody: e.Language.Nobody("somebody"), Bounds: []rules.Bound{bound},
		})
		assert.Empty(t, a.Errors, c.level)
		assert.Equal(t, c.want, a.Outcome, c.level)
	}
}

package facts_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

// clocks are what two editions of the law say of requests.
var clocks = map[string]map[domain.RequestKind]domain.ClockLaw{
	"first": {
		"property":   {Kind: "property", Privileges: []domain.Privilege{"property.lease", "property.acquire"}, Days: 60, Free: true},
		"travel":     {Kind: "travel", Privileges: []domain.Privilege{"travel.move"}},
		"engagement": {Kind: "engagement", Privileges: []domain.Privilege{"travel.engage"}, Days: 5, Free: true},
		"goods":      {Kind: "goods", Privileges: []domain.Privilege{"travel.engage", "customs.official"}, Days: 3},
		"chancery":   {Kind: "chancery", Privileges: []domain.Privilege{"property.chancery"}, Months: 1, Free: true},
	},
	"second": {
		"property":   {Kind: "property", Privileges: []domain.Privilege{"property.lease"}, Days: 30, Free: true},
		"engagement": {Kind: "engagement", Privileges: []domain.Privilege{"travel.engage", "travel.move"}, Days: 2, Free: true},
	},
}

// clockLaw is the law of clocks as the editions in the view have it.
type clockLaw struct{ view facts.View }

func (l clockLaw) Capacities(timeline.Instant) (domain.CapacityLaw, error) {
	return laws["first"], nil
}

func (l clockLaw) Clock(kind domain.RequestKind, at timeline.Instant) (domain.ClockLaw, bool) {
	hash, _, _ := l.view.Ruleset("common", at)
	clock, found := clocks[hash][kind]
	return clock, found
}

func (l clockLaw) Sources() []domain.FactSource { return nil }

func (s *scribe) request(id domain.RequestID, effective string, e domain.Event) domain.EventID {
	return s.tell(domain.Of(domain.KindRequest, id), effective, e)
}

func filing(attr string) domain.FactDecl {
	return domain.FactDecl{From: domain.FactSource{Constructor: "filing", Attr: attr}}
}

// clearance is what the facts say, "" if nothing serves.
func clearance(v facts.View, who domain.Subject, p domain.Privilege, t timeline.Instant) string {
	said, _, _ := v.ReadFiling(facts.Asked{Subject: who, Privilege: p, At: t}, clockLaw{v})(filing("clearance"))
	return said.Text()
}

var embassy = domain.Mission("embassy")

// S31: sixty days after a notice of 1 March 2025.
func TestSixtyDays(t *testing.T) {
	notice := func(then ...func(*scribe)) facts.View {
		s := office()
		s.request("lease", "2025-03-01", domain.RequestFiled{Kind: "property", Mission: "embassy", Privileges: []domain.Privilege{"property.lease"}})
		for _, do := range then {
			do(s)
		}
		return s.view(t)
	}
	done := func(effective string, e domain.Event) func(*scribe) {
		return func(s *scribe) { s.request("lease", effective, e) }
	}
	no, yes := domain.RequestDisapproved{Reason: "security"}, domain.RequestApproved{}
	for _, c := range []struct {
		what string
		view facts.View
		want map[string]string
	}{
		{"nobody answers", notice(), map[string]string{
			"2025-02-28": "", "2025-03-01": "waiting", "2025-04-29": "waiting", "2025-04-29T23:59:59 America/New_York": "waiting", "2025-04-30": "free", "2026-01-01": "free"}},
		{"disapproved in time", notice(done("2025-04-29T23:59 America/New_York", no)), map[string]string{
			"2025-04-29": "waiting", "2025-04-30": "refused"}},
		{"disapproved too late", notice(done("2025-04-30", no)), map[string]string{"2025-04-30": "free", "2025-06-01": "free"}},
		{"approved", notice(done("2025-03-10", yes)), map[string]string{"2025-03-09": "waiting", "2025-03-10": "approved"}},
		{"approved after all", notice(done("2025-03-10", no), done("2025-03-20", yes)), map[string]string{"2025-03-10": "refused", "2025-03-20": "approved"}},
		{"approved, then not", notice(done("2025-03-10", yes), done("2025-03-20", no)), map[string]string{"2025-03-10": "approved", "2025-03-20": "refused"}},
		{"approved, then not and too late", notice(done("2025-03-10", yes), done("2025-05-20", no)), map[string]string{"2025-05-20": "approved"}},
		{"approved for a while", notice(done("2025-03-10", domain.RequestApproved{Until: when("2025-05-10")})), map[string]string{
			"2025-05-09": "approved", "2025-05-10": "none"}},
		{"a shorter period", notice(done("2025-03-05", domain.RequestAcknowledged{Days: 20})), map[string]string{"2025-03-20": "waiting", "2025-03-21": "free"}},
		{"a shorter period, said when it was over", notice(done("2025-04-05", domain.RequestAcknowledged{Days: 20})), map[string]string{
			"2025-04-04": "waiting", "2025-04-05": "free"}},
		{"a disapproval stands when the period is made shorter", notice(done("2025-04-03", no), done("2025-04-05", domain.RequestAcknowledged{Days: 20})), map[string]string{"2025-04-05": "refused"}},
		{"no longer period", notice(done("2025-03-05", domain.RequestAcknowledged{Days: 90})), map[string]string{"2025-04-29": "waiting", "2025-04-30": "free"}},
		{"taken up", notice(done("2025-03-05", domain.RequestAcknowledged{})), map[string]string{"2025-04-29": "waiting", "2025-04-30": "free"}},
		{"withdrawn", notice(done("2025-03-10", domain.RequestWithdrawn{}), done("2025-03-12", yes)), map[string]string{"2025-03-09": "waiting", "2025-03-10": "", "2025-03-12": ""}},
		{"withdrawn and filed again on that day", notice(done("2025-03-10", domain.RequestWithdrawn{}),
			done("2025-03-10", domain.RequestFiled{Kind: "property", Mission: "embassy"})), map[string]string{
			"2025-03-10": "waiting", "2025-05-08": "waiting", "2025-05-09": "free"}},
		{"the law changes meanwhile", notice(func(s *scribe) { s.tell(common, "2025-03-02", domain.RulesetPublished{Hash: "second"}) }), map[string]string{
			"2025-04-29": "waiting", "2025-04-30": "free"}},
		{"retracted", notice(func(s *scribe) {
			last := s.log[len(s.log)-1]
			s.write(last.Subject, last.Effective, last.ID, domain.EventRetracted{Reason: "another office's"})
		}), map[string]string{"2025-04-29": "", "2025-04-30": ""}},
		{"filed on another day", notice(func(s *scribe) {
			last := s.log[len(s.log)-1]
			s.write(last.Subject, when("2025-03-03"), last.ID, domain.EventCorrected{Reason: "stamp misread", Body: last.Event})
		}), map[string]string{"2025-03-02": "", "2025-05-01": "waiting", "2025-05-02": "free"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			for moment, want := range c.want {
				assert.Equal(t, want, clearance(c.view, embassy, "property.lease", at(moment)), moment)
			}
		})
	}
}

// What was known then: the notice is found to be two days younger.
func TestClearanceAsKnown(t *testing.T) {
	s := office()
	s.request("lease", "2025-03-01", domain.RequestFiled{Kind: "property", Mission: "embassy"})
	before := domain.Position(len(s.log))
	last := s.log[before-1]
	s.write(last.Subject, when("2025-03-03"), last.ID, domain.EventCorrected{Reason: "stamp misread", Body: last.Event})
	store := load(t, s.log)
	assert.Equal(t, "free", clearance(store.At(before), embassy, "property.lease", at("2025-05-01")))
	assert.Equal(t, "waiting", clearance(store.At(before+1), embassy, "property.lease", at("2025-05-01")))
	assert.Equal(t, "", clearance(store.At(before-1), embassy, "property.lease", at("2025-05-01")))
}

// S29: two journeys on 13 May, one asked three days ahead, the other twelve.
func TestFiveDaysAhead(t *testing.T) {
	s := office()
	journey := func(who domain.MemberID) domain.RequestFiled {
		return domain.RequestFiled{Kind: "travel", Applicant: who, From: when("2025-05-13"), Until: when("2025-05-14")}
	}
	s.member("ana", "2024-01-01", domain.MemberAccredited{Mission: "post", Category: "con.officer"})
	s.member("bo", "2024-01-01", domain.MemberAccredited{Mission: "post", Category: "con.officer"})
	s.request("late", "2025-05-10", journey("ana"))
	s.request("early", "2025-05-01", journey("bo"))
	s.request("early", "2025-05-06", domain.RequestApproved{Terms: []string{"by road"}})
	v := s.view(t)
	ask := func(who domain.MemberID, moment, attr string) string {
		said, _, found := v.ReadFiling(facts.Asked{Subject: domain.Member(who), Privilege: "travel.move", At: at(moment)}, clockLaw{v})(filing(attr))
		if !found {
			return ""
		}
		return said.String()
	}
	assert.Equal(t, []string{"noticed", "3", "late", "", ""}, []string{
		ask("ana", "2025-05-13", "clearance"), ask("ana", "2025-05-13", "ahead"), ask("ana", "2025-05-13", "id"), ask("ana", "2025-05-12", "clearance"), ask("ana", "2025-05-14", "id")})
	assert.Equal(t, []string{"approved", "12", "early", "[by road]", ""}, []string{
		ask("bo", "2025-05-13", "clearance"), ask("bo", "2025-05-13", "ahead"), ask("bo", "2025-05-13", "id"), ask("bo", "2025-05-13", "terms"), ask("bo", "2025-05-13", "remedy")})

	state := func(id domain.RequestID, moment string) facts.Filing {
		f, found := v.Filing(id, at(moment), clockLaw{v})
		require.True(t, found)
		return f
	}
	late := state("late", "2025-05-12")
	assert.Equal(t, facts.StateFiled, late.State)
	assert.Equal(t, []any{at("2025-05-13"), "office", false}, []any{late.Due, late.DueBy, late.Overdue})
	assert.True(t, state("late", "2025-05-13").Overdue)
	assert.Equal(t, facts.StateLapsed, state("late", "2025-05-14").State)
	assert.Equal(t, facts.StateWithTerms, state("early", "2025-05-20").State)
}

// Whom a request serves, and with which object.
func TestWhomARequestServes(t *testing.T) {
	s := office()
	s.request("group", "2025-01-10", domain.RequestFiled{Kind: "travel", Mission: "embassy", Members: []domain.MemberID{"ana", "bo"}})
	s.request("alone", "2025-01-11", domain.RequestFiled{Kind: "property", Mission: "embassy", Object: "villa", Amount: 500, Privileges: []domain.Privilege{"property.lease", "travel.engage"}})
	v := s.view(t)
	assert.Equal(t, "noticed", clearance(v, domain.Member("ana"), "travel.move", at("2025-02-01")))
	assert.Equal(t, "", clearance(v, domain.Member("cy"), "travel.move", at("2025-02-01")))
	assert.Equal(t, "", clearance(v, domain.Member("ana"), "travel.engage", at("2025-02-01")), "a mission's own request serves nobody else")
	assert.Equal(t, "", clearance(v, embassy, "property.acquire", at("2025-02-01")), "the privileges stated are all")
	for object, want := range map[string]string{"": "waiting", "none": "waiting", "villa": "waiting", "house": ""} {
		said, _, _ := v.ReadFiling(facts.Asked{Subject: embassy, Privilege: "property.lease", Object: object, At: at("2025-02-01")}, clockLaw{v})(filing("clearance"))
		assert.Equal(t, want, said.Text(), object)
	}
	amount, from, _ := v.ReadFiling(facts.Asked{Subject: embassy, Privilege: "property.lease", At: at("2025-02-01")}, clockLaw{v})(filing("amount"))
	assert.Equal(t, int64(500), amount.Int())
	assert.Equal(t, []domain.Position{domain.Position(len(s.log) - 1)}, from)
	assert.Equal(t, []domain.RequestID{"alone", "group"}, v.Filings(embassy))
	assert.Equal(t, []domain.RequestID{"group"}, v.Filings(domain.Member("bo")))
}

// Days are counted where the filing says, else where the mission is.
func TestWhereTheDaysOfARequestAreCounted(t *testing.T) {
	s := office()
	s.member("cy", "2024-01-01", domain.MemberAccredited{Mission: "office", Category: "dip.agent"}) // in Tokyo
	s.request("mine", "2025-03-01T16:00:00Z", domain.RequestFiled{Kind: "engagement", Applicant: "cy"})
	v := s.view(t)
	f, _ := v.Filing("mine", at("2025-03-02"), clockLaw{v})
	assert.Equal(t, "Asia/Tokyo", f.Zone.String())
	assert.Equal(t, "2025-03-02", f.On.String())
	assert.Equal(t, at("2025-03-07 Asia/Tokyo"), f.PeriodEnds)
}

func TestStatesOfARequest(t *testing.T) {
	s := office()
	s.request("r", "2025-03-01", domain.RequestFiled{Kind: "property", Mission: "embassy", From: when("2025-06-01"), Until: when("2025-07-01")})
	s.request("r", "2025-03-05", domain.RequestDisapproved{Reason: "too near", Remedy: "another floor"})
	s.request("r", "2025-03-20", domain.RequestApproved{Until: when("2025-06-15")})
	s.request("g", "2025-03-01", domain.RequestFiled{Kind: "goods", Mission: "embassy"})
	s.request("g", "2025-03-20", domain.RequestDisapproved{Reason: "not yet"})
	s.request("p", "2025-03-01", domain.RequestFiled{Kind: "property", Mission: "embassy", Until: when("2025-04-01")})
	s.request("q", "2025-03-01", domain.RequestFiled{Kind: "property", Mission: "embassy", Until: when("2025-05-01")})
	s.request("q", "2025-04-30", domain.RequestDisapproved{Reason: "too late"})
	v := s.view(t)
	for _, c := range []struct {
		id     domain.RequestID
		moment string
		state  facts.FilingState
		due    string
		who    string
		over   bool
	}{
		{"r", "2025-03-01", facts.StateAwaiting, "2025-04-30", "office", false},
		{"r", "2025-03-05", facts.StateDisapproved, "2025-06-01", "applicant", false},
		{"r", "2025-03-20", facts.StateApproved, "", "", false},
		{"r", "2025-06-15", facts.StateLapsed, "", "", false},
		{"g", "2025-03-03", facts.StateAwaiting, "2025-03-04", "office", false},
		{"g", "2025-03-04", facts.StateAwaiting, "2025-03-04", "office", true},
		{"g", "2025-03-20", facts.StateDisapproved, "", "", false}, // silence freed nothing
		{"p", "2025-04-01", facts.StateLapsed, "", "", false},
		{"p", "2025-05-01", facts.StateLapsed, "", "", false},
		{"q", "2025-04-30", facts.StateUnopposed, "", "", false},
		{"q", "2025-05-02", facts.StateUnopposed, "", "", false},
	} {
		f, found := v.Filing(c.id, at(c.moment), clockLaw{v})
		require.True(t, found)
		due := timeline.Never
		if c.due != "" {
			due = at(c.due)
		}
		assert.Equal(t, []any{c.state, due, c.who, c.over}, []any{f.State, f.Due, f.DueBy, f.Overdue}, "%s on %s", c.id, c.moment)
	}
	f, _ := v.Filing("q", at("2025-05-02"), clockLaw{v})
	assert.True(t, f.Steps[1].Void)
	_, found := v.Filing("q", at("2025-02-28"), clockLaw{v})
	assert.False(t, found)
}

var filedMoments = []string{
	"2025-02-26", "2025-02-28", "2025-03-01", "2025-03-01", "2025-03-02", "2025-03-03", "2025-03-04", "2025-03-05", "2025-03-07",
	"2025-03-02 Asia/Tokyo", "2025-03-09 America/Havana", "2025-03-10", "2025-04-01",
}

// drawRequests makes an office that is busy with requests.
func drawRequests(t *rapid.T) *scribe {
	s := office()
	for _, who := range people[:3] {
		s.member(who, "2024-01-01", domain.MemberAccredited{Mission: pick(t, missions[:2], "mission"), Category: "dip.agent"})
	}
	founded := len(s.log)
	moment := func() calendar.When { return when(pick(t, filedMoments, "moment")) }
	maybe := func(n int) calendar.When {
		if number(t, 0, n, "stated") > 0 {
			return calendar.When{}
		}
		return moment()
	}
	event := func() domain.Event {
		switch number(t, 0, 8, "what") {
		case 0, 1, 2, 3:
			e := domain.RequestFiled{
				Kind: pick(t, []domain.RequestKind{"property", "travel", "engagement", "engagement", "goods", "chancery"}, "kind"),
				From: maybe(3), Until: maybe(3), Object: pick(t, []string{"", "", "villa", "car"}, "object"),
			}
			switch number(t, 0, 3, "who") {
			case 0:
				e.Applicant = pick(t, people[:3], "applicant")
			case 1:
				e.Mission = missions[0]
			default:
				e.Mission, e.Members = missions[0], people[:number(t, 1, 2, "members")]
			}
			if number(t, 0, 2, "named") == 0 {
				e.Privileges = []domain.Privilege{"travel.move", "property.lease"}
			}
			return e
		case 4:
			return domain.RequestAcknowledged{Days: pick(t, []int{0, 1, 2, 4, 90}, "days")}
		case 5:
			return domain.RequestApproved{Until: maybe(2)}
		case 6, 7:
			return domain.RequestDisapproved{Reason: "no"}
		default:
			return domain.RequestWithdrawn{}
		}
	}
	for range number(t, 2, 14, "events") {
		if last := s.log[len(s.log)-1]; len(s.log) > founded && number(t, 0, 5, "amend") == 0 {
			if c, corrects := last.Event.(domain.EventCorrected); corrects {
				last.Event = c.Body
			}
			if _, retracts := last.Event.(domain.EventRetracted); retracts || rapid.Bool().Draw(t, "retract") {
				s.write(last.Subject, moment(), last.ID, domain.EventRetracted{Reason: "no"})
			} else {
				s.write(last.Subject, moment(), last.ID, domain.EventCorrected{Reason: "no", Body: last.Event})
			}
			continue
		}
		if number(t, 0, 12, "law") == 0 {
			s.write(common, moment(), domain.EventID{}, domain.RulesetPublished{Hash: pick(t, []string{"first", "second"}, "hash")})
			continue
		}
		s.write(domain.Of(domain.KindRequest, pick(t, []domain.RequestID{"r1", "r1", "r2", "r3"}, "id")), moment(), domain.EventID{}, event())
	}
	return s
}

func drawAsked(t *rapid.T) facts.Asked {
	q := facts.Asked{
		Subject:   pick(t, []domain.Subject{embassy, embassy, domain.Member("ana"), domain.Member("bo")}, "subject"),
		Privilege: pick(t, []domain.Privilege{"travel.move", "travel.engage", "property.lease", "property.chancery"}, "privilege"),
		Object:    pick(t, []string{"", "none", "villa"}, "object"),
	}
	return q
}

// The facts say of clearance what the specification says.
func TestClearanceAgreesWithNaive(t *testing.T) {
	seen := map[string]int{}
	domaintest.Check(t, rounds, func(t *rapid.T) {
		s := drawRequests(t)
		store := load(t, s.log)
		k := domain.Position(len(s.log) - pick(t, []int{0, 0, 1, 2}, "unknown"))
		view, plain := store.At(k), newNaive(s.log[:k], officeZone)
		law := clockLaw{view}
		var pool []timeline.Instant
		for _, m := range filedMoments {
			pool = append(pool, at(m))
		}
		pool = append(pool, view.Breakpoints(embassy, law)...)
		for range 120 {
			q := drawAsked(t)
			q.At = pick(t, pool, "t") + timeline.Instant(number(t, -1, 1, "beside"))
			read := view.ReadFiling(q, law)
			got, _, _ := read(filing("clearance"))
			id, _, _ := read(filing("id"))
			want, wantID := plain.clearance(q, law)
			if want == "none" {
				wantID = "" // nothing is known of what has run out
			}
			require.Equal(t, []string{want, string(wantID)}, []string{got.Text(), id.Text()}, "%+v at %s as known at %d\n%s", q, q.At, k, s)
			seen[want]++
		}
	})
	for _, c := range []string{"none", "noticed", "waiting", "free", "approved", "refused"} {
		if testing.Short() {
			break // too few were generated to show everything
		}
		assert.Greater(t, seen[c], 100, c)
	}
	t.Log(seen)
}

// Between two neighbouring breakpoints no fact of a request changes.
func TestBreakpointsOfRequests(t *testing.T) {
	domaintest.Check(t, rounds, func(t *rapid.T) {
		s := drawRequests(t)
		view := s.viewIn(t)
		q := drawAsked(t)
		points := view.Breakpoints(q.Subject, clockLaw{view})
		describe := func(t timeline.Instant) (out []string) {
			q.At = t
			for _, attr := range []string{"clearance", "id", "ahead", "terms", "remedy"} {
				v, _, _ := view.ReadFiling(q, clockLaw{view})(filing(attr))
				out = append(out, v.String())
			}
			for _, id := range view.Filings(q.Subject) {
				f, _ := view.Filing(id, t, clockLaw{view})
				out = append(out, string(f.State), f.Due.String())
			}
			return out
		}
		from := at("2025-02-01")
		for _, to := range slices.Concat(points, []timeline.Instant{at("2025-04-25")}) {
			if to <= from || to > at("2025-04-25") {
				continue
			}
			between := from + timeline.Instant(rapid.Int64Range(0, int64(to-from-1)).Draw(t, "between"))
			for _, other := range []timeline.Instant{between, to - 1} {
				require.Equal(t, describe(from), describe(other), "between %s and %s, at %s\n%s", from, to, other, s)
			}
			from = to
		}
	})
}

func (s *scribe) viewIn(t require.TestingT) facts.View {
	return load(t, s.log).At(domain.Position(len(s.log)))
}

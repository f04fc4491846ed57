package facts_test

import (
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/facts"
	"github.com/comity-project/comity/projections/timeline"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// number draws evenly from low to high. The generators of rapid prefer small
// numbers, which would leave out whatever stands late in a long list.
func number(t *rapid.T, low, high int, label string) int {
	n := 0
	for width := high - low; width > 0; width >>= 1 {
		n <<= 1
		if rapid.Bool().Draw(t, label) {
			n++
		}
	}
	for range 3 { // so that what is left over by the division is spread
		n <<= 1
		if rapid.Bool().Draw(t, label) {
			n++
		}
	}
	return low + n%(high-low+1)
}

// pick draws one of a list, evenly.
func pick[T any](t *rapid.T, from []T, label string) T {
	return from[number(t, 0, len(from)-1, label)]
}

func hours(n int) time.Duration { return time.Duration(n) * time.Hour }

var officeZone = must(calendar.LoadZone("America/New_York"))

func when(text string) calendar.When { return must(calendar.ParseWhen(text, officeZone)) }

func at(text string) timeline.Instant { return timeline.Of(when(text).At) }

// laws are the numbers of the editions of the common law, by hash. They differ
// in everything that a capacity may depend on.
var laws = map[string]domain.CapacityLaw{
	"first": {
		Period: domain.Period{Days: 30},
		Relations: map[domain.Relation]domain.RelationLaw{
			"spouse": {},
			"child": {Age: 21, StudentAge: 23, BySponsor: map[domain.Category]domain.AgeLimit{
				"dip.at": {Age: 20},
			}},
			"parent": {},
		},
		WorkEnds: true,
	},
	"second": {
		Period: domain.Period{Days: 3},
		Relations: map[domain.Relation]domain.RelationLaw{
			"spouse": {},
			"child":  {Age: 20, StudentAge: 21},
		},
		Severed: []domain.MissionKind{"embassy"},
	},
	"third": {
		Period: domain.Period{Hours: 72},
		Relations: map[domain.Relation]domain.RelationLaw{
			"spouse": {},
			"child":  {Age: 21},
			"parent": {},
		},
	},
}

// lawIn is the law as the editions in the view have it.
type lawIn struct{ view facts.View }

func (l lawIn) Capacities(at timeline.Instant) (domain.CapacityLaw, error) {
	hash, _, found := l.view.Ruleset("common", at)
	law, known := laws[hash]
	if !found || !known {
		return domain.CapacityLaw{}, fmt.Errorf("no common law at %s", at)
	}
	return law, nil
}

// Clock says nothing: these laws are about capacities.
func (l lawIn) Clock(domain.RequestKind, timeline.Instant) (domain.ClockLaw, bool) {
	return domain.ClockLaw{}, false
}

func (l lawIn) Sources() []domain.FactSource { return sources }

// moments are few, so that many events share one: around a leap day, around
// the nights on which the clock is put forward and back, and midnights that
// fall on different dates in different zones.
var moments = []string{
	"2024-02-28", "2024-02-29", "2024-02-29 America/Chicago", "2024-03-01T05:00:00Z",
	"2024-03-09T23:30 America/New_York", "2024-03-10 America/Havana", "2024-03-10T12:00:00Z", "2024-03-11",
	"2024-11-02", "2024-11-03T00:30:00-05:00", "2024-11-04T04:59:59Z", "2024-12-01",
	"2025-02-28", "2025-03-01", "2025-03-08T24:00 America/Chicago", "2025-03-10",
}

var (
	states   = []domain.StateID{"arandia", "borvia"}
	missions = []domain.MissionID{"embassy", "post", "office", "mission"}
	people   = []domain.MemberID{"ana", "bo", "cy", "dee", "eli", "fay"}
	measures = []domain.MeasureID{"m1", "m2", "m3"}
)

// A scribe writes the log of a generated office.
type scribe struct {
	log       []domain.Envelope
	programme bool      // what is drawn is mostly of the programmes of the Office
	theme     []string  // to which of them it keeps; nil is all
	clock     time.Time // when the next event is recorded, if that matters
	joins     bool      // what is written is of the command before
}

func (s *scribe) write(subject domain.Subject, effective calendar.When, target domain.EventID, e domain.Event) domain.EventID {
	n := len(s.log)
	one := domain.Envelope{
		ID: domain.EventID{byte(n >> 8), byte(n), 1}, Subject: subject, Effective: effective, Target: target,
		Recorded: time.Date(2023, 1, 1, 0, n, 0, 0, time.UTC), Command: domain.CommandID{byte(n >> 8), byte(n), 2},
		Actor: "test", Authority: "note 1", Event: e,
	}
	switch {
	case !s.clock.IsZero():
		one.Recorded = s.clock
	case s.programme:
		one.Recorded = one.Recorded.AddDate(1, 0, 0).Add(time.Duration(n) * hours(151))
	}
	if s.joins && n > 0 {
		one.Command, one.Recorded = s.log[n-1].Command, s.log[n-1].Recorded
	}
	s.log = append(s.log, one)
	return one.ID
}

// command writes what one command says, all at once.
func (s *scribe) command(effective []calendar.When, said []happening) {
	for i, h := range said {
		s.joins = i > 0
		s.write(h.about, effective[i], domain.EventID{}, h.event)
	}
	s.joins = false
}

// A happening is an event and whom it is about.
type happening struct {
	about domain.Subject
	event domain.Event
}

func (s *scribe) tell(subject domain.Subject, effective string, e domain.Event) domain.EventID {
	return s.write(subject, when(effective), domain.EventID{}, e)
}

// String shows the log in a failure.
func (s *scribe) String() string {
	var b strings.Builder
	for i, e := range s.log {
		fmt.Fprintf(&b, "\n%3d %s %s %s", i, e.Effective, e.Subject, e.Type())
		if !e.Target.IsZero() {
			fmt.Fprintf(&b, " of %d", int(e.Target[0])<<8+int(e.Target[1]))
		}
		body := e.Event
		if c, ok := body.(domain.EventCorrected); ok {
			body = c.Body
		}
		fmt.Fprintf(&b, " %+v", body)
	}
	return b.String()
}

// found writes the part of the log that every generated office has.
func (s *scribe) found() {
	s.tell(domain.Of(domain.KindOffice, domain.OfficeID("office")), "2020-01-01", domain.OfficeFounded{Zone: officeZone.String(), Mode: domain.History})
	s.tell(common, "2020-01-01", domain.RulesetPublished{Hash: "first"})
	for _, id := range states {
		s.tell(domain.State(id), "2020-01-01", domain.StateRegistered{Name: string(id)})
	}
	s.tell(domain.Mission("embassy"), "2020-01-01", domain.MissionOpened{State: "arandia", Kind: "embassy"})
	s.tell(domain.Mission("post"), "2020-01-01", domain.MissionOpened{State: "arandia", Kind: "consular_post", Zone: "America/Havana"})
	s.tell(domain.Mission("office"), "2020-01-01", domain.MissionOpened{State: "borvia", Kind: "io", Zone: "Asia/Tokyo"})
	s.tell(domain.Mission("mission"), "2020-01-01", domain.MissionOpened{State: "borvia", Kind: "un_mission"})
}

var common = domain.Of(domain.KindRuleset, domain.RulesetID("common"))

// generate makes an office in which much goes wrong at once.
func generate(t *rapid.T) *scribe {
	s := &scribe{}
	s.found()
	founded := len(s.log)
	s.staff(t)
	for range number(t, 3, 24, "events") {
		s.next(t, founded)
	}
	return s
}

// staff gives most offices somebody for the rest to happen to: a member with a
// family, one with two capacities, one to be reassigned.
func (s *scribe) staff(t *rapid.T) {
	for _, e := range []struct {
		who domain.MemberID
		e   domain.Event
	}{
		{"ana", domain.MemberAccredited{Mission: "embassy", Category: "dip.agent", Rank: "minister"}},
		{"bo", domain.MemberAccredited{Mission: "post", Category: "con.officer", Status: "lpr"}},
		{"bo", domain.MemberAccredited{Mission: "embassy", Category: "dip.at", Capacity: "second"}},
		{"cy", domain.MemberAccredited{Mission: "office", Category: "dip.agent"}},
		{"dee", domain.FamilyJoined{Sponsor: "ana", Relation: "child", Personal: drawBirth(t)}},
		{"eli", domain.FamilyJoined{Sponsor: "bo", Relation: "child", Personal: drawBirth(t)}},
		{"fay", domain.FamilyJoined{Sponsor: "ana", Relation: "spouse"}},
	} {
		if number(t, 0, 3, "staffed") > 0 {
			s.member(e.who, "2024-01-01", e.e)
		}
	}
}

func (s *scribe) next(t *rapid.T, founded int) {
	if len(s.log) > founded && number(t, 0, 9, "act") < 3 {
		s.amend(t)
		return
	}
	if !s.programme && number(t, 0, 5, "endings") == 0 {
		s.command(drawEndings(t))
		return
	}
	subject, e, target := s.event(t)
	s.write(subject, drawMoment(t), target, e)
}

// drawEndings draws several causes that end functions at one instant, which each may
// state in a zone of its own. None says otherwise of a register than another.
func drawEndings(t *rapid.T) ([]calendar.When, []happening) {
	moment := pick(t, together, "together")
	who := pick(t, people, "ending")
	var whens []calendar.When
	var said []happening
	for range number(t, 2, 4, "causes") {
		w := when(pick(t, moment, "said as"))
		whens = append(whens, w)
		switch number(t, 0, 7, "cause") {
		case 0:
			said = append(said, happening{domain.Member(who), domain.MemberDied{}})
		case 1:
			said = append(said, happening{domain.Member(who), domain.PersonaNonGrata{Period: drawEndPeriod(t)}})
		case 2, 3:
			said = append(said, happening{domain.Member(who), domain.FunctionsEnded{Period: drawEndPeriod(t), Capacity: pick(t, []string{"", "second"}, "of")}})
		case 4:
			said = append(said, happening{domain.State("arandia"), domain.RelationsChanged{Relations: "severed", Period: drawEndPeriod(t)}})
		case 5:
			said = append(said, happening{domain.Mission("embassy"), domain.ClosureOrdered{Deadline: w, Period: drawEndPeriod(t)}})
		default:
			said = append(said, happening{domain.Mission("embassy"), domain.MissionClosed{Period: drawEndPeriod(t)}})
		}
	}
	return whens, said
}

// drawEndPeriod draws a period more often than not.
func drawEndPeriod(t *rapid.T) domain.Period {
	if number(t, 0, 3, "lawful") == 0 {
		return domain.Period{}
	}
	if p := drawPeriod(t); p != (domain.Period{}) {
		return p
	}
	return domain.Period{Days: number(t, 1, 12, "days")}
}

// together are instants, each as several may state it.
var together = [][]string{
	{"2024-02-29", "2024-02-29T05:00:00Z", "2024-02-29T14:00 Asia/Tokyo"},
	{"2024-03-10 America/Havana", "2024-03-10T05:00:00Z", "2024-03-10"},
	{"2024-12-01", "2024-12-01T05:00:00Z", "2024-11-30T23:00 America/Chicago"},
	{"2025-03-01", "2025-02-28T23:00 America/Chicago"},
}

// amend retracts or corrects one of the last few events.
func (s *scribe) amend(t *rapid.T) {
	back := pick(t, []int{1, 1, 1, 2, 2, 3, 5, 9}, "back")
	target := s.log[max(1, len(s.log)-back)]
	if domain.Retracts(target.Event) || rapid.Bool().Draw(t, "retract") {
		s.write(target.Subject, drawMoment(t), target.ID, domain.EventRetracted{Reason: "it never was"})
		return
	}
	body := target.Event
	if c, ok := body.(domain.EventCorrected); ok {
		body = c.Body
	}
	// A body of the same type is found by drawing; if it is not, only the time
	// was wrong.
	for range 3 {
		if subject, e, _ := s.event(t); e.Type() == body.Type() && subject.Kind == target.Subject.Kind {
			body = e
			break
		}
	}
	s.write(target.Subject, drawMoment(t), target.ID, domain.EventCorrected{Reason: "it was otherwise", Body: body})
}

func drawMoment(t *rapid.T) calendar.When {
	w := when(pick(t, moments, "moment"))
	if w.HasDate && number(t, 0, 7, "old zone data") == 0 {
		w.At = w.At.Add(-hours(1)) // a midnight as an older edition of the zone data had it
	}
	return w
}

func drawPeriod(t *rapid.T) domain.Period {
	switch number(t, 0, 7, "period") {
	case 0:
		return domain.Period{Hours: pick(t, []int{1, 24, 72}, "hours")}
	case 1:
		return domain.Period{Days: pick(t, []int{1, 2, 10}, "days")}
	case 2:
		return domain.Period{Until: drawMoment(t)}
	default:
		return domain.Period{}
	}
}

func drawUntil(t *rapid.T) calendar.When {
	if number(t, 0, 2, "bounded") == 0 {
		return drawMoment(t)
	}
	return calendar.When{}
}

func drawStatus(t *rapid.T) domain.Status {
	return pick(t, []domain.Status{"", "", "none", "lpr", "us_national"}, "status")
}

func drawScope(t *rapid.T) (scope domain.Scope) {
	switch number(t, 0, 6, "scope") {
	case 0:
		scope.Categories = []domain.Category{"dip.agent"}
	case 1:
		scope.Missions = []domain.MissionID{pick(t, missions, "mission")}
	case 2:
		scope.Members = []domain.MemberID{pick(t, people, "member")}
	case 3:
		family := rapid.Bool().Draw(t, "family")
		scope.Family = &family
	case 4:
		scope.Statuses = []domain.Status{"none"}
	}
	return scope
}

// event draws something that happens.
func (s *scribe) event(t *rapid.T) (domain.Subject, domain.Event, domain.EventID) {
	member := domain.Member(pick(t, people, "who"))
	relative := domain.Member(pick(t, people[3:], "relative"))
	mission := pick(t, missions, "mission")
	state := pick(t, states, "state")
	category := pick(t, []domain.Category{"dip.agent", "dip.agent", "dip.at", "con.officer", "courier"}, "category")
	capacity := pick(t, []string{"", "", "main", "second"}, "capacity")
	var none domain.EventID
	if s.programme && number(t, 0, 4, "programme") > 0 {
		return s.programmed(t)
	}
	switch pick(t, happenings, "happening") {
	case "accredited":
		return member, domain.MemberAccredited{Mission: mission, Category: category, Capacity: capacity, Status: drawStatus(t), Rank: pick(t, []string{"", "counsellor"}, "rank")}, none
	case "reassigned":
		return member, domain.MemberReassigned{Mission: mission, Capacity: capacity, Rank: pick(t, []string{"", "first secretary"}, "rank")}, none
	case "recategorized":
		return member, domain.CategoryChanged{Category: category, Capacity: capacity}, none
	case "status":
		return member, domain.StatusChanged{Status: pick(t, []domain.Status{"none", "lpr"}, "status")}, none
	case "functions ended":
		return member, domain.FunctionsEnded{Period: drawPeriod(t), Capacity: capacity}, none
	case "period set":
		p := drawPeriod(t)
		if p == (domain.Period{}) {
			p.Days = 5
		}
		return member, domain.PeriodSet{Period: p}, none
	case "departed":
		return member, domain.MemberDeparted{}, none
	case "died":
		return member, domain.MemberDied{}, none
	case "expelled":
		return member, domain.PersonaNonGrata{Period: drawPeriod(t)}, none
	case "joined":
		e := domain.FamilyJoined{Sponsor: people[number(t, 0, 2, "sponsor")], Relation: pick(t, []domain.Relation{"child", "child", "spouse", "parent", "cousin"}, "relation"), Status: drawStatus(t)}
		if number(t, 0, 3, "born") > 0 {
			e.Personal = drawBirth(t)
		}
		return relative, e, none
	case "left":
		return relative, domain.FamilyLeft{}, none
	case "born":
		return relative, domain.BirthRecorded{Personal: drawBirth(t)}, none
	case "student":
		return relative, domain.StudentChanged{Student: rapid.Bool().Draw(t, "student")}, none
	case "works":
		return relative, domain.PrivateWorkChanged{PrivateWork: rapid.Bool().Draw(t, "works")}, none
	case "delivered":
		return member, domain.CourierDelivered{}, none
	case "visit":
		return member, domain.VisitorRecorded{Mission: mission, Until: drawUntil(t)}, none
	case "closed":
		return domain.Mission(mission), domain.MissionClosed{Period: drawPeriod(t)}, none
	case "closing":
		return domain.Mission(mission), domain.ClosureOrdered{Deadline: drawMoment(t), Period: drawPeriod(t)}, none
	case "suspended":
		e := domain.MissionSuspended{Leave: number(t, 0, 2, "leave") > 0, Period: drawPeriod(t)}
		switch number(t, 0, 2, "exempt") {
		case 0:
			e.ExemptMembers = people[:1]
		case 1:
			e.ExemptStatuses = []domain.Status{"lpr"}
		}
		return domain.Mission(mission), e, none
	case "reopened":
		return domain.Mission(mission), domain.MissionReopened{}, none
	case "severed":
		return domain.State(state), domain.RelationsChanged{Relations: "severed", Period: drawPeriod(t)}, none
	case "restored":
		return domain.State(state), domain.RelationsChanged{Relations: "normal"}, none
	case "published":
		return common, domain.RulesetPublished{Hash: pick(t, []string{"first", "second", "third"}, "hash")}, none
	case "withdrawn":
		return common, domain.RulesetWithdrawn{Hash: pick(t, []string{"first", "second", "third"}, "hash")}, none
	case "superseded":
		return common, domain.RulesetSuperseded{Hash: pick(t, []string{"first", "second"}, "hash"), By: pick(t, []string{"second", "third"}, "by")}, none
	case "determined":
		e := domain.MeasureDetermined{State: state, Privileges: []domain.Privilege{"tax.sales"}, Level: "withdrawn", Scope: drawScope(t), Until: drawUntil(t)}
		if number(t, 0, 2, "answers") == 0 {
			e.Observed = &domain.Observation{Level: "minimum_purchase"}
		}
		if rapid.Bool().Draw(t, "displaces") {
			e.Replaces = []domain.MeasureID{pick(t, measures, "replaces")}
		}
		return domain.Of(domain.KindMeasure, pick(t, measures, "measure")), e, none
	case "lifted":
		e := domain.MeasureLifted{}
		if rapid.Bool().Draw(t, "partly") {
			e.Scope = drawScope(t)
		}
		return domain.Of(domain.KindMeasure, pick(t, measures, "measure")), e, none
	case "observed":
		return domain.State(state), domain.PracticeObserved{Privileges: []domain.Privilege{"tax.sales"}, Level: "full"}, none
	case "granted":
		return member, domain.PrivilegeGranted{Privileges: []domain.Privilege{"tax.fuel"}, Until: drawUntil(t)}, none
	case "restricted":
		return member, domain.PrivilegeRestricted{Privileges: []domain.Privilege{"tax.sales"}, Until: drawUntil(t)}, none
	default: // an individual act comes to an end
		return s.ends(t, member)
	}
}

// ends draws the end of a grant or restriction among the latest, or a denial.
func (s *scribe) ends(t *rapid.T, member domain.Subject) (domain.Subject, domain.Event, domain.EventID) {
	var open []domain.Envelope
	for _, e := range s.log {
		body := e.Event
		if c, ok := body.(domain.EventCorrected); ok {
			body = c.Body
		}
		switch body.(type) {
		case domain.PrivilegeGranted, domain.PrivilegeRestricted:
			open = append(open, e)
		}
	}
	if len(open) == 0 {
		return member, domain.PrivilegeRevoked{Privileges: []domain.Privilege{"tax.sales"}}, domain.EventID{}
	}
	target := open[max(0, len(open)-number(t, 1, 3, "which"))]
	body := target.Event
	if c, ok := body.(domain.EventCorrected); ok {
		body = c.Body
	}
	if _, granted := body.(domain.PrivilegeGranted); granted {
		return target.Subject, domain.PrivilegeRevoked{}, target.ID
	}
	return target.Subject, domain.RestrictionLifted{}, target.ID
}

func drawBirth(t *rapid.T) *domain.Personal {
	return &domain.Personal{Birth: must(calendar.ParseDate(pick(t, []string{
		"2004-02-29", "2003-03-10", "2002-03-01", "2001-11-03", "2003-11-04",
	}, "birth")))}
}

// happenings are weighed: what capacities depend on happens more often.
var happenings = []string{
	"accredited", "accredited", "accredited", "accredited", "reassigned", "reassigned", "recategorized", "status",
	"functions ended", "functions ended", "functions ended", "period set", "period set", "departed", "departed", "died", "expelled",
	"joined", "joined", "joined", "joined", "left", "born", "student", "works",
	"delivered", "visit", "closed", "closing", "suspended", "suspended", "reopened", "severed", "restored",
	"published", "published", "withdrawn", "superseded", "determined", "determined", "determined", "lifted", "observed",
	"granted", "restricted", "restricted", "ended", "ended",
}

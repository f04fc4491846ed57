package facts_test

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/timeline"
)

// This file is the executable specification of the package. It answers a
// question about one (member, t, k) from the bare list of events, by the
// definitions and plain loops: no history and no episode is kept. What
// is defined as the first instant of something is looked for by trying every
// instant at which anything could change.

type instant = timeline.Instant

// A fact is an event that stands as known at k, with what a correction put in
// its place.
type fact struct {
	pos, root int
	learned   time.Time        // when the root was recorded
	command   domain.CommandID // by which the root was recorded
	about     domain.Subject
	event     domain.Event
	when      calendar.When
	target    domain.EventID // of the root: what it ends
}

func (f fact) at() instant { return timeline.Of(f.when.At) }

type naive struct {
	facts []fact // by rank
	roots map[domain.EventID]int
	zone  calendar.Zone // the office's
	edges []instant     // every instant at which something could change, by itself, in order

	// Only so that the tests are quick: answers given before.
	ofMemo  map[domain.Subject][]fact
	endMemo map[endKey]ending
}

type endKey struct {
	id domain.MemberID
	a  appointment
}

func newNaive(log []domain.Envelope, zone calendar.Zone) *naive {
	n := &naive{zone: zone, roots: map[domain.EventID]int{}, ofMemo: map[domain.Subject][]fact{}, endMemo: map[endKey]ending{}}
	for i, e := range log {
		root := i
		for _, isCorrection := log[root].Event.(domain.EventCorrected); isCorrection; _, isCorrection = log[root].Event.(domain.EventCorrected) {
			root = find(log, log[root].Target)
		}
		n.roots[e.ID] = root
		f := fact{pos: i, root: root, learned: log[root].Recorded, command: log[root].Command, about: e.Subject, event: e.Event, when: e.Effective, target: log[root].Target}
		if c, ok := e.Event.(domain.EventCorrected); ok {
			f.event = c.Body
		}
		if !domain.Retracts(e.Event) && stands(log, i) {
			n.facts = append(n.facts, f)
		}
	}
	slices.SortFunc(n.facts, func(a, b fact) int {
		return cmp.Or(cmp.Compare(a.at(), b.at()), cmp.Compare(a.root, b.root), cmp.Compare(a.pos, b.pos))
	})
	for _, f := range n.facts {
		n.edges = append(n.edges, f.at())
		if c, ok := f.event.(domain.ClosureOrdered); ok {
			n.edges = append(n.edges, timeline.Of(c.Deadline.At))
		}
		if v, ok := f.event.(domain.VisitorRecorded); ok {
			n.edges = append(n.edges, timeline.Of(v.Until.At))
		}
	}
	slices.Sort(n.edges)
	n.edges = slices.Compact(n.edges)
	for _, f := range n.facts {
		n.ofMemo[f.about] = append(n.ofMemo[f.about], f)
	}
	return n
}

func find(log []domain.Envelope, id domain.EventID) int {
	return slices.IndexFunc(log, func(e domain.Envelope) bool { return e.ID == id })
}

// stands reports whether no retraction or correction that acts points at event i.
func stands(log []domain.Envelope, i int) bool {
	for j, e := range log {
		if j > i && e.Target == log[i].ID && acts(log, j) {
			return false
		}
	}
	return true
}

// acts reports whether j is a retraction or correction that stands, or a
// correction in the place of which another, or a dismissal, acts.
func acts(log []domain.Envelope, j int) bool {
	switch log[j].Event.(type) {
	case domain.EventRetracted, domain.ViolationDismissed:
		return stands(log, j)
	case domain.EventCorrected:
		for i, e := range log {
			_, corrects := e.Event.(domain.EventCorrected)
			_, dismisses := e.Event.(domain.ViolationDismissed)
			if (corrects || dismisses) && e.Target == log[j].ID && acts(log, i) {
				return true
			}
		}
		return stands(log, j)
	default:
		return false
	}
}

func (n *naive) of(s domain.Subject) []fact { return n.ofMemo[s] }

func (n *naive) status(id domain.MemberID, t instant) domain.Status {
	status := domain.Status("none")
	for _, f := range n.of(domain.Member(id)) {
		if f.at() > t {
			continue
		}
		switch e := f.event.(type) {
		case domain.StatusChanged:
			status = e.Status
		case domain.MemberAccredited:
			status = cmp.Or(e.Status, status)
		case domain.FamilyJoined:
			status = cmp.Or(e.Status, status)
		case domain.VisitorRecorded:
			status = cmp.Or(e.Status, status)
		}
	}
	return status
}

// birth is the date recorded last, whenever it is said to take effect.
func (n *naive) birth(id domain.MemberID) (date calendar.Date) {
	var last fact
	for _, f := range n.of(domain.Member(id)) {
		var p *domain.Personal
		switch e := f.event.(type) {
		case domain.BirthRecorded:
			p = e.Personal
		case domain.FamilyJoined:
			p = e.Personal
		}
		if p != nil && !p.Birth.IsZero() && (date.IsZero() || cmp.Or(cmp.Compare(f.root, last.root), cmp.Compare(f.pos, last.pos)) > 0) {
			date, last = p.Birth, f
		}
	}
	return date
}

func (n *naive) works(id domain.MemberID, t instant) (works bool) {
	for _, f := range n.of(domain.Member(id)) {
		if e, ok := f.event.(domain.PrivateWorkChanged); ok && f.at() <= t {
			works = e.PrivateWork
		}
	}
	return works
}

func (n *naive) studies(id domain.MemberID, t instant) (studies bool) {
	for _, f := range n.of(domain.Member(id)) {
		if e, ok := f.event.(domain.StudentChanged); ok && f.at() <= t {
			studies = e.Student
		}
	}
	return studies
}

// missionStatus is the status at t and the fact that says so.
func (n *naive) missionStatus(id domain.MissionID, t instant) (status string, by fact) {
	since := timeline.Always
	say := func(s string, from instant, f fact) {
		if from <= t && (from > since || from == since && cmp.Or(cmp.Compare(f.root, by.root), cmp.Compare(f.pos, by.pos)) >= 0) {
			status, since, by = s, from, f
		}
	}
	for _, f := range n.of(domain.Mission(id)) {
		switch e := f.event.(type) {
		case domain.MissionOpened, domain.MissionReopened:
			say("open", f.at(), f)
		case domain.MissionSuspended:
			say("suspended", f.at(), f)
		case domain.MissionClosed:
			say("closed", f.at(), f)
		case domain.CustodyTaken:
			say("in_custody", f.at(), f)
		case domain.ClosureOrdered:
			if deadline := timeline.Of(e.Deadline.At); deadline > f.at() {
				say("closing", f.at(), f)
				say("closed", deadline, f)
			} else {
				say("closed", f.at(), f)
			}
		}
	}
	return status, by
}

func (n *naive) relations(id domain.StateID, t instant) (relations domain.Relations, by fact) {
	for _, f := range n.of(domain.State(id)) {
		if e, ok := f.event.(domain.RelationsChanged); ok && f.at() <= t {
			relations, by = e.Relations, f
		}
	}
	return relations, by
}

func (n *naive) opened(id domain.MissionID) (opened domain.MissionOpened) {
	var last fact
	for _, f := range n.of(domain.Mission(id)) {
		if e, ok := f.event.(domain.MissionOpened); ok && (opened.State == "" || cmp.Or(cmp.Compare(f.root, last.root), cmp.Compare(f.pos, last.pos)) > 0) {
			opened, last = e, f
		}
	}
	return opened
}

// law is that of the common edition in force at t; false if there is none.
func (n *naive) law(t instant) (domain.CapacityLaw, bool) {
	hash := ""
	for _, f := range n.of(domain.Of(domain.KindRuleset, domain.RulesetID("common"))) {
		if f.at() > t {
			continue
		}
		switch e := f.event.(type) {
		case domain.RulesetPublished:
			hash = e.Hash
		case domain.RulesetSuperseded:
			if e.Hash == hash {
				hash = e.By
			}
		case domain.RulesetWithdrawn:
			if e.Hash == hash {
				hash = ""
			}
		}
	}
	law, found := laws[hash]
	return law, found
}

// An appointment is a fact that starts an episode of functions.
type appointment struct {
	at       instant
	label    string
	mission  domain.MissionID
	category domain.Category
	rank     string
}

func label(capacity string) string { return cmp.Or(capacity, "main") }

// appointments returns the episodes, one for each instant at which one of that
// label starts.
func (n *naive) appointments(id domain.MemberID) []appointment {
	var out []appointment
	for _, f := range n.of(domain.Member(id)) {
		var a appointment
		switch e := f.event.(type) {
		case domain.MemberAccredited:
			a = appointment{f.at(), label(e.Capacity), e.Mission, e.Category, e.Rank}
		case domain.MemberReassigned:
			a = appointment{f.at(), label(e.Capacity), e.Mission, e.Category, e.Rank}
		case domain.CategoryChanged:
			a = appointment{f.at(), label(e.Capacity), "", e.Category, e.Rank}
		default:
			continue
		}
		last := -1
		for i, b := range out {
			if b.label == a.label {
				last = i
			}
		}
		if _, anew := f.event.(domain.MemberAccredited); !anew {
			if last < 0 {
				continue
			}
			a.mission = cmp.Or(a.mission, out[last].mission)
			a.category = cmp.Or(a.category, out[last].category)
			a.rank = cmp.Or(a.rank, out[last].rank)
		}
		if last >= 0 && out[last].at == a.at {
			out[last] = a
		} else {
			out = append(out, a)
		}
	}
	return out
}

// next is the instant at which the next episode of the label starts.
func (n *naive) next(id domain.MemberID, a appointment) instant {
	next := timeline.Never
	for _, b := range n.appointments(id) {
		if b.label == a.label && b.at > a.at {
			next = min(next, b.at)
		}
	}
	return next
}

func (n *naive) isFirst(id domain.MemberID, a appointment) bool {
	for _, b := range n.appointments(id) {
		if b.label == a.label && b.at < a.at {
			return false
		}
	}
	return true
}

// ending is the end of functions of an episode.
type ending struct {
	at     instant
	by     fact
	when   calendar.When
	period domain.Period
}

func (n *naive) endOf(id domain.MemberID, a appointment) (ending, bool) {
	e, known := n.endMemo[endKey{id, a}]
	if !known {
		e = n.findEnd(id, a)
		n.endMemo[endKey{id, a}] = e
	}
	return e, e.at != timeline.Never
}

// findEnd tries every instant of the episode for causes.
func (n *naive) findEnd(id domain.MemberID, a appointment) ending {
	for _, x := range n.edges {
		if x < a.at || x >= n.next(id, a) || x == a.at && !n.isFirst(id, a) {
			continue
		}
		person, mission, state := n.ownEndings(id, a, x), n.missionEndings(id, a, x), n.stateEndings(a, x)
		if all := slices.Concat(person, mission, state); len(all) > 0 {
			// One command ends the functions: the first. What it says of the
			// nearest counts.
			earliest := slices.MinFunc(all, func(a, b ending) int { return cmp.Compare(a.by.root, b.by.root) }).by.command
			for _, near := range [][]ending{person, mission, state} {
				if of := saidBy(near, earliest); len(of) > 0 {
					return n.soonest(of, a.mission)
				}
			}
		}
	}
	return ending{at: timeline.Never}
}

// saidBy are the endings that one command said.
func saidBy(all []ending, command domain.CommandID) (of []ending) {
	for _, e := range all {
		if e.by.command == command {
			of = append(of, e)
		}
	}
	return of
}

// soonest chooses among endings of one instant and one command that are as near: one
// that states a period, and of the rest the one of which the period is over soonest.
func (n *naive) soonest(all []ending, mission domain.MissionID) ending {
	var stating []ending
	for _, e := range all {
		if e.period != (domain.Period{}) {
			stating = append(stating, e)
		}
	}
	if len(stating) > 0 {
		all = stating
	}
	over := func(e ending) instant { return n.periodEnd(e, mission, e.at) }
	tomorrow := func(e ending) instant { e.period = domain.Period{Days: 1}; return over(e) }
	zone := func(e ending) string { return cmp.Or(e.when.Zone, n.opened(mission).Zone, n.zone.String()) }
	best := all[0]
	for _, e := range all[1:] {
		switch {
		case over(e) != over(best):
			if over(e) < over(best) {
				best = e
			}
		case tomorrow(e) != tomorrow(best):
			if tomorrow(e) < tomorrow(best) {
				best = e
			}
		case zone(e) != zone(best):
			if zone(e) < zone(best) {
				best = e
			}
		case e.by.root < best.by.root, e.by.root == best.by.root && e.by.pos < best.by.pos:
			best = e
		}
	}
	return best
}

// ownEndings are the causes at x that are about the person.
func (n *naive) ownEndings(id domain.MemberID, a appointment, x instant) (causes []ending) {
	for _, f := range n.of(domain.Member(id)) {
		if f.at() != x {
			continue
		}
		switch e := f.event.(type) {
		case domain.FunctionsEnded:
			if e.Capacity == "" || e.Capacity == a.label {
				causes = append(causes, ending{x, f, f.when, e.Period})
			}
		case domain.PersonaNonGrata:
			causes = append(causes, ending{x, f, f.when, e.Period})
		case domain.MemberDied, domain.MemberDeparted:
			causes = append(causes, ending{x, f, f.when, domain.Period{}})
		}
	}
	return causes
}

// missionEndings are the causes at x that are about the mission. That it closed is
// said by the command that has the last word of x.
func (n *naive) missionEndings(id domain.MemberID, a appointment, x instant) (causes []ending) {
	closes := false
	now, by := n.missionStatus(a.mission, x)
	if now == "closed" {
		before, _ := n.missionStatus(a.mission, x-1)
		closes = before != "closed"
	}
	for _, f := range n.of(domain.Mission(a.mission)) {
		switch e := f.event.(type) {
		case domain.MissionClosed:
			if closes && f.command == by.command && f.at() == x {
				causes = append(causes, ending{x, f, f.when, e.Period})
			}
		case domain.ClosureOrdered:
			c := ending{x, f, f.when, e.Period}
			deadline := timeline.Of(e.Deadline.At)
			if deadline == x {
				c.when = e.Deadline
			}
			if closes && f.command == by.command && max(f.at(), deadline) == x {
				causes = append(causes, c)
			}
		case domain.MissionSuspended:
			if e.Leave && f.at() == x && !slices.Contains(e.ExemptMembers, id) && !slices.Contains(e.ExemptStatuses, n.status(id, x)) {
				causes = append(causes, ending{x, f, f.when, e.Period})
			}
		}
	}
	return causes
}

// stateEndings are the causes at x that are about relations with the State.
func (n *naive) stateEndings(a appointment, x instant) (causes []ending) {
	mission := n.opened(a.mission)
	now, by := n.relations(mission.State, x)
	before, _ := n.relations(mission.State, x-1)
	law, inForce := n.law(x)
	touched := !inForce || len(law.Severed) == 0 || slices.Contains(law.Severed, mission.Kind)
	if now != "severed" || before == "severed" || !touched {
		return nil
	}
	for _, f := range n.of(domain.State(mission.State)) {
		if e, ok := f.event.(domain.RelationsChanged); ok && e.Relations == "severed" && f.at() == x && f.command == by.command {
			causes = append(causes, ending{x, f, f.when, e.Period})
		}
	}
	return causes
}

// periodEnd is the end of the period to leave as it stands at t, when functions
// ended with e. Sets of all the people named count.
func (n *naive) periodEnd(e ending, mission domain.MissionID, t instant, people ...domain.MemberID) instant {
	period, delivered := e.period, e.at
	if period == (domain.Period{}) {
		law, _ := n.law(e.at)
		period = law.Period
	}
	for _, f := range n.facts {
		s, ok := f.event.(domain.PeriodSet)
		if ok && f.at() >= e.at && f.at() <= t && slices.Contains(people, domain.MemberID(f.about.ID)) {
			period, delivered = s.Period, f.at()
		}
	}
	if !period.Until.At.IsZero() {
		return timeline.Of(period.Until.At)
	}
	if period.Hours > 0 {
		return timeline.Of(delivered.Time().Add(hours(period.Hours)))
	}
	zone := n.zone
	if name := cmp.Or(e.when.Zone, n.opened(mission).Zone); name != "" {
		zone = must(calendar.LoadZone(name))
	}
	date := zone.DateOf(e.at.Time())
	if e.when.HasDate {
		date = e.when.Date
	}
	return timeline.Of(zone.Midnight(date.AddDays(period.Days)))
}

// over reports whether at some instant in [e.at, t] the period to leave, as it
// stood then, was over. It can only have changed when one was set.
func (n *naive) over(e ending, mission domain.MissionID, t instant, people ...domain.MemberID) bool {
	tries := []instant{e.at, t}
	for _, f := range n.facts {
		if _, ok := f.event.(domain.PeriodSet); ok {
			tries = append(tries, f.at()-1, f.at())
		}
	}
	for _, x := range tries {
		if x >= e.at && x <= t && x >= n.periodEnd(e, mission, x, people...) {
			return true
		}
	}
	return false
}

// happened returns the first instant in [from, t] at which something of the
// sort happened to the person.
func (n *naive) happened(id domain.MemberID, from, t instant, what ...domain.Event) (fact, bool) {
	for _, f := range n.of(domain.Member(id)) {
		for _, w := range what {
			if f.event.Type() == w.Type() && f.at() >= from && f.at() <= t {
				return f, true
			}
		}
	}
	return fact{}, false
}

// A verdict is what is said of one capacity at one (t, k).
func verdict(kind, label string, start instant, mission domain.MissionID, category domain.Category, rank, phase string, status domain.Status, rest string) string {
	return fmt.Sprintf("%s %s since %s at %s as %s/%s: %s, %s%s", kind, label, start, mission, category, rank, phase, status, rest)
}

// capacities answers for every capacity that has begun by t.
func (n *naive) capacities(id domain.MemberID, t instant) []string {
	var out []string
	for _, a := range n.appointments(id) {
		if a.at > t {
			continue
		}
		kind := "accredited"
		if a.category == "courier" {
			kind = "courier"
		}
		out = append(out, verdict(kind, a.label, a.at, a.mission, a.category, a.rank, n.functions(id, a, t), n.statusOf(id, a, t), n.ends(id, a, t)))
	}
	out = append(out, n.families(id, t)...)
	out = append(out, n.visitor(id, t)...)
	slices.Sort(out)
	return out
}

// functions is the phase at t of an episode that has begun.
func (n *naive) functions(id domain.MemberID, a appointment, t instant) string {
	if a.category == "courier" {
		if f, done := n.happened(id, a.at, t, domain.CourierDelivered{}); done && f.at() < n.next(id, a) {
			return "ended"
		}
	}
	e, ends := n.endOf(id, a)
	switch {
	case !ends && t >= n.next(id, a):
		return "ended"
	case t < e.at:
		return "current"
	}
	if _, left := n.happened(id, e.at, t, domain.MemberDeparted{}); left || n.over(e, a.mission, t, id) {
		return "ended"
	}
	return "leaving"
}

// statusOf is the status that counts: for an ended capacity that of its end.
func (n *naive) statusOf(id domain.MemberID, a appointment, t instant) domain.Status {
	if n.functions(id, a, t) != "ended" {
		return n.status(id, t)
	}
	e, _ := n.endOf(id, a)
	end := min(e.at, n.next(id, a))
	if a.category == "courier" {
		if f, done := n.happened(id, a.at, t, domain.CourierDelivered{}); done {
			end = min(end, f.at())
		}
	}
	return n.status(id, end)
}

// ends says when functions ended and the period as it stands, while it runs.
func (n *naive) ends(id domain.MemberID, a appointment, t instant) string {
	if n.functions(id, a, t) != "leaving" {
		return ""
	}
	e, _ := n.endOf(id, a)
	return fmt.Sprintf(" since %s until %s", e.at, n.periodEnd(e, a.mission, t, id))
}

// families tries every instant from the start of each family capacity for a
// reason why it was over by then.
func (n *naive) families(id domain.MemberID, t instant) []string {
	var out []string
	for i, h := range n.facts {
		joined, ok := h.event.(domain.FamilyJoined)
		if !ok || h.about != domain.Member(id) {
			continue
		}
		for _, a := range n.appointments(joined.Sponsor) {
			if a.category == "courier" {
				continue
			}
			start := max(a.at, h.at())
			if start > t || !n.related(id, i, a, start, start) {
				continue
			}
			e, own := n.familyEnd(id, i, a)
			last := timeline.Never // the first instant at which it was over
			for _, x := range n.tries(id, joined.Sponsor, t) {
				if x >= start && x <= t && !n.related(id, i, a, start, x) {
					last = min(last, x)
				}
			}
			phase, rest, status := "current", "", n.status(id, t)
			switch {
			case last <= t:
				phase, status = "ended", n.status(id, min(last, e.at))
			case e.at <= t:
				phase = "leaving"
				rest = fmt.Sprintf(" since %s until %s", e.at, n.periodEnd(e, a.mission, t, id, joined.Sponsor))
				_ = own
			}
			out = append(out, verdict("family", string(joined.Sponsor)+"/"+a.label, start, a.mission, "family", "", phase, status, rest))
		}
	}
	return out
}

// familyEnd is the end of functions for a relative: the sponsor's, or their own
// expulsion if that comes first.
func (n *naive) familyEnd(id domain.MemberID, h int, a appointment) (e ending, own bool) {
	joined := n.facts[h].event.(domain.FamilyJoined)
	e, _ = n.endOf(joined.Sponsor, a)
	if f, found := n.happened(id, n.facts[h].at(), timeline.Never, domain.PersonaNonGrata{}); found && f.at() < e.at && n.inHousehold(id, h, f.at()) {
		var all []ending
		for _, g := range n.of(domain.Member(id)) {
			if png, ok := g.event.(domain.PersonaNonGrata); ok && g.at() == f.at() {
				all = append(all, ending{g.at(), g, g.when, png.Period})
			}
		}
		return n.soonest(saidBy(all, f.command), a.mission), true
	}
	return e, false
}

// inHousehold reports whether at x the person is still where fact h put them.
func (n *naive) inHousehold(id domain.MemberID, h int, x instant) bool {
	last := -1
	for i, f := range n.facts {
		switch f.event.(type) {
		case domain.FamilyJoined, domain.FamilyLeft:
			if f.about == domain.Member(id) && f.at() <= x {
				last = i
			}
		}
	}
	_, gone := n.happened(id, n.facts[h].at(), x, domain.MemberDeparted{}, domain.MemberDied{})
	return last == h && !gone
}

// related reports whether nothing at x keeps the person from being family, in a
// capacity that starts at start.
func (n *naive) related(id domain.MemberID, h int, a appointment, start, x instant) bool {
	joined := n.facts[h].event.(domain.FamilyJoined)
	if !n.inHousehold(id, h, x) {
		return false
	}
	sponsor, ends := n.endOf(joined.Sponsor, a)
	switch {
	case !ends && x >= n.next(joined.Sponsor, a),
		ends && x >= sponsor.at && n.over(sponsor, a.mission, x, id, joined.Sponsor):
		return false
	}
	if e, own := n.familyEnd(id, h, a); own && x >= e.at && n.over(e, a.mission, x, id, joined.Sponsor) {
		return false
	}
	law, found := n.law(x)
	if !found {
		return true
	}
	relation, recognized := law.Relations[joined.Relation]
	if !recognized || law.WorkEnds && n.works(id, x) {
		return false
	}
	limit, isException := relation.BySponsor[a.category]
	if !isException {
		limit = domain.AgeLimit{Age: relation.Age, StudentAge: relation.StudentAge}
	}
	birth := n.birth(id)
	if limit.Age == 0 || birth.IsZero() {
		return true
	}
	if n.studies(id, x) {
		return x < n.birthday(birth, max(limit.Age, limit.StudentAge))
	}
	return x < n.birthday(birth, limit.Age)
}

func (n *naive) birthday(birth calendar.Date, age int) instant {
	return timeline.Of(n.zone.Midnight(birth.AddMonths(12 * age)))
}

// tries are the instants at which a family capacity could be over.
func (n *naive) tries(id, sponsor domain.MemberID, t instant) []instant {
	out := append(slices.Clone(n.edges), t)
	if birth := n.birth(id); !birth.IsZero() {
		for age := 15; age < 30; age++ {
			out = append(out, n.birthday(birth, age))
		}
	}
	var endings []ending
	var missions []domain.MissionID
	for _, a := range n.appointments(sponsor) {
		if e, ends := n.endOf(sponsor, a); ends {
			endings, missions = append(endings, e), append(missions, a.mission)
		}
		for _, f := range n.of(domain.Member(id)) {
			if png, ok := f.event.(domain.PersonaNonGrata); ok {
				endings, missions = append(endings, ending{f.at(), f, f.when, png.Period}), append(missions, a.mission)
			}
		}
	}
	sets := []instant{t}
	for _, f := range n.facts {
		if _, ok := f.event.(domain.PeriodSet); ok {
			sets = append(sets, f.at())
		}
	}
	for i, e := range endings {
		for _, x := range append(sets, e.at) {
			out = append(out, n.periodEnd(e, missions[i], x, id, sponsor))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (n *naive) visitor(id domain.MemberID, t instant) []string {
	var out []string
	visits := n.of(domain.Member(id))
	for i, f := range visits {
		visit, ok := f.event.(domain.VisitorRecorded)
		if !ok || f.at() > t {
			continue
		}
		over, replaced := timeline.Never, false
		for _, g := range visits[i+1:] {
			if _, ok := g.event.(domain.VisitorRecorded); ok {
				over = min(over, g.at())
				replaced = replaced || g.at() == f.at()
			}
		}
		if !visit.Until.At.IsZero() {
			over = min(over, timeline.Of(visit.Until.At))
		}
		if left, found := n.happened(id, f.at(), timeline.Never, domain.MemberDeparted{}); found {
			over = min(over, left.at())
		}
		if over <= f.at() || replaced {
			continue
		}
		phase, status := "current", n.status(id, t)
		if over <= t {
			phase, status = "ended", n.status(id, over)
		}
		out = append(out, verdict("visitor", "main", f.at(), visit.Mission, "", "", phase, status, ""))
	}
	return out
}

// measures returns the positions of the measures towards a State that are live for r at t.
func (n *naive) measures(state domain.StateID, r domain.Reach, t instant) []int {
	var out []int
	for _, f := range n.facts {
		m, ok := f.event.(domain.MeasureDetermined)
		if !ok || m.State != state || !m.Scope.Covers(r) || f.at() > t || ended(m.Until, t) || n.liftedFor(f, r, t) {
			continue
		}
		displaced := false
		for _, g := range n.facts {
			by, ok := g.event.(domain.MeasureDetermined)
			displaced = displaced || ok && g.about != f.about && by.State == state &&
				slices.Contains(by.Replaces, domain.MeasureID(f.about.ID)) && by.Scope.Covers(r) &&
				g.at() <= t && !ended(by.Until, g.at()) && !n.liftedFor(g, r, g.at())
		}
		if !displaced {
			out = append(out, f.pos)
		}
	}
	slices.Sort(out)
	return out
}

func ended(until calendar.When, t instant) bool {
	return !until.At.IsZero() && timeline.Of(until.At) <= t
}

func (n *naive) liftedFor(m fact, r domain.Reach, t instant) bool {
	for _, f := range n.of(m.about) {
		l, ok := f.event.(domain.MeasureLifted)
		if ok && f.at() <= t && (f.root > m.root || f.at() >= m.at()) && (l.Scope.IsZero() || l.Scope.Covers(r)) {
			return true
		}
	}
	return false
}

// personal returns the positions of the grants and restrictions live at t.
func (n *naive) personal(s domain.Subject, t instant) []int {
	var out []int
	for _, f := range n.of(s) {
		var until calendar.When
		switch e := f.event.(type) {
		case domain.PrivilegeGranted:
			until = e.Until
		case domain.PrivilegeRestricted:
			until = e.Until
		case domain.PrivilegeRevoked:
			if !f.target.IsZero() {
				continue
			}
		default:
			continue
		}
		over := f.at() > t || ended(until, t)
		for _, g := range n.of(s) {
			switch g.event.(type) {
			case domain.RestrictionLifted, domain.PrivilegeReinstated, domain.PrivilegeRevoked:
				root, points := n.roots[g.target]
				over = over || points && root == f.root && g.at() <= t
			}
		}
		if !over {
			out = append(out, f.pos)
		}
	}
	slices.Sort(out)
	return out
}

// practice is the level observed last by t, and by which event.
func (n *naive) practice(state domain.StateID, privilege domain.Privilege, t instant) string {
	said := "none"
	for _, f := range n.facts {
		if f.at() > t {
			continue
		}
		switch e := f.event.(type) {
		case domain.PracticeObserved:
			if f.about == domain.State(state) && slices.Contains(e.Privileges, privilege) {
				said = fmt.Sprint(e.Level, f.pos)
			}
		case domain.MeasureDetermined:
			if e.State == state && e.Observed != nil && slices.Contains(e.Privileges, privilege) {
				said = fmt.Sprint(e.Observed.Level, f.pos)
			}
		}
	}
	return said
}

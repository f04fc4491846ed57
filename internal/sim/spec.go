package sim

import (
	"cmp"
	"slices"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// A spec is what the office knows as known at some position: the bare list of
// events. Each question is answered by reading it from one end to the other. It
// knows the events that the generator makes and no others.
type spec struct {
	log  []domain.Envelope
	zone calendar.Zone // the office's
	days int           // of the period to leave that the law gives
}

// stands reports whether nothing that acts points at event i.
func (s spec) stands(i int) bool {
	for j := i + 1; j < len(s.log); j++ {
		if s.log[j].Target == s.log[i].ID && s.acts(j) {
			return false
		}
	}
	return true
}

// acts reports whether event j takes away what it names: a retraction or
// correction that stands, or a correction in the place of which another acts.
func (s spec) acts(j int) bool {
	switch s.log[j].Event.(type) {
	case domain.EventRetracted, domain.ViolationDismissed:
		return s.stands(j)
	case domain.EventCorrected:
		for i := j + 1; i < len(s.log); i++ {
			if s.log[i].Target != s.log[j].ID || !s.acts(i) {
				continue
			}
			if _, retracts := s.log[i].Event.(domain.EventRetracted); !retracts {
				return true
			}
		}
		return s.stands(j)
	default:
		return false
	}
}

// root is the first event of the lineage of event i.
func (s spec) root(i int) int {
	for {
		if _, corrects := s.log[i].Event.(domain.EventCorrected); !corrects {
			return i
		}
		i = s.find(s.log[i].Target)
	}
}

func (s spec) find(id domain.EventID) int {
	return slices.IndexFunc(s.log, func(e domain.Envelope) bool { return e.ID == id })
}

// A said is what an event that stands says.
type said struct {
	pos, root int
	event     domain.Event
	when      calendar.When
	target    int // the root of what it names; -1
}

func (a said) before(b said) int {
	return cmp.Or(a.when.At.Compare(b.when.At), cmp.Compare(a.root, b.root), cmp.Compare(a.pos, b.pos))
}

// of lists what stands about a subject, by rank.
func (s spec) of(who domain.Subject) []said {
	var out []said
	for i, e := range s.log {
		if e.Subject != who || domain.Retracts(e.Event) || !s.stands(i) {
			continue
		}
		one := said{pos: i, root: s.root(i), event: e.Event, when: e.Effective, target: -1}
		if c, corrects := e.Event.(domain.EventCorrected); corrects {
			one.event = c.Body
		}
		if at := s.find(s.log[one.root].Target); at >= 0 {
			one.target = s.root(at)
		}
		out = append(out, one)
	}
	slices.SortFunc(out, said.before)
	return out
}

// status is the personal status of a member at t.
func (s spec) status(id domain.MemberID, t calendar.When) domain.Status {
	status := domain.Status("none")
	for _, a := range s.of(domain.Member(id)) {
		if a.when.At.After(t.At) {
			continue
		}
		if e, changes := a.event.(domain.StatusChanged); changes {
			status = e.Status
		}
	}
	return status
}

// closed lists when the mission closed: the instants at which it was not closed
// just before.
func (s spec) closed(id domain.MissionID) []said {
	var out []said
	is := false
	all := s.of(domain.Mission(id))
	for i, a := range all {
		var closes bool
		switch a.event.(type) {
		case domain.MissionClosed:
			closes = true
		case domain.MissionOpened, domain.MissionReopened:
			closes = false
		default:
			continue
		}
		if i+1 < len(all) && all[i+1].when.At.Equal(a.when.At) { // outranked at once
			continue
		}
		if closes && !is {
			out = append(out, a)
		}
		is = closes
	}
	return out
}

// phase says how far along a member's functions are at t.
func (s spec) phase(id domain.MemberID, t calendar.When) string {
	var from said
	started := false
	all := s.of(domain.Member(id))
	for _, a := range all {
		if _, accredited := a.event.(domain.MemberAccredited); accredited {
			from, started = a, true
		}
	}
	if !started || t.At.Before(from.when.At) {
		return "none"
	}
	var causes []said
	for _, a := range all {
		if _, ends := a.event.(domain.FunctionsEnded); ends && !a.when.At.Before(from.when.At) {
			causes = append(causes, a)
		}
	}
	for _, a := range s.closed(from.event.(domain.MemberAccredited).Mission) {
		if !a.when.At.Before(from.when.At) {
			causes = append(causes, a)
		}
	}
	if len(causes) == 0 {
		return "current"
	}
	end := s.counts(causes)
	switch {
	case t.At.Before(end.when.At):
		return "current"
	case t.At.Before(s.over(end)):
		return "leaving"
	default:
		return "ended"
	}
}

// counts picks of what ends functions the one that counts. The first instant and then
// the first command on record decide; inside a command what is said of the member
// is worth more than what is said of the mission, and then a number of days more than
// none, and fewer more than more.
func (s spec) counts(causes []said) said {
	slices.SortFunc(causes, said.before)
	end := causes[0]
	worth := func(a said) (ofMember, states bool) {
		_, ofMember = a.event.(domain.FunctionsEnded)
		return ofMember, periodOf(a).Days != 0
	}
	for _, a := range causes[1:] {
		if !a.when.At.Equal(end.when.At) || s.log[a.root].Command != s.log[end.root].Command {
			break // the commands of one instant lie one after the other
		}
		aOfMember, aStates := worth(a)
		endOfMember, endStates := worth(end)
		switch {
		case aOfMember != endOfMember:
			if aOfMember {
				end = a
			}
		case aStates != endStates:
			if aStates {
				end = a
			}
		case s.over(a).Before(s.over(end)):
			end = a
		}
	}
	return end
}

// periodOf is the period to leave that a cause states.
func periodOf(a said) domain.Period {
	switch e := a.event.(type) {
	case domain.FunctionsEnded:
		return e.Period
	case domain.MissionClosed:
		return e.Period
	default:
		return domain.Period{}
	}
}

// over is the end of the period to leave that a cause gives.
func (s spec) over(end said) time.Time {
	date := s.zone.DateOf(end.when.At)
	if end.when.HasDate {
		date = end.when.Date
	}
	return s.zone.Midnight(date.AddDays(cmp.Or(periodOf(end).Days, s.days)))
}

// restrictions lists the positions of the restrictions of a member at t.
func (s spec) restrictions(id domain.MemberID, t calendar.When) []int {
	all := s.of(domain.Member(id))
	var out []int
	for _, a := range all {
		e, restricts := a.event.(domain.PrivilegeRestricted)
		if !restricts || a.when.At.After(t.At) || !e.Until.At.IsZero() && !t.At.Before(e.Until.At) {
			continue
		}
		if !slices.ContainsFunc(all, func(b said) bool {
			_, lifts := b.event.(domain.RestrictionLifted)
			return lifts && b.target == a.root && !b.when.At.After(t.At)
		}) {
			out = append(out, a.pos)
		}
	}
	slices.Sort(out)
	return out
}

// points sums the violations of a member that count at t, over a window of months:
// from the later of the date and the date on which the Office learned of it.
func (s spec) points(id domain.MemberID, months int, t calendar.When) int {
	sum, today := 0, s.zone.DateOf(t.At)
	for _, a := range s.of(domain.Member(id)) {
		v, violates := a.event.(domain.ViolationRecorded)
		if !violates {
			continue
		}
		own := s.zone.DateOf(a.when.At)
		if a.when.HasDate {
			own = a.when.Date
		}
		learned := s.zone.DateOf(s.log[a.root].Recorded)
		if !today.Before(own) && !today.Before(learned) && today.Before(own.AddMonths(months)) {
			sum += v.Points
		}
	}
	return sum
}

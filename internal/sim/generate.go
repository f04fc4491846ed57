package sim

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// Whom the simulation is about.
var (
	members  = []domain.MemberID{"ana", "bo", "cy"}
	missions = []domain.MissionID{"arandia-embassy", "arandia-chicago"}
	statuses = []domain.Status{"none", "us_national", "lpr", "permanently_resident"}
)

// moments are few, so that many events take effect at one instant: dates, the same
// instants stated otherwise, the edges of days at which the clocks change, the
// last day of February, and some that are still to come.
var moments = []string{
	"2024-02-29", "2024-03-10", "2024-03-10T23:30 America/New_York", "2024-06-01", "2024-06-01T04:00Z", "2024-06-01T02:00Z",
	"2024-11-03", "2024-12-31T23:59:59 America/New_York", "2025-01-01", "2025-01-02T03:00Z", "2025-02-01", "2025-07-01", "2026-02-28", "2026-12-01",
}

// A generator makes commands. It is biased: towards what was recorded last, towards
// equal dates, towards what contradicts.
type generator struct {
	*rand.Rand
	zone  calendar.Zone
	count uint64 // of ids
}

func pick[T any](g *generator, from []T) T { return from[g.IntN(len(from))] }

// chance is true once in so many times.
func (g *generator) chance(in int) bool { return g.IntN(in) == 0 }

func (g *generator) id() (id [16]byte) {
	g.count++
	binary.BigEndian.PutUint64(id[8:], g.count)
	id[0] = 0x51
	return id
}

func when(text string, zone calendar.Zone) calendar.When {
	w, err := calendar.ParseWhen(text, zone)
	if err != nil {
		panic("bad moment in sim: " + err.Error())
	}
	return w
}

func (g *generator) moment() calendar.When { return when(pick(g, moments), g.zone) }

// founding are the commands with which every run begins.
func founding(zone calendar.Zone) []domain.Command {
	var out []domain.Command
	var n byte
	add := func(about domain.Subject, event domain.Event) {
		n++
		out = append(out, domain.Command{
			ID: domain.CommandID{0: 0x50, 15: n}, Actor: "founder",
			Drafts: []domain.Envelope{{ID: domain.EventID{0: 0x52, 15: n}, Subject: about, Effective: when("2020-01-01", zone), Authority: "note 1", Event: event}},
		})
	}
	add(domain.State("arandia"), domain.StateRegistered{Name: "Arandia"})
	add(domain.Mission(missions[0]), domain.MissionOpened{State: "arandia", Kind: "embassy"})
	add(domain.Mission(missions[1]), domain.MissionOpened{State: "arandia", Kind: "consular_post"})
	add(domain.Member(members[0]), domain.MemberAccredited{Mission: missions[0], Category: "dip.agent"})
	add(domain.Member(members[1]), domain.MemberAccredited{Mission: missions[0], Category: "dip.at"})
	add(domain.Member(members[2]), domain.MemberAccredited{Mission: missions[1], Category: "con.officer"})
	return out
}

// A proposal is a command with what the checks have to know about it.
type proposal struct {
	domain.Command
	undone bool // it retracts something, and the retraction
	about  domain.Subject
}

// propose makes the next command against what is on record.
func (g *generator) propose(log []domain.Envelope) proposal {
	p := proposal{Command: domain.Command{ID: domain.CommandID(g.id()), Actor: "desk/1"}}
	switch n := g.IntN(20); {
	case n < 4:
		p.Drafts = g.pair()
	case n < 6:
		if p.Drafts = g.undo(log); p.Drafts != nil {
			p.undone, p.about = true, p.Drafts[0].Subject
			break
		}
		fallthrough
	case n < 13:
		p.Drafts = []domain.Envelope{g.revise(log)}
	default:
		p.Drafts = []domain.Envelope{g.news(log)}
	}
	if g.chance(3) && !p.undone { // let the engine make the ids
		for i := range p.Drafts {
			p.Drafts[i].ID = domain.EventID{}
		}
	}
	return p
}

func (g *generator) draft(about domain.Subject, event domain.Event) domain.Envelope {
	return domain.Envelope{ID: domain.EventID(g.id()), Subject: about, Effective: g.moment(), Authority: "note 7", Event: event}
}

// pair are two events about two subjects that must never be seen apart.
func (g *generator) pair() []domain.Envelope {
	at := g.moment()
	var out []domain.Envelope
	switch g.IntN(3) {
	case 0: // one becomes what the other was
		a := g.IntN(len(members))
		b := (a + 1) % len(members)
		out = []domain.Envelope{
			g.draft(domain.Member(members[a]), domain.StatusChanged{Status: statuses[2]}),
			g.draft(domain.Member(members[b]), domain.StatusChanged{Status: statuses[0]}),
		}
	case 1: // the mission and one of its members
		out = []domain.Envelope{
			g.draft(domain.Mission(missions[0]), domain.MissionClosed{Period: g.period()}),
			g.draft(domain.Member(members[0]), domain.FunctionsEnded{Period: g.period()}),
		}
	default:
		out = []domain.Envelope{
			g.draft(domain.Member(pick(g, members)), g.violation()),
			g.draft(domain.Mission(pick(g, missions)), domain.MissionReopened{}),
		}
	}
	for i := range out {
		out[i].Effective = at
	}
	return out
}

func (g *generator) period() domain.Period {
	return domain.Period{Days: pick(g, []int{0, 0, 1, 30, 31})}
}

func (g *generator) violation() domain.ViolationRecorded {
	return domain.ViolationRecorded{Offence: "traffic.must_appear", Points: 1 + g.IntN(4)}
}

// news is something that is not about an earlier event, or ends one.
func (g *generator) news(log []domain.Envelope) domain.Envelope {
	who := domain.Member(pick(g, members))
	switch g.IntN(12) {
	case 0, 1, 2:
		return g.draft(who, domain.StatusChanged{Status: pick(g, statuses)})
	case 3, 4:
		return g.draft(who, g.violation())
	case 5, 6:
		r := domain.PrivilegeRestricted{Privileges: []domain.Privilege{"tax.sales"}}
		if g.chance(2) {
			r.Until = g.moment()
		}
		return g.draft(who, r)
	case 7, 8:
		if target, found := g.recent(log, isRestriction); found {
			e := g.draft(target.Subject, domain.RestrictionLifted{})
			e.Target = target.ID
			return e
		}
		return g.draft(domain.Mission(pick(g, missions)), domain.MissionReopened{})
	case 9:
		return g.draft(domain.Mission(pick(g, missions)), domain.MissionClosed{Period: g.period()})
	case 10:
		return g.draft(who, domain.FunctionsEnded{Period: g.period()})
	default: // a mistake, which the office has to refuse
		return g.draft(domain.Member("nobody"), domain.StatusChanged{Status: "lpr"})
	}
}

func isRestriction(e domain.Envelope) bool {
	return body(e).Type() == domain.PrivilegeRestricted{}.Type()
}

func isViolation(e domain.Envelope) bool { return body(e).Type() == domain.ViolationRecorded{}.Type() }

// body is what an event says, also as a correction.
func body(e domain.Envelope) domain.Event {
	if c, corrects := e.Event.(domain.EventCorrected); corrects {
		return c.Body
	}
	return e.Event
}

// recent picks one of the last few events that fit.
func (g *generator) recent(log []domain.Envelope, fits func(domain.Envelope) bool) (domain.Envelope, bool) {
	const few = 4
	var last []domain.Envelope
	for i := len(log) - 1; i >= 0 && len(last) < few; i-- {
		if fits(log[i]) {
			last = append(last, log[i])
		}
	}
	if len(last) == 0 {
		return domain.Envelope{}, false
	}
	return pick(g, last), true
}

// revise retracts, dismisses or corrects one of the last events, which may be a
// correction or a retraction itself.
func (g *generator) revise(log []domain.Envelope) domain.Envelope {
	target, found := g.recent(log, revisable)
	if !found {
		return g.draft(domain.Member(pick(g, members)), domain.StatusChanged{Status: pick(g, statuses)})
	}
	var what domain.Event = domain.EventRetracted{Reason: "it never was"}
	_, retracts := target.Event.(domain.EventRetracted)
	switch {
	case isViolation(target) && g.chance(3):
		what = domain.ViolationDismissed{Reason: "dismissed by the court"}
	case !retracts && !g.chance(3):
		what = domain.EventCorrected{Reason: "entered wrongly", Body: g.otherwise(body(target))}
	}
	e := g.draft(target.Subject, what)
	e.Target = target.ID
	return e
}

func revisable(e domain.Envelope) bool {
	switch body(e).(type) {
	case domain.StatusChanged, domain.ViolationRecorded, domain.PrivilegeRestricted, domain.RestrictionLifted,
		domain.MissionClosed, domain.MissionReopened, domain.FunctionsEnded, domain.EventRetracted:
		return true
	default:
		return false
	}
}

// otherwise says the same kind of thing, with other values.
func (g *generator) otherwise(e domain.Event) domain.Event {
	switch e.(type) {
	case domain.StatusChanged:
		return domain.StatusChanged{Status: pick(g, statuses)}
	case domain.ViolationRecorded:
		return g.violation()
	case domain.FunctionsEnded:
		return domain.FunctionsEnded{Period: g.period()}
	case domain.MissionClosed:
		return domain.MissionClosed{Period: g.period()}
	case domain.PrivilegeRestricted:
		return domain.PrivilegeRestricted{Privileges: []domain.Privilege{"tax.sales"}, Until: g.moment()}
	default:
		return e
	}
}

// undo retracts one of the last events and takes it back.
func (g *generator) undo(log []domain.Envelope) []domain.Envelope {
	target, found := g.recent(log, revisable)
	if !found {
		return nil
	}
	never := g.draft(target.Subject, domain.EventRetracted{Reason: "it never was"})
	never.Target = target.ID
	was := g.draft(target.Subject, domain.EventRetracted{Reason: fmt.Sprintf("no, %s was so", target.Type())})
	was.Target = never.ID
	return []domain.Envelope{never, was}
}

package generate

import "github.com/comity-project/comity/domain"

// A revisable is an event that nothing else acts on, so that it may turn out to
// be wrong.
type revisable struct {
	id domain.EventID
	as domain.Envelope
}

// mostRevisable is how many events are kept that may turn out to be wrong.
const mostRevisable = 512

// mayRevise keeps an event for a while: it may turn out to be wrong.
func (t *telling) mayRevise(id domain.EventID, e domain.Envelope) {
	r := revisable{id, e}
	if len(t.recent) < mostRevisable {
		t.recent = append(t.recent, r)
		return
	}
	t.recent[t.dice.below(mostRevisable)] = r
}

// reviseOne retracts or corrects an event of the last weeks. Both are told once:
// a retraction may be retracted later.
func (t *telling) reviseOne() bool {
	if len(t.recent) == 0 {
		return false
	}
	at := t.dice.below(len(t.recent))
	r := t.recent[at]
	last := len(t.recent) - 1
	t.recent[at] = t.recent[last]
	t.recent = t.recent[:last]
	_, accredited := r.as.Event.(domain.MemberAccredited)
	if !accredited && t.dice.chance(40) {
		e := domain.Envelope{Subject: r.as.Subject, Target: r.id, Event: domain.EventRetracted{Reason: pick(t.dice, []string{"entered twice", "entered for another", "the note was withdrawn"})}}
		id := t.story(e)
		if t.dice.chance(4) { // a mistake of its own
			t.later(t.dice.between(2, 60), func() {
				t.story(domain.Envelope{Subject: r.as.Subject, Target: id, Event: domain.EventRetracted{Reason: "it was right after all"}})
			})
		}
		return true
	}
	e := r.as
	e.Target = r.id
	day := e.Effective.Date.DaysSince(t.days.first) + t.dice.between(-4, 4)
	for i, name := range zoneNames {
		if name == e.Effective.Zone {
			e.Effective = t.days.on(i, day)
		}
	}
	body := e.Event
	if used, ok := body.(domain.BenefitUsed); ok && used.Amount > 0 {
		used.Amount += domain.Cents(t.dice.between(1, 999))
		body = used
	}
	e.Event = domain.EventCorrected{Reason: pick(t.dice, []string{"the note says another day", "a slip of the pen"}), Body: body}
	t.story(e)
	return true
}

package facts

import (
	"cmp"
	"slices"
	"strings"

	"github.com/comity-project/comity/domain"
)

// Relevant returns every subject on whose events an answer about a member,
// mission or visitor (visitor@MISSION) may depend, at any effective time and as
// known at any position up to the view's; sorted, itself included. What was
// retracted counts too: as it was known before, the answer did depend on it.
//
// What a request names, a vehicle or a property of somebody else's, is not of
// the subject: ask for it by itself.
func (v View) Relevant(of domain.Subject) []domain.Subject {
	w := walk{view: v, next: v.rests, seen: map[domain.Subject]bool{}}
	w.from(of)
	w.from(domain.Of(domain.KindRuleset, commonLaw))
	if id, _, founded := v.Office(); founded {
		w.from(domain.Of(domain.KindOffice, id))
	}
	return w.found()
}

// Reached returns the members and missions on record whose answers may depend on
// events about a subject, sorted: those to which the subject is [View.Relevant].
// Whoever visits a mission that is reached is reached as well. What the whole
// office rests on reaches everybody; then who is nil.
//
// For the rate of a currency every event is looked at once.
func (v View) Reached(s domain.Subject) (who []domain.Subject, everybody bool) {
	if s.Kind == domain.KindOffice || s == domain.Of(domain.KindRuleset, commonLaw) {
		return nil, true
	}
	w := walk{view: v, next: v.carries, seen: map[domain.Subject]bool{}}
	w.from(s)
	return slices.DeleteFunc(w.found(), func(s domain.Subject) bool {
		return s.Kind != domain.KindMember && s.Kind != domain.KindMission || !v.Mentioned(s)
	}), false
}

// A walk follows what depends on what until nothing new turns up.
type walk struct {
	view View
	next func(domain.Subject) []domain.Subject
	seen map[domain.Subject]bool
}

func (w *walk) from(s domain.Subject) {
	todo := []domain.Subject{s}
	for len(todo) > 0 {
		s, todo = todo[len(todo)-1], todo[:len(todo)-1]
		if !w.seen[s] {
			w.seen[s] = true
			todo = append(todo, w.next(s)...)
		}
	}
}

func (w *walk) found() []domain.Subject {
	var out []domain.Subject
	for s := range w.seen {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b domain.Subject) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// rests returns on what the facts of a subject rest directly, apart from its own
// events. [View.carries] is its inverse, kind by kind.
func (v View) rests(s domain.Subject) []domain.Subject {
	var out []domain.Subject
	if mission, visits := strings.CutPrefix(s.ID, "visitor@"); visits && s.Kind == domain.KindMember {
		out = append(out, domain.Of(domain.KindMission, mission))
	}
	for _, e := range v.tellings(s) {
		for _, to := range domain.References(e) {
			if restsOn(s, e, to) {
				out = append(out, to)
			}
		}
		if rate, foreign := rateOf(paramsOf(e)); foreign {
			out = append(out, rate)
		}
	}
	for _, kind := range heldBy[s.Kind] {
		out = append(out, v.everNaming(s, kind)...)
	}
	if s.Kind == domain.KindState {
		out = append(out, domain.Of(domain.KindRuleset, s.ID))
	}
	return out
}

// tellings returns what the events about a subject say happened, but for the uses of
// benefits, which name nobody.
func (v View) tellings(of domain.Subject) []domain.Event {
	n, found := v.store.subjects.find(of)
	if !found {
		return nil
	}
	all := v.unfold(n, told).said
	out := make([]domain.Event, len(all))
	for i := range all {
		out[i] = all[i].body()
	}
	return out
}

// carries returns what rests directly on a subject.
func (v View) carries(s domain.Subject) []domain.Subject {
	var out []domain.Subject
	for _, kind := range domain.SubjectKinds() {
		for _, from := range v.everNaming(s, kind) {
			for _, e := range v.tellings(from) {
				if slices.Contains(domain.References(e), s) && restsOn(from, e, s) {
					out = append(out, from)
					break
				}
			}
		}
	}
	for _, e := range v.tellings(s) {
		for _, to := range domain.References(e) {
			if slices.Contains(heldBy[to.Kind], s.Kind) {
				out = append(out, to)
			}
		}
	}
	switch s.Kind {
	case domain.KindRuleset:
		out = append(out, domain.Of(domain.KindState, s.ID))
	case domain.KindRate:
		for pos := range v.k {
			e, _, _ := v.store.said(uint32(pos))
			if rate, foreign := rateOf(paramsOf((&said{event: e}).body())); foreign && rate == s {
				one, _ := v.Envelope(pos)
				out = append(out, one.Subject)
			}
		}
	default:
		// nothing else rests on it
	}
	return out
}

// heldBy are the kinds of subject that count for whoever their events name.
var heldBy = map[domain.SubjectKind][]domain.SubjectKind{
	domain.KindMember:  {domain.KindCard, domain.KindVehicle, domain.KindRequest},
	domain.KindMission: {domain.KindCard, domain.KindVehicle, domain.KindRequest, domain.KindProperty},
	domain.KindState:   {domain.KindMeasure, domain.KindAgreement},
}

// restsOn reports whether the facts of a subject rest on another that an event
// about it names. A nationality is a mere name, and so are the members whom a
// scope, an exemption or a request lists.
func restsOn(s domain.Subject, e domain.Event, to domain.Subject) bool {
	switch s.Kind {
	case domain.KindMember:
		return to.Kind == domain.KindMission || to.Kind == domain.KindMember // the sponsor
	case domain.KindMission:
		return to.Kind == domain.KindState
	case domain.KindState:
		return to.Kind == domain.KindState // the predecessor
	case domain.KindRequest: // whose zone counts the days
		r, files := e.(domain.RequestFiled)
		return files && (to.Kind == domain.KindMission || r.Applicant != "" && to == domain.Member(r.Applicant))
	default:
		return false
	}
}

// paramsOf returns the numbers that an event gives a measure or a restriction.
func paramsOf(e domain.Event) domain.Params { return (&Span{Event: e}).params() }

// everNaming returns the subjects of a kind of which any event names to, whether
// it stands or not.
func (v View) everNaming(to domain.Subject, kind domain.SubjectKind) []domain.Subject {
	n, found := v.store.subjects.find(to)
	if !found {
		return nil
	}
	var out []domain.Subject
	v.store.refs.each(n, kind, func(l *link) {
		if domain.Position(l.pos.Load()) < v.k {
			out = append(out, v.store.subjects.name(l.from))
		}
	})
	return out
}

package trail

import (
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections/facts"
)

// A Filter says which entries are meant: those that everything in it fits. What
// it leaves empty is no matter.
type Filter struct {
	// From is the first position that is looked at.
	From     domain.Position
	Subjects []domain.Subject // about any of these
	State    domain.StateID   // about the State or whatever is of it
	Actor    string           // recorded by
	// Authority is part of the authority relied upon, in small letters or large.
	Authority string
	// Types are types of event, or families of them: measure.determined, or
	// measure. What revises an event is of that one's type too.
	Types []string
	// Privilege is named by the event, or by that which it acts on, displaces, lifts
	// or ends.
	Privilege   domain.Privilege
	Command     domain.CommandID
	Correlation string
	// Recorded and Effective are stretches of time, half-open.
	Recorded, Effective Stretch
	// Revisions asks for what retracts, dismisses or corrects only.
	Revisions bool
	// Late, if LateOnly is set, asks for what was recorded more than so many days
	// after the date on which it took effect.
	Late     int
	LateOnly bool
}

// A Stretch of time is half-open. A zero end is no limit.
type Stretch struct{ From, To time.Time }

// Holds reports whether t lies in the stretch.
func (s Stretch) Holds(t time.Time) bool {
	return (s.From.IsZero() || !t.Before(s.From)) && (s.To.IsZero() || t.Before(s.To))
}

// Read yields the entries that fit the filter, in the order of the log.
func Read(view facts.View, f Filter) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		zone := view.Zone()
		r := reader{view: view, Filter: f, of: map[domain.Subject][]domain.StateID{}, targets: map[domain.Subject]targets{}}
		about := map[domain.Subject]bool{}
		for _, s := range f.Subjects {
			about[s] = true
		}
		for pos := f.From; pos < view.Position(); pos++ {
			if len(about) > 0 && !about[view.SubjectAt(pos)] || !f.Recorded.Holds(view.Recorded(pos)) {
				continue
			}
			env, _ := view.Envelope(pos)
			if !r.fits(env) || f.LateOnly && lateDays(env, zone) <= f.Late {
				continue
			}
			if !yield(r.entry(zone, pos, env)) {
				return
			}
		}
	}
}

type reader struct {
	Filter
	view facts.View
	of   map[domain.Subject][]domain.StateID // whose each subject is, once looked for

	targets map[domain.Subject]targets // of the subjects met lately
	kept    int                        // how many events these have
}

// targets are the events of a subject that name another, by the one they name.
type targets map[domain.EventID][]domain.Position

// mostKept bounds how many events the subjects have whose targets are kept.
const mostKept = 1 << 16

// actsOn returns the events that name an event as their target.
func (r *reader) actsOn(e domain.Envelope) []domain.Position {
	if known, met := r.targets[e.Subject]; met {
		return known[e.ID]
	}
	about := r.view.Events(e.Subject)
	if r.kept+len(about) > mostKept {
		clear(r.targets)
		r.kept = 0
	}
	found := targets{}
	for _, pos := range about {
		if other, _ := r.view.Envelope(pos); !other.Target.IsZero() {
			found[other.Target] = append(found[other.Target], pos)
		}
	}
	r.targets[e.Subject] = found
	r.kept += len(about)
	return found[e.ID]
}

func (r *reader) fits(e domain.Envelope) bool {
	switch {
	case r.Actor != "" && e.Actor != r.Actor,
		r.Authority != "" && !strings.Contains(strings.ToLower(e.Authority), strings.ToLower(r.Authority)),
		!r.Command.IsZero() && e.Command != r.Command,
		r.Correlation != "" && e.Correlation != r.Correlation,
		!r.Effective.Holds(e.Effective.At),
		r.Revisions && !domain.Revises(e.Event),
		len(r.Types) > 0 && !r.typed(e),
		r.Privilege != "" && !r.names(e, r.Privilege),
		r.State != "" && !slices.Contains(r.states(e.Subject), r.State):
		return false
	}
	return true
}

// typed reports whether the event, or one that it revises, is of a type asked for.
func (r *reader) typed(e domain.Envelope) bool {
	for {
		for _, wanted := range r.Types {
			if t := string(e.Type()); t == wanted || strings.HasPrefix(t, wanted+".") {
				return true
			}
		}
		if !domain.Revises(e.Event) {
			return false
		}
		_, target, found := r.view.EventByID(e.Target)
		if !found {
			return false // unreachable unless the record is corrupt
		}
		e = target
	}
}

// names reports whether the event is about a privilege: it names it, it acts on
// one that does, it is about a measure, agreement or request that does, or it
// displaces a measure that does. What acts on one that displaces is about that
// one's privileges too.
func (r *reader) names(e domain.Envelope, p domain.Privilege) bool {
	for {
		body := said(e.Event)
		if slices.Contains(domain.PrivilegesOf(body), p) || r.displaces(body, p) {
			return true
		}
		_, target, found := r.view.EventByID(e.Target)
		if e.Target.IsZero() || !found {
			break
		}
		e = target
	}
	switch e.Event.(type) {
	case domain.MeasureLifted, domain.AgreementTerminated,
		domain.RequestAcknowledged, domain.RequestApproved, domain.RequestDisapproved, domain.RequestWithdrawn:
		return r.everNamed(e.Subject, p)
	default:
		return false
	}
}

// displaces reports whether an event takes the place of a measure that names a
// privilege.
func (r *reader) displaces(e domain.Event, p domain.Privilege) bool {
	m, determines := e.(domain.MeasureDetermined)
	return determines && slices.ContainsFunc(m.Replaces, func(id domain.MeasureID) bool {
		return r.everNamed(domain.Of(domain.KindMeasure, id), p)
	})
}

// everNamed reports whether any event about a subject names a privilege, also one
// that does not stand.
func (r *reader) everNamed(s domain.Subject, p domain.Privilege) bool {
	return slices.ContainsFunc(r.view.Events(s), func(pos domain.Position) bool {
		other, _ := r.view.Envelope(pos)
		return slices.Contains(domain.PrivilegesOf(said(other.Event)), p)
	})
}

// owners are the kinds of subject through which something is a State's.
var owners = map[domain.SubjectKind][]domain.SubjectKind{
	domain.KindMission:   {domain.KindState},
	domain.KindMember:    {domain.KindMission, domain.KindMember},
	domain.KindMeasure:   {domain.KindState},
	domain.KindAgreement: {domain.KindState},
	domain.KindCard:      {domain.KindMission, domain.KindMember},
	domain.KindVehicle:   {domain.KindMission, domain.KindMember},
	domain.KindProperty:  {domain.KindMission},
	domain.KindRequest:   {domain.KindMission, domain.KindMember},
}

// states are those whose a subject is or ever was, as events about it say, also
// such as do not stand.
func (r *reader) states(s domain.Subject) []domain.StateID {
	switch s.Kind {
	case domain.KindState, domain.KindRuleset: // a State's edition has its name
		return []domain.StateID{domain.StateID(s.ID)}
	default:
		// found through what its events name
	}
	if known, looked := r.of[s]; looked {
		return known
	}
	r.of[s] = nil // whoever refers back to it here finds nothing new
	var out []domain.StateID
	for _, pos := range r.view.Events(s) {
		env, _ := r.view.Envelope(pos)
		for _, to := range belongs(env.Event) {
			if slices.Contains(owners[s.Kind], to.Kind) {
				out = append(out, r.states(to)...)
			}
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	r.of[s] = out
	return out
}

// belongs are the subjects that an event names as whose something is; not those
// that a scope, a violation or an exemption names beside.
func belongs(e domain.Event) []domain.Subject {
	switch e := said(e).(type) {
	case domain.MeasureDetermined:
		return []domain.Subject{domain.State(e.State)}
	case domain.ViolationRecorded, domain.MeasureLifted, domain.MissionSuspended, nil:
		return nil
	default:
		return domain.References(e)
	}
}

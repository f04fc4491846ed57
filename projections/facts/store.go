package facts

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/projections/timeline"
)

type (
	history     = timeline.History[attribute, domain.Value]
	historyView = timeline.View[attribute, domain.Value]
	interval    = timeline.Interval[domain.Value]
)

// A Store holds what the log says of every subject. One goroutine applies
// events; any number read through views, without locks. What a view of
// position k answers never changes, however far the store has gone on.
type Store struct {
	next atomic.Uint64 // the position of the event to come

	events   list[domain.Envelope]                  // by position
	ids      sync.Map                               // domain.EventID to domain.Position
	commands sync.Map                               // domain.CommandID to *list[domain.Position]
	subjects sync.Map                               // domain.Subject to *subject
	kinds    map[domain.SubjectKind]*list[*subject] // in order of first mention in an event of their own; the map itself never changes
	refs     sync.Map                               // refKey to *list[*subject]: who names whom, in order of first mention

	disputed sync.Map // domain.Position to true: events on which sources were said to differ

	named map[naming]bool // what is in refs already; the writer's own
}

type subject struct {
	domain.Subject
	history *history
}

type refKey struct {
	to   domain.Subject
	kind domain.SubjectKind // of those who refer to it
}

type naming struct{ from, to domain.Subject }

// NewStore returns a store at position 0.
func NewStore() *Store {
	s := &Store{kinds: map[domain.SubjectKind]*list[*subject]{}, named: map[naming]bool{}}
	for _, kind := range domain.SubjectKinds() {
		s.kinds[kind] = &list[*subject]{}
	}
	return s
}

// Position is how many events have been applied.
func (s *Store) Position() domain.Position { return domain.Position(s.next.Load()) }

// Apply adds the event at a position, which must be the next. On an error
// nothing has changed. Whether the event makes sense was decided before it was
// recorded; Apply refuses only what it could not give a meaning to.
func (s *Store) Apply(pos domain.Position, e domain.Envelope) error {
	if next := s.Position(); pos != next {
		return fmt.Errorf("apply event at position %d: the next is %d", pos, next)
	}
	if err := s.apply(pos, e); err != nil {
		return fmt.Errorf("apply event at position %d: %w", pos, err)
	}
	return nil
}

func (s *Store) apply(pos domain.Position, e domain.Envelope) error {
	if e.Event == nil {
		return fmt.Errorf("it has no payload")
	}
	if about := e.Event.About(); about != "" && about != e.Subject.Kind {
		return fmt.Errorf("%s is about a %s, not about %s", e.Type(), about, e.Subject)
	}
	kind, known := s.kinds[e.Subject.Kind]
	if !known {
		return fmt.Errorf("there is no kind of subject %q", e.Subject.Kind)
	}
	if _, founding := e.Event.(domain.OfficeFounded); founding && pos != 0 {
		return fmt.Errorf("an office is founded by its first event")
	}
	if _, taken := s.ids.Load(e.ID); taken {
		return fmt.Errorf("event id %s is already taken", e.ID)
	}
	if err := checkZones(e); err != nil {
		return err
	}

	one, isNew := s.subject(e.Subject)
	if err := s.enter(one.history, pos, e); err != nil {
		return err
	}
	s.events.add(e)
	s.ids.Store(e.ID, pos)
	commands, _ := s.commands.LoadOrStore(e.Command, &list[domain.Position]{})
	commands.(*list[domain.Position]).add(pos)
	if isNew {
		s.subjects.Store(e.Subject, one)
		kind.add(one)
	}
	for _, to := range domain.References(e.Event) {
		s.refer(one, to)
	}
	if _, differs := e.Event.(domain.ConflictNoted); differs {
		if at, found := s.ids.Load(e.Target); found {
			s.disputed.Store(at, true)
		}
	}
	s.next.Store(uint64(pos) + 1)
	return nil
}

func (s *Store) subject(of domain.Subject) (one *subject, isNew bool) {
	if found, ok := s.subjects.Load(of); ok {
		return found.(*subject), false
	}
	return &subject{Subject: of, history: timeline.New[attribute](domain.Value.Equal)}, true
}

// enter adds the entry to the history of the subject.
func (s *Store) enter(h *history, pos domain.Position, e domain.Envelope) error {
	var target *timeline.Position
	if !e.Target.IsZero() {
		at, err := s.target(e)
		if err != nil {
			return err
		}
		target = &at
	}
	p := timeline.Position(pos)
	switch body := e.Event.(type) {
	case domain.EventRetracted:
		if target == nil {
			return fmt.Errorf("a retraction names the event that never was")
		}
		return h.Retract(p, *target)
	case domain.ViolationDismissed:
		if target == nil {
			return fmt.Errorf("a dismissal names the violation that never counted")
		}
		// As known from then on it never counted, at any effective time (R23). To
		// retract a correction would bring back what was corrected; nothing at
		// all stands in the place of what is dismissed.
		return h.Correct(p, *target)
	case domain.EventCorrected:
		if target == nil {
			return fmt.Errorf("a correction names the event that was otherwise")
		}
		root := s.rootOf(*target)
		if body.Body == nil || body.Body.Type() != root.Type() {
			return fmt.Errorf("the correction of a %s must hold one", root.Type())
		}
		// What ends something goes on ending the same thing.
		var ends *timeline.Position
		if !root.Target.IsZero() {
			at, err := s.target(root)
			if err != nil {
				return err // unreachable: the root was applied
			}
			ends = &at
		}
		ops, err := lower(body.Body, e.Effective, ends)
		if err != nil {
			return err
		}
		return h.Correct(p, *target, ops...)
	default:
		ops, err := lower(e.Event, e.Effective, target)
		if err != nil {
			return err
		}
		return h.Record(p, ops...)
	}
}

// target returns the position of the event that e names.
func (s *Store) target(e domain.Envelope) (timeline.Position, error) {
	found, ok := s.ids.Load(e.Target)
	if !ok {
		return 0, fmt.Errorf("%s acts on event %s, which is not in this log", e.Type(), e.Target)
	}
	pos := found.(domain.Position)
	if of := s.events.all()[pos].Subject; of != e.Subject {
		return 0, fmt.Errorf("%s of %s acts on event %s, which is about %s", e.Type(), e.Subject, e.Target, of)
	}
	return timeline.Position(pos), nil
}

// rootOf follows corrections back to the event that was corrected first.
func (s *Store) rootOf(pos timeline.Position) domain.Envelope {
	for {
		e := s.events.all()[pos]
		if _, corrects := e.Event.(domain.EventCorrected); !corrects {
			return e
		}
		before, _ := s.ids.Load(e.Target) // was found when e was applied
		pos = timeline.Position(before.(domain.Position))
	}
}

func (s *Store) refer(from *subject, to domain.Subject) {
	if n := (naming{from.Subject, to}); !s.named[n] {
		s.named[n] = true
		found, _ := s.refs.LoadOrStore(refKey{to, from.Kind}, &list[*subject]{})
		found.(*list[*subject]).add(from)
	}
}

// checkZones makes sure that every zone in which days will be counted exists.
func checkZones(e domain.Envelope) error {
	zones := []string{e.Effective.Zone}
	body := e.Event
	if c, corrects := body.(domain.EventCorrected); corrects {
		body = c.Body
	}
	switch body := body.(type) {
	case domain.OfficeFounded:
		zones = append(zones, body.Zone)
	case domain.MissionOpened:
		zones = append(zones, body.Zone)
	case domain.ClosureOrdered:
		zones = append(zones, body.Deadline.Zone)
	default:
		// counts no days in a zone of its own
	}
	for _, name := range zones {
		if name == "" {
			continue
		}
		if _, err := calendar.LoadZone(name); err != nil {
			return err
		}
	}
	return nil
}

package facts

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

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
//
// Events are kept packed, a few dozen bytes each and no pointers among them;
// the history of a subject is unfolded when somebody asks, and kept for a while.
type Store struct {
	next atomic.Uint64 // the position of the event to come

	blocks list[*block]
	texts  *dictionary
	pack   *packer // the writer's own

	ids      table // event ids to positions
	commands table // command ids to the positions of their first events

	subjects subjects
	refs     references
	unfolded unfolded
	// everybody is the position after the last event that reached all members; see
	// touch.go.
	everybody atomic.Uint64

	founding atomic.Pointer[founding] // once somebody asked for it

	disputed sync.Map // domain.Position to true: events on which sources were said to differ

	scratch  []byte // the writer's own
	expected uint64 // likewise: events in all; 0 if that is not known
}

// mostEvents is how many events a store can hold: positions are kept in 32 bits.
const mostEvents = math.MaxUint32 - 1

// NewStore returns a store at position 0.
func NewStore() *Store {
	texts := newDictionary()
	s := &Store{texts: texts, pack: newPacker(texts)}
	s.subjects.init()
	return s
}

// Position is how many events have been applied.
func (s *Store) Position() domain.Position { return domain.Position(s.next.Load()) }

// A Prepared is an event of which all was worked out that does not depend on the
// events before it. Any number of goroutines may prepare at once.
type Prepared struct {
	// Durable says that the event was read from a log, which saw to it that no
	// two events have one id.
	Durable bool

	e    domain.Envelope
	refs []domain.Subject
}

// Envelope is the event that was prepared.
func (p *Prepared) Envelope() domain.Envelope { return p.e }

// Prepare checks what can be checked of an event by itself.
func Prepare(e domain.Envelope) (Prepared, error) {
	if e.Event == nil {
		return Prepared{}, fmt.Errorf("it has no payload")
	}
	if about := e.Event.About(); about != "" && about != e.Subject.Kind {
		return Prepared{}, fmt.Errorf("%s is about a %s, not about %s", e.Type(), about, e.Subject)
	}
	if err := checkZones(e); err != nil {
		return Prepared{}, err
	}
	var nowhere *timeline.Position
	if !e.Target.IsZero() {
		nowhere = new(timeline.Position)
	}
	body := e.Event
	if c, corrects := body.(domain.EventCorrected); corrects && c.Body != nil {
		body, nowhere = c.Body, new(timeline.Position)
	}
	if !revises(body) {
		ops, err := lower(body, e.Effective, nowhere)
		if err != nil {
			return Prepared{}, err
		}
		if err := timeline.Check(ops...); err != nil {
			return Prepared{}, err
		}
	}
	return Prepared{e: e, refs: domain.References(e.Event)}, nil
}

// revises reports whether an event acts on an entry, and says nothing else.
func revises(e domain.Event) bool {
	switch e.(type) {
	case domain.EventRetracted, domain.ViolationDismissed, domain.EventCorrected:
		return true
	default:
		return false
	}
}

// Apply adds the event at a position, which must be the next. On an error
// nothing has changed. Whether the event makes sense was decided before it was
// recorded; Apply refuses only what it could not give a meaning to.
func (s *Store) Apply(pos domain.Position, e domain.Envelope) error {
	if next := s.Position(); pos != next {
		return fmt.Errorf("apply event at position %d: the next is %d", pos, next)
	}
	p, err := Prepare(e)
	if err != nil {
		return fmt.Errorf("apply event at position %d: %w", pos, err)
	}
	return s.ApplyPrepared(pos, &p)
}

// ApplyPrepared is Apply for an event that was prepared.
func (s *Store) ApplyPrepared(pos domain.Position, p *Prepared) error {
	if next := s.Position(); pos != next {
		return fmt.Errorf("apply event at position %d: the next is %d", pos, next)
	}
	if err := s.apply(uint32(pos), p); err != nil {
		return fmt.Errorf("apply event at position %d: %w", pos, err)
	}
	return nil
}

func (s *Store) apply(pos uint32, p *Prepared) error {
	e := &p.e
	if pos >= mostEvents {
		return fmt.Errorf("a store holds %d events at most", uint32(mostEvents))
	}
	if !s.subjects.has(e.Subject.Kind) {
		return fmt.Errorf("there is no kind of subject %q", e.Subject.Kind)
	}
	if _, founding := e.Event.(domain.OfficeFounded); founding && pos != 0 {
		return fmt.Errorf("an office is founded by its first event")
	}
	if !p.Durable {
		if _, taken := s.find(e.ID, pos); taken {
			return fmt.Errorf("event id %s is already taken", e.ID)
		}
	}
	target, err := s.target(e, pos)
	if err != nil {
		return err
	}
	packed, err := s.pack.pack(s.scratch[:0], *e)
	if err != nil {
		return err
	}
	s.scratch = packed

	// From here on nothing can fail.
	more := s.growth(pos)
	n := s.subjects.number(e.Subject)
	s.write(pos, n, target, e, packed)
	s.ids.add(hashBytes(e.ID), pos, s.hashOfID, more)
	if pos == 0 || s.commandAt(pos-1) != e.Command {
		s.commands.add(hashBytes(e.Command), pos, s.hashOfCommand, more)
	}
	s.subjects.saw(n, pos, revises(e.Event))
	for _, to := range p.refs {
		s.refs.add(n, s.subjects.number(to), e.Subject.Kind, pos)
	}
	if _, differs := e.Event.(domain.ConflictNoted); differs && target != 0 {
		s.disputed.Store(domain.Position(target-1), true)
	}
	s.unfolded.extend(s, n, pos)
	s.next.Store(uint64(pos) + 1)
	return nil
}

// Expect tells the writer's store how many events there will be in all, as far as
// is known, so that it grows in fewer steps. Nothing else depends on it.
func (s *Store) Expect(n domain.Position) { s.expected = uint64(min(n, mostEvents)) }

// growth is by how much what there is now will have grown, as far as is known.
func (s *Store) growth(pos uint32) float64 {
	if pos < blockLen || s.expected <= uint64(pos) {
		return 1 // too early to tell, or there is no telling
	}
	return float64(s.expected) / float64(pos)
}

// write fills the columns of the next event.
func (s *Store) write(pos, subject, target uint32, e *domain.Envelope, packed []byte) {
	if pos>>blockBits == uint32(len(s.blocks.all())) {
		room := blockLen * 32
		if pos == 0 {
			room = 1 << 12 // most stores of tests hold a handful
		}
		if pos != 0 {
			b, _ := s.block(pos - 1)
			b.full()
		}
		s.blocks.add(newBlock(room))
	}
	b, i := s.block(pos)
	b.setU32(offSubject, i, subject)
	b.setU32(offBefore, i, s.subjects.at(subject).last.Load())
	b.setRecorded(i, e.Recorded.UnixMicro())
	var head [5]byte
	b.put(i, putUvarint(head[:0], target), packed)
}

func (s *Store) block(pos uint32) (*block, uint32) {
	return s.blocks.all()[pos>>blockBits], pos & (blockLen - 1)
}

// find returns the position, below one, of the event with this id.
func (s *Store) find(id domain.EventID, below uint32) (uint32, bool) {
	return s.ids.find(hashBytes(id), func(pos uint32) bool { return pos < below && s.idAt(pos) == id })
}

// command returns the position, below one, of the first event of a command.
func (s *Store) command(id domain.CommandID, below uint32) (uint32, bool) {
	pos, found := s.commands.find(hashBytes(id), func(pos uint32) bool { return pos < below && s.commandAt(pos) == id })
	for found && pos > 0 && s.commandAt(pos-1) == id { // what was truncated has left its place in the table, where another event of the command may lie now
		pos--
	}
	return pos, found
}

func (s *Store) idAt(pos uint32) domain.EventID {
	b, i := s.block(pos)
	return packedID(b.part(i))
}

func (s *Store) commandAt(pos uint32) domain.CommandID {
	b, i := s.block(pos)
	return packedCommand(b.part(i))
}

func (s *Store) hashOfID(pos uint32) uint64      { return hashBytes(s.idAt(pos)) }
func (s *Store) hashOfCommand(pos uint32) uint64 { return hashBytes(s.commandAt(pos)) }

func (s *Store) recordedAt(pos uint32) time.Time {
	b, i := s.block(pos)
	return time.UnixMicro(b.recorded(i)).UTC()
}

func (s *Store) subjectAt(pos uint32) uint32 {
	b, i := s.block(pos)
	return b.u32(offSubject, i)
}

// said is what the event at a position says happened, as it was recorded.
func (s *Store) said(pos uint32) (e domain.Event, when calendar.When, target uint32) {
	b, i := s.block(pos)
	target, packed := b.event(i)
	e, when, err := s.texts.unpackEvent(packed)
	if err != nil {
		panic(fmt.Sprintf("bad bytes in facts: event %d: %v", pos, err)) // they were packed here, or verified
	}
	return e, when, target
}

// envelope is the whole event at a position.
func (s *Store) envelope(pos uint32) domain.Envelope {
	b, i := s.block(pos)
	target, packed := b.event(i)
	e, err := s.texts.unpack(packed)
	if err != nil {
		panic(fmt.Sprintf("bad bytes in facts: event %d: %v", pos, err)) // as above
	}
	e.Subject = s.subjects.name(b.u32(offSubject, i))
	e.Recorded = time.UnixMicro(b.recorded(i)).UTC()
	if target != 0 {
		e.Target = s.idAt(target - 1)
	}
	return e
}

// target returns the position, plus 1, of the event that e names, or 0, and
// refuses what could not act on it.
func (s *Store) target(e *domain.Envelope, pos uint32) (uint32, error) {
	if e.Target.IsZero() {
		switch e.Event.(type) {
		case domain.EventRetracted:
			return 0, fmt.Errorf("a retraction names the event that never was")
		case domain.ViolationDismissed:
			return 0, fmt.Errorf("a dismissal names the violation that never counted")
		case domain.EventCorrected:
			return 0, fmt.Errorf("a correction names the event that was otherwise")
		default:
			return 0, nil
		}
	}
	at, found := s.find(e.Target, pos)
	if !found {
		return 0, fmt.Errorf("%s acts on event %s, which is not in this log", e.Type(), e.Target)
	}
	if of := s.subjects.name(s.subjectAt(at)); of != e.Subject {
		return 0, fmt.Errorf("%s of %s acts on event %s, which is about %s", e.Type(), e.Subject, e.Target, of)
	}
	retracted := func() bool {
		said, _, _ := s.said(at)
		_, retraction := said.(domain.EventRetracted)
		return retraction
	}
	switch body := e.Event.(type) {
	case domain.EventRetracted:
	case domain.EventCorrected:
		if retracted() {
			return 0, fmt.Errorf("it corrects event %s, which is a retraction: retract it instead", e.Target)
		}
		root, _ := s.rootOf(at)
		if body.Body == nil || body.Body.Type() != root.Type() {
			return 0, fmt.Errorf("the correction of a %s must hold one", root.Type())
		}
	default:
		if retracted() {
			return 0, fmt.Errorf("%s acts on event %s, which is a retraction and says nothing", e.Type(), e.Target)
		}
	}
	return at + 1, nil
}

// rootOf follows corrections back to the event that was corrected first, and
// returns what it says and its target.
func (s *Store) rootOf(pos uint32) (domain.Event, uint32) {
	for {
		e, _, target := s.said(pos)
		if _, corrects := e.(domain.EventCorrected); !corrects {
			return e, target
		}
		pos = target - 1 // was found when it was applied
	}
}

// Truncate takes back every event from a position on, for the writer whose events
// did not become durable. Views of that position or of earlier ones go on as
// they were; nobody may have seen a later one.
func (s *Store) Truncate(to domain.Position) {
	next := uint32(s.next.Load())
	if uint64(to) >= uint64(next) {
		return
	}
	s.next.Store(uint64(to))
	if to == 0 {
		s.founding.Store(nil)
	}
	for pos := next; pos > uint32(to); pos-- {
		b, i := s.block(pos - 1)
		n := b.u32(offSubject, i)
		s.subjects.forget(n, b.u32(offBefore, i))
		s.unfolded.drop(n)
	}
	s.refs.truncate(uint32(to))
}

// checkZones makes sure that every zone in which days will be counted exists.
func checkZones(e domain.Envelope) error {
	zones := [4]string{e.Effective.Zone}
	body := e.Event
	if c, corrects := body.(domain.EventCorrected); corrects {
		body = c.Body
	}
	switch body := body.(type) {
	case domain.OfficeFounded:
		zones[1] = body.Zone
	case domain.MissionOpened:
		zones[1] = body.Zone
	case domain.ClosureOrdered:
		zones[1] = body.Deadline.Zone
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

// packedCommand returns the command of a packed event without unpacking it.
func packedCommand(data []byte) (id domain.CommandID) {
	end := len(data) - packTail
	if end < 0 {
		return id
	}
	same := int(data[end] >> aboutShift)
	if same == aboutNoCommand {
		return id
	}
	id = domain.CommandID(packedID(data))
	if rest := len(id) - same; rest >= 0 && rest <= end {
		copy(id[same:], data[end-rest:end])
	}
	return id
}

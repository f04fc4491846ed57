package generate

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
)

// A telling goes through the days of an office once.
type telling struct {
	*Office
	dice  *dice
	yield func(domain.Command) bool

	today    int
	commands []domain.Command // of today
	events   uint64           // so far, which numbers them
	made     uint64           // commands so far
	agenda   [][]func()       // by day: what follows from what was recorded before

	spent   int // events of stories so far
	moment  int // the next of the moments
	deed    int // the next of the fixed deeds
	present []int32
	place   []int32 // of every person among those present, or nobody
	posts   []int32 // where every person serves now
	marks   []mark  // of every person

	vehicles []vehicle // that are on the road
	spots    []int32   // where among them every vehicle is, by its number
	numbers  numbers
	recent   []revisable
}

// numbers count what has an id of its own.
type numbers struct{ vehicle, card, request, matter, note, order int }

// A mark says what a person has.
type mark uint8

const (
	hasLicense mark = 1 << iota
	hasIdentity
	hasTaxCard
	hasCar
	hasCars // two of them
)

func newTelling(o *Office, yield func(domain.Command) bool) *telling {
	t := &telling{
		Office: o, dice: newDice(o.Seed, streamStories), yield: yield,
		agenda: make([][]func(), o.days.count),
		place:  slices.Repeat([]int32{nobody}, len(o.people)),
		posts:  make([]int32, len(o.people)),
		marks:  make([]mark, len(o.people)),
	}
	for i := range o.people {
		t.posts[i] = o.people[i].mission
	}
	return t
}

func (t *telling) run() {
	worked, ofDays := 0, 0
	for d := range t.days.count {
		if t.days.atWork(d) {
			ofDays++
		}
	}
	for t.today = range t.days.count {
		if !t.days.atWork(t.today) {
			continue
		}
		worked++
		t.tellFixed()
		t.tellLives()
		for _, follow := range t.agenda[t.today] {
			if t.left() >= mostAtOnce {
				follow()
			}
		}
		t.agenda[t.today] = nil
		target := int(int64(t.spare) * int64(worked) / int64(ofDays))
		for t.spent < target {
			t.tellStory()
		}
		if !t.deliver() {
			return
		}
	}
}

// left is how many events are left for stories.
func (t *telling) left() int { return t.spare - t.spent }

// later does something on a later day, if there is time.
func (t *telling) later(after int, do func()) {
	day := max(t.today+after, t.today+1)
	if day < t.days.count {
		if day = t.days.office(day); day > t.today {
			t.agenda[day] = append(t.agenda[day], do)
		}
	}
}

// tell records events together, and returns the id of the first.
func (t *telling) tell(events ...domain.Envelope) domain.EventID {
	c := domain.Command{ID: domain.CommandID(t.id(t.made, 1)), Actor: fmt.Sprintf("desk/%d", 1+t.made%7)}
	t.made++
	t.commands = append(t.commands, c)
	return t.join(events...)
}

// join records events with those of the last command.
func (t *telling) join(events ...domain.Envelope) domain.EventID {
	c := &t.commands[len(t.commands)-1]
	for i := range events {
		events[i].ID = domain.EventID(t.id(t.events, 0))
		events[i].Command, events[i].Actor = c.ID, c.Actor
		t.events++
	}
	c.Drafts = append(c.Drafts, events...)
	return events[0].ID
}

// story records events that need not have happened.
func (t *telling) story(events ...domain.Envelope) domain.EventID {
	t.spent += len(events)
	return t.tell(events...)
}

// id makes a ULID of today and a number: another for every number, seed and kind.
func (t *telling) id(n, kind uint64) (id [16]byte) {
	var at [8]byte
	binary.BigEndian.PutUint64(at[:], uint64(t.days.begin(eastern, t.today).UnixMilli())<<16)
	copy(id[:6], at[:6])
	binary.BigEndian.PutUint16(id[6:], uint16(mix(t.Seed+kind)))
	binary.BigEndian.PutUint64(id[8:], mix(n^mix(2*t.Seed+kind)))
	return id
}

// deliver states when each command of the day was recorded, from half past eight
// on and for nine hours, and yields it.
func (t *telling) deliver() bool {
	opens := t.days.begin(eastern, t.today).Add(8*time.Hour + 30*time.Minute)
	pause := 9 * time.Hour / time.Duration(len(t.commands)+1)
	if pause > time.Minute {
		pause = pause.Truncate(time.Second)
	}
	for i, c := range t.commands {
		c.Recorded = calendar.Instant(opens.Add(time.Duration(i) * pause).Truncate(time.Microsecond))
		for j := range c.Drafts {
			e := &c.Drafts[j]
			if e.Recorded = c.Recorded; e.Effective.At.IsZero() {
				e.Effective.At = c.Recorded
			}
		}
		if !t.yield(c) {
			return false
		}
	}
	t.commands = t.commands[:0]
	return true
}

// about drafts an event that holds from a day on, in the office's zone.
func (t *telling) about(subject domain.Subject, day int, event domain.Event) domain.Envelope {
	return domain.Envelope{Subject: subject, Effective: t.days.on(eastern, day), Event: event}
}

// ordered drafts an event that rests on an order of the office, or on a note.
func (t *telling) ordered(kind string, subject domain.Subject, day int, event domain.Event) domain.Envelope {
	e := t.about(subject, day, event)
	t.numbers.order++
	e.Authority = fmt.Sprintf("%s %d/%d", kind, t.numbers.order, t.days.date(t.today).Year)
	return e
}

// member is the subject of events about a person.
func member(n int32) domain.Subject { return domain.Member(memberID(n)) }

func memberID(n int32) domain.MemberID { return domain.MemberID(fmt.Sprintf("m-%d", n+1)) }

// where is the zone in which a person serves.
func (t *telling) where(n int32) int { return t.missions[t.posts[n]].zone }

// comes enters somebody among those present.
func (t *telling) comes(n int32) {
	t.place[n] = int32(len(t.present))
	t.present = append(t.present, n)
}

// goes takes somebody out from those present.
func (t *telling) goes(n int32) {
	at := t.place[n]
	if at == nobody {
		return
	}
	last := t.present[len(t.present)-1]
	t.present[at], t.place[last] = last, at
	t.present, t.place[n] = t.present[:len(t.present)-1], nobody
}

// somebody throws one of those present whom a story may be about.
func (t *telling) somebody(may func(n int32, p *person) bool) (int32, bool) {
	for range 12 {
		if len(t.present) == 0 {
			break
		}
		if n := pick(t.dice, t.present); may(n, &t.people[n]) {
			return n, true
		}
	}
	return 0, false
}

// since is some days ago, but not before the person came.
func (t *telling) since(n int32, most int) int {
	return max(t.today-t.dice.below(most+1), int(t.people[n].arrives))
}

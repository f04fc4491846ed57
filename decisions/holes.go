package decisions

import (
	"fmt"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/eventlog"
)

// A Hole is where answers are missing, or may be.
type Hole struct {
	// At is the position of the record that says so, or of the last one before.
	At      eventlog.Position
	Session domain.EventID
	// From and To are between when the missing answers were given; a zero To is
	// not known.
	From, To time.Time
	// Count is how many are missing; 0 if that is not known.
	Count int
	// Certain says that answers are missing, and not only that they may be.
	Certain bool
	Text    string
}

// Holes finds what is missing among records that it is shown in order, from the
// first on. The zero Holes has seen none.
type Holes struct {
	found    []Hole
	sessions map[domain.EventID]*sessionSeen
	order    []*sessionSeen
	batches  map[domain.EventID]*batchSeen // that are not whole yet
}

type sessionSeen struct {
	Opened
	at               eventlog.Position
	last             time.Time
	answers, missing int
	closed           bool
}

type batchSeen struct {
	at      eventlog.Position
	session domain.EventID
	when    time.Time
	seen    int
	of      int
}

// Add shows the next record.
func (h *Holes) Add(e Entry) {
	if h.sessions == nil {
		h.sessions, h.batches = map[domain.EventID]*sessionSeen{}, map[domain.EventID]*batchSeen{}
	}
	switch b := e.Body.(type) {
	case Bound:
	case Opened:
		s := h.session(e, b.Session)
		s.Opened = b
	case Answer:
		s := h.session(e, b.Session)
		s.answers++
		h.batch(e, b)
	case Gap:
		h.session(e, b.Session).missing += b.Count
		h.found = append(h.found, Hole{At: e.Position, Session: b.Session, From: b.From, To: b.To, Count: b.Count, Certain: true, Text: b.words()})
	case Closed:
		s := h.session(e, b.Session)
		s.closed = true
		if s.answers != b.Answers || s.missing != b.Missing {
			h.found = append(h.found, Hole{At: e.Position, Session: b.Session, From: s.Since, To: e.Recorded, Count: max(b.Answers-s.answers, 0), Certain: true,
				Text: fmt.Sprintf("the session ended with %d answers recorded and %d missing, but the log has %d and says that %d are missing", b.Answers, b.Missing, s.answers, s.missing)})
		}
	}
}

func (g Gap) words() string {
	switch g.Reason {
	case QueueFull:
		return "they came faster than they could be recorded"
	case TooLarge:
		return "they were too large for a record"
	default:
		return "they could not be written down"
	}
}

// session returns what was seen of a session, at a record of it.
func (h *Holes) session(e Entry, id domain.EventID) *sessionSeen {
	s := h.sessions[id]
	if s == nil {
		s = &sessionSeen{Opened: Opened{Session: id, Since: e.Recorded}}
		h.sessions[id], h.order = s, append(h.order, s)
		if _, opens := e.Body.(Opened); !opens {
			h.found = append(h.found, Hole{At: e.Position, Session: id, From: e.Recorded, To: e.Recorded, Certain: true, Text: "the beginning of this session is missing"})
		}
	}
	s.at, s.last = e.Position, e.Recorded
	return s
}

func (h *Holes) batch(e Entry, a Answer) {
	if a.Batch == (Batch{}) {
		return
	}
	b := h.batches[a.Batch.First]
	if b == nil {
		b = &batchSeen{session: a.Session, of: a.Batch.Of}
		h.batches[a.Batch.First] = b
	}
	b.at, b.when = e.Position, e.Recorded
	if b.seen++; b.seen == b.of {
		delete(h.batches, a.Batch.First)
	}
}

// Found lists the holes in what was shown, in the order of the log. A session
// without its end is among them only if it answered before it recorded.
func (h *Holes) Found() []Hole {
	out := append([]Hole(nil), h.found...)
	for _, s := range h.order {
		if s.Mode == BestEffort && !s.closed {
			out = append(out, Hole{At: s.at, Session: s.Session, From: s.last,
				Text: "the program still runs, or was cut off: what it answered after its last record may be missing"})
		}
	}
	for _, b := range h.batches {
		out = append(out, Hole{At: b.at, Session: b.session, From: b.when, To: b.when, Count: b.of - b.seen,
			Text: fmt.Sprintf("%d of the %d records of one call are there: in strict mode it was not answered", b.seen, b.of)})
	}
	sortHoles(out)
	return out
}

package decisions

import (
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/eventlog"
)

// Format is the version of the records that this package writes, and the
// greatest that it reads.
const Format = 1

// A Record is one record of the log of answers given.
type Record struct {
	ID       domain.EventID
	Recorded time.Time // UTC, whole microseconds
	Body     Body
}

// A Body is what a record says. The set is closed: Bound, Opened, Answer, Gap
// and Closed.
type Body interface {
	// Type is the type of the record, such as decisions.answered.
	Type() string
	body()
}

// Bound binds the log to an office. It is the first record and no other.
type Bound struct {
	Office domain.OfficeID
	// Founding is the hash of the first record of the office's log, which tells
	// it from another that was founded under the same name.
	Founding eventlog.Hash
}

// Opened says that a program began to record.
type Opened struct {
	Session domain.EventID
	Mode    Mode
	Since   time.Time
}

// A Call is how an answer was asked for.
type Call string

// The calls whose answers are recorded.
const (
	CallAsk      Call = "ask"
	CallStanding Call = "standing" // one record for each privilege
	CallCard     Call = "card"
)

// A Batch holds together the records of one call.
type Batch struct {
	First  domain.EventID // id of the first of them
	Number int            // from 1
	Of     int
}

// An Asked is a question with its times settled.
type Asked struct {
	Subject   domain.Subject
	Privilege domain.Privilege // empty for a card
	View      string           // of a card, else empty
	AsOf      time.Time
	AsKnown   domain.Position
	Request   map[string]string // as typed
}

// An Answer is an answer that was given, or was about to be.
type Answer struct {
	Session   domain.EventID // set by the recorder
	By        string         // who asked, as claimed; empty if nobody said
	Call      Call
	Batch     Batch           // of a standing; set by the recorder
	Office    domain.OfficeID // set by the recorder
	Question  Asked
	Root      domain.Position // up to where the office had read its log
	Semantics int             // of the program that answered
	// Bytes is the answer as it was given: a decision, as codec.EncodeDecision
	// writes it, or a card.
	Bytes []byte
}

// A Reason is why answers are missing.
type Reason string

// The reasons of gaps.
const (
	QueueFull Reason = "queue_full" // they came faster than they could be written
	TooLarge  Reason = "too_large"  // more than a record may hold
	Refused   Reason = "refused"    // could not be written down, or the log would not have it
)

// A Gap says that answers were given and not recorded.
type Gap struct {
	Session  domain.EventID
	From, To time.Time // when the first and the last of them were given
	Count    int
	Reason   Reason
}

// Closed says that a best-effort session ended in order.
type Closed struct {
	Session domain.EventID
	Answers int // of the session, in the log
	Missing int // counted by its gaps
}

// The types of records.
const (
	typeBound    = "decisions.bound"
	typeOpened   = "decisions.opened"
	typeAnswered = "decisions.answered"
	typeGap      = "decisions.gap"
	typeClosed   = "decisions.closed"
)

func (Bound) Type() string  { return typeBound }
func (Opened) Type() string { return typeOpened }
func (Answer) Type() string { return typeAnswered }
func (Gap) Type() string    { return typeGap }
func (Closed) Type() string { return typeClosed }

func (Bound) body()  {}
func (Opened) body() {}
func (Answer) body() {}
func (Gap) body()    {}
func (Closed) body() {}

package decisions

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/internal/mutant"
)

// A Mode says what comes first, the record or the answer.
type Mode string

// The modes.
const (
	Strict     Mode = "strict"      // no record, no answer
	BestEffort Mode = "best-effort" // answers come first; what is missing is counted
)

// ParseMode reads a mode.
func ParseMode(text string) (Mode, error) { return Mode(text), checkMode(Mode(text)) }

// A Config is what a recorder works with. All of it is needed but Queue.
type Config struct {
	Log eventlog.Log
	// Office is whose answers they are: see [Binding].
	Office Bound
	Mode   Mode
	// Clock tells the time, and NewID makes up ids.
	Clock func() time.Time
	NewID func() domain.EventID
	// Queue is how many answers may wait in the mode BestEffort; 0 is 4,096.
	Queue int
}

// Binding finds out whose answers they will be that an office gives, from the
// first record of its log.
func Binding(ctx context.Context, office eventlog.Log) (Bound, error) {
	for record, err := range office.Read(ctx, 0) {
		if err != nil {
			return Bound{}, fmt.Errorf("find the founding of the office: %w", err)
		}
		env, err := codec.Decode(record.Data)
		if err != nil {
			return Bound{}, fmt.Errorf("find the founding of the office: %w", err)
		}
		if _, founds := env.Event.(domain.OfficeFounded); !founds {
			return Bound{}, fmt.Errorf("find the founding of the office: the log begins with %s", env.Type())
		}
		return Bound{Office: domain.OfficeID(env.Subject.ID), Founding: eventlog.HashBody(record.Data)}, nil
	}
	return Bound{}, errors.New("find the founding of the office: its log is empty")
}

// A Stats says how far a recorder is.
type Stats struct {
	Recorded int // answers that are durable
	Waiting  int // answers that wait to be written; in BestEffort they were given
	Missing  int // answers given that are not recorded: those of gaps, written or not
	// Failing is why what was to be written last was not; nil if it was.
	Failing error
}

// A Recorder records answers. Its methods may be called from several goroutines.
type Recorder struct {
	config  Config
	session domain.EventID
	since   time.Time
	wake    chan struct{} // holds one; the writer looks for work
	done    chan struct{} // closed when the writer ended

	mu       sync.Mutex
	queue    []*request      // mu
	waiting  int             // mu; answers in queue or with the writer
	gaps     map[Reason]*Gap // mu; not written yet
	flushes  []chan error    // mu
	closing  bool            // mu
	recorded int             // mu
	missing  int             // mu
	failing  error           // mu
	closed   error           // set before done is closed

	w writer // of the writer's goroutine
}

// A request is the answers of one call, or as many of them as fit one append.
type request struct {
	items []item
	size  int
	done  chan error // holds one; nil if nobody waits
	taken bool       // mu of the recorder; the writer has it
}

// An item is a record without its time.
type item struct {
	id      domain.EventID
	subject string
	rest    []byte
}

// headSize is at most what the head of a record takes.
const headSize = 120

// Open begins a session. The log must be empty, or keep the answers of this
// office: else the error matches [ErrOtherOffice], [ErrNotDecisions] or
// [ErrNewer]. In the mode BestEffort a log that can't be read or written now is
// no error: it is tried again with every answer.
func Open(ctx context.Context, c Config) (*Recorder, error) {
	if err := errors.Join(checkMode(c.Mode), check(c.Office)); err != nil {
		return nil, fmt.Errorf("record answers: %w", err)
	}
	if c.Queue <= 0 {
		c.Queue = 4096
	}
	r := &Recorder{
		config: c, session: c.NewID(), since: calendar.Instant(c.Clock()),
		wake: make(chan struct{}, 1), done: make(chan struct{}), gaps: map[Reason]*Gap{},
	}
	r.w = writer{r: r}
	err := r.w.look(ctx)
	if err == nil && c.Mode == BestEffort {
		err = r.w.begin(ctx)
	}
	if err != nil && (c.Mode == Strict || errors.Is(err, ErrOtherOffice) || errors.Is(err, ErrNotDecisions) || errors.Is(err, ErrNewer) || ctx.Err() != nil) {
		return nil, fmt.Errorf("record answers: %w", err)
	}
	go r.run()
	return r, nil
}

// Office is whose answers are recorded.
func (r *Recorder) Office() Bound { return r.config.Office }

// Mode is what comes first, the record or the answer.
func (r *Recorder) Mode() Mode { return r.config.Mode }

// Stats says how far the recorder is.
func (r *Recorder) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return Stats{r.recorded, r.waiting, r.missing, r.failing}
}

// Record records the answers of one call, before they are given. It sets their
// Session, Office and, if there are several, their Batch.
//
// In the mode Strict it returns when all are durable. After an error, which
// matches [ErrNotRecorded], the answers must not be given: ctx was done first, or
// the log failed; the record may be there all the same. In the mode BestEffort it
// returns at once, and never with an error but [ErrClosed].
func (r *Recorder) Record(ctx context.Context, answers ...Answer) error {
	if len(answers) == 0 {
		return nil
	}
	strict := r.config.Mode == Strict
	if strict && ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ErrNotRecorded, ctx.Err())
	}
	requests, reason, err := r.requests(answers)
	if err != nil {
		if strict {
			return fmt.Errorf("%w: %w", ErrNotRecorded, err)
		}
		return r.drop(len(answers), reason)
	}
	r.mu.Lock()
	switch {
	case r.closing:
		r.mu.Unlock()
		if strict {
			return fmt.Errorf("%w: %w", ErrNotRecorded, ErrClosed)
		}
		return ErrClosed
	case !strict && r.waiting+len(answers) > r.config.Queue:
		r.mu.Unlock()
		return r.drop(len(answers), QueueFull)
	}
	if strict {
		for _, q := range requests {
			q.done = make(chan error, 1)
		}
	}
	r.queue = append(r.queue, requests...)
	r.waiting += len(answers)
	r.mu.Unlock()
	r.nudge()
	if !strict || mutant.On(mutant.AnswerBeforeKept) {
		return nil
	}
	for i, q := range requests {
		select {
		case err := <-q.done:
			if err != nil {
				r.withdraw(requests[i+1:])
				return fmt.Errorf("%w: %w", ErrNotRecorded, err)
			}
		case <-ctx.Done():
			r.withdraw(requests[i:])
			return fmt.Errorf("%w: %w", ErrNotRecorded, ctx.Err())
		}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w in time, though it is on record: %w", ErrNotRecorded, ctx.Err())
	}
	return nil
}

// requests prepares the records of a call, as many to a request as fit an append.
func (r *Recorder) requests(answers []Answer) ([]*request, Reason, error) {
	var out []*request
	first := r.config.NewID()
	for i, a := range answers {
		id := first
		if i > 0 {
			id = r.config.NewID()
		}
		a.Session, a.Office, a.Batch = r.session, r.config.Office.Office, Batch{}
		if a.Call == CallStanding {
			a.Batch = Batch{first, i + 1, len(answers)}
		}
		rest, err := encodeBody(a)
		if err != nil {
			return nil, Refused, err
		}
		one := item{id, a.Question.Subject.String(), rest}
		if len(rest)+headSize > eventlog.MaxData {
			return nil, TooLarge, fmt.Errorf("the answer on %s has %d bytes with its question: %w", a.Question.Subject, len(rest), eventlog.ErrTooLarge)
		}
		size := headSize + len(rest) + len(one.subject) + len(typeAnswered)
		if n := len(out); n == 0 || len(out[n-1].items) >= mostRecords || out[n-1].size+size > mostBytes {
			out = append(out, &request{})
		}
		last := out[len(out)-1]
		last.items, last.size = append(last.items, one), last.size+size
	}
	return out, "", nil
}

// withdraw takes back what the writer has not taken.
func (r *Recorder) withdraw(requests []*request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := r.queue[:0]
	for _, q := range r.queue {
		withdrawn := false
		for _, gone := range requests {
			withdrawn = withdrawn || gone == q && !q.taken
		}
		if withdrawn {
			r.waiting -= len(q.items)
		} else {
			kept = append(kept, q)
		}
	}
	clear(r.queue[len(kept):])
	r.queue = kept
}

// drop counts answers that were given and can't be recorded.
func (r *Recorder) drop(count int, reason Reason) error {
	now := calendar.Instant(r.config.Clock())
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing {
		return ErrClosed
	}
	r.addGap(Gap{From: now, To: now, Count: count, Reason: reason})
	r.missing += count
	r.nudge()
	return nil
}

// addGap joins a gap to what is not written yet. The caller holds mu.
func (r *Recorder) addGap(g Gap) {
	have := r.gaps[g.Reason]
	if have == nil {
		g.Session = r.session
		r.gaps[g.Reason] = &g
		return
	}
	have.Count += g.Count
	if g.From.Before(have.From) {
		have.From = g.From
	}
	if g.To.After(have.To) {
		have.To = g.To
	}
}

// nudge wakes the writer.
func (r *Recorder) nudge() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Flush waits until what was given before is durable, gaps included, or can't be
// made so now; then the error matches [ErrMissing] and says why. It is tried again
// with the next answer, and by Close.
func (r *Recorder) Flush(ctx context.Context) error {
	r.mu.Lock()
	if r.closing {
		r.mu.Unlock()
		return ErrClosed
	}
	done := make(chan error, 1)
	r.flushes = append(r.flushes, done)
	r.mu.Unlock()
	r.nudge()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close writes what waits and ends the session. The error matches [ErrMissing] if
// answers were given that are neither in the log nor counted there. It does not
// close the log. Closing again returns the same.
func (r *Recorder) Close(ctx context.Context) error {
	r.mu.Lock()
	r.closing = true
	r.mu.Unlock()
	r.nudge()
	select {
	case <-r.done:
		return r.closed
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrMissing, ctx.Err())
	}
}

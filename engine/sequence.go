package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/rules"
)

// A Sequence is any number of commands that are decided one after the other,
// each against the office as the ones before it would leave it, and then
// recorded in as many appends as they need:
//
//	s, err := office.Begin(ctx)
//	defer s.Abandon(ctx)
//	for ... { err := s.Decide(ctx, command) }
//	receipt, err := s.Record(ctx, nil)
//
// Nothing is appended before Record. A command that is refused leaves no trace,
// and those after it are decided without it. From Begin to Record or Abandon
// nobody else's commands are decided; questions are answered as ever. The methods
// of one sequence are for one goroutine.
type Sequence struct {
	e       *Engine
	from    domain.Position // where it begins
	texts   [][]byte        // of editions, which are stored before the events
	records []eventlog.Record
	ends    []int // of the commands, as counts of records
	near    map[domain.Subject]string
	over    bool
}

// Begin begins a sequence at the head of the log, once everything decided so far
// is durable.
func (e *Engine) Begin(ctx context.Context) (*Sequence, error) {
	if err := e.Halted(); err != nil {
		return nil, err
	}
	head, err := e.log.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the head of the log: %w", err)
	}
	if err := e.quiet(ctx); err != nil {
		return nil, err
	}
	if domain.Position(head) > e.head || e.unread != nil { // another process has appended
		if err := e.readAgain(ctx); err != nil {
			e.mu.Unlock()
			return nil, err
		}
	}
	return &Sequence{e: e, from: e.head, near: map[domain.Subject]string{}}, nil
}

// Restore begins the sequence that founds an office in an empty log, by the
// events of another: the first command is its founding. Only a history office can
// be restored, since in a live one the clock alone says when a thing was recorded.
func Restore(ctx context.Context, c Config) (*Sequence, error) {
	e, err := empty(ctx, c)
	if err != nil {
		return nil, err
	}
	return e.Begin(ctx)
}

// Engine returns the engine whose sequence it is.
func (s *Sequence) Engine() *Engine { return s.e }

// Root is the office as the commands decided so far would leave it.
func (s *Sequence) Root() *projections.Root { return s.e.builder.Root(s.e.head) }

// Last is when the last event so far was recorded.
func (s *Sequence) Last() time.Time { return s.e.last }

// Events counts the events that Record will append.
func (s *Sequence) Events() int { return len(s.records) }

// Text brings the text of an edition, which is stored if the sequence is
// recorded. It returns the hash by which events name it.
func (s *Sequence) Text(bundle []byte) string {
	hash := rules.Hash(bundle)
	if _, have := s.e.library.Bundle(hash); !have {
		s.e.library.Put(bundle)
	}
	s.texts = append(s.texts, bundle)
	return hash
}

// Decide decides a command as Submit would. It reports whether the command is on
// record already, with the same content, so that nothing is to be done; also if it
// is an earlier one of the sequence. The command needs an id. Errors are those of
// Submit; after one that is none of [domain.Refusals], [ErrRepeated], [ErrMode],
// [eventlog.ErrTooLarge] and [codec.ErrTooLong] the sequence can only be abandoned.
func (s *Sequence) Decide(ctx context.Context, c domain.Command) (repeated bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	e := s.e
	v := e.overlay()
	v.near = s.near
	if _, found, err := e.repeated(c, v); err != nil || found != nil {
		return err == nil, err
	}
	stamp, err := e.stamp(c, e.last)
	if err != nil {
		return false, err
	}
	if e.head == 0 {
		if err := s.decideFounding(c); err != nil {
			return false, err
		}
	}
	c = complete(c, stamp)
	if err := v.decide(c); err != nil {
		return false, err
	}
	if err := e.decideEditions(ctx, c, v); err != nil {
		return false, err
	}
	records, err := Records(c.Drafts)
	if err != nil {
		return false, err
	}
	if err := eventlog.CheckAppend(records...); err != nil {
		return false, err
	}
	for _, env := range c.Drafts {
		if err := e.apply(ctx, e.builder, e.head, env); err != nil {
			return false, fmt.Errorf("%s of %s: %w", env.Type(), env.Subject, err)
		}
		e.head++
		e.last = env.Recorded
	}
	s.records = append(s.records, records...)
	s.ends = append(s.ends, len(s.records))
	return false, nil
}

// decideFounding refuses to found an office that would not be a history, or whose
// law can't be loaded. It must hold an edition of the common law, to answer by.
func (s *Sequence) decideFounding(c domain.Command) error {
	common := ""
	for i, d := range c.Drafts {
		refuse := func(field, format string, args ...any) error {
			return domain.Refusals{{Index: i, Type: d.Type(), Field: field, Text: fmt.Sprintf(format, args...)}}
		}
		switch body := d.Event.(type) {
		case domain.OfficeFounded:
			if body.Mode == domain.Live {
				return refuse("payload.mode", "%v: a live office says by its own clock when a thing was recorded; what is restored is a history", ErrMode)
			}
		case domain.RulesetPublished:
			if _, have := s.e.library.Bundle(body.Hash); !have {
				return refuse("payload.hash", "the text of this edition is missing")
			}
			err := error(nil)
			if d.Subject.ID == "common" {
				common = body.Hash
				_, err = s.e.library.Common(body.Hash)
			} else if common != "" {
				_, err = s.e.library.State(body.Hash, common)
			}
			if err != nil {
				return refuse("payload.hash", "the edition has mistakes:\n%v", err)
			}
		default:
			// whatever else happened at the founding is decided as ever
		}
	}
	if common == "" {
		return domain.Refusals{{Text: "an office is founded with an edition of the common law to answer by, in the same command"}}
	}
	return nil
}

// An Interrupted error says that a sequence was recorded in part: decide the same
// commands again, with the same ids, and record the rest.
type Interrupted struct {
	Recorded, Of int // events
	Err          error
}

func (i *Interrupted) Error() string {
	return fmt.Sprintf("%d of %d events were recorded: %v", i.Recorded, i.Of, i.Err)
}

func (i *Interrupted) Unwrap() error { return i.Err }

// Record appends what was decided, in order, and ends the sequence. The events of
// one command are in one append, which holds as much as a log takes at once. If it
// fails, or ctx is done, what was appended until then stays, and the error is an
// [*Interrupted]. Progress, if not nil, is told after each append how many events
// of how many are durable.
func (s *Sequence) Record(ctx context.Context, progress func(done, of int)) (domain.Position, error) {
	if s.over {
		return 0, errors.New("the sequence has ended")
	}
	defer s.Abandon(ctx) //nolint:errcheck // what was appended is durable, and replayed if need be
	for _, text := range s.texts {
		if _, err := s.e.bodies.Put(ctx, text); err != nil {
			return 0, &Interrupted{Of: len(s.records), Err: fmt.Errorf("store the text of an edition: %w", err)}
		}
	}
	done, command := 0, 0
	for done < len(s.records) {
		if err := ctx.Err(); err != nil {
			return 0, &Interrupted{Recorded: done, Of: len(s.records), Err: err}
		}
		var end int
		end, command = s.fits(done, command)
		if err := s.append(done, end); err != nil {
			return 0, &Interrupted{Recorded: done, Of: len(s.records), Err: err}
		}
		done = end
		if progress != nil {
			progress(done, len(s.records))
		}
	}
	return s.from + domain.Position(done), nil
}

// fits returns the end of the commands that fit into one append, and the number
// of the command after them.
func (s *Sequence) fits(done, command int) (end, next int) {
	size := 0
	for end = done; command < len(s.ends); command++ {
		for _, r := range s.records[end:s.ends[command]] {
			size += len(r.Data) + len(r.Subject) + len(r.Type)
		}
		if end > done && (size > eventlog.MaxAppend || s.ends[command]-done > eventlog.MaxRecords) {
			break
		}
		end = s.ends[command]
	}
	return end, command
}

// append appends the records from done to end and shows them to readers. An
// append whose outcome is not known is made again to find out.
func (s *Sequence) append(done, end int) error {
	ctx := context.Background()
	records := s.records[done:end]
	at := eventlog.Position(s.from) + eventlog.Position(done)
	after, err := s.e.log.Append(ctx, at, records...)
	if err != nil && !eventlog.Definite(err) {
		after, err = s.e.again(ctx, at, records, err)
	}
	if err != nil {
		return err
	}
	s.e.show(domain.Position(after))
	return nil
}

// Abandon ends the sequence and forgets what was decided and not appended. After
// Record, or a second time, it does nothing.
func (s *Sequence) Abandon(ctx context.Context) error {
	if s.over {
		return nil
	}
	s.over = true
	defer s.e.mu.Unlock()
	if s.e.root.Load().Position() == s.e.head {
		return nil
	}
	return s.e.discard(ctx)
}

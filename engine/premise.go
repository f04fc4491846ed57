package engine

import (
	"context"
	"fmt"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/projections"
)

// A Premise is what has to be so for commands to be decided. It is looked at by the
// writer, in the state in which it decides them, so that nothing comes between.
type Premise struct {
	// Expected is the position at which the log has to be; nil is wherever it is.
	// Commands that are all on record already had it then, and need it no more.
	Expected *domain.Position
	// May, if not nil, refuses the commands by its error, in the office as it is before
	// the first of them. Everybody else who submits waits for it, and it may be asked
	// more than once.
	May func(*projections.Root) error
}

// A PositionError says that the log is not where it was expected to be. It matches
// [eventlog.ErrConflict].
type PositionError struct{ Expected, At domain.Position }

func (e *PositionError) Error() string {
	if e.At < e.Expected {
		return fmt.Sprintf("the log was expected at position %d, and is only at %d", e.Expected, e.At)
	}
	return fmt.Sprintf("the log was expected at position %d, and is at %d: read what was recorded since, and decide again", e.Expected, e.At)
}

// A BehindError says that the log did not come, in the time there was, to the position
// that an answer must have seen. Err is why the waiting ended: the error of the context.
type BehindError struct {
	Least, At domain.Position
	Err       error
}

func (e *BehindError) Error() string {
	return fmt.Sprintf("the log is at %d, and the answer must have seen %d, which did not come in time: ask again later, or see whether that position is of this office", e.At, e.Least)
}

func (e *BehindError) Unwrap() error { return e.Err }

// Is makes a PositionError match [eventlog.ErrConflict].
func (e *PositionError) Is(target error) bool { return target == eventlog.ErrConflict }

// SubmitIf is [Engine.Submit] on a premise. Without it nothing is recorded, and the error
// is a [*PositionError] or that of Premise.May.
func (e *Engine) SubmitIf(ctx context.Context, p Premise, commands ...domain.Command) (Receipt, error) {
	return e.submitAll(ctx, p, commands)
}

// CheckIf is [Engine.Check] on a premise.
func (e *Engine) CheckIf(ctx context.Context, p Premise, commands ...domain.Command) (Receipt, error) {
	return e.check(ctx, p, commands)
}

// at refuses what is not at the position that was expected.
func (p *Premise) at(head domain.Position) error {
	if p.Expected != nil && *p.Expected != head {
		return &PositionError{*p.Expected, head}
	}
	return nil
}

// may refuses what may not be decided in a state.
func (p *Premise) may(root *projections.Root) error {
	if p.May == nil {
		return nil
	}
	return p.May(root)
}

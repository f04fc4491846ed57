package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/balance"
	"github.com/comity-project/comity/projections/timeline"
)

// A BalanceQuery says which lines of the ledger of reciprocity are meant. What
// it leaves empty is no matter.
type BalanceQuery struct {
	State     domain.StateID
	Privilege domain.Privilege
	AsOf      time.Time // zero is now; no matter if Over is set
	AsKnown   Known
	// Over asks for all of the time from From until To, half-open, in place of one
	// moment. A zero From or To is no limit.
	Over     bool
	From, To time.Time
	// Lost asks only for what somebody should look at: answers of which the ground
	// was lost or was never on record, and practices that nothing answers.
	Lost bool
	// AtLeast is a position that the answer must have seen, as in [Question].
	AtLeast domain.Position
}

// A Balance is what each State gives and gets.
type Balance struct {
	AsOf    time.Time // the moment asked about; zero if Over was set
	AsKnown domain.Position
	Cells   []balance.Cell // by State, privilege and time
}

// Balance reads the ledger of reciprocity. It records nothing and changes no
// answer: what became of a ground is for a person to act upon. Errors match
// [ErrUnknown] or [ErrKnown], or are the context's.
func (e *Engine) Balance(ctx context.Context, q BalanceQuery) (Balance, error) {
	if err := e.await(ctx, q.AtLeast); err != nil {
		return Balance{}, err
	}
	root, now := e.Root(), e.Now()
	k, err := e.position(root, q.AsKnown, now)
	if err != nil {
		return Balance{}, err
	}
	out := Balance{AsKnown: k, AsOf: q.AsOf}
	if q.AsOf.IsZero() {
		out.AsOf = now
	}
	if err := checkPrivilege(root, q.Privilege, timeline.Of(out.AsOf), k); err != nil {
		return Balance{}, err
	}
	from, to := timeline.Always, timeline.Never
	if !q.From.IsZero() {
		from = timeline.Of(q.From)
	}
	if !q.To.IsZero() {
		to = timeline.Of(q.To)
	}
	states := []domain.StateID{q.State}
	if q.State == "" {
		states = states[:0]
		for _, id := range root.ViewAt(k).Subjects(domain.KindState) {
			states = append(states, domain.StateID(id))
		}
	}
	ledger := balance.Of(root, k)
	for _, state := range states {
		if err := ctx.Err(); err != nil {
			return Balance{}, err
		}
		lines := balance.Selection{State: state, Privilege: q.Privilege}
		var cells []balance.Cell
		if q.Over {
			cells, err = ledger.Over(lines, from, to)
		} else {
			cells, err = ledger.At(lines, timeline.Of(out.AsOf))
		}
		if err != nil {
			return Balance{}, fmt.Errorf("the balance with %s: %w", state, err)
		}
		out.Cells = append(out.Cells, cells...)
	}
	if q.Over {
		out.AsOf = time.Time{}
	}
	if q.Lost {
		out.Cells = slices.DeleteFunc(out.Cells, func(c balance.Cell) bool { return !c.Lost() && !c.Unfounded() && !c.Unanswered })
	}
	return out, nil
}

// checkPrivilege refuses a privilege that the law in force does not know, since
// nothing would be found. Without law nobody can tell.
func checkPrivilege(root *projections.Root, p domain.Privilege, at timeline.Instant, k domain.Position) error {
	law, _, err := root.LawAt(at, k)
	if p != "" && err == nil && law.Language.Privileges[p] == nil {
		known := make([]string, len(law.Language.PrivilegeOrder))
		for i, one := range law.Language.PrivilegeOrder {
			known[i] = string(one)
		}
		return &UnknownError{What: "privilege", Name: string(p), Near: domain.Nearest(string(p), known)}
	}
	return nil
}

package engine_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/projections"
)

// Of those who expect the same position one is recorded, and the others learn where the
// log is. What is on record already needs no position.
func TestSubmitIfAt(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	at := o.Position()
	command := func(id domain.MemberID, n byte) domain.Command {
		return domain.Command{ID: domain.CommandID{0: 1, 15: n}, Drafts: drafts(domaintest.Accredited(id, "arandia-embassy", "dip.at", "2024-01-01"))}
	}
	const n = 8
	errs := make([]error, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			_, errs[i] = o.SubmitIf(t.Context(), engine.Premise{Expected: &at}, command(domain.MemberID([]byte{'a' + byte(i)}), byte(i)))
		})
	}
	wait.Wait()
	won := -1
	for i, err := range errs {
		if err == nil {
			assert.Equal(t, -1, won, "only one")
			won = i
			continue
		}
		require.ErrorIs(t, err, eventlog.ErrConflict)
		moved, ok := errors.AsType[*engine.PositionError](err)
		require.True(t, ok)
		assert.Equal(t, engine.PositionError{Expected: at, At: at + 1}, *moved)
	}
	require.NotEqual(t, -1, won)
	assert.Equal(t, at+1, o.Position())
	again, err := o.SubmitIf(t.Context(), engine.Premise{Expected: &at}, command(domain.MemberID([]byte{'a' + byte(won)}), byte(won)))
	require.NoError(t, err)
	assert.True(t, again.Repeated)
	ahead := at + 5
	_, err = o.CheckIf(t.Context(), engine.Premise{Expected: &ahead}, command("z", 99))
	require.ErrorContains(t, err, "is only at")
}

// Who may not is refused before anything is decided, in the state that counts.
func TestSubmitIfMay(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	at := o.Position()
	no := errors.New("no")
	seen := domain.Position(0)
	premise := engine.Premise{May: func(root *projections.Root) error { seen = root.Position(); return no }}
	_, err := o.SubmitIf(t.Context(), premise, domain.Command{Drafts: drafts(domaintest.Accredited("bo", "nowhere", "dip.at", "2024-01-01"))})
	require.ErrorIs(t, err, no)
	assert.Equal(t, at, seen)
	assert.Equal(t, at, o.Position())
}

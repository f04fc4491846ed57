package watch_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine/watch"
)

// Every event is told once, in order, from wherever somebody begins.
func TestEvents(t *testing.T) {
	found(t)
	synctest.Test(t, func(t *testing.T) {
		o := found(t)
		o.arandia(t)
		h := watch.New(o.Engine, watch.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		got := make([][]watch.Event, 8)
		ended := make(chan error, 8)
		for from := range got {
			go func() {
				for e, err := range h.Events(ctx, domain.Position(from), 0) {
					if err != nil {
						ended <- err
						return
					}
					got[from] = append(got[from], e)
				}
			}()
		}
		for range 20 {
			o.submit(t, domaintest.StatusChanged("ana", "lpr", "2025-01-01"), domaintest.StatusChanged("bo", "lpr", "2025-01-01"))
			if o.Position()%3 == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		for from, events := range got {
			require.Len(t, events, int(o.Position())-from)
			for i, e := range events {
				assert.Equal(t, domain.Position(from+i+1), e.Position)
				want, _ := o.Root().View().Envelope(e.Position - 1)
				assert.Equal(t, want, e.Envelope)
			}
		}
		cancel()
		for range got {
			require.ErrorIs(t, <-ended, context.Canceled)
		}
		synctest.Wait()
		assert.Zero(t, h.Watchers())

		for _, err := range h.Events(t.Context(), o.Position()+1, 0) {
			require.ErrorAs(t, err, new(*watch.BeyondError))
		}
		for e, err := range h.Events(t.Context(), o.Position(), time.Second) {
			require.NoError(t, err)
			assert.Equal(t, watch.Event{Position: o.Position(), Idle: true}, e)
			break
		}
		synctest.Wait()
		assert.Zero(t, h.Watchers())
	})
}

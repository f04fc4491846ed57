package api

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDeadline holds a deadline to the context that it stands for, whether somebody waits
// for it or only asks.
func TestDeadline(t *testing.T) {
	kinds := map[string]func(context.Context, time.Time) (context.Context, func()){
		"of package context": func(ctx context.Context, ends time.Time) (context.Context, func()) {
			return context.WithDeadline(ctx, ends)
		},
		"without timer": func(ctx context.Context, ends time.Time) (context.Context, func()) {
			d := &deadline{Context: ctx, ends: ends}
			return d, d.release
		},
		"waited for": func(ctx context.Context, ends time.Time) (context.Context, func()) {
			d := &deadline{Context: ctx, ends: ends}
			d.Done()
			return d, d.release
		},
	}
	for name, make := range kinds {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				type key struct{}
				outer, leave := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
				defer leave()
				ends := time.Now().Add(time.Second)
				over, release := make(outer, ends)
				defer release()
				at, set := over.Deadline()
				require.True(t, set)
				assert.Equal(t, ends, at)
				assert.Equal(t, "value", over.Value(key{}))
				require.NoError(t, over.Err())
				time.Sleep(time.Second - 1)
				require.NoError(t, over.Err())
				time.Sleep(time.Nanosecond)
				synctest.Wait()
				require.ErrorIs(t, over.Err(), context.DeadlineExceeded)
				select {
				case <-over.Done():
				default:
					t.Error("it is over, and who waits is not told")
				}

				gone, release := make(outer, time.Now().Add(time.Hour))
				defer release()
				below, cancel := context.WithCancel(gone)
				defer cancel()
				leave()
				synctest.Wait()
				require.ErrorIs(t, gone.Err(), context.Canceled)
				<-gone.Done()
				<-below.Done()
				require.ErrorIs(t, over.Err(), context.DeadlineExceeded, "what it was over by stays")

				released, release := make(context.Background(), time.Now().Add(time.Hour))
				release()
				synctest.Wait()
				require.ErrorIs(t, released.Err(), context.Canceled)
				<-released.Done()

				early, end := context.WithDeadline(context.Background(), time.Now().Add(time.Minute))
				defer end()
				inner, release := make(early, time.Now().Add(time.Hour))
				defer release()
				at, _ = inner.Deadline()
				assert.Equal(t, time.Now().Add(time.Minute), at)
				<-inner.Done()
				require.ErrorIs(t, inner.Err(), context.DeadlineExceeded)
			})
		})
	}
}

package memlog_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
	"github.com/comity-project/comity/eventlog/memlog"
)

func TestSuite(t *testing.T) {
	logtest.Test(t, func(*testing.T) logtest.Harness {
		log := memlog.New()
		return logtest.Harness{
			Open: func(*testing.T) (eventlog.Log, eventlog.Bodies) { return log, log },
		}
	})
}

// TestInABubble follows a log under testing/synctest: a follower that waits
// is durably blocked, so time passes, and it wakes for an append and for the
// end of its context.
func TestInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := memlog.New()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var seen int
		var last error
		go func() {
			for _, err := range log.Follow(ctx, 0) {
				if last = err; err == nil {
					seen++
				}
			}
		}()
		for i := range 3 {
			_, err := log.Append(ctx, eventlog.Position(i), logtest.Record(i))
			require.NoError(t, err)
			synctest.Wait()
			require.Equal(t, i+1, seen)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		require.ErrorIs(t, last, context.DeadlineExceeded)
	})
}

// TestOwnCopy changes what was appended and what was got.
func TestOwnCopy(t *testing.T) {
	log := memlog.New()
	record := logtest.Record(0)
	_, err := log.Append(t.Context(), 0, record)
	require.NoError(t, err)
	clear(record.Data)
	for got, err := range log.Read(t.Context(), 0) {
		require.NoError(t, err)
		require.Equal(t, logtest.Record(0), got)
	}
}

package replica_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/memlog"
)

// starts opens a replica as a server does: it is compared before it runs.
func starts(ctx context.Context, t *testing.T, name string, log *memlog.Log, checkpoints eventlog.Log) (*place, error) {
	t.Helper()
	p := open(t, name, log, checkpoints)
	if _, err := p.keeper.Compare(ctx); err != nil {
		return p, err
	}
	p.run(ctx)
	return p, nil
}

// Of three replicas the one that was told another history halts, and only that one, whoever
// publishes first. It can begin again, with the log that the others have.
func TestMostAreBelieved(t *testing.T) {
	for first := range 3 { // the second is deceived
		t.Run(fmt.Sprint("first ", first), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, beside := founded(t), memlog.New()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				other := forged(t, log, 2)
				var places []*place
				for i, name := range []string{"one", "two", "three"} {
					p := open(t, name, map[bool]*memlog.Log{true: other, false: log}[i == 1], beside)
					p.keeper.Every, p.keeper.Quiet = 1<<40, 5*time.Second
					if i != first {
						p.keeper.Quiet = time.Hour
					}
					places = append(places, p)
					p.run(ctx)
				}
				require.ErrorIs(t, <-places[1].ended, engine.ErrHalted)
				require.ErrorContains(t, places[1].Halted(), " here (two), and ")
				require.ErrorContains(t, places[1].Halted(), ") and 1 more: one of the two did not read")
				time.Sleep(time.Minute)
				for _, p := range []*place{places[0], places[2]} {
					require.NoError(t, p.Halted())
					require.Len(t, p.heard(), 1)
					assert.Contains(t, p.heard()[0], "at position 5 two has the root")
					assert.Equal(t, 1, p.keeper.Stats().Disputed)
				}
				assert.Len(t, published(t, beside), 3, "each says it once")

				// Who is honest may begin again, also without the others; who is not may not.
				_, err := starts(ctx, t, "two", other, beside)
				require.ErrorIs(t, err, engine.ErrHalted)
				_, err = starts(ctx, t, "one", log, beside)
				require.NoError(t, err)
				fresh, err := starts(ctx, t, "four", log, beside)
				require.NoError(t, err)
				two, err := starts(ctx, t, "two", log, beside)
				require.NoError(t, err)
				time.Sleep(time.Minute)
				require.NoError(t, errors.Join(fresh.Halted(), two.Halted(), places[0].Halted(), places[2].Halted()))
				all := published(t, beside)
				assert.Equal(t, "two", all[len(all)-1].Replica, "it takes back what it said")
				root, err := two.tree.Root(ctx, 5)
				require.NoError(t, err)
				assert.Equal(t, root, all[len(all)-1].Root)
				cancel()
				synctest.Wait()
			})
		})
	}
}

// Of two there is no majority: what was published first is believed, at once, and whoever has
// something else halts. Of three of which one is gone it is the same, but that is waited
// for. Whoever was wrong takes it back when it begins anew, and then the other may.
func TestAsManyAsNot(t *testing.T) {
	for _, replicas := range []int{2, 3} {
		t.Run(fmt.Sprint(replicas), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, beside := founded(t), memlog.New()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if replicas == 3 {
					gone, leave := context.WithCancel(ctx)
					p := open(t, "three", log, beside)
					p.keeper.Every, p.keeper.Quiet = 1<<40, time.Hour // it says that it is there, and no more
					p.run(gone)
					time.Sleep(3 * time.Second)
					assert.Empty(t, published(t, beside))
					leave()
					require.Error(t, <-p.ended)
				}
				other := forged(t, log, 2)
				deceived, honest := open(t, "deceived", other, beside), open(t, "honest", log, beside)
				deceived.keeper.Every, deceived.keeper.Quiet = 1<<40, 5*time.Second
				honest.keeper.Every, honest.keeper.Quiet = 1<<40, time.Hour
				running, stop := context.WithCancel(ctx)
				deceived.run(running)
				honest.run(ctx)
				for len(published(t, beside)) == 0 {
					time.Sleep(time.Second)
				}
				begun := time.Now()
				require.ErrorIs(t, <-honest.ended, engine.ErrHalted)
				if replicas == 2 {
					assert.Less(t, time.Since(begun), 2*time.Second)
				} else {
					assert.InDelta(t, 10, time.Since(begun).Seconds(), 2)
				}
				time.Sleep(time.Minute)
				require.NoError(t, deceived.Halted())
				stop()
				require.ErrorIs(t, <-deceived.ended, context.Canceled)

				_, err := starts(ctx, t, "honest", log, beside)
				require.ErrorIs(t, err, engine.ErrHalted)
				cured, err := starts(ctx, t, "deceived", log, beside)
				require.NoError(t, err)
				time.Sleep(time.Minute)
				require.NoError(t, cured.Halted())
				again, err := starts(ctx, t, "honest", log, beside)
				require.NoError(t, err)
				time.Sleep(time.Minute)
				require.NoError(t, errors.Join(cured.Halted(), again.Halted()))
				assert.Len(t, published(t, beside), 3, "each says once what it has")
				cancel()
				synctest.Wait()
			})
		})
	}
}

// Two replicas of one name count as one where roots differ, so that it is said.
func TestOneNameTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, beside := founded(t), memlog.New()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		one, err := starts(ctx, t, "office-1", log, beside)
		require.NoError(t, err)
		time.Sleep(3 * time.Second)
		_, err = starts(ctx, t, "office-2", log, beside)
		require.NoError(t, err)
		time.Sleep(3 * time.Second)
		assert.Empty(t, one.heard())
		_, err = starts(ctx, t, "office-1", log, beside)
		require.NoError(t, err)
		time.Sleep(3 * time.Second)
		require.Len(t, one.heard(), 1)
		assert.Contains(t, one.heard()[0], "another replica that is called office-1")

		// One that was told another history can't take back what the other of its name says.
		_, err = starts(ctx, t, "office-1", forged(t, log, 2), beside)
		require.ErrorIs(t, err, engine.ErrHalted)
		require.NoError(t, one.Halted())
		cancel()
		synctest.Wait()
	})
}

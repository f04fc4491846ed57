package engine_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/timeline"
)

// While one writer swaps what two members are, in one command each time, readers
// never see the half of a swap, nor a position that goes back, nor two positions
// in one request.
func TestNoHalfOfACommandIsSeen(t *testing.T) {
	o := found(t, domain.Live, nil)
	o.submit(t, arandia()...)
	o.submit(t, drafts(domaintest.Accredited("bo", "arandia-embassy", "dip.agent", "2024-01-01"), domaintest.StatusChanged("bo", "lpr", "2024-02-01"))...)
	at := domaintest.When("2024-06-01").At
	status := func(root *projections.Root, id domain.MemberID) domain.Status {
		p := root.View().Person(id, root.Law(root.Position()))
		s, _ := p.Status(nil, timeline.Of(at))
		return s
	}

	begin := o.Position()
	// whole says cheaply whether a root ends where a swap does.
	whole := func(root *projections.Root) bool {
		k := root.Position()
		if k == begin {
			return true
		}
		last, _ := root.View().Envelope(k - 1)
		first, _ := root.View().Envelope(k - 2)
		return (k-begin)%2 == 0 && first.Command == last.Command
	}

	const most = 200 // swaps, about: a longer history says nothing new and takes longer to read
	reads := int64(cases(200_000))
	if raced { // what the detector sees, it sees soon
		reads /= 10
	}
	var done, seen atomic.Int64
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			var last domain.Position
			for done.Load() < reads && !t.Failed() {
				root := o.Root()
				if !assert.GreaterOrEqual(t, root.Position(), last) {
					return
				}
				if root.Position() > last {
					seen.Add(1)
				}
				last = root.Position()
				for range 60 {
					if now := o.Root(); !whole(now) {
						t.Errorf("at %d there is half of a swap", now.Position())
						return
					}
				}
				a, b := status(root, "ana"), status(root, "bo")
				if a == b {
					t.Errorf("at %d both are %s", last, a)
					return
				}
				if a2, b2 := status(root, "ana"), status(root, "bo"); a2 != a || b2 != b {
					t.Errorf("one root at %d says %s and %s, and then %s and %s", last, a, b, a2, b2)
					return
				}
				done.Add(64)
			}
		})
	}
	swaps := 0
	for statuses := []domain.Status{"lpr", "none"}; done.Load() < reads && !t.Failed(); swaps++ {
		one, other := statuses[swaps%2], statuses[(swaps+1)%2]
		_, err := o.Submit(t.Context(), domain.Command{Drafts: drafts(domaintest.StatusChanged("ana", one, "2024-02-01"), domaintest.StatusChanged("bo", other, "2024-02-01"))})
		require.NoError(t, err)
		for done.Load() < min(reads, int64(swaps)*reads/most) && !t.Failed() {
			runtime.Gosched() // so that there is writing while there is reading
		}
	}
	group.Wait()
	assert.Greater(t, seen.Load(), int64(3), "the readers have seen the root move")
	t.Logf("%d reads while %d swaps were recorded; the root moved %d times before readers", done.Load(), swaps, seen.Load())
}

package standing

import (
	"context"
	"iter"
	"runtime"
	"sync"
)

// ahead is how many pieces of work may be done before their turn, for each
// processor: enough that a long piece keeps nobody waiting, and few enough that
// what waits takes little memory.
const ahead = 16

// inOrder does n pieces of work on all processors and yields what comes of them
// in order. It stops at the first error, when the loop over it ends, or with the
// context's error once that is done; then no work goes on. Progress, if not nil,
// is told how many of the pieces were yielded, by the goroutine of the loop.
func inOrder[T any](ctx context.Context, n int, progress func(done, of int), do func(i int) (T, error)) iter.Seq2[T, error] {
	type result struct {
		value T
		err   error
	}
	type piece struct {
		i  int
		to chan result
	}
	return func(yield func(T, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var working sync.WaitGroup
		defer working.Wait()
		defer cancel()

		processors := max(1, min(runtime.GOMAXPROCS(0), n))
		work, queue := make(chan piece), make(chan chan result, ahead*processors)
		working.Go(func() {
			defer close(work)
			defer close(queue)
			for i := range n {
				p := piece{i, make(chan result, 1)}
				select {
				case queue <- p.to:
				case <-ctx.Done():
					return
				}
				select {
				case work <- p:
				case <-ctx.Done():
					return
				}
			}
		})
		for range processors {
			working.Go(func() {
				for p := range work {
					value, err := do(p.i)
					p.to <- result{value, err}
				}
			})
		}
		var none T
		for done := range n {
			if ctx.Err() != nil {
				yield(none, ctx.Err())
				return
			}
			var got result
			select {
			case next, more := <-queue:
				if !more { // unreachable unless the context is done
					yield(none, ctx.Err())
					return
				}
				select {
				case got = <-next:
				case <-ctx.Done():
					yield(none, ctx.Err())
					return
				}
			case <-ctx.Done():
				yield(none, ctx.Err())
				return
			}
			if got.err != nil {
				yield(none, got.err)
				return
			}
			if !yield(got.value, nil) {
				return
			}
			if progress != nil {
				progress(done+1, n)
			}
		}
	}
}

package facts

import "sync/atomic"

// A list grows at its end by one writer while many read it without locks. The
// writer fills the place behind what readers see and then publishes the longer
// slice. The zero list is empty.
type list[T any] struct{ published atomic.Pointer[[]T] }

func (l *list[T]) all() []T {
	if p := l.published.Load(); p != nil {
		return *p
	}
	return nil
}

func (l *list[T]) add(one T) {
	longer := append(l.all(), one)
	l.published.Store(&longer)
}

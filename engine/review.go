package engine

import (
	"context"

	"github.com/comity-project/comity/domain"
)

// Review decides commands in their order as [Engine.Submit] would, and records
// nothing. It does not stop at a command that is refused, so that all that is
// wrong with many can be said at once: errs[i] is why command i is refused, or
// nil. What comes after a refused command is decided as if that one had been
// accepted. The error is the context's.
func (e *Engine) Review(ctx context.Context, commands ...domain.Command) (errs []error, err error) {
	commands = withIDs(commands)
	failures := e.failures.Load()
	if err := e.mu.enter(ctx); err != nil {
		return nil, err
	}
	defer e.mu.Unlock()
	if err := e.upToDate(ctx, failures); err != nil {
		return nil, err
	}
	v := e.overlay()
	last := e.last
	errs = make([]error, len(commands))
	for i, c := range commands {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		_, repeated, err := e.repeated(c, v)
		if err != nil || repeated != nil {
			errs[i] = err
			continue
		}
		stamp, err := e.stamp(c, last)
		if err != nil {
			errs[i] = err
			stamp = last
		}
		last = stamp
		c = complete(c, stamp)
		if errs[i] == nil {
			errs[i] = domain.Decide(c, v)
		}
		if errs[i] == nil {
			errs[i] = v.decideMeasures(c)
		}
		v.add(c)
	}
	return errs, nil
}

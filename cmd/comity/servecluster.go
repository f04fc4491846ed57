package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/engine/replica"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/seal"
)

// lookMost is how long the end of a log in a cluster may take to be told: less than
// staleAfter.
const lookMost = 4 * time.Second

// A clustered is what a server counts of its log in a cluster.
type clustered struct {
	notices atomic.Int64    // that the connection gave
	keeper  *replica.Keeper // nil if the log is a file; set before health tells of the office
}

// compare begins to keep this replica honest: what it has read is compared with what the
// others have, before it answers anything.
func (v *service) compare(ctx context.Context) error {
	if !v.p.remote() {
		return nil
	}
	log, err := beside(v.office.log, v.settings.Serve.Checkpoints)
	if err != nil {
		return badInput(v.from.Wrong("serve.checkpoints", "%v", err))
	}
	name := v.settings.Serve.Name
	if name == "" {
		name, _ = os.Hostname() // without one it has none
	}
	v.health.phase("comparing with the other replicas")
	v.cluster.keeper = &replica.Keeper{
		Checkpoints: log, Roots: v.office.tree, Engine: v.office.Engine, Silent: v.settings.Serve.ReadOnly, Name: or(name, "replica"), Program: moduleVersion(), Clock: v.p.clock,
		Notice: func(text string) { v.log.Warn().Msg(text) }, Verify: v.office.verify,
	}
	if v.p.keeping != nil {
		v.p.keeping(v.cluster.keeper)
	}
	n, err := v.cluster.keeper.Compare(ctx)
	switch {
	case errors.Is(err, engine.ErrHalted):
		return unverified(fmt.Errorf("%w; nothing was answered", err))
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		v.log.Warn().Err(err).Msg("what the other replicas have could not be compared yet")
	default:
		v.log.Info().Int("checkpoints", n).Str("replica", v.cluster.keeper.Name).Msg("compared with the other replicas")
	}
	return nil
}

// verify reads records of the log again, and holds them to the seal.
func (o *office) verify(ctx context.Context, from, to domain.Position) error {
	at := eventlog.Position(from)
	for r, err := range o.log.Read(ctx, at) {
		if err == nil {
			err = o.tree.Witness(at, r.Data)
		}
		if err != nil {
			return fmt.Errorf("read again record %d: %w", at, err)
		}
		if at++; at == eventlog.Position(to) {
			break
		}
	}
	return nil
}

// noticed hears of what the connection to a cluster goes through.
func (v *service) noticed(text string) {
	v.cluster.notices.Add(1)
	v.log.Warn().Str("log", v.p.log).Msg(text)
}

// keepUp keeps the seal at the head of the log, and the office at it if others record.
func (v *service) keepUp(ctx context.Context) {
	var busy sync.WaitGroup
	defer busy.Wait()
	if v.settings.Serve.ReadOnly || v.p.remote() {
		busy.Go(func() { v.follow(ctx) })
		busy.Go(func() { v.halts(ctx) })
	}
	if v.cluster.keeper != nil {
		busy.Go(func() { _ = v.cluster.keeper.Run(ctx) }) // it ends with the server, or when that has halted
	}
	v.seals(ctx)
}

// halts says that the server answers nothing any more, and why.
func (v *service) halts(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-v.office.Halting():
		v.log.Error().Err(v.office.Halted()).Msg("halted: nothing is answered or recorded until the server is started again")
	}
}

// follow keeps the office at the head of the log.
//
// A log that says something else than was sealed is not the office's: the server halts.
func (v *service) follow(ctx context.Context) {
	for ctx.Err() == nil {
		err := v.office.Follow(ctx)
		if errors.Is(err, seal.ErrMismatch) {
			v.office.Halt(err)
		}
		if ctx.Err() != nil || v.office.Halted() != nil {
			return
		}
		v.log.Error().Err(err).Msg("following the log broke off, and is tried again")
		pause(ctx, time.Second)
	}
}

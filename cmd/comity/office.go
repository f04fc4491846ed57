package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/pflag"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/seal"
)

// An office is an open log with an engine on it and, if it is open for writing,
// its seal.
type office struct {
	*engine.Engine
	p   *program
	log store
	// state is the folder of the seal, of a log in a cluster that is open for writing;
	// unkept is why there is none, so that no seal is kept.
	state  *state
	unkept error
	tree   *seal.Tree // nil if open for reading
	view   *seal.Tree // of an office that is open for reading; nil if there is none
	// frozen is the position of the snapshot, 0 if there is none that was used.
	frozen domain.Position
	// given keeps what is answered; nil if nothing does.
	given *answersLog
}

// sealPath is where the seal of a log is kept.
func sealPath(log string) string { return log + ".seal" }

// readLog opens the log for reading, which disturbs nobody.
func (p *program) readLog(ctx context.Context) (store, error) {
	log, err := p.openStore(ctx, true)
	return log, p.explainOpen(err)
}

// explainOpen adds what to do if there is no log.
func (p *program) explainOpen(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return badInput(fmt.Errorf("there is no log %s: make one with comity init --log %s, or name another with --log", p.log, p.log))
	}
	return err
}

// readOffice opens the office for questions. It takes no lock and works while
// somebody else records.
func (p *program) readOffice(ctx context.Context) (*office, error) {
	log, err := p.readLog(ctx)
	if err != nil {
		return nil, err
	}
	o := &office{p: p, log: log}
	if err := o.open(ctx); err != nil {
		return nil, errors.Join(err, o.close(ctx))
	}
	return o, nil
}

// writeOffice opens the office for recording.
func (p *program) writeOffice(ctx context.Context) (*office, error) {
	o, err := p.beginWriting(ctx)
	if err != nil {
		return nil, err
	}
	if err := o.open(ctx); err != nil {
		return nil, errors.Join(err, o.close(ctx))
	}
	return o, nil
}

// beginWriting opens the log for recording, and its seal.
func (p *program) beginWriting(ctx context.Context) (*office, error) {
	log, err := p.openStore(ctx, false)
	if err != nil {
		return nil, p.explainOpen(err)
	}
	o := &office{p: p, log: log}
	if err := o.openSeal(ctx); err != nil {
		return nil, errors.Join(err, o.close(ctx))
	}
	return o, nil
}

func (o *office) config() engine.Config {
	c := engine.Config{Log: o.log, Bodies: o.log, Clock: o.p.clock, Library: o.p.library()}
	if o.p.remote() && o.tree != nil { // what others keep is held against what was seen of it
		c.Log = seal.Behind(o.log, o.tree)
	}
	if told := o.p.told; told != nil {
		c.Progress, c.Phase = told.progress, told.phase
	} else if shown := o.p.opening(); shown != nil {
		c.Progress, c.Phase = shown.progress, shown.phase
	}
	o.snapshots(&c)
	if o.given != nil {
		c.Decisions = o.given.recorder
	}
	return c
}

func (o *office) open(ctx context.Context) (err error) {
	begun := time.Now()
	if o.tree == nil {
		o.viewSeal()
	}
	c := o.config()
	o.Engine, err = engine.Open(ctx, c)
	if c.Phase != nil {
		c.Phase("")
	}
	switch {
	case errors.Is(err, engine.ErrNotFounded):
		return badInput(fmt.Errorf("%s holds no office yet: found one with comity init --log %s", o.p.log, o.p.log))
	case errors.Is(err, eventlog.ErrUnavailable), errors.Is(err, eventlog.ErrDenied):
		return err
	case err != nil && errors.Is(err, seal.ErrMismatch) && o.p.remote():
		return unverified(fmt.Errorf("%s is not what the seal %s vouches for: %w; somebody has changed the log, or the seal is that of another: comity log check says where they differ", o.p.log, o.p.seal(), err))
	case err != nil && exitCode(err) != exitInterrupted:
		return unverified(fmt.Errorf("%s can't be read: %w; comity log check says more", o.p.log, err))
	case err != nil:
		return err
	}
	o.thawed()
	o.p.diag.Debug().Str("log", o.p.log).Uint64("position", uint64(o.Position())).Uint64("snapshot", uint64(o.frozen)).Dur("took", time.Since(begun)).Msg("log read")
	return nil
}

// openSeal opens the seal, which also says whether the newest record is still
// what was sealed. A seal that is missing is made again, and one that a crash
// left behind the log is brought up to it.
//
// The seal of a log in a cluster is in the state folder. A command that finds no place for
// it, or another process there, works without: whoever runs on will seal what it records.
func (o *office) openSeal(ctx context.Context) error {
	if o.p.remote() {
		var err error
		if o.state, err = takeState(o.p.state); err != nil && o.p.told == nil {
			o.unkept = err
			o.p.diag.Info().Str("log", o.p.log).Msg("no seal is kept: " + err.Error())
			return nil
		} else if err != nil {
			return badInput(err)
		}
	}
	path := o.p.seal()
	_, err := os.Stat(path)
	missing := errors.Is(err, fs.ErrNotExist)
	o.tree, err = seal.Open(ctx, path, o.log)
	if err != nil {
		return o.p.explainSeal(err)
	}
	if head, err := o.log.Head(ctx); err == nil && missing && head > 0 {
		o.p.note("the seal %s was missing and has been made again from the log; it proves nothing about what happened before", path)
	}
	return nil
}

// explainSeal adds what to do about a seal that doesn't go with its log.
func (p *program) explainSeal(err error) error {
	if exitCode(err) != exitVerification {
		return err
	}
	return unverified(fmt.Errorf("%w\nnothing was recorded; comity log check says where they differ, and comity log check --rebuild-seal makes the seal anew once you know why", err))
}

// sealNow extends the seals by what was recorded.
func (o *office) sealNow(ctx context.Context) error {
	var err error
	if o.tree != nil && !o.p.remote() { // by which it grows as it is followed
		err = o.tree.CatchUp(ctx, o.log)
		if o.p.remote() && o.Engine != nil && errors.Is(err, seal.ErrMismatch) && !errors.Is(err, eventlog.ErrPastEnd) {
			o.Halt(err) // what was followed, or what was read, is not the office's log; one that is shorter may be late
		}
	}
	if o.given != nil {
		err = errors.Join(err, o.given.tree.CatchUp(ctx, o.given.log))
	}
	return err
}

// keepSeals puts the seals on storage, marks and all.
func (o *office) keepSeals() error {
	var err error
	if o.tree != nil {
		err = o.tree.Sync()
	}
	if o.given != nil {
		err = errors.Join(err, o.given.tree.Sync())
	}
	return err
}

// close extends the seal by what was recorded, and closes everything.
func (o *office) close(ctx context.Context) error {
	if o.given != nil {
		defer o.given.close(ctx)
	}
	if o.tree != nil {
		always := context.WithoutCancel(ctx) // what is recorded is recorded
		if o.p.remote() && o.p.told != nil { // a server has followed it
			brief, cancel := context.WithTimeout(always, lookMost)
			defer cancel()
			always = brief
		}
		err := o.tree.CatchUp(always, o.log)
		if err == nil {
			o.freezeGrown(ctx)
		}
		if err := errors.Join(err, o.tree.Close()); err != nil {
			o.p.warn("the seal %s could not be brought up to date, which the next recording will do again: %v", o.p.seal(), err)
		}
	}
	if o.view != nil {
		_ = o.view.Close() // it was only read
	}
	if o.state != nil {
		o.state.release()
	}
	return o.log.Close()
}

// local writes an instant as people in the office would.
func (o *office) local(t time.Time) string { return api.LocalTime(t, o.Zone()) }

// sentence says in one line what an event is, with its time as people in the office
// would write it.
func (p *program) sentence(e domain.Envelope, zone calendar.Zone) string {
	return api.Sentence(e, zone, p.restricted)
}

// happened says what an event is, without when and about whom.
func (p *program) happened(e domain.Envelope) string { return api.Happened(e, p.restricted) }

// describe says what an event is, without what is restricted unless that was
// asked for.
func (p *program) describe(e domain.Envelope) string {
	return api.Described(e, p.restricted)
}

// mayShowRestricted declares the flag of commands that can show restricted data.
func (p *program) mayShowRestricted(flags *pflag.FlagSet) {
	flags.BoolVar(&p.restricted, "restricted", false, "show plates whole, for those who may see restricted data")
}

// head returns the position after the last record.
func head(ctx context.Context, log eventlog.Log) (eventlog.Position, error) {
	at, err := log.Head(ctx)
	if err != nil {
		return 0, fmt.Errorf("find the head of the log: %w", err)
	}
	return at, nil
}

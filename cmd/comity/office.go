package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/seal"
	"github.com/comity-project/comity/eventlog/sqlitelog"
)

// An office is an open log with an engine on it and, if it is open for writing,
// its seal.
type office struct {
	*engine.Engine
	p    *program
	log  *sqlitelog.Log
	tree *seal.Tree // nil if open for reading
	view *seal.Tree // of an office that is open for reading; nil if there is none
	// frozen is the position of the snapshot, 0 if there is none that was used.
	frozen domain.Position
	// given keeps what is answered; nil if nothing does.
	given *answersLog
}

// sealPath is where the seal of a log is kept.
func sealPath(log string) string { return log + ".seal" }

// readLog opens the log for reading, which disturbs nobody.
func (p *program) readLog() (*sqlitelog.Log, error) {
	log, err := sqlitelog.Open(p.log, sqlitelog.Options{ReadOnly: true})
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
	log, err := p.readLog()
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
	log, err := sqlitelog.Open(p.log, sqlitelog.Options{})
	if err != nil {
		return nil, p.explainOpen(err)
	}
	o := &office{p: p, log: log}
	err = o.openSeal(ctx)
	if err == nil {
		err = o.open(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, o.close(ctx))
	}
	return o, nil
}

func (o *office) config() engine.Config {
	c := engine.Config{Log: o.log, Bodies: o.log, Clock: o.p.clock}
	if shown := o.p.opening(); shown != nil {
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
func (o *office) openSeal(ctx context.Context) error {
	path := sealPath(o.p.log)
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

// close extends the seal by what was recorded, and closes everything.
func (o *office) close(ctx context.Context) error {
	if o.given != nil {
		defer o.given.close(ctx)
	}
	if o.tree != nil {
		always := context.WithoutCancel(ctx) // what is recorded is recorded
		err := o.tree.CatchUp(always, o.log)
		if err == nil {
			o.freezeGrown(ctx)
		}
		if err := errors.Join(err, o.tree.Close()); err != nil {
			o.p.warn("the seal %s could not be brought up to date, which the next recording will do again: %v", sealPath(o.p.log), err)
		}
	}
	if o.view != nil {
		_ = o.view.Close() // it was only read
	}
	return o.log.Close()
}

// local writes an instant as people in the office would.
func (o *office) local(t time.Time) string { return localTime(t, o.Zone()) }

// localTime writes an instant in a zone: seconds only if there are any.
func localTime(t time.Time, zone calendar.Zone) string {
	t = t.In(zone.Location())
	layout := "2006-01-02 15:04 MST"
	if t.Second() != 0 || t.Nanosecond() != 0 {
		layout = "2006-01-02 15:04:05 MST"
	}
	return t.Format(layout)
}

// moment writes when something holds: the date as it was stated, or the instant.
func moment(w calendar.When, zone calendar.Zone) string {
	switch {
	case w.HasDate && w.Zone == zone.String():
		return w.Date.String()
	case w.HasDate:
		return w.String()
	case w.Zone == "" && w.At.Equal(w.At.Truncate(24*time.Hour)):
		return localTime(w.At, calendar.UTC) // a day that was counted in UTC, such as that of an edition
	}
	return localTime(w.At, zone)
}

// sentence says in one line what an event is, with its time as people in the
// office would write it.
func (p *program) sentence(e domain.Envelope, zone calendar.Zone) string {
	return moment(e.Effective, zone) + " " + e.Subject.String() + " " + p.happened(e)
}

// happened says what an event is, without when and about whom.
func (p *program) happened(e domain.Envelope) string {
	_, text, _ := strings.Cut(p.describe(e), " "+e.Subject.String()+" ")
	return text
}

// describe says what an event is, without what is restricted unless that was
// asked for.
func (p *program) describe(e domain.Envelope) string {
	if p.restricted {
		return codec.DescribeRestricted(e)
	}
	return codec.Describe(e)
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

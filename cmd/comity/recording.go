package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/seal"
)

// A keeping says where answers are recorded, and what comes first.
type keeping struct {
	offered    bool // the command has the flags; without them nothing is recorded
	file, mode string
}

func (r *keeping) flags(flags *pflag.FlagSet) {
	r.offered = true
	flags.StringVar(&r.file, "decisions", "", "record the answer in `FILE`, a log of answers given (default $COMITY_DECISIONS, or nowhere)")
	flags.StringVar(&r.mode, "decisions-mode", "", "strict: no record, no answer; best-effort: the answer comes first (default $COMITY_DECISIONS_MODE, or strict)")
}

// decisionsFile is the log of answers that is meant; "" is none.
func (p *program) decisionsFile(named string) string { return or(named, p.getenv("COMITY_DECISIONS")) }

// An answersLog is an open log of answers with what records in it.
type answersLog struct {
	p        *program
	path     string
	log      store
	tree     *seal.Tree
	recorder *decisions.Recorder
}

// readOfficeRecording opens the office for questions, and what records the answers.
func (p *program) readOfficeRecording(ctx context.Context, r keeping) (*office, error) {
	path := p.decisionsFile(r.file)
	if !r.offered || path == "" {
		if r.mode != "" {
			return nil, badInput(errors.New("--decisions-mode: name the log of answers with --decisions"))
		}
		return p.readOffice(ctx)
	}
	mode, err := decisions.ParseMode(or(r.mode, or(p.getenv("COMITY_DECISIONS_MODE"), string(decisions.Strict))))
	if err != nil {
		return nil, badInput(fmt.Errorf("--decisions-mode: %w", err))
	}
	log, err := p.readLog(ctx)
	if err != nil {
		return nil, err
	}
	o := &office{p: p, log: log}
	o.given, err = p.openAnswers(ctx, path, mode, log)
	switch {
	case err == nil:
		err = o.open(ctx)
	case mode == decisions.BestEffort && exitCode(err) != exitInterrupted && !misnamed(err):
		p.warn("this answer is not recorded: %v", err)
		err = o.open(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, o.close(ctx))
	}
	return o, nil
}

// misnamed reports whether the file named for answers holds something else, which
// no mode excuses.
func misnamed(err error) bool {
	return is(decisions.ErrOtherOffice, decisions.ErrNotDecisions, decisions.ErrNewer, eventlog.ErrNotALog)(err)
}

// openAnswers opens a log of answers for recording, and makes it if there is none.
func (p *program) openAnswers(ctx context.Context, path string, mode decisions.Mode, own eventlog.Log) (_ *answersLog, err error) {
	if err := needsFile(path); err != nil {
		return nil, fmt.Errorf("--decisions: %w", err)
	}
	bound, err := decisions.Binding(ctx, own)
	if err != nil {
		return nil, err
	}
	if sameFile(path, p.log) {
		return nil, badInput(fmt.Errorf("--decisions: %w: %s is the office's log; answers are kept beside it, in a file of their own", decisions.ErrNotDecisions, path))
	}
	if folder := filepath.Dir(path); !isFolder(folder) {
		return nil, badInput(fmt.Errorf("--decisions: there is no folder %s: make it, or name another file", folder))
	}
	a := &answersLog{p: p, path: path}
	a.log, err = openFile(path, false)
	if errors.Is(err, fs.ErrNotExist) {
		a.log, err = createFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("--decisions: %w", err)
	}
	defer func() {
		if err != nil {
			if a.recorder != nil {
				err = errors.Join(err, a.recorder.Close(context.WithoutCancel(ctx)))
			}
			err = errors.Join(err, a.log.Close())
		}
	}()
	if head, headErr := a.log.Head(ctx); headErr == nil && head > 0 { // before a seal is made for what is none
		if have, boundErr := decisions.BoundTo(ctx, a.log); boundErr != nil {
			return nil, fmt.Errorf("--decisions %s: %w", path, boundErr)
		} else if have != bound {
			return nil, fmt.Errorf("--decisions %s: %w; name another file", path, otherOffice(have, bound))
		}
	}
	if a.tree, err = seal.Open(ctx, sealPath(path), a.log); err != nil {
		return nil, fmt.Errorf("--decisions: %w; comity audit replay says where they differ", err)
	}
	a.recorder, err = decisions.Open(ctx, decisions.Config{Log: a.log, Office: bound, Mode: mode, Clock: p.clock, NewID: engine.NewID})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--decisions %s: %w", path, err), a.tree.Close())
	}
	return a, nil
}

// otherOffice tells two offices apart, which may have the same id, by the hash of
// the record that founded each.
func otherOffice(have, want decisions.Bound) error {
	return fmt.Errorf("%w: of %s, whose first record has the hash %.12s, and this is %s, whose first has %.12s",
		decisions.ErrOtherOffice, have.Office, have.Founding, want.Office, want.Founding)
}

func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// close writes what waits, extends the seal by it, and closes everything. What
// goes wrong now is said: the answers are given.
func (a *answersLog) close(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	if err := a.recorder.Close(ctx); err != nil {
		a.p.warn("%v", err)
	}
	if err := errors.Join(a.tree.CatchUp(ctx, a.log), a.tree.Close()); err != nil {
		a.p.warn("the seal %s could not be brought up to date, which the next recording will do again: %v", sealPath(a.path), err)
	}
	if err := a.log.Close(); err != nil {
		a.p.warn("%s: %v", a.path, err)
	}
}

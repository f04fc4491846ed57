package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/seal"
	"github.com/comity-project/comity/eventlog/sqlitelog"
	file "github.com/comity-project/comity/internal/mapped"
)

// snapshotEvery is by how many events the log may have grown since its snapshot
// before a recording writes a new one. To replay that many takes less than a second,
// and to write the snapshot of a large office about as long.
const snapshotEvery = 50_000

// snapshotPath is where the snapshot of a log is kept.
func snapshotPath(log string) string { return log + ".snapshot" }

func snapshotOf(log string) file.File { return file.File{Path: snapshotPath(log)} }

// snapshots lets the engine begin with the snapshot, if there is a seal that it
// can be held against.
func (o *office) snapshots(c *engine.Config) {
	switch {
	case o.tree != nil:
		c.Roots = o.tree
	case o.view != nil:
		c.Roots = o.view
	default:
		return
	}
	c.Snapshots = snapshotOf(o.p.log)
}

// viewSeal opens the seal to hold the snapshot against, if there is a snapshot.
// What is wrong with the seal is for comity log check to say.
func (o *office) viewSeal() {
	if _, err := os.Stat(snapshotPath(o.p.log)); err != nil {
		return
	}
	view, err := seal.View(sealPath(o.p.log))
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("there is no seal %s to hold it against: the next recording makes one", sealPath(o.p.log))
	}
	if err != nil {
		o.p.note("%s", notUsed(o.p.log, err))
		return
	}
	o.view = view
}

// notUsed says that a snapshot is not used, why, and what to do.
func notUsed(log string, why error) string {
	text := why.Error()
	if errors.Is(why, engine.ErrForeign) {
		return fmt.Sprintf("%s: %s; the log was read instead, and comity log snapshot writes another", snapshotPath(log), text)
	}
	return fmt.Sprintf("%s: the snapshot is not used: %s; the log was read instead, and comity log snapshot writes another", snapshotPath(log), text)
}

// thawed remembers with what the engine began, and says if a snapshot was refused.
func (o *office) thawed() {
	how := o.Thawed()
	o.frozen = how.From
	if how.Refused != nil {
		o.p.note("%s", notUsed(o.p.log, how.Refused))
	}
}

// freezeGrown writes a snapshot if the log has grown much since the last. That one
// can't be written is said, and is no failure of what was done.
func (o *office) freezeGrown(ctx context.Context) {
	if o.Engine == nil || ctx.Err() != nil || o.Position() < o.frozen+snapshotEvery {
		return
	}
	frozen, err := o.freeze(ctx)
	if err != nil {
		o.p.warn("no snapshot could be written, so that the next command reads the log from position %d on: %v", o.frozen, err)
		return
	}
	o.p.note("wrote the snapshot %s of position %d, with which the next command begins", frozen.Path, frozen.Position)
}

// A frozen state is a snapshot that was written.
type frozenState struct {
	Path     string          `json:"snapshot"`
	Position domain.Position `json:"position"`
	Bytes    int64           `json:"bytes"`
	Seconds  float64         `json:"seconds"`
}

func (o *office) freeze(ctx context.Context) (s frozenState, err error) {
	begun := time.Now()
	s.Path = snapshotPath(o.p.log)
	if s.Position, err = o.Freeze(ctx); err != nil {
		return s, err
	}
	info, err := os.Stat(s.Path)
	if err != nil {
		return s, err
	}
	o.frozen = s.Position
	s.Bytes, s.Seconds = info.Size(), time.Since(begun).Seconds()
	return s, nil
}

// freezeNew writes the snapshot of a log that was just made and has grown by so
// much, as freezeGrown does.
func (p *program) freezeNew(ctx context.Context, path string, at eventlog.Position) {
	if at < snapshotEvery {
		return
	}
	its := *p
	its.log = path
	o := &office{p: &its}
	err := func() (err error) {
		if o.log, err = sqlitelog.Open(path, sqlitelog.Options{}); err != nil {
			return err
		}
		if err := o.openSeal(ctx); err != nil {
			return errors.Join(err, o.close(ctx))
		}
		return errors.Join(o.open(ctx), o.close(ctx)) // which writes it
	}()
	if err != nil {
		p.warn("no snapshot of %s could be written: %v", path, err)
	}
}

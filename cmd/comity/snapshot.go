package main

import (
	"cmp"
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
	file "github.com/comity-project/comity/internal/mapped"
)

// snapshotEvery is by how many events the log may have grown since its snapshot
// before a recording writes a new one. To replay that many takes less than a second,
// and to write the snapshot of a large office about as long.
const snapshotEvery = 50_000

// snapshotAfter is snapshotEvery, unless the machine says otherwise.
func (p *program) snapshotAfter() domain.Position { return cmp.Or(p.grown, snapshotEvery) }

// snapshotPath is where the snapshot of a log is kept.
func snapshotPath(log string) string { return log + ".snapshot" }

func snapshotIn(path string) file.File { return file.File{Path: path} }

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
	c.Snapshots = snapshotIn(o.p.snapshot())
}

// viewSeal opens the seal to hold the snapshot against, if there is a snapshot.
// What is wrong with the seal is for comity log check to say.
func (o *office) viewSeal() {
	if _, err := os.Stat(o.p.snapshot()); err != nil {
		return
	}
	view, err := seal.View(o.p.seal())
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("there is no seal %s to hold it against: the next recording makes one", o.p.seal())
	}
	if err != nil {
		o.p.note("%s", notUsed(o.p.snapshot(), err))
		return
	}
	o.view = view
}

// notUsed says that a snapshot is not used, why, and what to do.
func notUsed(path string, why error) string {
	text := why.Error()
	if errors.Is(why, engine.ErrForeign) {
		return fmt.Sprintf("%s: %s; the log was read instead, and comity log snapshot writes another", path, text)
	}
	return fmt.Sprintf("%s: the snapshot is not used: %s; the log was read instead, and comity log snapshot writes another", path, text)
}

// thawed remembers with what the engine began, and says if a snapshot was refused.
func (o *office) thawed() {
	how := o.Thawed()
	o.frozen = how.From
	if how.Refused != nil {
		o.p.note("%s", notUsed(o.p.snapshot(), how.Refused))
	}
}

// freezeGrown writes a snapshot if the log has grown much since the last. That one
// can't be written is said, and is no failure of what was done.
func (o *office) freezeGrown(ctx context.Context) {
	if o.Engine == nil || ctx.Err() != nil || o.Position() < o.frozen+o.p.snapshotAfter() {
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
	s.Path = o.p.snapshot()
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
	if domain.Position(at) < p.snapshotAfter() {
		return
	}
	its := p.of(path)
	o := &office{p: &its}
	err := func() (err error) {
		if o.log, err = openFile(path, false); err != nil {
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

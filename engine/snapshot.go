package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/internal/mutant"
	"github.com/comity-project/comity/projections"
	"github.com/comity-project/comity/projections/standing"
)

// Snapshots is where an engine keeps a copy of its state, so that it need not
// read the whole log when it is opened. A snapshot is disposable: whatever is
// wrong with it, the log says the same.
type Snapshots interface {
	// Load returns the bytes saved last, or nil. They must not change while the
	// engine is in use.
	Load() ([]byte, error)
	// Save replaces them by what write writes, whole or not at all.
	Save(write func(io.Writer) error) error
}

// Roots gives the root of the Merkle tree over the first records of the log. A
// seal.Tree does.
type Roots interface {
	Root(ctx context.Context, at eventlog.Position) (eventlog.Hash, error)
}

// layout is the version of the form of snapshots. It is raised whenever the same
// bytes would mean something else.
const layout = 2

// bound says of what a snapshot is. It is the first line of it, as JSON.
type bound struct {
	Comity    string          `json:"comity"` // "snapshot"
	Layout    int             `json:"layout"`
	Semantics int             `json:"semantics"`
	ZoneData  string          `json:"zone_data"`
	Office    domain.OfficeID `json:"office"`
	Position  domain.Position `json:"position"`
	Root      string          `json:"root"` // of the Merkle tree over the records before the position
}

// longestBinding bounds the first line.
const longestBinding = 4 << 10

// binding writes the first line.
func binding(b bound) ([]byte, error) {
	line, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	return append(line, '\n'), nil
}

// ErrForeign is returned for a snapshot that is not of this log, or was made by
// another version of the program.
var ErrForeign = errors.New("the snapshot is not used")

// A Thawed says how the state was made when the engine was opened.
type Thawed struct {
	// From is the position of the snapshot that was used; 0 if none was.
	From domain.Position
	// Refused says why there is a snapshot and it was not used; else nil.
	Refused error
}

// Thawed says how the state was made when the engine was opened.
func (e *Engine) Thawed() Thawed { return e.thawed }

// SnapshotAt returns the position of the snapshot, 0 if there is none. It makes sure
// that the snapshot says that it is of this log, and reads no more of it than that:
// whether its bytes are whole is found when it is used. Else the error matches
// [ErrForeign], or is that of reading.
func SnapshotAt(ctx context.Context, c Config) (domain.Position, error) {
	data, err := c.Snapshots.Load()
	if err != nil || data == nil {
		return 0, err
	}
	b, _, err := bindingOf(data)
	if err == nil {
		err = newEngine(c).belongs(ctx, b)
	}
	if err != nil {
		return 0, err
	}
	return b.Position, nil
}

// phase tells what begins.
func (e *Engine) phase(what string) {
	if e.phases != nil {
		e.phases(what)
	}
}

// thaw begins with the state of the snapshot, if there is one of this log.
func (e *Engine) thaw(ctx context.Context) {
	if e.snapshots == nil || e.roots == nil {
		return
	}
	data, err := e.snapshots.Load()
	if err != nil || data == nil {
		e.thawed.Refused = err
		return
	}
	if err := e.thawFrom(ctx, data); err != nil {
		e.thawed = Thawed{Refused: err}
		e.begin(projections.NewBuilder(e.library))
	}
}

// bindingOf reads of what a snapshot says that it is, and returns what follows.
func bindingOf(data []byte) (b bound, body []byte, err error) {
	line, _, found := bytes.Cut(data[:min(len(data), longestBinding)], []byte("\n"))
	if err := json.Unmarshal(line, &b); !found || err != nil || b.Comity != "snapshot" {
		return bound{}, nil, fmt.Errorf("%w: its first line is not that of a snapshot", ErrForeign)
	}
	return b, data[len(line)+1:], nil
}

func (e *Engine) thawFrom(ctx context.Context, data []byte) error {
	b, body, err := bindingOf(data)
	if err != nil {
		return err
	}
	if err := e.belongs(ctx, b); err != nil {
		return err
	}
	if len(body) < sha256.Size {
		return fmt.Errorf("%w: it is cut off", ErrForeign)
	}
	body, sum := body[:len(body)-sha256.Size], body[len(body)-sha256.Size:]
	e.phase("verifying the snapshot")
	got, err := sumOf(ctx, data[:len(data)-sha256.Size])
	if err != nil {
		return err
	}
	if !bytes.Equal(got[:], sum) {
		return fmt.Errorf("%w: its bytes are not those that were written", ErrForeign)
	}
	e.phase("loading the snapshot")
	builder, err := projections.Load(body, e.library)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrForeign, err)
	}
	if builder.Position() != b.Position {
		return fmt.Errorf("%w: it says that it is of position %d, and is of %d", ErrForeign, b.Position, builder.Position())
	}
	root := builder.Root(b.Position)
	if err := e.continues(ctx, root); err != nil {
		return err
	}
	if err := e.textsOf(ctx, root); err != nil {
		return err
	}
	e.begin(builder)
	e.thawed.From = b.Position
	return nil
}

// belongs compares what a snapshot says that it is of with what is here.
func (e *Engine) belongs(ctx context.Context, b bound) error {
	switch {
	case b.Layout != layout:
		return fmt.Errorf("%w: its layout is %d, and this program's is %d", ErrForeign, b.Layout, layout)
	case b.Semantics != e.semantics:
		return fmt.Errorf("%w: it was made under semantics version %d, and this program's is %d", ErrForeign, b.Semantics, e.semantics)
	case b.ZoneData != calendar.Version():
		return fmt.Errorf("%w: it was made with zone data %s, and this program's is %s", ErrForeign, b.ZoneData, calendar.Version())
	case mutant.On(mutant.SnapshotUnbound):
		return nil
	}
	head, err := e.log.Head(ctx)
	if err != nil {
		return fmt.Errorf("find the head of the log: %w", err)
	}
	if b.Position == 0 || b.Position > domain.Position(head) {
		return fmt.Errorf("%w: it is of position %d, and the log ends at %d", ErrForeign, b.Position, head)
	}
	founding, err := e.record(ctx, 0)
	if err != nil {
		return err
	}
	if office := domain.OfficeID(founding.Subject.ID); office != b.Office {
		return fmt.Errorf("%w: it is of the office %s, and the log is that of %s", ErrForeign, b.Office, office)
	}
	root, err := e.roots.Root(ctx, eventlog.Position(b.Position))
	if err != nil {
		return fmt.Errorf("%w: the seal says nothing of position %d: %w", ErrForeign, b.Position, err)
	}
	if root.String() != b.Root {
		return fmt.Errorf("%w: the log before position %d is not the one that it was made of", ErrForeign, b.Position)
	}
	return nil
}

// continues makes sure that the last event of a snapshot is what the log has
// there: a seal may be of another log than the one it lies beside.
func (e *Engine) continues(ctx context.Context, root *projections.Root) error {
	if mutant.On(mutant.SnapshotUnbound) {
		return nil
	}
	last := root.Position() - 1
	have, err := e.record(ctx, last)
	if err != nil {
		return err
	}
	said, _ := root.View().Envelope(last)
	a, err := codec.Encode(have)
	if err != nil {
		return err
	}
	if b, err := codec.Encode(said); err != nil || !bytes.Equal(a, b) {
		return fmt.Errorf("%w: the log has another event at position %d", ErrForeign, last)
	}
	return nil
}

func (e *Engine) record(ctx context.Context, at domain.Position) (domain.Envelope, error) {
	for record, err := range e.log.Read(ctx, eventlog.Position(at)) {
		if err != nil {
			return domain.Envelope{}, fmt.Errorf("read record %d: %w", at, err)
		}
		return codec.Decode(record.Data)
	}
	return domain.Envelope{}, fmt.Errorf("there is no record %d", at)
}

// textsOf brings the texts of all editions ever published into the library.
func (e *Engine) textsOf(ctx context.Context, root *projections.Root) error {
	for _, id := range root.View().Rulesets() {
		for _, hash := range root.Editions(id, root.Position()) {
			if _, have := e.library.Bundle(hash); have {
				continue
			}
			text, err := e.text(ctx, hash)
			if err != nil {
				return fmt.Errorf("the text of edition %s of %s: %w", hash, id, err)
			}
			e.library.Put(text)
		}
	}
	return nil
}

// begin makes a state that was built from durable events the engine's own.
func (e *Engine) begin(b *projections.Builder) {
	e.builder, e.head = b, b.Position()
	root := b.Root(e.head)
	e.last = root.Last()
	e.root.Store(root)
	e.board.Store(standing.NewBoard(e.Root))
}

// Freeze saves a snapshot of what is durable, and returns its position. While it
// is written no command is decided; questions are answered. The roots must know
// the position.
func (e *Engine) Freeze(ctx context.Context) (domain.Position, error) {
	if err := e.Halted(); err != nil {
		return 0, err
	}
	if e.snapshots == nil || e.roots == nil {
		return 0, errors.New("this engine keeps no snapshots")
	}
	if err := e.quiet(ctx); err != nil {
		return 0, err
	}
	defer e.mu.Unlock()
	at := e.head
	merkle, err := e.roots.Root(ctx, eventlog.Position(at))
	if err != nil {
		return 0, fmt.Errorf("the Merkle root of position %d: %w", at, err)
	}
	line, err := binding(bound{
		Comity: "snapshot", Layout: layout, Semantics: e.semantics, ZoneData: calendar.Version(),
		Office: e.builder.Root(at).Office().ID, Position: at, Root: merkle.String(),
	})
	if err != nil {
		return 0, err
	}
	err = e.snapshots.Save(func(w io.Writer) error {
		c := newChunked(w)
		if _, err := c.Write(line); err != nil {
			return err
		}
		if err := e.builder.Save(c); err != nil {
			return err
		}
		_, err := w.Write(c.sum())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("save a snapshot of position %d: %w", at, err)
	}
	return at, nil
}

// quiet returns, with mu held, when all that was decided is durable and shown.
func (e *Engine) quiet(ctx context.Context) error {
	for {
		if err := e.mu.enter(ctx); err != nil {
			return err
		}
		if e.root.Load().Position() == e.head {
			return nil
		}
		moved := e.moved
		e.mu.Unlock()
		select {
		case <-moved:
		case <-e.halting:
			return e.Halted()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

package sim

import (
	"bytes"
	"context"
	"io"
	"time"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
)

// A memo keeps one snapshot in memory.
type memo struct{ data []byte }

// Load implements [engine.Snapshots].
func (m *memo) Load() ([]byte, error) { return m.data, nil }

// Save implements [engine.Snapshots].
func (m *memo) Save(write func(io.Writer) error) error {
	var out bytes.Buffer
	if err := write(&out); err != nil {
		return err
	}
	m.data = out.Bytes()
	return nil
}

// freeze makes the snapshot that an office saved when it was at a position.
func (w *world) freeze(at domain.Position) *memo {
	_, library := law()
	d := newDisk()
	d.records = w.disk.since(0)[:at]
	log, m := d.connect(), &memo{}
	e, err := engine.Open(context.Background(), engine.Config{Log: log, Bodies: log, Library: library, Clock: func() time.Time { return begin }, Snapshots: m, Roots: d})
	if err == nil {
		_, err = e.Freeze(context.Background())
	}
	if err != nil {
		w.fail(ReplayIsLive, "the log up to %d can't be read and saved: %v", at, err)
	}
	return m
}

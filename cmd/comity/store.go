package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync/atomic"
	"time"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/esdblog"
	"github.com/comity-project/comity/eventlog/sqlitelog"
)

// A store is an open log with the bodies that its records name, wherever it is kept. This
// file alone knows how many kinds there are.
type store interface {
	eventlog.Log
	eventlog.Bodies
}

// What a store can do that is a file.
type (
	// A checker looks at how it is kept, beyond the records themselves.
	checker interface {
		Check(ctx context.Context) error
	}

	// A presence says whether the file is still where it was opened.
	presence interface{ Present() error }

	// A copier copies itself into another file, also while others write to it.
	copier interface {
		Backup(ctx context.Context, path string) error
	}
)

// checkStore looks at how a log is kept, as far as it can be told from here: of what a
// cluster keeps, the cluster.
func checkStore(ctx context.Context, log store) error {
	if c, ok := log.(checker); ok {
		return c.Check(ctx)
	}
	return nil
}

// openStore opens the office's log.
func (p *program) openStore(ctx context.Context, readOnly bool) (store, error) {
	if !p.remote() {
		return openFile(p.log, readOnly)
	}
	return p.openAddress(ctx, p.address, readOnly)
}

// waiting is what a server does that can't open its office yet.
const waiting = "waiting for the cluster"

// openAddress opens a log in a cluster. A server waits for a cluster that can't be reached;
// a command, whose user does, gives up.
func (p *program) openAddress(ctx context.Context, address string, readOnly bool) (store, error) {
	address, err := withPassword(address, p.passwords)
	if err != nil {
		return nil, badInput(err)
	}
	var opened atomic.Bool
	notice := func(text string) { // before it is open, of what the server is told to do with the stream
		if p.notice == nil && !opened.Load() {
			p.warn("%s", text)
			return
		}
		p.noticed(text)
	}
	defer opened.Store(true)
	log, err := esdblog.Open(ctx, address, esdblog.Options{ReadOnly: readOnly, Patience: p.patience, Notice: notice})
	for p.told != nil && errors.Is(err, eventlog.ErrUnavailable) && ctx.Err() == nil {
		p.told.phase(waiting)
		p.noticed(fmt.Sprintf("%v; tried again", err))
		pause(ctx, 2*time.Second)
		log, err = esdblog.Open(ctx, address, esdblog.Options{ReadOnly: readOnly, Patience: p.patience, Notice: notice})
	}
	switch {
	case err == nil:
		return log, nil
	case exitCode(err) == exitInternal && !errors.Is(err, eventlog.ErrUnavailable):
		return nil, badInput(err) // the address itself
	}
	return nil, err
}

// makeLog opens the office's log for writing, and makes it if there is none, which made
// tells. A stream is there as soon as something is in it.
func (p *program) makeLog(ctx context.Context) (log store, made bool, err error) {
	if p.remote() {
		if strings.HasSuffix(p.log, "-checkpoints") {
			return nil, false, badInput(fmt.Errorf("%s can't hold an office: in a stream of such a name the servers of another one tell each other what they hold; name one that ends otherwise", p.log))
		}
		log, err = p.openStore(ctx, false)
		return log, false, err
	}
	log, err = createFile(p.log)
	made = err == nil
	if errors.Is(err, fs.ErrExist) {
		// A crash may have left a log without an office; founding goes on there.
		log, err = openFile(p.log, false)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = badInput(fmt.Errorf("make log %s: its folder is not there: make it first: %w", p.log, err))
	}
	return log, made, err
}

// openFile opens a log that is a file.
func openFile(path string, readOnly bool) (store, error) {
	if err := needsFile(path); err != nil {
		return nil, err
	}
	log, err := sqlitelog.Open(path, sqlitelog.Options{ReadOnly: readOnly})
	if err != nil {
		return nil, err
	}
	return log, nil
}

// createFile makes a log that is a file, where there is none.
func createFile(path string) (store, error) {
	if err := needsFile(path); err != nil {
		return nil, err
	}
	log, err := sqlitelog.Create(path, sqlitelog.Options{})
	if err != nil {
		return nil, err
	}
	return log, nil
}

// beside opens the log of another name that goes with a log in a cluster, and uses its
// connections. It is closed with it.
func beside(log store, name string) (eventlog.Log, error) {
	kept, ok := log.(*esdblog.Log)
	if !ok {
		return nil, fmt.Errorf("no log %s goes with one that is a file", name)
	}
	return kept.Beside(name)
}

// isAddress reports whether a log is named by the address of a cluster, and not by the
// path of a file.
func isAddress(log string) bool { return esdblog.IsAddress(log) }

// needsFile refuses an address, or what looks like one, where only a file will do.
func needsFile(path string) error {
	if isAddress(path) {
		return badInput(fmt.Errorf("%s is the address of a cluster, and this takes a file: name one", nameOf(path)))
	}
	return misspelled(path)
}

// noticed hears of what the connection to a cluster goes through.
func (p *program) noticed(text string) {
	if p.notice != nil {
		p.notice(text)
		return
	}
	p.diag.Info().Str("log", p.log).Msg(text)
}

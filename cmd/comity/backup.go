package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/seal"
)

func (p *program) backupCommand() *cobra.Command {
	var answers string
	var verify bool
	cmd := &cobra.Command{
		Use:   "backup DIR",
		Short: "Copy an office, also while it is being written",
		Long: `Backup copies the log of an office into a new folder, and the log of answers given if
one is named, each with a seal of its own and all of it as it was at one moment. It takes
no lock: the server goes on, and what is recorded meanwhile is in the next backup. The
answers are copied first, so that none of them speaks of records that the copy of the log
has not.

The seal is made anew from the copy, and the copy must continue what the seal of the
office vouched for when the backup began. Then the copy is read whole and checked, as
comity check does. If anything is not as it was recorded the exit code is 7 and no backup
is left; --verify=false copies what is there, checks nothing, and notes that.

The folder appears whole or not at all. Its MANIFEST.json says which office it is of, the
position and the root hash, and the size and SHA-256 of every file. Keep it where the
office is not, and the root somewhere else again: comity restore checks both.`,
		Example: `  comity backup monday
  comity ask ana imm.criminal --decisions answers.db
  comity backup tuesday --decisions answers.db -o json`,
		Args:              atLeast(false, "DIR"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.backup(cmd.Context(), args[0], answers, verify)
		},
	}
	cmd.Flags().StringVar(&answers, "decisions", "", "`FILE` of the log of answers (default $COMITY_DECISIONS, or none)")
	cmd.Flags().BoolVar(&verify, "verify", true, "compare the copy with the seal, read it whole and check it")
	return cmd
}

// A backing is a backup that is being made.
type backing struct {
	p       *program
	folder  string // where it is made; a name that nobody takes for a backup
	answers string // the log of answers to copy, or ""
	verify  bool
	shown   *opening
	manifest
}

func (p *program) backup(ctx context.Context, dir, answers string, verify bool) (err error) {
	if err := p.fileOnly("copy the log into one first, with comity log copy " + quoted(p.log) + " FILE, or back up the volumes of the cluster"); err != nil {
		return err
	}
	dir = filepath.Clean(dir)
	parent := filepath.Dir(dir)
	if _, err := os.Lstat(dir); err == nil {
		return badInput(fmt.Errorf("%s is there already: a backup overwrites nothing; name another folder", dir))
	}
	if !isFolder(parent) {
		return badInput(fmt.Errorf("there is no folder %s to make %s in: make it, or name another", parent, dir))
	}
	b := &backing{p: p, verify: verify, shown: p.opening()}
	if b.answers, err = p.answersToBackUp(answers); err != nil {
		return err
	}
	p.sayUnfinished(parent, ".comity-backup-*")
	b.manifest = manifest{Comity: "backup", Layout: manifestLayout, Taken: p.clock().UTC(), Version: moduleVersion(), Semantics: engine.Semantics, Verified: verify}
	if b.folder, err = os.MkdirTemp(parent, ".comity-backup-"); err != nil {
		return badInput(fmt.Errorf("no folder can be made in %s: %w", parent, because(err)))
	}
	defer func() {
		b.shown.begin("")
		if err != nil {
			err = errors.Join(err, os.RemoveAll(b.folder))
		}
	}()
	if err := b.make(ctx); err != nil {
		return err
	}
	if err := os.Rename(b.folder, dir); err != nil {
		return fmt.Errorf("put the backup in place: %w", err)
	}
	if err := syncFolder(parent); err != nil { // it is in place, and may be removed by nobody
		p.warn("the backup %s is whole, but its name may not survive a power failure: %v", dir, err)
	}
	return p.showBackup(dir, &b.manifest)
}

// answersToBackUp returns the log of answers that is meant, "" if none is.
func (p *program) answersToBackUp(named string) (string, error) {
	path := p.decisionsFile(named)
	if path == "" {
		return "", nil
	}
	if err := needsFile(path); err != nil {
		return "", fmt.Errorf("--decisions: %w", err)
	}
	_, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && named == "":
		p.note("there is no log of answers %s, which COMITY_DECISIONS names, so that none is backed up", path)
		return "", nil
	case errors.Is(err, fs.ErrNotExist):
		return "", badInput(fmt.Errorf("there is no log of answers %s: comity ask --decisions %s makes one", path, path))
	case err != nil:
		return "", badInput(err)
	case sameFile(path, p.log):
		return "", badInput(fmt.Errorf("--decisions: %w: %s is the office's log", decisions.ErrNotDecisions, path))
	}
	return path, nil
}

// sayUnfinished notes what an earlier run has left that was cut off.
func (p *program) sayUnfinished(folder, pattern string) {
	left, _ := filepath.Glob(filepath.Join(folder, pattern)) // the pattern is well formed unless the folder's name has brackets
	for _, name := range left {
		p.note("%s was left by a run that was cut off, unless one is still under way; it can be removed", name)
	}
}

// make copies everything into the folder, checks it, and writes the manifest last.
func (b *backing) make(ctx context.Context) error {
	if b.answers != "" { // first, so that none is of a later root than the log's copy
		b.shown.begin("copying the log of answers")
		copied, err := b.copyLog(ctx, b.answers, backedAsked)
		if err != nil {
			return err
		}
		b.Answers = copied
	}
	b.shown.begin("copying the log")
	copied, err := b.copyLog(ctx, b.p.log, backedLog)
	if err != nil {
		return b.p.explainOpen(err)
	}
	b.Log = *copied
	if err := b.identify(ctx); err != nil {
		return err
	}
	if b.verify {
		b.shown.begin("checking the copy")
		its := *b.p
		its.quiet = true
		if err := its.checkCopy(ctx, &b.manifest, filepath.Join(b.folder, backedLog), b.answersCopy()); err != nil {
			return fmt.Errorf("%w; no backup was made: comity check says more, and --verify=false copies the office as it is", err)
		}
	}
	b.shown.begin("writing the manifest")
	for _, name := range b.names() {
		if err := settleFile(filepath.Join(b.folder, name)); err != nil {
			return err
		}
		f, err := measure(b.folder, name)
		if err != nil {
			return err
		}
		b.Files = append(b.Files, f)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := b.write(b.folder); err != nil {
		return err
	}
	return syncFolder(b.folder)
}

func (b *backing) answersCopy() string {
	if b.Answers == nil {
		return ""
	}
	return filepath.Join(b.folder, backedAsked)
}

// copyLog copies a log and makes the copy's seal. Whatever the log's own seal
// vouches for when this begins is in the log by then, and so in the copy.
func (b *backing) copyLog(ctx context.Context, from, name string) (copied *backedUp, err error) {
	var live *seal.Tree
	if b.verify {
		if live, err = b.viewLive(from); err != nil {
			return nil, err
		}
	}
	if live != nil {
		defer func() { err = errors.Join(err, live.Close()) }()
	}
	to := filepath.Join(b.folder, name)
	if err := b.copyFile(ctx, from, to); err != nil {
		return nil, err
	}
	log, err := openFile(to, true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, log.Close(), tidyCopy(to)) }()
	tree, err := seal.Open(ctx, sealPath(to), log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tree.Close()) }()
	copied = &backedUp{Position: tree.Position()}
	if copied.Root, err = tree.Root(ctx, copied.Position); err != nil || live == nil {
		return copied, err
	}
	sealed := live.Position()
	copied.Sealed = &sealed
	return copied, continues(ctx, tree, live, from)
}

// viewLive opens the seal of a log that is to be copied; nil if it has none.
func (b *backing) viewLive(from string) (*seal.Tree, error) {
	live, err := seal.View(sealPath(from))
	if errors.Is(err, fs.ErrNotExist) {
		b.p.note("there is no seal %s, so the copy is compared with nothing that was noted earlier", sealPath(from))
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w; no backup was made: comity check says more, and --verify=false copies the office as it is", err)
	}
	return live, nil
}

// continues reports an error unless the tree of a copy begins with all that the
// seal of the log vouches for.
func continues(ctx context.Context, copied, live *seal.Tree, from string) error {
	const remedy = "no backup was made: comity check says where they differ, and --verify=false copies the office as it is"
	n := live.Position()
	if have := copied.Position(); have < n {
		return fmt.Errorf("%w: the seal of %s vouches for %d records, and the copy has %d; %s", seal.ErrMismatch, from, n, have, remedy)
	}
	want, err := live.Root(ctx, n)
	if err != nil {
		return err
	}
	have, err := copied.Root(ctx, n)
	if err != nil {
		return err
	}
	if have != want {
		return fmt.Errorf("%w: the first %d records of %s are not what was sealed: their root is %s, and the seal says %s; %s", seal.ErrMismatch, n, from, have, want, remedy)
	}
	return nil
}

// copyFile copies a log while others write to it.
func (b *backing) copyFile(ctx context.Context, from, to string) (err error) {
	source, err := openFile(from, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	stop := b.watchSize(from, to+".new")
	defer stop()
	return source.(copier).Backup(ctx, to) // which files are
}

// watchSize shows how much of a file is written, until it is stopped.
func (b *backing) watchSize(from, to string) (stop func()) {
	of, err := os.Stat(from)
	if b.shown == nil || err != nil {
		return func() {}
	}
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(barEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			if now, err := os.Stat(to); err == nil {
				b.shown.bar.show(int(now.Size()), int(of.Size()))
			}
		}
	}()
	return func() { close(done); <-gone }
}

// identify notes whose the copies are: both of one office.
func (b *backing) identify(ctx context.Context) error {
	own, err := boundOf(ctx, filepath.Join(b.folder, backedLog), decisions.Binding)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return badInput(fmt.Errorf("%s holds no office: %w", b.p.log, err))
	}
	b.Office, b.Founding = own.Office, own.Founding
	if b.Answers == nil || b.Answers.Position == 0 {
		return nil
	}
	bound, err := boundOf(ctx, b.answersCopy(), decisions.BoundTo)
	if err != nil {
		return fmt.Errorf("--decisions %s: %w", b.answers, err)
	}
	if bound != own {
		return fmt.Errorf("--decisions %s: %w; name the log of answers of this office, or another log with --log", b.answers, otherOffice(bound, own))
	}
	return nil
}

// boundOf opens a copy and asks whose it is.
func boundOf(ctx context.Context, path string, ask func(context.Context, eventlog.Log) (decisions.Bound, error)) (bound decisions.Bound, err error) {
	log, err := openFile(path, true)
	if err != nil {
		return bound, err
	}
	defer func() { err = errors.Join(err, log.Close(), tidyCopy(path)) }()
	return ask(ctx, log)
}

// checkCopy checks a copy of an office as check does the office itself, and that it
// is what a manifest says. answers is "" if there is no copy of them.
func (p *program) checkCopy(ctx context.Context, m *manifest, path, answers string) (err error) {
	its := p.of(path)
	log, err := its.readLog(ctx)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, log.Close(), tidyCopy(path))
		if answers != "" {
			err = errors.Join(err, tidyCopy(answers))
		}
	}()
	result, audits, err := its.checkOffice(ctx, log, answers, true, nil)
	for _, a := range audits {
		err = errors.Join(err, a.close())
		if len(a.findings) > 0 && err == nil {
			found := a.findings[0]
			err = unverified(fmt.Errorf("%s is not what was recorded: %s%s (%s)", filepath.Base(a.p.log), found.place(), found.Text, plural(len(a.findings), "finding")))
		}
	}
	if err == nil {
		err = m.Log.agrees(result.Log)
	}
	if err == nil && result.Answers != nil {
		err = m.Answers.agrees(result.Answers.checkedLog)
	}
	return err
}

// agrees reports an error unless a copy was read to be what is said of it.
func (want *backedUp) agrees(have checkedLog) error {
	if have.Position != want.Position || have.Root != want.Root {
		return fmt.Errorf("%w: the manifest says that %s has the root %s at position %d, and it has %s at %d",
			seal.ErrMismatch, filepath.Base(have.File), want.Root, want.Position, have.Root, have.Position)
	}
	return nil
}

// tidyCopy removes what SQLite leaves beside a file that was only read.
func tidyCopy(path string) error {
	for _, name := range []string{path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) || err == nil && name == path+"-wal" && info.Size() > 0 {
			continue // what nobody has written to has no write-ahead log
		}
		if err := errors.Join(err, os.Remove(name)); err != nil {
			return err
		}
	}
	return nil
}

// settleFile makes a file its owner's alone, and sees that it is on storage.
func settleFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(os.Chmod(path, 0o600), f.Sync(), f.Close())
}

// syncFolder flushes the names in a folder, where the system lets us.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (p *program) showBackup(dir string, m *manifest) error {
	if p.json() {
		return p.print(struct {
			Backup string `json:"backup"`
			*manifest
		}{dir, m})
	}
	g := p.page()
	whole := ", not checked"
	if m.Verified {
		whole = ", each as it was recorded"
	}
	g.line("Backed up %s of office %q to %s: %s%s.", p.log, m.Office, dir, plural(int(m.Log.Position), "record"), whole)
	g.line("position  %d", m.Log.Position)
	g.line("root      %s", m.Log.Root)
	if m.Answers != nil {
		g.line("answers   %s", plural(int(m.Answers.Position), "record"))
	}
	var bytes int64
	for _, f := range m.Files {
		bytes += f.Bytes
	}
	g.line("size      %s", size(bytes))
	return nil
}

package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain/calendar"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/seal"
)

func (p *program) restoreCommand() *cobra.Command {
	var r restoring
	cmd := &cobra.Command{
		Use:   "restore DIR",
		Short: "Put a backup in place",
		Long: `Restore copies the log and the seal of a backup to where --log says, and the log of
answers, if the backup has one, to where --decisions says. It overwrites nothing.

Every file must have the size and the SHA-256 that the manifest says; then the copies are
read whole and checked, as comity check does, and must have the positions and the root
hashes of the manifest. If anything differs the exit code is 7 and nothing is put in
place. --root compares with a root that was noted elsewhere: against somebody who has
rewritten the backup and its manifest nothing else helps.

The log is put in place last. A restore that was cut off is finished by running it again.`,
		Example: `  comity backup monday
  comity restore monday --log copy.db
  comity check --log copy.db`,
		Args:              atLeast(false, "DIR"),
		ValidArgsFunction: foldersOnly,
		RunE:              func(cmd *cobra.Command, args []string) error { return p.putBack(cmd.Context(), args[0], r) },
	}
	cmd.Flags().StringVar(&r.answers, "decisions", "", "`FILE` for the log of answers (default $COMITY_DECISIONS)")
	cmd.Flags().BoolVar(&r.without, "without-decisions", false, "leave the log of answers in the backup")
	cmd.Flags().StringVar(&r.root, "root", "", "the `HASH` that the root must have, as comity backup printed it")
	cmd.MarkFlagsMutuallyExclusive("decisions", "without-decisions")
	return cmd
}

// foldersOnly completes an argument that names a folder.
func foldersOnly(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// restoring holds the flags of restore.
type restoring struct {
	answers, root string
	without       bool
}

// A placing is a file of a backup on its way to its place.
type placing struct {
	backedFile
	to       string
	copied   string // where it waits, whole
	finished bool   // an earlier run has put it there
}

func (p *program) putBack(ctx context.Context, dir string, r restoring) (err error) {
	if err := p.fileOnly("restore to one, and copy it with comity log copy FILE " + quoted(p.log)); err != nil {
		return err
	}
	m, err := readManifest(dir)
	if err != nil {
		return err
	}
	if r.root != "" && r.root != m.Log.Root.String() {
		return unverified(fmt.Errorf("%w: the backup %s has the root %s at position %d, and --root is %s; nothing was restored", seal.ErrMismatch, dir, m.Log.Root, m.Log.Position, r.root))
	}
	answers, err := p.placeForAnswers(m, dir, r)
	if err != nil {
		return err
	}
	files, err := p.places(m, answers)
	if err != nil {
		return err
	}
	p.sayUnfinished(filepath.Dir(p.log), ".comity-restore-*")
	shown := p.opening()
	defer shown.begin("")
	folders := map[string]string{} // where copies wait, by the folder of their place
	defer func() {
		for _, folder := range folders {
			err = errors.Join(err, os.RemoveAll(folder))
		}
	}()
	shown.begin("copying the backup")
	for i := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := copyBack(dir, &files[i], folders); err != nil {
			return err
		}
	}
	shown.begin("checking the copies")
	if err := p.checkBack(ctx, m, files, answers != ""); err != nil {
		return fmt.Errorf("%w; nothing was restored", err)
	}
	for i := len(files) - 1; i >= 0; i-- { // the log comes last
		f := files[i]
		if f.finished {
			continue
		}
		if err := moveNew(f.copied, f.to); err != nil {
			return fmt.Errorf("put %s in place: %w; run it again to go on", f.to, err)
		}
		if err := syncFolder(filepath.Dir(f.to)); err != nil {
			return fmt.Errorf("put %s in place: %w; run it again to go on", f.to, err)
		}
	}
	return p.showRestored(dir, m, answers)
}

// placeForAnswers returns where the log of answers goes; "" if nowhere.
func (p *program) placeForAnswers(m *manifest, dir string, r restoring) (string, error) {
	path := p.decisionsFile(r.answers)
	switch {
	case m.Answers == nil && r.answers != "":
		return "", badInput(fmt.Errorf("--decisions: the backup %s has no log of answers: leave it out", dir))
	case m.Answers == nil || r.without:
		return "", nil
	case path == "":
		return "", badInput(fmt.Errorf("the backup %s has a log of answers: say where it goes with --decisions, or leave it there with --without-decisions", dir))
	case samePath(path, p.log):
		return "", badInput(fmt.Errorf("--decisions: %s is where the office's log goes: answers are kept beside it, in a file of their own", path))
	}
	return path, nil
}

// places lists the files with where they go, the log first. Nothing may be there,
// but what a run that was cut off has put there.
func (p *program) places(m *manifest, answers string) ([]placing, error) {
	var files []placing
	add := func(from, to, what string) error {
		if folder := filepath.Dir(to); !isFolder(folder) {
			return badInput(fmt.Errorf("there is no folder %s for %s: make it, or name another file", folder, what))
		}
		if _, err := os.Lstat(to); err == nil {
			return badInput(fmt.Errorf("%s is there already: a restore overwrites nothing; name another file, or move it away with what belongs to it", to))
		}
		pair := []placing{{backedFile: m.file(from), to: to}, {backedFile: m.file(sealPath(from)), to: sealPath(to)}}
		for i, f := range pair {
			if i > 0 {
				have, err := measure(filepath.Dir(f.to), filepath.Base(f.to))
				if err == nil && f.differs(have) == "" {
					pair[i].finished = true
				}
			}
		}
		for _, other := range filesOfLog(to, what) {
			if _, err := os.Lstat(other.name); err != nil || other.name == to+".lock" || other.name == pair[1].to && pair[1].finished {
				continue
			}
			return badInput(fmt.Errorf("%s is there already, %s that was there before: move it away, since it does not belong to what is restored", other.name, other.what))
		}
		files = append(files, pair...)
		return nil
	}
	if err := add(backedLog, p.log, "the log"); err != nil || answers == "" {
		return files, err
	}
	// A run that was cut off may have put the answers there whole.
	have, err := measure(filepath.Dir(answers), filepath.Base(answers))
	sealed, sealErr := measure(filepath.Dir(answers), filepath.Base(sealPath(answers)))
	if want, wantSeal := m.file(backedAsked), m.file(sealPath(backedAsked)); err == nil && sealErr == nil && want.differs(have) == "" && wantSeal.differs(sealed) == "" {
		return append(files, placing{backedFile: want, to: answers, finished: true}, placing{backedFile: wantSeal, to: sealPath(answers), finished: true}), nil
	}
	return files, add(backedAsked, answers, "the log of answers")
}

// copyBack copies a file of a backup into a folder beside its place, and makes sure
// that it is the one that was backed up.
func copyBack(dir string, f *placing, folders map[string]string) (err error) {
	beside := filepath.Dir(f.to)
	if folders[beside] == "" {
		if folders[beside], err = os.MkdirTemp(beside, ".comity-restore-"); err != nil {
			return badInput(fmt.Errorf("no file can be made in %s: %w", beside, because(err)))
		}
	}
	f.copied = filepath.Join(folders[beside], f.Name)
	from, err := os.Open(filepath.Join(dir, f.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return unverified(fmt.Errorf("the backup %s is not whole: it has no %s; nothing was restored", dir, f.Name))
	}
	if err != nil {
		return badInput(err)
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := os.OpenFile(f.copied, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, sum), from)
	if err := errors.Join(err, to.Sync(), to.Close()); err != nil {
		return fmt.Errorf("copy %s: %w", f.Name, err)
	}
	if how := f.differs(backedFile{f.Name, n, eventlog.Hash(sum.Sum(nil))}); how != "" {
		return unverified(fmt.Errorf("%s of the backup %s is not what was backed up: %s; nothing was restored", f.Name, dir, how))
	}
	return nil
}

// checkBack checks the copies against each other and against the manifest.
func (p *program) checkBack(ctx context.Context, m *manifest, files []placing, answers bool) error {
	its := *p
	its.quiet = true
	path, asked := files[0].copied, ""
	if answers {
		asked = files[2].copied
	}
	if m.Verified { // what was copied as it is, is restored as it is
		if err := its.checkCopy(ctx, m, path, asked); err != nil {
			return err
		}
	}
	own, err := boundOf(ctx, path, decisions.Binding)
	if err != nil {
		return unverified(err)
	}
	if own.Office != m.Office || own.Founding != m.Founding {
		return unverified(fmt.Errorf("%w: the manifest says that the backup is of %s (%s), and its log is of %s (%s)", seal.ErrMismatch, m.Office, m.Founding, own.Office, own.Founding))
	}
	return nil
}

func (p *program) showRestored(dir string, m *manifest, answers string) error {
	if p.json() {
		var asked *string
		if answers != "" {
			asked = &answers
		}
		return p.print(struct {
			Backup   string            `json:"backup"`
			Log      string            `json:"log"`
			Answers  *string           `json:"answers"`
			Office   string            `json:"office"`
			Position eventlog.Position `json:"position"`
			Root     eventlog.Hash     `json:"root"`
			Verified bool              `json:"verified"`
		}{dir, p.log, asked, string(m.Office), m.Log.Position, m.Log.Root, m.Verified})
	}
	if !m.Verified {
		p.warn("the backup was made with --verify=false, and what is in it was not checked: run comity check")
	}
	g := p.page()
	g.line("Restored office %q to %s, as it was on %s.", m.Office, p.log, api.LocalTime(m.Taken, calendar.UTC))
	g.line("position  %d", m.Log.Position)
	g.line("root      %s", m.Log.Root)
	if answers != "" {
		g.line("answers   %s in %s", plural(int(m.Answers.Position), "record"), answers)
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/seal"
)

func (p *program) logCheckCommand() *cobra.Command {
	var rebuild bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Read the whole log and find what is not as it was recorded",
		Long: `Check reads every record, trusting nothing: the file's own structure, each event and
the copies that are kept beside it, the order of recording, the texts of the law, and
the Merkle tree over all records, which it computes again and compares with the seal.
It prints the root hash: a root noted elsewhere tells later whether anything before
it was changed. It says whether the snapshot is of this log; comity log snapshot
--check reads it whole.

A log in a cluster is checked in the same way, with the seal that this user or server keeps
of it (--state). How the cluster keeps it is for the cluster to check.

The exit code is 7 if anything differs, and every difference names its position. It
is 7 too if the file is no log at all, such as an empty one. A log that a newer
version wrote can't be checked by this one: the exit code is 2.`,
		Example: `  comity log check
  comity log check -o json
  comity log check --rebuild-seal`,
		Args: atLeast(false),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if rebuild {
				return p.rebuildSeal(cmd.Context())
			}
			return p.logCheck(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&rebuild, "rebuild-seal", false, "make the seal anew from the log, after checking all that needs no seal")
	return cmd
}

// An audit gathers what a check finds.
type audit struct {
	p        *program
	remedy   string // what makes a seal that is missing
	records  eventlog.Position
	root     eventlog.Hash
	sealed   eventlog.Position
	hasSeal  bool
	findings []finding
	// view is the seal as it was before the first record was read, so that it
	// vouches for none that came later; viewErr is why there is none.
	view    *seal.Tree
	viewErr error
	tree    *seal.Tree // over the records as they were read
	// snapshot is the position of the snapshot that is of this log, 0 if none is.
	snapshot domain.Position
}

// newAudit begins a check of the log. Whoever else writes to it may go on.
func (p *program) newAudit() *audit {
	a := &audit{p: p, remedy: "the next recording or --rebuild-seal"}
	a.view, a.viewErr = seal.View(p.seal())
	return a
}

// close lets go of the seal.
func (a *audit) close() error {
	if a.view == nil {
		return nil
	}
	return a.view.Close()
}

// A finding is something that is not as it was recorded. The position is that of
// the record, or of the first that may be affected.
type finding struct {
	Position *eventlog.Position `json:"position,omitempty"`
	Text     string             `json:"text"`
}

// mostFindings is how many findings are listed.
const mostFindings = 100

func (a *audit) add(at eventlog.Position, format string, args ...any) {
	if len(a.findings) < mostFindings {
		a.findings = append(a.findings, finding{&at, fmt.Sprintf(format, args...)})
	}
}

// addError takes an error apart into findings.
func (a *audit) addError(err error) {
	if err == nil {
		return
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range many.Unwrap() {
			a.addError(one)
		}
		return
	}
	if mismatch, ok := errors.AsType[*seal.MismatchError](err); ok {
		for _, d := range mismatch.Differences {
			a.add(d.First, "seal: %v", d)
		}
		if more := mismatch.Total - len(mismatch.Differences); more > 0 {
			a.findings = append(a.findings, finding{nil, fmt.Sprintf("seal: and %d more differences", more)})
		}
		return
	}
	if corrupt, ok := errors.AsType[*eventlog.CorruptError](err); ok {
		if inner := errors.Unwrap(err); inner != nil {
			a.addError(inner)
			return
		}
		a.add(corrupt.At, "file: %s", corrupt.Reason)
		return
	}
	if len(a.findings) < mostFindings {
		a.findings = append(a.findings, finding{nil, err.Error()})
	}
}

func (p *program) logCheck(ctx context.Context) error {
	log, err := p.readLog(ctx)
	if err != nil {
		if errors.Is(err, eventlog.ErrNotALog) {
			return unverified(err) // what should be a log is none
		}
		return err
	}
	a := p.newAudit()
	err = a.run(ctx, log)
	if err == nil {
		err = a.checkSeal(ctx, log)
	}
	if err == nil && a.hasSeal {
		a.checkSnapshot(ctx, log, a.view)
	}
	if err := errors.Join(err, a.close(), log.Close()); err != nil {
		return err
	}
	return a.show()
}

// run makes all checks that need no seal. Its error is that of the context.
func (a *audit) run(ctx context.Context, log store) error {
	a.addError(checkStore(ctx, log))
	a.checkRecords(ctx, log)
	return ctx.Err()
}

// checkRecords reads all records that there are when it begins: each must decode,
// be what its copies say, and stand in the order of recording.
func (a *audit) checkRecords(ctx context.Context, log store) {
	end, headErr := log.Head(ctx)
	tree := seal.New()
	a.tree = tree
	commands := map[domain.CommandID]bool{}
	var last domain.Envelope
	at := eventlog.Position(0)
	for record, err := range log.Read(ctx, 0) {
		if headErr == nil && err == nil && at >= end {
			break // somebody records meanwhile
		}
		if err != nil {
			a.addError(err)
			break
		}
		if err := tree.Append(record.Data); err != nil {
			a.addError(err)
			break
		}
		env, err := codec.Decode(record.Data)
		if err != nil {
			a.add(at, "the record can't be read: %v", err)
			at++
			continue
		}
		a.compare(at, record, env)
		a.checkOrder(at, env, last, commands)
		a.checkBody(ctx, at, env, log)
		last = env
		at++
	}
	a.records = at
	if root, err := tree.Root(ctx, at); err == nil {
		a.root = root
	}
}

// compare holds what the log says of a record to what the record says.
func (a *audit) compare(at eventlog.Position, r eventlog.Record, e domain.Envelope) {
	if r.ID != eventlog.ID(e.ID) {
		a.add(at, "its id in the log is %s, but the record says %s", r.ID, e.ID)
	}
	if !r.Recorded.Equal(e.Recorded) {
		a.add(at, "in the log it was recorded %s, but the record says %s", r.Recorded.Format(time.RFC3339Nano), e.Recorded.Format(time.RFC3339Nano))
	}
	if r.Subject != e.Subject.String() {
		a.add(at, "its subject in the log is %q, but the record says %q", r.Subject, e.Subject)
	}
	if r.Type != string(e.Type()) {
		a.add(at, "its type in the log is %q, but the record says %q", r.Type, e.Type())
	}
}

// checkOrder holds a record to the one before it: the events of a command stand
// together and were recorded at once, and every command later than the last.
func (a *audit) checkOrder(at eventlog.Position, e, last domain.Envelope, commands map[domain.CommandID]bool) {
	_, founding := e.Event.(domain.OfficeFounded)
	switch {
	case founding != (at == 0):
		a.add(at, "the founding of the office is the first record and no other, but this is %s", e.Type())
	case at == 0 || last.Event == nil:
		// nothing to compare with
	case e.Command == last.Command && !e.Recorded.Equal(last.Recorded):
		a.add(at, "it was recorded at another time than the rest of its command %s", e.Command)
	case e.Command != last.Command && commands[e.Command]:
		a.add(at, "its command %s had ended before", e.Command)
	case e.Command != last.Command && !e.Recorded.After(last.Recorded):
		a.add(at, "it was not recorded later than the command before it")
	}
	commands[e.Command] = true
}

// checkBody sees that the text of a draft or an edition is kept, under its hash.
func (a *audit) checkBody(ctx context.Context, at eventlog.Position, e domain.Envelope, bodies eventlog.Bodies) {
	text := domain.TextOf(e.Event)
	if text == "" {
		return
	}
	hash, err := eventlog.ParseHash(text)
	if err == nil {
		_, err = bodies.Get(ctx, hash)
	}
	if errors.Is(err, eventlog.ErrNoBody) {
		err = fmt.Errorf("%w; restore the log from a copy that is whole", err)
	}
	if err != nil {
		event := e.Event
		if corrects, ok := event.(domain.EventCorrected); ok {
			event = corrects.Body
		}
		what := "draft " + text[:min(12, len(text))]
		if published, ok := event.(domain.RulesetPublished); ok {
			what = "edition " + published.Edition
		}
		a.add(at, "the text of %s: %v", what, err)
	}
}

// checkSeal compares the log with its seal. Its error is that of the context.
func (a *audit) checkSeal(ctx context.Context, log eventlog.Log) error {
	if errors.Is(a.viewErr, fs.ErrNotExist) {
		a.p.note("there is no seal %s, so the log was compared with nothing that was noted earlier; %s makes one", a.p.seal(), a.remedy)
		return nil
	}
	if a.viewErr != nil {
		a.addError(a.viewErr)
		return ctx.Err()
	}
	a.hasSeal, a.sealed = true, a.view.Position()
	report, err := a.view.Check(ctx, log)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	a.addError(err)
	if report.Unsealed > 0 && err == nil {
		a.p.note("the seal is %d behind the log, as after a crash or while somebody records; the next recording brings it up to date", report.Unsealed)
	}
	return nil
}

// checkSnapshot sees whether the snapshot says that it is of this log. One that is
// not is no fault of the log, and is not used.
func (a *audit) checkSnapshot(ctx context.Context, log eventlog.Log, tree *seal.Tree) {
	at, err := engine.SnapshotAt(ctx, engine.Config{Log: log, Roots: tree, Snapshots: snapshotIn(a.p.snapshot())})
	if err != nil && ctx.Err() == nil {
		a.p.note("%s", notUsed(a.p.snapshot(), err))
	}
	a.snapshot = at
}

func (a *audit) show() error {
	if a.p.json() {
		findings := a.findings
		if findings == nil {
			findings = []finding{}
		}
		if err := a.p.print(struct {
			OK       bool               `json:"ok"`
			Position eventlog.Position  `json:"position"`
			Root     eventlog.Hash      `json:"root"`
			Sealed   *eventlog.Position `json:"sealed"`
			Snapshot *domain.Position   `json:"snapshot"`
			Findings []finding          `json:"findings"`
		}{len(findings) == 0, a.records, a.root, a.sealedOrNil(), a.snapshotOrNil(), findings}); err != nil {
			return err
		}
		if len(findings) > 0 {
			a.p.code = exitVerification
		}
		return nil
	}
	g := a.p.page()
	a.lines(g)
	if len(a.findings) == 0 && a.snapshot > 0 {
		g.line("snapshot  of position %d", a.snapshot)
	}
	return nil
}

// lines says what was found, for people.
func (a *audit) lines(g *page) {
	if len(a.findings) > 0 {
		a.p.code = exitVerification
		g.line("%s is %s:", a.p.log, g.paint(bad, "not what was recorded"))
		for _, f := range a.findings {
			g.say("  - "+f.place(), f.Text)
		}
		return
	}
	g.line("%s is %s: %d records read, each as it was recorded.", a.p.log, g.paint(good, "whole"), a.records)
	if a.hasSeal {
		g.line("sealed    %d of %d", a.sealed, a.records)
	}
	g.line("position  %d", a.records)
	g.line("root      %s", a.root)
}

// place leads to where the finding is.
func (f finding) place() string {
	if f.Position == nil {
		return ""
	}
	return fmt.Sprintf("position %d: ", *f.Position)
}

func (a *audit) snapshotOrNil() *domain.Position {
	if a.snapshot == 0 {
		return nil
	}
	return &a.snapshot
}

func (a *audit) sealedOrNil() *eventlog.Position {
	if !a.hasSeal {
		return nil
	}
	return &a.sealed
}

// rebuildSeal makes the seal anew from a log in which nothing else is wrong.
func (p *program) rebuildSeal(ctx context.Context) (err error) {
	log, err := p.openStore(ctx, false) // a file's lock keeps others from the seal
	if err != nil {
		return p.explainOpen(err)
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	if p.remote() {
		state, err := takeState(p.state)
		if err != nil {
			return badInput(err)
		}
		defer state.release()
	}
	a := &audit{p: p}
	if err := a.run(ctx, log); err != nil {
		return err
	}
	if len(a.findings) > 0 {
		p.note("the seal is left as it is, since the log itself is damaged")
		return a.show()
	}
	path := p.seal()
	unfinished := path + ".rebuilt"
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	tree, err := seal.Open(ctx, unfinished, log)
	if err != nil {
		return err
	}
	a.hasSeal, a.sealed = true, tree.Position()
	if err := errors.Join(tree.Close(), os.Rename(unfinished, path)); err != nil {
		return err
	}
	p.note("the seal %s was made anew: it vouches for the log as it is now, not for what it was", path)
	return a.show()
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/decisions"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/seal"
)

func (p *program) checkCommand() *cobra.Command {
	var answers string
	var quick bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check all that an office keeps, also while it is being written",
		Long: `Check reads everything that an office keeps and compares it with itself: its log as
comity log check does, the log of answers given if one is named, and the snapshot as
comity log snapshot --check does. It takes no lock and changes nothing, so it can run
beside the server. What is recorded after it has begun is not looked at.

The exit code is 7 if anything is not what was recorded. A snapshot that is of another
log or another program is not used, which is no failure: a note says so. --quick doesn't build the
state a second time to compare the snapshot with, which takes as much memory again as the
office does.`,
		Example: `  comity check
  comity ask ana imm.criminal --decisions answers.db
  comity check --decisions answers.db -o json
  comity check --quick`,
		Args: atLeast(false),
		RunE: func(cmd *cobra.Command, _ []string) error { return p.check(cmd.Context(), answers, quick) },
	}
	cmd.Flags().StringVar(&answers, "decisions", "", "`FILE` of the log of answers (default $COMITY_DECISIONS, or none)")
	cmd.Flags().BoolVar(&quick, "quick", false, "of the snapshot, see only whether it says that it is of this log")
	return cmd
}

// checkedOffice is how check answers programs.
type checkedOffice struct {
	OK       bool              `json:"ok"`
	Log      checkedLog        `json:"log"`
	Answers  *checkedAnswers   `json:"answers"`
	Snapshot *comparedSnapshot `json:"snapshot"`
}

type checkedLog struct {
	File     string             `json:"file"`
	Position eventlog.Position  `json:"position"`
	Root     eventlog.Hash      `json:"root"`
	Sealed   *eventlog.Position `json:"sealed"`
	Findings []finding          `json:"findings"`
}

type checkedAnswers struct {
	checkedLog
	Holes int `json:"holes"` // places where answers are missing, or may be
}

// A comparedSnapshot says how the snapshot compares with the log.
type comparedSnapshot struct {
	Snapshot domain.Position `json:"snapshot"`
	// Position is where it was compared with the state that was built anew; 0 if it
	// was not.
	Position domain.Position `json:"position,omitempty"`
	Differs  string          `json:"differs,omitempty"`
}

func (a *audit) part() checkedLog {
	findings := a.findings
	if findings == nil {
		findings = []finding{}
	}
	return checkedLog{a.p.log, a.records, a.root, a.sealedOrNil(), findings}
}

func (p *program) check(ctx context.Context, named string, quick bool) error {
	log, err := p.readLog(ctx)
	if err != nil {
		if errors.Is(err, eventlog.ErrNotALog) {
			return unverified(err) // what should be a log is none
		}
		return err
	}
	shown := p.opening()
	shown.begin("checking the log")
	result, audits, err := p.checkOffice(ctx, log, p.decisionsFile(named), quick, shown)
	shown.begin("")
	for _, a := range audits {
		err = errors.Join(err, a.close())
	}
	if err := errors.Join(err, log.Close()); err != nil {
		return err
	}
	if !result.OK {
		p.code = exitVerification
	}
	if p.json() {
		return p.print(result)
	}
	g := p.page()
	for i, a := range audits {
		a.lines(g)
		if i == 1 && result.Answers.Holes > 0 {
			g.line("missing   in %s, or may be: comity audit decisions lists them", plural(result.Answers.Holes, "place"))
		}
	}
	switch s := result.Snapshot; {
	case s == nil:
	case s.Differs != "":
		g.line("%s is %s: %s.", p.snapshot(), g.paint(bad, "not what the log says"), s.Differs)
		g.line("Remove it with comity log snapshot --remove, and tell us: this should not happen.")
	case s.Position > 0:
		g.line("%s is %s: of position %d, and what it leads to is what the log says.", p.snapshot(), g.paint(good, "whole"), s.Snapshot)
	default:
		g.line("%s says that it is of this log, at position %d.", p.snapshot(), s.Snapshot)
	}
	return nil
}

// checkOffice checks the log, the answers if there is a file of them, and the
// snapshot if there is one, in this order. It returns the audits that it made.
func (p *program) checkOffice(ctx context.Context, log store, answers string, quick bool, shown *opening) (result checkedOffice, audits []*audit, err error) {
	a := p.newAudit()
	audits = append(audits, a)
	if err := a.runSealed(ctx, log); err != nil {
		return result, audits, err
	}
	result.Log = a.part()
	result.OK = len(a.findings) == 0
	if answers != "" {
		shown.begin("checking the log of answers")
		own, err := decisions.Binding(ctx, log)
		if err != nil && result.OK {
			return result, audits, err
		}
		if err == nil {
			b, holes, err := p.checkAnswers(ctx, answers, own)
			if b != nil {
				audits = append(audits, b)
			}
			if err != nil {
				return result, audits, err
			}
			result.Answers = &checkedAnswers{b.part(), holes}
			result.OK = result.OK && len(b.findings) == 0
		}
	}
	if len(a.findings) > 0 {
		return result, audits, nil // a snapshot is held against a log that is whole
	}
	shown.begin("checking the snapshot")
	result.Snapshot, err = a.compareSnapshot(ctx, log, quick)
	result.OK = result.OK && (result.Snapshot == nil || result.Snapshot.Differs == "")
	return result, audits, err
}

// runSealed makes all checks of a log and its seal.
func (a *audit) runSealed(ctx context.Context, log store) error {
	if err := a.run(ctx, log); err != nil {
		return err
	}
	return a.checkSeal(ctx, log)
}

// checkAnswers checks a log of answers, which must be those of an office, and
// counts its holes. The audit is to be closed also if there is an error.
func (p *program) checkAnswers(ctx context.Context, path string, own decisions.Bound) (a *audit, holes int, err error) {
	log, err := openFile(path, true)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, badInput(fmt.Errorf("there is no log of answers %s: comity ask --decisions %s makes one", path, path))
	}
	if err != nil {
		return nil, 0, fmt.Errorf("--decisions: %w", err)
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	its := p.of(path)
	a = its.newAudit()
	a.remedy = "the next answer that is recorded"
	end, err := head(ctx, log)
	if err != nil {
		return a, 0, err
	}
	if end > 0 { // nothing is bound before the first answer
		bound, err := decisions.BoundTo(ctx, log)
		if err != nil {
			return a, 0, fmt.Errorf("--decisions %s: %w", path, err)
		}
		if bound != own {
			return a, 0, fmt.Errorf("--decisions %s: %w; name the office's log with --log", path, otherOffice(bound, own))
		}
	}
	a.addError(checkStore(ctx, log))
	holes = a.readAnswers(ctx, log, end)
	if ctx.Err() != nil {
		return a, 0, ctx.Err()
	}
	return a, holes, a.checkSeal(ctx, log)
}

// readAnswers reads the records of a log of answers up to a position.
func (a *audit) readAnswers(ctx context.Context, log eventlog.Log, end eventlog.Position) int {
	a.tree = seal.New()
	for record, err := range log.Read(ctx, 0) {
		if err == nil && a.records == end {
			break
		}
		if err == nil {
			err = a.tree.Append(record.Data)
		}
		if err != nil {
			break // which reading them as answers says too
		}
		a.records++
	}
	if root, err := a.tree.Root(ctx, a.records); err == nil {
		a.root = root
	}
	var holes decisions.Holes
	for e, err := range decisions.Read(ctx, log, 0) {
		if err != nil && e.Position < end {
			a.addError(err)
		}
		if err != nil || e.Position >= end {
			break
		}
		holes.Add(e)
	}
	return len(holes.Found())
}

// compareSnapshot compares the snapshot with the log, which is whole; nil if there
// is none that is of this log. The log's own tree vouches for it, since the seal of an office
// that is being written may be behind.
func (a *audit) compareSnapshot(ctx context.Context, log store, quick bool) (*comparedSnapshot, error) {
	if _, err := os.Stat(a.p.snapshot()); err != nil {
		return nil, nil //nolint:nilerr // there is none
	}
	c := engine.Config{Log: log, Bodies: log, Clock: a.p.clock, Roots: a.tree, Snapshots: snapshotIn(a.p.snapshot())}
	const tries = 5 // each time the office has written a snapshot that is newer than the tree
	for try := 1; ; try++ {
		if err := a.tree.CatchUp(ctx, log); err != nil {
			return nil, err
		}
		if quick {
			at, err := engine.SnapshotAt(ctx, c)
			if errors.Is(err, seal.ErrNotSealed) && try < tries {
				continue
			}
			return a.refusedOr(ctx, &comparedSnapshot{Snapshot: at}, err)
		}
		e, err := engine.Open(ctx, c)
		if err != nil {
			return nil, unverified(fmt.Errorf("%s can't be read: %w", a.p.log, err))
		}
		how := e.Thawed()
		if errors.Is(how.Refused, seal.ErrNotSealed) && try < tries {
			continue
		}
		if how.Refused != nil || how.From == 0 {
			return a.refusedOr(ctx, nil, how.Refused)
		}
		r, err := e.Rebuild(ctx, nil)
		if err != nil && !errors.Is(err, engine.ErrDiffers) {
			return nil, err
		}
		s := &comparedSnapshot{Snapshot: how.From, Position: r.Position}
		if err != nil {
			s.Differs = err.Error()
		}
		return s, nil
	}
}

// refusedOr notes why a snapshot is not used, or returns how it compares.
func (a *audit) refusedOr(ctx context.Context, s *comparedSnapshot, refused error) (*comparedSnapshot, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if refused != nil {
		a.p.note("%s", notUsed(a.p.snapshot(), refused))
		return nil, nil
	}
	if s != nil && s.Snapshot == 0 {
		return nil, nil
	}
	return s, nil
}

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
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/seal"
	"github.com/comity-project/comity/eventlog/transfer"
)

func (p *program) logCopyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "copy FROM TO",
		Short: "Copy an office into another log: from a file into a cluster, or back",
		Long: `Copy makes the log TO the same as the log FROM, with the texts of the law that its records
name: the same positions, times and ids, and the same root hash. Each of the two is a file
or the address of a stream in a cluster, as --log takes them. A file that is not there is
made; FROM is only read.

  comity log copy comity.db esdb://one:2113,two:2113,three:2113/ofm
  comity log copy esdb://one:2113,two:2113,three:2113/ofm comity.db

If it breaks off, or is interrupted, TO holds the beginning of the office: the same command
again compares what is there, record by record, and goes on. A TO that holds anything else,
or more, is refused with the first position that differs, and left as it is. Records of one
command are appended at once, so that nobody who follows TO sees half of one.

What is recorded in FROM after the copy has begun is not copied, and a note says so: run it
again. To move an office, stop what records in FROM first; nobody may record in TO meanwhile.

At the end what was copied is read back from TO and compared, and the root hash over all of
it is printed; it must continue what the seal of FROM vouches for. If anything differs the
exit code is 7. A TO that is a file gets its seal. Who connects is written in an address, as
in esdb://user:password@one:2113/ofm, or in the file that COMITY_LOG_PASSWORD_FILE names.`,
		Example: `  comity log copy comity.db copy.db
  comity log copy comity.db copy.db -o json
  comity log check --log copy.db`,
		Args: atLeast(false, "FROM", "TO"),
		RunE: func(cmd *cobra.Command, args []string) error { return p.logCopy(cmd.Context(), args[0], args[1]) },
	}
}

// copied is how log copy answers programs.
type copiedLog struct {
	From     string            `json:"from"`
	To       string            `json:"to"`
	Position eventlog.Position `json:"position"`
	Root     eventlog.Hash     `json:"root"`
	// Sealed is up to where the seal of FROM vouches for what was copied; null if there
	// is none.
	Sealed *eventlog.Position `json:"sealed"`
	// Had is what TO held before, and Grown by how much FROM has grown meanwhile.
	Had     eventlog.Position `json:"had"`
	Grown   eventlog.Position `json:"grown"`
	Bodies  int               `json:"bodies"`
	Seconds float64           `json:"seconds"`
}

// A copying is a copy of a log under way: two programs like this one, each with its log.
type copying struct {
	p        *program
	from, to program
}

func (p *program) logCopy(ctx context.Context, from, to string) error {
	for _, log := range []string{from, to} {
		if err := misspelled(log); err != nil {
			return err
		}
	}
	c := &copying{p: p, from: *p, to: *p}
	passwords := p.getenv("COMITY_LOG_PASSWORD_FILE")
	c.from.keep(from, passwords, p.stateTyped)
	c.to.keep(to, passwords, "") // nobody keeps a seal of what is only copied to
	if c.from.log == c.to.log || sameFile(from, to) || samePath(from, to) {
		return badInput(fmt.Errorf("%s can't be copied to itself: name another log", c.from.log))
	}
	shown := p.opening()
	defer shown.begin("")
	result, err := c.run(ctx, shown)
	shown.begin("")
	if err != nil {
		return c.explain(err)
	}
	if result.Grown > 0 {
		p.note("%s has grown by %s meanwhile: run it again to copy them", c.from.log, plural(int(result.Grown), "record"))
	}
	if p.json() {
		return p.print(result)
	}
	g := p.page()
	copied := result.Position - result.Had
	g.line("Copied %s of %s to %s in %s, %s/s.", plural(int(copied), "record"), c.from.log, c.to.log,
		time.Duration(result.Seconds*float64(time.Second)).Round(time.Millisecond), rate(float64(copied)/max(result.Seconds, 1e-3)))
	if result.Had > 0 {
		g.line("there     %d before", result.Had)
	}
	g.line("texts     %d", result.Bodies)
	g.line("position  %d", result.Position)
	g.line("root      %s", result.Root)
	return nil
}

func (c *copying) run(ctx context.Context, shown *opening) (result copiedLog, err error) {
	begun := time.Now()
	source, err := c.from.readLog(ctx)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	end, err := head(ctx, source)
	if err != nil {
		return result, err
	}
	if end == 0 {
		return result, badInput(fmt.Errorf("%s holds no office yet: there is nothing to copy", c.from.log))
	}
	// What the seal vouches for now is in the log by now.
	live, err := seal.View(c.from.seal())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return result, fmt.Errorf("%w; nothing was copied: comity log check says more", err)
	}
	if live != nil {
		defer func() { err = errors.Join(err, live.Close()) }()
	}
	target, made, err := c.to.makeLog(ctx)
	if err != nil {
		return result, err
	}
	defer func() {
		if nothing, headErr := target.Head(context.WithoutCancel(ctx)); made && err != nil && headErr == nil && nothing == 0 {
			defer func() { _ = os.Remove(c.to.log) }() // there is nothing in it
		}
		err = errors.Join(err, target.Close())
	}()
	stage := transfer.Stage("")
	work := transfer.Copy{From: source, To: target, Look: lookAt}
	if shown != nil {
		work.Progress = func(now transfer.Stage, done, of eventlog.Position) {
			if stage != now {
				stage = now
				shown.begin(string(now))
			}
			shown.progress(domain.Position(done), domain.Position(of))
		}
	}
	had, err := work.Run(ctx)
	if d, differs := errors.AsType[*transfer.DifferenceError](err); differs && d.At >= had.Had {
		err = unverified(fmt.Errorf("%s has not kept what was copied: %w", c.to.log, err))
	}
	if err != nil {
		return result, err
	}
	shown.begin("computing the root")
	result = copiedLog{From: c.from.log, To: c.to.log, Position: had.End, Had: had.Had, Grown: had.Grown, Bodies: had.Bodies}
	tree, err := c.sealed(ctx, target)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, tree.Close()) }()
	if result.Root, err = tree.Root(ctx, had.End); err != nil {
		return result, err
	}
	if live != nil {
		n := live.Position()
		if err := agree(ctx, tree, live, min(n, had.End), c.from.log, c.to.log); err != nil {
			return result, err
		}
		result.Sealed = &n
	}
	result.Seconds = time.Since(begun).Seconds()
	return result, nil
}

// lookAt says which command a record is of, and which texts of the law it names.
func lookAt(r eventlog.Record) (transfer.Seen, error) {
	env, err := codec.Decode(r.Data)
	if err != nil {
		return transfer.Seen{}, fmt.Errorf("it is no record of an office: %w", err)
	}
	seen := transfer.Seen{Command: eventlog.ID(env.Command)}
	if text := domain.TextOf(env.Event); text != "" {
		hash, err := eventlog.ParseHash(text)
		if err != nil {
			return seen, err
		}
		seen.Bodies = []eventlog.Hash{hash}
	}
	return seen, nil
}

// sealed returns the tree over all that is in the copy, as it is read from there: the
// seal of a file, which is made, and otherwise one in memory.
func (c *copying) sealed(ctx context.Context, target store) (*seal.Tree, error) {
	if !c.to.remote() {
		tree, err := seal.Open(ctx, c.to.seal(), target)
		return tree, c.to.explainSeal(err)
	}
	tree := seal.New()
	return tree, tree.CatchUp(ctx, target)
}

// agree reports an error unless the copy begins with the first n records that a seal
// vouches for.
func agree(ctx context.Context, copied, live *seal.Tree, n eventlog.Position, from, to string) error {
	want, err := live.Root(ctx, n)
	if err != nil {
		return err
	}
	have, err := copied.Root(ctx, n)
	if err != nil {
		return err
	}
	if have != want {
		return fmt.Errorf("%w: the first %d records of %s are not what was sealed: their root is %s, and the seal says %s; %s is the same as the log, and no copy of what was recorded",
			seal.ErrMismatch, n, from, have, want, to)
	}
	return nil
}

// A brokenOff error is an interruption that says how far the work came.
type brokenOff struct {
	text string
	error
}

func (b *brokenOff) Error() string { return b.text }

func (b *brokenOff) Unwrap() error { return b.error }

// explain adds what to do.
func (c *copying) explain(err error) error {
	again := fmt.Sprintf("run it again to go on: comity log copy %s %s", quoted(c.from.log), quoted(c.to.log))
	stopped, broke := errors.AsType[*transfer.StoppedError](err)
	switch {
	case broke && errors.Is(err, context.Canceled):
		return &brokenOff{fmt.Sprintf("interrupted: %s holds the first %d of %d records; %s", c.to.log, stopped.At, stopped.Of, again), err}
	case broke && errors.Is(err, eventlog.ErrConflict):
		return fmt.Errorf("%w; somebody else records in %s: stop that first", err, c.to.log)
	case broke && exitCode(err) == exitInternal:
		return fmt.Errorf("%w; %s", err, again)
	case exitCode(err) == exitVerification:
		return err
	case errors.Is(err, transfer.ErrDiffers), errors.Is(err, transfer.ErrLonger):
		return badInput(fmt.Errorf("%s is no copy of %s: %w; nothing was changed: name another log to copy to", c.to.log, c.from.log, err))
	}
	return err
}

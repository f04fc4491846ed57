package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
)

func (p *program) logSnapshotCommand() *cobra.Command {
	var check, remove bool
	cmd := &cobra.Command{
		Use:   "snapshot",
		Short: "Save the state of the office, so that the next command need not read the whole log",
		Long: fmt.Sprintf(`A snapshot is the office's state at one position of the log, in a file beside it. A
command that finds one begins there and reads only what was recorded since. A snapshot
is used if it is proved to be of this very log, by the root of the seal, and was made by
a program that works the same way; else the log is read, and a note says why. It is
disposable: whatever is wrong with it, or if it is removed, the log says the same.

Recording writes one by itself when the log has grown by %d events since the last.
Asking never does. --check builds the state again from the first record, beside the one
of the snapshot, and compares all that both know and what they answer; the exit code is 7
if they differ.`, snapshotEvery),
		Example: `  comity log snapshot
  comity log snapshot --check
  comity log snapshot --remove`,
		Args: atLeast(false),
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case check && remove:
				return badInput(errors.New("--check and --remove: choose one of them"))
			case check:
				return p.checkSnapshot(cmd.Context())
			case remove:
				return p.removeSnapshot()
			}
			return p.writeSnapshot(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "compare the snapshot with the log, read from its beginning")
	cmd.Flags().BoolVar(&remove, "remove", false, "remove the snapshot")
	return cmd
}

func (p *program) writeSnapshot(ctx context.Context) (err error) {
	o, err := p.writeOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	if o.unkept != nil {
		return badInput(o.unkept)
	}
	written, err := o.freeze(ctx)
	if err != nil {
		return err
	}
	if p.json() {
		return p.print(written)
	}
	g := p.page()
	g.line("Wrote %s in %s.", written.Path, time.Duration(written.Seconds*float64(time.Second)).Round(time.Millisecond))
	g.line("position  %d", written.Position)
	g.line("size      %s", size(written.Bytes))
	return nil
}

// size writes a number of bytes.
func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", n)
}

func (p *program) removeSnapshot() error {
	path := p.snapshot()
	_, err := os.Stat(path)
	there := err == nil
	if err := snapshotIn(path).Remove(); err != nil {
		return err
	}
	if p.json() {
		return p.print(struct {
			Snapshot string `json:"snapshot"`
			Removed  bool   `json:"removed"`
		}{path, there})
	}
	if !there {
		p.page().line("There is no snapshot %s.", path)
		return nil
	}
	p.page().line("Removed %s. The next command reads the log from its beginning.", path)
	return nil
}

// checkedSnapshot is how log snapshot --check answers programs.
type checkedSnapshot struct {
	OK       bool            `json:"ok"`
	Snapshot domain.Position `json:"snapshot"` // of which it is
	Position domain.Position `json:"position"` // at which it was compared
	InUse    digests         `json:"in_use"`
	Anew     digests         `json:"anew"`
	Differs  string          `json:"differs,omitempty"`
}

type digests struct {
	Content string `json:"content"`
	Answers string `json:"answers"`
}

func (p *program) checkSnapshot(ctx context.Context) (err error) {
	path := p.snapshot()
	if _, err := os.Stat(path); err != nil {
		return badInput(fmt.Errorf("there is no snapshot %s: comity log snapshot writes one", path))
	}
	quiet := *p
	quiet.quiet = true // what would be a note is the error here
	o, err := quiet.readOffice(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	switch how := o.Thawed(); {
	case how.Refused != nil:
		return unverified(fmt.Errorf("%s: %w; comity log snapshot writes another", path, how.Refused))
	case how.From == 0:
		return unverified(fmt.Errorf("%s can't be held against the seal %s, so it is not used: comity log check says more", path, p.seal()))
	}
	reading := p.meter("reading the log from its beginning")
	r, err := o.Rebuild(ctx, func(done, of domain.Position) {
		if reading != nil {
			reading(int(done), int(of))
		}
	})
	reading.end()
	if err != nil && !errors.Is(err, engine.ErrDiffers) {
		return err
	}
	result := checkedSnapshot{
		OK: err == nil, Snapshot: o.frozen, Position: r.Position,
		InUse: digests{r.InUse.Content.String(), r.InUse.Answers.String()},
		Anew:  digests{r.Anew.Content.String(), r.Anew.Answers.String()},
	}
	if err != nil {
		p.code = exitVerification
		result.Differs = err.Error()
	}
	if p.json() {
		return p.print(result)
	}
	g := p.page()
	if result.OK {
		g.line("%s is %s: what it leads to is what the log says, read from its beginning.", path, g.paint(good, "whole"))
	} else {
		g.line("%s is %s: %s.", path, g.paint(bad, "not what the log says"), result.Differs)
		g.line("Remove it with comity log snapshot --remove, and tell us: this should not happen.")
	}
	g.line("snapshot  of position %d", result.Snapshot)
	g.line("position  %d", result.Position)
	g.line("content   %s", result.Anew.Content)
	g.line("answers   %s", result.Anew.Answers)
	return nil
}

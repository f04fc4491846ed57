package generate

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"github.com/comity-project/comity/domain/codec"
)

// Progress is told how many events are done, now and then.
type Progress func(done int)

// Write writes the office as JSON lines, one event on each, in their stored form:
// what a history office takes from a file. It says when each was recorded and to
// which command it belongs.
func (o *Office) Write(ctx context.Context, to io.Writer, progress Progress) error {
	out := bufio.NewWriterSize(to, 1<<16)
	done := 0
	for command := range o.Commands() {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, e := range command.Drafts {
			line, err := codec.Encode(e)
			if err != nil {
				return fmt.Errorf("event %d: %w", done, err)
			}
			if _, err := out.Write(append(line, '\n')); err != nil {
				return err
			}
			done++
		}
		if progress != nil {
			progress(done)
		}
	}
	return out.Flush()
}

package seal

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/comity-project/comity/eventlog"
)

// ErrMismatch is returned when a log and its seal, or a proof and a root,
// don't go together: something was changed. From [Tree.Check] it is a
// [*MismatchError], which says where.
var ErrMismatch = errors.New("log and seal differ")

// A Difference is a hash that the seal has and the log doesn't give.
type Difference struct {
	First, Last eventlog.Position // the records under the hash; one, if it is a leaf
	Reason      string
}

func (d Difference) String() string {
	if d.First == d.Last {
		return fmt.Sprintf("record %d: %s", d.First, d.Reason)
	}
	return fmt.Sprintf("records %d to %d: %s", d.First, d.Last, d.Reason)
}

// A MismatchError lists the first differences between a log and its seal.
type MismatchError struct {
	Differences []Difference // at most 10
	Total       int
}

func (e *MismatchError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v in %d places", ErrMismatch, e.Total)
	for _, d := range e.Differences {
		fmt.Fprintf(&b, "\n\t%v", d)
	}
	if more := e.Total - len(e.Differences); more > 0 {
		fmt.Fprintf(&b, "\n\tand %d more", more)
	}
	return b.String()
}

// Is reports that a MismatchError is an [ErrMismatch].
func (e *MismatchError) Is(target error) bool { return target == ErrMismatch }

func (e *MismatchError) add(d Difference) {
	e.Total++
	if len(e.Differences) < 10 {
		e.Differences = append(e.Differences, d)
	}
}

// A Report says what [Tree.Check] has read.
type Report struct {
	Checked  eventlog.Position // records read, hashed and compared
	Root     eventlog.Hash     // over them, computed from the log alone
	Unsealed eventlog.Position // records that the log has beyond them
}

// Check reads every record that the tree vouches for from the log again,
// computes every hash anew and compares it with the one kept. It trusts
// nothing, and goes on after a difference to find the others. What the log
// itself finds wrong, such as [eventlog.ErrCorrupt], is returned as it is,
// and ends the check.
func (t *Tree) Check(ctx context.Context, log eventlog.Log) (Report, error) {
	report, err := t.check(ctx, log)
	if err != nil {
		return report, fmt.Errorf("check log against its seal: %w", err)
	}
	return report, nil
}

func (t *Tree) check(ctx context.Context, log eventlog.Log) (Report, error) {
	var report Report
	n := t.Position()
	head, err := log.Head(ctx)
	if err != nil {
		return report, err
	}
	c := checker{kept: &ahead{store: t.store, end: tlog.StoredHashCount(int64(n))}}
	if head < n {
		c.found.add(Difference{head, n - 1, "sealed, and no longer in the log"})
	} else {
		report.Unsealed = head - n
	}
	if n > 0 && head > 0 {
		for record, err := range log.Read(ctx, 0) {
			if err != nil {
				return report, err
			}
			if err := c.compare(tlog.RecordHash(record.Data)); err != nil {
				return report, err
			}
			if c.n == int64(n) {
				break
			}
		}
	}
	report.Checked = eventlog.Position(c.n)
	root, err := c.root()
	report.Root = eventlog.Hash(root)
	if err == nil && c.found.Total > 0 {
		err = &c.found
	}
	return report, err
}

// A checker builds the tree again and holds it against the hashes kept.
type checker struct {
	n     int64 // leaves compared
	edge  edge  // of the tree as the log gives it
	kept  *ahead
	wrong int64 // number of the last leaf that differs, plus 1
	found MismatchError
}

// compare adds a leaf and compares the hashes that it completes.
func (c *checker) compare(leaf tlog.Hash) error {
	hashes, err := c.edge.add(c.n, leaf)
	if err != nil {
		return err
	}
	for level, want := range hashes {
		kept, err := c.kept.next()
		if err != nil {
			return err
		}
		if kept == want {
			continue
		}
		first := c.n + 1 - 1<<level
		switch {
		case level == 0:
			c.wrong = c.n + 1
			c.found.add(Difference{eventlog.Position(first), eventlog.Position(c.n), "not what was sealed"})
		case c.wrong <= first: // otherwise it differs because a leaf under it does
			c.found.add(Difference{eventlog.Position(first), eventlog.Position(c.n), "as they were sealed, but a hash over them is wrong: the seal itself is damaged"})
		}
	}
	c.n++
	return nil
}

// root returns the root of the tree as the log gives it, from its edge: every
// hash that it is made of is the last one of its level.
func (c *checker) root() (tlog.Hash, error) { return tlog.TreeHash(c.n, &c.edge) }

// ahead reads the hashes of a store in their order, many at a time.
type ahead struct {
	store   store
	at, end int64
	read    []tlog.Hash
}

func (a *ahead) next() (tlog.Hash, error) {
	if len(a.read) == 0 {
		indexes := make([]int64, min(4096, a.end-a.at))
		for i := range indexes {
			indexes[i] = a.at + int64(i)
		}
		hashes, err := a.store.ReadHashes(indexes)
		if err != nil {
			return tlog.Hash{}, err
		}
		a.read = hashes
		a.at += int64(len(hashes))
	}
	hash := a.read[0]
	a.read = a.read[1:]
	return hash, nil
}

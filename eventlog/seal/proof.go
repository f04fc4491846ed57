package seal

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/comity-project/comity/eventlog"
)

// A Proof is a list of hashes, from the leaves up, that together with what
// the checker knows make a root. It has about as many as the number of
// records has binary digits.
type Proof []eventlog.Hash

// ProveRecord proves that a record is at its position in the log that ends
// at another.
func (t *Tree) ProveRecord(ctx context.Context, record, end eventlog.Position) (Proof, error) {
	err := t.covers(ctx, end)
	if err == nil && record >= end {
		err = fmt.Errorf("the log ends before it")
	}
	var hashes tlog.RecordProof
	if err == nil {
		hashes, err = tlog.ProveRecord(int64(end), int64(record), t.store)
	}
	if err != nil {
		return nil, fmt.Errorf("prove record %d in the first %d: %w", record, end, err)
	}
	return convert[Proof, eventlog.Hash](hashes), nil
}

// CheckRecord reports whether data is that of a record in the log that ends
// at a position and has this root there.
func CheckRecord(proof Proof, end eventlog.Position, root eventlog.Hash, record eventlog.Position, data []byte) error {
	err := tlog.CheckRecord(convert[tlog.RecordProof, tlog.Hash](proof), int64(end), tlog.Hash(root), int64(record), tlog.RecordHash(data))
	if err != nil {
		return fmt.Errorf("%w: record %d in the first %d: %w", ErrMismatch, record, end, err)
	}
	return nil
}

// ProvePrefix proves that the log that ends at one position is the beginning
// of the one that ends at another.
func (t *Tree) ProvePrefix(ctx context.Context, prefix, end eventlog.Position) (Proof, error) {
	err := t.covers(ctx, end)
	if err == nil && prefix > end {
		err = fmt.Errorf("the log ends before it")
	}
	var hashes tlog.TreeProof
	if err == nil && prefix > 0 { // every log begins with the empty one
		hashes, err = tlog.ProveTree(int64(end), int64(prefix), t.store)
	}
	if err != nil {
		return nil, fmt.Errorf("prove the first %d records in the first %d: %w", prefix, end, err)
	}
	return convert[Proof, eventlog.Hash](hashes), nil
}

// CheckPrefix reports whether the log with one root continues the log with
// the other.
func CheckPrefix(proof Proof, end eventlog.Position, root eventlog.Hash, prefix eventlog.Position, prefixRoot eventlog.Hash) error {
	var err error
	if prefix > 0 {
		err = tlog.CheckTree(convert[tlog.TreeProof, tlog.Hash](proof), int64(end), tlog.Hash(root), int64(prefix), tlog.Hash(prefixRoot))
	} else if empty, _ := tlog.TreeHash(0, nil); len(proof) > 0 || eventlog.Hash(empty) != prefixRoot || end == 0 && root != prefixRoot {
		err = fmt.Errorf("not the root of an empty log")
	}
	if err != nil {
		return fmt.Errorf("%w: the first %d records in the first %d: %w", ErrMismatch, prefix, end, err)
	}
	return nil
}

// convert turns a list of hashes of one package into that of another.
func convert[Out ~[]O, O, I ~[32]byte, In ~[]I](in In) Out {
	out := make(Out, len(in))
	for i := range in {
		out[i] = O(in[i])
	}
	return out
}

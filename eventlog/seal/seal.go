// Package seal makes tampering with a log evident.
//
// It keeps a Merkle tree over the data of the records, the one of RFC 6962:
// record i is leaf i, and the root over the first n records is one hash that
// stands for all of them in their order. Whoever has once seen the root at a
// position can tell later whether the records before it are still the same,
// byte for byte.
//
//	     root at 4                leaf   = SHA-256(0x00, data)
//	    ╱         ╲               parent = SHA-256(0x01, left, right)
//	 ╱   ╲       ╱   ╲
//	0     1     2     3     ...   records
//
// A [Tree] grows with the log: [Tree.Append] takes the data of records that
// are durable, [Tree.Root] answers for any position so far. [Open] keeps the
// tree in a file beside the log, [New] in memory. [Tree.Check] trusts neither:
// it reads every record again and compares every hash.
//
// Proofs come in pairs. [Tree.ProveRecord] and [CheckRecord] show that a
// record is at its position under a root; [Tree.ProvePrefix] and
// [CheckPrefix] show that one root continues another, so nothing before it
// was changed. Checking needs no log and no tree.
//
// A seal shows that something was changed, not who was entitled to: against
// someone who rewrites the log, the file of hashes and every root that was
// ever given away it is powerless. Giving roots away, signed, is the work of
// checkpoints.
package seal

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/comity-project/comity/eventlog"
)

// A Tree is a Merkle tree that grows. One goroutine may append while others
// ask, or several may be witnesses of the same log.
type Tree struct {
	mu     sync.RWMutex
	n      int64   // mu; leaves
	edge   edge    // mu
	store  store   // the hashes of the first n leaves, which never change
	marked int64   // mu; leaves that the file's mark speaks of
	file   *sealed // nil in memory; the same as store otherwise
	viewed bool    // the file is another's to write
}

// A store keeps hashes in the order in which tlog numbers them: each leaf as
// it comes, followed by the inner nodes that it completes.
type store interface {
	tlog.HashReader
	write(index int64, hashes []tlog.Hash) error
}

// An edge has, for each level of a tree, the last hash in it. They are all
// that is needed to add a leaf.
type edge [64]tlog.Hash

// ReadHashes implements [tlog.HashReader] for the hashes that adding a leaf
// asks for.
func (e *edge) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, _ := tlog.SplitStoredHashIndex(index)
		hashes[i] = e[level]
	}
	return hashes, nil
}

// add adds leaf number n and returns the hashes to be stored for it.
func (e *edge) add(n int64, leaf tlog.Hash) ([]tlog.Hash, error) {
	hashes, err := tlog.StoredHashesForRecordHash(n, leaf, e)
	if err != nil {
		return nil, err
	}
	copy(e[:], hashes) // one for each level, from the leaf up
	return hashes, nil
}

// load reads the edge of a tree of n leaves.
func (e *edge) load(n int64, r tlog.HashReader) error {
	var indexes []int64
	for level := 0; n>>level > 0; level++ {
		indexes = append(indexes, tlog.StoredHashIndex(level, n>>level-1))
	}
	hashes, err := r.ReadHashes(indexes)
	if err != nil {
		return err
	}
	*e = edge{}
	copy(e[:], hashes)
	return nil
}

// New returns an empty tree in memory. It takes 64 bytes a record.
func New() *Tree { return &Tree{store: new(memory)} }

// Position returns how many records the tree vouches for.
func (t *Tree) Position() eventlog.Position {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return eventlog.Position(t.n)
}

// Append adds the data of the next records of the log, which must be durable
// there. On an error the tree is as it was.
func (t *Tree) Append(data ...[]byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.append(data)
}

func (t *Tree) append(data [][]byte) error {
	if t.viewed {
		return fmt.Errorf("seal record %d: %w", t.n, eventlog.ErrReadOnly)
	}
	edge, n := t.edge, t.n
	hashes := make([]tlog.Hash, 0, 2*len(data)+8)
	for _, d := range data {
		added, err := edge.add(n, tlog.RecordHash(d))
		if err != nil {
			return fmt.Errorf("seal record %d: %w", n, err)
		}
		hashes = append(hashes, added...)
		n++
	}
	if err := t.store.write(tlog.StoredHashCount(t.n), hashes); err != nil {
		return fmt.Errorf("seal records %d to %d: %w", t.n, n, err)
	}
	t.edge, t.n = edge, n
	if t.file != nil && t.n-t.marked >= markEvery {
		return t.mark()
	}
	return nil
}

// Witness holds the data of durable records, the first of which is at a position,
// against the tree, and adds those that it has not got. Any number of goroutines
// may be witnesses of the same records. An error that matches [ErrMismatch] says
// that a record is not the one that was sealed; [ErrNotSealed] that there are
// records between the tree and the first of these.
func (t *Tree) Witness(at eventlog.Position, data ...[]byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if int64(at) > t.n {
		return fmt.Errorf("%w: record %d, and the seal vouches for %d", ErrNotSealed, at, t.n)
	}
	for i, d := range data {
		n := int64(at) + int64(i)
		if n == t.n {
			return t.append(data[i:])
		}
		kept, err := t.store.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
		if err != nil {
			return fmt.Errorf("read the seal of record %d: %w", n, err)
		}
		if tlog.RecordHash(d) != kept[0] {
			return fmt.Errorf("%w: record %d is not what was sealed", ErrMismatch, n)
		}
	}
	return nil
}

// CatchUp appends what a log has and the tree has not.
func (t *Tree) CatchUp(ctx context.Context, log eventlog.Log) error {
	batch := make([][]byte, 0, 1024)
	at := t.Position()
	for record, err := range log.Read(ctx, at) {
		if errors.Is(err, eventlog.ErrPastEnd) {
			return fmt.Errorf("%w: the seal vouches for %d records: %w", ErrMismatch, at, err)
		}
		if err != nil {
			return fmt.Errorf("seal: %w", err)
		}
		if batch = append(batch, record.Data); len(batch) == cap(batch) {
			if err := t.Witness(at, batch...); err != nil {
				return err
			}
			at += eventlog.Position(len(batch))
			batch = batch[:0]
		}
	}
	if len(batch) == 0 {
		return nil
	}
	return t.Witness(at, batch...)
}

// ErrNotSealed is returned when a tree is asked about records that it doesn't
// have yet.
var ErrNotSealed = errors.New("position is not sealed yet")

// Root returns the root over the records before a position.
func (t *Tree) Root(ctx context.Context, at eventlog.Position) (eventlog.Hash, error) {
	if err := t.covers(ctx, at); err != nil {
		return eventlog.Hash{}, fmt.Errorf("root at position %d: %w", at, err)
	}
	root, err := tlog.TreeHash(int64(at), t.store)
	if err != nil {
		return eventlog.Hash{}, fmt.Errorf("root at position %d: %w", at, err)
	}
	return eventlog.Hash(root), nil
}

// covers reports an error unless the tree has the records before a position.
func (t *Tree) covers(ctx context.Context, at eventlog.Position) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if n := t.Position(); at > n {
		return fmt.Errorf("%w: the tree is at %d", ErrNotSealed, n)
	}
	return nil
}

// memory is a store in memory.
type memory struct {
	mu     sync.RWMutex
	hashes []tlog.Hash // mu
}

func (m *memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(m.hashes)) {
			return nil, fmt.Errorf("hash %d of %d", index, len(m.hashes))
		}
		hashes[i] = m.hashes[index]
	}
	return hashes, nil
}

func (m *memory) write(index int64, hashes []tlog.Hash) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hashes = append(m.hashes[:index], hashes...)
	return nil
}

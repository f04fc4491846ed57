package seal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"path/filepath"
	"runtime"
	"sort"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/comity-project/comity/eventlog"
)

// The layout of a seal file. Numbers are big endian.
//
//	0     "comity.seal\n"                          12 bytes
//	12    version, 1                                4
//	512   mark                                     64
//	1024  mark                                     64
//	4096  hash 0, hash 1, hash 2, ...              32 each, in tlog's order
//
// and of a mark, which says how much of the file has reached storage:
//
//	0     n, a number of leaves                     8
//	8     root over the first n                    32
//	40    SHA-256 of "comity.mark\n" and the above,
//	      its first bytes                          24
//
// Marks are written in turn, so that one torn by a crash leaves the other.
// The greater valid one counts. Hashes beyond it are not believed: they are
// computed again from the log.
const (
	magic       = "comity.seal\n"
	markMagic   = "comity.mark\n"
	fileVersion = 1
	markSize    = 64
	hashesAt    = 4096
)

var markAt = [2]int64{512, 1024}

// markEvery is after how many leaves a mark is written: what a crash costs
// is hashing as many again.
const markEvery = 1 << 16

// maxLeaves is more than a file can have; it keeps arithmetic from
// overflowing when a file says otherwise.
const maxLeaves = 1 << 48

var (
	// ErrNotASeal is returned when what was opened is something else.
	ErrNotASeal = errors.New("not a comity seal")

	// ErrDamaged is returned when a seal file can't be what was written. The
	// log may be whole: remove the seal to have it made again, after asking
	// how it came to this and comparing the root with one noted elsewhere.
	ErrDamaged = errors.New("seal file is damaged")
)

// Open opens the tree of a log in the file at path, making it if it is absent,
// and brings it up to the head of the log. What was being written in a crash
// is computed again. A file that vouches for records which the log has lost
// or changed gives [ErrMismatch]; the newest record is compared at once, all
// of them by [Tree.Check]. What a mark speaks of is never sealed anew.
//
// Only the process that writes the log may open its seal, others use [View].
func Open(ctx context.Context, path string, log eventlog.Log) (*Tree, error) {
	t, err := open(ctx, path, log)
	if err != nil {
		return nil, fmt.Errorf("open seal %s: %w", path, err)
	}
	return t, nil
}

func open(ctx context.Context, path string, log eventlog.Log) (*Tree, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if err := create(path); err != nil {
			return nil, err
		}
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	s := &sealed{file: f}
	t := &Tree{store: s, file: s}
	if err := t.restore(ctx, log); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return t, nil
}

// View opens the file of a tree that another process may be appending to. The
// tree has the records that had reached storage and doesn't grow.
func View(path string) (*Tree, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("view seal: %w", err)
	}
	s := &sealed{file: f}
	t := &Tree{store: s, file: s}
	if err := t.view(); err != nil {
		return nil, errors.Join(fmt.Errorf("view seal %s: %w", path, err), f.Close())
	}
	return t, nil
}

func (t *Tree) view() error {
	n, root, err := t.file.readHeader()
	if err != nil {
		return err
	}
	if n > t.file.leaves() {
		return fmt.Errorf("%w: it says that it has %d leaves, but ends before", ErrDamaged, n)
	}
	t.n, t.marked, t.viewed = n, n, true
	return t.confirm(n, root)
}

// restore believes the file as far as its mark goes, computes what is missing
// from the log, and compares.
func (t *Tree) restore(ctx context.Context, log eventlog.Log) error {
	n, root, err := t.file.readHeader()
	if err != nil {
		return err
	}
	head, err := log.Head(ctx)
	if err != nil {
		return err
	}
	if eventlog.Position(n) > head {
		return fmt.Errorf("%w: the seal vouches for %d records, the log has %d; restore the log, or find out what became of them", ErrMismatch, n, head)
	}
	whole := min(n, t.file.leaves()) // less than n if the file lost its end
	t.n, t.marked = whole, n
	if err := t.edge.load(t.n, t.store); err != nil {
		return err
	}
	if err := t.rebuild(ctx, log, n); err != nil {
		return err
	}
	switch err := t.confirm(n, root); {
	case err != nil && whole < n:
		return fmt.Errorf("%w: the seal lost what it had from record %d on, and what the log has there is not what was sealed: %w", ErrMismatch, whole, err)
	case err != nil:
		return err
	}
	if err := t.compareNewest(ctx, log); err != nil {
		return err
	}
	if err := t.file.truncate(tlog.StoredHashCount(t.n)); err != nil {
		return err
	}
	return t.CatchUp(ctx, log)
}

// rebuild appends the records up to leaf n from the log.
func (t *Tree) rebuild(ctx context.Context, log eventlog.Log, n int64) error {
	if t.n == n {
		return nil
	}
	for record, err := range log.Read(ctx, eventlog.Position(t.n)) {
		if err != nil {
			return err
		}
		if err := t.Append(record.Data); err != nil {
			return err
		}
		if t.n == n {
			break
		}
	}
	return nil
}

// confirm compares the root at n leaves with the one in the mark.
func (t *Tree) confirm(n int64, root tlog.Hash) error {
	got, err := tlog.TreeHash(n, t.store)
	if err != nil {
		return err
	}
	if got != root {
		return fmt.Errorf("%w: its hashes don't give the root %s that it noted at position %d", ErrDamaged, eventlog.Hash(root), n)
	}
	return nil
}

// compareNewest compares the newest leaf with its record, which tells the
// seal of another log at once.
func (t *Tree) compareNewest(ctx context.Context, log eventlog.Log) error {
	if t.n == 0 {
		return nil
	}
	kept, err := t.store.ReadHashes([]int64{tlog.StoredHashIndex(0, t.n-1)})
	if err != nil {
		return err
	}
	for record, err := range log.Read(ctx, eventlog.Position(t.n-1)) {
		if err != nil {
			return err
		}
		if tlog.RecordHash(record.Data) != kept[0] {
			return fmt.Errorf("%w: record %d is not what was sealed; check the log, or find the seal that belongs to it", ErrMismatch, t.n-1)
		}
		break
	}
	return nil
}

// Sync makes what was appended durable. It is called now and then by Append,
// and by Close: the file may lag, since it can be made again from the log.
func (t *Tree) Sync() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mark()
}

// mark flushes the hashes, and then notes that they are there.
func (t *Tree) mark() error {
	if t.file == nil || t.n == t.marked {
		return nil
	}
	root, err := tlog.TreeHash(t.n, t.store)
	if err != nil {
		return fmt.Errorf("mark seal at position %d: %w", t.n, err)
	}
	if err := t.file.writeMark(t.n, root); err != nil {
		return fmt.Errorf("mark seal at position %d: %w", t.n, err)
	}
	t.marked = t.n
	return nil
}

// Close makes the tree durable and closes its file. Both marks then speak of
// all of it, so that damage to one costs nothing. A tree in memory, or one
// from View, has nothing to write.
func (t *Tree) Close() error {
	if t.file == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var err error
	if !t.viewed {
		t.marked = -1 // also if the mark was made before
		if err = t.mark(); err == nil {
			t.marked = -1
			err = t.mark()
		}
	}
	return errors.Join(err, t.file.file.Close())
}

// create makes the file of an empty tree, whole or not at all.
func create(path string) error {
	unfinished := path + ".new"
	header := make([]byte, hashesAt)
	copy(header, magic)
	binary.BigEndian.PutUint32(header[len(magic):], fileVersion)
	empty, err := tlog.TreeHash(0, nil)
	if err != nil {
		return err
	}
	copy(header[markAt[0]:], encodeMark(0, empty))
	f, err := os.Create(unfinished)
	if err != nil {
		return err
	}
	_, err = f.Write(header)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(unfinished, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
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

func encodeMark(n int64, root tlog.Hash) []byte {
	mark := binary.BigEndian.AppendUint64(make([]byte, 0, markSize), uint64(n))
	mark = append(mark, root[:]...)
	sum := sha256.Sum256(append([]byte(markMagic), mark...))
	return append(mark, sum[:markSize-len(mark)]...)
}

func decodeMark(mark []byte) (n int64, root tlog.Hash, ok bool) {
	leaves := binary.BigEndian.Uint64(mark)
	if leaves > maxLeaves {
		return 0, root, false
	}
	n = int64(leaves)
	copy(root[:], mark[8:])
	return n, root, bytes.Equal(mark, encodeMark(n, root))
}

// sealed is a store in a file.
type sealed struct {
	file *os.File
	turn int // which mark is written next; guarded by the tree's mu
}

// readHeader reads the greater mark of a file that is a seal.
func (s *sealed) readHeader() (n int64, root tlog.Hash, err error) {
	header := make([]byte, hashesAt)
	size, err := s.file.ReadAt(header, 0)
	if err != nil && err != io.EOF {
		return 0, root, err
	}
	if !bytes.HasPrefix(header, []byte(magic)) {
		return 0, root, ErrNotASeal
	}
	if v := binary.BigEndian.Uint32(header[len(magic):]); v != fileVersion {
		if v > fileVersion {
			return 0, root, fmt.Errorf("%w: the seal has version %d, this program knows %d; upgrade it", eventlog.ErrNewer, v, fileVersion)
		}
		return 0, root, fmt.Errorf("%w: no seal has version %d", ErrDamaged, v)
	}
	if size < hashesAt {
		return 0, root, fmt.Errorf("%w: it ends in its header", ErrDamaged)
	}
	n = -1
	for i, at := range markAt {
		if m, r, ok := decodeMark(header[at : at+markSize]); ok && m > n {
			n, root, s.turn = m, r, 1-i
		}
	}
	if n < 0 {
		return 0, root, fmt.Errorf("%w: neither of its marks is whole", ErrDamaged)
	}
	return n, root, nil
}

// leaves returns how many leaves the file has room for, whatever is in it.
func (s *sealed) leaves() int64 {
	info, err := s.file.Stat()
	if err != nil || info.Size() < hashesAt {
		return 0
	}
	hashes := (info.Size() - hashesAt) / tlog.HashSize
	return int64(sort.Search(int(min(hashes, maxLeaves)), func(n int) bool { return stored(int64(n)+1) > hashes }))
}

// stored is [tlog.StoredHashCount] in closed form: every leaf, and every
// inner node that is complete.
func stored(leaves int64) int64 { return 2*leaves - int64(bits.OnesCount64(uint64(leaves))) }

func (s *sealed) writeMark(n int64, root tlog.Hash) error {
	if err := s.file.Sync(); err != nil {
		return err
	}
	if _, err := s.file.WriteAt(encodeMark(n, root), markAt[s.turn]); err != nil {
		return err
	}
	s.turn = 1 - s.turn
	return s.file.Sync()
}

func (s *sealed) truncate(hashes int64) error {
	return s.file.Truncate(hashesAt + hashes*tlog.HashSize)
}

func (s *sealed) write(index int64, hashes []tlog.Hash) error {
	out := make([]byte, 0, len(hashes)*tlog.HashSize)
	for i := range hashes {
		out = append(out, hashes[i][:]...)
	}
	_, err := s.file.WriteAt(out, hashesAt+index*tlog.HashSize)
	return err
}

// ReadHashes implements [tlog.HashReader]. Neighbours are read together.
func (s *sealed) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	var buffer []byte
	for from := 0; from < len(indexes); {
		to := from + 1
		for to < len(indexes) && indexes[to] == indexes[to-1]+1 {
			to++
		}
		buffer = append(buffer[:0], make([]byte, (to-from)*tlog.HashSize)...)
		if _, err := s.file.ReadAt(buffer, hashesAt+indexes[from]*tlog.HashSize); err != nil {
			return nil, fmt.Errorf("%w: hash %d: %w", ErrDamaged, indexes[from], err)
		}
		for i := from; i < to; i++ {
			copy(hashes[i][:], buffer[(i-from)*tlog.HashSize:])
		}
		from = to
	}
	return hashes, nil
}

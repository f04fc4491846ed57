package engine_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/eventlog/seal"
	"github.com/comity-project/comity/internal/generate"
	"github.com/comity-project/comity/internal/mapped"
)

// A shelf keeps one snapshot in memory.
type shelf struct{ data []byte }

func (s *shelf) Load() ([]byte, error) { return s.data, nil }

func (s *shelf) Save(write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	s.data = b.Bytes()
	return nil
}

// made are the logs that were generated, and their seals: nobody appends to them.
var made = map[generate.Options]struct {
	*memlog.Log
	*seal.Tree
}{}

// logOf makes the log of a generated office, and its seal; the same ones each time, to be
// read only.
func logOf(t testing.TB, members, events int, seed uint64) (*memlog.Log, *seal.Tree) {
	key := generate.Options{Members: members, Events: events, Seed: seed}
	if one, found := made[key]; found {
		return one.Log, one.Tree
	}
	office, err := generate.New(generate.Options{Members: members, Events: events, Seed: seed, From: generate.DefaultFrom(), To: generate.DefaultTo()})
	require.NoError(t, err)
	log := memlog.New()
	require.NoError(t, office.Record(t.Context(), log, log, [][]byte{law(t)}, nil))
	tree := sealOf(t, log)
	made[key] = struct {
		*memlog.Log
		*seal.Tree
	}{log, tree}
	return log, tree
}

func law(t testing.TB) []byte {
	bundle, err := common()
	require.NoError(t, err)
	return bundle
}

func sealOf(t testing.TB, log eventlog.Log) *seal.Tree {
	tree := seal.New()
	require.NoError(t, tree.CatchUp(t.Context(), log))
	return tree
}

// copyOf copies the first records of a log, and its bodies' texts.
func copyOf(t testing.TB, log *memlog.Log, bundle []byte, n eventlog.Position) *memlog.Log {
	out := memlog.New()
	_, err := out.Put(t.Context(), bundle)
	require.NoError(t, err)
	var at eventlog.Position
	var batch []eventlog.Record
	for r, err := range log.Read(t.Context(), 0) {
		require.NoError(t, err)
		if at == n {
			break
		}
		at++
		batch = append(batch, r)
	}
	for from := 0; from < len(batch); from += eventlog.MaxRecords {
		_, err := out.Append(t.Context(), eventlog.Position(from), batch[from:min(from+eventlog.MaxRecords, len(batch))]...)
		require.NoError(t, err)
	}
	return out
}

func open(t testing.TB, log *memlog.Log, tree *seal.Tree, s *shelf) *engine.Engine {
	e, err := engine.Open(t.Context(), engine.Config{Log: log, Bodies: log, Snapshots: s, Roots: tree, Library: library()})
	require.NoError(t, err)
	return e
}

// same asks two engines the same of many members, at several times.
func same(t testing.TB, a, b *engine.Engine, seed uint64) {
	require.Equal(t, a.Position(), b.Position())
	view := a.Root().View()
	members := view.Subjects(domain.KindMember)
	require.Equal(t, members, b.Root().View().Subjects(domain.KindMember))
	for at := range a.Position() {
		x, _ := view.Envelope(at)
		y, _ := b.Root().View().Envelope(at)
		p, err := codec.Encode(x)
		require.NoError(t, err)
		q, err := codec.Encode(y)
		require.NoError(t, err)
		require.Equal(t, string(p), string(q))
		require.Equal(t, view.Live(at), b.Root().View().Live(at), at)
	}
	dice := rand.New(rand.NewPCG(seed, 1))
	for range 12 {
		q := engine.Question{Subject: domain.Member(domain.MemberID(members[dice.IntN(len(members))]))}
		q.AsOf = domaintest.When([]string{"2016-03-01", "2019-07-04", "2024-02-29", "2025-12-30"}[dice.IntN(4)]).At
		for _, p := range []domain.Privilege{"imm.criminal", "tax.sales", "dmv.registration", "travel.move"} {
			q.Privilege = p
			x, err := a.Ask(context.Background(), q)
			require.NoError(t, err)
			y, err := b.Ask(context.Background(), q)
			require.NoError(t, err)
			require.Equal(t, x, y)
		}
	}
}

func TestASnapshotIsAsGoodAsTheLog(t *testing.T) {
	log, tree := logOf(t, 60, 5000, 3)
	whole := open(t, log, tree, &shelf{})
	positions := []eventlog.Position{2, 77, 4096, 4097, eventlog.Position(whole.Position())}
	if raced { // at every place the same is done by the same goroutines
		positions = positions[3:4]
	}
	for _, n := range positions {
		for whole.Position() > domain.Position(n) { // ask at the end of a command
			if _, _, inside := whole.Root().Splits(domain.Position(n)); !inside {
				break
			}
			n++
		}
		s := &shelf{}
		prefix := copyOf(t, log, law(t), n)
		early := open(t, prefix, sealOf(t, prefix), s)
		at, err := early.Freeze(t.Context())
		require.NoError(t, err)
		require.Equal(t, domain.Position(n), at)

		// The log has gone on since; and so does an engine that began with it.
		late := open(t, log, tree, s)
		require.NoError(t, late.Thawed().Refused)
		require.Equal(t, at, late.Thawed().From)
		same(t, whole, late, uint64(n))

		// A snapshot of what began with one is the snapshot of what did not.
		again, fresh := &shelf{}, &shelf{}
		for e, s := range map[*engine.Engine]*shelf{open(t, log, tree, again): again, open(t, log, tree, fresh): fresh} {
			_, err := e.Freeze(t.Context())
			require.NoError(t, err)
			require.NotEmpty(t, s.data)
		}
		assert.Equal(t, sha256.Sum256(fresh.data), sha256.Sum256(again.data))
	}
}

func TestAForeignSnapshotIsRefused(t *testing.T) {
	log, tree := logOf(t, 40, 1500, 3)
	other, otherTree := logOf(t, 40, 1500, 4)
	s := &shelf{}
	_, err := open(t, log, tree, s).Freeze(t.Context())
	require.NoError(t, err)
	mine := bytes.Clone(s.data)

	first := true
	refused := func(t *testing.T, text string, log *memlog.Log, tree *seal.Tree, data []byte) {
		e := open(t, log, tree, &shelf{data})
		assert.Zero(t, e.Thawed().From)
		require.ErrorIs(t, e.Thawed().Refused, engine.ErrForeign)
		assert.ErrorContains(t, e.Thawed().Refused, text)
		if first { // and nothing is worse for it
			first = false
			same(t, open(t, log, tree, &shelf{}), e, 1)
		}
		head, err := log.Head(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, head, e.Position())
	}
	replaced := func(old, with string) []byte { return bytes.Replace(mine, []byte(old), []byte(with), 1) }
	refused(t, "not the one that it was made of", other, otherTree, mine)
	refused(t, "another event at position", other, tree, mine) // the seal was moved along with the snapshot
	refused(t, "its layout is 9", log, tree, replaced(`"layout":2`, `"layout":9`))
	refused(t, "semantics version 9", log, tree, replaced(`"semantics":1`, `"semantics":9`))
	refused(t, "zone data", log, tree, replaced(`"zone_data":"2`, `"zone_data":"1`))
	refused(t, "its first line", log, tree, []byte("{}\n"))
	refused(t, "its first line", log, tree, []byte{})
	shorter := copyOf(t, log, law(t), 700)
	refused(t, "the log ends at 700", shorter, sealOf(t, shorter), mine)

	// Whatever byte is changed, and wherever it is cut off, it is noticed.
	dice := rand.New(rand.NewPCG(1, 2))
	for range 25 {
		bad := bytes.Clone(mine)
		bad[dice.IntN(len(bad))] ^= byte(1 + dice.IntN(255))
		if dice.IntN(4) == 0 {
			bad = bad[:dice.IntN(len(bad))]
		}
		e := open(t, log, tree, &shelf{bad})
		assert.Zero(t, e.Thawed().From)
		if len(bad) > 0 {
			require.Error(t, e.Thawed().Refused)
		}
	}
	e := open(t, log, tree, &shelf{mine})
	assert.Equal(t, e.Position(), e.Thawed().From)
}

// A failing shelf fails to save, and the snapshot before stays.
type failing struct{ shelf }

func (f *failing) Save(write func(io.Writer) error) error {
	return errors.Join(write(io.Discard), errors.New("the disk is full"))
}

func TestASnapshotThatCannotBeSaved(t *testing.T) {
	log, tree := logOf(t, 20, 300, 3)
	e, err := engine.Open(t.Context(), engine.Config{Log: log, Bodies: log, Snapshots: &failing{}, Roots: tree, Library: library()})
	require.NoError(t, err)
	_, err = e.Freeze(t.Context())
	require.ErrorContains(t, err, "the disk is full")
	_, err = e.Ask(t.Context(), engine.Question{Subject: domain.Member("m-1"), Privilege: "imm.arrest"})
	require.NoError(t, err)
}

// A disk that is full after so many bytes.
type full struct {
	mapped.File
	room int
}

var errFull = errors.New("the disk is full")

func (f *full) Save(write func(io.Writer) error) error {
	return f.File.Save(func(w io.Writer) error { return write(&limited{w, f.room}) })
}

type limited struct {
	w    io.Writer
	room int
}

func (l *limited) Write(p []byte) (int, error) {
	n, err := l.w.Write(p[:min(len(p), l.room)])
	l.room -= n
	if err == nil && n < len(p) {
		err = errFull
	}
	return n, err
}

// However far the disk lasts, the snapshot before stays, and so does the state.
func TestAFullDiskLeavesTheOldSnapshot(t *testing.T) {
	log, tree := logOf(t, 20, 600, 3)
	shelf := &full{mapped.File{Path: filepath.Join(t.TempDir(), "snapshot")}, 1 << 30}
	e, err := engine.Open(t.Context(), engine.Config{Log: log, Bodies: log, Snapshots: shelf, Roots: tree, Library: library()})
	require.NoError(t, err)
	_, err = e.Freeze(t.Context())
	require.NoError(t, err)
	before, err := os.ReadFile(shelf.Path)
	require.NoError(t, err)
	digest, err := e.Root().Digest(t.Context())
	require.NoError(t, err)
	for n := 0; n < len(before); n += 1 + len(before)/40 {
		shelf.room = n
		_, err := e.Freeze(t.Context())
		require.ErrorIs(t, err, errFull)
		after, err := os.ReadFile(shelf.Path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(before, after), n)
	}
	left, err := os.ReadDir(filepath.Dir(shelf.Path))
	require.NoError(t, err)
	assert.Len(t, left, 1)
	again, err := e.Root().Digest(t.Context())
	require.NoError(t, err)
	assert.Equal(t, digest, again)
	late, err := engine.Open(t.Context(), engine.Config{Log: log, Bodies: log, Snapshots: shelf, Roots: tree, Library: library()})
	require.NoError(t, err)
	assert.Equal(t, e.Position(), late.Thawed().From)
}

// Every byte counts, at the edges of lines and chunks as anywhere.
func TestATornSnapshotIsRefused(t *testing.T) {
	log, tree := logOf(t, 20, 600, 3)
	s := &shelf{}
	e := open(t, log, tree, s)
	_, err := e.Freeze(t.Context())
	require.NoError(t, err)
	whole := s.data
	digest, err := e.Root().Digest(t.Context())
	require.NoError(t, err)
	refused := func(data []byte) {
		e := open(t, log, tree, &shelf{data})
		require.Zero(t, e.Thawed().From)
		require.Error(t, e.Thawed().Refused)
		again, err := e.Root().Digest(t.Context())
		require.NoError(t, err)
		require.Equal(t, digest, again)
	}
	places := 24
	if raced { // at every place the same is done by the same goroutines
		places = 4
	}
	for i := range places {
		at := i * (len(whole) - 1) / (places - 1)
		refused(bytes.Clone(whole[:at]))
		bad := bytes.Clone(whole)
		bad[at] ^= 1 << (i % 8)
		refused(bad)
	}
	refused(append(bytes.Clone(whole), 0))
}

func TestWhoStopsWhileASnapshotIsLoaded(t *testing.T) {
	log, tree := logOf(t, 20, 300, 3)
	s := &shelf{}
	_, err := open(t, log, tree, s).Freeze(t.Context())
	require.NoError(t, err)
	for _, at := range []string{"verifying the snapshot", "loading the snapshot", "reading the log"} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := engine.Open(ctx, engine.Config{Log: log, Bodies: log, Snapshots: s, Roots: tree, Library: library(), Phase: func(what string) {
			if what == at {
				cancel()
			}
		}})
		require.ErrorIs(t, err, context.Canceled, at)
	}
	at, err := engine.SnapshotAt(t.Context(), engine.Config{Log: log, Bodies: log, Snapshots: s, Roots: tree})
	require.NoError(t, err)
	assert.Equal(t, domain.Position(tree.Position()), at)
	_, otherTree := logOf(t, 20, 300, 4)
	_, err = engine.SnapshotAt(t.Context(), engine.Config{Log: log, Bodies: log, Snapshots: s, Roots: otherTree})
	require.ErrorIs(t, err, engine.ErrForeign)
}

package seal_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
	"github.com/comity-project/comity/eventlog/memlog"
	"github.com/comity-project/comity/eventlog/seal"
)

// filled returns a log of n records in memory.
func filled(t testing.TB, n int) *memlog.Log {
	t.Helper()
	log := memlog.New()
	grow(t, log, 0, n)
	return log
}

func grow(t testing.TB, log eventlog.Log, from, to int) {
	t.Helper()
	for from < to {
		size := min(to-from, 500)
		_, err := log.Append(t.Context(), eventlog.Position(from), logtest.Records(from, size)...)
		require.NoError(t, err)
		from += size
	}
}

func root(t testing.TB, tree *seal.Tree, at int) eventlog.Hash {
	t.Helper()
	hash, err := tree.Root(t.Context(), eventlog.Position(at))
	require.NoError(t, err)
	return hash
}

// TestVectors holds the tree against roots that others computed: those of
// Certificate Transparency's reference implementation.
func TestVectors(t *testing.T) {
	leaves := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	roots := []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	tree := seal.New()
	require.Equal(t, roots[0], root(t, tree, 0).String())
	for i, leaf := range leaves {
		data, err := hex.DecodeString(leaf)
		require.NoError(t, err)
		require.NoError(t, tree.Append(data))
		require.Equal(t, eventlog.Position(i+1), tree.Position())
	}
	for n, want := range roots { // also of positions passed long ago
		require.Equal(t, want, root(t, tree, n).String(), "root at %d", n)
	}
	_, err := tree.Root(t.Context(), 9)
	require.ErrorIs(t, err, seal.ErrNotSealed)
}

// TestAgainstTlog appends in random batches, closes and opens in between, and
// compares every root with one made the slow way.
func TestAgainstTlog(t *testing.T) {
	log := filled(t, 300)
	want := []tlog.Hash{}
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (out []tlog.Hash, _ error) {
		for _, i := range indexes {
			out = append(out, hashes[i])
		}
		return out, nil
	})
	for i := range 301 {
		hash, err := tlog.TreeHash(int64(i), reader)
		require.NoError(t, err)
		want = append(want, hash)
		added, err := tlog.StoredHashes(int64(i), logtest.Record(i).Data, reader)
		require.NoError(t, err)
		hashes = append(hashes, added...)
	}
	rapid.Check(t, func(rt *rapid.T) {
		path := filepath.Join(logtest.Dir(t), "seal")
		short := memlog.New()
		tree, err := seal.Open(t.Context(), path, short)
		require.NoError(rt, err)
		n := 0
		for range rapid.IntRange(1, 6).Draw(rt, "steps") {
			size := rapid.IntRange(0, min(40, 300-n)).Draw(rt, "size")
			var data [][]byte
			for i := range size {
				data = append(data, logtest.Record(n+i).Data)
			}
			require.NoError(rt, tree.Append(data...))
			n += size
			if rapid.Bool().Draw(rt, "close") {
				require.NoError(rt, tree.Close())
				n = rapid.IntRange(n, min(300, n+20)).Draw(rt, "grown")
				tree, err = seal.Open(t.Context(), path, prefix(t, log, n))
				require.NoError(rt, err)
				require.Equal(rt, eventlog.Position(n), tree.Position())
			}
		}
		for i := range n + 1 {
			require.Equal(rt, eventlog.Hash(want[i]), root(t, tree, i), "root at %d of %d", i, n)
		}
		require.NoError(rt, tree.Close())
	})
}

// prefix returns a log of the first n records of another.
func prefix(t testing.TB, log eventlog.Log, n int) *memlog.Log {
	t.Helper()
	short := memlog.New()
	grow(t, short, 0, n)
	return short
}

func TestProofs(t *testing.T) {
	const n = 40
	tree := seal.New()
	var roots []eventlog.Hash
	for i := range n + 1 {
		roots = append(roots, root(t, tree, i))
		require.NoError(t, tree.Append(logtest.Record(i).Data))
	}
	for end := range n + 1 {
		for i := range end {
			at, to := eventlog.Position(i), eventlog.Position(end)
			data := logtest.Record(i).Data
			proof, err := tree.ProveRecord(t.Context(), at, to)
			require.NoError(t, err)
			require.NoError(t, seal.CheckRecord(proof, to, roots[end], at, data))
			require.ErrorIs(t, seal.CheckRecord(proof, to, roots[end], at, data[1:]), seal.ErrMismatch)
			breakProof(proof, func(broken seal.Proof) {
				require.ErrorIs(t, seal.CheckRecord(broken, to, roots[end], at, data), seal.ErrMismatch)
			})
		}
		for i := range end + 1 {
			at, to := eventlog.Position(i), eventlog.Position(end)
			proof, err := tree.ProvePrefix(t.Context(), at, to)
			require.NoError(t, err)
			require.NoError(t, seal.CheckPrefix(proof, to, roots[end], at, roots[i]))
			if i != end {
				require.ErrorIs(t, seal.CheckPrefix(proof, to, roots[end], at, roots[end]), seal.ErrMismatch)
			}
			breakProof(proof, func(broken seal.Proof) {
				require.ErrorIs(t, seal.CheckPrefix(broken, to, roots[end], at, roots[i]), seal.ErrMismatch)
			})
		}
	}
	_, err := tree.ProveRecord(t.Context(), 5, 5)
	require.Error(t, err)
	_, err = tree.ProvePrefix(t.Context(), 6, 5)
	require.Error(t, err)
	_, err = tree.ProveRecord(t.Context(), 0, n+2)
	require.ErrorIs(t, err, seal.ErrNotSealed)
}

// breakProof gives away a proof with one hash spoilt, missing or too many.
func breakProof(proof seal.Proof, try func(seal.Proof)) {
	for i := range proof {
		broken := append(seal.Proof(nil), proof...)
		broken[i][i%32] ^= 0x40
		try(broken)
	}
	if len(proof) > 0 {
		try(proof[:len(proof)-1])
	}
	try(append(append(seal.Proof(nil), proof...), eventlog.Hash{}))
}

// TestTornFile cuts the file, or spoils what its marks don't speak of, as a
// crash would. The tree is made whole from the log.
func TestTornFile(t *testing.T) {
	const marked, n = 200, 300
	log := filled(t, n)
	path := filepath.Join(logtest.Dir(t), "seal")
	tree, err := seal.Open(t.Context(), path, prefix(t, log, marked))
	require.NoError(t, err)
	require.NoError(t, tree.Sync())
	require.NoError(t, tree.CatchUp(t.Context(), log))
	want := root(t, tree, n)
	file, err := os.ReadFile(path) // as it is while it is open
	require.NoError(t, err)
	require.NoError(t, tree.Close())
	end := 4096 + 32*int(tlog.StoredHashCount(marked))

	random := rand.New(rand.NewPCG(7, 8))
	for round := range 60 {
		torn := bytes.Clone(file)
		if round%2 == 0 {
			torn = torn[:4096+random.IntN(len(torn)-4096)]
		}
		for i := end; i < len(torn); i++ {
			torn[i] = byte(random.Uint32())
		}
		copied := filepath.Join(logtest.Dir(t), "seal")
		require.NoError(t, os.WriteFile(copied, torn, 0o600))
		tree, err := seal.Open(t.Context(), copied, log)
		require.NoError(t, err)
		require.Equal(t, want, root(t, tree, n))
		report, err := tree.Check(t.Context(), log)
		require.NoError(t, err)
		require.Equal(t, seal.Report{Checked: n, Root: want}, report)
		require.NoError(t, tree.Close())
	}
}

// TestWrongLog opens a seal with logs that aren't its own, or no longer.
func TestWrongLog(t *testing.T) {
	log := filled(t, 100)
	path := filepath.Join(logtest.Dir(t), "seal")
	tree, err := seal.Open(t.Context(), path, log)
	require.NoError(t, err)
	want := root(t, tree, 100)

	shorter := prefix(t, log, 60)
	_, err = tree.Check(t.Context(), shorter)
	require.ErrorIs(t, err, seal.ErrMismatch)
	require.ErrorContains(t, err, "records 60 to 99: sealed, and no longer in the log")
	require.ErrorIs(t, tree.CatchUp(t.Context(), shorter), seal.ErrMismatch)
	require.NoError(t, tree.Close())

	_, err = seal.Open(t.Context(), path, shorter)
	require.ErrorIs(t, err, seal.ErrMismatch)
	require.ErrorContains(t, err, path)
	other := memlog.New()
	_, err = other.Append(t.Context(), 0, logtest.Records(1000, 100)...)
	require.NoError(t, err)
	_, err = seal.Open(t.Context(), path, other)
	require.ErrorIs(t, err, seal.ErrMismatch)

	// A seal that lost its end is made whole only by the log that it sealed.
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(path, 4096+32*50))
	_, err = seal.View(path)
	require.ErrorIs(t, err, seal.ErrDamaged)
	_, err = seal.Open(t.Context(), path, other)
	require.ErrorIs(t, err, seal.ErrMismatch)
	require.NoError(t, os.WriteFile(path, whole[:4096+32*50], 0o600))
	tree, err = seal.Open(t.Context(), path, log)
	require.NoError(t, err)
	require.Equal(t, want, root(t, tree, 100))
	require.NoError(t, tree.Close())
}

func TestStrangeFiles(t *testing.T) {
	log := filled(t, 10)
	path := filepath.Join(logtest.Dir(t), "seal")
	tree, err := seal.Open(t.Context(), path, log)
	require.NoError(t, err)
	require.NoError(t, tree.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	changed := func(at int, to byte) []byte {
		file := bytes.Clone(whole)
		file[at] = to
		return file
	}
	twice := changed(520, 1)
	twice[1040] ^= 1
	tests := []struct {
		name string
		file []byte
		want error
	}{
		{"empty", nil, seal.ErrNotASeal},
		{"garbage", bytes.Repeat([]byte("garbage "), 1000), seal.ErrNotASeal},
		{"only a header's beginning", whole[:100], seal.ErrDamaged},
		{"newer", changed(15, 2), eventlog.ErrNewer},
		{"version 0", changed(15, 0), seal.ErrDamaged},
		{"both marks", twice, seal.ErrDamaged},
		{"the last hash", changed(len(whole)-1, whole[len(whole)-1]^1), seal.ErrDamaged},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(logtest.Dir(t), "seal")
			require.NoError(t, os.WriteFile(path, test.file, 0o600))
			_, err := seal.Open(t.Context(), path, log)
			assert.ErrorIs(t, err, test.want)
			assert.ErrorContains(t, err, path)
			_, err = seal.View(path)
			assert.ErrorIs(t, err, test.want)
			assert.ErrorContains(t, err, path)
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, len(test.file), len(after))
			require.True(t, bytes.Equal(test.file, after))
		})
	}
}

// TestBreakTheSeal flips every byte of a seal file. It is noticed when the
// file is opened or by Check, unless the byte means nothing or is in a mark
// whose twin is whole; then every root is still the same.
func TestBreakTheSeal(t *testing.T) {
	const n = 37
	log := filled(t, n)
	path := filepath.Join(logtest.Dir(t), "seal")
	tree, err := seal.Open(t.Context(), path, log)
	require.NoError(t, err)
	want := root(t, tree, n)
	require.NoError(t, tree.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for at := range whole {
		meansNothing := at >= 16 && at < 512 || at >= 576 && at < 1024 || at >= 1088 && at < 4096
		if meansNothing && at%64 != 0 {
			continue
		}
		twin := at >= 512 && at < 576 || at >= 1024 && at < 1088
		broken := bytes.Clone(whole)
		broken[at] ^= 1 << (at % 8)
		require.NoError(t, os.WriteFile(path, broken, 0o600))
		var report seal.Report
		tree, err := seal.View(path)
		if err == nil {
			report, err = tree.Check(t.Context(), log)
			require.NoError(t, tree.Close())
		}
		if meansNothing || twin {
			require.NoError(t, err, "byte %d", at)
			require.Equal(t, want, report.Root)
		} else {
			require.Error(t, err, "byte %d", at)
		}
	}
}

// TestReaders asks for roots and proofs while the tree grows.
func TestReaders(t *testing.T) {
	log := filled(t, 400)
	tree, err := seal.Open(t.Context(), filepath.Join(logtest.Dir(t), "seal"), memlog.New())
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for done := false; !done; {
				n := tree.Position()
				done = n == 400
				if n == 0 {
					continue
				}
				hash, err := tree.Root(t.Context(), n)
				assert.NoError(t, err)
				proof, err := tree.ProveRecord(t.Context(), n-1, n)
				assert.NoError(t, err)
				assert.NoError(t, seal.CheckRecord(proof, n, hash, n-1, logtest.Record(int(n-1)).Data))
			}
		})
	}
	for record, err := range log.Read(t.Context(), 0) {
		require.NoError(t, err)
		require.NoError(t, tree.Append(record.Data))
	}
	wg.Wait()
	require.NoError(t, tree.Close())
}

func TestUnsealed(t *testing.T) {
	log := filled(t, 30)
	tree := seal.New()
	require.NoError(t, tree.CatchUp(t.Context(), prefix(t, log, 20)))
	report, err := tree.Check(t.Context(), log)
	require.NoError(t, err)
	require.Equal(t, seal.Report{Checked: 20, Root: root(t, tree, 20), Unsealed: 10}, report)
	report, err = seal.New().Check(t.Context(), memlog.New())
	require.NoError(t, err)
	require.Equal(t, eventlog.Position(0), report.Checked)
}

func BenchmarkAppend(b *testing.B) {
	tree, err := seal.Open(b.Context(), filepath.Join(b.TempDir(), "seal"), memlog.New())
	require.NoError(b, err)
	data := logtest.Record(3).Data
	for b.Loop() {
		if err := tree.Append(data); err != nil {
			b.Fatal(err)
		}
	}
	require.NoError(b, tree.Close())
}

func BenchmarkRoot(b *testing.B) {
	log := filled(b, 100_000)
	tree, err := seal.Open(b.Context(), filepath.Join(b.TempDir(), "seal"), log)
	require.NoError(b, err)
	for b.Loop() {
		if _, err := tree.Root(b.Context(), 99_999); err != nil {
			b.Fatal(err)
		}
	}
	require.NoError(b, tree.Close())
}

func BenchmarkCheck(b *testing.B) {
	log := filled(b, 100_000)
	tree, err := seal.Open(b.Context(), filepath.Join(b.TempDir(), "seal"), log)
	require.NoError(b, err)
	for b.Loop() {
		if _, err := tree.Check(b.Context(), log); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(100_000*float64(b.N)/b.Elapsed().Seconds(), "records/s")
	require.NoError(b, tree.Close())
}

func Example() {
	ctx := context.Background()
	tree := seal.New()
	_ = tree.Append([]byte("granted"), []byte("restricted"))
	then, _ := tree.Root(ctx, 2) // somebody notes this
	_ = tree.Append([]byte("revoked"))
	now, _ := tree.Root(ctx, 3)

	// Later they are shown a record and that nothing before it was changed.
	record, _ := tree.ProveRecord(ctx, 2, 3)
	prefix, _ := tree.ProvePrefix(ctx, 2, 3)
	fmt.Println(seal.CheckRecord(record, 3, now, 2, []byte("revoked")))
	fmt.Println(seal.CheckPrefix(prefix, 3, now, 2, then))
	fmt.Println(errors.Is(seal.CheckRecord(record, 3, now, 2, []byte("granted")), seal.ErrMismatch))
	// Output:
	// <nil>
	// <nil>
	// true
}

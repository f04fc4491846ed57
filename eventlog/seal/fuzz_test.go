package seal_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
	"github.com/comity-project/comity/eventlog/seal"
)

// FuzzFile gives any bytes for a seal file. It is refused in words, or gives
// a tree that can be asked and checked; and if Check finds nothing, the roots
// are those of the log.
func FuzzFile(f *testing.F) {
	log := filled(f, 21)
	want := seal.New()
	require.NoError(f, want.CatchUp(f.Context(), log))
	path := filepath.Join(logtest.Dir(f), "seal")
	tree, err := seal.Open(f.Context(), path, log)
	require.NoError(f, err)
	require.NoError(f, tree.Close())
	whole, err := os.ReadFile(path)
	require.NoError(f, err)
	f.Add(whole)
	f.Add(whole[:4096+32*20])
	f.Add(whole[:4096])
	f.Add(whole[:600])
	f.Add([]byte("comity.seal\n\x00\x00\x00\x01"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, file []byte) {
		path := filepath.Join(logtest.Dir(t), "seal")
		require.NoError(t, os.WriteFile(path, file, 0o600))
		for _, open := range []func() (*seal.Tree, error){
			func() (*seal.Tree, error) { return seal.View(path) },
			func() (*seal.Tree, error) { return seal.Open(t.Context(), path, log) },
		} {
			tree, err := open()
			if err != nil {
				known := errors.Is(err, seal.ErrNotASeal) || errors.Is(err, seal.ErrDamaged) || errors.Is(err, seal.ErrMismatch) || errors.Is(err, eventlog.ErrNewer)
				require.True(t, known, "%v", err)
				continue
			}
			report, err := tree.Check(t.Context(), log)
			if err == nil {
				root, err := want.Root(t.Context(), report.Checked)
				require.NoError(t, err)
				require.Equal(t, root, report.Root)
			}
			require.NoError(t, tree.Close())
		}
	})
}

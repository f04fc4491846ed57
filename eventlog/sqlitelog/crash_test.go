package sqlitelog_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/eventlog"
	"github.com/comity-project/comity/eventlog/logtest"
	"github.com/comity-project/comity/eventlog/sqlitelog"
)

func openIn(dir string) (eventlog.Log, error) { return open(filepath.Join(dir, "office.db")) }

func TestMain(m *testing.M) { logtest.Main(m, openIn) }

func TestCrash(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	logtest.Crash(t, rounds, openIn)
}

// TestTornWAL cuts the write-ahead log where a failing power supply might
// have, or spoils what follows, and expects a log that ends with a whole batch.
func TestTornWAL(t *testing.T) {
	dir := logtest.Dir(t)
	path := filepath.Join(dir, "office.db")
	log, err := sqlitelog.Create(path, sqlitelog.Options{})
	require.NoError(t, err)
	head := 0
	for size := 1; head < 300; size = size%9 + 1 {
		_, err := log.Append(t.Context(), eventlog.Position(head), logtest.Batch(head, size)...)
		require.NoError(t, err)
		head += size
	}
	file, wal := readFile(t, path), readFile(t, path+"-wal") // as a crash leaves them
	require.NoError(t, log.Close())

	random := rand.New(rand.NewPCG(5, 6))
	lengths := map[eventlog.Position]bool{}
	for round := range 40 {
		cut := random.IntN(len(wal) + 1)
		torn := append([]byte(nil), wal[:cut]...)
		if round%2 == 1 { // the length arrived, the content didn't
			torn = append(torn, make([]byte, len(wal)-cut)...)
		}
		copied := filepath.Join(logtest.Dir(t), "office.db")
		require.NoError(t, os.WriteFile(copied, file, 0o600))
		require.NoError(t, os.WriteFile(copied+"-wal", torn, 0o600))
		log, err := sqlitelog.Open(copied, sqlitelog.Options{})
		require.NoError(t, err)
		left := logtest.CheckBatches(t, log)
		lengths[left] = true

		// It goes on from there.
		_, err = log.Append(t.Context(), left, logtest.Batch(int(left), 3)...)
		require.NoError(t, err)
		logtest.CheckBatches(t, log)
		require.NoError(t, log.Check(t.Context()))
		require.NoError(t, log.Close())
	}
	require.Greater(t, len(lengths), 20, "the cuts were all alike")
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return content
}

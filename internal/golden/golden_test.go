package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A mute is a test that keeps what it is told.
type mute struct {
	testing.TB
	said string
}

func (m *mute) Helper()                   {}
func (m *mute) Logf(string, ...any)       {}
func (m *mute) Errorf(f string, a ...any) { m.said += fmt.Sprintf(f, a...) }
func (m *mute) Fatal(a ...any)            { m.said += "fatal: " + fmt.Sprint(a...) }

func TestCompare(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "a.golden")
	compare := func(got string) string {
		m := &mute{TB: t}
		Compare(m, path, []byte(got))
		return strings.ReplaceAll(m.said, path, "a.golden")
	}

	assert.Equal(t, "there is no a.golden yet: run the test with -update to write it\ngot:\none\n", compare("one\n"))

	*update = true
	t.Cleanup(func() { *update = false })
	assert.Empty(t, compare("1\n2\n3\n4\n5\n6\n7\n8\n9\n"))
	*update = false
	written, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "1\n2\n3\n4\n5\n6\n7\n8\n9\n", string(written))

	assert.Empty(t, compare("1\n2\n3\n4\n5\n6\n7\n8\n9\n"))
	assert.Equal(t, `a.golden differs (- want, + got); if that is meant, run the test with -update
line 1:
  1
- 2
+ two
  3
  4
line 8:
  8
  9
+ "10 "
`, compare("1\ntwo\n3\n4\n5\n6\n7\n8\n9\n10 \n"))
	assert.Contains(t, compare("1\n2\n3\n4\n5\n6\n7\n8\n9"), "- 9\n+ 9 (no newline at the end)\n")
	assert.Contains(t, compare(""), "- 1\n- 2\n")
	assert.Contains(t, compare(strings.Repeat("x\n", 200_000)), "+ x\n")

	m := &mute{TB: t}
	Compare(m, filepath.Dir(path), nil)
	assert.Contains(t, m.said, "fatal: ")
}

package codec_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/codec"
	"github.com/comity-project/comity/domain/domaintest"
)

var update = flag.Bool("update", false, "write golden files that do not exist yet; see testdata/README.md")

func goldenPath(typ domain.Type, version int) string {
	return filepath.Join("testdata", fmt.Sprintf("%s.v%d.json", typ, version))
}

// Every event writes what its golden file holds.
func TestGoldenEncode(t *testing.T) {
	examples := domaintest.Examples()
	require.Len(t, examples, len(domain.Events()), "an example for every type")
	for i, e := range examples {
		require.Equal(t, domain.Events()[i].Type(), e.Type(), "examples stand in the order of domain.Events")
		data, err := codec.Encode(e)
		require.NoError(t, err)
		path := goldenPath(e.Type(), codec.Newest(e.Type()))
		if _, err := os.Stat(path); os.IsNotExist(err) && *update {
			require.NoError(t, os.WriteFile(path, append(data, '\n'), 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(data)+"\n", path)
	}
}

// Every version ever written is still read, and the newest is written back to
// the same bytes.
func TestGoldenDecode(t *testing.T) {
	for _, typ := range codec.Types() {
		for version := 1; version <= codec.Newest(typ); version++ {
			want, err := os.ReadFile(goldenPath(typ, version))
			require.NoError(t, err, "every version of every type has a golden file")
			e, err := codec.Decode(want)
			require.NoError(t, err)
			assert.Equal(t, typ, e.Type())
			if version == codec.Newest(typ) {
				got, err := codec.Encode(e)
				require.NoError(t, err)
				assert.Equal(t, string(want), string(got)+"\n")
			}
		}
	}
}

// No golden file is left over from a version that the code has forgotten.
func TestGoldenFiles(t *testing.T) {
	name := regexp.MustCompile(`^(.*)\.v([0-9]+)\.json$`)
	entries, err := os.ReadDir("testdata")
	require.NoError(t, err)
	for _, entry := range entries {
		if m := name.FindStringSubmatch(entry.Name()); m != nil {
			version, err := strconv.Atoi(m[2])
			require.NoError(t, err)
			assert.LessOrEqual(t, version, codec.Newest(domain.Type(m[1])), "%s holds a version that cannot be read", entry.Name())
		}
	}
}

// A publication that was recorded before publications could say why, or what they
// roll back, reads as one that says neither, and one that says both goes through.
func TestPublishedBeforeItCouldSayWhy(t *testing.T) {
	old, err := os.ReadFile(goldenPath("ruleset.published", 1))
	require.NoError(t, err)
	e, err := codec.Decode(old)
	require.NoError(t, err)
	published := e.Event.(domain.RulesetPublished)
	assert.Empty(t, published.Reason)
	assert.Empty(t, published.RollbackOf)
	published.Reason, published.RollbackOf = "report 7 was wrong", published.Hash
	e.Event = published
	data, err := codec.Encode(e)
	require.NoError(t, err)
	again, err := codec.Decode(data)
	require.NoError(t, err)
	assert.Equal(t, e, again)
}

package codec

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/comity-project/comity/domain/domaintest"
)

// What a scanner accepts, a reader reads as the same.
func agree(t require.TestingT, data []byte) {
	e, ok := known.scan(data)
	if !ok {
		return
	}
	want, err := known.decodeAny(data)
	require.NoError(t, err, "scanned but not read: %s", data)
	require.Equal(t, want, e, "%s", data)
}

func TestScan(t *testing.T) {
	scanned := 0
	for _, e := range domaintest.Examples() {
		data, err := Encode(e)
		require.NoError(t, err)
		agree(t, data)
		if _, ok := known.scan(data); ok {
			scanned++
		}
		// Every byte matters: none is skipped unread. The fuzz test tries more.
		for i := range data {
			for _, c := range []byte{data[i] ^ 1} {
				flipped := bytes.Clone(data)
				flipped[i] = c
				agree(t, flipped)
			}
			agree(t, data[:i])
		}
	}
	assert.GreaterOrEqual(t, scanned, 90, "nearly all events are read quickly")

	rapid.Check(t, func(t *rapid.T) {
		data, err := Encode(domaintest.Envelopes().Draw(t, "envelope"))
		require.NoError(t, err)
		agree(t, data)
	})
}

func FuzzScan(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(f, err)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(bytes.TrimSpace(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) { agree(t, data) })
}

// A required number that is 0 says nothing, to a scanner as to a reader.
func TestScanNoticesEmptyFields(t *testing.T) {
	for _, file := range []string{"points.assessed.v1.json", "fee.imposed.v1.json"} {
		data, err := os.ReadFile(filepath.Join("testdata", file))
		require.NoError(t, err)
		data = bytes.TrimSpace(data)
		_, ok := known.scan(data)
		require.True(t, ok, file)
		for _, number := range []string{`"points":4`, `"amount":5000`} {
			key, _, _ := strings.Cut(number, ":")
			data = bytes.Replace(data, []byte(number), []byte(key+":0"), 1)
		}
		_, ok = known.scan(data)
		assert.False(t, ok, file)
		_, err = known.decodeAny(data)
		assert.ErrorContains(t, err, "this is required: write ")
	}
}

func BenchmarkDecodeAny(b *testing.B) {
	data, err := os.ReadFile("testdata/member.accredited.v1.json")
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := known.decodeAny(data); err != nil {
			b.Fatal(err)
		}
	}
}

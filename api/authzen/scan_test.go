package authzen

import (
	"bufio"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
)

// bodies are those of the vectors, and some that are nearly right.
func bodies(t testing.TB) (out []string) {
	t.Helper()
	entries, err := os.ReadDir("testdata/vectors")
	require.NoError(t, err)
	for _, entry := range entries {
		file, err := os.Open("testdata/vectors/" + entry.Name())
		require.NoError(t, err)
		in := bufio.NewScanner(file)
		for in.Scan() {
			if _, body, found := strings.Cut(in.Text(), " {"); found {
				out = append(out, "{"+body)
			}
		}
		require.NoError(t, in.Err())
		require.NoError(t, file.Close())
	}
	whole := `{"subject":{"type":"user","id":"alice"},"action":{"name":"read","properties":{"soft":true,"n":-1.5e+3}},"resource":{"type":"record","id":"record-1"},"context":{"a":"b"},"evaluations":[{},{"context":{}}],"options":{}}`
	for i := range whole {
		out = append(out, whole[:i], whole[:i]+whole[i+1:], whole[:i]+" "+whole[i:], whole[:i]+`"`+whole[i:])
	}
	for _, n := range []string{"0", "-0", "00", "1.", ".5", "1e", "1e5", "1E-2", "-", "+1", "0x1", "1_0", "NaN", "9007199254740993", "1e400", "null", "tru", "true", "falsey", "[]", "{}"} {
		out = append(out, `{"context":{"n":`+n+`}}`, `{"n":`+n+`}`)
	}
	return append(out, `{"subject":{"type":"a","type":"b"}}`, `{"subject":{},"subject":{}}`, `{"context":{"a":1,"a":1}}`, `{"x":1,"x":1}`, "{\"x\":\"\x7f\"}", "{\"x\":\"\xff\"}", `{"x":"\u0041"}`, "\ufeff{}", `{"evaluations":[{},]}`, `{,}`, `{"a":1,}`, `{} {}`, "\n{ } \r\t")
}

// What is scanned is what would have been read.
func checkScan(t *testing.T, body string) (tuples, batches bool) {
	t.Helper()
	var fast, slow tuple
	s := scan{text: body}
	if s.tuple(&fast, nil); s.end() {
		require.NoError(t, api.Unmarshal([]byte(body), &slow), "%q", body)
		require.Equal(t, slow, fast, "%q", body)
		tuples = true
	}
	var fastBatch, slowBatch batch
	s = scan{text: body}
	if s.batch(&fastBatch); s.end() {
		require.NoError(t, api.Unmarshal([]byte(body), &slowBatch), "%q", body)
		require.Equal(t, slowBatch, fastBatch, "%q", body)
		batches = true
	}
	return tuples, batches
}

func TestTheScanReadsTheSame(t *testing.T) {
	tuples, batches := 0, 0
	for _, body := range bodies(t) {
		isTuple, isBatch := checkScan(t, body)
		if isTuple {
			tuples++
		}
		if isBatch {
			batches++
		}
	}
	require.Greater(t, tuples, 100)
	require.Greater(t, batches, 140)
	t.Log(tuples, batches)
}

// What nearly all callers send is scanned.
func TestTheScanReadsWhatIsUsual(t *testing.T) {
	for _, body := range []string{
		`{"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}}`,
		"{\n  \"subject\": { \"type\": \"user\", \"id\": \"alice\", \"properties\": { \"role\": \"admin\" } },\n  \"action\": { \"name\": \"delete\", \"properties\": { \"soft\": true } },\n  \"resource\": { \"type\": \"record\", \"id\": \"record-1\" },\n  \"context\": { \"time\": \"2025-06-27T18:03-07:00\", \"amount\": 300.5 }\n}\n",
	} {
		isTuple, isBatch := checkScan(t, body)
		require.True(t, isTuple && isBatch, body)
		_, isBatch = checkScan(t, `{"evaluations":[`+body+`,`+body+`],"options":{"evaluations_semantic":"execute_all"}}`)
		require.True(t, isBatch)
	}
}

func FuzzScan(f *testing.F) {
	for _, body := range bodies(f) {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) { checkScan(t, body) })
}

package authzen_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What can't be read is refused before anybody is asked about, on every endpoint, and
// wherever in the body it is.
func TestBodiesThatAreRefused(t *testing.T) {
	s := records(t)
	const rest = `"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record","id":"record-1"}`
	for what, body := range map[string]string{
		"too deep":               `{` + rest + `,"x":` + strings.Repeat(`[`, 40) + strings.Repeat(`]`, 40) + `}`,
		"too deep, and no JSON":  strings.Repeat(`{"subject":`, 10_000),
		"no UTF-8":               `{` + rest + `,"context":{"a":"` + "\xff" + `"}}`,
		"half a pair":            `{` + rest + `,"context":{"a":"\ud800"}}`,
		"a name twice":           `{` + rest + `,"subject":{"type":"user","id":"bob"}}`,
		"a name twice, escaped":  `{` + rest + `,"\u0073ubject":{"type":"user","id":"bob"}}`,
		"a name twice, far in":   `{` + rest + `,"x":[{"y":{"a":1,"a":2}}]}`,
		"a name twice in a list": `{` + rest + `,"evaluations":[{"context":{"a":1,"a":1}}]}`,
		"a comma too many":       `{` + rest + `,}`,
		"a remark":               `{` + rest + `/* alice */}`,
		"a mark of bytes":        "\ufeff{" + rest + `}`,
		"single quotes":          `{'subject':{}}`,
		"more after it":          `{` + rest + `}{}`,
		"a text":                 `"{}"`,
		"null":                   `null`,
		"a control character":    `{` + rest + `,"context":{"a":"` + "\x00" + `"}}`,
	} {
		for endpoint := range paths {
			w := s.call(endpoint, body)
			assert.Equal(t, http.StatusBadRequest, w.Code, "%s: %s: %s", what, endpoint, w.Body)
			assert.NotContains(t, w.Body.String(), `"decision"`)
		}
	}
	large := `{` + rest + `,"x":"` + strings.Repeat("x", 1<<20) + `"}`
	assert.Equal(t, http.StatusRequestEntityTooLarge, s.call("evaluation", large).Code)
	assert.Equal(t, http.StatusBadRequest, s.call("evaluation", `{`+rest+`}`, "Content-Encoding", "gzip").Code)
	assert.Equal(t, http.StatusBadRequest, s.call("evaluation", `{`+rest+`}`, "Content-Type", "application/json; charset=latin1").Code)
	assert.Equal(t, `{"decision":true}`, s.answer(t, "evaluation", `{`+rest+`}`))
}

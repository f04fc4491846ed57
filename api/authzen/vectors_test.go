package authzen_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
)

// All vectors, twice: what was asked before changes nothing.
func TestVectors(t *testing.T) {
	s := records(t)
	for _, file := range []string{"basic.txt", "batch.txt", "search.txt"} {
		all := vectors(t, file)
		require.NotEmpty(t, all)
		for _, v := range append(all, all...) {
			t.Run(strings.TrimSuffix(file, ".txt")+"/"+v.name, func(t *testing.T) {
				w := s.call(v.endpoint, v.body, append(v.headers, "X-Request-ID", "r-1")...)
				require.Equal(t, v.status, strconv.Itoa(w.Code), "%s", w.Body)
				assert.Equal(t, []string{"r-1"}, map[string][]string(w.Header())[api.RequestIDHeader])
				if w.Code == http.StatusOK {
					assert.Equal(t, v.want, w.Body.String())
					assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
					assert.Equal(t, strconv.Itoa(int(s.office.Position())), w.Header().Get("Comity-Position"))
					return
				}
				assert.Contains(t, w.Body.String(), v.want)
				want := "text/plain; charset=utf-8"
				if len(v.headers) > 0 && v.headers[0] == "Accept" {
					want = v.headers[1]
				}
				assert.Equal(t, want, w.Header().Get("Content-Type"))
			})
		}
	}
}

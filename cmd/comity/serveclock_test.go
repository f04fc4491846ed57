package main

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/api"
)

// TestServeClockSteps sets the clock of the machine back and forth while the server runs.
// It answers and records on, in the order of the log, and is ready again at once.
func TestServeClockSteps(t *testing.T) {
	furnishLive(t)
	var off atomic.Int64
	s := startServingBy(t, "comity serve --decisions answers.db", func() time.Time { return time.Now().Add(time.Duration(off.Load())) })
	for n, step := range []time.Duration{0, -time.Hour, 0, time.Minute, -24 * time.Hour, time.Hour, 0} {
		off.Store(int64(step))
		key := fmt.Sprintf("step-%d", n)
		status, text := s.ask(http.MethodPost, s.url+"/v1/events", arrival(key), api.KeyHeader, key)
		require.Equal(t, http.StatusOK, status, "%v: %s", step, text)
		status, text = s.ask(http.MethodPost, s.url+"/v1/events", arrival(key), api.KeyHeader, key)
		require.Equal(t, http.StatusOK, status, "%v: %s", step, text)
		assert.Contains(t, text, `"repeated":true`)
		status, text = s.ask(http.MethodPost, s.url+"/v1/ask", fmt.Sprintf(`{"subject":%q,"privilege":"imm.criminal"}`, key))
		require.Equal(t, http.StatusOK, status, "%v: %s", step, text)
		require.Eventually(t, func() bool {
			status, text = s.ask(http.MethodGet, s.operations+"/readyz", "")
			return status == http.StatusOK
		}, patience, 20*time.Millisecond, "%v: %s", step, text)
	}
	assert.Zero(t, s.end())
	typed(t, "comity log check")
	typed(t, "comity audit replay --decisions answers.db")
}

package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBarLine(t *testing.T) {
	for _, tt := range []struct {
		done, of int
		speed    float64
		width    int
		want     string
	}{
		{500, 1000, 100, 80, "reading [===============               ]  50%  100/s  5s left"},
		{500, 1000, 100, 50, "reading [=========         ]  50%  100/s  5s left"},
		{500, 1000, 100, 36, "reading  50%  100/s  5s left"},
		{500, 1000, 100, 12, "reading  50"},
		{500, 1000, 100, 1, ""},
		{1000, 1000, 2.5e6, 60, "reading [===========================] 100%  2.5M/s  0s left"},
		{1100, 1000, 1500, 80, "reading [==============================] 100%  1.5k/s  0s left"},
		{1, 1000, 0, 80, "reading [                              ]   0%  0/s  ? left"},
		{500, 1000, 100, 0, "reading [===============               ]  50%  100/s  5s left"},
	} {
		assert.Equal(t, tt.want, barLine("reading", tt.done, tt.of, tt.speed, tt.width))
	}
	for width := 1; width < 200; width++ {
		line := barLine("reading the log", 123_456, 5_000_000, 98_765.4, width)
		assert.Less(t, columns(line), max(width, 1), line)
	}
}

// A bar comes after a second, at most ten times in one, follows the width of the
// window and leaves nothing behind.
func TestBar(t *testing.T) {
	var out bytes.Buffer
	now, width := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), 80
	b := newBar(&out, "reading", func() int { return width }, func() time.Time { return now })
	for i := range 3000 { // three seconds
		now = now.Add(time.Millisecond)
		if i == 2000 {
			width = 40
		}
		b.show(i+1, 6000)
	}
	drawn := strings.Split(strings.TrimPrefix(out.String(), "\r"), "\r")
	assert.InDelta(t, 20, len(drawn), 1)
	for i, line := range drawn {
		require.True(t, strings.HasSuffix(line, "\x1b[K"), line)
		line = strings.TrimSuffix(line, "\x1b[K")
		assert.Contains(t, line, "1.0k/s")
		if i > len(drawn)/2+1 {
			assert.Less(t, columns(line), 40)
		}
	}
	out.Reset()
	b.show(0, -1)
	assert.Equal(t, "\r\x1b[K", out.String())
	out.Reset()
	b.show(0, -1)
	assert.Empty(t, out.String(), "what is not shown need not be wiped")

	b.begin("loading")
	b.say()
	b.begin("")
	b.say()
	assert.Equal(t, "\rloading ...\x1b[K\r\x1b[K", out.String())
}
